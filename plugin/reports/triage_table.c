/* cases.csv: numbers first, so that a run that was interrupted reads them back without looking at names. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "methods/method.h"
#include "reports/csv.h"
#include "reports/triage.h"

/* In the order of the columns: what identifies a map, then its numbers. */
enum {
    PICTURE,
    CASE,
    METHOD,
    VALUE,
    BOX,
    BOX_UNIFORM = BOX + 4,
    ERROR = BOX_UNIFORM + 4,
    GRADIENTS,
    LARGEST,
    END,
    NUMBERS
};

static const char *const names[] = {"picture_index",
                                    "case",
                                    "method_index",
                                    "value",
                                    "box",
                                    "ring",
                                    "elsewhere",
                                    "padding",
                                    "box_uniform",
                                    "ring_uniform",
                                    "elsewhere_uniform",
                                    "padding_uniform",
                                    "error",
                                    "gradients",
                                    "largest",
                                    "end",
                                    "context",
                                    "name",
                                    "kind",
                                    "class",
                                    "true_class",
                                    "score",
                                    "margin",
                                    "iou",
                                    "failed",
                                    "method",
                                    "target",
                                    "picture"};

void attr_write_triage_names(FILE *file) {
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) fprintf(file, "%s%s", i ? "," : "", names[i]);
    putc('\n', file);
}

static void write_shares(FILE *file, const attr_shares *s) {
    attr_csv_number(file, s->box, ',');
    attr_csv_number(file, s->ring, ',');
    attr_csv_number(file, s->elsewhere, ',');
    attr_csv_number(file, s->padding, ',');
}

static void write_numbers(FILE *file, const attr_survey_case *c, const attr_triage_map *m, int method) {
    fprintf(file, "%d,%d,%d,", c->picture, c->number, method);
    attr_csv_number(file, m->value, ',');
    write_shares(file, &m->shares);
    write_shares(file, &m->uniform);
    attr_csv_number(file, m->relative_error, ',');
    fprintf(file, "%lld,", (long long)m->gradients);
    attr_csv_number(file, m->largest, ',');
    attr_csv_number(file, m->end, ',');
    for (int i = 0; i < m->context_count; i++)
        fprintf(file, "%s%d:%.9g:%.9g", i ? " " : "", m->context[i].class_index, m->context[i].share,
                m->context[i].uniform);
    putc(',', file);
}

void attr_write_triage_line(FILE *file, const attr_triage *t, int one_case, int method) {
    const attr_survey *v = t->survey;
    const attr_survey_case *c = &v->cases[one_case];
    const attr_triage_map *m = attr_triage_map_of(t, one_case, method);
    const char *failed = v->session->is_detector ? attr_failed_factor(&c->aim, t->options->iou) : NULL;
    char number[16], label[ATTR_TEXT_SIZE];
    write_numbers(file, c, m, method);
    attr_csv_text(file, m->name, ',');
    attr_csv_text(file, attr_survey_kind_name(c->kind), ',');
    attr_csv_text(file, attr_class_name(v->session, c->class_index, number), ',');
    attr_csv_text(file, c->true_class >= 0 ? attr_class_name(v->session, c->true_class, number) : "", ',');
    attr_csv_number(file, c->score, ',');
    attr_csv_number(file, v->session->is_detector ? NAN : c->margin, ',');
    attr_csv_number(file, v->session->is_detector ? (double)c->aim.iou : NAN, ',');
    attr_csv_text(file, failed ? failed : "", ',');
    attr_triage_label(label, sizeof label, t, method);
    attr_csv_text(file, label, ',');
    attr_csv_text(file, m->target, ',');
    attr_csv_text(file, v->pictures[c->picture].path, '\n');
}

/* ---- candidates.csv */

void attr_write_triage_candidates(FILE *file, const attr_survey *v) {
    static const char *const fates[] = {
        [ATTR_FATE_KEPT] = "kept", [ATTR_FATE_BELOW] = "below", [ATTR_FATE_SUPPRESSED] = "suppressed"};
    char number[16];
    fputs("picture,number,class,score,x,y,w,h,objectness,class_probability,layer,anchor,row,column,fate,by\n", file);
    for (int i = 0; i < v->picture_count; i++)
        for (int k = 0; k < v->pictures[i].candidate_count; k++) {
            const attr_candidate *c = &v->pictures[i].candidates[k];
            const attr_detection *d = &c->detection;
            attr_csv_text(file, v->pictures[i].path, ',');
            fprintf(file, "%d,", k);
            attr_csv_text(file, attr_class_name(v->session, d->class_index, number), ',');
            fprintf(file, "%.9g,%.9g,%.9g,%.9g,%.9g,%.9g,%.9g,", (double)d->score, (double)d->x, (double)d->y,
                    (double)d->w, (double)d->h, (double)d->objectness, (double)d->class_probability);
            fprintf(file, "%d,%d,%d,%d,%s,", d->layer, d->anchor, d->row, d->column, fates[c->fate]);
            if (c->by >= 0) fprintf(file, "%d", c->by);
            putc('\n', file);
        }
}

/* ---- Reading back */

static attr_status read_context(attr_triage_map *m, const char *text) {
    size_t most = 1;
    for (const char *c = text; *c; c++) most += *c == ' ';
    ATTR_TRY(attr_allocate(&m->context, most, sizeof *m->context, "shares of a map"));
    int used;
    while (sscanf(text, "%d:%lf:%lf%n", &m->context[m->context_count].class_index, &m->context[m->context_count].share,
                  &m->context[m->context_count].uniform, &used) == 3) {
        m->context_count++;
        text += used;
    }
    return ATTR_OK;
}

static int find_case(const attr_survey *v, int picture, int number) {
    for (int i = 0; i < v->case_count; i++)
        if (v->cases[i].picture == picture && v->cases[i].number == number) return i;
    return -1;
}

static void take_numbers(attr_triage_map *m, const double *n) {
    m->value = n[VALUE];
    m->shares = (attr_shares){n[BOX], n[BOX + 1], n[BOX + 2], n[BOX + 3]};
    m->uniform = (attr_shares){n[BOX_UNIFORM], n[BOX_UNIFORM + 1], n[BOX_UNIFORM + 2], n[BOX_UNIFORM + 3]};
    m->relative_error = n[ERROR];
    m->gradients = (int64_t)n[GRADIENTS];
    m->largest = n[LARGEST];
    m->end = n[END];
}

/* A line that is not of this run is left. */
static attr_status read_line(attr_triage *t, char *line) {
    double n[NUMBERS];
    for (int i = 0; i < NUMBERS; i++) {
        n[i] = attr_csv_next_number(&line);
    }
    char *context = attr_csv_field(&line), *name = attr_csv_field(&line), *target = NULL;
    for (int i = 0; i < 9; i++) target = attr_csv_field(&line);
    if (isnan(n[PICTURE]) || isnan(n[CASE])) return ATTR_OK;
    if (!context || !name || !target || !(n[METHOD] >= 0 && n[METHOD] < t->method_count)) return ATTR_OK;
    int one_case = find_case(t->survey, (int)n[PICTURE], (int)n[CASE]);
    if (one_case < 0 || !t->is_chosen[one_case]) return ATTR_OK;
    attr_triage_map *m = attr_triage_map_of(t, one_case, (int)n[METHOD]);
    if (m->is_done) return ATTR_OK;
    take_numbers(m, n);
    snprintf(m->name, sizeof m->name, "%s", name);
    snprintf(m->target, sizeof m->target, "%s", target);
    m->is_done = true;
    t->taken_up++;
    return read_context(m, context);
}

attr_status attr_read_triage_table(attr_triage *t, char *text) {
    char *line = strchr(text, '\n'); /* behind the names */
    while (line) {
        char *end = strchr(++line, '\n');
        if (!end) break; /* a line that was not finished */
        *end = '\0';
        ATTR_TRY(read_line(t, line));
        line = end;
    }
    return ATTR_OK;
}
