#include "metrics/imputation.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"

/* Planes here are the picture with a frame of one pixel, [h + 2][w + 2]. What belongs to missing pixels is 0 at all
 * others and in the frame, so that sums over neighbours need not ask. */
typedef struct {
    const attr_region *region;
    size_t row, size; /* elements of a row, of a plane */
    double *missing;  /* 1 or 0 */
    double *diagonal; /* the sum of the weights of a missing pixel's neighbours; 1 elsewhere */
    double *inverse;  /* 1 / diagonal */
} problem;

static size_t framed_place(const problem *s, size_t pixel) {
    size_t w = (size_t)s->region->w;
    return (pixel / w + 1) * s->row + pixel % w + 1;
}

static inline double sum_around(const double *v, size_t row) {
    double direct = v[-1] + v[1] + v[-(ptrdiff_t)row] + v[row];
    double diagonal = v[-(ptrdiff_t)row - 1] + v[-(ptrdiff_t)row + 1] + v[row - 1] + v[row + 1];
    return direct * (1. / 6) + diagonal * (1. / 12);
}

/* out = diagonal x in - sum over missing neighbours, at missing pixels. */
static void multiply(double *restrict out, const problem *s, const double *restrict in) {
    for (int y = 1; y <= s->region->h; ++y) {
        size_t first = (size_t)y * s->row + 1, end = first + (size_t)s->region->w;
        for (size_t p = first; p < end; ++p)
            out[p] = s->missing[p] * (s->diagonal[p] * in[p] - sum_around(in + p, s->row));
    }
}

/* Sum of a b, over the diagonal if asked for, in eight interleaved parts. */
static double dot(const problem *s, const double *a, const double *b, bool over_diagonal) {
    enum { parts = 8 };
    double sums[parts] = {0}, sum = 0;
    size_t p = 0;
    for (; p + parts <= s->size; p += parts)
        for (size_t k = 0; k < parts; ++k)
            sums[k] += over_diagonal ? a[p + k] * b[p + k] * s->inverse[p + k] : a[p + k] * b[p + k];
    for (; p < s->size; ++p) sum += over_diagonal ? a[p] * b[p] * s->inverse[p] : a[p] * b[p];
    for (size_t k = 0; k < parts; ++k) sum += sums[k];
    return sum;
}

static attr_status set_up(problem *s, const unsigned char *missing, const attr_region *r) {
    size_t pixels = attr_picture_pixels(r);
    double *inside = NULL;
    s->region = r;
    s->row = (size_t)r->w + 2;
    s->size = s->row * ((size_t)r->h + 2);
    ATTR_TRY(attr_allocate(&s->missing, s->size, sizeof *s->missing, "a system of equations"));
    ATTR_TRY(attr_allocate(&s->diagonal, s->size, sizeof *s->diagonal, "a system of equations"));
    ATTR_TRY(attr_allocate(&s->inverse, s->size, sizeof *s->inverse, "a system of equations"));
    ATTR_TRY(attr_allocate(&inside, s->size, sizeof *inside, "a system of equations"));
    for (size_t i = 0; i < pixels; ++i) inside[framed_place(s, i)] = 1;
    for (size_t p = 0; p < s->size; ++p) s->diagonal[p] = 1;
    for (size_t i = 0; i < pixels; ++i) {
        size_t p = framed_place(s, i);
        if (!missing[i]) continue;
        s->missing[p] = 1;
        s->diagonal[p] = sum_around(inside + p, s->row);
    }
    free(inside);
    for (size_t p = 0; p < s->size; ++p) s->inverse[p] = 1 / s->diagonal[p];
    return ATTR_OK;
}

/* Each a framed plane. */
typedef struct {
    double *known, *values, *residual, *direction, *image;
} vectors;

/* Begins with the mean of what is known; returns |right side|^2 + |residual|^2. */
static double begin(const problem *s, const vectors *v, double mean) {
    double scale = 0;
    for (size_t p = 0; p < s->size; ++p) v->values[p] = s->missing[p] * mean;
    multiply(v->image, s, v->values);
    for (size_t i = 0; i < attr_picture_pixels(s->region); ++i) {
        size_t p = framed_place(s, i);
        if (s->missing[p] == 0) continue;
        double right = sum_around(v->known + p, s->row);
        v->residual[p] = right - v->image[p];
        v->direction[p] = v->residual[p] * s->inverse[p];
        scale += right * right + v->residual[p] * v->residual[p];
    }
    return scale;
}

/* False when the steps are not enough. */
static bool solve(const problem *s, const vectors *v, double mean) {
    double enough = ATTR_IMPUTATION_TOLERANCE * ATTR_IMPUTATION_TOLERANCE * begin(s, v, mean);
    double slope = dot(s, v->residual, v->residual, true);
    for (int step = 0; step < ATTR_IMPUTATION_STEPS; ++step) {
        if (dot(s, v->residual, v->residual, false) <= enough) return true;
        multiply(v->image, s, v->direction);
        double length = slope / dot(s, v->direction, v->image, false), before = slope;
        for (size_t p = 0; p < s->size; ++p) {
            v->values[p] += length * v->direction[p];
            v->residual[p] -= length * v->image[p];
        }
        slope = dot(s, v->residual, v->residual, true);
        for (size_t p = 0; p < s->size; ++p)
            v->direction[p] = v->residual[p] * s->inverse[p] + slope / before * v->direction[p];
    }
    return false;
}

static bool fill_channel(float *plane, const problem *s, double *room) {
    size_t n = s->size, pixels = attr_picture_pixels(s->region), count = 0;
    vectors v = {room, room + n, room + 2 * n, room + 3 * n, room + 4 * n};
    double sum = 0;
    for (size_t i = 0; i < pixels; ++i) {
        size_t p = framed_place(s, i);
        if (s->missing[p] != 0) continue;
        sum += v.known[p] = plane[attr_picture_place(s->region, i)];
        ++count;
    }
    if (!solve(s, &v, sum / (double)count)) return false;
    for (size_t i = 0; i < pixels; ++i) {
        size_t p = framed_place(s, i);
        if (s->missing[p] != 0) plane[attr_picture_place(s->region, i)] = (float)v.values[p];
    }
    return true;
}

static attr_status fill_channels(float *input, const problem *s) {
    enum { planes = 5 };
    const attr_region *r = s->region;
    size_t plane = (size_t)r->height * (size_t)r->width;
    double *rooms = NULL;
    bool solved = true;
    ATTR_TRY(attr_allocate(&rooms, (size_t)r->channels * planes * s->size, sizeof *rooms, "a system of equations"));
#pragma omp parallel for schedule(static) reduction(&& : solved)
    for (int c = 0; c < r->channels; ++c)
        solved = fill_channel(input + (size_t)c * plane, s, rooms + (size_t)c * planes * s->size) && solved;
    free(rooms);
    if (!solved)
        return attr_fail(ATTR_NUMERIC, "imputation: no solution within %g after %d steps", ATTR_IMPUTATION_TOLERANCE,
                         ATTR_IMPUTATION_STEPS);
    return ATTR_OK;
}

attr_status attr_impute_linear(float *input, const unsigned char *missing, const attr_region *r) {
    problem s = {0};
    attr_status status = set_up(&s, missing, r);
    if (status == ATTR_OK) status = fill_channels(input, &s);
    free(s.missing);
    free(s.diagonal);
    free(s.inverse);
    return status;
}
