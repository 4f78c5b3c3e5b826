/* valid.json. */
#include "reports/files.h"
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

static void write_cell(attr_json *j, const attr_valid *v, int row, int metric) {
    const attr_valid_cell *c = attr_valid_cell_of(v, row, metric);
    char key[64];
    attr_json_open(j, v->scoring->metrics[metric]->name, '{');
    attr_json_number(j, "mean", c->mean);
    attr_json_number(j, "low", c->low);
    attr_json_number(j, "high", c->high);
    attr_json_integer(j, "n", c->n);
    attr_json_integer(j, "undefined", c->undefined);
    for (int control = 0; control < ATTR_CONTROLS; control++) {
        snprintf(key, sizeof key, "relative_to_%s", attr_control_name((attr_control)control));
        attr_json_number(j, key, c->ratio[control]);
    }
    attr_json_number(j, "p_against_random", c->chance);
    attr_json_number(j, "p_against_random_holm", c->chance_holm);
    attr_json_close(j, '}');
}

static void write_row(attr_json *j, const attr_valid *v, int row) {
    char label[ATTR_TEXT_SIZE];
    attr_scoring_label(label, sizeof label, v->scoring, row);
    attr_json_open(j, NULL, '{');
    attr_json_text(j, "method", label);
    attr_json_open(j, "scores", '{');
    for (int k = 0; k < v->scoring->metric_count; k++) write_cell(j, v, row, k);
    attr_json_close(j, '}');
    attr_json_close(j, '}');
}

/* Something of a pair, for each metric. */
static void write_numbers(attr_json *j, const char *key, const attr_valid *v, int first, int second,
                          double (*number)(const attr_valid_pair *)) {
    attr_json_open(j, key, '{');
    for (int k = 0; k < v->scoring->metric_count; k++)
        attr_json_number(j, v->scoring->metrics[k]->name, number(attr_valid_pair_of(v, k, first, second)));
    attr_json_close(j, '}');
}

static double difference_of(const attr_valid_pair *pair) {
    return pair->difference;
}

static double p_of(const attr_valid_pair *pair) {
    return pair->p;
}

static double p_holm_of(const attr_valid_pair *pair) {
    return pair->p_holm;
}

static void write_difference(attr_json *j, const attr_valid *v, int first, int second) {
    char label[ATTR_TEXT_SIZE];
    attr_json_open(j, NULL, '{');
    attr_scoring_label(label, sizeof label, v->scoring, first);
    attr_json_text(j, "first", label);
    attr_scoring_label(label, sizeof label, v->scoring, second);
    attr_json_text(j, "second", label);
    write_numbers(j, "difference", v, first, second, difference_of);
    write_numbers(j, "p", v, first, second, p_of);
    write_numbers(j, "p_holm", v, first, second, p_holm_of);
    attr_json_close(j, '}');
}

attr_status attr_write_valid_summary(FILE *file, const attr_valid *v) {
    attr_json j;
    attr_begin_summary(&j, file, v->scoring->session);
    attr_json_text(&j, "list", v->list);
    attr_json_integer(&j, "pictures", v->picture_count);
    attr_json_integer(&j, "targets", v->count);
    attr_json_number(&j, "seconds", v->seconds);
    write_metrics(&j, v->scoring);
    attr_json_open(&j, "rows", '[');
    for (int row = 0; row < attr_scoring_rows(v->scoring); row++) write_row(&j, v, row);
    attr_json_close(&j, ']');
    attr_json_open(&j, "differences", '[');
    for (int a = 0; attr_valid_pairs(v) > 0 && a < v->scoring->method_count; a++)
        for (int b = a + 1; b < v->scoring->method_count; b++) write_difference(&j, v, a, b);
    attr_json_close(&j, ']');
    attr_json_close(&j, '}');
    return ATTR_OK;
}
