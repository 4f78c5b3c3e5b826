/* The inner product on tiles. Compiled for AVX-512 with AMX. */
#include <string.h>

#include "kernels/amx/amx.h"
#include "kernels/simd/simd.h"

typedef double doubles __attribute__((vector_size(64), aligned(64), may_alias));

/* All tiles have 16 rows of 64 bytes. */
void attr_amx_begin(void) {
    /* In memory whatever the compiler knows of the instruction, which is little. */
    static const struct {
        uint8_t palette, start, reserved[14];
        uint16_t row_bytes[16];
        uint8_t rows[16];
    } configuration = {
        .palette = 1, .row_bytes = {64, 64, 64, 64, 64, 64, 64, 64}, .rows = {16, 16, 16, 16, 16, 16, 16, 16}};
    _tile_loadconfig(&configuration);
}

void attr_amx_end(void) {
    _tile_release();
}

/* ---- Three parts, sums in double precision. Tiles 0 and 2 are sums with the products of high parts, 1 and 3 sums of
 * small ones; 4 to 6 are parts of values, 7 one of weights. */

enum { two_tiles = 2 * attr_amx_tile };

/* What tiles held, to be added to sums in double precision: rows of the first pair of tiles, then of the second. */
typedef struct {
    const float (*tiles)[attr_amx_tile]; /* main and rest of the first columns, then of the second */
    double *sums;
    const double *before; /* what is added to: the sums, or as many zeros */
} pending;

/* Nothing if p is NULL. */
ALWAYS_INLINE void add_row(const pending *p, int row) {
    if (!p) return;
    const float *main = p->tiles[row / attr_amx_rows * 2] + row % attr_amx_rows * lanes, *rest = main + attr_amx_tile;
    UNROLL for (int half = 0; half < lanes; half += 8) {
        doubles sum = (doubles)_mm512_cvtps_pd(_mm256_load_ps(main + half)) +
                      (doubles)_mm512_cvtps_pd(_mm256_load_ps(rest + half));
        *(doubles *)(p->sums + row * lanes + half) = sum + *(const doubles *)(p->before + row * lanes + half);
    }
}

/* A tile product takes sixteen cycles and no vector unit: in between, rows of the tiles before are added, if there are
 * any left. Small products are summed first. */
#define MULTIPLY_THREE_PARTS(main, rest, weights, p, row)                                                              \
    do {                                                                                                               \
        _tile_loadd(7, (weights), 64);                                                                                 \
        _tile_dpbf16ps(rest, 6, 7);                                                                                    \
        add_row(p, row);                                                                                               \
        add_row(p, (row) + 1);                                                                                         \
        _tile_dpbf16ps(rest, 5, 7);                                                                                    \
        add_row(p, (row) + 2);                                                                                         \
        _tile_dpbf16ps(main, 4, 7);                                                                                    \
        add_row(p, (row) + 3);                                                                                         \
        _tile_loadd(7, (weights) + attr_amx_tile, 64);                                                                 \
        _tile_dpbf16ps(rest, 5, 7);                                                                                    \
        add_row(p, (row) + 4);                                                                                         \
        add_row(p, (row) + 5);                                                                                         \
        _tile_dpbf16ps(rest, 4, 7);                                                                                    \
        add_row(p, (row) + 6);                                                                                         \
        _tile_loadd(7, (weights) + 2 * attr_amx_tile, 64);                                                             \
        _tile_dpbf16ps(rest, 4, 7);                                                                                    \
        add_row(p, (row) + 7);                                                                                         \
    } while (0)

/* Step i of a strip whose values are `at` numbers further. In the first two steps all rows are added. After the last
 * one the tiles are stored, each as soon as it can be. */
ALWAYS_INLINE void multiply_step(float stored[4][attr_amx_tile], const attr_amx_step *step, int i, size_t at,
                                 size_t part, const pending *p, int tiles, int last) {
    const uint32_t *values = step->values + at, *weights = step->weights;
    const pending *adding = i < 2 ? p : NULL;
    int row = i * 8 * tiles;
    _tile_loadd(4, values, 64);
    _tile_loadd(5, values + part, 64);
    _tile_loadd(6, values + 2 * part, 64);
    MULTIPLY_THREE_PARTS(0, 1, weights, adding, row);
    if (last) {
        _tile_stored(0, stored[0], 64);
        _tile_stored(1, stored[1], 64);
    }
    if (tiles == 1) return;
    MULTIPLY_THREE_PARTS(2, 3, weights + 3 * attr_amx_tile, adding, row + 8);
    if (last) {
        _tile_stored(2, stored[2], 64);
        _tile_stored(3, stored[3], 64);
    }
}

/* All steps of a strip, into tiles that start at 0, while the rows of p are added. */
ALWAYS_INLINE void multiply_strip(float stored[4][attr_amx_tile], const attr_amx_step *steps, int count, size_t at,
                                  size_t part, const pending *p, int tiles) {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    UNROLL for (int i = 0; i < count; ++i) multiply_step(stored, &steps[i], i, at, part, p, tiles, i == count - 1);
    for (int row = 8 * tiles; count == 1 && row < 16 * tiles; ++row) add_row(p, row);
    __asm__ volatile("" ::: "memory"); /* the compiler does not know that tiles were stored */
}

ALWAYS_INLINE void multiply_strips(double *sums, const attr_amx_step *steps, int count, int strips, size_t part,
                                   int tiles, int fresh) {
    static const double zeros[two_tiles] __attribute__((aligned(64)));
    float stored[2][4][attr_amx_tile] __attribute__((aligned(64)));
    double nowhere[two_tiles] __attribute__((aligned(64)));
    pending p = {stored[1], nowhere, zeros};
    memset(stored[1], 0, sizeof stored[1]);
    __asm__ volatile("" ::: "memory");
    for (int strip = 0; strip < strips; ++strip, sums += two_tiles) {
        multiply_strip(stored[strip % 2], steps, count, (size_t)strip * attr_amx_tile, part, &p, tiles);
        p = (pending){stored[strip % 2], sums, fresh ? zeros : sums};
    }
    for (int row = 0; row < 16 * tiles; ++row) add_row(&p, row);
}

ALWAYS_INLINE void multiply_f64(double *sums, const attr_amx_step *steps, int count, int strips, size_t part, int tiles,
                                int fresh) {
    if (tiles == 1)
        multiply_strips(sums, steps, count, strips, part, 1, fresh);
    else
        multiply_strips(sums, steps, count, strips, part, 2, fresh);
}

void attr_amx_multiply_f64(double *sums, const attr_amx_step *steps, int count, int strips, size_t part, int tiles,
                           int fresh) {
    if (count == 1)
        multiply_f64(sums, steps, 1, strips, part, tiles, fresh);
    else if (count == 2)
        multiply_f64(sums, steps, 2, strips, part, tiles, fresh);
    else if (count == 3)
        multiply_f64(sums, steps, 3, strips, part, tiles, fresh);
    else
        multiply_f64(sums, steps, attr_amx_steps, strips, part, tiles, fresh);
}

/* ---- One to three parts, sums in single precision: tiles 0 to 3, one for each tile of columns; 4 to 6 are parts of
 * values, 7 one of weights. */

#define MULTIPLY_INTO(tile, weights, parts)                                                                            \
    do {                                                                                                               \
        _tile_loadd(7, (weights), 64);                                                                                 \
        if ((parts) > 2) _tile_dpbf16ps(tile, 6, 7);                                                                   \
        if ((parts) > 1) _tile_dpbf16ps(tile, 5, 7);                                                                   \
        _tile_dpbf16ps(tile, 4, 7);                                                                                    \
        if ((parts) == 1) break;                                                                                       \
        _tile_loadd(7, (weights) + attr_amx_tile, 64);                                                                 \
        _tile_dpbf16ps(tile, 5, 7);                                                                                    \
        _tile_dpbf16ps(tile, 4, 7);                                                                                    \
        if ((parts) == 2) break;                                                                                       \
        _tile_loadd(7, (weights) + 2 * attr_amx_tile, 64);                                                             \
        _tile_dpbf16ps(tile, 4, 7);                                                                                    \
    } while (0)

ALWAYS_INLINE void multiply_parts(const attr_amx_step *step, size_t at, size_t part, int parts, int tiles) {
    const uint32_t *values = step->values + at, *weights = step->weights;
    const int tile = parts * attr_amx_tile;
    _tile_loadd(4, values, 64);
    if (parts > 1) _tile_loadd(5, values + part, 64);
    if (parts > 2) _tile_loadd(6, values + 2 * part, 64);
    MULTIPLY_INTO(0, weights, parts);
    if (tiles == 1) return;
    MULTIPLY_INTO(1, weights + tile, parts);
    if (tiles == 2) return;
    MULTIPLY_INTO(2, weights + 2 * tile, parts);
    MULTIPLY_INTO(3, weights + 3 * tile, parts);
}

ALWAYS_INLINE void multiply_f32(float *sums, const attr_amx_step *steps, int count, int strips, size_t part, int parts,
                                int tiles, int fresh) {
    __asm__ volatile("" ::: "memory");
    for (int strip = 0; strip < strips; ++strip, sums += 4 * attr_amx_tile) {
        if (fresh) {
            _tile_zero(0);
            _tile_zero(1);
            _tile_zero(2);
            _tile_zero(3);
        } else {
            _tile_loadd(0, sums, 64);
            _tile_loadd(1, sums + attr_amx_tile, 64);
            _tile_loadd(2, sums + 2 * attr_amx_tile, 64);
            _tile_loadd(3, sums + 3 * attr_amx_tile, 64);
        }
        for (int i = 0; i < count; ++i) multiply_parts(&steps[i], (size_t)strip * attr_amx_tile, part, parts, tiles);
        _tile_stored(0, sums, 64);
        _tile_stored(1, sums + attr_amx_tile, 64);
        _tile_stored(2, sums + 2 * attr_amx_tile, 64);
        _tile_stored(3, sums + 3 * attr_amx_tile, 64);
    }
    __asm__ volatile("" ::: "memory");
}

ALWAYS_INLINE void multiply_columns(float *sums, const attr_amx_step *steps, int count, int strips, size_t part,
                                    int parts, int tiles, int fresh) {
    if (tiles == 1)
        multiply_f32(sums, steps, count, strips, part, parts, 1, fresh);
    else if (tiles == 2)
        multiply_f32(sums, steps, count, strips, part, parts, 2, fresh);
    else
        multiply_f32(sums, steps, count, strips, part, parts, 4, fresh);
}

void attr_amx_multiply_f32(float *sums, const attr_amx_step *steps, int count, int strips, size_t part, int parts,
                           int tiles, int fresh) {
    if (parts == 1)
        multiply_columns(sums, steps, count, strips, part, 1, tiles, fresh);
    else if (parts == 2)
        multiply_columns(sums, steps, count, strips, part, 2, tiles, fresh);
    else
        multiply_columns(sums, steps, count, strips, part, 3, tiles, fresh);
}
