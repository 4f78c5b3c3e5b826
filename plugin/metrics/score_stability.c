/* Stability and fidelity: Ye, Farnia: Gaussian smoothing in saliency maps, 2025, with the measures of similarity.h.
 * What differs between two networks is seen beside what differs between two runs of one, the Monte-Carlo floor: both
 * are compared with the same map, and have the same random numbers, which are other ones than its own. */
#include <stdlib.h>

#include "base/memory.h"
#include "metrics/rank.h"
#include "metrics/score_rows.h"
#include "metrics/similarity.h"

/* The part of the values whose places are compared. */
static const double top_part = .1;

typedef attr_status (*comparison)(double *out, const attr_scored_map *m, const double *other);

/* NAN where one of the maps has nothing to compare. */
static attr_status compare(double *out, const attr_scored_map *m, attr_made_map kind, comparison by) {
    const double *other = NULL;
    if (attr_score_is_even(m, m->values, m->value_channels)) return ATTR_OK;
    ATTR_TRY(attr_score_made(&other, m, kind));
    return other && !attr_score_is_even(m, other, m->value_channels) ? by(out, m, other) : ATTR_OK;
}

static attr_status distance(double *out, const attr_scored_map *m, const double *other) {
    *out = attr_map_distance(m->values, other, attr_score_size(m));
    return ATTR_OK;
}

static attr_status normalised(double *out, const attr_scored_map *m, const double *other) {
    *out = attr_normalised_difference(m->values, other, attr_score_size(m));
    return ATTR_OK;
}

static attr_status overlap(double *out, const attr_scored_map *m, const double *other) {
    size_t n = attr_score_size(m), k = (size_t)(top_part * (double)n);
    return attr_top_overlap(out, m->values, other, n, k > 0 ? k : 1);
}

static attr_status similarity(double *out, const attr_scored_map *m, const double *other) {
    size_t area = attr_score_area(m);
    double *grey = NULL;
    ATTR_TRY(attr_allocate(&grey, 2 * area, sizeof *grey, "maps"));
    attr_score_grey(grey, m, m->values);
    attr_score_grey(grey + area, m, other);
    attr_status status = attr_ssim_of_maps(out, grey, grey + area, m->net_h, m->net_w);
    free(grey);
    return status;
}

ATTR_MEASURE(fidelity) {
    return compare(out, m, ATTR_MAKE_PLAIN, distance);
}

ATTR_MEASURE(stability) {
    return compare(out, m, ATTR_MAKE_SECOND, distance);
}

ATTR_MEASURE(stability_normalised) {
    return compare(out, m, ATTR_MAKE_SECOND, normalised);
}

ATTR_MEASURE(stability_ssim) {
    return compare(out, m, ATTR_MAKE_SECOND, similarity);
}

ATTR_MEASURE(stability_overlap) {
    return compare(out, m, ATTR_MAKE_SECOND, overlap);
}

ATTR_MEASURE(stability_floor) {
    return compare(out, m, ATTR_MAKE_AGAIN, distance);
}

ATTR_MEASURE(stability_normalised_floor) {
    return compare(out, m, ATTR_MAKE_AGAIN, normalised);
}

ATTR_MEASURE(stability_ssim_floor) {
    return compare(out, m, ATTR_MAKE_AGAIN, similarity);
}

ATTR_MEASURE(stability_overlap_floor) {
    return compare(out, m, ATTR_MAKE_AGAIN, overlap);
}
