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

/* Largest first, of equal ones the first. */
static int compare_falling(const void *a, const void *b) {
    const ranked *left = a, *right = b;
    if (left->value != right->value) return left->value < right->value ? 1 : -1;
    return (left->index > right->index) - (left->index < right->index);
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

attr_status attr_order_falling(size_t *order, const double *values, size_t n) {
    ranked *sorted = NULL;
    ATTR_TRY(attr_allocate(&sorted, n, sizeof *sorted, "ranks"));
    for (size_t i = 0; i < n; ++i) sorted[i] = (ranked){values[i], i};
    qsort(sorted, n, sizeof *sorted, compare_falling);
    for (size_t i = 0; i < n; ++i) order[i] = sorted[i].index;
    free(sorted);
    return ATTR_OK;
}

/* How many of the first k places of an order are marked. */
static size_t count_marked(const size_t *order, size_t k, const unsigned char *marks) {
    size_t count = 0;
    for (size_t i = 0; i < k; ++i) count += marks[order[i]] != 0;
    return count;
}

attr_status attr_top_overlap(double *out, const double *a, const double *b, size_t n, size_t k) {
    unsigned char *top = NULL;
    size_t *order = NULL;
    attr_status status = attr_allocate(&top, n, 1, "the largest values");
    if (status == ATTR_OK) status = attr_allocate(&order, n, sizeof *order, "ranks");
    if (status == ATTR_OK) status = attr_order_falling(order, a, n);
    for (size_t i = 0; status == ATTR_OK && i < k; ++i) top[order[i]] = 1;
    if (status == ATTR_OK) status = attr_order_falling(order, b, n);
    if (status == ATTR_OK) *out = (double)count_marked(order, k, top) / (double)k;
    free(top);
    free(order);
    return status;
}

attr_status attr_gini(double *out, const double *a, size_t n) {
    ranked *sorted = NULL;
    double sum = 0, weighted = 0;
    ATTR_TRY(attr_allocate(&sorted, n, sizeof *sorted, "ranks"));
    for (size_t i = 0; i < n; ++i) sorted[i] = (ranked){fabs(a[i]) + 1e-7, i};
    qsort(sorted, n, sizeof *sorted, compare);
    for (size_t i = 0; i < n; ++i) {
        sum += sorted[i].value;
        weighted += (2 * (double)(i + 1) - (double)n - 1) * sorted[i].value;
    }
    free(sorted);
    *out = weighted / ((double)n * sum);
    return ATTR_OK;
}

attr_status attr_rank_accuracy(double *out, const double *a, const unsigned char *mask, size_t n) {
    double *magnitudes = NULL;
    size_t *order = NULL, size = 0;
    for (size_t i = 0; i < n; ++i) size += mask[i] != 0;
    *out = NAN;
    if (size == 0) return ATTR_OK;
    attr_status status = attr_allocate(&magnitudes, n, sizeof *magnitudes, "ranks");
    if (status == ATTR_OK) status = attr_allocate(&order, n, sizeof *order, "ranks");
    for (size_t i = 0; status == ATTR_OK && i < n; ++i) magnitudes[i] = fabs(a[i]);
    if (status == ATTR_OK) status = attr_order_falling(order, magnitudes, n);
    if (status == ATTR_OK) *out = (double)count_marked(order, size, mask) / (double)size;
    free(magnitudes);
    free(order);
    return status;
}
