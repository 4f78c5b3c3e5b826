/* What a convolution towards a picture reads, as lines. Gradients of maxima are put where the maxima were. Compiled for
 * AVX-512 with AMX. */
#include <string.h>

#include "kernels/amx/parts.h"
#include "kernels/amx/picture.h"

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

void attr_amx_read_band(uint32_t *lines, const attr_amx_band *b, const float *from, const attr_blocked_conv *c,
                        const attr_gate *gate, int sample, int first, int last) {
    for (int y = first + b->first; y < last + b->last; ++y)
        for (int block = 0; block < c->from_blocks; block += 2, lines += c->parts * b->part)
            read_line(lines, b, from, c, gate, sample, block, y);
}
