#include "metrics/soft_mask.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/memory.h"
#include "metrics/pearson.h"
#include "metrics/rank.h"
#include "metrics/similarity.h"

/* The largest magnitude; NAN if a number is not finite. */
static double largest(const double *map, size_t n) {
    double most = 0;
    for (size_t i = 0; i < n; ++i) {
        if (!isfinite(map[i])) return NAN;
        most = fmax(most, fabs(map[i]));
    }
    return most;
}

static bool is_level(const double *values, size_t n) {
    for (size_t i = 1; i < n; ++i)
        if (values[i] != values[0]) return false;
    return true;
}

static void compare_pixels(attr_soft_scores *out, const double *g, const double *mask, size_t n) {
    double smaller = 0, larger = 0, inside = 0, all = 0, squares = 0;
    for (size_t i = 0; i < n; ++i) {
        smaller += fmin(mask[i], g[i]);
        larger += fmax(mask[i], g[i]);
        inside += mask[i] * g[i];
        all += g[i];
        squares += (mask[i] - g[i]) * (mask[i] - g[i]);
    }
    out->jaccard = smaller / larger;
    out->relevance = inside / all;
    out->squared_error = squares / (double)n;
    out->closeness = 1 - out->squared_error;
}

attr_status attr_soft_mask_scores(attr_soft_scores *out, const double *map, const double *mask, int height, int width) {
    size_t n = (size_t)height * (size_t)width;
    double most = largest(map, n), *g = NULL;
    *out = (attr_soft_scores){NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    if (!(most > 0) || is_level(mask, n)) return ATTR_OK;
    ATTR_TRY(attr_allocate(&g, n, sizeof *g, "a map"));
    for (size_t i = 0; i < n; ++i) g[i] = fabs(map[i]) / most;
    compare_pixels(out, g, mask, n);
    out->pearson = attr_pearson(g, mask, n);
    out->similarity = attr_ssim_uniform(g, mask, height, width, ATTR_SOFT_MASK_RANGE);
    attr_status status = attr_spearman(&out->spearman, g, mask, n);
    free(g);
    return status;
}

double attr_digit_mask(double x) {
    return (fmax(-1, fmin(1, x)) + 1) / 2;
}
