/* Noise, complexity, and what a map promises: of the map alone. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "metrics/axioms.h"
#include "metrics/complexity.h"
#include "metrics/rank.h"
#include "metrics/score_rows.h"
#include "metrics/total_variation.h"

ATTR_MEASURE(autvc) {
    attr_scale_settings settings = {.smallest_side = attr_smallest_scale(m->net_h < m->net_w ? m->net_h : m->net_w)};
    attr_scales scales;
    if (attr_score_is_even(m, m->map, 1)) return ATTR_OK;
    ATTR_TRY(attr_total_variation_curve(&scales, m->map, m->net_h, m->net_w, &settings));
    *out = scales.area;
    return ATTR_OK;
}

ATTR_MEASURE(atv) {
    double *saliency = NULL;
    if (attr_score_is_even(m, m->map, 1)) return ATTR_OK;
    ATTR_TRY(attr_allocate(&saliency, attr_score_area(m), sizeof *saliency, "a map"));
    attr_status status = attr_saliency(saliency, m->map, attr_score_area(m));
    if (status == ATTR_OK) *out = attr_total_variation(saliency, m->net_h, m->net_w);
    free(saliency);
    return status;
}

ATTR_MEASURE(gini) {
    return attr_score_is_even(m, m->map, 1) ? ATTR_OK : attr_gini(out, m->map, attr_score_area(m));
}

ATTR_MEASURE(entropy) {
    if (!attr_score_is_even(m, m->map, 1)) *out = attr_relative_entropy(m->map, attr_score_area(m));
    return ATTR_OK;
}

ATTR_MEASURE(completeness) {
    if (m->values && !isnan(m->expected_sum))
        *out = attr_completeness_of(m->values, attr_score_size(m), m->expected_sum, 0).relative;
    return ATTR_OK;
}
