/* Matrix units in software, for processors with AVX-512 that have none: `make emulated-amx` tries the kernels for AMX
 * there. Included before each of their files.
 *
 * Of TDPBF16PS the order of sums is that of Intel's description (Software Developer's Manual, volume 2): of a row of
 * 32 products the even and the odd ones apart, both added to the tile. Numbers below 2^-126 are kept. */
#ifndef ATTR_TESTS_AMX_EMULATION_H
#define ATTR_TESTS_AMX_EMULATION_H

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

enum { emulated_rows = 16 };

/* No file counts on what another one leaves in tiles. */
static _Thread_local struct { __m512i rows[emulated_rows]; } emulated_tiles[8];

static inline __attribute__((unused)) void emulate_load(int tile, const void *from, size_t stride) {
    for (int i = 0; i < emulated_rows; ++i)
        emulated_tiles[tile].rows[i] = _mm512_loadu_si512((const char *)from + i * stride);
}

static inline __attribute__((unused)) void emulate_store(int tile, void *to, size_t stride) {
    for (int i = 0; i < emulated_rows; ++i) _mm512_storeu_si512((char *)to + i * stride, emulated_tiles[tile].rows[i]);
}

static inline __attribute__((unused)) void emulate_multiply(int sums, int a, int b) {
    const __m512i upper = _mm512_set1_epi32((int)0xffff0000);
    for (int i = 0; i < emulated_rows; ++i) {
        uint32_t pairs[16];
        __m512 even = _mm512_setzero_ps(), odd = even;
        memcpy(pairs, &emulated_tiles[a].rows[i], sizeof pairs);
        for (int k = 0; k < 16; ++k) {
            __m512i row = emulated_tiles[b].rows[k], lower = _mm512_slli_epi32(row, 16);
            __m512 first = _mm512_castsi512_ps(_mm512_set1_epi32((int)(pairs[k] << 16)));
            __m512 second = _mm512_castsi512_ps(_mm512_set1_epi32((int)(pairs[k] & 0xffff0000)));
            even = _mm512_fmadd_ps(first, _mm512_castsi512_ps(lower), even);
            odd = _mm512_fmadd_ps(second, _mm512_castsi512_ps(_mm512_and_si512(row, upper)), odd);
        }
        __m512 sum = _mm512_add_ps(_mm512_castsi512_ps(emulated_tiles[sums].rows[i]), _mm512_add_ps(even, odd));
        emulated_tiles[sums].rows[i] = _mm512_castps_si512(sum);
    }
}

#undef _tile_loadd
#undef _tile_stored
#undef _tile_zero
#undef _tile_dpbf16ps
#undef _tile_loadconfig
#undef _tile_release
#define _tile_loadd(tile, from, stride) emulate_load(tile, from, stride)
#define _tile_stored(tile, to, stride)  emulate_store(tile, to, stride)
#define _tile_zero(tile)                memset(&emulated_tiles[tile], 0, sizeof emulated_tiles[tile])
#define _tile_dpbf16ps(sums, a, b)      emulate_multiply(sums, a, b)
#define _tile_loadconfig(from)          ((void)(from))
#define _tile_release()                 ((void)0)

#endif
