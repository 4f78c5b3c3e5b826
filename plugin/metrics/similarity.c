#include "metrics/similarity.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "metrics/total_variation.h"

enum { most_side = 2 * ATTR_SSIM_RADIUS + 1 };

/* What is weighted down[y] x across[x], in planes with rows of `width` numbers. */
typedef struct {
    int rows, columns;
    double down[most_side], across[most_side]; /* each sums to 1 */
    double factor;                             /* of variances */
    double c1, c2;
    size_t width;
} window;

static void fill_uniform(double *weights, int side) {
    for (int i = 0; i < side; ++i) weights[i] = 1. / side;
}

static void fill_gaussian(double weights[most_side]) {
    double sum = 0;
    for (int i = 0; i < most_side; ++i) {
        double z = (i - ATTR_SSIM_RADIUS) / ATTR_SSIM_SIGMA;
        sum += weights[i] = exp(-z * z / 2);
    }
    for (int i = 0; i < most_side; ++i) weights[i] /= sum;
}

static void set_range(window *w, double range) {
    w->c1 = .01 * range * (.01 * range);
    w->c2 = .03 * range * (.03 * range);
}

/* ---- One window */

static double mean_in(const window *w, const double *a) {
    double sum = 0;
    for (int y = 0; y < w->rows; ++y, a += w->width) {
        double row = 0;
        for (int x = 0; x < w->columns; ++x) row += w->across[x] * a[x];
        sum += w->down[y] * row;
    }
    return sum;
}

/* Weighted sums of the products of differences from the means, which loses no digits where means are large. */
typedef struct {
    double aa, bb, ab;
} moments;

static moments moments_in(const window *w, const double *a, const double *b, double mean_a, double mean_b) {
    moments s = {0};
    for (int y = 0; y < w->rows; ++y, a += w->width, b += w->width) {
        moments row = {0};
        for (int x = 0; x < w->columns; ++x) {
            double da = a[x] - mean_a, db = b[x] - mean_b;
            row.aa += w->across[x] * da * da;
            row.bb += w->across[x] * db * db;
            row.ab += w->across[x] * da * db;
        }
        s.aa += w->down[y] * row.aa;
        s.bb += w->down[y] * row.bb;
        s.ab += w->down[y] * row.ab;
    }
    return (moments){s.aa * w->factor, s.bb * w->factor, s.ab * w->factor};
}

static double similarity_in(const window *w, const double *a, const double *b) {
    double mean_a = mean_in(w, a), mean_b = mean_in(w, b);
    moments s = moments_in(w, a, b, mean_a, mean_b);
    return (2 * mean_a * mean_b + w->c1) * (2 * s.ab + w->c2) /
           ((mean_a * mean_a + mean_b * mean_b + w->c1) * (s.aa + s.bb + w->c2));
}

/* ---- All windows */

static double mean_similarity(const window *w, const double *a, const double *b, size_t height, size_t width) {
    if (height < (size_t)w->rows || width < (size_t)w->columns) return NAN;
    size_t down = height - (size_t)w->rows + 1, across = width - (size_t)w->columns + 1;
    double sum = 0;
    for (size_t y = 0; y < down; ++y)
        for (size_t x = 0; x < across; ++x) sum += similarity_in(w, a + y * width + x, b + y * width + x);
    return sum / ((double)down * (double)across);
}

double attr_ssim_uniform(const double *a, const double *b, int height, int width, double range) {
    const double count = ATTR_SSIM_SIDE * ATTR_SSIM_SIDE;
    window w = {
        .rows = ATTR_SSIM_SIDE, .columns = ATTR_SSIM_SIDE, .factor = count / (count - 1), .width = (size_t)width};
    fill_uniform(w.down, ATTR_SSIM_SIDE);
    fill_uniform(w.across, ATTR_SSIM_SIDE);
    set_range(&w, range);
    return mean_similarity(&w, a, b, (size_t)height, (size_t)width);
}

double attr_ssim_gaussian(const double *a, const double *b, int height, int width, double range) {
    window w = {.rows = most_side, .columns = most_side, .factor = 1, .width = (size_t)width};
    fill_gaussian(w.down);
    fill_gaussian(w.across);
    set_range(&w, range);
    return mean_similarity(&w, a, b, (size_t)height, (size_t)width);
}

/* Largest less smallest of two series. */
static double range_of(const double *a, const double *b, size_t n) {
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < n; ++i) {
        low = fmin(low, fmin(a[i], b[i]));
        high = fmax(high, fmax(a[i], b[i]));
    }
    return high - low;
}

double attr_ssim_flat(const double *a, const double *b, size_t n) {
    const double count = ATTR_SSIM_SIDE;
    window w = {.rows = 1, .columns = ATTR_SSIM_SIDE, .down = {1}, .factor = count / (count - 1), .width = n};
    double range = range_of(a, b, n);
    if (!(range > 0)) return NAN;
    fill_uniform(w.across, ATTR_SSIM_SIDE);
    set_range(&w, range);
    return mean_similarity(&w, a, b, 1, n);
}

attr_status attr_ssim_of_maps(double *out, const double *a, const double *b, int height, int width) {
    size_t n = (size_t)height * (size_t)width;
    double *grey = NULL;
    ATTR_TRY(attr_allocate(&grey, 2 * n, sizeof *grey, "grey maps"));
    attr_status status = attr_saliency(grey, a, n);
    if (status == ATTR_OK) status = attr_saliency(grey + n, b, n);
    if (status == ATTR_OK) *out = attr_ssim_gaussian(grey, grey + n, height, width, 1);
    free(grey);
    return status;
}

/* ---- Distances */

static double length(const double *a, size_t n) {
    double squares = 0;
    for (size_t i = 0; i < n; ++i) squares += a[i] * a[i];
    return sqrt(squares);
}

double attr_map_distance(const double *a, const double *b, size_t n) {
    double squares = 0;
    for (size_t i = 0; i < n; ++i) squares += (a[i] - b[i]) * (a[i] - b[i]);
    return sqrt(squares);
}

double attr_normalised_difference(const double *a, const double *b, size_t n) {
    double length_a = length(a, n), length_b = length(b, n), squares = 0;
    if (!(length_a > 0 && length_b > 0)) return NAN;
    for (size_t i = 0; i < n; ++i) {
        double difference = a[i] / length_a - b[i] / length_b;
        squares += difference * difference;
    }
    return sqrt(squares);
}

static double mean_distance(const double *const *a, const double *const *b, size_t pictures, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < pictures; ++i) sum += attr_map_distance(a[i], b[i], n);
    return pictures > 0 ? sum / (double)pictures : NAN;
}

double attr_stability_error(const double *const *a, const double *const *b, size_t pictures, size_t n) {
    return mean_distance(a, b, pictures, n);
}

double attr_fidelity_error(const double *const *smoothed, const double *const *plain, size_t pictures, size_t n) {
    return mean_distance(smoothed, plain, pictures, n);
}
