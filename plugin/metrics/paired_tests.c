#include "metrics/paired_tests.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "metrics/bootstrap.h"
#include "metrics/rank.h"

/* order[] has them from the largest to the smallest, those that are NAN first. */
static void adjust(double *adjusted, const double *p, const size_t *order, size_t count) {
    double most = 0;
    size_t m = 0;
    for (size_t i = 0; i < count; ++i) m += !isnan(p[i]);
    for (size_t j = 0; j < m; ++j) {
        size_t i = order[count - 1 - j];
        most = fmax(most, fmin(1, (double)(m - j) * p[i]));
        adjusted[i] = most;
    }
}

attr_status attr_holm(double *adjusted, const double *p, size_t count) {
    double *known = NULL;
    size_t *order = NULL;
    if (count == 0) return ATTR_OK;
    attr_status status = attr_allocate(&known, count, sizeof *known, "probabilities");
    if (status == ATTR_OK) status = attr_allocate(&order, count, sizeof *order, "ranks");
    for (size_t i = 0; status == ATTR_OK && i < count; ++i) known[i] = isnan(p[i]) ? INFINITY : p[i];
    if (status == ATTR_OK) status = attr_order_falling(order, known, count);
    for (size_t i = 0; status == ATTR_OK && i < count; ++i) adjusted[i] = p[i];
    if (status == ATTR_OK) adjust(adjusted, adjusted, order, count);
    free(known);
    free(order);
    return status;
}

static size_t keep_known(double *differences, const double *first, const double *second, size_t count) {
    size_t n = 0;
    for (size_t i = 0; i < count; ++i)
        if (!isnan(first[i]) && !isnan(second[i])) differences[n++] = first[i] - second[i];
    return n;
}

static attr_status test(attr_paired_test *out, const double *differences, size_t n, double probability, uint64_t seed) {
    out->difference = 0;
    for (size_t i = 0; i < n; ++i) out->difference += differences[i] / (double)n;
    if (n > 1) ATTR_TRY(attr_bootstrap_mean(&out->low, &out->high, differences, n, probability, seed));
    return attr_sign_flip_test(&out->p, differences, n, seed);
}

attr_status attr_paired_test_of(attr_paired_test *out, const double *first, const double *second, size_t count,
                                double probability, uint64_t seed) {
    double *differences = NULL;
    *out = (attr_paired_test){NAN, NAN, NAN, NAN, 0};
    ATTR_TRY(attr_allocate(&differences, count, sizeof *differences, "differences"));
    out->pairs = keep_known(differences, first, second, count);
    attr_status status = ATTR_OK;
    if (out->pairs > 0) status = test(out, differences, out->pairs, probability, seed);
    free(differences);
    return status;
}
