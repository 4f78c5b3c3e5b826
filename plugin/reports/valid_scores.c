/* scores.csv and curves.csv: numbers that identify the line, what was measured, then names. In both of them a picture
 * that is done has a line of its own at the end, with -1 for the target. */
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "reports/csv.h"
#include "reports/valid.h"

/* ---- Targets, by picture */

attr_status attr_new_valid_target(attr_valid_target **out, attr_valid *v, int picture) {
    size_t cells = (size_t)attr_scoring_rows(v->scoring) * (size_t)v->scoring->metric_count;
    attr_valid_target *targets = realloc(v->targets, (size_t)(v->count + 1) * sizeof *targets);
    if (!targets) return attr_fail(ATTR_NO_MEMORY, "out of memory for scores");
    v->targets = targets;
    int place = v->count++;
    for (; place > 0 && targets[place - 1].picture > picture; place--) targets[place] = targets[place - 1];
    targets[place] = (attr_valid_target){.picture = picture};
    *out = &targets[place];
    ATTR_TRY(attr_allocate(&targets[place].values, cells, sizeof(double), "scores"));
    ATTR_TRY(attr_allocate(&targets[place].curves, cells * ATTR_METRIC_POINTS, sizeof(double), "curves"));
    for (size_t i = 0; i < cells * ATTR_METRIC_POINTS; i++) targets[place].curves[i] = NAN;
    return ATTR_OK;
}

/* Where a picture's targets begin, or would. */
static int first_of(const attr_valid *v, int picture) {
    int low = 0, high = v->count;
    while (low < high) {
        int middle = (low + high) / 2;
        if (v->targets[middle].picture < picture)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* A target by its number among those of the picture; NULL if there is none. */
static attr_valid_target *find_target(const attr_valid *v, int picture, int index) {
    int i = first_of(v, picture) + index;
    return index >= 0 && i < v->count && v->targets[i].picture == picture ? &v->targets[i] : NULL;
}

/* ---- Writing */

static void write_names(FILE *file, const attr_valid *v, const attr_valid_target *t, int row) {
    char label[ATTR_TEXT_SIZE];
    attr_scoring_label(label, sizeof label, v->scoring, row);
    attr_csv_text(file, label, ',');
    attr_csv_text(file, t->name, ',');
    attr_csv_text(file, t->path, '\n');
}

static void write_scores(FILE *file, const attr_valid *v, const attr_valid_target *t, int index) {
    int metrics = v->scoring->metric_count;
    for (int row = 0; row < attr_scoring_rows(v->scoring); row++) {
        fprintf(file, "%d,%d,%d,", t->picture, index, row);
        for (int k = 0; k < metrics; k++) attr_csv_number(file, t->values[row * metrics + k], ',');
        write_names(file, v, t, row);
    }
}

static bool is_known(const double *curve) {
    for (int i = 0; i < ATTR_METRIC_POINTS; i++)
        if (!isnan(curve[i])) return true;
    return false;
}

static void write_curves(FILE *file, const attr_valid *v, const attr_valid_target *t, int index) {
    for (int row = 0; row < attr_scoring_rows(v->scoring); row++)
        for (int k = 0; k < v->scoring->metric_count; k++) {
            const double *curve = attr_valid_target_curve(v, t, row, k);
            if (!v->scoring->metrics[k]->curve || !is_known(curve)) continue;
            fprintf(file, "%d,%d,%d,%d,", t->picture, index, row, k);
            for (int i = 0; i < ATTR_METRIC_POINTS; i++) attr_csv_number(file, curve[i], ',');
            attr_csv_text(file, v->scoring->metrics[k]->name, ',');
            write_names(file, v, t, row);
        }
}

void attr_write_valid_names(FILE *file, const attr_valid *v, attr_valid_file kind) {
    if (kind == ATTR_VALID_SCORES) {
        fputs("picture_index,target_index,row,", file);
        for (int k = 0; k < v->scoring->metric_count; k++) fprintf(file, "%s,", v->scoring->metrics[k]->name);
    } else {
        fputs("picture_index,target_index,row,metric_index,", file);
        for (int i = 0; i < ATTR_METRIC_POINTS; i++) fprintf(file, "y%d,", i);
        fputs("metric,", file);
    }
    fputs("method,target,picture\n", file);
}

void attr_write_valid_picture(FILE *file, const attr_valid *v, attr_valid_file kind, int picture) {
    const attr_valid_target *t;
    for (int i = 0; (t = find_target(v, picture, i)); i++)
        (kind == ATTR_VALID_SCORES ? write_scores : write_curves)(file, v, t, i);
    fprintf(file, "%d,-1,-1\n", picture);
}

/* ---- Reading them back */

/* Adds a bit to the marks of those pictures whose last lines are there. */
static void mark_ends(unsigned char *marks, unsigned bit, const attr_valid *v, const char *text) {
    int picture;
    for (const char *line = text; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
        if (sscanf(line, "%d,-1,-1", &picture) == 1 && strncmp(strchr(line, ','), ",-1,-1\n", 7) == 0 && picture >= 0 &&
            picture < v->picture_count)
            marks[picture] |= (unsigned char)bit;
}

/* What is only half there is done again. */
static attr_status find_done(attr_valid *v, const char *scores, const char *curves) {
    unsigned char *marks = NULL;
    ATTR_TRY(attr_allocate(&marks, (size_t)v->picture_count, 1, "pictures"));
    mark_ends(marks, 1, v, scores);
    mark_ends(marks, 2, v, curves);
    for (int i = 0; i < v->picture_count; i++) v->is_done[i] = marks[i] == 3;
    free(marks);
    return ATTR_OK;
}

/* A whole number below `count`, or -1. */
static int next_index(char **rest, int count) {
    double value = attr_csv_next_number(rest);
    return value >= 0 && value < count ? (int)value : -1;
}

/* A target begins with its row 0. */
static attr_status take_scores(attr_valid *v, char *line, int picture) {
    int metrics = v->scoring->metric_count, rows = attr_scoring_rows(v->scoring);
    int index = next_index(&line, INT_MAX), row = next_index(&line, rows);
    attr_valid_target *t = find_target(v, picture, index);
    if (index < 0 || row < 0 || (row > 0 && !t)) return ATTR_OK;
    if (row == 0) ATTR_TRY(attr_new_valid_target(&t, v, picture));
    for (int k = 0; k < metrics; k++) t->values[row * metrics + k] = attr_csv_next_number(&line);
    attr_csv_field(&line);
    char *name = attr_csv_field(&line), *path = attr_csv_field(&line);
    if (row > 0) return ATTR_OK;
    ATTR_TRY(attr_copy_text(&t->name, name ? name : ""));
    return attr_copy_text(&t->path, path ? path : "");
}

static attr_status take_curve(attr_valid *v, char *line, int picture) {
    int metrics = v->scoring->metric_count, rows = attr_scoring_rows(v->scoring);
    int index = next_index(&line, INT_MAX), row = next_index(&line, rows), metric = next_index(&line, metrics);
    attr_valid_target *t = find_target(v, picture, index);
    if (!t || row < 0 || metric < 0) return ATTR_OK;
    double *curve = attr_valid_target_curve(v, t, row, metric);
    for (int k = 0; k < ATTR_METRIC_POINTS; k++) curve[k] = attr_csv_next_number(&line);
    return ATTR_OK;
}

/* Hands over the lines of pictures that are done. */
static attr_status read_lines(attr_valid *v, char *text, attr_status (*take)(attr_valid *, char *, int)) {
    char *line = strchr(text, '\n'), *end; /* behind the names */
    for (; line && (end = strchr(++line, '\n')); line = end) {
        *end = '\0';
        int picture = next_index(&line, v->picture_count);
        if (picture >= 0 && v->is_done[picture] && line) ATTR_TRY(take(v, line, picture));
    }
    return ATTR_OK;
}

attr_status attr_read_valid_pictures(attr_valid *v, char *scores, char *curves) {
    ATTR_TRY(find_done(v, scores, curves));
    ATTR_TRY(read_lines(v, scores, take_scores));
    return read_lines(v, curves, take_curve);
}
