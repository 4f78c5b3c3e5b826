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

/* The picture's pixels alone, letterbox bars left out: chance is then what localisation.h says, whatever the bars'
 * part. A map that is the same at all of them says nothing of places: NAN, also where a formula has a number. */
typedef struct {
    attr_masked_map map;
    double *values, *mask; /* [height][width]; the mask is NULL where none is known */
} picture_map;

/* Released with free(out->values), also after a failure. */
static attr_status take_picture(picture_map *out, const attr_scored_map *m, bool is_signed) {
    size_t n = (size_t)m->fitted.w * (size_t)m->fitted.h;
    *out = (picture_map){0};
    ATTR_TRY(attr_allocate(&out->values, 2 * n, sizeof *out->values, "a map and its mask"));
    attr_score_crop(out->values, m, m->map);
    for (size_t i = 0; !is_signed && i < n; ++i) out->values[i] = fabs(out->values[i]);
    out->mask = m->mask ? out->values + n : NULL;
    if (out->mask) attr_score_crop(out->mask, m, m->mask);
    out->map = (attr_masked_map){out->values, out->mask, m->fitted.h, m->fitted.w, is_signed};
    return ATTR_OK;
}

typedef attr_status (*place_measure)(double *out, const picture_map *p, const attr_scored_map *m);

static attr_status measure_places(double *out, const attr_scored_map *m, bool is_signed, place_measure by) {
    picture_map p;
    attr_status status = take_picture(&p, m, is_signed);
    if (status == ATTR_OK && !attr_is_level(p.values, (size_t)m->fitted.w * (size_t)m->fitted.h))
        status = by(out, &p, m);
    free(p.values);
    return status;
}

/* ---- Against a hard mask */

static attr_status point(double *out, const picture_map *p, const attr_scored_map *m) {
    (void)m;
    *out = attr_pointing_game(&p->map, 0);
    return ATTR_OK;
}

static attr_status share_mass(double *out, const picture_map *p, const attr_scored_map *m) {
    (void)m;
    *out = attr_relevance_mass_accuracy(&p->map);
    return ATTR_OK;
}

static attr_status fill_box(double *out, const picture_map *p, const attr_scored_map *m) {
    const attr_share_box *b = &m->box;
    double x = m->fitted.x0, y = m->fitted.y0;
    const attr_share_box box = {b->left - x, b->top - y, b->right - x, b->bottom - y};
    return b->left < b->right && b->top < b->bottom ? attr_energy_in_box(out, &p->map, &box) : ATTR_OK;
}

static attr_status count_largest(double *out, const picture_map *p, const attr_scored_map *m) {
    (void)m;
    return attr_relevance_rank_accuracy(out, &p->map);
}

static attr_status share_evidence(double *out, const picture_map *p, const attr_scored_map *m) {
    (void)m;
    *out = attr_attribution_localisation(&p->map);
    return ATTR_OK;
}

static attr_status weigh_evidence(double *out, const picture_map *p, const attr_scored_map *m) {
    (void)m;
    *out = attr_weighted_localisation(&p->map);
    return ATTR_OK;
}

static attr_status compare_pixels(double *out, const picture_map *p, const attr_scored_map *m) {
    (void)m;
    return attr_roc_area(out, &p->map);
}

ATTR_MEASURE(pointing_game) {
    return measure_places(out, m, false, point);
}

ATTR_MEASURE(mass_accuracy) {
    return measure_places(out, m, false, share_mass);
}

ATTR_MEASURE(energy) {
    return measure_places(out, m, false, fill_box);
}

ATTR_MEASURE(rank_accuracy) {
    return measure_places(out, m, false, count_largest);
}

/* As Kohlbrenner et al. define it only what speaks for the target counts; as published in Quantus |map| does. */
ATTR_MEASURE(localisation) {
    return measure_places(out, m, !m->as_published, share_evidence);
}

ATTR_MEASURE(weighted_localisation) {
    return measure_places(out, m, !m->as_published, weigh_evidence);
}

ATTR_MEASURE(roc_auc) {
    return measure_places(out, m, false, compare_pixels);
}

/* ---- Against a soft mask */

/* One of the numbers of soft_mask.h, by its place there. */
static attr_status score_softly(double *out, const picture_map *p, size_t place) {
    attr_soft_scores scores;
    ATTR_TRY(attr_soft_mask_scores(&scores, p->values, p->mask, p->map.height, p->map.width));
    memcpy(out, (const char *)&scores + place, sizeof *out);
    return ATTR_OK;
}

static attr_status score_jaccard(double *out, const picture_map *p, const attr_scored_map *m) {
    (void)m;
    return score_softly(out, p, offsetof(attr_soft_scores, jaccard));
}

static attr_status score_relevance(double *out, const picture_map *p, const attr_scored_map *m) {
    (void)m;
    return score_softly(out, p, offsetof(attr_soft_scores, relevance));
}

static attr_status score_pearson(double *out, const picture_map *p, const attr_scored_map *m) {
    (void)m;
    return score_softly(out, p, offsetof(attr_soft_scores, pearson));
}

static attr_status score_spearman(double *out, const picture_map *p, const attr_scored_map *m) {
    (void)m;
    return score_softly(out, p, offsetof(attr_soft_scores, spearman));
}

static attr_status score_closeness(double *out, const picture_map *p, const attr_scored_map *m) {
    (void)m;
    return score_softly(out, p, offsetof(attr_soft_scores, closeness));
}

/* With R = 1, for mask and map are from 0 to 1; as published R = 2. */
static attr_status score_similarity(double *out, const picture_map *p, const attr_scored_map *m) {
    size_t n = (size_t)p->map.height * (size_t)p->map.width;
    double most = 0;
    if (m->as_published) return score_softly(out, p, offsetof(attr_soft_scores, similarity));
    if (attr_is_level(p->mask, n)) return ATTR_OK;
    for (size_t i = 0; i < n; ++i) most = fmax(most, p->values[i]);
    for (size_t i = 0; i < n; ++i) p->values[i] /= most;
    *out = attr_ssim_uniform(p->values, p->mask, p->map.height, p->map.width, 1);
    return ATTR_OK;
}

ATTR_MEASURE(weighted_jaccard) {
    return measure_places(out, m, false, score_jaccard);
}

ATTR_MEASURE(relevance_percent) {
    return measure_places(out, m, false, score_relevance);
}

ATTR_MEASURE(mask_pearson) {
    return measure_places(out, m, false, score_pearson);
}

ATTR_MEASURE(mask_spearman) {
    return measure_places(out, m, false, score_spearman);
}

ATTR_MEASURE(mask_closeness) {
    return measure_places(out, m, false, score_closeness);
}

ATTR_MEASURE(mask_ssim) {
    return measure_places(out, m, false, score_similarity);
}
