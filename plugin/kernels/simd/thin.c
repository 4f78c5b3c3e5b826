/* Convolutions between a plain tensor of few channels, the picture, and a blocked one: in blocks most of the picture's
 * lanes would be empty.
 *
 * From the picture, the lines that a row of results reads are widened and padded; each pixel of the row then is a sum
 * over (channel, tap) of a number times a vector of weights. Towards the picture, vectors hold neighbouring pixels
 * instead: the rows that are read are transposed to [channel][x], so that each of them is loaded once for all channels
 * of the picture. Packed weights: [to_blocks][channel][tap][16], towards the picture [channel][tap][attr_thin]. */
#include <omp.h>

#include "kernels/simd/steps.h"
#include "kernels/simd/transpose.h"

static int smaller(int a, int b) {
    return a < b ? a : b;
}

/* ---- From the picture */

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

static void sum_part(vector sum[tile_rows][tile_vectors], const real *lines, const real *weights,
                     const attr_blocked_conv *c) {
    int length = attr_thin_line(c);
    if (c->stride == 1)
        sum_pixels(sum, lines, weights, c, length, 1);
    else if (c->stride == 2)
        sum_pixels(sum, lines, weights, c, length, 2);
    else
        sum_pixels(sum, lines, weights, c, length, c->stride);
}

/* Row i of a sample, result channels column .. column+tile_columns-1. */
static void run_row(float *to, attr_signs *positive, const real *lines, const real *weights, const attr_blocked_conv *c,
                    const attr_finish *finish, int column, int i) {
    vector sum[tile_rows][tile_vectors];
    vector_finish finishes[tile_vectors];
    int vectors = smaller(tile_vectors, (c->to_blocks * lanes - column) / vector_lanes);
    for (int v = 0; v < vectors; ++v) finishes[v] = finish_of(finish, column + v * vector_lanes);
    for (int j = 0; j < c->to_w; j += tile_rows) {
        int pixels = smaller(tile_rows, c->to_w - j);
        sum_part(sum, lines + j * c->stride, weights, c);
        for (int v = 0; v < vectors; ++v) {
            int channel = column + v * vector_lanes;
            size_t at = (((size_t)(channel / lanes) * c->to_h + i) * c->to_w + j) * lanes + channel % lanes;
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

void S(attr_thin_from_run)(float *to, const float *from, const attr_blocked_conv *c, const attr_gate *gate,
                           const attr_finish *finish, int count, void *scratch, size_t scratch_each, int threads) {
    size_t from_sample = (size_t)c->from_c * c->from_h * c->from_w;
    size_t to_sample = (size_t)c->to_blocks * lanes * c->to_h * c->to_w;
    int depth = c->from_c * c->area;
#pragma omp parallel num_threads(threads)
    {
        real *lines = (real *)((char *)scratch + omp_get_thread_num() * scratch_each);
        real *weights = lines + attr_thin_line(c) * c->from_c * c->size;
        weigh(weights, c);
#pragma omp for schedule(static)
        for (int item = 0; item < count * c->to_h; ++item) {
            int sample = item / c->to_h, i = item % c->to_h;
            attr_signs *positive = SIGNS_AT(finish->positive, sample * to_sample);
            widen_lines(lines, from + sample * from_sample, c, gate->scale, i);
            for (int column = 0; column < c->to_blocks * lanes; column += tile_columns)
                run_row(to + sample * to_sample, positive, lines, weights + (size_t)column * depth, c, finish, column,
                        i);
        }
    }
}

/* ---- Towards the picture */

typedef real sixteen __attribute__((vector_size(lanes * sizeof(real)), aligned(sizeof(real)), may_alias));
typedef vector loose_vector __attribute__((aligned(sizeof(real)), may_alias));

/* Vectors of pixels whose sums are in registers, for each channel of the picture. */
#if ATTR_VECTOR_BYTES == 64
enum { most_chunks = 24 * vector_lanes / lanes / attr_thin };
#else
enum { most_chunks = 1 };
#endif

/* A row of one block of channels as lines [16][length]; `margin` numbers before the first pixel. `positive` and `scale`
 * may be NULL. */
static void transpose_row(real *lines, const float *from, const attr_signs *positive, const float *scale, float slope,
                          int w, int length, int margin) {
    for (int x = 0; x < w; x += vector_lanes)
        for (int lane = 0; lane < lanes; lane += vector_lanes) {
            vector square[vector_lanes];
            for (int i = 0; i < vector_lanes; ++i) {
                size_t at = (size_t)(x + i) * lanes + lane;
                square[i] =
                    x + i < w ? read_values(from + at, SIGNS_AT(positive, at), lane, slope, scale ? scale + lane : NULL)
                              : (vector){0};
            }
            transpose(square);
            for (int i = 0; i < vector_lanes; ++i)
                *(loose_vector *)(lines + (size_t)(lane + i) * length + margin + x) = square[i];
        }
}

/* The rows first .. last-1 that a band of results reads: [row][channel][length], zeros around the picture. */
typedef struct {
    real *lines;
    int first, last, length, margin;
} band_rows;

static void read_band(band_rows *b, const float *from, const attr_blocked_conv *c, const attr_gate *gate,
                      const attr_signs *positive) {
    size_t plane = (size_t)c->from_h * c->from_w * lanes;
    for (int y = b->first; y < b->last; ++y) {
        real *lines = b->lines + (size_t)(y - b->first) * c->from_blocks * lanes * b->length;
        memset(lines, 0, (size_t)c->from_blocks * lanes * b->length * sizeof *lines);
        for (int block = 0; block < c->from_blocks && y >= 0 && y < c->from_h; ++block) {
            size_t at = block * plane + (size_t)y * c->from_w * lanes;
            transpose_row(lines + (size_t)block * lanes * b->length, from + at, SIGNS_AT(positive, at),
                          gate->scale ? gate->scale + block * lanes : NULL, gate->slope, c->from_w, b->length,
                          b->margin);
        }
    }
}

/* Sums of `chunks` vectors of pixels from column j of row i of a class on. */
ALWAYS_INLINE void sum_chunks(sixteen sum[attr_thin][most_chunks], const band_rows *b, const attr_blocked_conv *c,
                              const attr_pixel_class *class, int i, int j, int chunks, int channels) {
    UNROLL for (int k = 0; k < channels; ++k) UNROLL for (int m = 0; m < chunks; ++m) sum[k][m] = (sixteen){0};
    for (int t = 0; t < class->taps; ++t) {
        int row = i + class->dy[t] - b->first;
        const real *line = b->lines + (size_t)row * c->from_blocks * lanes * b->length + b->margin + j + class->dx[t];
        const float *weights = c->packed + (size_t) class->tap[t] * attr_thin;
        for (int n = 0; n < c->from_c; ++n, line += b->length, weights += c->area * attr_thin)
            UNROLL for (int m = 0; m < chunks; ++m) {
                sixteen values = *(const sixteen *)(line + m * lanes);
                UNROLL for (int k = 0; k < channels; ++k) sum[k][m] += weights[k] * values;
            }
    }
}

ALWAYS_INLINE void store_pixels(float *to, const real *sum, const attr_finish *f, int channel, int n, int step,
                                int add) {
    double scale = f->scale ? f->scale[channel] : 1, bias = f->bias ? f->bias[channel] : 0, slope = f->slope;
    for (int i = 0; i < n; ++i) {
        double value = scale * sum[i] + bias;
        value = value < 0 ? value * slope : value;
        to[i * step] = (float)(add ? value + to[i * step] : value);
    }
}

static void store_row(float *to, const real *sum, const attr_finish *f, int channel, int n, int step) {
    if (step > 1)
        store_pixels(to, sum, f, channel, n, step, f->add);
    else if (f->add)
        store_pixels(to, sum, f, channel, n, 1, 1);
    else
        store_pixels(to, sum, f, channel, n, 1, 0);
}

/* Row i of a class. */
static void run_class_row(float *to, const band_rows *b, const attr_blocked_conv *c, const attr_pixel_class *class,
                          const attr_finish *finish, int i) {
    sixteen sum[attr_thin][most_chunks];
    size_t row = (size_t)(class->first_y + i * class->step) * c->to_w, plane = (size_t)c->to_h * c->to_w;
    for (int j = 0; j < class->columns; j += most_chunks * lanes) {
        int n = smaller(most_chunks * lanes, class->columns - j), few = n <= lanes;
        if (c->to_c == 1)
            sum_chunks(sum, b, c, class, i, j, most_chunks, 1);
        else if (few)
            sum_chunks(sum, b, c, class, i, j, 1, attr_thin);
        else if (c->to_c <= 3)
            sum_chunks(sum, b, c, class, i, j, most_chunks, 3);
        else
            sum_chunks(sum, b, c, class, i, j, most_chunks, attr_thin);
        for (int k = 0; k < c->to_c; ++k) {
            size_t at = k * plane + row + class->first_x + (size_t)j * class->step;
            store_row(to + at, (const real *)sum[k], finish, k, n, class->step);
        }
    }
}

/* The rows of results first .. last-1 that all classes have in a band of a sample. */
static void run_band(float *to, band_rows *b, const float *from, const attr_blocked_conv *c, const attr_gate *gate,
                     const attr_signs *positive, const attr_finish *finish, int first, int last) {
    attr_band_reach reach = attr_band_reach_of(c);
    b->first = first + reach.first;
    b->last = last + reach.last;
    read_band(b, from, c, gate, positive);
    for (int k = 0; k < c->classes; ++k)
        for (int i = first; i < last && i < c->class[k].rows; ++i) run_class_row(to, b, c, &c->class[k], finish, i);
}

void S(attr_thin_to_run)(float *to, const float *from, const attr_blocked_conv *c, const attr_gate *gate,
                         const attr_finish *finish, int count, void *scratch, size_t scratch_each, int threads) {
    size_t from_sample = (size_t)c->from_blocks * lanes * c->from_h * c->from_w;
    size_t to_sample = (size_t)c->to_c * c->to_h * c->to_w;
    int bands = (c->class->rows + attr_thin_band - 1) / attr_thin_band;
    attr_band_reach reach = attr_band_reach_of(c);
#pragma omp parallel for num_threads(threads) schedule(dynamic)
    for (int item = 0; item < count * bands; ++item) {
        int sample = item / bands, first = item % bands * attr_thin_band;
        band_rows b = {.lines = (real *)((char *)scratch + omp_get_thread_num() * scratch_each),
                       .length = reach.length,
                       .margin = reach.margin};
        run_band(to + sample * to_sample, &b, from + sample * from_sample, c, gate,
                 SIGNS_AT(gate->positive, sample * from_sample), finish, first,
                 smaller(first + attr_thin_band, c->class->rows));
    }
}
