#include "reports/experiment.h"

#include <math.h>
#include <string.h>

#include "reports/csv.h"
#include "reports/resume.h"
#include "reports/text.h"

const char *const attr_study_folders[ATTR_STUDY_UNITS] = {"", "accuracy/", "checks/"};

/* ---- Tables */

static void write_measured_target(FILE *file, const attr_study_part *part, const attr_valid *v,
                                  const attr_valid_target *t) {
    char label[ATTR_TEXT_SIZE];
    const attr_scoring *s = v->scoring;
    for (int row = 0; row < attr_scoring_rows(s); row++)
        for (int k = 0; k < s->metric_count; k++) {
            attr_scoring_label(label, sizeof label, s, row);
            attr_csv_text(file, part->model->name, ',');
            attr_csv_text(file, t->path, ',');
            attr_csv_text(file, t->name, ',');
            attr_csv_text(file, label, ',');
            attr_csv_text(file, s->metrics[k]->name, ',');
            attr_csv_number(file, t->values[row * s->metric_count + k], '\n');
        }
}

/* Calls `write` for all networks and kinds of units. */
static void for_each_part(FILE *file, const attr_study *s,
                          void (*write)(FILE *, const attr_study_part *, const attr_valid *)) {
    for (int i = 0; i < s->count; i++)
        for (int unit = 0; unit < ATTR_STUDY_UNITS; unit++)
            if (s->parts[i].of[unit]) write(file, &s->parts[i], s->parts[i].of[unit]);
}

static void write_measured(FILE *file, const attr_study_part *part, const attr_valid *v) {
    for (int i = 0; i < v->count; i++) write_measured_target(file, part, v, &v->targets[i]);
}

static attr_status write_measurements(FILE *file, const void *study) {
    fputs("network,picture,target,method,metric,value\n", file);
    for_each_part(file, study, write_measured);
    return ATTR_OK;
}

static void write_rows(FILE *file, const attr_study_part *part, const attr_valid *v) {
    char label[ATTR_TEXT_SIZE];
    const attr_scoring *s = v->scoring;
    for (int row = 0; row < attr_scoring_rows(s); row++)
        for (int k = 0; k < s->metric_count; k++) {
            const attr_valid_cell *c = attr_valid_cell_of(v, row, k);
            attr_scoring_label(label, sizeof label, s, row);
            attr_csv_text(file, part->model->name, ',');
            attr_csv_text(file, label, ',');
            attr_csv_text(file, s->metrics[k]->name, ',');
            attr_csv_number(file, c->mean, ',');
            attr_csv_number(file, c->low, ',');
            attr_csv_number(file, c->high, ',');
            fprintf(file, "%d,%d\n", c->n, c->undefined);
        }
}

static attr_status write_table(FILE *file, const void *study) {
    fputs("network,method,metric,mean,low,high,n,undefined\n", file);
    for_each_part(file, study, write_rows);
    return ATTR_OK;
}

/* Text between the bars of a table. */
static void write_plain(FILE *file, const char *text) {
    for (; *text; text++) {
        if (*text == '|') putc('\\', file);
        putc((unsigned char)*text < ' ' ? '?' : *text, file);
    }
}

static void write_markdown_cell(FILE *file, const attr_valid_cell *c) {
    if (c->n == 0)
        fputs(" not defined |", file);
    else if (isnan(c->low))
        fprintf(file, " %.4g (n = %d) |", c->mean, c->n);
    else
        fprintf(file, " %.4g [%.4g, %.4g] (n = %d) |", c->mean, c->low, c->high, c->n);
}

static void write_markdown_part(FILE *file, const attr_study_part *part, const attr_valid *v) {
    char label[ATTR_TEXT_SIZE];
    const attr_scoring *s = v->scoring;
    fputs("\n## ", file);
    write_plain(file, part->model->name);
    fputs("\n\n| method |", file);
    for (int k = 0; k < s->metric_count; k++)
        fprintf(file, " %s%s |", s->metrics[k]->name,
                s->metrics[k]->direction > 0   ? " (higher is better)"
                : s->metrics[k]->direction < 0 ? " (lower is better)"
                                               : "");
    fputs("\n|---|", file);
    for (int k = 0; k < s->metric_count; k++) fputs("---|", file);
    for (int row = 0; row < attr_scoring_rows(s); row++) {
        attr_scoring_label(label, sizeof label, s, row);
        fputs("\n| ", file);
        write_plain(file, label);
        fputs(" |", file);
        for (int k = 0; k < s->metric_count; k++) write_markdown_cell(file, attr_valid_cell_of(v, row, k));
    }
    putc('\n', file);
}

static attr_status write_markdown(FILE *file, const void *context) {
    const attr_study *study = context;
    fputs("# ", file);
    write_plain(file, study->experiment->title);
    fputs("\n\nMeans, 95 % bootstrap intervals, and how many were measured.\n", file);
    for_each_part(file, study, write_markdown_part);
    return ATTR_OK;
}

/* ---- All */

static attr_status write_page(FILE *file, const void *study) {
    return attr_write_study_page(file, study);
}

attr_status attr_study_write(bool *drawn, const attr_study *study) {
    *drawn = true;
    ATTR_TRY(attr_write_run_file(study->folder, "measurements.csv", write_measurements, study));
    ATTR_TRY(attr_write_run_file(study->folder, "table.csv", write_table, study));
    ATTR_TRY(attr_write_run_file(study->folder, "table.md", write_markdown, study));
    for (int i = 1; i <= study->experiment->plot_count; i++) ATTR_TRY(attr_study_draw(drawn, study, i));
    return attr_write_run_file(study->folder, "index.html", write_page, study);
}
