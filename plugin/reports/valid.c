#include "reports/valid.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "reports/resume.h"

static const char *const scores_name = "scores.csv", *const curves_name = "curves.csv";

/* ---- The folder */

static attr_status write_record(FILE *file, const void *v, const char *path) {
    return attr_write_valid_record(file, v, path);
}

/* What was read back; a picture that was not finished is gone. */
static void write_done(FILE *file, const attr_valid *v, attr_valid_file kind) {
    attr_write_valid_names(file, v, kind);
    for (int i = 0; i < v->picture_count; i++)
        if (v->is_done[i]) attr_write_valid_picture(file, v, kind, i);
}

static attr_status write_scores(FILE *file, const void *v) {
    write_done(file, v, ATTR_VALID_SCORES);
    return ATTR_OK;
}

static attr_status write_curves(FILE *file, const void *v) {
    write_done(file, v, ATTR_VALID_CURVES);
    return ATTR_OK;
}

static attr_status read_back(attr_valid *v) {
    char *scores = NULL, *curves = NULL;
    attr_status status = attr_read_table(&scores, v->folder, scores_name);
    if (status == ATTR_OK) status = attr_read_table(&curves, v->folder, curves_name);
    if (status == ATTR_OK) status = attr_read_valid_pictures(v, scores, curves);
    free(scores);
    free(curves);
    return status;
}

attr_status attr_valid_begin(attr_valid *v, int picture_count) {
    static const char *const old_files[] = {"index.html", "valid.json", "valid.csv", "differences.csv", NULL};
    bool same;
    v->picture_count = picture_count;
    ATTR_TRY(attr_allocate(&v->is_done, (size_t)picture_count, sizeof *v->is_done, "pictures"));
    const char *name = v->name ? v->name : "valid";
    ATTR_TRY(attr_open_run(&v->folder, &same, v->scoring->given->results, name, write_record, v, old_files));
    if (same) ATTR_TRY(read_back(v));
    ATTR_TRY(attr_write_run_file(v->folder, scores_name, write_scores, v));
    ATTR_TRY(attr_write_run_file(v->folder, curves_name, write_curves, v));
    ATTR_TRY(attr_append_to_table(&v->scores, v->folder, scores_name));
    return attr_append_to_table(&v->curves, v->folder, curves_name);
}

static attr_status add_target(attr_valid *v, int picture, const char *path, const attr_target_scores *scores) {
    size_t cells = (size_t)attr_scoring_rows(v->scoring) * (size_t)v->scoring->metric_count;
    attr_valid_target *t;
    ATTR_TRY(attr_new_valid_target(&t, v, picture));
    ATTR_TRY(attr_copy_text(&t->name, scores->name));
    ATTR_TRY(attr_copy_text(&t->path, path));
    memcpy(t->values, scores->values, cells * sizeof *t->values);
    memcpy(t->curves, scores->curves, cells * ATTR_METRIC_POINTS * sizeof *t->curves);
    return ATTR_OK;
}

static attr_status append(FILE *file, const attr_valid *v, attr_valid_file kind, int picture) {
    if (!file) return ATTR_OK;
    attr_write_valid_picture(file, v, kind, picture);
    if (fflush(file) == 0) return ATTR_OK;
    return attr_fail(ATTR_IO, "%s/%s: writing failed", v->folder,
                     kind == ATTR_VALID_SCORES ? scores_name : curves_name);
}

attr_status attr_valid_add(attr_valid *v, int picture, const char *path, const attr_picture_scores *scores) {
    for (int i = 0; i < scores->count; i++) ATTR_TRY(add_target(v, picture, path, &scores->targets[i]));
    v->is_done[picture] = true;
    ATTR_TRY(append(v->scores, v, ATTR_VALID_SCORES, picture));
    return append(v->curves, v, ATTR_VALID_CURVES, picture);
}

/* ---- The end */

static attr_status write_table(FILE *file, const void *v) {
    return attr_write_valid_table(file, v);
}

static attr_status write_differences(FILE *file, const void *v) {
    return attr_write_valid_differences(file, v);
}

static attr_status write_summary(FILE *file, const void *v) {
    return attr_write_valid_summary(file, v);
}

static attr_status write_page(FILE *file, const void *v) {
    return attr_write_valid_page(file, v);
}

attr_status attr_valid_finish(attr_valid *v) {
    ATTR_TRY(attr_valid_compare(v));
    ATTR_TRY(attr_write_run_file(v->folder, "valid.csv", write_table, v));
    ATTR_TRY(attr_write_run_file(v->folder, "differences.csv", write_differences, v));
    if (attr_asked_for(v->scoring->given, ATTR_OUTPUT_JSON))
        ATTR_TRY(attr_write_run_file(v->folder, "valid.json", write_summary, v));
    if (!attr_asked_for(v->scoring->given, ATTR_OUTPUT_HTML)) return ATTR_OK;
    return attr_write_run_file(v->folder, "index.html", write_page, v);
}

void attr_valid_free(attr_valid *v) {
    for (int i = 0; i < v->count; i++) {
        free(v->targets[i].name);
        free(v->targets[i].path);
        free(v->targets[i].values);
        free(v->targets[i].curves);
    }
    free(v->targets);
    free(v->is_done);
    free(v->folder);
    free(v->cells);
    free(v->pairs);
    if (v->scores) fclose(v->scores);
    if (v->curves) fclose(v->curves);
    *v = (attr_valid){0};
}
