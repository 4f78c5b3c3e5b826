#include "metrics/robustness.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/random.h"
#include "metrics/rank.h"
#include "metrics/similarity.h"

attr_robustness_settings attr_robustness_defaults(uint64_t seed) {
    return (attr_robustness_settings){ATTR_ROBUSTNESS_COPIES, ATTR_ROBUSTNESS_RADIUS, ATTR_LIPSCHITZ_DEVIATION,
                                      ATTR_ROBUSTNESS_TOP, seed};
}

/* ---- Copies */

enum { part_uniform, part_normal };

static void make_uniform_copy(float *out, const float *x, size_t n, const attr_robustness_settings *s, size_t copy) {
    const attr_random random = {s->seed, ATTR_STREAM_ROBUSTNESS, part_uniform, copy};
    attr_random_uniform(out, &random, 0, n);
    for (size_t i = 0; i < n; ++i) out[i] = (float)(x[i] + s->radius * (2. * out[i] - 1));
}

static void make_normal_copy(float *out, const float *x, size_t n, const attr_robustness_settings *s, size_t copy) {
    const attr_random random = {s->seed, ATTR_STREAM_ROBUSTNESS, part_normal, copy};
    attr_random_perturb(out, x, &random, (float)s->deviation, ATTR_NOISE_ADDITIVE, 0, n);
}

/* ---- Maps */

/* Room for the map at x, that of a copy, grey values of both, and a copy. */
typedef struct {
    double *map, *noisy, *grey, *noisy_grey;
    float *copy;
} room;

static size_t numbers_of(const attr_map_maker *e) {
    return e->map_channels * e->map_size;
}

/* Released also after a failure. */
static attr_status make_room(room *r, const attr_map_maker *e) {
    size_t n = numbers_of(e);
    *r = (room){0};
    ATTR_TRY(attr_allocate(&r->map, 2 * n + 2 * e->map_size, sizeof *r->map, "maps"));
    ATTR_TRY(attr_allocate(&r->copy, e->inputs, sizeof *r->copy, "an input"));
    r->noisy = r->map + n;
    r->grey = r->noisy + n;
    r->noisy_grey = r->grey + e->map_size;
    return ATTR_OK;
}

static void free_room(room *r) {
    free(r->map);
    free(r->copy);
}

static attr_status explain(double *map, const attr_map_maker *e, const float *x) {
    ATTR_TRY(e->explain(e->context, map, x));
    for (size_t i = 0; i < numbers_of(e); ++i)
        if (!isfinite(map[i])) return attr_fail(ATTR_NUMERIC, "number %zu of a noisy input's map is not finite", i);
    return ATTR_OK;
}

static void make_grey(double *grey, const double *map, const attr_map_maker *e) {
    for (size_t i = 0; i < e->map_size; ++i) {
        grey[i] = 0;
        for (size_t c = 0; c < e->map_channels; ++c) grey[i] += fabs(map[c * e->map_size + i]);
    }
}

static double length(const double *map, size_t n) {
    double squares = 0;
    for (size_t i = 0; i < n; ++i) squares += map[i] * map[i];
    return sqrt(squares);
}

/* ---- Uniform copies */

/* Adds what the map of a copy contributes: a maximum and sums. */
static attr_status add_copy(attr_robustness *sums, const room *r, const attr_map_maker *e, size_t top) {
    double overlap, correlation, norm = length(r->map, numbers_of(e));
    double sensitivity = norm > 0 ? attr_map_distance(r->noisy, r->map, numbers_of(e)) / norm : NAN;
    ATTR_TRY(attr_top_overlap(&overlap, r->noisy_grey, r->grey, e->map_size, top));
    ATTR_TRY(attr_spearman(&correlation, r->noisy_grey, r->grey, e->map_size));
    sums->max_sensitivity = norm > 0 ? fmax(sums->max_sensitivity, sensitivity) : NAN;
    sums->mean_sensitivity += sensitivity;
    sums->top_overlap += overlap;
    sums->spearman += correlation;
    return ATTR_OK;
}

static attr_status add_copies(attr_robustness *sums, const room *r, const attr_map_maker *e, const float *x,
                              const attr_robustness_settings *s) {
    size_t top = s->top < e->map_size ? s->top : e->map_size;
    ATTR_TRY(explain(r->map, e, x));
    make_grey(r->grey, r->map, e);
    for (size_t k = 0; k < s->copies; ++k) {
        make_uniform_copy(r->copy, x, e->inputs, s, k);
        ATTR_TRY(explain(r->noisy, e, r->copy));
        make_grey(r->noisy_grey, r->noisy, e);
        ATTR_TRY(add_copy(sums, r, e, top));
    }
    return ATTR_OK;
}

attr_status attr_robustness_measure(attr_robustness *out, const attr_map_maker *e, const float *x,
                                    const attr_robustness_settings *settings) {
    double copies = (double)settings->copies;
    attr_robustness sums = {0};
    room r;
    attr_status status = make_room(&r, e);
    if (status == ATTR_OK) status = add_copies(&sums, &r, e, x, settings);
    free_room(&r);
    *out = (attr_robustness){sums.max_sensitivity, sums.mean_sensitivity / copies, sums.top_overlap / copies,
                             sums.spearman / copies};
    return status;
}

/* ---- Normal copies */

/* Divides by the largest magnitude; a map of zeros becomes NAN. */
static void normalise(double *map, size_t n) {
    double most = 0;
    for (size_t i = 0; i < n; ++i) most = fmax(most, fabs(map[i]));
    for (size_t i = 0; i < n; ++i) map[i] /= most;
}

static double input_distance(const float *a, const float *b, size_t n) {
    double squares = 0;
    for (size_t i = 0; i < n; ++i) squares += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
    return sqrt(squares);
}

static attr_status find_steepest(double *out, const room *r, const attr_map_maker *e, const float *x,
                                 const attr_robustness_settings *s) {
    size_t n = numbers_of(e);
    *out = 0;
    ATTR_TRY(explain(r->map, e, x));
    normalise(r->map, n);
    for (size_t k = 0; k < s->copies; ++k) {
        make_normal_copy(r->copy, x, e->inputs, s, k);
        ATTR_TRY(explain(r->noisy, e, r->copy));
        normalise(r->noisy, n);
        double slope = attr_map_distance(r->noisy, r->map, n) / (input_distance(r->copy, x, e->inputs) + 1e-10);
        *out = isnan(slope) || isnan(*out) ? NAN : fmax(*out, slope);
    }
    return ATTR_OK;
}

attr_status attr_lipschitz_estimate(double *out, const attr_map_maker *e, const float *x,
                                    const attr_robustness_settings *settings) {
    room r;
    attr_status status = make_room(&r, e);
    if (status == ATTR_OK) status = find_steepest(out, &r, e, x, settings);
    free_room(&r);
    return status;
}
