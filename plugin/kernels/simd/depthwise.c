/* Groups of one channel: every channel is a convolution of its own, so a vector holds channels of one pixel. The rows
 * that a band of results reads are gated, widened and padded once; what is left are sums over taps without a question.
 * Packed weights are [block][area][16]. */
#include <omp.h>

#include "kernels/simd/steps.h"

enum { pixels_at_once = attr_depthwise_pixels };

/* The rows first .. of a block of channels: [row][length][16], zeros around the picture; and the block's weights. */
typedef struct {
    real *rows, *weights;
    int first, length, margin;
} band;

static void read_row(real *to, const float *from, const attr_signs *positive, const float *scale, float slope, int w) {
    for (int x = 0; x < w; ++x, to += lanes, from += lanes)
        for (int lane = 0; lane < lanes; lane += vector_lanes)
            *(vector *)(to + lane) =
                read_values(from + lane, positive ? positive + x : NULL, lane, slope, scale ? scale + lane : NULL);
}

static void read_band(const band *b, int rows, const float *from, const attr_blocked_conv *c, const attr_gate *gate,
                      const attr_signs *positive, const float *scale) {
    for (int k = 0; k < rows; ++k) {
        int y = b->first + k;
        real *row = b->rows + (size_t)k * b->length * lanes;
        size_t at = (size_t)y * c->from_w * lanes, after = b->margin + c->from_w;
        if (y < 0 || y >= c->from_h) {
            memset(row, 0, (size_t)b->length * lanes * sizeof *row);
            continue;
        }
        memset(row, 0, (size_t)b->margin * lanes * sizeof *row);
        read_row(row + (size_t)b->margin * lanes, from + at, SIGNS_AT(positive, at), scale, gate->slope, c->from_w);
        memset(row + after * lanes, 0, (b->length - after) * lanes * sizeof *row);
    }
}

/* One vector of channels of neighbouring results. */
ALWAYS_INLINE void sum_pixels(vector sum[pixels_at_once], const band *b, const attr_pixel_class *class, int i, int j,
                              int lane, int advance) {
    UNROLL for (int p = 0; p < pixels_at_once; ++p) sum[p] = (vector){0};
    for (int t = 0; t < class->taps; ++t) {
        size_t row = i * advance + class->dy[t] - b->first, x = b->margin + j * advance + class->dx[t];
        const real *values = b->rows + (row * b->length + x) * lanes + lane;
        vector weight = *(const vector *)(b->weights + (size_t) class->tap[t] * lanes + lane);
        UNROLL for (int p = 0; p < pixels_at_once; ++p) sum[p] +=
            weight * *(const vector *)(values + (size_t)p * advance * lanes);
    }
}

static void run_row(float *to, attr_signs *positive, const band *b, const attr_blocked_conv *c,
                    const attr_pixel_class *class, const vector_finish *finish, int i, int lane) {
    size_t row = (size_t)(class->first_y + i * class->step) * c->to_w + class->first_x;
    for (int j = 0; j < class->columns; j += pixels_at_once) {
        vector sum[pixels_at_once];
        int n = class->columns - j < pixels_at_once ? class->columns - j : pixels_at_once;
        if (class->advance == 1)
            sum_pixels(sum, b, class, i, j, lane, 1);
        else
            sum_pixels(sum, b, class, i, j, lane, class->advance);
        for (int p = 0; p < n; ++p) {
            size_t at = (row + (size_t)(j + p) * class->step) * lanes + lane;
            store_sum(to + at, SIGNS_AT(positive, at), sum[p], finish);
        }
    }
}

/* The rows first .. last-1 of results of one block of channels; `to`, `from` and their signs are at the block. */
static void run_band(float *to, attr_signs *positive, band *b, const float *from, const attr_signs *gate_positive,
                     const attr_blocked_conv *c, const attr_gate *gate, const attr_finish *finish, int channel,
                     int first, int last) {
    attr_band_reach reach = attr_band_reach_of(c);
    int advance = c->class->advance;
    b->first = first * advance + reach.first;
    read_band(b, (last - 1) * advance + reach.last + 1 - b->first, from, c, gate, gate_positive,
              gate->scale ? gate->scale + channel : NULL);
    for (int i = 0; i < c->area * lanes; ++i) b->weights[i] = c->packed[(size_t)channel * c->area + i];
    for (int lane = 0; lane < lanes; lane += vector_lanes) {
        vector_finish f = finish_of(finish, channel + lane);
        for (int k = 0; k < c->classes; ++k)
            for (int i = first; i < last && i < c->class[k].rows; ++i)
                run_row(to, positive, b, c, &c->class[k], &f, i, lane);
    }
}

void S(attr_depthwise_run)(float *to, const float *from, const attr_blocked_conv *c, const attr_gate *gate,
                           const attr_finish *finish, int count, void *scratch, size_t scratch_each, int threads) {
    size_t from_plane = (size_t)c->from_h * c->from_w * lanes, to_plane = (size_t)c->to_h * c->to_w * lanes;
    attr_span rows = attr_class_area(c, c->class, finish->wanted).rows; /* no other class has more */
    int bands = attr_parts(rows.end - rows.first, attr_depthwise_band);
    attr_band_reach reach = attr_band_reach_of(c);
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int item = 0; item < count * c->to_blocks * bands; ++item) {
        size_t plane = item / bands;
        int first = rows.first + item % bands * attr_depthwise_band;
        band b = {.weights = (real *)((char *)scratch + omp_get_thread_num() * scratch_each),
                  .length = reach.length,
                  .margin = reach.margin};
        b.rows = b.weights + (size_t)c->area * lanes;
        run_band(to + plane * to_plane, SIGNS_AT(finish->positive, plane * to_plane), &b, from + plane * from_plane,
                 SIGNS_AT(gate->positive, plane * from_plane), c, gate, finish, (int)(plane % c->to_blocks) * lanes,
                 first, smaller(first + attr_depthwise_band, rows.end));
    }
}
