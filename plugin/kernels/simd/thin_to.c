/* Convolutions towards a plain tensor of few channels, the picture: vectors hold neighbouring pixels. The rows that are
 * read are transposed to [channel][x], so that each of them is loaded once for all channels of the picture. Packed
 * weights: [channel][tap][attr_thin].
 *
 * Gradients of maxima are put where the maxima were, a row at a time. */
#include <omp.h>

#include "kernels/simd/picture.h"
#include "kernels/simd/steps.h"
#include "kernels/simd/transpose.h"

typedef real sixteen __attribute__((vector_size(lanes * sizeof(real)), aligned(sizeof(real)), may_alias));
typedef vector loose_vector __attribute__((aligned(sizeof(real)), may_alias));

/* Vectors of pixels whose sums are in registers, for each channel of the picture. */
#if ATTR_VECTOR_BYTES == 64
enum { most_chunks = 24 * vector_lanes / lanes / attr_thin };
#else
enum { most_chunks = 1 };
#endif

/* Pixels of a row of one block of channels as lines [16][length]; `margin` numbers before the first pixel. `positive`
 * and `scale` may be NULL. */
static void transpose_row(real *lines, const float *from, const attr_signs *positive, const float *scale, float slope,
                          attr_span pixels, int length, int margin) {
    for (int x = pixels.first; x < pixels.end; x += vector_lanes)
        for (int lane = 0; lane < lanes; lane += vector_lanes) {
            vector square[vector_lanes];
            for (int i = 0; i < vector_lanes; ++i) {
                size_t at = (size_t)(x + i) * lanes + lane;
                square[i] = x + i < pixels.end ? read_values(from + at, SIGNS_AT(positive, at), lane, slope,
                                                             scale ? scale + lane : NULL)
                                               : (vector){0};
            }
            transpose(square);
            for (int i = 0; i < vector_lanes; ++i)
                *(loose_vector *)(lines + (size_t)(lane + i) * length + margin + x) = square[i];
        }
}

/* Pixels of row y of a block, [w][16], of gradients of maxima: `from`, `indexes` and `positive` are the block's, of all
 * rows. What no window has is 0. */
static void place_row(float *row, const float *from, const int *indexes, const attr_signs *positive, float slope,
                      const attr_pooling *p, attr_span pixels, int w, int y) {
    int filled = y / 2 < p->h ? smaller(pixels.end, 2 * p->w) : 0;
    if (filled < pixels.first) filled = pixels.first;
    for (int x = pixels.first; x < filled; ++x)
        for (int lane = 0; lane < lanes; lane += vector_lanes) {
            size_t at = ((size_t)(y / 2) * p->w + x / 2) * lanes;
            float_vector value = *(const float_vector *)(from + at + lane);
            int_vector here = *(const int_vector *)(indexes + at + lane) == y * w + x;
            if (positive) value = gate_values(value, positive[at / lanes] >> lane, slope);
            *(float_vector *)(row + x * lanes + lane) = (float_vector)(here & (int_vector)value);
        }
    memset(row + filled * lanes, 0, (size_t)(pixels.end - filled) * lanes * sizeof *row);
}

/* The rows first .. last-1 that a band of results reads: [row][channel][length], zeros around the pixels that matter.
 */
typedef struct {
    real *lines;
    float *placed; /* a row of gradients of maxima, [from_w][16] */
    int first, last, length, margin;
    attr_span pixels; /* of a row */
} band_rows;

static void read_row(real *lines, const band_rows *b, const float *from, const attr_blocked_conv *c,
                     const attr_gate *gate, int sample, int block, int y) {
    const attr_pooling *p = gate->pooling;
    size_t plane = (p ? (size_t)p->h * p->w : (size_t)c->from_h * c->from_w) * lanes;
    size_t at = (sample * (size_t)c->from_blocks + block) * plane, row = (size_t)y * c->from_w * lanes;
    const float *scale = gate->scale ? gate->scale + block * lanes : NULL;
    if (p)
        place_row(b->placed, from + at, p->indexes + at, SIGNS_AT(gate->positive, at), gate->slope, p, b->pixels,
                  c->from_w, y);
    transpose_row(lines, p ? b->placed : from + at + row, p ? NULL : SIGNS_AT(gate->positive, at + row), scale,
                  gate->slope, b->pixels, b->length, b->margin);
}

static void read_band(band_rows *b, const float *from, const attr_blocked_conv *c, const attr_gate *gate, int sample) {
    for (int y = b->first; y < b->last; ++y) {
        real *lines = b->lines + (size_t)(y - b->first) * c->from_blocks * lanes * b->length;
        memset(lines, 0, (size_t)c->from_blocks * lanes * b->length * sizeof *lines);
        for (int block = 0; block < c->from_blocks && y >= 0 && y < c->from_h; ++block)
            read_row(lines + (size_t)block * lanes * b->length, b, from, c, gate, sample, block, y);
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

/* Columns of row i of a class. */
static void run_class_row(float *to, const band_rows *b, const attr_blocked_conv *c, const attr_pixel_class *class,
                          const attr_finish *finish, int i, attr_span columns) {
    sixteen sum[attr_thin][most_chunks];
    size_t row = (size_t)(class->first_y + i * class->step) * c->to_w, plane = (size_t)c->to_h * c->to_w;
    int end = smaller(columns.end, class->columns);
    for (int j = columns.first; j < end; j += most_chunks * lanes) {
        int n = smaller(most_chunks * lanes, end - j), few = n <= lanes;
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

/* The results that all classes have in a band of a sample, rows first .. last-1. */
static void run_band(float *to, band_rows *b, const float *from, const attr_blocked_conv *c, const attr_gate *gate,
                     const attr_finish *finish, int sample, int first, int last, attr_span columns) {
    attr_band_reach reach = attr_band_reach_of(c);
    b->first = first + reach.first;
    b->last = last + reach.last;
    read_band(b, from, c, gate, sample);
    to += (size_t)sample * c->to_c * c->to_h * c->to_w;
    for (int k = 0; k < c->classes; ++k)
        for (int i = first; i < last && i < c->class[k].rows; ++i)
            run_class_row(to, b, c, &c->class[k], finish, i, columns);
}

void S(attr_thin_to_run)(float *to, const float *from, const attr_blocked_conv *c, const attr_gate *gate,
                         const attr_finish *finish, int count, void *scratch, size_t scratch_each, int threads) {
    attr_area area = attr_class_area(c, c->class, finish->wanted); /* no other class has more */
    int bands = attr_parts(area.rows.end - area.rows.first, attr_thin_band);
    attr_band_reach reach = attr_band_reach_of(c);
    attr_span read = {area.columns.first + reach.first, smaller(area.columns.end + reach.last, c->from_w)};
    read.first = read.first < 0 ? 0 : read.first / lanes * lanes;
#pragma omp parallel for num_threads(threads) schedule(dynamic)
    for (int item = 0; item < count * bands; ++item) {
        int first = area.rows.first + item % bands * attr_thin_band;
        band_rows b = {.placed = (float *)((char *)scratch + omp_get_thread_num() * scratch_each),
                       .length = reach.length,
                       .margin = reach.margin,
                       .pixels = read};
        b.lines = (real *)(b.placed + (size_t)c->from_w * lanes);
        run_band(to, &b, from, c, gate, finish, item / bands, first, smaller(first + attr_thin_band, area.rows.end),
                 area.columns);
    }
}
