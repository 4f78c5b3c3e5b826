#include "metrics/localisation.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "metrics/controls.h"
#include "metrics/rank.h"

static size_t pixels_of(const attr_masked_map *m) {
    return (size_t)m->height * (size_t)m->width;
}

/* a of a pixel. */
static double relevance(const attr_masked_map *m, size_t i) {
    return m->is_signed ? m->map[i] : fabs(m->map[i]);
}

static bool is_masked(const attr_masked_map *m, size_t i) {
    return m->mask[i] >= .5;
}

static size_t masked_pixels(const attr_masked_map *m) {
    size_t count = 0;
    for (size_t i = 0; i < pixels_of(m); ++i) count += is_masked(m, i);
    return count;
}

static bool is_finite(const attr_masked_map *m) {
    for (size_t i = 0; i < pixels_of(m); ++i)
        if (!isfinite(m->map[i])) return false;
    return true;
}

/* Whether the hard mask has an inside and an outside, and the map is one. */
static bool has_places(const attr_masked_map *m) {
    size_t k = masked_pixels(m);
    return k > 0 && k < pixels_of(m) && is_finite(m);
}

/* Whether all a are equal. */
static bool is_level(const attr_masked_map *m) {
    for (size_t i = 1; i < pixels_of(m); ++i)
        if (relevance(m, i) != relevance(m, 0)) return false;
    return true;
}

/* ---- Pointing game */

static double largest(const attr_masked_map *m) {
    double most = relevance(m, 0);
    for (size_t i = 1; i < pixels_of(m); ++i) most = fmax(most, relevance(m, i));
    return most;
}

/* The lowest and the highest of `side` places that are within `reach` of one. */
static int lowest(int at, int reach) {
    return at > reach ? at - reach : 0;
}

static int highest(int at, int reach, int side) {
    return at < side - 1 - reach ? at + reach : side - 1;
}

static bool is_near(const attr_masked_map *m, size_t place, double tolerance) {
    int row = (int)(place / (size_t)m->width), column = (int)(place % (size_t)m->width);
    int side = m->height > m->width ? m->height : m->width, reach = tolerance < side ? (int)tolerance : side;
    for (int y = lowest(row, reach); y <= highest(row, reach, m->height); ++y)
        for (int x = lowest(column, reach); x <= highest(column, reach, m->width); ++x) {
            double across = x - column, down = y - row;
            bool within = across * across + down * down <= tolerance * tolerance;
            if (within && is_masked(m, (size_t)y * (size_t)m->width + (size_t)x)) return true;
        }
    return false;
}

double attr_pointing_game(const attr_masked_map *m, double tolerance) {
    size_t hits = 0, maxima = 0;
    if (!has_places(m) || is_level(m)) return NAN;
    double most = largest(m);
    for (size_t i = 0; i < pixels_of(m); ++i) {
        if (relevance(m, i) != most) continue;
        ++maxima;
        hits += is_near(m, i, tolerance);
    }
    return (double)hits / (double)maxima;
}

/* ---- Ranks */

/* The k largest of the hard mask's numbers are its pixels. */
static attr_status rank_signed(double *out, const attr_masked_map *m) {
    double *hard = NULL;
    ATTR_TRY(attr_allocate(&hard, pixels_of(m), sizeof *hard, "a mask"));
    for (size_t i = 0; i < pixels_of(m); ++i) hard[i] = is_masked(m, i);
    attr_status status = attr_top_overlap(out, m->map, hard, pixels_of(m), masked_pixels(m));
    free(hard);
    return status;
}

static attr_status rank_absolute(double *out, const attr_masked_map *m) {
    unsigned char *hard = NULL;
    ATTR_TRY(attr_allocate(&hard, pixels_of(m), 1, "a mask"));
    for (size_t i = 0; i < pixels_of(m); ++i) hard[i] = is_masked(m, i);
    attr_status status = attr_rank_accuracy(out, m->map, hard, pixels_of(m));
    free(hard);
    return status;
}

attr_status attr_relevance_rank_accuracy(double *out, const attr_masked_map *m) {
    *out = NAN;
    if (!has_places(m) || is_level(m)) return ATTR_OK;
    return m->is_signed ? rank_signed(out, m) : rank_absolute(out, m);
}

static int by_size(const void *a, const void *b) {
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

/* Of all pairs of an inner and an outer number, both sorted, the part in which the inner one is larger, equal ones
 * counting half. */
static double part_of_pairs(const double *inner, size_t k, const double *outer, size_t others) {
    size_t smaller = 0, no_larger = 0;
    double pairs = 0;
    for (size_t i = 0; i < k; ++i) {
        while (smaller < others && outer[smaller] < inner[i]) ++smaller;
        while (no_larger < others && outer[no_larger] <= inner[i]) ++no_larger;
        pairs += (double)(smaller + no_larger) / 2;
    }
    return pairs / ((double)k * (double)others);
}

attr_status attr_roc_area(double *out, const attr_masked_map *m) {
    size_t n = pixels_of(m), k = masked_pixels(m), inside = 0, outside = k;
    double *sorted = NULL;
    *out = NAN;
    if (!has_places(m)) return ATTR_OK;
    ATTR_TRY(attr_allocate(&sorted, n, sizeof *sorted, "a sorted map"));
    for (size_t i = 0; i < n; ++i) sorted[is_masked(m, i) ? inside++ : outside++] = relevance(m, i);
    qsort(sorted, k, sizeof *sorted, by_size);
    qsort(sorted + k, n - k, sizeof *sorted, by_size);
    *out = part_of_pairs(sorted, k, sorted + k, n - k);
    free(sorted);
    return ATTR_OK;
}

/* ---- Shares */

/* NAN unless the whole is above 0. */
static double share(double part, double whole) {
    return whole > 0 ? part / whole : NAN;
}

double attr_relevance_mass_accuracy(const attr_masked_map *m) {
    double inside = 0, all = 0, mask = 0, n = (double)pixels_of(m);
    if (!is_finite(m)) return NAN;
    for (size_t i = 0; i < pixels_of(m); ++i) {
        inside += m->mask[i] * relevance(m, i);
        all += relevance(m, i);
        mask += m->mask[i];
    }
    return mask > 0 && mask < n ? share(inside, all) : NAN;
}

double attr_attribution_localisation(const attr_masked_map *m) {
    double inside = 0, all = 0;
    if (!has_places(m)) return NAN;
    for (size_t i = 0; i < pixels_of(m); ++i) {
        double positive = fmax(relevance(m, i), 0);
        all += positive;
        if (is_masked(m, i)) inside += positive;
    }
    return share(inside, all);
}

double attr_weighted_localisation(const attr_masked_map *m) {
    return attr_attribution_localisation(m) * (double)pixels_of(m) / (double)masked_pixels(m);
}

attr_status attr_energy_in_box(double *out, const attr_masked_map *m, const attr_share_box *box) {
    const attr_fitted_region plane = {0, 0, m->width, m->height};
    attr_masked_map boxed = *m;
    double *mask = NULL;
    ATTR_TRY(attr_allocate(&mask, pixels_of(m), sizeof *mask, "a mask"));
    attr_box_mask(mask, m->width, m->height, &plane, box);
    boxed.mask = mask;
    *out = attr_relevance_mass_accuracy(&boxed);
    free(mask);
    return ATTR_OK;
}

attr_status attr_energy_in_polygon(double *out, const attr_masked_map *m, const attr_corner *corners, size_t count) {
    attr_masked_map outlined = *m;
    double *mask = NULL;
    ATTR_TRY(attr_allocate(&mask, pixels_of(m), sizeof *mask, "a mask"));
    attr_status status = attr_polygon_mask(mask, m->height, m->width, corners, count);
    outlined.mask = mask;
    if (status == ATTR_OK) *out = attr_relevance_mass_accuracy(&outlined);
    free(mask);
    return status;
}
