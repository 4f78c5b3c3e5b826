/* Localisation: whether a map lies where the object is. */
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "metrics/localisation.h"
#include "metrics/score_rows.h"
#include "metrics/similarity.h"
#include "metrics/soft_mask.h"

static attr_masked_map masked(const attr_scored_map *m) {
    return (attr_masked_map){m->map, m->mask, m->net_h, m->net_w, false};
}

/* As Kohlbrenner et al. define it only what speaks for the target counts; as published in Quantus |map| does. */
static attr_masked_map masked_evidence(const attr_scored_map *m) {
    return (attr_masked_map){m->map, m->mask, m->net_h, m->net_w, !m->as_published};
}

ATTR_MEASURE(pointing_game) {
    attr_masked_map map = masked(m);
    *out = attr_pointing_game(&map, 0);
    return ATTR_OK;
}

ATTR_MEASURE(mass_accuracy) {
    attr_masked_map map = masked(m);
    *out = attr_relevance_mass_accuracy(&map);
    return ATTR_OK;
}

ATTR_MEASURE(energy) {
    attr_masked_map map = masked(m);
    return m->box.left < m->box.right && m->box.top < m->box.bottom ? attr_energy_in_box(out, &map, &m->box) : ATTR_OK;
}

ATTR_MEASURE(rank_accuracy) {
    attr_masked_map map = masked(m);
    return attr_relevance_rank_accuracy(out, &map);
}

ATTR_MEASURE(localisation) {
    attr_masked_map map = masked_evidence(m);
    *out = attr_attribution_localisation(&map);
    return ATTR_OK;
}

ATTR_MEASURE(weighted_localisation) {
    attr_masked_map map = masked_evidence(m);
    *out = attr_weighted_localisation(&map);
    return ATTR_OK;
}

/* A map of one number has an area of 1/2, but orders nothing. */
ATTR_MEASURE(roc_auc) {
    attr_masked_map map = masked(m);
    return attr_is_level(m->map, attr_score_area(m)) ? ATTR_OK : attr_roc_area(out, &map);
}

/* ---- Against a soft mask */

/* One of the numbers of soft_mask.h, by its place there. NAN for a level map, also where it is defined there: a map
 * that is the same everywhere says nothing of places. */
static attr_status soft_score(double *out, const attr_scored_map *m, size_t place) {
    attr_soft_scores scores;
    if (attr_is_level(m->map, attr_score_area(m))) return ATTR_OK;
    ATTR_TRY(attr_soft_mask_scores(&scores, m->map, m->mask, m->net_h, m->net_w));
    memcpy(out, (const char *)&scores + place, sizeof *out);
    return ATTR_OK;
}

ATTR_MEASURE(weighted_jaccard) {
    return soft_score(out, m, offsetof(attr_soft_scores, jaccard));
}

ATTR_MEASURE(relevance_percent) {
    return soft_score(out, m, offsetof(attr_soft_scores, relevance));
}

ATTR_MEASURE(mask_pearson) {
    return soft_score(out, m, offsetof(attr_soft_scores, pearson));
}

ATTR_MEASURE(mask_spearman) {
    return soft_score(out, m, offsetof(attr_soft_scores, spearman));
}

ATTR_MEASURE(mask_closeness) {
    return soft_score(out, m, offsetof(attr_soft_scores, closeness));
}

/* With R = 1, for mask and map are from 0 to 1; as published R = 2. */
ATTR_MEASURE(mask_ssim) {
    double *g = NULL, most = 0;
    size_t n = attr_score_area(m);
    if (m->as_published) return soft_score(out, m, offsetof(attr_soft_scores, similarity));
    if (attr_is_level(m->map, n) || attr_is_level(m->mask, n)) return ATTR_OK;
    ATTR_TRY(attr_score_magnitudes(&g, m));
    for (size_t i = 0; i < n; ++i) most = fmax(most, g[i]);
    for (size_t i = 0; i < n; ++i) g[i] /= most;
    *out = attr_ssim_uniform(g, m->mask, m->net_h, m->net_w, 1);
    free(g);
    return ATTR_OK;
}
