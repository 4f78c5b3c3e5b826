/* attr_write(): the files of a run. With a line of JSON if that is asked for. */
#include <stdlib.h>
#include <string.h>

#include "base/background.h"
#include "base/memory.h"
#include "reports/files.h"

/* Takes away the files of the names that this run will use, also those that it will not write (of another `output`, or
 * because there is nothing to draw): else they would be taken for its own, or a page of old maps would stand beside new
 * ones if this run fails half-way. Maps of other names stay. Does nothing in a folder that is not known by its record.
 */
static attr_status clear_earlier_run(const attr_explanation *e, const char *folder) {
    if (!attr_has_record(folder, "run.cfg")) return ATTR_OK;
    ATTR_TRY(attr_remove_file(folder, "index.html", ""));
    ATTR_TRY(attr_remove_file(folder, "summary.json", ""));
    return attr_remove_maps(folder, e);
}

static attr_status write_record(const attr_explanation *e, const char *path) {
    attr_output output;
    ATTR_TRY(attr_write_begin(&output, path));
    return attr_end_file(&output, attr_write_record(output.file, e, path));
}

static attr_status write_summary(const attr_explanation *e, const attr_map_figures *figures, const char *folder) {
    attr_output output;
    ATTR_TRY(attr_begin_file(&output, folder, "summary.json"));
    attr_write_summary(output.file, e, figures);
    return attr_write_commit(&output);
}

/* One map and its files. */
typedef struct {
    const attr_explanation *e;
    int index;
    const char *folder;
    bool has_page;
    attr_map_figures *figures; /* of all maps */
    attr_drawing drawing;      /* for the page */
} map_job;

static attr_status make_map(void *context) {
    map_job *job = context;
    const attr_explained *item = &job->e->explained[job->index];
    attr_map_figures *figures = &job->figures[job->index];
    ATTR_TRY(attr_map_measure(figures, job->e, item));
    ATTR_TRY(attr_write_numbers(job->e, item, job->folder));
    return attr_write_drawing(&job->drawing, job->e, item, figures, job->folder, job->has_page ? ATTR_PAGE_SIDE : 0);
}

static void end_map(map_job *job, attr_status status, FILE *page) {
    if (page && status == ATTR_OK) attr_page_map(page, job->e, job->index, &job->figures[job->index], &job->drawing);
    free(job->drawing.png);
}

/* Two at a time, for drawing a large picture takes longer than computing a gradient. page NULL: no page. */
static attr_status write_maps(attr_map_figures *figures, const attr_explanation *e, const char *folder, FILE *page) {
    attr_status status = ATTR_OK;
    for (int i = 0; i < e->count && status == ATTR_OK; i += 2) {
        bool is_pair = i + 1 < e->count;
        map_job first = {e, i, folder, page != NULL, figures, {0}},
                second = {e, i + 1, folder, page != NULL, figures, {0}};
        attr_background beside = {0};
        attr_background_start(&beside, make_map, &first);
        attr_status of_second = is_pair ? make_map(&second) : ATTR_OK;
        status = attr_background_wait(&beside); /* last: if both fail, the message is that of the first */
        end_map(&first, status, page);
        if (status == ATTR_OK) status = of_second;
        if (is_pair) end_map(&second, status, page);
    }
    return status;
}

static attr_status write_page_and_maps(attr_map_figures *figures, const attr_explanation *e, const char *folder,
                                       const char *record) {
    attr_output page;
    if (!attr_asked_for(&e->options, ATTR_OUTPUT_HTML)) return write_maps(figures, e, folder, NULL);
    ATTR_TRY(attr_begin_file(&page, folder, "index.html"));
    attr_status status = attr_page_begin(page.file, e);
    if (status == ATTR_OK) status = write_maps(figures, e, folder, page.file);
    if (status == ATTR_OK) status = attr_page_end(page.file, e, record);
    return attr_end_file(&page, status);
}

/* The record comes first, so that whatever is there of a run that fails later is known. */
static attr_status write_run(char **line, attr_map_figures *figures, const attr_explanation *e, const char *folder,
                             const char *record) {
    int useless = -1;
    ATTR_TRY(attr_make_folders(folder));
    ATTR_TRY(clear_earlier_run(e, folder));
    ATTR_TRY(write_record(e, record));
    ATTR_TRY(write_page_and_maps(figures, e, folder, record));
    if (attr_asked_for(&e->options, ATTR_OUTPUT_JSON)) ATTR_TRY(write_summary(e, figures, folder));
    for (int i = 0; i < e->count; i++)
        if (figures[i].state == ATTR_MAP_NOT_FINITE) useless = i;
    ATTR_TRY(attr_end_run(e, useless, folder));
    return line ? attr_summary_line(line, e, figures, folder) : ATTR_OK;
}

/* `line` may be NULL. */
static attr_status write_all(char **line, const attr_explanation *e, const char *results) {
    char *folder = NULL, *record = NULL;
    attr_map_figures *figures = NULL;
    attr_status status = attr_folder_of(&folder, e, results);
    if (status == ATTR_OK) status = attr_join_path(&record, folder, "run.cfg", "");
    if (status == ATTR_OK) status = attr_allocate(&figures, (size_t)e->count, sizeof *figures, "figures");
    if (status == ATTR_OK) status = write_run(line, figures, e, folder, record);
    free(figures);
    free(folder);
    free(record);
    return status;
}

attr_status attr_write(const attr_explanation *e, const char *results) {
    return write_all(NULL, e, results);
}

attr_status attr_write_with_line(char **line, const attr_explanation *e, const char *results) {
    *line = NULL;
    return write_all(line, e, results);
}
