#include "metrics/bootstrap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"

static int by_size(const void *pa, const void *pb) {
    double a = *(const double *)pa, b = *(const double *)pb;
    return (a > b) - (a < b);
}

static double quantile(const double *sorted, size_t n, double part) {
    double at = part * (double)(n - 1);
    size_t i = (size_t)at;
    return i + 1 < n ? sorted[i] + (at - (double)i) * (sorted[i + 1] - sorted[i]) : sorted[n - 1];
}

/* What one draw gives: of values[n] those that draws[n], in [0, 1), choose. seen[n] is room. */
typedef double (*drawn_number)(const double *values, const float *draws, size_t *seen, size_t n);

static size_t chosen_by(float draw, size_t n) {
    return (size_t)((double)draw * (double)n);
}

static double drawn_mean(const double *values, const float *draws, size_t *seen, size_t n) {
    double sum = 0;
    (void)seen;
    for (size_t i = 0; i < n; ++i) sum += values[chosen_by(draws[i], n)];
    return sum / (double)n;
}

/* Of sorted values: counted, not sorted again. */
static double drawn_median(const double *sorted, const float *draws, size_t *seen, size_t n) {
    size_t below = 0, i = 0;
    for (size_t k = 0; k < n; ++k) seen[k] = 0;
    for (size_t k = 0; k < n; ++k) ++seen[chosen_by(draws[k], n)];
    while (below + seen[i] < (n + 1) / 2) below += seen[i++];
    if (n % 2 == 1 || below + seen[i] > n / 2) return sorted[i];
    size_t next = i + 1;
    while (seen[next] == 0) ++next;
    return (sorted[i] + sorted[next]) / 2;
}

static attr_status bootstrap(double *low, double *high, const double *values, size_t n, double probability,
                             uint64_t seed, drawn_number number) {
    double *drawn = NULL;
    float *draws = NULL;
    size_t *seen = NULL;
    attr_status status = attr_allocate(&drawn, ATTR_BOOTSTRAP_SAMPLES, sizeof *drawn, "draws");
    if (status == ATTR_OK) status = attr_allocate(&draws, n, sizeof *draws, "draws");
    if (status == ATTR_OK) status = attr_allocate(&seen, n, sizeof *seen, "draws");
    for (size_t k = 0; status == ATTR_OK && k < ATTR_BOOTSTRAP_SAMPLES; ++k) {
        const attr_random random = {seed, ATTR_STREAM_BOOTSTRAP, 0, k};
        attr_random_uniform(draws, &random, 0, n);
        drawn[k] = number(values, draws, seen, n);
    }
    if (status == ATTR_OK) {
        qsort(drawn, ATTR_BOOTSTRAP_SAMPLES, sizeof *drawn, by_size);
        *low = quantile(drawn, ATTR_BOOTSTRAP_SAMPLES, (1 - probability) / 2);
        *high = quantile(drawn, ATTR_BOOTSTRAP_SAMPLES, (1 + probability) / 2);
    }
    free(drawn);
    free(draws);
    free(seen);
    return status;
}

attr_status attr_bootstrap_mean(double *low, double *high, const double *values, size_t n, double probability,
                                uint64_t seed) {
    return bootstrap(low, high, values, n, probability, seed, drawn_mean);
}

attr_status attr_bootstrap_median(double *low, double *high, const double *values, size_t n, double probability,
                                  uint64_t seed) {
    double *sorted = NULL;
    ATTR_TRY(attr_allocate(&sorted, n, sizeof *sorted, "a median"));
    memcpy(sorted, values, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, by_size);
    attr_status status = bootstrap(low, high, sorted, n, probability, seed, drawn_median);
    free(sorted);
    return status;
}

double attr_median(double *values, size_t n) {
    if (n == 0) return NAN;
    qsort(values, n, sizeof *values, by_size);
    return n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

/* ---- Signs */

static double sum_of_sizes(const double *values, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; ++i) sum += fabs(values[i]);
    return sum;
}

static attr_status flip_at_random(double *p, const double *d, size_t n, double least, uint64_t seed) {
    uint32_t *bits = NULL;
    size_t reached = 1;
    ATTR_TRY(attr_allocate(&bits, n, sizeof *bits, "signs"));
    for (size_t k = 0; k < ATTR_RANDOM_FLIPS; ++k) {
        const attr_random random = {seed, ATTR_STREAM_BOOTSTRAP, 1, k};
        double sum = 0;
        attr_random_bits(bits, &random, 0, n);
        for (size_t i = 0; i < n; ++i) sum += bits[i] & 1 ? d[i] : -d[i];
        reached += fabs(sum) >= least;
    }
    *p = (double)reached / (ATTR_RANDOM_FLIPS + 1);
    free(bits);
    return ATTR_OK;
}

attr_status attr_sign_flip_test(double *p, const double *d, size_t n, uint64_t seed) {
    double observed = 0, least;
    size_t reached = 0, all = (size_t)1 << n;
    for (size_t i = 0; i < n; ++i) observed += d[i];
    least = fabs(observed) - 1e-12 * sum_of_sizes(d, n);
    if (n > ATTR_EXACT_FLIPS) return flip_at_random(p, d, n, least, seed);
    for (size_t signs = 0; signs < all; ++signs) {
        double sum = 0;
        for (size_t i = 0; i < n; ++i) sum += signs >> i & 1 ? d[i] : -d[i];
        reached += fabs(sum) >= least;
    }
    *p = (double)reached / (double)all;
    return ATTR_OK;
}
