/* valid.json. */
#include <math.h>
#include <stdlib.h>

#include "reports/json.h"
#include "reports/valid.h"

static const char *const directions[] = {"lower", "neither", "higher"};

static void write_metrics(attr_json *j, const attr_scoring *s) {
    attr_json_open(j, "metrics", '[');
    for (int k = 0; k < s->metric_count; k++) {
        const attr_metric *m = s->metrics[k];
        attr_json_open(j, NULL, '{');
        attr_json_text(j, "name", m->name);
        attr_json_text(j, "group", m->group);
        attr_json_text(j, "better", directions[m->direction + 1]);
        attr_json_text(j, "help", m->help);
        attr_json_close(j, '}');
    }
    attr_json_close(j, ']');
}

static attr_status write_cell(attr_json *j, const attr_valid *v, int row, int metric) {
    attr_valid_cell c;
    ATTR_TRY(attr_valid_cell_of(&c, v, row, metric));
    attr_json_open(j, v->scoring->metrics[metric]->name, '{');
    attr_json_number(j, "mean", c.mean);
    attr_json_number(j, "low", c.low);
    attr_json_number(j, "high", c.high);
    attr_json_integer(j, "n", c.n);
    attr_json_integer(j, "undefined", c.undefined);
    attr_json_number(j, "relative_to_random", c.ratio);
    attr_json_number(j, "p_against_random", c.chance);
    attr_json_close(j, '}');
    return ATTR_OK;
}

static attr_status write_row(attr_json *j, const attr_valid *v, int row) {
    char label[ATTR_TEXT_SIZE];
    attr_scoring_label(label, sizeof label, v->scoring, row);
    attr_json_open(j, NULL, '{');
    attr_json_text(j, "method", label);
    attr_json_open(j, "scores", '{');
    for (int k = 0; k < v->scoring->metric_count; k++) ATTR_TRY(write_cell(j, v, row, k));
    attr_json_close(j, '}');
    attr_json_close(j, '}');
    return ATTR_OK;
}

/* p-values of all pairs of methods, uncorrected. */
static attr_status write_differences(attr_json *j, const attr_valid *v, int first, int second) {
    char label[ATTR_TEXT_SIZE];
    double p;
    attr_json_open(j, NULL, '{');
    attr_scoring_label(label, sizeof label, v->scoring, first);
    attr_json_text(j, "first", label);
    attr_scoring_label(label, sizeof label, v->scoring, second);
    attr_json_text(j, "second", label);
    attr_json_open(j, "p", '{');
    for (int k = 0; k < v->scoring->metric_count; k++) {
        ATTR_TRY(attr_valid_difference(&p, v, first, second, k));
        attr_json_number(j, v->scoring->metrics[k]->name, p);
    }
    attr_json_close(j, '}');
    attr_json_close(j, '}');
    return ATTR_OK;
}

attr_status attr_write_valid_summary(FILE *file, const attr_valid *v) {
    const attr_session *s = v->scoring->session;
    attr_json j;
    attr_json_begin(&j, file);
    attr_json_open(&j, NULL, '{');
    attr_json_text(&j, "program", "Attribution for Darknet");
    attr_json_text(&j, "version", ATTR_VERSION);
    attr_json_text(&j, "cfg", s->cfg_path);
    attr_json_text(&j, "cfg_sha256", s->cfg_hash);
    attr_json_text(&j, "weights", s->weights_path);
    attr_json_text(&j, "weights_sha256", s->weights_hash);
    attr_json_text(&j, "list", v->list);
    attr_json_integer(&j, "pictures", v->picture_count);
    attr_json_integer(&j, "targets", v->count);
    attr_json_number(&j, "seconds", v->seconds);
    write_metrics(&j, v->scoring);
    attr_json_open(&j, "rows", '[');
    for (int row = 0; row < attr_scoring_rows(v->scoring); row++) ATTR_TRY(write_row(&j, v, row));
    attr_json_close(&j, ']');
    attr_json_open(&j, "differences", '[');
    for (int a = 0; a < v->scoring->method_count; a++)
        for (int b = a + 1; b < v->scoring->method_count; b++) ATTR_TRY(write_differences(&j, v, a, b));
    attr_json_close(&j, ']');
    attr_json_close(&j, '}');
    return ATTR_OK;
}
