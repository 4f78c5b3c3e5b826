/* Convolutions of a plain tensor of few channels, the picture: in blocks most of its lanes would be empty.
 *
 * The lines that a row of results reads are widened and padded; each pixel of the row then is a sum over (channel, tap)
 * of a number times a vector of weights. Packed weights: [to_blocks][channel][tap][16].
 *
 * Of a pooling only the maxima are stored, of two rows of results that are in the cache. */
#include <float.h>
#include <omp.h>

#include "kernels/simd/steps.h"

/* Line y of a channel, padded; y counts from the first line of zeros above the picture. */
static void widen_line(real *line, const float *from, const attr_blocked_conv *c, float factor, int y) {
    int length = attr_thin_line(c), w = smaller(c->from_w, length - c->pad);
    if (y < c->pad || y >= c->pad + c->from_h) {
        memset(line, 0, (size_t)length * sizeof *line);
        return;
    }
    memset(line, 0, (size_t)c->pad * sizeof *line);
    from += (size_t)(y - c->pad) * c->from_w;
    line += c->pad;
    for (int x = 0; x < w; ++x) line[x] = from[x] * factor;
    memset(line + w, 0, (size_t)(length - c->pad - w) * sizeof *line);
}

/* tile_rows neighbouring pixels of the result, tile_columns channels. */
ALWAYS_INLINE void sum_pixels(vector sum[tile_rows][tile_vectors], const real *const *rows, int j, const real *weights,
                              const attr_blocked_conv *c, int stride) {
    UNROLL for (int r = 0; r < tile_rows; ++r) UNROLL for (int v = 0; v < tile_vectors; ++v) sum[r][v] = (vector){0};
    for (int k = 0; k < c->from_c * c->size; ++k) {
        const real *lines = rows[k] + j * stride;
        for (int kx = 0; kx < c->size; ++kx, weights += tile_columns) {
            UNROLL for (int r = 0; r < tile_rows; ++r) UNROLL for (int v = 0; v < tile_vectors; ++v) sum[r][v] +=
                lines[kx + r * stride] * *(const vector *)(weights + v * vector_lanes);
        }
    }
}

ALWAYS_INLINE void sum_part(vector sum[tile_rows][tile_vectors], const real *const *rows, int j, const real *weights,
                            const attr_blocked_conv *c) {
    if (c->stride == 1)
        sum_pixels(sum, rows, j, weights, c, 1);
    else if (c->stride == 2)
        sum_pixels(sum, rows, j, weights, c, 2);
    else
        sum_pixels(sum, rows, j, weights, c, c->stride);
}

/* The pixels of a row of results, channels column .. column+tile_columns-1, from block to block `plane` numbers apart.
 */
static void run_row(float *to, attr_signs *positive, size_t plane, attr_span pixels, const real *const *rows,
                    const real *weights, const attr_blocked_conv *c, const attr_finish *finish, int column) {
    vector sum[tile_rows][tile_vectors];
    vector_finish finishes[tile_vectors];
    int vectors = smaller(tile_vectors, (c->to_blocks * lanes - column) / vector_lanes);
    for (int v = 0; v < vectors; ++v) finishes[v] = finish_of(finish, column + v * vector_lanes);
    for (int j = pixels.first; j < pixels.end; j += tile_rows) {
        int n = smaller(tile_rows, pixels.end - j);
        sum_part(sum, rows, j, weights, c);
        for (int v = 0; v < vectors; ++v) {
            int channel = column + v * vector_lanes;
            size_t at = channel / lanes * plane + (size_t)j * lanes + channel % lanes;
            for (int r = 0; r < n; ++r)
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
    real *lines, *weights; /* lines: [channel][size], those of one row of results, line y at y modulo size */
    const real **rows;     /* [channel][size] the same lines in order */
    float *results;        /* two rows of them, [block][2][to_w][16] */
    int sample, next;      /* lines before `next` of the sample are there */
} workplace;

static workplace workplace_of(void *scratch, const attr_blocked_conv *c) {
    int columns = (c->to_blocks * lanes + tile_columns - 1) / tile_columns * tile_columns, lines = c->from_c * c->size;
    workplace w = {.lines = scratch, .sample = -1};
    w.weights = w.lines + attr_thin_line(c) * lines;
    w.results = (float *)(w.weights + (size_t)columns * c->from_c * c->area);
    w.rows = (const real **)(w.results + 2 * (size_t)c->to_blocks * lanes * c->to_w);
    return w;
}

/* The lines that row i of the results reads; most are there already. */
static void widen_lines(workplace *w, const float *from, const attr_blocked_conv *c, const float *scale, int sample,
                        int i) {
    int length = attr_thin_line(c), first = i * c->stride, end = first + c->size;
    int next = w->sample == sample && w->next > first && w->next <= end ? w->next : first;
    for (int channel = 0; channel < c->from_c; ++channel) {
        real *lines = w->lines + (size_t)channel * c->size * length;
        const float *plane = from + (size_t)channel * c->from_h * c->from_w;
        for (int y = first; y < end; ++y) {
            real *line = lines + y % c->size * length;
            w->rows[channel * c->size + y - first] = line;
            if (y >= next) widen_line(line, plane, c, scale ? scale[channel] : 1, y);
        }
    }
    w->sample = sample;
    w->next = end;
}

/* Pixels of row i of a sample, to where that row is. */
static void run_all_columns(float *to, attr_signs *positive, size_t plane, attr_span pixels, const float *from,
                            workplace *w, const attr_blocked_conv *c, const attr_gate *gate, const attr_finish *finish,
                            int sample, int i) {
    size_t depth = (size_t)c->from_c * c->area;
    widen_lines(w, from, c, gate->scale, sample, i);
    for (int column = 0; column < c->to_blocks * lanes; column += tile_columns)
        run_row(to, positive, plane, pixels, w->rows, w->weights + column * depth, c, finish, column);
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

/* Row i of the maxima, those of some windows. */
static void store_maxima(float *to, int *indexes, attr_signs *positive, const float *rows, const attr_blocked_conv *c,
                         const attr_pooling *p, int i, attr_span windows) {
    size_t row = (size_t)c->to_w * lanes, plane = (size_t)p->h * p->w * lanes;
    int height = smaller(2, c->to_h - 2 * i);
    for (int block = 0; block < c->to_blocks; ++block, rows += 2 * row)
        for (int j = windows.first; j < windows.end; ++j) {
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

/* Pixels of row i of a sample, or of its maxima. */
static void run_item(float *to, const float *from, workplace *w, const attr_blocked_conv *c, const attr_gate *gate,
                     const attr_finish *finish, int sample, int i, attr_span columns) {
    const attr_pooling *p = finish->pooling;
    size_t row = (size_t)c->to_w * lanes, sample_size = (size_t)c->to_blocks * lanes;
    sample_size *= p ? (size_t)p->h * p->w : (size_t)c->to_h * c->to_w;
    attr_signs *positive = SIGNS_AT(finish->positive, sample * sample_size);
    to += sample * sample_size;
    from += (size_t)sample * c->from_c * c->from_h * c->from_w;
    if (!p) {
        run_all_columns(to + i * row, SIGNS_AT(positive, i * row), c->to_h * row, columns, from, w, c, gate, finish,
                        sample, i);
        return;
    }
    attr_span pixels = {2 * columns.first, smaller(2 * columns.end, c->to_w)};
    for (int r = 0; r < 2 && 2 * i + r < c->to_h; ++r)
        run_all_columns(w->results + r * row, NULL, 2 * row, pixels, from, w, c, gate, finish, sample, 2 * i + r);
    store_maxima(to, p->indexes + sample * sample_size, positive, w->results, c, p, i, columns);
}

void S(attr_thin_from_run)(float *to, const float *from, const attr_blocked_conv *c, const attr_gate *gate,
                           const attr_finish *finish, int count, void *scratch, size_t scratch_each, int threads) {
    const attr_pooling *p = finish->pooling;
    attr_area wanted = {{0, p ? p->h : c->to_h}, {0, p ? p->w : c->to_w}};
    if (attr_has_pixels(finish->wanted)) wanted = finish->wanted;
    int rows = wanted.rows.end - wanted.rows.first;
#pragma omp parallel num_threads(threads)
    {
        workplace w = workplace_of((char *)scratch + omp_get_thread_num() * scratch_each, c);
        weigh(w.weights, c);
#pragma omp for schedule(static)
        for (int item = 0; item < count * rows; ++item)
            run_item(to, from, &w, c, gate, finish, item / rows, wanted.rows.first + item % rows, wanted.columns);
    }
}
