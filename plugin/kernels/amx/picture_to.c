/* Convolutions towards a picture on matrix units. Compiled for AVX-512 with AMX.
 *
 * A picture has too few channels to fill the columns of a tile, so that those are the channels of four pixels side by
 * side: row r of a tile is the pixels 4 r .. 4 r + 3 of a class. What any of them reads is multiplied by the weights of
 * all; for a pixel that it is no neighbour of they are 0.
 *
 * Gradients of maxima are put where the maxima were when they are read. */
#include <omp.h>
#include <string.h>

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

/* ---- Lines: [row][pair][part][length][16] */

/* A row of a block of channels, of gradients or, with indexes, of gradients of maxima: from that of the first window on
 * whose pixels are in the row. */
typedef struct {
    const float *values, *scale;
    const attr_signs *positive;
    const int *indexes;
    float slope;
    int first, pixels; /* the place of its first pixel in the plane; so many may be other than 0 */
} row_source;

static row_source row_source_of(const float *from, const attr_blocked_conv *c, const attr_gate *gate, int sample,
                                int block, int y) {
    const attr_pooling *p = gate->pooling;
    size_t plane = (p ? (size_t)p->h * p->w : (size_t)c->from_h * c->from_w) * lanes;
    size_t at = (sample * (size_t)c->from_blocks + block) * plane;
    row_source s = {.slope = gate->slope, .first = y * c->from_w, .pixels = c->from_w};
    at += p ? (size_t)(y / 2) * p->w * lanes : (size_t)y * c->from_w * lanes;
    s.values = from + at;
    s.positive = SIGNS_AT(gate->positive, at);
    if (gate->scale) s.scale = gate->scale + block * lanes;
    if (!p) return s;
    s.indexes = p->indexes + at;
    s.pixels = y / 2 < p->h ? smaller(c->from_w, 2 * p->w) : 0;
    return s;
}

/* A value as the lower and the upper half of pairs. */
typedef struct {
    pairs_vector lower[attr_amx_most_parts], upper[attr_amx_most_parts];
} halves;

ALWAYS_INLINE halves halves_of(const row_source *s, int i, int parts) {
    halves h;
    split(h.lower, read_values(s->values + i * lanes, s->positive ? s->positive + i : NULL, 0, s->slope, s->scale),
          parts);
    UNROLL for (int k = 0; k < parts; ++k) {
        h.upper[k] = h.lower[k] & 0xffff0000;
        h.lower[k] >>= 16;
    }
    return h;
}

/* The pair of one value where `lower` says, else 0, and another where `upper` says. */
ALWAYS_INLINE void store_halves(uint32_t *to, size_t part, const halves *a, __mmask16 lower, const halves *b,
                                __mmask16 upper, int parts) {
    UNROLL for (int k = 0; k < parts; ++k) {
        __m512i pair = _mm512_maskz_mov_epi32(lower, (__m512i)a->lower[k]);
        _mm512_store_si512(to + k * part, _mm512_mask_or_epi32(pair, upper, pair, (__m512i)b->upper[k]));
    }
}

/* Where the maximum of window i is pixel x of the row. */
ALWAYS_INLINE __mmask16 maxima_at(const row_source *s, int i, int x) {
    return _mm512_cmpeq_epi32_mask(_mm512_load_si512(s->indexes + i * lanes), _mm512_set1_epi32(s->first + x));
}

enum { all_lanes = 0xffff };

/* `upper`: of the lanes of `odd` that there are, all or none. */
ALWAYS_INLINE void read_two_blocks(uint32_t *to, size_t part, const row_source *even, const row_source *odd,
                                   __mmask16 upper, int parts) {
    for (int x = 0; x < even->pixels; ++x, to += lanes) {
        halves a = halves_of(even, x, parts), b = halves_of(odd, x, parts);
        store_halves(to, part, &a, all_lanes, &b, upper, parts);
    }
}

ALWAYS_INLINE void read_two_maxima(uint32_t *to, size_t part, const row_source *even, const row_source *odd,
                                   __mmask16 upper, int parts) {
    for (int x = 0; x < even->pixels; x += 2, to += 2 * lanes) {
        halves a = halves_of(even, x / 2, parts), b = halves_of(odd, x / 2, parts);
        for (int i = 0; i < 2 && x + i < even->pixels; ++i)
            store_halves(to + i * lanes, part, &a, maxima_at(even, x / 2, x + i), &b,
                         maxima_at(odd, x / 2, x + i) & upper, parts);
    }
}

/* The pair of pixel x is that of x and x + 1; the first one's is that of -1. */
ALWAYS_INLINE void read_single_block(uint32_t *to, size_t part, const row_source *s, int parts) {
    halves before = {{{0}}, {{0}}};
    for (int x = 0; x < s->pixels; ++x, to += lanes) {
        halves here = halves_of(s, x, parts);
        store_halves(to - lanes, part, &before, all_lanes, &here, all_lanes, parts);
        before = here;
    }
    store_halves(to - lanes, part, &before, all_lanes, &before, 0, parts);
}

ALWAYS_INLINE void read_single_maxima(uint32_t *to, size_t part, const row_source *s, int parts) {
    halves before = {{{0}}, {{0}}};
    __mmask16 right = 0;
    for (int x = 0; x < s->pixels; x += 2, to += 2 * lanes) {
        halves here = halves_of(s, x / 2, parts);
        __mmask16 left = maxima_at(s, x / 2, x);
        store_halves(to - lanes, part, &before, right, &here, left, parts);
        right = x + 1 < s->pixels ? maxima_at(s, x / 2, x + 1) : 0;
        store_halves(to, part, &here, left, &here, right, parts);
        before = here;
    }
    if (s->pixels % 2 == 0) store_halves(to - lanes, part, &before, right, &before, 0, parts);
}

ALWAYS_INLINE void read_sources(uint32_t *to, size_t part, const row_source *even, const row_source *odd,
                                int single_block, int parts) {
    __mmask16 upper = odd ? all_lanes : 0;
    if (single_block && even->indexes)
        read_single_maxima(to, part, even, parts);
    else if (single_block)
        read_single_block(to, part, even, parts);
    else if (even->indexes)
        read_two_maxima(to, part, even, odd ? odd : even, upper, parts);
    else
        read_two_blocks(to, part, even, odd ? odd : even, upper, parts);
}

static void clear(uint32_t *to, const attr_amx_band *b, int parts, int first, int end) {
    for (int k = 0; k < parts; ++k)
        memset(to + k * b->part + (size_t)first * lanes, 0, (size_t)(end - first) * lanes * sizeof *to);
}

/* A line of the blocks block and block + 1. */
static void read_line(uint32_t *to, const attr_amx_band *b, const float *from, const attr_blocked_conv *c,
                      const attr_gate *gate, int sample, int block, int y) {
    int both = block + 1 < c->from_blocks, single_block = c->from_blocks == 1;
    row_source even = {0}, odd = {0};
    if (y >= 0 && y < c->from_h) even = row_source_of(from, c, gate, sample, block, y);
    if (y >= 0 && y < c->from_h && both) odd = row_source_of(from, c, gate, sample, block + 1, y);
    clear(to, b, c->parts, 0, b->margin);
    clear(to, b, c->parts, b->margin + even.pixels, b->length);
    if (even.pixels == 0) return;
    to += b->margin * lanes;
    if (c->parts == 1)
        read_sources(to, b->part, &even, both ? &odd : NULL, single_block, 1);
    else
        read_sources(to, b->part, &even, both ? &odd : NULL, single_block, attr_amx_most_parts);
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
    int rows = smaller(last, class->rows) - first, all = rows * ((class->columns + strip - 1) / strip);
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

static void read_band(uint32_t *lines, const attr_amx_band *b, const float *from, const attr_blocked_conv *c,
                      const attr_gate *gate, int sample, int first, int last) {
    for (int y = first + b->first; y < last + b->last; ++y)
        for (int block = 0; block < c->from_blocks; block += 2, lines += c->parts * b->part)
            read_line(lines, b, from, c, gate, sample, block, y);
}

void attr_amx_picture_to_run(float *to, const float *from, const attr_blocked_conv *c, const attr_gate *gate,
                             const attr_finish *finish, int count, void *scratch, size_t scratch_each, int threads) {
    attr_amx_band b = attr_amx_band_of(c);
    int bands = (c->class->rows + b.rows - 1) / b.rows;
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
            int sample = item / bands, first = item % bands * b.rows, last = smaller(first + b.rows, c->class->rows);
            float *picture = to + (size_t)sample * c->to_c * c->to_h * c->to_w;
            read_band(lines, &b, from, c, gate, sample, first, last);
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
