/* scores.csv and valid.csv. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "reports/csv.h"
#include "reports/valid.h"

/* ---- scores.csv: numbers that identify the line, the metrics, then names. A picture that is done has a line of its
 * own at the end, with -1 for the target. */

void attr_write_valid_names(FILE *file, const attr_valid *v) {
    fputs("picture_index,target_index,row,", file);
    for (int k = 0; k < v->scoring->metric_count; k++) fprintf(file, "%s,", v->scoring->metrics[k]->name);
    fputs("method,target,picture\n", file);
}

void attr_write_valid_lines(FILE *file, const attr_valid *v, const attr_valid_target *t) {
    int metrics = v->scoring->metric_count, index = 0;
    char label[ATTR_TEXT_SIZE];
    for (const attr_valid_target *other = v->targets; other < t; other++) index += other->picture == t->picture;
    for (int row = 0; row < attr_scoring_rows(v->scoring); row++) {
        fprintf(file, "%d,%d,%d,", t->picture, index, row);
        for (int k = 0; k < metrics; k++) attr_csv_number(file, t->values[row * metrics + k], ',');
        attr_scoring_label(label, sizeof label, v->scoring, row);
        attr_csv_text(file, label, ',');
        attr_csv_text(file, t->name, ',');
        attr_csv_text(file, t->path, '\n');
    }
}

void attr_write_valid_end(FILE *file, int picture) {
    fprintf(file, "%d,-1,-1\n", picture);
}

static attr_status new_target(attr_valid_target **out, attr_valid *v, int picture) {
    size_t size = (size_t)attr_scoring_rows(v->scoring) * (size_t)v->scoring->metric_count;
    attr_valid_target *targets = realloc(v->targets, (size_t)(v->count + 1) * sizeof *targets);
    if (!targets) return attr_fail(ATTR_NO_MEMORY, "out of memory for scores");
    v->targets = targets;
    *out = &targets[v->count++];
    **out = (attr_valid_target){.picture = picture};
    return attr_allocate(&(*out)->values, size, sizeof *(*out)->values, "scores");
}

/* The lines of a target stand together, its rows in their order. */
static attr_status take_line(attr_valid *v, char *line, int picture, int row) {
    int metrics = v->scoring->metric_count;
    attr_valid_target *t = row > 0 && v->count > 0 ? &v->targets[v->count - 1] : NULL;
    if (!t) ATTR_TRY(new_target(&t, v, picture));
    for (int k = 0; k < metrics; k++) t->values[row * metrics + k] = attr_csv_next_number(&line);
    attr_csv_field(&line);
    char *name = attr_csv_field(&line), *path = attr_csv_field(&line);
    if (row > 0) return ATTR_OK;
    ATTR_TRY(attr_copy_text(&t->name, name ? name : ""));
    return attr_copy_text(&t->path, path ? path : "");
}

/* Which pictures are done, by their last lines. */
static void find_done(attr_valid *v, const char *text) {
    int picture;
    for (const char *line = text; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
        if (sscanf(line, "%d,-1,-1", &picture) == 1 && strncmp(strchr(line, ','), ",-1,-1\n", 7) == 0 && picture >= 0 &&
            picture < v->picture_count)
            v->is_done[picture] = true;
}

attr_status attr_read_valid_scores(attr_valid *v, char *text) {
    find_done(v, text);
    char *line = strchr(text, '\n'); /* behind the names */
    while (line) {
        char *end = strchr(++line, '\n');
        if (!end) break;
        *end = '\0';
        double picture = attr_csv_next_number(&line), index = attr_csv_next_number(&line),
               row = attr_csv_next_number(&line);
        bool is_target = picture >= 0 && picture < v->picture_count && index >= 0 && row >= 0 &&
                         row < attr_scoring_rows(v->scoring) && line;
        if (is_target && v->is_done[(int)picture]) ATTR_TRY(take_line(v, line, (int)picture, (int)row));
        line = end;
    }
    return ATTR_OK;
}

/* ---- valid.csv */

static void write_cell(FILE *file, const attr_metric *metric, const attr_valid_cell *c) {
    attr_csv_number(file, c->mean, ',');
    attr_csv_number(file, c->low, ',');
    attr_csv_number(file, c->high, ',');
    fprintf(file, "%d,%d,%s,", c->n, c->undefined,
            metric->direction > 0   ? "higher"
            : metric->direction < 0 ? "lower"
                                    : "neither");
    attr_csv_number(file, c->ratio, ',');
    attr_csv_number(file, c->chance, '\n');
}

attr_status attr_write_valid_table(FILE *file, const attr_valid *v) {
    char label[ATTR_TEXT_SIZE];
    fputs("method,metric,mean,low,high,n,undefined,better,relative_to_random,p_against_random\n", file);
    for (int row = 0; row < attr_scoring_rows(v->scoring); row++)
        for (int k = 0; k < v->scoring->metric_count; k++) {
            attr_valid_cell cell;
            ATTR_TRY(attr_valid_cell_of(&cell, v, row, k));
            attr_scoring_label(label, sizeof label, v->scoring, row);
            attr_csv_text(file, label, ',');
            attr_csv_text(file, v->scoring->metrics[k]->name, ',');
            write_cell(file, v->scoring->metrics[k], &cell);
        }
    return ATTR_OK;
}
