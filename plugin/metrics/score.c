#include "metrics/score.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "metrics/perturbation_curve.h"
#include "metrics/pixel_removal.h"
#include "metrics/rank.h"
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

/* ---- Faithfulness: forwards only. Scores are divided by that of the input. */

enum { removal_steps = 64, curve_candidates = 5 /* a tenth of the paper's forwards */ };

static attr_status measure_removal(double *out, const attr_scored_map *m, const attr_target *target,
                                   attr_removal_order order, double value) {
    double *scores = NULL, *sorted = NULL, area = NAN;
    size_t pixels = area_of(m), each = (pixels + removal_steps - 1) / removal_steps;
    if (is_constant(m) || value == 0) return ATTR_OK;
    attr_status status = magnitudes(&sorted, m);
    if (status == ATTR_OK)
        status = attr_allocate(&scores, attr_removal_steps(pixels, each) + 1, sizeof *scores, "scores");
    if (status == ATTR_OK)
        status = attr_pixel_removal(scores, &area, m->engine, target, m->x, m->reference, sorted, order, each);
    if (status == ATTR_OK) *out = area / value;
    free(scores);
    free(sorted);
    return status;
}

static attr_status deletion(double *out, const attr_scored_map *m) {
    return measure_removal(out, m, m->target, ATTR_DELETION, m->value);
}

static attr_status preservation(double *out, const attr_scored_map *m) {
    return measure_removal(out, m, m->target, ATTR_PRESERVATION, m->value);
}

/* Its value at x is 1 x the detection's score: the box overlaps itself wholly. */
static attr_status deletion_matched(double *out, const attr_scored_map *m) {
    attr_engine_set_input_f32(m->engine, 0, m->x);
    attr_engine_forward(m->engine, 1);
    return measure_removal(out, m, m->matched, ATTR_DELETION, attr_target_value(m->matched, m->engine, 0));
}

static attr_status aupc(double *out, const attr_scored_map *m) {
    const attr_region region = {m->channels, m->net_h, m->net_w, m->fitted.x0, m->fitted.y0, m->fitted.w, m->fitted.h};
    attr_curve_settings settings = attr_curve_settings_of(&region, m->seed);
    attr_perturbation_curve curve;
    settings.candidates = curve_candidates;
    if (is_constant(m) || m->value == 0) return ATTR_OK;
    attr_status status =
        attr_perturbation_curve_make(&curve, m->engine, m->target, m->x, m->map, &settings, NULL, NULL);
    if (status == ATTR_OK) *out = curve.area;
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

/* ---- Localisation: the mask's pixels are those that are at least half in the box */

static attr_status pointing_game(double *out, const attr_scored_map *m) {
    size_t best = 0;
    if (is_constant(m)) return ATTR_OK;
    for (size_t i = 1; i < area_of(m); ++i)
        if (fabs(m->map[i]) > fabs(m->map[best])) best = i;
    *out = m->mask[best] >= 0.5;
    return ATTR_OK;
}

static attr_status mass_accuracy(double *out, const attr_scored_map *m) {
    attr_shares shares;
    attr_shares_of_map(&shares, m->map, m->net_w, m->net_h, &m->fitted, &m->box, ATTR_RING_FACTOR);
    *out = shares.box;
    return ATTR_OK;
}

static attr_status rank_accuracy(double *out, const attr_scored_map *m) {
    unsigned char *mask = NULL;
    if (is_constant(m)) return ATTR_OK;
    ATTR_TRY(attr_allocate(&mask, area_of(m), 1, "a mask"));
    for (size_t i = 0; i < area_of(m); ++i) mask[i] = m->mask[i] >= 0.5;
    attr_status status = attr_rank_accuracy(out, m->map, mask, area_of(m));
    free(mask);
    return status;
}

/* clang-format off */
const attr_metric attr_metrics[] = {
    {"deletion", "faithfulness", "area under the score while pixels get the mean colour, the most important first (64 steps)",
     -1, false, false, false, deletion},
    {"deletion_matched", "faithfulness", "the same of the best box for the detection (IoU x score) in each input",
     -1, false, false, true, deletion_matched},
    {"preservation", "faithfulness", "the same as deletion, the least important first",
     1, false, false, false, preservation},
    {"aupc", "faithfulness", "area under the score while salient windows get noise (SmoothTaylor)",
     -1, false, false, false, aupc},
    {"autvc", "noise", "total variation of the map over scales (SmoothTaylor)", -1, false, false, false, autvc},
    {"gini", "complexity", "Gini coefficient: 0 evenly spread, 1 in one place", 1, false, false, false, gini},
    {"pointing_game", "localisation", "whether the largest value lies in the box", 1, true, false, false, pointing_game},
    {"mass_accuracy", "localisation", "part of the map's mass in the box", 1, true, false, false, mass_accuracy},
    {"rank_accuracy", "localisation", "part of the K largest values in the box of K pixels", 1, true, false, false,
     rank_accuracy},
    {NULL, NULL, NULL, 0, false, false, false, NULL},
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
