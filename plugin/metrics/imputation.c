#include "metrics/imputation.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"

typedef struct {
    const unsigned char *missing;
    const attr_region *region;
    size_t pixels;
} problem;

/* The sum over the neighbours of pixel p of weight x values[q]; over known ones, missing ones, or (values NULL) the
 * weights of all. */
static double sum_neighbours(const problem *s, size_t p, const double *values, bool known) {
    int w = s->region->w, h = s->region->h, y0 = (int)(p / (size_t)w), x0 = (int)(p % (size_t)w);
    double direct = 0, diagonal = 0;
    for (int y = y0 - 1; y <= y0 + 1; ++y)
        for (int x = x0 - 1; x <= x0 + 1; ++x) {
            if (y < 0 || y >= h || x < 0 || x >= w || (y == y0 && x == x0)) continue;
            size_t q = (size_t)y * (size_t)w + (size_t)x;
            if (values && (s->missing[q] == 0) != known) continue;
            *(y == y0 || x == x0 ? &direct : &diagonal) += values ? values[q] : 1;
        }
    return direct / 6 + diagonal / 12;
}

/* All [pixels]; what is not missing is 0 but in `values`, and not looked at. */
typedef struct {
    double *values, *right, *diagonal, *residual, *direction, *image;
} vectors;

static double dot(const problem *s, const double *a, const double *b, const double *divisor) {
    double sum = 0;
    for (size_t p = 0; p < s->pixels; ++p)
        if (s->missing[p]) sum += divisor ? a[p] * b[p] / divisor[p] : a[p] * b[p];
    return sum;
}

static void multiply(double *out, const problem *s, const double *in, const double *diagonal) {
    for (size_t p = 0; p < s->pixels; ++p)
        if (s->missing[p]) out[p] = diagonal[p] * in[p] - sum_neighbours(s, p, in, false);
}

static void set_up(const problem *s, vectors *v) {
    double sum = 0;
    size_t known = 0;
    for (size_t p = 0; p < s->pixels; ++p)
        if (!s->missing[p]) {
            sum += v->values[p];
            ++known;
        }
    for (size_t p = 0; p < s->pixels; ++p) {
        if (!s->missing[p]) continue;
        v->right[p] = sum_neighbours(s, p, v->values, true);
        v->diagonal[p] = sum_neighbours(s, p, NULL, false);
        v->values[p] = sum / (double)known;
    }
    multiply(v->image, s, v->values, v->diagonal);
    for (size_t p = 0; p < s->pixels; ++p) {
        if (!s->missing[p]) continue;
        v->residual[p] = v->right[p] - v->image[p];
        v->direction[p] = v->residual[p] / v->diagonal[p];
    }
}

/* False when the steps are not enough. */
static bool solve(const problem *s, vectors *v) {
    set_up(s, v);
    double scale = dot(s, v->right, v->right, NULL) + dot(s, v->residual, v->residual, NULL);
    double enough = ATTR_IMPUTATION_TOLERANCE * ATTR_IMPUTATION_TOLERANCE * scale;
    double slope = dot(s, v->residual, v->residual, v->diagonal);
    for (int step = 0; step < ATTR_IMPUTATION_STEPS; ++step) {
        if (dot(s, v->residual, v->residual, NULL) <= enough) return true;
        multiply(v->image, s, v->direction, v->diagonal);
        double length = slope / dot(s, v->direction, v->image, NULL), before = slope;
        for (size_t p = 0; p < s->pixels; ++p) {
            if (!s->missing[p]) continue;
            v->values[p] += length * v->direction[p];
            v->residual[p] -= length * v->image[p];
        }
        slope = dot(s, v->residual, v->residual, v->diagonal);
        for (size_t p = 0; p < s->pixels; ++p)
            if (s->missing[p]) v->direction[p] = v->residual[p] / v->diagonal[p] + slope / before * v->direction[p];
    }
    return false;
}

static bool fill_channel(float *plane, const problem *s, double *room) {
    size_t n = s->pixels;
    vectors v = {room, room + n, room + 2 * n, room + 3 * n, room + 4 * n, room + 5 * n};
    for (size_t p = 0; p < n; ++p) v.values[p] = s->missing[p] ? 0 : plane[attr_picture_place(s->region, p)];
    if (!solve(s, &v)) return false;
    for (size_t p = 0; p < n; ++p)
        if (s->missing[p]) plane[attr_picture_place(s->region, p)] = (float)v.values[p];
    return true;
}

attr_status attr_impute_linear(float *input, const unsigned char *missing, const attr_region *r) {
    problem s = {missing, r, attr_picture_pixels(r)};
    size_t plane = (size_t)r->height * (size_t)r->width, room = 6 * s.pixels;
    double *rooms = NULL;
    bool solved = true;
    ATTR_TRY(attr_allocate(&rooms, (size_t)r->channels * room, sizeof *rooms, "a system of equations"));
#pragma omp parallel for schedule(static) reduction(&& : solved)
    for (int c = 0; c < r->channels; ++c)
        solved = fill_channel(input + (size_t)c * plane, &s, rooms + (size_t)c * room) && solved;
    free(rooms);
    if (!solved)
        return attr_fail(ATTR_NUMERIC, "imputation: no solution within %g after %d steps", ATTR_IMPUTATION_TOLERANCE,
                         ATTR_IMPUTATION_STEPS);
    return ATTR_OK;
}
