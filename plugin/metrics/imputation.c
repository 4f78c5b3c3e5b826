#include "metrics/imputation.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "metrics/imputation_grids.h"

enum { together = 4 }; /* channels */

typedef attr_four_floats four;
typedef double wide_four __attribute__((vector_size(32)));

/* One number for each of the channels. */
typedef struct {
    double of[together];
} numbers;

/* Elements are [count of missing pixels], in reading order; planes have a frame as in imputation_grids.h, 0 where they
 * have nothing. Brightness is in halves of the range of what is known, 0 in its middle. */
typedef struct {
    const attr_region *region;
    const unsigned char *missing;
    attr_imputation_grids grids;
    four *picture;        /* plane: known pixels and the missing ones so far */
    four *change, *image; /* elements */
    four *direction;      /* plane */
    numbers middle, half;
} problem;

static attr_status allocate(problem *s) {
    static const char what[] = "a system of equations";
    const attr_imputation_grid *g = s->grids.grid;
    ATTR_TRY(attr_allocate(&s->picture, g->size, sizeof *s->picture, what));
    ATTR_TRY(attr_allocate(&s->change, g->count, sizeof *s->change, what));
    ATTR_TRY(attr_allocate(&s->image, g->count, sizeof *s->image, what));
    return attr_allocate(&s->direction, g->size, sizeof *s->direction, what);
}

static void release(problem *s) {
    attr_imputation_grids_free(&s->grids);
    free(s->picture);
    free(s->change);
    free(s->image);
    free(s->direction);
}

/* ---- Conjugate gradients in single precision: of r in the finest grid make `change` */

static inline void add_product(wide_four *sum, four a, four b) {
    *sum += __builtin_convertvector(a, wide_four) * __builtin_convertvector(b, wide_four);
}

static numbers to_numbers(const wide_four *v) {
    return (numbers){{(*v)[0], (*v)[1], (*v)[2], (*v)[3]}};
}

/* a / b, 0 where there is nothing left to be done. */
static four ratio(numbers a, numbers b) {
    four out;
    for (int c = 0; c < together; ++c) out[c] = b.of[c] > 0 ? (float)(a.of[c] / b.of[c]) : 0;
    return out;
}

/* r M r with the cycle M, about the square of what is wrong in the norm of the equations. */
static numbers energy_after_cycle(problem *s) {
    const attr_imputation_grid *g = s->grids.grid;
    wide_four sum = {0};
    attr_imputation_cycle(&s->grids);
    for (size_t i = 0; i < g->count; ++i) add_product(&sum, g->r[g->places[i]], g->x[g->places[i]]);
    return to_numbers(&sum);
}

static void turn(problem *s, four part) {
    const attr_imputation_grid *g = s->grids.grid;
    for (size_t i = 0; i < g->count; ++i) {
        size_t place = g->places[i];
        s->direction[place] = g->x[place] + part * s->direction[place];
    }
}

static numbers curvature(problem *s) {
    const attr_imputation_grid *g = s->grids.grid;
    wide_four sum = {0};
    for (size_t i = 0; i < g->count; ++i) {
        const four *here = s->direction + g->places[i], *above = here - g->row, *below = here + g->row;
        four direct = here[-1] + here[1] + above[0] + below[0];
        four diagonal = above[-1] + above[1] + below[-1] + below[1];
        s->image[i] = here[0] / g->inverse[g->places[i]] - direct * (1.f / 6) - diagonal * (1.f / 12);
        add_product(&sum, s->image[i], here[0]);
    }
    return to_numbers(&sum);
}

static void move(problem *s, four length) {
    const attr_imputation_grid *g = s->grids.grid;
    for (size_t i = 0; i < g->count; ++i) {
        s->change[i] += length * s->direction[g->places[i]];
        g->r[g->places[i]] -= length * s->image[i];
    }
}

static bool all_at_most(numbers a, numbers limit) {
    for (int c = 0; c < together; ++c)
        if (!(a.of[c] <= limit.of[c])) return false;
    return true;
}

/* Steps until the energy, returned, has fallen to `wanted`, or as far as single precision can be trusted. */
static numbers iterate(problem *s, double wanted, int *steps) {
    static const double gain = 1e-8;
    numbers energy = energy_after_cycle(s), before = {0}, limit;
    for (int c = 0; c < together; ++c) limit.of[c] = fmax(wanted, gain * energy.of[c]);
    for (; *steps > 0 && !all_at_most(energy, limit); --*steps) {
        turn(s, ratio(energy, before));
        move(s, ratio(energy, curvature(s)));
        before = energy;
        energy = energy_after_cycle(s);
    }
    return energy;
}

/* ---- Rounds: the residual in double precision, a change, and again */

static inline void add(wide_four *sum, four v, double weight) {
    *sum += weight * __builtin_convertvector(v, wide_four);
}

/* r = sum over neighbours q of w_pq (x_q - x_p) */
static void set_residual(problem *s) {
    const attr_imputation_grid *g = s->grids.grid;
    for (size_t i = 0; i < g->count; ++i) {
        size_t place = g->places[i], y = place / g->row, x = place % g->row;
        int vertical = (y > 1) + (y < g->h), horizontal = (x > 1) + (x < g->w);
        double weights = (vertical + horizontal) * (1. / 6) + vertical * horizontal * (1. / 12);
        const four *here = s->picture + place, *above = here - g->row, *below = here + g->row;
        wide_four residual = {0};
        for (int k = -1; k <= 1; k += 2) {
            add(&residual, here[k], 1. / 6);
            add(&residual, above[k], 1. / 12);
            add(&residual, below[k], 1. / 12);
        }
        add(&residual, above[0], 1. / 6);
        add(&residual, below[0], 1. / 6);
        add(&residual, here[0], -weights);
        g->r[place] = __builtin_convertvector(residual, four);
    }
}

static void apply_change(problem *s) {
    const attr_imputation_grid *g = s->grids.grid;
    for (size_t i = 0; i < g->count; ++i) {
        s->picture[g->places[i]] += s->change[i];
        s->change[i] = s->direction[g->places[i]] = (four){0};
    }
}

/* False when the steps are not enough. */
static bool solve(problem *s) {
    double wanted = 4 * ATTR_IMPUTATION_TOLERANCE * ATTR_IMPUTATION_TOLERANCE; /* the range is 2 halves */
    numbers limit = {{wanted, wanted, wanted, wanted}}, energy;
    int steps = ATTR_IMPUTATION_STEPS;
    do {
        set_residual(s);
        energy = iterate(s, wanted, &steps);
        apply_change(s);
    } while (steps > 0 && !all_at_most(energy, limit));
    return all_at_most(energy, limit);
}

/* ---- Channels in and out */

/* False when a known pixel is not finite. */
static bool set_range(problem *s, const float *plane, int lane) {
    const attr_region *r = s->region;
    const unsigned char *missing = s->missing;
    float least = INFINITY, most = -INFINITY;
    for (int y = 0; y < r->h; ++y, missing += r->w) {
        const float *row = plane + (size_t)(r->y0 + y) * (size_t)r->width + r->x0;
        for (int x = 0; x < r->w; ++x) {
            if (missing[x]) continue;
            if (!isfinite(row[x])) return false;
            least = row[x] < least ? row[x] : least;
            most = row[x] > most ? row[x] : most;
        }
    }
    s->middle.of[lane] = ((double)least + most) / 2;
    s->half.of[lane] = ((double)most - least) / 2;
    return true;
}

/* Missing pixels begin in the middle of the range. */
static void take(problem *s, const float *plane, int lane) {
    const attr_region *r = s->region;
    const unsigned char *missing = s->missing;
    double middle = s->middle.of[lane], scale = s->half.of[lane] > 0 ? 1 / s->half.of[lane] : 0;
    for (int y = 0; y < r->h; ++y, missing += r->w) {
        const float *row = plane + (size_t)(r->y0 + y) * (size_t)r->width + r->x0;
        four *picture = s->picture + (size_t)(y + 1) * s->grids.grid->row + 1;
        for (int x = 0; x < r->w; ++x) picture[x][lane] = missing[x] ? 0 : (float)((row[x] - middle) * scale);
    }
}

static void give(float *plane, const problem *s, int lane) {
    const attr_region *r = s->region;
    const unsigned char *missing = s->missing;
    for (int y = 0; y < r->h; ++y, missing += r->w) {
        float *row = plane + (size_t)(r->y0 + y) * (size_t)r->width + r->x0;
        const four *picture = s->picture + (size_t)(y + 1) * s->grids.grid->row + 1;
        for (int x = 0; x < r->w; ++x)
            if (missing[x]) row[x] = (float)(s->middle.of[lane] + s->half.of[lane] * picture[x][lane]);
    }
}

static attr_status fill_four(float *input, problem *s, int channels) {
    size_t plane = (size_t)s->region->height * (size_t)s->region->width;
    memset(s->picture, 0, s->grids.grid->size * sizeof *s->picture);
    for (int c = 0; c < channels; ++c) {
        if (!set_range(s, input + (size_t)c * plane, c))
            return attr_fail(ATTR_NUMERIC, "imputation: a known pixel is not finite");
        take(s, input + (size_t)c * plane, c);
    }
    if (!solve(s))
        return attr_fail(ATTR_NUMERIC, "imputation: no solution within %g after %d steps", ATTR_IMPUTATION_TOLERANCE,
                         ATTR_IMPUTATION_STEPS);
    for (int c = 0; c < channels; ++c) give(input + (size_t)c * plane, s, c);
    return ATTR_OK;
}

static attr_status fill_channels(float *input, problem *s) {
    const attr_region *r = s->region;
    size_t plane = (size_t)r->height * (size_t)r->width;
    attr_status status = ATTR_OK;
    for (int c = 0; status == ATTR_OK && c < r->channels; c += together)
        status = fill_four(input + (size_t)c * plane, s, r->channels - c < together ? r->channels - c : together);
    return status;
}

attr_status attr_impute_linear(float *input, const unsigned char *missing, const attr_region *r) {
    size_t count = 0;
    for (size_t i = 0; i < attr_picture_pixels(r); ++i) count += missing[i] != 0;
    if (count == 0) return ATTR_OK;
    if (count == attr_picture_pixels(r)) return attr_fail(ATTR_NUMERIC, "imputation: no pixel is known");
    problem s = {.region = r, .missing = missing};
    attr_status status = attr_imputation_grids_make(&s.grids, missing, (size_t)r->h, (size_t)r->w);
    if (status == ATTR_OK) status = allocate(&s);
    if (status == ATTR_OK) status = fill_channels(input, &s);
    release(&s);
    return status;
}
