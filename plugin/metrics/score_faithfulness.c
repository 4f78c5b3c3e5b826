/* Faithfulness: forwards only. Areas are divided by the magnitude of the target's value at the input, so that less is
 * less for a logit below 0, too. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "metrics/faithfulness_correlation.h"
#include "metrics/infidelity.h"
#include "metrics/perturbation_curve.h"
#include "metrics/pixel_flipping.h"
#include "metrics/pixel_removal.h"
#include "metrics/road.h"
#include "metrics/score_rows.h"
#include "metrics/sensitivity_n.h"

/* Steps of a removal, windows of a flipping; AUPC has a tenth of the paper's candidates. */
enum {
    removal_steps = 64,
    curve_candidates = 5,
    sensitivity_sizes = 4,
    sensitivity_runs = 50,
    infidelity_samples = 100
};

/* A target, and its value at x. */
typedef struct {
    attr_target *target;
    double value;
} scored_target;

static scored_target frozen(const attr_scored_map *m) {
    return (scored_target){m->target, m->value};
}

/* Its value at x is that of the best box there. */
static scored_target matched(const attr_scored_map *m) {
    return (scored_target){m->matched, attr_score_value_of(m, m->matched)};
}

static attr_status measure_removal(double *out, const attr_scored_map *m, scored_target t, attr_removal_order order) {
    attr_removal_settings settings = {.region = attr_score_region(m), .order = order};
    attr_removal_area area;
    double *scores = NULL, *sorted = NULL;
    settings.pixels_per_step = (attr_picture_pixels(&settings.region) + removal_steps - 1) / removal_steps;
    if (t.value == 0) return ATTR_OK;
    size_t steps = attr_removal_steps(&settings);
    attr_status status = attr_score_magnitudes(&sorted, m);
    if (status == ATTR_OK) status = attr_allocate(&scores, steps + 1, sizeof *scores, "scores");
    if (status == ATTR_OK)
        status = attr_pixel_removal(scores, &area, m->engine, t.target, m->x, m->reference, sorted, &settings);
    if (status == ATTR_OK) {
        *out = area.area / fabs(t.value);
        attr_score_curve(m, scores, steps + 1, fabs(t.value));
    }
    free(scores);
    free(sorted);
    return status;
}

ATTR_MEASURE(deletion) {
    return measure_removal(out, m, frozen(m), ATTR_DELETION);
}

ATTR_MEASURE(deletion_matched) {
    return measure_removal(out, m, matched(m), ATTR_DELETION);
}

ATTR_MEASURE(insertion) {
    return measure_removal(out, m, frozen(m), ATTR_INSERTION);
}

ATTR_MEASURE(insertion_matched) {
    return measure_removal(out, m, matched(m), ATTR_INSERTION);
}

ATTR_MEASURE(preservation) {
    return measure_removal(out, m, frozen(m), ATTR_PRESERVATION);
}

ATTR_MEASURE(preservation_matched) {
    return measure_removal(out, m, matched(m), ATTR_PRESERVATION);
}

/* The curve is that of the most relevant first. */
static attr_status measure_flipping(double *out, const attr_scored_map *m, scored_target t) {
    attr_region region = attr_score_region(m);
    attr_flipping_settings settings = attr_flipping_settings_of(&region);
    attr_flipping flipping;
    double *most = NULL;
    if (t.value == 0) return ATTR_OK;
    ATTR_TRY(attr_allocate(&most, settings.regions + 1, sizeof *most, "scores"));
    attr_status status =
        attr_pixel_flipping(&flipping, most, NULL, m->engine, t.target, m->x, m->reference, m->map, &settings);
    if (status == ATTR_OK) {
        *out = flipping.difference / fabs(t.value);
        attr_score_curve(m, most, flipping.regions + 1, fabs(t.value));
    }
    free(most);
    return status;
}

ATTR_MEASURE(pixel_flipping) {
    return measure_flipping(out, m, frozen(m));
}

ATTR_MEASURE(pixel_flipping_matched) {
    return measure_flipping(out, m, matched(m));
}

/* |map| of all, one behind the other; *out points to them. Both to be freed. */
static attr_status take_magnitudes(double **values, const double ***out, const attr_scored_map *m,
                                   const double *const *maps, size_t count) {
    size_t area = attr_score_area(m);
    ATTR_TRY(attr_allocate(values, count * area, sizeof **values, "maps"));
    ATTR_TRY(attr_allocate(out, count, sizeof **out, "maps"));
    for (size_t k = 0; k < count; ++k) {
        for (size_t i = 0; i < area; ++i) (*values)[k * area + i] = fabs(maps[k][i]);
        (*out)[k] = *values + k * area;
    }
    return ATTR_OK;
}

/* Signed, so what speaks against the target may be right; as published in Quantus |map|. */
ATTR_MEASURE_ALL(faithfulness_correlation) {
    attr_region region = attr_score_region(m);
    attr_subset_settings settings = attr_faithfulness_settings_of(&region, m->seed);
    double *values = NULL;
    const double **magnitudes = NULL;
    attr_status status = m->as_published ? take_magnitudes(&values, &magnitudes, m, maps, count) : ATTR_OK;
    if (status == ATTR_OK)
        status = attr_faithfulness_correlation(out, m->engine, m->target, m->x, m->as_published ? magnitudes : maps,
                                               count, &settings);
    free(values);
    free(magnitudes);
    return status;
}

ATTR_MEASURE_ALL(sensitivity_n) {
    attr_region region = attr_score_region(m);
    attr_subset_settings settings = attr_faithfulness_settings_of(&region, m->seed);
    size_t all[ATTR_SENSITIVITY_SIZES], some[sensitivity_sizes], sizes = attr_sensitivity_sizes(all, &region);
    double *correlations = NULL;
    if (sizes < sensitivity_sizes) return ATTR_OK;
    for (size_t i = 0; i < sensitivity_sizes; ++i) some[i] = all[(i + 1) * (sizes - 1) / sensitivity_sizes];
    settings.runs = sensitivity_runs;
    ATTR_TRY(attr_allocate(&correlations, count * sensitivity_sizes, sizeof *correlations, "correlations"));
    attr_status status = attr_sensitivity_n(out, correlations, m->engine, m->target, m->x, maps, count, some,
                                            sensitivity_sizes, &settings);
    free(correlations);
    return status;
}

ATTR_MEASURE_ALL(infidelity) {
    attr_region region = attr_score_region(m);
    attr_infidelity_settings settings =
        attr_infidelity_settings_of(&region, ATTR_PERTURB_SQUARE, m->reference, m->seed);
    attr_infidelity *results = NULL;
    settings.samples = infidelity_samples;
    ATTR_TRY(attr_allocate(&results, count, sizeof *results, "infidelities"));
    attr_status status = attr_infidelity_of(results, m->engine, m->target, m->x, maps, count, &settings);
    for (size_t k = 0; status == ATTR_OK && k < count; ++k) out[k] = results[k].relative;
    free(results);
    return status;
}

/* The curve is that of the most relevant first, from nothing removed to nine tenths. */
static attr_status measure_road(double *out, const attr_scored_map *m, scored_target t) {
    attr_road_settings settings = {.region = attr_score_region(m), .noise = ATTR_ROAD_NOISE, .seed = m->seed};
    attr_road result;
    double *sorted = NULL, scores[ATTR_ROAD_PARTS + 1] = {t.value};
    if (t.value == 0) return ATTR_OK;
    ATTR_TRY(attr_score_magnitudes(&sorted, m));
    attr_status status = attr_road_of(&result, m->engine, t.target, m->x, sorted, &settings);
    free(sorted);
    ATTR_TRY(status);
    *out = result.combined / fabs(t.value);
    for (int i = 0; i < ATTR_ROAD_PARTS; ++i) scores[i + 1] = result.most_scores[i];
    if (!isnan(*out)) attr_score_curve(m, scores, ATTR_ROAD_PARTS + 1, fabs(t.value));
    return ATTR_OK;
}

ATTR_MEASURE(road) {
    return measure_road(out, m, frozen(m));
}

ATTR_MEASURE(road_matched) {
    return measure_road(out, m, matched(m));
}

static attr_status measure_aupc(double *out, const attr_scored_map *m, scored_target t) {
    attr_region region = attr_score_region(m);
    attr_curve_settings settings = attr_curve_settings_of(&region, m->seed);
    attr_perturbation_curve curve;
    settings.candidates = curve_candidates;
    settings.last_position = !m->as_published;
    if (attr_score_is_even(m, m->map, 1) || t.value == 0) return ATTR_OK;
    attr_status status = attr_perturbation_curve_make(&curve, m->engine, t.target, m->x, m->map, &settings, NULL, NULL);
    if (status == ATTR_OK) {
        *out = curve.area;
        attr_score_curve(m, curve.values, settings.windows + 1, 1);
    }
    attr_perturbation_curve_free(&curve);
    return status;
}

ATTR_MEASURE(aupc) {
    return measure_aupc(out, m, frozen(m));
}

ATTR_MEASURE(aupc_matched) {
    return measure_aupc(out, m, matched(m));
}
