/* What matrix units multiply: values as lines, weights as tiles. Compiled for AVX-512 with AMX. */
#include <string.h>

#include "kernels/amx/amx.h"
#include "kernels/amx/maxima.h"
#include "kernels/simd/simd.h"
#include "kernels/simd/transpose.h"

/* ---- Values */

/* What a line is read from: a block of channels and the next one, or NULL. */
typedef struct {
    const float *even, *odd, *even_scale, *odd_scale;
    const attr_signs *even_positive, *odd_positive;
    float slope;
} source;

ALWAYS_INLINE void read_pixels(uint32_t *to, size_t part, const source *s, ptrdiff_t pixel, int step, int n, int gated,
                               int scaled, int both, int parts) {
    for (int i = 0; i < n; ++i, to += lanes, pixel += step) {
        vector even = read_values(s->even + pixel * lanes, gated ? s->even_positive + pixel : NULL, 0, s->slope,
                                  scaled ? s->even_scale : NULL);
        vector odd = {0};
        if (both)
            odd = read_values(s->odd + pixel * lanes, gated ? s->odd_positive + pixel : NULL, 0, s->slope,
                              scaled ? s->odd_scale : NULL);
        store_pair(to, part, even, odd, parts);
    }
}

ALWAYS_INLINE void read_parts(uint32_t *to, size_t part, const source *s, ptrdiff_t pixel, int step, int n, int parts) {
    int gated = s->even_positive != NULL, scaled = s->even_scale != NULL;
    if (!s->odd)
        read_pixels(to, part, s, pixel, step, n, gated, scaled, 0, parts);
    else if (!gated && !scaled)
        read_pixels(to, part, s, pixel, step, n, 0, 0, 1, parts);
    else if (!gated)
        read_pixels(to, part, s, pixel, step, n, 0, 1, 1, parts);
    else if (!scaled)
        read_pixels(to, part, s, pixel, step, n, 1, 0, 1, parts);
    else
        read_pixels(to, part, s, pixel, step, n, 1, 1, 1, parts);
}

static void read_run(uint32_t *to, size_t part, const source *s, ptrdiff_t pixel, int step, int n, int parts) {
    if (parts == 3)
        read_parts(to, part, s, pixel, step, n, 3);
    else if (parts == 2)
        read_parts(to, part, s, pixel, step, n, 2);
    else
        read_parts(to, part, s, pixel, step, n, 1);
}

/* `pixels` pixels of a row from x on, each with the next one; if there is one `before`, place `to` - 1, it gets the
 * first as its next. */
ALWAYS_INLINE void read_next(uint32_t *to, size_t part, const row_source *s, int x, int pixels, int before, int parts) {
    const halves none = {{{0}}, {{0}}};
    halves here = halves_of(s, x, parts);
    if (before) store_halves(to - lanes, part, &none, 0, &here, all_lanes, parts);
    for (int i = 0; i < pixels; ++i, to += lanes) {
        halves next = x + i + 1 < s->pixels ? halves_of(s, x + i + 1, parts) : none;
        store_halves(to, part, &here, all_lanes, &next, all_lanes, parts);
        here = next;
    }
}

static void read_pixels_and_next(uint32_t *to, size_t part, const float *from, const attr_unit_block *u,
                                 const attr_gate *gate, int sample, int y, int x, int pixels, int before) {
    row_source s = row_source_of(from, u->conv, gate, sample, 0, y);
    if (u->conv->parts == 3)
        read_next(to, part, &s, x, pixels, before, 3);
    else if (u->conv->parts == 2)
        read_next(to, part, &s, x, pixels, before, 2);
    else
        read_next(to, part, &s, x, pixels, before, 1);
}

/* `pixels` pixels of row y of gradients of maxima, from column x on. Returns how many there are. */
static int read_maxima(uint32_t *to, size_t part, const float *from, const attr_unit_block *u, const attr_gate *gate,
                       int sample, int block, int y, int x, int pixels) {
    const attr_blocked_conv *c = u->conv;
    int both = block + 1 < c->from_blocks;
    row_source even = row_source_of(from, c, gate, sample, block, y);
    row_source odd = both ? row_source_of(from, c, gate, sample, block + 1, y) : even;
    __mmask16 upper = both ? all_lanes : 0;
    if (pixels > even.pixels - x) pixels = even.pixels > x ? even.pixels - x : 0;
    if (c->parts == 3)
        read_two_maxima(to, part, &even, &odd, upper, x, x + pixels, 3);
    else if (c->parts == 2)
        read_two_maxima(to, part, &even, &odd, upper, x, x + pixels, 2);
    else
        read_two_maxima(to, part, &even, &odd, upper, x, x + pixels, 1);
    return pixels;
}

static void clear(uint32_t *to, size_t part, int n, int parts) {
    for (int k = 0; k < parts; ++k) memset(to + k * part, 0, (size_t)n * lanes * sizeof *to);
}

static source source_of(const float *from, const attr_unit_block *u, const attr_gate *gate, int sample, int block) {
    const attr_blocked_conv *c = u->conv;
    size_t plane = (size_t)c->from_h * c->from_w * lanes, at = sample * u->from_sample + block * plane;
    source s = {.even = from + at, .even_positive = SIGNS_AT(gate->positive, at), .slope = gate->slope};
    if (gate->scale) s.even_scale = gate->scale + block * lanes;
    if (block + 1 == c->from_blocks) return s;
    s.odd = s.even + plane;
    s.odd_positive = SIGNS_AT(gate->positive, at + plane);
    if (gate->scale) s.odd_scale = s.even_scale + lanes;
    return s;
}

/* n numbers of the line of a plane from place q on, of blocks block and block + 1. */
static void read_line(uint32_t *to, size_t part, const float *from, const attr_unit_block *u, const attr_gate *gate,
                      const attr_amx_lines *l, int plane, int block, int q, int n) {
    const attr_blocked_conv *c = u->conv;
    int a = u->class->advance, y0 = l->remainders[plane] / a, x0 = l->remainders[plane] % a;
    int width = (c->from_w - x0 + a - 1) / a;
    const uint32_t *begin = to;
    if (width > l->width) width = l->width;
    while (n > 0) {
        int before = q < 0, column = before ? l->pitch + q : q % l->pitch, many = before ? -q : l->pitch - column;
        attr_amx_row row = attr_amx_row_of(l, before ? 0 : q / l->pitch);
        int sample = row.sample, i = row.i;
        int pixels = width > column ? width - column : 0;
        if (many > n) many = n;
        if (before || sample >= l->end_sample || i >= l->height || i * a + y0 >= c->from_h) pixels = 0;
        if (pixels > many) pixels = many;
        if (pixels > 0 && attr_amx_pairs_pixels(c)) {
            int behind_zeros = to > begin && column == 0 && l->pitch > width;
            read_pixels_and_next(to, part, from, u, gate, sample, i, column, pixels, behind_zeros);
        } else if (pixels > 0 && gate->pooling) {
            pixels = read_maxima(to, part, from, u, gate, sample, block, i + y0, column + x0, pixels);
        } else if (pixels > 0) {
            source s = source_of(from, u, gate, sample, block);
            read_run(to, part, &s, (ptrdiff_t)(i * a + y0) * c->from_w + column * a + x0, a, pixels, c->parts);
        }
        clear(to + (size_t)pixels * lanes, part, many - pixels, c->parts);
        to += (size_t)many * lanes;
        q += many;
        n -= many;
    }
}

void attr_amx_read(uint32_t *values, const float *from, const attr_unit_block *u, const attr_gate *gate,
                   const attr_amx_lines *l, int block, int blocks) {
    int line = attr_amx_line(l, u->count), parts = u->conv->parts;
    size_t part = (size_t)line * lanes;
    for (int pair = 0; pair < blocks; pair += 2)
        for (int plane = 0; plane < l->planes; ++plane, values += parts * part)
            read_line(values, part, from, u, gate, l, plane, block + pair, u->first + l->first, line);
}

/* ---- Weights */

ALWAYS_INLINE void weigh_square(uint32_t *to, const float *even, const float *odd, int exchanged, int parts) {
    vector lower[lanes], upper[lanes];
    UNROLL for (int i = 0; i < lanes; ++i) {
        lower[i] = read_floats(even + i * lanes);
        upper[i] = (vector){0};
        if (odd) upper[i] = read_floats(odd + i * lanes);
    }
    if (exchanged && parts == 1) { /* pairs are exchanged together */
        UNROLL for (int i = 0; i < lanes; ++i) {
            pairs_vector pairs[attr_amx_most_parts];
            pair_up(pairs, lower[i], upper[i], 1);
            lower[i] = (vector)pairs[0];
        }
        transpose(lower);
        UNROLL for (int i = 0; i < lanes; ++i) * (pairs_vector *)(to + i * lanes) = (pairs_vector)lower[i];
        return;
    }
    if (exchanged) {
        transpose(lower);
        transpose(upper);
    }
    UNROLL for (int i = 0; i < lanes; ++i) store_pair(to + i * lanes, attr_amx_tile, lower[i], upper[i], parts);
}

static void weigh_any(uint32_t *to, const float *even, const float *odd, int exchanged, int parts) {
    if (parts == 3)
        weigh_square(to, even, odd, exchanged, 3);
    else if (parts == 2)
        weigh_square(to, even, odd, exchanged, 2);
    else
        weigh_square(to, even, odd, exchanged, 1);
}

void attr_amx_weigh(uint32_t *to, const attr_unit_block *u, int column, int block, int blocks) {
    const attr_blocked_conv *c = u->conv;
    const attr_pixel_class *class = u->class;
    int times = attr_amx_times(c, class);
    for (int j = block; j < block + blocks; j += 2)
        for (int time = 0; time < times; ++time) {
            attr_amx_taps taps = attr_amx_taps_of(c, time);
            for (int k = column / lanes; k < (column + c->simd->columns) / lanes; ++k, to += c->parts * attr_amx_tile) {
                if (k >= c->to_blocks) continue;
                const float *even = attr_packed_square(c, 0, j, k, class->tap[taps.first]), *odd = NULL;
                if (taps.second >= 0) odd = attr_packed_square(c, 0, j, k, class->tap[taps.second]);
                if (j + 1 < c->from_blocks) odd = attr_packed_square(c, 0, j + 1, k, class->tap[taps.first]);
                weigh_any(to, even, odd, c->transposed, c->parts);
            }
        }
}
