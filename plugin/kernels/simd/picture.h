/* What convolutions of a picture, and towards one, share, those on matrix units too. */
#ifndef ATTR_KERNELS_PICTURE_H
#define ATTR_KERNELS_PICTURE_H

#include <float.h>

#include "kernels/simd/simd.h"

/* ---- From a picture: rows of results, or maxima of two rows that are in the cache */

/* Row i of the results of a sample of pictures, to `to` and `positive` (may be NULL); blocks of channels are `plane`
 * numbers apart. */
typedef void (*row_maker)(float *to, attr_signs *positive, size_t plane, const float *from, const void *workplace,
                          const attr_blocked_conv *c, const attr_gate *gate, const attr_finish *finish, int i);

/* Of one window, whose first pixel is `first` in its plane, the values of which lie at `values`, a row `row` apart. */
ALWAYS_INLINE void store_maximum(float *to, int *index, attr_signs *positive, const float *values, size_t row,
                                 int first, int w, int rows, int columns) {
    for (int lane = 0; lane < lanes; lane += vector_lanes) {
        float_vector best = (float_vector){0} - FLT_MAX;
        int_vector at = (int_vector){0} - 1;
        UNROLL for (int y = 0; y < rows; ++y) UNROLL for (int x = 0; x < columns; ++x) {
            float_vector value = *(const float_vector *)(values + y * row + x * lanes + lane);
            int_vector larger = value > best;
            best = (float_vector)((larger & (int_vector)value) | (~larger & (int_vector)best));
            at = (larger & (first + y * w + x)) | (~larger & at);
        }
        *(float_vector *)(to + lane) = best;
        *(int_vector *)(index + lane) = at;
        if (positive) store_signs(positive, lane, positive_lanes(widen(best)));
    }
}

/* Row i of the maxima of two rows of results, [block][2][to_w][16]. */
static inline void store_maxima(float *to, int *indexes, attr_signs *positive, const float *rows,
                                const attr_blocked_conv *c, const attr_pooling *p, int i) {
    size_t row = (size_t)c->to_w * lanes, plane = (size_t)p->h * p->w * lanes;
    int height = smaller(2, c->to_h - 2 * i);
    for (int block = 0; block < c->to_blocks; ++block, rows += 2 * row)
        for (int j = 0; j < p->w; ++j) {
            size_t at = block * plane + ((size_t)i * p->w + j) * lanes;
            const float *values = rows + (size_t)2 * j * lanes;
            attr_signs *sign = SIGNS_AT(positive, at);
            int first = 2 * (i * c->to_w + j), width = smaller(2, c->to_w - 2 * j);
            if (height == 2 && width == 2)
                store_maximum(to + at, indexes + at, sign, values, row, first, c->to_w, 2, 2);
            else
                store_maximum(to + at, indexes + at, sign, values, row, first, c->to_w, height, width);
        }
}

/* Row `item` of all that a run stores, of results or of maxima; `rows` has room for two rows of results. */
static inline void store_item(float *to, const float *from, float *rows, row_maker make, const void *workplace,
                              const attr_blocked_conv *c, const attr_gate *gate, const attr_finish *finish, int item) {
    const attr_pooling *p = finish->pooling;
    int height = p ? p->h : c->to_h, width = p ? p->w : c->to_w, sample = item / height, i = item % height;
    size_t row = (size_t)c->to_w * lanes, sample_size = (size_t)c->to_blocks * lanes * height * width;
    attr_signs *positive = SIGNS_AT(finish->positive, sample * sample_size);
    to += sample * sample_size;
    from += (size_t)sample * c->from_c * c->from_h * c->from_w;
    if (!p) {
        make(to + i * row, SIGNS_AT(positive, i * row), c->to_h * row, from, workplace, c, gate, finish, i);
        return;
    }
    for (int r = 0; r < 2 && 2 * i + r < c->to_h; ++r)
        make(rows + r * row, NULL, 2 * row, from, workplace, c, gate, finish, 2 * i + r);
    store_maxima(to, p->indexes + sample * sample_size, positive, rows, c, p, i);
}

/* Rows of all samples. */
static inline int items_of(const attr_blocked_conv *c, const attr_finish *finish, int count) {
    return count * (finish->pooling ? finish->pooling->h : c->to_h);
}

/* ---- Towards a picture */

ALWAYS_INLINE void store_pixels(float *to, const real *sum, const attr_finish *f, int channel, int n, int step,
                                int add) {
    double scale = f->scale ? f->scale[channel] : 1, bias = f->bias ? f->bias[channel] : 0, slope = f->slope;
    for (int i = 0; i < n; ++i) {
        double value = scale * sum[i] + bias;
        value = value < 0 ? value * slope : value;
        to[i * step] = (float)(add ? value + to[i * step] : value);
    }
}

/* n neighbours of a row and a class, `step` pixels apart. */
static inline void store_row(float *to, const real *sum, const attr_finish *f, int channel, int n, int step) {
    if (step > 1)
        store_pixels(to, sum, f, channel, n, step, f->add);
    else if (f->add)
        store_pixels(to, sum, f, channel, n, 1, 1);
    else
        store_pixels(to, sum, f, channel, n, 1, 0);
}

#endif
