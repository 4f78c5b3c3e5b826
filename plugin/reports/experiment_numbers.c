/* What the measurements of a study say to its claims. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "metrics/bootstrap.h"
#include "metrics/rank.h"
#include "reports/experiment.h"

bool attr_study_find(const attr_valid **valid, int *metric, const attr_study_part *part, const char *name) {
    for (int unit = 0; unit < ATTR_STUDY_UNITS; unit++) {
        const attr_valid *v = part->of[unit];
        for (int k = 0; v && k < v->scoring->metric_count; k++)
            if (attr_same_name(v->scoring->metrics[k]->name, name)) {
                *valid = v;
                *metric = k;
                return true;
            }
    }
    return false;
}

const attr_variant *attr_study_variant(const attr_study *study, const attr_valid *valid, int row) {
    const attr_experiment *e = study->experiment;
    for (int i = 0; row < valid->scoring->method_count && i < e->variant_count; i++)
        if (strcmp(e->variants[i].name, valid->scoring->methods[row].label) == 0) return &e->variants[i];
    return NULL;
}

/* ---- Student's interval */

/* The quantile .975 of Student's t with so many degrees of freedom; of the normal law beyond 30. */
static double student_quantile(int freedom) {
    static const double quantiles[] = {12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
                                       2.201,  2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086,
                                       2.080,  2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042};
    enum { most = sizeof quantiles / sizeof *quantiles };
    return freedom <= most ? quantiles[freedom - 1] : 1.96;
}

void attr_student_interval(double *mean, double *low, double *high, const double *values, int n) {
    double sum = 0, squares = 0;
    for (int i = 0; i < n; i++) sum += values[i];
    *mean = n > 0 ? sum / n : NAN;
    *low = *high = NAN;
    if (n < 2) return;
    for (int i = 0; i < n; i++) squares += (values[i] - *mean) * (values[i] - *mean);
    double half = student_quantile(n - 1) * sqrt(squares / (n - 1) / n);
    *low = *mean - half;
    *high = *mean + half;
}

/* ---- Claims */

static bool is_meant(const attr_valid *v, int row, const char *name) {
    char label[ATTR_TEXT_SIZE];
    attr_scoring_label(label, sizeof label, v->scoring, row);
    return attr_label_is_meant(label, name, strlen(name));
}

/* The mean of a target's numbers over the rows that a name means; NAN: none is defined. */
static double mean_of(const attr_valid *v, int metric, int target, const char *name) {
    double sum = 0;
    int n = 0;
    for (int row = 0; row < attr_scoring_rows(v->scoring); row++) {
        double value = v->targets[target].values[row * v->scoring->metric_count + metric];
        if (isnan(value) || !is_meant(v, row, name)) continue;
        sum += value;
        n++;
    }
    return n > 0 ? sum / n : NAN;
}

/* differences[targets]. */
static void find_differences(double *differences, const attr_valid *v, int metric, const attr_claim *c,
                             const attr_valid *other, int other_metric) {
    const char *than = c->than ? c->than : c->less;
    for (int i = 0; i < v->count; i++)
        differences[i] = mean_of(v, metric, i, c->less) - mean_of(other, other_metric, i, than);
}

/* The values of an option along the rows, each once, and the row of which each is. */
typedef struct {
    double *x, *sum;
    int *n, count;
} ladder;

static void add_to_ladder(ladder *l, double x, double value) {
    int i = 0;
    while (i < l->count && l->x[i] != x) i++;
    if (i == l->count) {
        l->x[i] = x;
        l->sum[i] = l->n[i] = 0;
        l->count++;
    }
    l->sum[i] += value;
    l->n[i]++;
}

/* Spearman's correlation of a target's numbers with an option. */
static attr_status correlate(double *out, ladder *l, const attr_study *s, const attr_valid *v, int metric, int target,
                             const attr_claim *c) {
    const char *option = c->falls_with ? c->falls_with : c->rises_with;
    l->count = 0;
    for (int row = 0; row < v->scoring->method_count; row++) {
        const attr_variant *variant = attr_study_variant(s, v, row);
        const char *x = variant ? attr_variant_value(variant, option) : NULL;
        double value = v->targets[target].values[row * v->scoring->metric_count + metric];
        if (x && !isnan(value) && (!c->of || is_meant(v, row, c->of))) add_to_ladder(l, strtod(x, NULL), value);
    }
    for (int i = 0; i < l->count; i++) l->sum[i] /= l->n[i];
    *out = NAN;
    return l->count < 2 ? ATTR_OK : attr_spearman(out, l->x, l->sum, (size_t)l->count);
}

static attr_status find_trends(double *trends, const attr_study *s, const attr_valid *v, int metric,
                               const attr_claim *c) {
    size_t rows = (size_t)v->scoring->method_count;
    ladder l = {0};
    attr_status status = attr_allocate(&l.x, rows, sizeof *l.x, "a trend");
    if (status == ATTR_OK) status = attr_allocate(&l.sum, rows, sizeof *l.sum, "a trend");
    if (status == ATTR_OK) status = attr_allocate(&l.n, rows, sizeof *l.n, "a trend");
    for (int i = 0; status == ATTR_OK && i < v->count; i++) status = correlate(&trends[i], &l, s, v, metric, i, c);
    free(l.x);
    free(l.sum);
    free(l.n);
    return status;
}

/* From the mean of what is defined. */
static attr_status judge(attr_claim_result *out, double *values, int count, bool is_below, uint64_t seed) {
    double sum = 0;
    for (int i = 0; i < count; i++)
        if (!isnan(values[i])) sum += values[out->n++] = values[i];
    if (out->n == 0) return ATTR_OK;
    out->mean = sum / out->n;
    ATTR_TRY(attr_bootstrap_mean(&out->low, &out->high, values, (size_t)out->n, .95, seed));
    bool below = out->high<0, above = out->low> 0;
    if (out->n < 2) return ATTR_OK;
    out->verdict = below || above ? (below == is_below ? ATTR_CLAIM_HELD : ATTR_CLAIM_FAILED) : ATTR_CLAIM_OPEN;
    return ATTR_OK;
}

attr_status attr_claim_judge(attr_claim_result *out, const attr_study_part *part, const attr_study *study,
                             const attr_claim *c) {
    const attr_valid *v, *other;
    int metric, other_metric;
    double *values = NULL;
    *out = (attr_claim_result){.verdict = ATTR_CLAIM_UNKNOWN, .mean = NAN, .low = NAN, .high = NAN};
    if (!attr_study_find(&v, &metric, part, c->metric)) return ATTR_OK;
    if (!attr_study_find(&other, &other_metric, part, c->than_metric ? c->than_metric : c->metric)) return ATTR_OK;
    if (other != v || v->count == 0) return ATTR_OK;
    ATTR_TRY(attr_allocate(&values, (size_t)v->count, sizeof *values, "differences"));
    attr_status status = ATTR_OK;
    if (c->less)
        find_differences(values, v, metric, c, other, other_metric);
    else
        status = find_trends(values, study, v, metric, c);
    if (status == ATTR_OK) status = judge(out, values, v->count, !c->rises_with, (uint64_t)v->scoring->given->seed);
    free(values);
    return status;
}
