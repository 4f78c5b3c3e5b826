/* Robustness: maps of noisy inputs, and of one that is moved in a way that does not matter. Few copies, for each costs
 * a map. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "metrics/axioms.h"
#include "metrics/score_rows.h"

enum { robustness_copies = 10 };

/* A map of another input, summed over channels. */
static attr_status explain_plane(void *context, double *plane, const float *x) {
    const attr_scored_map *m = context;
    size_t area = attr_score_area(m);
    double *values = NULL;
    ATTR_TRY(attr_allocate(&values, attr_score_size(m), sizeof *values, "a map"));
    attr_status status = m->explain(m->context, values, ATTR_MAKE_AT, NULL, x);
    for (size_t i = 0; i < area; ++i) {
        plane[i] = 0;
        for (size_t c = 0; c < (size_t)m->value_channels; ++c) plane[i] += values[c * area + i];
    }
    free(values);
    return status;
}

static attr_map_maker maker_of(const attr_scored_map *m) {
    return (attr_map_maker){explain_plane, (void *)(uintptr_t)m, (size_t)m->channels * attr_score_area(m), 1,
                            attr_score_area(m)};
}

static attr_robustness_settings robustness_of(const attr_scored_map *m) {
    attr_robustness_settings settings = attr_robustness_defaults(m->seed);
    settings.copies = robustness_copies;
    return settings;
}

/* One series of copies serves the measures that look at it. */
static attr_status measure_robustness(const attr_scored_map *m) {
    attr_map_maker maker = maker_of(m);
    attr_robustness_settings settings = robustness_of(m);
    attr_robustness *robustness = &m->room->robustness;
    if (!(robustness->max_sensitivity < 0)) return ATTR_OK;
    return attr_robustness_measure(robustness, &maker, m->x, &settings);
}

ATTR_MEASURE(max_sensitivity) {
    ATTR_TRY(measure_robustness(m));
    *out = m->room->robustness.max_sensitivity;
    return ATTR_OK;
}

ATTR_MEASURE(mean_sensitivity) {
    ATTR_TRY(measure_robustness(m));
    *out = m->room->robustness.mean_sensitivity;
    return ATTR_OK;
}

/* NAN also for a map without more than so many pixels: all of them are always the largest. */
ATTR_MEASURE(top_overlap) {
    if (attr_score_is_even(m, m->map, 1) || attr_score_area(m) <= ATTR_ROBUSTNESS_TOP) return ATTR_OK;
    ATTR_TRY(measure_robustness(m));
    *out = m->room->robustness.top_overlap;
    return ATTR_OK;
}

ATTR_MEASURE(rank_correlation) {
    ATTR_TRY(measure_robustness(m));
    *out = m->room->robustness.spearman;
    return ATTR_OK;
}

ATTR_MEASURE(lipschitz) {
    attr_map_maker maker = maker_of(m);
    attr_robustness_settings settings = robustness_of(m);
    return attr_lipschitz_estimate(out, &maker, m->x, &settings);
}

/* How many rows and columns along each edge of the input are read where the first layer sees padding, too. */
static int border_of(const layer *first) {
    int outputs = first->type == CONVOLUTIONAL ? attr_padded_border(first) : 0;
    return outputs > 0 ? (outputs - 1) * first->stride - first->pad + first->size : 0;
}

/* Without that border, of which padding says something else; the plain gradient's is what padding does farther in. */
ATTR_MEASURE(input_invariance) {
    const double *shifted = NULL;
    ATTR_TRY(attr_score_made(&shifted, m, ATTR_MAKE_SHIFTED));
    int border = border_of(attr_engine_op(m->engine, 0)->l);
    if (shifted) *out = attr_invariance_error_inside(m->values, shifted, m->value_channels, m->net_h, m->net_w, border);
    return ATTR_OK;
}
