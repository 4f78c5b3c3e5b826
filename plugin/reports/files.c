#include "reports/files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "images/npy.h"
#include "session/session.h"

bool attr_asked_for(const attr_options *o, attr_output_word kind) {
    return o->output & 1u << kind;
}

attr_status attr_join_path(char **path, const char *folder, const char *name, const char *extension) {
    size_t size = strlen(folder) + strlen(name) + strlen(extension) + 2;
    ATTR_TRY(attr_allocate(path, size, 1, "a file name"));
    snprintf(*path, size, "%s/%s%s", folder, name, extension);
    return ATTR_OK;
}

attr_status attr_folder_of(char **folder, const attr_explanation *e, const char *results) {
    return attr_join_path(folder, results[0] ? results : ".", e->picture_name, "");
}

attr_status attr_begin_file(attr_output *output, const char *folder, const char *name) {
    char *path = NULL;
    ATTR_TRY(attr_join_path(&path, folder, name, ""));
    attr_status status = attr_write_begin(output, path);
    free(path);
    return status;
}

attr_status attr_end_file(attr_output *output, attr_status status) {
    if (status == ATTR_OK) return attr_write_commit(output);
    attr_write_abort(output);
    return status;
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

bool attr_has_record(const char *folder, const char *name) {
    char *path = NULL;
    bool found = attr_join_path(&path, folder, name, "") == ATTR_OK && is_record(path);
    free(path);
    return found;
}

attr_status attr_remove_file(const char *folder, const char *name, const char *extension) {
    char *path = NULL;
    ATTR_TRY(attr_join_path(&path, folder, name, extension));
    attr_status status = ATTR_OK;
    if (unlink(path) != 0 && errno != ENOENT)
        status = attr_fail(ATTR_IO, "%s: cannot remove what an earlier run has left: %s", path, strerror(errno));
    free(path);
    return status;
}

attr_status attr_remove_maps(const char *folder, const attr_explanation *e) {
    for (int i = 0; i < e->count; i++) {
        ATTR_TRY(attr_remove_file(folder, e->explained[i].name, ".npy"));
        ATTR_TRY(attr_remove_file(folder, e->explained[i].name, ".png"));
        ATTR_TRY(attr_remove_file(folder, e->explained[i].name, ".error.npy"));
    }
    return ATTR_OK;
}

/* ---- One map */

/* `values` has the map's shape. */
static attr_status write_npy(const attr_result *r, const float *values, const char *folder, const char *extension) {
    char *path = NULL;
    size_t shape[] = {(size_t)r->channels, (size_t)r->height, (size_t)r->width};
    int planes = r->channels > 1;
    ATTR_TRY(attr_join_path(&path, folder, r->name, extension));
    attr_status status = attr_npy_write(path, values, 2 + planes, shape + !planes);
    free(path);
    return status;
}

void attr_begin_summary(attr_json *j, FILE *file, const attr_session *session) {
    attr_json_begin(j, file);
    attr_json_open(j, NULL, '{');
    attr_json_text(j, "program", "Attribution for Darknet");
    attr_json_text(j, "version", ATTR_VERSION);
    attr_json_text(j, "cfg", session->cfg_path);
    attr_json_text(j, "cfg_sha256", session->cfg_hash);
    attr_json_text(j, "weights", session->weights_path);
    attr_json_text(j, "weights_sha256", session->model->weights_hash);
}

attr_status attr_write_numbers(const attr_explanation *e, const attr_explained *item, const char *folder) {
    if (attr_asked_for(&e->options, ATTR_OUTPUT_NPY))
        ATTR_TRY(write_npy(&item->result, item->result.map, folder, ".npy"));
    return item->error ? write_npy(&item->result, item->error, folder, ".error.npy") : ATTR_OK;
}

attr_status attr_write_bytes(const unsigned char *bytes, size_t size, const char *folder, const char *name,
                             const char *extension) {
    attr_output output;
    char *path = NULL;
    ATTR_TRY(attr_join_path(&path, folder, name, extension));
    attr_status status = attr_write_begin(&output, path);
    free(path);
    ATTR_TRY(status);
    fwrite(bytes, 1, size, output.file);
    return attr_write_commit(&output);
}

/* The drawing for the page: that of the file if there is one and it is small enough. */
static attr_status draw_for_page(attr_drawing *drawing, const attr_explanation *e, const attr_explained *item,
                                 const attr_map_figures *figures, int side) {
    attr_drawing small;
    if (drawing->png && drawing->w <= side && drawing->h <= side) return ATTR_OK;
    attr_status status = attr_draw_map(&small, e, item, figures, side);
    /* A shrunk map can be zero everywhere though the map is not: values of both signs cancel out. */
    if (status == ATTR_NUMERIC) status = attr_draw_map(&small, e, item, figures, 0);
    ATTR_TRY(status);
    free(drawing->png);
    *drawing = small;
    return ATTR_OK;
}

attr_status attr_write_drawing(attr_drawing *drawing, const attr_explanation *e, const attr_explained *item,
                               const attr_map_figures *figures, const char *folder, int page_side) {
    attr_status status = ATTR_OK;
    *drawing = (attr_drawing){0};
    if (figures->state != ATTR_MAP_DRAWN) return ATTR_OK;
    if (attr_asked_for(&e->options, ATTR_OUTPUT_PNG)) {
        status = attr_draw_map(drawing, e, item, figures, 0);
        if (status == ATTR_OK) status = attr_write_bytes(drawing->png, drawing->size, folder, item->name, ".png");
    }
    if (status == ATTR_OK && page_side > 0) status = draw_for_page(drawing, e, item, figures, page_side);
    return status;
}

attr_status attr_end_run(const attr_explanation *e, int useless, const char *folder) {
    if (useless < 0) return ATTR_OK;
    return attr_fail(ATTR_NUMERIC, "%s/%s: the map has values that are not finite", folder, e->explained[useless].name);
}
