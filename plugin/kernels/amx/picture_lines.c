/* What a convolution towards a picture reads, as lines. Gradients of maxima are put where the maxima were. Compiled for
 * AVX-512 with AMX. */
#include <string.h>

#include "kernels/amx/maxima.h"
#include "kernels/amx/picture.h"

/* `upper`: of the lanes of `odd` that there are, all or none. */
ALWAYS_INLINE void read_two_blocks(uint32_t *to, size_t part, const row_source *even, const row_source *odd,
                                   __mmask16 upper, int parts) {
    for (int x = 0; x < even->pixels; ++x, to += lanes) {
        halves a = halves_of(even, x, parts), b = halves_of(odd, x, parts);
        store_halves(to, part, &a, all_lanes, &b, upper, parts);
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
        read_two_maxima(to, part, even, odd ? odd : even, upper, 0, even->pixels, parts);
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
