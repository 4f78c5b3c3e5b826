#include "reports/valid.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "metrics/bootstrap.h"
#include "reports/resume.h"

static const char *const table_name = "scores.csv";

/* ---- The folder */

static attr_status write_record(FILE *file, const void *v, const char *path) {
    return attr_write_valid_record(file, v, path);
}

/* What was read back; a picture that was not finished is gone. */
static attr_status write_scores(FILE *file, const void *context) {
    const attr_valid *v = context;
    attr_write_valid_names(file, v);
    for (int i = 0; i < v->count; i++) attr_write_valid_lines(file, v, &v->targets[i]);
    for (int i = 0; i < v->picture_count; i++)
        if (v->is_done[i]) attr_write_valid_end(file, i);
    return ATTR_OK;
}

attr_status attr_valid_begin(attr_valid *v, int picture_count) {
    static const char *const old_files[] = {"index.html", "valid.json", "valid.csv", NULL};
    bool same;
    char *text = NULL;
    v->picture_count = picture_count;
    ATTR_TRY(attr_allocate(&v->is_done, (size_t)picture_count, sizeof *v->is_done, "pictures"));
    ATTR_TRY(attr_open_run(&v->folder, &same, v->scoring->given->results, "valid", write_record, v, old_files));
    if (same) {
        ATTR_TRY(attr_read_table(&text, v->folder, table_name));
        attr_status status = attr_read_valid_scores(v, text);
        free(text);
        ATTR_TRY(status);
    }
    ATTR_TRY(attr_write_run_file(v->folder, table_name, write_scores, v));
    return attr_append_to_table(&v->table, v->folder, table_name);
}

attr_status attr_valid_add(attr_valid *v, int picture, const char *path, const attr_picture_scores *scores) {
    size_t size = (size_t)attr_scoring_rows(v->scoring) * (size_t)v->scoring->metric_count;
    for (int i = 0; i < scores->count; i++) {
        attr_valid_target *targets = realloc(v->targets, (size_t)(v->count + 1) * sizeof *targets);
        if (!targets) return attr_fail(ATTR_NO_MEMORY, "out of memory for scores");
        v->targets = targets;
        attr_valid_target *t = &targets[v->count++];
        *t = (attr_valid_target){.picture = picture};
        ATTR_TRY(attr_copy_text(&t->name, scores->targets[i].name));
        ATTR_TRY(attr_copy_text(&t->path, path));
        ATTR_TRY(attr_allocate(&t->values, size, sizeof *t->values, "scores"));
        memcpy(t->values, scores->targets[i].values, size * sizeof *t->values);
        if (v->table) attr_write_valid_lines(v->table, v, t);
    }
    v->is_done[picture] = true;
    if (!v->table) return ATTR_OK;
    attr_write_valid_end(v->table, picture);
    return fflush(v->table) == 0 ? ATTR_OK : attr_fail(ATTR_IO, "%s/%s: writing failed", v->folder, table_name);
}

/* ---- Cells */

/* The defined values of a row and metric; returns how many, and how many are not defined. */
static int collect(double *values, int *undefined, const attr_valid *v, int row, int metric) {
    int n = 0;
    *undefined = 0;
    for (int i = 0; i < v->count; i++) {
        double value = v->targets[i].values[row * v->scoring->metric_count + metric];
        if (isnan(value))
            ++*undefined;
        else
            values[n++] = value;
    }
    return n;
}

/* The row of the random control, -1: there is none. */
static int random_row(const attr_valid *v) {
    return attr_scoring_rows(v->scoring) > v->scoring->method_count ? v->scoring->method_count : -1;
}

static double mean_of(const double *values, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++) sum += values[i];
    return n > 0 ? sum / n : NAN;
}

attr_status attr_valid_difference(double *p, const attr_valid *v, int first, int second, int metric) {
    int metrics = v->scoring->metric_count, n = 0;
    double *differences = NULL;
    ATTR_TRY(attr_allocate(&differences, (size_t)v->count, sizeof *differences, "scores"));
    for (int i = 0; i < v->count; i++) {
        double d = v->targets[i].values[first * metrics + metric] - v->targets[i].values[second * metrics + metric];
        if (!isnan(d)) differences[n++] = d;
    }
    *p = NAN;
    attr_status status =
        n > 1 ? attr_sign_flip_test(p, differences, (size_t)n, (uint64_t)v->scoring->given->seed) : ATTR_OK;
    free(differences);
    return status;
}

attr_status attr_valid_cell_of(attr_valid_cell *out, const attr_valid *v, int row, int metric) {
    double *values = NULL;
    int unused, control = random_row(v);
    *out = (attr_valid_cell){.mean = NAN, .low = NAN, .high = NAN, .ratio = NAN, .chance = NAN};
    ATTR_TRY(attr_allocate(&values, (size_t)v->count, sizeof *values, "scores"));
    if (control >= 0 && !(v->scoring->metrics[metric]->traits & ATTR_AROUND_ZERO)) {
        int n = collect(values, &unused, v, control, metric);
        out->ratio = mean_of(values, n);
    }
    out->n = collect(values, &out->undefined, v, row, metric);
    out->mean = mean_of(values, out->n);
    out->ratio = out->mean / out->ratio;
    attr_status status = ATTR_OK;
    if (out->n > 1)
        status =
            attr_bootstrap_mean(&out->low, &out->high, values, (size_t)out->n, 0.95, (uint64_t)v->scoring->given->seed);
    free(values);
    if (status == ATTR_OK && control >= 0 && row != control)
        status = attr_valid_difference(&out->chance, v, row, control, metric);
    return status;
}

/* ---- The end */

static attr_status write_table(FILE *file, const void *v) {
    return attr_write_valid_table(file, v);
}

static attr_status write_summary(FILE *file, const void *v) {
    return attr_write_valid_summary(file, v);
}

static attr_status write_page(FILE *file, const void *v) {
    return attr_write_valid_page(file, v);
}

attr_status attr_valid_finish(attr_valid *v) {
    ATTR_TRY(attr_write_run_file(v->folder, "valid.csv", write_table, v));
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
    }
    free(v->targets);
    free(v->is_done);
    free(v->folder);
    if (v->table) fclose(v->table);
    *v = (attr_valid){0};
}
