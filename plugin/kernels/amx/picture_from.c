/* Convolutions of a picture on matrix units. Compiled for AVX-512 with AMX.
 *
 * Few channels would leave a product of 32 numbers mostly empty, so that one is made of the window of a result: a line
 * holds, column by column of the padded picture, all numbers of that column that a row of results reads, in pairs. The
 * window of a result is the columns from its first on, one after the other, and the next window starts so many columns
 * further: tiles are loaded as they lie. What is read beyond a window meets weights of 0. */
#include <omp.h>
#include <string.h>

#include "kernels/amx/parts.h"
#include "kernels/amx/picture.h"
#include "kernels/amx/pixel.h"
#include "kernels/simd/picture.h"
#include "kernels/simd/transpose.h"

enum { most_parts = attr_amx_most_parts, octet = 8 };

/* What a thread works with. */
typedef struct {
    attr_amx_windows windows;
    uint32_t *line;    /* [part][length] */
    uint32_t *weights; /* [two blocks of results][step][block][part][16][16] */
    float *rows;       /* two rows of results, [block][2][to_w][16] */
} workplace;

static workplace workplace_of(void *scratch, const attr_blocked_conv *c) {
    workplace p = {.windows = attr_amx_windows_of(c), .line = scratch};
    p.weights = p.line + (size_t)most_parts * p.windows.length;
    p.rows = (float *)(p.weights + (c->to_blocks + 1) / 2 * attr_amx_window_weights(&p.windows));
    return p;
}

/* ---- Weights */

/* The weights of number k of column x of a window for a block of results. */
static vector weights_of(const attr_blocked_conv *c, int block, int x, int k) {
    int channel = k % c->from_c, y = k / c->from_c, depth = c->from_c * c->area;
    if (x >= c->size || y >= c->size || block >= c->to_blocks) return (vector){0};
    return read_floats(c->packed + ((size_t)block * depth + channel * c->area + y * c->size + x) * lanes);
}

static void weigh(const workplace *p, const attr_blocked_conv *c) {
    uint32_t *to = p->weights;
    int pairs = p->windows.pairs;
    for (int block = 0; block < c->to_blocks; block += 2)
        for (int step = 0; step < p->windows.steps; ++step)
            for (int k = block; k < block + 2; ++k, to += most_parts * attr_amx_tile)
                for (int i = 0; i < lanes; ++i) {
                    int at = step * lanes + i, x = at / pairs, pair = at % pairs;
                    store_pair(to + i * lanes, attr_amx_tile, weights_of(c, k, x, 2 * pair),
                               weights_of(c, k, x, 2 * pair + 1), most_parts);
                }
}

/* ---- Lines */

/* Where the numbers of a column are read: number k of column x is scale x row[x], or 0 if there is no row, or no x. */
typedef struct {
    const float *row;
    float scale;
} number_source;

enum { most_numbers = 64 }; /* attr_amx_picture_from_can() */

/* Those of row i of results. */
static void find_numbers(number_source *sources, const float *from, const attr_blocked_conv *c, const float *scale,
                         int i) {
    for (int ky = 0; ky < c->size; ++ky)
        for (int channel = 0; channel < c->from_c; ++channel, ++sources) {
            int y = i * c->stride - c->pad + ky, exists = y >= 0 && y < c->from_h;
            sources->row = exists ? from + ((size_t)channel * c->from_h + y) * c->from_w : NULL;
            sources->scale = scale ? scale[channel] : 1;
        }
    if (c->size * c->from_c % 2) *sources = (number_source){NULL, 0};
}

ALWAYS_INLINE vector read_numbers(const number_source *s, int x, __mmask16 there) {
    if (!s->row) return (vector){0};
    return (vector)_mm512_maskz_loadu_ps(there, s->row + x) * s->scale;
}

/* Vectors of pairs become columns of a line: `pairs` apart, of at most eight pairs each. */
ALWAYS_INLINE void store_columns(uint32_t *to, vector square[octet], int pairs, int count) {
    __mmask16 lower = (__mmask16)((1u << count) - 1), upper = (__mmask16)(lower << octet);
    exchange(square, octet, 4);
    exchange(square, octet, 2);
    exchange(square, octet, 1);
    UNROLL for (int i = 0; i < octet; ++i) {
        _mm512_mask_storeu_epi32(to + i * pairs, lower, (__m512i)square[i]);
        _mm512_mask_storeu_epi32(to + (octet + i) * pairs - octet, upper, (__m512i)square[i]);
    }
}

/* The line that row i of results reads. */
static void read_line(const workplace *p, const float *from, const attr_blocked_conv *c, const float *scale, int i) {
    number_source sources[most_numbers];
    int pairs = p->windows.pairs;
    find_numbers(sources, from, c, scale, i);
    for (int x = 0; x < c->from_w; x += lanes)
        for (int first = 0; first < pairs; first += octet) {
            vector squares[most_parts][octet];
            int count = smaller(octet, pairs - first), left = c->from_w - x;
            __mmask16 there = left >= lanes ? 0xffff : (__mmask16)((1u << left) - 1);
            UNROLL for (int j = 0; j < octet; ++j) {
                UNROLL for (int part = 0; part < most_parts; ++part) squares[part][j] = (vector){0};
                if (j >= count) continue;
                pairs_vector lower[most_parts], upper[most_parts];
                split(lower, read_numbers(&sources[2 * (first + j)], x, there), most_parts);
                split(upper, read_numbers(&sources[2 * (first + j) + 1], x, there), most_parts);
                UNROLL for (int part = 0; part < most_parts; ++part) squares[part][j] =
                    (vector)pair_of(lower[part], upper[part]);
            }
            for (int part = 0; part < most_parts; ++part)
                store_columns(p->line + (size_t)part * p->windows.length + (size_t)(c->pad + x) * pairs + first,
                              squares[part], pairs, count);
        }
}

/* ---- Results */

/* Where results go that tiles held: from pixel `first` of a row on, of at most two blocks. */
typedef struct {
    float *to;
    attr_signs *positive;
    size_t plane;
    int blocks, pixels;
    const pixel_finish *finish; /* [blocks] */
} results;

ALWAYS_INLINE void store_pixels_of_tiles(float *to, attr_signs *positive, const float *main, const float *rest,
                                         int pixels, const pixel_finish *f, int add) {
    const pixel_finish finish = {{f->scale[0], f->scale[1]}, {f->bias[0], f->bias[1]}, f->slope, add, 0};
    for (int i = 0; i < pixels; ++i, main += lanes, rest += lanes, to += lanes) {
        doubles sums[2], small[2];
        read_sums(sums, main, 0, 1);
        read_sums(small, rest, 0, 1);
        UNROLL for (int half = 0; half < 2; ++half) sums[half] += small[half];
        store_pixel(to, positive ? positive + i : NULL, sums, &finish);
    }
}

static void store_results(const results *r, float tiles[4][attr_amx_tile], int first) {
    for (int k = 0; k < 2; ++k) {
        int block = r->blocks == 2 ? k : 0, pixel = first + (r->blocks == 2 ? 0 : k * attr_amx_rows);
        int pixels = smaller(attr_amx_rows, r->pixels - pixel);
        size_t at = block * r->plane + (size_t)pixel * lanes;
        const float *main = tiles[2 * k], *rest = tiles[2 * k + 1];
        const pixel_finish *f = &r->finish[block];
        attr_signs *positive = SIGNS_AT(r->positive, at);
        if (!positive && !f->add)
            store_pixels_of_tiles(r->to + at, NULL, main, rest, pixels, f, 0);
        else
            store_pixels_of_tiles(r->to + at, positive, main, rest, pixels, f, f->add);
    }
}

/* A row, of two blocks or of one: results are stored while the next ones are summed. */
static void multiply_row(const results *r, const workplace *p, const attr_blocked_conv *c, const uint32_t *weights) {
    float tiles[2][4][attr_amx_tile] __attribute__((aligned(64)));
    const attr_amx_windows *w = &p->windows;
    int row = c->stride * w->pairs, step = r->blocks == 2 ? attr_amx_rows : 2 * attr_amx_rows;
    for (int first = 0, k = 0; first < r->pixels; first += step, k = !k) {
        attr_amx_multiply_windows(tiles[k], p->line + (size_t)first * row, weights, w->steps, w->length, row,
                                  r->blocks);
        if (first > 0) store_results(r, tiles[!k], first - step);
        if (first + step >= r->pixels) store_results(r, tiles[k], first);
    }
}

static void make_row(float *to, attr_signs *positive, size_t plane, const float *from, const void *workplace_of_thread,
                     const attr_blocked_conv *c, const attr_gate *gate, const attr_finish *finish, int i) {
    const workplace *p = workplace_of_thread;
    read_line(p, from, c, gate->scale, i);
    for (int block = 0; block < c->to_blocks; block += 2) {
        size_t at = block * plane;
        pixel_finish finishes[2];
        results r = {to + at, SIGNS_AT(positive, at), plane, smaller(2, c->to_blocks - block), c->to_w, finishes};
        for (int k = 0; k < r.blocks; ++k) finishes[k] = pixel_finish_of(finish, (block + k) * lanes);
        multiply_row(&r, p, c, p->weights + block / 2 * attr_amx_window_weights(&p->windows));
    }
}

void attr_amx_picture_from_run(float *to, const float *from, const attr_blocked_conv *c, const attr_gate *gate,
                               const attr_finish *finish, int count, void *scratch, size_t scratch_each, int threads) {
#pragma omp parallel num_threads(threads)
    {
        workplace p = workplace_of((char *)scratch + omp_get_thread_num() * scratch_each, c);
        memset(p.line, 0, (size_t)most_parts * p.windows.length * sizeof *p.line);
        weigh(&p, c);
        attr_amx_begin();
#pragma omp for schedule(static)
        for (int item = 0; item < items_of(c, finish, count); ++item)
            store_item(to, from, p.rows, make_row, &p, c, gate, finish, item);
        attr_amx_end();
    }
}
