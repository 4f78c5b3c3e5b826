/* Rows of gradients, or of gradients of maxima put where the maxima were, taken apart. For files compiled for AVX-512.
 */
#ifndef ATTR_KERNELS_AMX_MAXIMA_H
#define ATTR_KERNELS_AMX_MAXIMA_H

#include "kernels/amx/parts.h"

/* A row of a block of channels, of gradients or, with indexes, of gradients of maxima: from that of the first window on
 * whose pixels are in the row. */
typedef struct {
    const float *values, *scale;
    const attr_signs *positive;
    const int *indexes;
    float slope;
    int first, pixels; /* the place of its first pixel in the plane; so many may be other than 0 */
} row_source;

static inline row_source row_source_of(const float *from, const attr_blocked_conv *c, const attr_gate *gate, int sample,
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

/* The pixels first .. end-1 of a row of windows. `upper`: of the lanes of `odd` that there are, all or none. */
ALWAYS_INLINE void read_two_maxima(uint32_t *to, size_t part, const row_source *even, const row_source *odd,
                                   __mmask16 upper, int first, int end, int parts) {
    for (int x = first; x < end;) {
        int window = x / 2;
        halves a = halves_of(even, window, parts), b = halves_of(odd, window, parts);
        do {
            store_halves(to, part, &a, maxima_at(even, window, x), &b, maxima_at(odd, window, x) & upper, parts);
            to += lanes;
        } while (++x % 2 && x < end);
    }
}

#endif
