/* attr_write(): the files of a run. With a line of JSON if that is asked for. */
#include <stdlib.h>
#include <string.h>

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

/* One map: its files, and its place in the page (NULL: no page). */
static attr_status write_map(attr_map_figures *figures, const attr_explanation *e, int i, const char *folder,
                             FILE *page) {
    const attr_explained *item = &e->explained[i];
    attr_drawing drawing;
    ATTR_TRY(attr_map_measure(figures, e, item));
    ATTR_TRY(attr_write_numbers(e, item, folder));
    attr_status status = attr_write_drawing(&drawing, e, item, figures, folder, page ? ATTR_PAGE_SIDE : 0);
    if (page && status == ATTR_OK) attr_page_map(page, e, i, figures, &drawing);
    free(drawing.png);
    return status;
}

static attr_status write_maps(attr_map_figures *figures, const attr_explanation *e, const char *folder, FILE *page) {
    for (int i = 0; i < e->count; i++) ATTR_TRY(write_map(&figures[i], e, i, folder, page));
    return ATTR_OK;
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
