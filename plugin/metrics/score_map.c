/* Noise, complexity, and what a map promises: of the map alone. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "metrics/axioms.h"
#include "metrics/complexity.h"
#include "metrics/rank.h"
#include "metrics/score_rows.h"
#include "metrics/total_variation.h"

/* Of the picture's pixels alone: bars are no part of what is noisy or spread, and a control has 0 there. */
typedef attr_status (*plane_measure)(double *out, double *map, int height, int width);

static attr_status measure_picture(double *out, const attr_scored_map *m, plane_measure by) {
    size_t n = (size_t)m->fitted.w * (size_t)m->fitted.h;
    double *map = NULL;
    if (attr_score_is_even(m, m->map, 1)) return ATTR_OK;
    ATTR_TRY(attr_allocate(&map, n, sizeof *map, "a map"));
    attr_score_crop(map, m, m->map);
    attr_status status = by(out, map, m->fitted.h, m->fitted.w);
    free(map);
    return status;
}

static attr_status vary_over_scales(double *out, double *map, int height, int width) {
    attr_scale_settings settings = {.smallest_side = attr_smallest_scale(height < width ? height : width)};
    attr_scales scales;
    ATTR_TRY(attr_total_variation_curve(&scales, map, height, width, &settings));
    *out = scales.area;
    return ATTR_OK;
}

static attr_status vary(double *out, double *map, int height, int width) {
    ATTR_TRY(attr_saliency(map, map, (size_t)height * (size_t)width));
    *out = attr_total_variation(map, height, width);
    return ATTR_OK;
}

static attr_status concentrate(double *out, double *map, int height, int width) {
    return attr_gini(out, map, (size_t)height * (size_t)width);
}

static attr_status spread(double *out, double *map, int height, int width) {
    *out = attr_relative_entropy(map, (size_t)height * (size_t)width);
    return ATTR_OK;
}

ATTR_MEASURE(autvc) {
    return measure_picture(out, m, vary_over_scales);
}

ATTR_MEASURE(atv) {
    return measure_picture(out, m, vary);
}

ATTR_MEASURE(gini) {
    return measure_picture(out, m, concentrate);
}

ATTR_MEASURE(entropy) {
    return measure_picture(out, m, spread);
}

ATTR_MEASURE(completeness) {
    if (m->values && !isnan(m->expected_sum))
        *out = attr_completeness_of(m->values, attr_score_size(m), m->expected_sum, 0).relative;
    return ATTR_OK;
}
