/* attr_write(): the files of a run. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/files.h"
#include "base/memory.h"
#include "images/npy.h"
#include "reports/reports.h"

static bool asked_for(const attr_explanation *e, attr_output_word kind) {
    return e->options.output & 1u << kind;
}

static attr_status join(char **path, const char *folder, const char *name, const char *extension) {
    size_t size = strlen(folder) + strlen(name) + strlen(extension) + 2;
    ATTR_TRY(attr_allocate(path, size, 1, "a file name"));
    snprintf(*path, size, "%s/%s%s", folder, name, extension);
    return ATTR_OK;
}

/* ---- What an earlier run has left */

static bool is_record(const char *path) {
    char start[sizeof ATTR_RECORD_MARK] = "";
    FILE *file = fopen(path, "rb");
    if (!file) return false;
    size_t length = fread(start, 1, sizeof start - 1, file);
    fclose(file);
    return length == sizeof start - 1 && strcmp(start, ATTR_RECORD_MARK) == 0;
}

static attr_status remove_file(const char *folder, const char *name, const char *extension) {
    char *path = NULL;
    ATTR_TRY(join(&path, folder, name, extension));
    attr_status status = ATTR_OK;
    if (unlink(path) != 0 && errno != ENOENT)
        status = attr_fail(ATTR_IO, "%s: cannot remove what an earlier run has left: %s", path, strerror(errno));
    free(path);
    return status;
}

/* Takes away the files of the names that this run will use, also those that it will not write (of another `output`, or
 * because there is nothing to draw): else they would be taken for its own, or a page of old maps would stand beside new
 * ones if this run fails half-way. Maps of other names stay. Does nothing in a folder that is not known by its record.
 */
static attr_status clear_earlier_run(const attr_explanation *e, const char *folder, const char *record) {
    if (!is_record(record)) return ATTR_OK;
    ATTR_TRY(remove_file(folder, "index.html", ""));
    ATTR_TRY(remove_file(folder, "summary.json", ""));
    for (int i = 0; i < e->count; i++) {
        ATTR_TRY(remove_file(folder, e->explained[i].name, ".npy"));
        ATTR_TRY(remove_file(folder, e->explained[i].name, ".png"));
        ATTR_TRY(remove_file(folder, e->explained[i].name, ".error.npy"));
    }
    return ATTR_OK;
}

/* ---- Files */

static attr_status begin(attr_output *output, const char *folder, const char *name, const char *extension) {
    char *path = NULL;
    ATTR_TRY(join(&path, folder, name, extension));
    attr_status status = attr_write_begin(output, path);
    free(path);
    return status;
}

static attr_status end(attr_output *output, attr_status status) {
    if (status == ATTR_OK) return attr_write_commit(output);
    attr_write_abort(output);
    return status;
}

static attr_status write_record(const attr_explanation *e, const char *path) {
    attr_output output;
    ATTR_TRY(attr_write_begin(&output, path));
    return end(&output, attr_write_record(output.file, e, path));
}

static attr_status write_summary(const attr_explanation *e, const char *folder) {
    attr_output output;
    ATTR_TRY(begin(&output, folder, "summary.json", ""));
    return end(&output, attr_write_summary(output.file, e));
}

/* `values` has the map's shape. */
static attr_status write_npy(const attr_result *r, const float *values, const char *folder, const char *extension) {
    char *path = NULL;
    size_t shape[] = {(size_t)r->channels, (size_t)r->height, (size_t)r->width};
    int planes = r->channels > 1;
    ATTR_TRY(join(&path, folder, r->name, extension));
    attr_status status = attr_npy_write(path, values, 2 + planes, shape + !planes);
    free(path);
    return status;
}

static attr_status write_png(const attr_drawing *drawing, const char *folder, const char *name) {
    attr_output output;
    ATTR_TRY(begin(&output, folder, name, ".png"));
    fwrite(drawing->png, 1, drawing->size, output.file);
    return attr_write_commit(&output);
}

/* The drawing for the page: that of the file if there is one and it is small enough. */
static attr_status draw_for_page(attr_drawing *drawing, const attr_explanation *e, const attr_explained *item,
                                 attr_palette palette) {
    attr_drawing small;
    if (drawing->png && drawing->w <= ATTR_PAGE_SIDE && drawing->h <= ATTR_PAGE_SIDE) return ATTR_OK;
    attr_status status = attr_draw_map(&small, e, item, palette, ATTR_PAGE_SIDE);
    /* A shrunk map can be zero everywhere though the map is not: values of both signs cancel out. */
    if (status == ATTR_NUMERIC) status = attr_draw_map(&small, e, item, palette, 0);
    ATTR_TRY(status);
    free(drawing->png);
    *drawing = small;
    return ATTR_OK;
}

/* One map: its files, and its place in the page (NULL: no page). */
static attr_status write_map(attr_map_figures *figures, const attr_explanation *e, int i, const char *folder,
                             FILE *page) {
    const attr_explained *item = &e->explained[i];
    attr_drawing drawing = {0};
    ATTR_TRY(attr_map_measure(figures, e, item));
    if (asked_for(e, ATTR_OUTPUT_NPY)) ATTR_TRY(write_npy(&item->result, item->result.map, folder, ".npy"));
    if (item->error) ATTR_TRY(write_npy(&item->result, item->error, folder, ".error.npy"));
    bool is_drawn = figures->state == ATTR_MAP_DRAWN;
    attr_status status = ATTR_OK;
    if (is_drawn && asked_for(e, ATTR_OUTPUT_PNG)) {
        status = attr_draw_map(&drawing, e, item, figures->palette, 0);
        if (status == ATTR_OK) status = write_png(&drawing, folder, item->name);
    }
    if (is_drawn && page && status == ATTR_OK) status = draw_for_page(&drawing, e, item, figures->palette);
    if (page && status == ATTR_OK) attr_page_map(page, e, i, figures, &drawing);
    free(drawing.png);
    return status;
}

/* *useless is the last map that is not finite, -1 if there is none. */
static attr_status write_maps(int *useless, const attr_explanation *e, const char *folder, FILE *page) {
    attr_map_figures figures;
    *useless = -1;
    for (int i = 0; i < e->count; i++) {
        ATTR_TRY(write_map(&figures, e, i, folder, page));
        if (figures.state == ATTR_MAP_NOT_FINITE) *useless = i;
    }
    return ATTR_OK;
}

static attr_status write_page_and_maps(int *useless, const attr_explanation *e, const char *folder,
                                       const char *record) {
    attr_output page;
    if (!asked_for(e, ATTR_OUTPUT_HTML)) return write_maps(useless, e, folder, NULL);
    ATTR_TRY(begin(&page, folder, "index.html", ""));
    attr_status status = attr_page_begin(page.file, e);
    if (status == ATTR_OK) status = write_maps(useless, e, folder, page.file);
    if (status == ATTR_OK) status = attr_page_end(page.file, e, record);
    return end(&page, status);
}

/* The record comes first, so that whatever is there of a run that fails later is known. */
static attr_status write_run(const attr_explanation *e, const char *folder, const char *record) {
    int useless = -1;
    ATTR_TRY(attr_make_folders(folder));
    ATTR_TRY(clear_earlier_run(e, folder, record));
    ATTR_TRY(write_record(e, record));
    ATTR_TRY(write_page_and_maps(&useless, e, folder, record));
    if (asked_for(e, ATTR_OUTPUT_JSON)) ATTR_TRY(write_summary(e, folder));
    if (useless < 0) return ATTR_OK;
    return attr_fail(ATTR_NUMERIC, "%s/%s: the map has values that are not finite", folder, e->explained[useless].name);
}

attr_status attr_write(const attr_explanation *e, const char *results) {
    char *folder = NULL, *record = NULL;
    attr_status status = join(&folder, results[0] ? results : ".", e->picture_name, "");
    if (status == ATTR_OK) status = join(&record, folder, "run.cfg", "");
    if (status == ATTR_OK) status = write_run(e, folder, record);
    free(folder);
    free(record);
    return status;
}
