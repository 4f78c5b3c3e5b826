#include "attacks/gradient_map.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "attacks/ball.h"
#include "base/memory.h"

static size_t plane_of(const attr_gradient_map *kind) {
    return (size_t)kind->region.height * (size_t)kind->region.width;
}

double attr_gradient_map_of(double *map, const attr_gradient_map *kind, const double *g, const double *x) {
    size_t plane = plane_of(kind);
    double sum = 0;
    memset(map, 0, plane * sizeof *map);
    ATTR_FOR_PICTURE(&kind->region, at, { map[at % plane] += fabs(kind->times_input ? x[at] * g[at] : g[at]); })
    for (size_t p = 0; p < plane; ++p) sum += map[p];
    for (size_t p = 0; sum > 0 && p < plane; ++p) map[p] /= sum;
    return sum;
}

/* dL/dA into `slope`, by the map [plane]. */
static void differentiate_sum(double *slope, const double *map, double sum, const double *derivative, size_t plane) {
    double mean = 0;
    for (size_t p = 0; p < plane; ++p) mean += derivative[p] * map[p];
    for (size_t p = 0; p < plane; ++p) slope[p] = (derivative[p] - mean) / sum;
}

static double sign_of(double value) {
    return (value > 0) - (value < 0);
}

attr_status attr_gradient_map_pull(double *out, const attr_gradient_map *kind, attr_curvature *at,
                                   const double *derivative) {
    size_t plane = plane_of(kind);
    double *map = NULL;
    memset(out, 0, at->size * sizeof *out);
    ATTR_TRY(attr_allocate(&map, 2 * plane, sizeof *map, "a map"));
    double *slope = map + plane, sum = attr_gradient_map_of(map, kind, at->gradient, at->x);
    attr_status status = ATTR_OK;
    if (sum > 0) {
        const double *g = at->gradient, *x = at->x;
        differentiate_sum(slope, map, sum, derivative, plane);
        ATTR_FOR_PICTURE(&kind->region, i, {
            double times = kind->times_input ? x[i] : 1;
            out[i] = slope[i % plane] * sign_of(times * g[i]) * times;
        })
        status = attr_curvature_product(out, at, out);
        if (kind->times_input)
            ATTR_FOR_PICTURE(&kind->region, i, { out[i] += slope[i % plane] * sign_of(x[i] * g[i]) * g[i]; })
    }
    free(map);
    return status;
}
