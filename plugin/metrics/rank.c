#include "metrics/rank.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"

typedef struct {
    double value;
    size_t index;
} ranked;

static int compare(const void *a, const void *b) {
    const ranked *left = a, *right = b;
    return (left->value > right->value) - (left->value < right->value);
}

/* ranks[i] is how many numbers are smaller than number i, plus half of how many others equal it. */
static void rank(double *ranks, ranked *sorted, const double *values, size_t n) {
    for (size_t i = 0; i < n; ++i) sorted[i] = (ranked){values[i], i};
    qsort(sorted, n, sizeof *sorted, compare);
    for (size_t first = 0, end; first < n; first = end) {
        for (end = first + 1; end < n && sorted[end].value == sorted[first].value;) ++end;
        for (size_t i = first; i < end; ++i) ranks[sorted[i].index] = (double)(first + end - 1) / 2;
    }
}

/* Pearson's, of ranks: both means are (n - 1) / 2. */
static double correlate(const double *a, const double *b, size_t n) {
    double mean = ((double)n - 1) / 2, ab = 0, aa = 0, bb = 0;
    for (size_t i = 0; i < n; ++i) {
        ab += (a[i] - mean) * (b[i] - mean);
        aa += (a[i] - mean) * (a[i] - mean);
        bb += (b[i] - mean) * (b[i] - mean);
    }
    return aa > 0 && bb > 0 ? ab / sqrt(aa * bb) : NAN;
}

attr_status attr_spearman(double *out, const double *a, const double *b, size_t n) {
    ranked *sorted = NULL;
    double *ranks = NULL;
    attr_status status = attr_allocate(&sorted, n, sizeof *sorted, "ranks");
    if (status == ATTR_OK) status = attr_allocate(&ranks, 2 * n, sizeof *ranks, "ranks");
    if (status == ATTR_OK) {
        rank(ranks, sorted, a, n);
        rank(ranks + n, sorted, b, n);
        *out = correlate(ranks, ranks + n, n);
    }
    free(sorted);
    free(ranks);
    return status;
}
