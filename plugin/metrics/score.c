#include "metrics/score.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "metrics/complexity.h"
#include "metrics/faithfulness_correlation.h"
#include "metrics/infidelity.h"
#include "metrics/localisation.h"
#include "metrics/perturbation_curve.h"
#include "metrics/pixel_flipping.h"
#include "metrics/pixel_removal.h"
#include "metrics/rank.h"
#include "metrics/road.h"
#include "metrics/robustness.h"
#include "metrics/sensitivity_n.h"
#include "metrics/total_variation.h"
#include "options/options.h"

static size_t area_of(const attr_scored_map *m) {
    return (size_t)m->net_w * (size_t)m->net_h;
}

/* Whether all values are the same: then a map orders nothing. */
static bool is_constant(const attr_scored_map *m) {
    const double *map = m->map;
    for (size_t i = 1; i < area_of(m); ++i)
        if (map[i] != map[0]) return false;
    return true;
}

static attr_status magnitudes(double **out, const attr_scored_map *m) {
    ATTR_TRY(attr_allocate(out, area_of(m), sizeof **out, "a map"));
    for (size_t i = 0; i < area_of(m); ++i) (*out)[i] = fabs(m->map[i]);
    return ATTR_OK;
}

static attr_region region_of(const attr_scored_map *m) {
    return (attr_region){m->channels, m->net_h, m->net_w, m->fitted.x0, m->fitted.y0, m->fitted.w, m->fitted.h};
}

/* ---- Faithfulness: forwards only. Areas are divided by the target's value at the input. */

/* Steps of a removal, windows of a flipping; AUPC has a tenth of the paper's candidates. */
enum {
    removal_steps = 64,
    curve_candidates = 5,
    sensitivity_sizes = 4,
    sensitivity_runs = 50,
    infidelity_samples = 100
};

/* The curve of count equally spaced scores, over `value`, at the points that all curves have. */
static void set_curve(const attr_scored_map *m, const double *scores, size_t count, double value) {
    for (size_t i = 0; m->curve && i < ATTR_METRIC_POINTS; ++i) {
        double at = (double)(i * (count - 1)) / (ATTR_METRIC_POINTS - 1), whole = floor(at);
        size_t k = (size_t)whole < count - 1 ? (size_t)whole : count - 2;
        m->curve[i] = (scores[k] + (at - (double)k) * (scores[k + 1] - scores[k])) / value;
    }
}

static attr_status measure_removal(double *out, const attr_scored_map *m, const attr_target *target,
                                   attr_removal_order order, double value) {
    attr_removal_settings settings = {.region = region_of(m), .order = order};
    attr_removal_area area;
    double *scores = NULL, *sorted = NULL;
    settings.pixels_per_step = (attr_picture_pixels(&settings.region) + removal_steps - 1) / removal_steps;
    if (value == 0) return ATTR_OK;
    attr_status status = magnitudes(&sorted, m);
    if (status == ATTR_OK) status = attr_allocate(&scores, attr_removal_steps(&settings) + 1, sizeof *scores, "scores");
    if (status == ATTR_OK)
        status = attr_pixel_removal(scores, &area, m->engine, target, m->x, m->reference, sorted, &settings);
    if (status == ATTR_OK) {
        *out = area.area / value;
        set_curve(m, scores, attr_removal_steps(&settings) + 1, value);
    }
    free(scores);
    free(sorted);
    return status;
}

static attr_status deletion(double *out, const attr_scored_map *m) {
    return measure_removal(out, m, m->target, ATTR_DELETION, m->value);
}

static attr_status insertion(double *out, const attr_scored_map *m) {
    return measure_removal(out, m, m->target, ATTR_INSERTION, m->value);
}

static attr_status preservation(double *out, const attr_scored_map *m) {
    return measure_removal(out, m, m->target, ATTR_PRESERVATION, m->value);
}

/* Its value at x is that of the best box there. */
static attr_status measure_matched(double *out, const attr_scored_map *m, attr_removal_order order) {
    attr_engine_set_input_f32(m->engine, 0, m->x);
    attr_engine_forward(m->engine, 1);
    return measure_removal(out, m, m->matched, order, attr_target_value(m->matched, m->engine, 0));
}

static attr_status deletion_matched(double *out, const attr_scored_map *m) {
    return measure_matched(out, m, ATTR_DELETION);
}

static attr_status insertion_matched(double *out, const attr_scored_map *m) {
    return measure_matched(out, m, ATTR_INSERTION);
}

static attr_status pixel_flipping(double *out, const attr_scored_map *m) {
    attr_region region = region_of(m);
    attr_flipping_settings settings = attr_flipping_settings_of(&region);
    attr_flipping flipping;
    if (m->value == 0) return ATTR_OK;
    ATTR_TRY(attr_pixel_flipping(&flipping, NULL, NULL, m->engine, m->target, m->x, m->reference, m->map, &settings));
    *out = flipping.difference / fabs(m->value);
    return ATTR_OK;
}

static attr_status faithfulness_correlation(double *out, const attr_scored_map *m, const double *const *maps,
                                            size_t count) {
    attr_region region = region_of(m);
    attr_subset_settings settings = attr_faithfulness_settings_of(&region, m->seed);
    return attr_faithfulness_correlation(out, m->engine, m->target, m->x, maps, count, &settings);
}

static attr_status sensitivity_n(double *out, const attr_scored_map *m, const double *const *maps, size_t count) {
    attr_region region = region_of(m);
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

static attr_status infidelity(double *out, const attr_scored_map *m, const double *const *maps, size_t count) {
    attr_region region = region_of(m);
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

static attr_status road(double *out, const attr_scored_map *m) {
    attr_road_settings settings = {.region = region_of(m), .noise = ATTR_ROAD_NOISE, .seed = m->seed};
    attr_road result;
    double *sorted = NULL;
    if (m->value == 0) return ATTR_OK;
    ATTR_TRY(magnitudes(&sorted, m));
    attr_status status = attr_road_of(&result, m->engine, m->target, m->x, sorted, &settings);
    free(sorted);
    ATTR_TRY(status);
    *out = result.combined / fabs(m->value);
    return ATTR_OK;
}

static attr_status aupc(double *out, const attr_scored_map *m) {
    attr_region region = region_of(m);
    attr_curve_settings settings = attr_curve_settings_of(&region, m->seed);
    attr_perturbation_curve curve;
    settings.candidates = curve_candidates;
    if (is_constant(m) || m->value == 0) return ATTR_OK;
    attr_status status =
        attr_perturbation_curve_make(&curve, m->engine, m->target, m->x, m->map, &settings, NULL, NULL);
    if (status == ATTR_OK) {
        *out = curve.area;
        set_curve(m, curve.values, settings.windows + 1, 1);
    }
    attr_perturbation_curve_free(&curve);
    return status;
}

/* ---- Noise, complexity */

static attr_status autvc(double *out, const attr_scored_map *m) {
    attr_scale_settings settings = {.smallest_side = attr_smallest_scale(m->net_h < m->net_w ? m->net_h : m->net_w)};
    attr_scales scales;
    if (is_constant(m)) return ATTR_OK;
    ATTR_TRY(attr_total_variation_curve(&scales, m->map, m->net_h, m->net_w, &settings));
    *out = scales.area;
    return ATTR_OK;
}

static attr_status gini(double *out, const attr_scored_map *m) {
    return is_constant(m) ? ATTR_OK : attr_gini(out, m->map, area_of(m));
}

static attr_status entropy(double *out, const attr_scored_map *m) {
    *out = attr_relative_entropy(m->map, area_of(m));
    return ATTR_OK;
}

/* ---- Localisation */

static attr_masked_map masked(const attr_scored_map *m) {
    return (attr_masked_map){m->map, m->mask, m->net_h, m->net_w, false};
}

static attr_status pointing_game(double *out, const attr_scored_map *m) {
    attr_masked_map map = masked(m);
    *out = attr_pointing_game(&map, 0);
    return ATTR_OK;
}

static attr_status mass_accuracy(double *out, const attr_scored_map *m) {
    attr_masked_map map = masked(m);
    *out = attr_relevance_mass_accuracy(&map);
    return ATTR_OK;
}

static attr_status rank_accuracy(double *out, const attr_scored_map *m) {
    attr_masked_map map = masked(m);
    return attr_relevance_rank_accuracy(out, &map);
}

static attr_status localisation(double *out, const attr_scored_map *m) {
    attr_masked_map map = masked(m);
    *out = attr_attribution_localisation(&map);
    return ATTR_OK;
}

static attr_status roc_auc(double *out, const attr_scored_map *m) {
    attr_masked_map map = masked(m);
    return attr_roc_area(out, &map);
}

/* ---- Robustness: maps of noisy inputs. Few copies, for each costs a map. */

enum { robustness_copies = 10 };

static attr_map_maker maker_of(const attr_scored_map *m) {
    return (attr_map_maker){m->explain, m->context, (size_t)m->channels * area_of(m), 1, area_of(m)};
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
    return !(m->robustness->max_sensitivity < 0) ? ATTR_OK
                                                 : attr_robustness_measure(m->robustness, &maker, m->x, &settings);
}

static attr_status max_sensitivity(double *out, const attr_scored_map *m) {
    ATTR_TRY(measure_robustness(m));
    *out = m->robustness->max_sensitivity;
    return ATTR_OK;
}

static attr_status mean_sensitivity(double *out, const attr_scored_map *m) {
    ATTR_TRY(measure_robustness(m));
    *out = m->robustness->mean_sensitivity;
    return ATTR_OK;
}

static attr_status top_overlap(double *out, const attr_scored_map *m) {
    ATTR_TRY(measure_robustness(m));
    *out = m->robustness->top_overlap;
    return ATTR_OK;
}

static attr_status rank_correlation(double *out, const attr_scored_map *m) {
    ATTR_TRY(measure_robustness(m));
    *out = m->robustness->spearman;
    return ATTR_OK;
}

static attr_status lipschitz(double *out, const attr_scored_map *m) {
    attr_map_maker maker = maker_of(m);
    attr_robustness_settings settings = robustness_of(m);
    return attr_lipschitz_estimate(out, &maker, m->x, &settings);
}

static const char part_removed[] = "part of the pixels", windows_removed[] = "part of the windows";

/* clang-format off */
const attr_metric attr_metrics[] = {
    {"deletion", "faithfulness", "area under the score while pixels get the mean colour, the most important first (64 steps)",
     -1, 0, deletion, NULL, part_removed},
    {"deletion_matched", "faithfulness", "the same of the best box for the detection (IoU x score) in each input",
     -1, ATTR_NEEDS_DETECTOR, deletion_matched, NULL, part_removed},
    {"insertion", "faithfulness", "area while pixels come back into the mean colour, the most important first",
     1, 0, insertion, NULL, part_removed},
    {"insertion_matched", "faithfulness", "the same of the best box for the detection in each input",
     1, ATTR_NEEDS_DETECTOR, insertion_matched, NULL, part_removed},
    {"preservation", "faithfulness", "as deletion, the least important first", 1, 0, preservation, NULL, part_removed},
    {"pixel_flipping", "faithfulness", "what regions of a grid take away in the map's order more than in the opposite one",
     1, ATTR_AROUND_ZERO, pixel_flipping, NULL, NULL},
    {"faithfulness_correlation", "faithfulness", "correlation of sums over 224 random pixels with the drop without them",
     1, ATTR_AROUND_ZERO, NULL, faithfulness_correlation, NULL},
    {"sensitivity_n", "faithfulness", "the same for subsets of several sizes, mean", 1, ATTR_AROUND_ZERO, NULL, sensitivity_n, NULL},
    {"infidelity", "faithfulness", "part of the drops by squares that no multiple of the map explains",
     -1, 0, NULL, infidelity, NULL},
    {"road", "faithfulness", "remove and debias: score without the least minus without the most relevant, halved",
     1, ATTR_AROUND_ZERO, road, NULL, NULL},
    {"aupc", "faithfulness", "area under the score while salient windows get noise (SmoothTaylor)",
     -1, 0, aupc, NULL, windows_removed},
    {"autvc", "noise", "total variation of the map over scales (SmoothTaylor)", -1, 0, autvc, NULL, NULL},
    {"gini", "complexity", "Gini coefficient: 0 evenly spread, 1 in one place", 1, 0, gini, NULL, NULL},
    {"entropy", "complexity", "entropy of the magnitudes over its largest: 0 in one place, 1 evenly spread",
     -1, 0, entropy, NULL, NULL},
    {"pointing_game", "localisation", "whether the largest value lies in the box", 1, ATTR_NEEDS_MASK, pointing_game, NULL, NULL},
    {"mass_accuracy", "localisation", "part of the map's mass in the box", 1, ATTR_NEEDS_MASK, mass_accuracy, NULL, NULL},
    {"rank_accuracy", "localisation", "part of the K largest values in the box of K pixels",
     1, ATTR_NEEDS_MASK, rank_accuracy, NULL, NULL},
    {"localisation", "localisation", "part of the sum of values in the box", 1, ATTR_NEEDS_MASK, localisation, NULL, NULL},
    {"roc_auc", "localisation", "probability that a pixel in the box has the larger value", 1, ATTR_NEEDS_MASK, roc_auc, NULL, NULL},
    {"max_sensitivity", "robustness", "largest change of the map under uniform noise of 0.2 (10 copies)",
     -1, ATTR_NEEDS_EXPLAINER, max_sensitivity, NULL, NULL},
    {"mean_sensitivity", "robustness", "mean change of the map under the same noise",
     -1, ATTR_NEEDS_EXPLAINER, mean_sensitivity, NULL, NULL},
    {"top_overlap", "robustness", "part of the 1000 largest values that stay so under the same noise, mean",
     1, ATTR_NEEDS_EXPLAINER, top_overlap, NULL, NULL},
    {"rank_correlation", "robustness", "Spearman's correlation of the map with those under the same noise, mean",
     1, ATTR_NEEDS_EXPLAINER, rank_correlation, NULL, NULL},
    {"lipschitz", "robustness", "largest change of the map over that of the input, noise of 0.1 (10 copies)",
     -1, ATTR_NEEDS_EXPLAINER, lipschitz, NULL, NULL},
    {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL},
};
/* clang-format on */

const attr_metric *attr_metric_find(const char *name, const char **near) {
    char *names[64];
    int count = 0;
    for (const attr_metric *m = attr_metrics; m->name; ++m) {
        if (attr_same_name(m->name, name)) return m;
        names[count++] = (char *)(uintptr_t)m->name;
    }
    *near = attr_nearest_name(name, names, count);
    return NULL;
}
