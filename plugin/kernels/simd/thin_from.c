/* Convolutions of a plain tensor of few channels, the picture: in blocks most of its lanes would be empty.
 *
 * The lines that a row of results reads are widened and padded; each pixel of the row then is a sum over (channel, tap)
 * of a number times a vector of weights. Packed weights: [to_blocks][channel][tap][16].
 *
 * Of a pooling only the maxima are stored, of two rows of results that are in the cache. */
#include <float.h>
#include <omp.h>

#include "kernels/simd/steps.h"

/* The padded lines [channel][ky] that row i of the result reads. */
static void widen_lines(real *lines, const float *from, const attr_blocked_conv *c, const float *scale, int i) {
    int length = attr_thin_line(c);
    for (int k = 0; k < c->from_c * c->size; ++k, lines += length) {
        int channel = k / c->size, y = i * c->stride + k % c->size - c->pad;
        memset(lines, 0, (size_t)length * sizeof *lines);
        if (y < 0 || y >= c->from_h) continue;
        size_t at = ((size_t)channel * c->from_h + y) * c->from_w;
        float factor = scale ? scale[channel] : 1;
        for (int x = 0; x < c->from_w && x + c->pad < length; ++x) lines[c->pad + x] = from[at + x] * factor;
    }
}

/* tile_rows neighbouring pixels of the result, tile_columns channels. */
ALWAYS_INLINE void sum_pixels(vector sum[tile_rows][tile_vectors], const real *lines, const real *weights,
                              const attr_blocked_conv *c, int length, int stride) {
    UNROLL for (int r = 0; r < tile_rows; ++r) UNROLL for (int v = 0; v < tile_vectors; ++v) sum[r][v] = (vector){0};
    for (int k = 0; k < c->from_c * c->size; ++k, lines += length) {
        for (int kx = 0; kx < c->size; ++kx, weights += tile_columns) {
            UNROLL for (int r = 0; r < tile_rows; ++r) UNROLL for (int v = 0; v < tile_vectors; ++v) sum[r][v] +=
                lines[kx + r * stride] * *(const vector *)(weights + v * vector_lanes);
        }
    }
}

ALWAYS_INLINE void sum_part(vector sum[tile_rows][tile_vectors], const real *lines, const real *weights,
                            const attr_blocked_conv *c) {
    int length = attr_thin_line(c);
    if (c->stride == 1)
        sum_pixels(sum, lines, weights, c, length, 1);
    else if (c->stride == 2)
        sum_pixels(sum, lines, weights, c, length, 2);
    else
        sum_pixels(sum, lines, weights, c, length, c->stride);
}

/* A row of results, channels column .. column+tile_columns-1, from block to block `plane` numbers apart. */
static void run_row(float *to, attr_signs *positive, size_t plane, const real *lines, const real *weights,
                    const attr_blocked_conv *c, const attr_finish *finish, int column) {
    vector sum[tile_rows][tile_vectors];
    vector_finish finishes[tile_vectors];
    int vectors = smaller(tile_vectors, (c->to_blocks * lanes - column) / vector_lanes);
    for (int v = 0; v < vectors; ++v) finishes[v] = finish_of(finish, column + v * vector_lanes);
    for (int j = 0; j < c->to_w; j += tile_rows) {
        int pixels = smaller(tile_rows, c->to_w - j);
        sum_part(sum, lines + j * c->stride, weights, c);
        for (int v = 0; v < vectors; ++v) {
            int channel = column + v * vector_lanes;
            size_t at = channel / lanes * plane + (size_t)j * lanes + channel % lanes;
            for (int r = 0; r < pixels; ++r)
                store_sum(to + at + r * lanes, SIGNS_AT(positive, at + r * lanes), sum[r][v], &finishes[v]);
        }
    }
}

/* [columns / tile_columns][channel][tap][tile_columns] */
static void weigh(real *weights, const attr_blocked_conv *c) {
    int depth = c->from_c * c->area;
    for (int column = 0; column < c->to_blocks * lanes; column += tile_columns)
        for (int k = 0; k < depth; ++k)
            for (int lane = 0; lane < tile_columns; ++lane) {
                int channel = column + lane, exists = channel < c->to_blocks * lanes;
                size_t at = ((size_t)(channel / lanes) * depth + k) * lanes + channel % lanes;
                *weights++ = exists ? c->packed[at] : 0;
            }
}

/* What a thread works with. */
typedef struct {
    real *lines, *weights;
    float *rows; /* two rows of results, [block][2][to_w][16] */
} workplace;

static workplace workplace_of(void *scratch, const attr_blocked_conv *c) {
    int columns = (c->to_blocks * lanes + tile_columns - 1) / tile_columns * tile_columns;
    workplace w = {.lines = scratch};
    w.weights = w.lines + attr_thin_line(c) * c->from_c * c->size;
    w.rows = (float *)(w.weights + (size_t)columns * c->from_c * c->area);
    return w;
}

/* Row i of a sample, to where that row is. */
static void run_all_columns(float *to, attr_signs *positive, size_t plane, const float *from, const workplace *w,
                            const attr_blocked_conv *c, const attr_gate *gate, const attr_finish *finish, int i) {
    size_t depth = (size_t)c->from_c * c->area;
    widen_lines(w->lines, from, c, gate->scale, i);
    for (int column = 0; column < c->to_blocks * lanes; column += tile_columns)
        run_row(to, positive, plane, w->lines, w->weights + column * depth, c, finish, column);
}

/* ---- Maxima */

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

/* Row i of the maxima. */
static void store_maxima(float *to, int *indexes, attr_signs *positive, const float *rows, const attr_blocked_conv *c,
                         const attr_pooling *p, int i) {
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

/* ---- A run */

/* Row i of a sample, or of its maxima. */
static void run_item(float *to, const float *from, const workplace *w, const attr_blocked_conv *c,
                     const attr_gate *gate, const attr_finish *finish, int sample, int i) {
    const attr_pooling *p = finish->pooling;
    size_t row = (size_t)c->to_w * lanes, sample_size = (size_t)c->to_blocks * lanes;
    sample_size *= p ? (size_t)p->h * p->w : (size_t)c->to_h * c->to_w;
    attr_signs *positive = SIGNS_AT(finish->positive, sample * sample_size);
    to += sample * sample_size;
    from += (size_t)sample * c->from_c * c->from_h * c->from_w;
    if (!p) {
        run_all_columns(to + i * row, SIGNS_AT(positive, i * row), c->to_h * row, from, w, c, gate, finish, i);
        return;
    }
    for (int r = 0; r < 2 && 2 * i + r < c->to_h; ++r)
        run_all_columns(w->rows + r * row, NULL, 2 * row, from, w, c, gate, finish, 2 * i + r);
    store_maxima(to, p->indexes + sample * sample_size, positive, w->rows, c, p, i);
}

void S(attr_thin_from_run)(float *to, const float *from, const attr_blocked_conv *c, const attr_gate *gate,
                           const attr_finish *finish, int count, void *scratch, size_t scratch_each, int threads) {
    int rows = finish->pooling ? finish->pooling->h : c->to_h;
#pragma omp parallel num_threads(threads)
    {
        workplace w = workplace_of((char *)scratch + omp_get_thread_num() * scratch_each, c);
        weigh(w.weights, c);
#pragma omp for schedule(static)
        for (int item = 0; item < count * rows; ++item)
            run_item(to, from, &w, c, gate, finish, item / rows, item % rows);
    }
}
