/* A picture's map beside that of its partner, mostly the picture attacked: the same target is explained at both inputs.
 * Lim, Lee, Kim 2021 (RelEx): robustness by the overlap of the k largest grey values and Spearman's correlation of all;
 * fidelity by removals from the picture itself, whichever of both the map is of. k is 1000 of 224 x 224 pixels, and as
 * large a part of other pictures. Numbers are of the picture's pixels, but for SSIM, which needs the whole plane. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "metrics/picture_pixels.h"
#include "metrics/rank.h"
#include "metrics/robustness.h"
#include "metrics/score_rows.h"
#include "metrics/similarity.h"

/* ---- Robustness */

static size_t top_of(size_t pixels) {
    double part = rint((double)pixels * ATTR_ROBUSTNESS_TOP / (224 * 224));
    return part < 1 ? 1 : (size_t)part;
}

/* Two planes of grey values, one behind the other; *grey is NULL where one of the maps has nothing to compare. */
static attr_status make_greys(double **grey, const attr_scored_map *m) {
    const double *other = NULL;
    size_t area = attr_score_area(m);
    *grey = NULL;
    ATTR_TRY(attr_score_made(&other, m, ATTR_MAKE_PARTNER));
    if (!other || attr_score_is_even(m, m->values, m->value_channels) ||
        attr_score_is_even(m, other, m->value_channels))
        return ATTR_OK;
    ATTR_TRY(attr_allocate(grey, 2 * area, sizeof **grey, "maps"));
    attr_score_grey(*grey, m, m->values);
    attr_score_grey(*grey + area, m, other);
    return ATTR_OK;
}

typedef attr_status (*comparison)(double *out, const double *a, const double *b, size_t n);

/* By the picture's pixels. */
static attr_status compare(double *out, const attr_scored_map *m, comparison by) {
    attr_region picture = attr_score_region(m);
    size_t n = attr_picture_pixels(&picture);
    double *grey = NULL, *cropped = NULL;
    ATTR_TRY(make_greys(&grey, m));
    if (!grey) return ATTR_OK;
    attr_status status = attr_allocate(&cropped, 2 * n, sizeof *cropped, "maps");
    if (status == ATTR_OK) {
        attr_score_crop(cropped, m, grey);
        attr_score_crop(cropped + n, m, grey + attr_score_area(m));
        status = by(out, cropped, cropped + n, n);
    }
    free(cropped);
    free(grey);
    return status;
}

static attr_status overlap(double *out, const double *a, const double *b, size_t n) {
    return attr_top_overlap(out, a, b, n, top_of(n));
}

ATTR_MEASURE(partner_overlap) {
    return compare(out, m, overlap);
}

ATTR_MEASURE(partner_spearman) {
    return compare(out, m, attr_spearman);
}

ATTR_MEASURE(partner_ssim) {
    double *grey = NULL;
    ATTR_TRY(make_greys(&grey, m));
    attr_status status = grey ? attr_ssim_of_maps(out, grey, grey + attr_score_area(m), m->net_h, m->net_w) : ATTR_OK;
    free(grey);
    return status;
}

/* ---- Fidelity */

typedef attr_status (*measure)(double *out, const attr_scored_map *m);

/* Of the picture by the partner's map. */
static attr_status measure_by_partner(double *out, const attr_scored_map *m, measure by) {
    const double *values = NULL;
    double *plane = NULL;
    size_t area = attr_score_area(m);
    ATTR_TRY(attr_score_made(&values, m, ATTR_MAKE_PARTNER));
    if (!values) return ATTR_OK;
    ATTR_TRY(attr_allocate(&plane, area, sizeof *plane, "a map"));
    for (size_t i = 0; i < attr_score_size(m); ++i) plane[i % area] += values[i];
    attr_scored_map ordered = *m;
    ordered.map = plane;
    ordered.values = values;
    attr_status status = by(out, &ordered);
    free(plane);
    return status;
}

ATTR_MEASURE(partner_deletion) {
    return measure_by_partner(out, m, attr_score_deletion);
}

ATTR_MEASURE(partner_preservation) {
    return measure_by_partner(out, m, attr_score_preservation);
}
