/* Convolutions towards a picture on matrix units. Compiled for AVX-512 with AMX.
 *
 * A picture has too few channels to fill the columns of a tile, so that those are the channels of four pixels side by
 * side: row r of a tile is the pixels 4 r .. 4 r + 3 of a class. What any of them reads is multiplied by the weights of
 * all; for a pixel that it is no neighbour of they are 0. */
#include <omp.h>

#include "kernels/amx/parts.h"
#include "kernels/amx/picture.h"
#include "kernels/simd/picture.h"

enum { group = attr_amx_group, strip = attr_amx_strip, strips_at_once = 4 };

/* ---- Weights: [class][step][part][16 channels][4 pixels][attr_thin] */

/* Of channel `from` towards the four pixels, if tap (dy, dx) is that of the first. */
static vector weights_of(const attr_blocked_conv *c, const attr_pixel_class *class, int from, int dy, int dx) {
    vector weights = {0};
    for (int t = 0; t < class->taps && from < c->from_c; ++t) {
        int pixel = dx - class->dx[t];
        if (class->dy[t] != dy || pixel < 0 || pixel >= group) continue;
        const float *packed = c->packed + ((size_t)from * c->area + class->tap[t]) * attr_thin;
        for (int k = 0; k < attr_thin; ++k) weights[pixel * attr_thin + k] = packed[k];
    }
    return weights;
}

static void weigh(uint32_t *to, const attr_blocked_conv *c, const attr_pixel_class *class, const attr_amx_reach *r) {
    int step = c->parts * attr_amx_tile, single = r->advance == 2;
    for (int i = 0; i < r->rows * r->pairs * r->pixels; ++i, to += step)
        for (int lane = 0; lane < lanes; ++lane) {
            int dy = r->dy + i / (r->pairs * r->pixels), dx = r->dx + i % r->pixels * r->advance;
            int from = 2 * (i / r->pixels % r->pairs) * lanes + lane;
            vector even = weights_of(c, class, from, dy, dx);
            vector odd = single ? weights_of(c, class, from, dy, dx + 1) : weights_of(c, class, from + lanes, dy, dx);
            if (c->parts == 1)
                store_pair(to + lane * lanes, attr_amx_tile, even, odd, 1);
            else
                store_pair(to + lane * lanes, attr_amx_tile, even, odd, attr_amx_most_parts);
        }
}

/* ---- Products */

/* Four strips, which may be in different rows: where their first row's first step reads, and where they are. */
typedef struct {
    const uint32_t *values[strips_at_once];
    int i[strips_at_once], j[strips_at_once], count;
} strips;

enum { values_row = group * lanes * sizeof(uint32_t) };

/* One part of the values of a strip times the first `weights` parts of the weights, which are in tiles 7, 6 and 5. */
#define MULTIPLY_STRIP(tile, values, weights)                                                                          \
    do {                                                                                                               \
        _tile_loadd(4, (values), values_row);                                                                          \
        _tile_dpbf16ps(tile, 4, 7);                                                                                    \
        if ((weights) > 1) _tile_dpbf16ps(tile, 4, 6);                                                                 \
        if ((weights) > 2) _tile_dpbf16ps(tile, 4, 5);                                                                 \
    } while (0)

/* A strip's sums wait for each other, four strips' do not. */
#define MULTIPLY_STRIPS(strips, at, weights)                                                                           \
    do {                                                                                                               \
        MULTIPLY_STRIP(0, (strips)->values[0] + (at), weights);                                                        \
        MULTIPLY_STRIP(1, (strips)->values[1] + (at), weights);                                                        \
        MULTIPLY_STRIP(2, (strips)->values[2] + (at), weights);                                                        \
        MULTIPLY_STRIP(3, (strips)->values[3] + (at), weights);                                                        \
    } while (0)

ALWAYS_INLINE void multiply(float sums[strips_at_once][attr_amx_tile], const strips *s, const uint32_t *weights,
                            const attr_amx_band *b, const attr_amx_reach *r, int parts) {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    for (int y = 0; y < r->rows; ++y)
        for (int k = 0; k < r->pairs; ++k)
            for (int x = 0; x < r->pixels; ++x, weights += parts * attr_amx_tile) {
                size_t at = y * b->row + k * parts * b->part + (size_t)(x * r->advance) * lanes;
                _tile_loadd(7, weights, 64);
                if (parts > 1) {
                    _tile_loadd(6, weights + attr_amx_tile, 64);
                    _tile_loadd(5, weights + 2 * attr_amx_tile, 64);
                    MULTIPLY_STRIPS(s, at + 2 * b->part, 1);
                    MULTIPLY_STRIPS(s, at + b->part, 2);
                }
                MULTIPLY_STRIPS(s, at, parts);
            }
    _tile_stored(0, sums[0], 64);
    _tile_stored(1, sums[1], 64);
    _tile_stored(2, sums[2], 64);
    _tile_stored(3, sums[3], 64);
    __asm__ volatile("" ::: "memory"); /* the compiler does not know that tiles were stored */
}

static void store_strips(float *to, float sums[strips_at_once][attr_amx_tile], const strips *s,
                         const attr_blocked_conv *c, const attr_pixel_class *class, const attr_finish *finish) {
    size_t plane = (size_t)c->to_h * c->to_w;
    for (int k = 0; k < s->count; ++k) {
        int n = smaller(strip, class->columns - s->j[k]);
        size_t at = (size_t)(class->first_y + s->i[k] * class->step) * c->to_w + class->first_x;
        at += (size_t)s->j[k] * class->step;
        for (int channel = 0; channel < c->to_c; ++channel) {
            float line[strip];
            for (int x = 0; x < strip; ++x) line[x] = sums[k][x * attr_thin + channel];
            store_row(to + channel * plane + at, line, finish, channel, n, class->step);
        }
    }
}

/* Rows first .. last-1 of a class of a sample; the band begins with what the first one reads first. */
static void run_class(float *to, const uint32_t *lines, const uint32_t *weights, const attr_amx_band *b,
                      const attr_blocked_conv *c, const attr_pixel_class *class, const attr_amx_reach *r,
                      const attr_finish *finish, int first, int last) {
    float sums[strips_at_once][attr_amx_tile] __attribute__((aligned(64)));
    int rows = smaller(last, class->rows) - first, all = rows * attr_parts(class->columns, strip);
    for (int k = 0; k < all; k += strips_at_once) {
        strips s = {.count = smaller(strips_at_once, all - k)};
        for (int m = 0; m < strips_at_once; ++m) {
            int at = smaller(k + m, all - 1); /* what is beyond the last is multiplied, and not stored */
            s.i[m] = first + at % rows;
            s.j[m] = at / rows * strip;
            s.values[m] =
                lines + (at % rows + r->dy - b->first) * b->row + (size_t)(b->margin + s.j[m] + r->dx) * lanes;
        }
        if (c->parts == 1)
            multiply(sums, &s, weights, b, r, 1);
        else
            multiply(sums, &s, weights, b, r, attr_amx_most_parts);
        store_strips(to, sums, &s, c, class, finish);
    }
}

/* ---- A run */

void attr_amx_picture_to_run(float *to, const float *from, const attr_blocked_conv *c, const attr_gate *gate,
                             const attr_finish *finish, int count, void *scratch, size_t scratch_each, int threads) {
    attr_amx_band b = attr_amx_band_of(c);
    attr_span rows = attr_class_area(c, c->class, finish->wanted).rows; /* no other class has more */
    int bands = attr_parts(rows.end - rows.first, b.rows);
#pragma omp parallel num_threads(threads)
    {
        uint32_t *lines = (uint32_t *)((char *)scratch + omp_get_thread_num() * scratch_each);
        uint32_t *weights = lines + attr_amx_band_lines(&b), *next = weights;
        for (int k = 0; k < c->classes; ++k) {
            attr_amx_reach r = attr_amx_reach_of(c, &c->class[k]);
            weigh(next, c, &c->class[k], &r);
            next += attr_amx_reach_weights(&r, c->parts);
        }
        attr_amx_begin();
#pragma omp for schedule(dynamic)
        for (int item = 0; item < count * bands; ++item) {
            int sample = item / bands, first = rows.first + item % bands * b.rows;
            int last = smaller(first + b.rows, rows.end);
            float *picture = to + (size_t)sample * c->to_c * c->to_h * c->to_w;
            attr_amx_read_band(lines, &b, from, c, gate, sample, first, last);
            next = weights;
            for (int k = 0; k < c->classes; ++k) {
                attr_amx_reach r = attr_amx_reach_of(c, &c->class[k]);
                run_class(picture, lines, next, &b, c, &c->class[k], &r, finish, first, last);
                next += attr_amx_reach_weights(&r, c->parts);
            }
        }
        attr_amx_end();
    }
}
