#include "metrics/bootstrap.h"

#include <math.h>
#include <stdlib.h>

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

attr_status attr_bootstrap_mean(double *low, double *high, const double *values, size_t n, double probability,
                                uint64_t seed) {
    double *means = NULL;
    float *draws = NULL;
    attr_status status = attr_allocate(&means, ATTR_BOOTSTRAP_SAMPLES, sizeof *means, "means");
    if (status == ATTR_OK) status = attr_allocate(&draws, n, sizeof *draws, "draws");
    for (size_t k = 0; status == ATTR_OK && k < ATTR_BOOTSTRAP_SAMPLES; ++k) {
        const attr_random random = {seed, ATTR_STREAM_BOOTSTRAP, 0, k};
        attr_random_uniform(draws, &random, 0, n);
        for (size_t i = 0; i < n; ++i) means[k] += values[(size_t)((double)draws[i] * (double)n)];
        means[k] /= (double)n;
    }
    if (status == ATTR_OK) {
        qsort(means, ATTR_BOOTSTRAP_SAMPLES, sizeof *means, by_size);
        *low = quantile(means, ATTR_BOOTSTRAP_SAMPLES, (1 - probability) / 2);
        *high = quantile(means, ATTR_BOOTSTRAP_SAMPLES, (1 + probability) / 2);
    }
    free(means);
    free(draws);
    return status;
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
