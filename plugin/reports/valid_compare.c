/* What the scores of all targets say together: means, differences, curves. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "metrics/bootstrap.h"
#include "metrics/paired_tests.h"
#include "reports/valid.h"

static const double probability = 1 - ATTR_VALID_LEVEL;

static uint64_t seed_of(const attr_valid *v) {
    return (uint64_t)v->scoring->given->seed;
}

/* The row of a control, -1: there is none. */
static int row_of(const attr_valid *v, int control) {
    int row = v->scoring->method_count + control;
    return row < attr_scoring_rows(v->scoring) ? row : -1;
}

/* All scores of a row and metric, undefined ones too. */
static void column(double *values, const attr_valid *v, int row, int metric) {
    for (int i = 0; i < v->count; i++) values[i] = v->targets[i].values[row * v->scoring->metric_count + metric];
}

/* Leaves what is defined; returns how many. */
static int keep_defined(double *values, int count) {
    int n = 0;
    for (int i = 0; i < count; i++)
        if (!isnan(values[i])) values[n++] = values[i];
    return n;
}

static double mean_of(const double *values, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++) sum += values[i];
    return n > 0 ? sum / n : NAN;
}

/* ---- Cells */

const attr_valid_cell *attr_valid_cell_of(const attr_valid *v, int row, int metric) {
    return &v->cells[row * v->scoring->metric_count + metric];
}

static attr_status make_mean(attr_valid_cell *out, double *room, const attr_valid *v, int row, int metric) {
    *out = (attr_valid_cell){.low = NAN, .high = NAN, .from_random = NAN, .chance = NAN, .chance_holm = NAN};
    for (int c = 0; c < ATTR_CONTROLS; c++) out->ratio[c] = NAN;
    column(room, v, row, metric);
    out->n = keep_defined(room, v->count);
    out->undefined = v->count - out->n;
    out->mean = mean_of(room, out->n);
    if (out->n < 2) return ATTR_OK;
    return attr_bootstrap_mean(&out->low, &out->high, room, (size_t)out->n, probability, seed_of(v));
}

/* Over the targets that both have: a map that is not defined on the hard pictures gains nothing by it. */
static double ratio_of(double *room, const attr_valid *v, int metric, int row, int control) {
    double *of_row = room, *of_control = room + v->count, sum = 0, control_sum = 0;
    int n = 0;
    column(of_row, v, row, metric);
    column(of_control, v, control, metric);
    for (int t = 0; t < v->count; t++) {
        if (isnan(of_row[t]) || isnan(of_control[t])) continue;
        sum += of_row[t];
        control_sum += of_control[t];
        ++n;
    }
    return n > 0 ? sum / control_sum : NAN;
}

static void make_ratios(attr_valid_cell *cell, double *room, const attr_valid *v, int row, int metric) {
    if (v->scoring->metrics[metric]->traits & ATTR_AROUND_ZERO) return;
    for (int c = 0; c < ATTR_CONTROLS; c++)
        if (row_of(v, c) >= 0) cell->ratio[c] = ratio_of(room, v, metric, row, row_of(v, c));
}

static attr_status test_rows(attr_paired_test *out, double *room, const attr_valid *v, int metric, int a, int b) {
    column(room, v, a, metric);
    column(room + v->count, v, b, metric);
    return attr_paired_test_of(out, room, room + v->count, (size_t)v->count, probability, seed_of(v));
}

/* The methods, not the other controls, have asked the same question several times. */
static attr_status compare_rows_with_random(attr_valid *v, double *p, double *room, int metric, int random) {
    int metrics = v->scoring->metric_count;
    for (int row = 0; row < attr_scoring_rows(v->scoring); row++) {
        attr_paired_test test;
        if (row == random) continue;
        ATTR_TRY(test_rows(&test, room, v, metric, row, random));
        v->cells[row * metrics + metric].from_random = test.difference;
        v->cells[row * metrics + metric].chance = test.p;
        if (row < v->scoring->method_count) p[row] = test.p;
    }
    ATTR_TRY(attr_holm(p, p, (size_t)v->scoring->method_count));
    for (int row = 0; row < v->scoring->method_count; row++) v->cells[row * metrics + metric].chance_holm = p[row];
    return ATTR_OK;
}

static attr_status compare_with_random(attr_valid *v, double *room, int metric) {
    int random = row_of(v, ATTR_CONTROL_RANDOM);
    double *p = NULL;
    if (random < 0) return ATTR_OK;
    ATTR_TRY(attr_allocate(&p, (size_t)v->scoring->method_count, sizeof *p, "differences"));
    attr_status status = compare_rows_with_random(v, p, room, metric, random);
    free(p);
    return status;
}

/* ---- Pairs */

int attr_valid_pairs(const attr_valid *v) {
    int methods = v->scoring->method_count;
    return methods <= ATTR_VALID_PAIRED ? methods * (methods - 1) / 2 : 0;
}

static int number_of(const attr_valid *v, int first, int second) {
    return first * (2 * v->scoring->method_count - first - 1) / 2 + second - first - 1;
}

const attr_valid_pair *attr_valid_pair_of(const attr_valid *v, int metric, int a, int b) {
    return &v->pairs[metric * attr_valid_pairs(v) + (a < b ? number_of(v, a, b) : number_of(v, b, a))];
}

static attr_status compare_pairs(attr_valid *v, double *room, int metric) {
    int methods = v->scoring->method_count, count = attr_valid_pairs(v);
    attr_valid_pair *pairs = v->pairs + (size_t)metric * (size_t)count;
    double *p = NULL;
    if (count == 0) return ATTR_OK;
    attr_status status = attr_allocate(&p, (size_t)count, sizeof *p, "differences");
    for (int a = 0; status == ATTR_OK && a < methods; a++)
        for (int b = a + 1; status == ATTR_OK && b < methods; b++) {
            attr_paired_test t;
            status = test_rows(&t, room, v, metric, a, b);
            pairs[number_of(v, a, b)] = (attr_valid_pair){a, b, t.difference, t.low, t.high, (int)t.pairs, t.p, NAN};
            p[number_of(v, a, b)] = t.p;
        }
    if (status == ATTR_OK) status = attr_holm(p, p, (size_t)count);
    for (int i = 0; status == ATTR_OK && i < count; i++) pairs[i].p_holm = p[i];
    free(p);
    return status;
}

int attr_valid_better(const attr_valid *v, int metric, int a, int b) {
    if (attr_valid_pairs(v) == 0) return 0;
    const attr_valid_pair *pair = attr_valid_pair_of(v, metric, a, b);
    if (!(pair->p_holm < ATTR_VALID_LEVEL)) return 0;
    bool higher = (pair->difference > 0) == (a < b);
    return higher == (v->scoring->metrics[metric]->direction >= 0) ? 1 : -1;
}

int attr_valid_best(const attr_valid *v, int metric) {
    int best = -1, direction = v->scoring->metrics[metric]->direction;
    for (int row = 0; row < v->scoring->method_count && direction != 0; row++) {
        double here = attr_valid_cell_of(v, row, metric)->mean;
        if (isnan(here)) continue;
        if (best < 0 || direction * here > direction * attr_valid_cell_of(v, best, metric)->mean) best = row;
    }
    return best;
}

/* ---- All */

static attr_status compare_metric(attr_valid *v, double *room, int metric) {
    int rows = attr_scoring_rows(v->scoring), metrics = v->scoring->metric_count;
    for (int row = 0; row < rows; row++) ATTR_TRY(make_mean(&v->cells[row * metrics + metric], room, v, row, metric));
    for (int row = 0; row < rows; row++) make_ratios(&v->cells[row * metrics + metric], room, v, row, metric);
    ATTR_TRY(compare_with_random(v, room, metric));
    return compare_pairs(v, room, metric);
}

attr_status attr_valid_compare(attr_valid *v) {
    size_t metrics = (size_t)v->scoring->metric_count, cells = (size_t)attr_scoring_rows(v->scoring) * metrics;
    double *room = NULL;
    free(v->cells);
    free(v->pairs);
    v->cells = NULL;
    v->pairs = NULL;
    ATTR_TRY(attr_allocate(&v->cells, cells, sizeof *v->cells, "a table"));
    ATTR_TRY(attr_allocate(&v->pairs, metrics * (size_t)attr_valid_pairs(v), sizeof *v->pairs, "differences"));
    ATTR_TRY(attr_allocate(&room, 2 * (size_t)v->count, sizeof *room, "scores"));
    attr_status status = ATTR_OK;
    for (int k = 0; status == ATTR_OK && k < v->scoring->metric_count; k++) status = compare_metric(v, room, k);
    free(room);
    return status;
}

/* ---- Curves */

double *attr_valid_target_curve(const attr_valid *v, const attr_valid_target *t, int row, int metric) {
    return t->curves + (size_t)(row * v->scoring->metric_count + metric) * ATTR_METRIC_POINTS;
}

/* SIC and PIC are medians by definition (Kapishnikov et al. 2019), AIC is a part of the pictures. */
bool attr_valid_is_median(const attr_metric *metric) {
    return metric->traits & ATTR_MEDIAN_CURVE;
}

static attr_status make_point(double *point, double *low, double *high, double *values, int n, const attr_valid *v,
                              bool median) {
    *point = *low = *high = NAN;
    if (n > 1 && median) ATTR_TRY(attr_bootstrap_median(low, high, values, (size_t)n, probability, seed_of(v)));
    if (n > 1 && !median) ATTR_TRY(attr_bootstrap_mean(low, high, values, (size_t)n, probability, seed_of(v)));
    *point = median ? attr_median(values, (size_t)n) : mean_of(values, n);
    return ATTR_OK;
}

attr_status attr_valid_curve_of(double *points, double *low, double *high, int *n, const attr_valid *v, int row,
                                int metric) {
    bool median = attr_valid_is_median(v->scoring->metrics[metric]);
    double *values = NULL;
    attr_status status = attr_allocate(&values, (size_t)v->count, sizeof *values, "a curve");
    *n = 0;
    for (int i = 0; status == ATTR_OK && i < ATTR_METRIC_POINTS; i++) {
        for (int t = 0; t < v->count; t++) values[t] = attr_valid_target_curve(v, &v->targets[t], row, metric)[i];
        int here = keep_defined(values, v->count);
        if (here > *n) *n = here;
        status = make_point(&points[i], &low[i], &high[i], values, here, v, median);
    }
    free(values);
    return status;
}
