#include "metrics/map_agreement.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/random.h"
#include "metrics/rank.h"
#include "metrics/similarity.h"

/* What the random numbers are for: the part of the stream. */
enum { PART_NOISE, PART_MOVES };

static const attr_agreement unknown = {NAN, NAN, NAN, NAN, NAN};

static bool is_finite(const double *a, size_t n) {
    for (size_t i = 0; i < n; ++i)
        if (!isfinite(a[i])) return false;
    return true;
}

static bool is_constant(const double *a, size_t n) {
    for (size_t i = 1; i < n; ++i)
        if (a[i] != a[0]) return false;
    return true;
}

static double pearson(const double *a, const double *b, size_t n) {
    double mean_a = 0, mean_b = 0, ab = 0, aa = 0, bb = 0;
    for (size_t i = 0; i < n; ++i) {
        mean_a += a[i] / (double)n;
        mean_b += b[i] / (double)n;
    }
    for (size_t i = 0; i < n; ++i) {
        ab += (a[i] - mean_a) * (b[i] - mean_b);
        aa += (a[i] - mean_a) * (a[i] - mean_a);
        bb += (b[i] - mean_b) * (b[i] - mean_b);
    }
    return aa > 0 && bb > 0 ? ab / (sqrt(aa) * sqrt(bb)) : NAN;
}

attr_status attr_map_agreement(attr_agreement *out, const double *a, const double *b, int w, int h) {
    size_t n = (size_t)w * (size_t)h;
    double *magnitudes = NULL;
    *out = unknown;
    if (!is_finite(a, n) || !is_finite(b, n) || is_constant(a, n) || is_constant(b, n)) return ATTR_OK;
    ATTR_TRY(attr_allocate(&magnitudes, 2 * n, sizeof *magnitudes, "maps"));
    for (size_t i = 0; i < n; ++i) {
        magnitudes[i] = fabs(a[i]);
        magnitudes[n + i] = fabs(b[i]);
    }
    out->pearson = pearson(a, b, n);
    attr_status status = attr_spearman(&out->spearman, a, b, n);
    if (status == ATTR_OK) status = attr_spearman(&out->absolute, magnitudes, magnitudes + n, n);
    if (status == ATTR_OK) status = attr_top_overlap(&out->overlap, magnitudes, magnitudes + n, n, (n + 9) / 10);
    if (status == ATTR_OK) status = attr_ssim_of_maps(&out->ssim, a, b, h, w);
    free(magnitudes);
    return status;
}

/* ---- Chance */

static void widen(double *low, double *high, double value) {
    if (!(value >= *low)) *low = value;
    if (!(value <= *high)) *high = value;
}

static void widen_range(attr_chance *c, const attr_agreement *a) {
    widen(&c->low.spearman, &c->high.spearman, a->spearman);
    widen(&c->low.absolute, &c->high.absolute, a->absolute);
    widen(&c->low.pearson, &c->high.pearson, a->pearson);
    widen(&c->low.overlap, &c->high.overlap, a->overlap);
    widen(&c->low.ssim, &c->high.ssim, a->ssim);
}

/* From a quarter to three quarters of a side, by u in [0, 1). */
static int way(int side, float u) {
    return side / 4 + (int)(u * (float)(side / 2 + 1));
}

static void move(double *out, const double *map, int w, int h, int dx, int dy) {
    for (int y = 0; y < h; ++y)
        for (int x = 0; x < w; ++x) out[(size_t)((y + dy) % h) * w + (x + dx) % w] = map[(size_t)y * w + x];
}

static attr_status find_range(attr_chance *out, double *room, const double *map, int w, int h, uint64_t seed) {
    const attr_random random = {seed, ATTR_STREAM_SANITY_MAPS, PART_MOVES, 0};
    float ways[2 * ATTR_CHANCE_DRAWS];
    attr_random_uniform(ways, &random, 0, 2 * ATTR_CHANCE_DRAWS);
    for (int k = 0; k < ATTR_CHANCE_DRAWS; ++k) {
        attr_agreement a;
        move(room, map, w, h, way(w, ways[2 * k]), way(h, ways[2 * k + 1]));
        ATTR_TRY(attr_map_agreement(&a, map, room, w, h));
        if (k == 0) out->low = out->high = a;
        widen_range(out, &a);
    }
    return ATTR_OK;
}

static attr_status find_noise(attr_chance *out, double *room, const double *map, int w, int h, uint64_t seed) {
    size_t n = (size_t)w * (size_t)h;
    const attr_random random = {seed, ATTR_STREAM_SANITY_MAPS, PART_NOISE, 0};
    float *noise = NULL;
    ATTR_TRY(attr_allocate(&noise, n, sizeof *noise, "a random map"));
    attr_random_normal(noise, &random, 0, n);
    for (size_t i = 0; i < n; ++i) room[i] = noise[i];
    free(noise);
    return attr_map_agreement(&out->noise, map, room, w, h);
}

attr_status attr_map_chance(attr_chance *out, const double *map, int w, int h, uint64_t seed) {
    size_t n = (size_t)w * h;
    double *room = NULL;
    *out = (attr_chance){unknown, unknown, unknown};
    ATTR_TRY(attr_allocate(&room, n, sizeof *room, "a random map"));
    attr_status status = find_noise(out, room, map, w, h, seed);
    if (status == ATTR_OK) status = find_range(out, room, map, w, h, seed);
    free(room);
    return status;
}

/* ---- Strength */

static double larger(double a, double b) {
    return fmax(isnan(a) ? 0 : fabs(a), isnan(b) ? 0 : fabs(b));
}

double attr_agreement_strength(const attr_agreement *a) {
    return larger(a->spearman, a->absolute);
}

double attr_chance_strength(const attr_chance *chance) {
    return larger(attr_agreement_strength(&chance->low), attr_agreement_strength(&chance->high));
}
