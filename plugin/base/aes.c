#include "base/aes.h"

#include <string.h>

#include "base/dispatch.h"

#ifdef __x86_64__
#include <immintrin.h>
#endif

/* The S-box (inverses in GF(2^8), then an affine map: FIPS 197, 5.1.1), and how a byte s of it goes into the four bytes
 * of a mixed column: 2 s, s, s, 3 s (5.1.3). */
#define TWICE(s) ((s) << 1 ^ ((s) >> 7) * 0x11bu)
#define M(s)     (TWICE(s) | (s) << 8 | (s) << 16 | (TWICE(s) ^ (s)) << 24)
static const uint32_t mixed[256] = {
    M(0x63u), M(0x7cu), M(0x77u), M(0x7bu), M(0xf2u), M(0x6bu), M(0x6fu), M(0xc5u), M(0x30u), M(0x01u), M(0x67u),
    M(0x2bu), M(0xfeu), M(0xd7u), M(0xabu), M(0x76u), M(0xcau), M(0x82u), M(0xc9u), M(0x7du), M(0xfau), M(0x59u),
    M(0x47u), M(0xf0u), M(0xadu), M(0xd4u), M(0xa2u), M(0xafu), M(0x9cu), M(0xa4u), M(0x72u), M(0xc0u), M(0xb7u),
    M(0xfdu), M(0x93u), M(0x26u), M(0x36u), M(0x3fu), M(0xf7u), M(0xccu), M(0x34u), M(0xa5u), M(0xe5u), M(0xf1u),
    M(0x71u), M(0xd8u), M(0x31u), M(0x15u), M(0x04u), M(0xc7u), M(0x23u), M(0xc3u), M(0x18u), M(0x96u), M(0x05u),
    M(0x9au), M(0x07u), M(0x12u), M(0x80u), M(0xe2u), M(0xebu), M(0x27u), M(0xb2u), M(0x75u), M(0x09u), M(0x83u),
    M(0x2cu), M(0x1au), M(0x1bu), M(0x6eu), M(0x5au), M(0xa0u), M(0x52u), M(0x3bu), M(0xd6u), M(0xb3u), M(0x29u),
    M(0xe3u), M(0x2fu), M(0x84u), M(0x53u), M(0xd1u), M(0x00u), M(0xedu), M(0x20u), M(0xfcu), M(0xb1u), M(0x5bu),
    M(0x6au), M(0xcbu), M(0xbeu), M(0x39u), M(0x4au), M(0x4cu), M(0x58u), M(0xcfu), M(0xd0u), M(0xefu), M(0xaau),
    M(0xfbu), M(0x43u), M(0x4du), M(0x33u), M(0x85u), M(0x45u), M(0xf9u), M(0x02u), M(0x7fu), M(0x50u), M(0x3cu),
    M(0x9fu), M(0xa8u), M(0x51u), M(0xa3u), M(0x40u), M(0x8fu), M(0x92u), M(0x9du), M(0x38u), M(0xf5u), M(0xbcu),
    M(0xb6u), M(0xdau), M(0x21u), M(0x10u), M(0xffu), M(0xf3u), M(0xd2u), M(0xcdu), M(0x0cu), M(0x13u), M(0xecu),
    M(0x5fu), M(0x97u), M(0x44u), M(0x17u), M(0xc4u), M(0xa7u), M(0x7eu), M(0x3du), M(0x64u), M(0x5du), M(0x19u),
    M(0x73u), M(0x60u), M(0x81u), M(0x4fu), M(0xdcu), M(0x22u), M(0x2au), M(0x90u), M(0x88u), M(0x46u), M(0xeeu),
    M(0xb8u), M(0x14u), M(0xdeu), M(0x5eu), M(0x0bu), M(0xdbu), M(0xe0u), M(0x32u), M(0x3au), M(0x0au), M(0x49u),
    M(0x06u), M(0x24u), M(0x5cu), M(0xc2u), M(0xd3u), M(0xacu), M(0x62u), M(0x91u), M(0x95u), M(0xe4u), M(0x79u),
    M(0xe7u), M(0xc8u), M(0x37u), M(0x6du), M(0x8du), M(0xd5u), M(0x4eu), M(0xa9u), M(0x6cu), M(0x56u), M(0xf4u),
    M(0xeau), M(0x65u), M(0x7au), M(0xaeu), M(0x08u), M(0xbau), M(0x78u), M(0x25u), M(0x2eu), M(0x1cu), M(0xa6u),
    M(0xb4u), M(0xc6u), M(0xe8u), M(0xddu), M(0x74u), M(0x1fu), M(0x4bu), M(0xbdu), M(0x8bu), M(0x8au), M(0x70u),
    M(0x3eu), M(0xb5u), M(0x66u), M(0x48u), M(0x03u), M(0xf6u), M(0x0eu), M(0x61u), M(0x35u), M(0x57u), M(0xb9u),
    M(0x86u), M(0xc1u), M(0x1du), M(0x9eu), M(0xe1u), M(0xf8u), M(0x98u), M(0x11u), M(0x69u), M(0xd9u), M(0x8eu),
    M(0x94u), M(0x9bu), M(0x1eu), M(0x87u), M(0xe9u), M(0xceu), M(0x55u), M(0x28u), M(0xdfu), M(0x8cu), M(0xa1u),
    M(0x89u), M(0x0du), M(0xbfu), M(0xe6u), M(0x42u), M(0x68u), M(0x41u), M(0x99u), M(0x2du), M(0x0fu), M(0xb0u),
    M(0x54u), M(0xbbu), M(0x16u),
};

static uint32_t byte(uint32_t word, int number) {
    return word >> 8 * number & 0xff;
}

static uint32_t turn(uint32_t word, int n) {
    return word << n | word >> (32 - n);
}

/* A column of bytes 0 of a, 1 of b, 2 of c and 3 of d, substituted and mixed. */
static uint32_t mixed_column(uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
    return mixed[byte(a, 0)] ^ turn(mixed[byte(b, 1)], 8) ^ turn(mixed[byte(c, 2)], 16) ^ turn(mixed[byte(d, 3)], 24);
}

/* The same, only substituted. */
static uint32_t column(uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
    return byte(mixed[byte(a, 0)], 1) | byte(mixed[byte(b, 1)], 1) << 8 | byte(mixed[byte(c, 2)], 1) << 16 |
           byte(mixed[byte(d, 3)], 1) << 24;
}

attr_aes_key attr_aes_expand(const uint32_t key[4]) {
    attr_aes_key out;
    memcpy(out.rounds[0], key, sizeof out.rounds[0]);
    uint32_t constant = 1; /* 2^(round - 1) in GF(2^8) */
    for (int round = 1; round <= ATTR_AES_ROUNDS; round++) {
        const uint32_t *before = out.rounds[round - 1], last = turn(before[3], 24);
        uint32_t *now = out.rounds[round], sum = column(last, last, last, last) ^ constant;
        for (int i = 0; i < 4; i++) now[i] = sum ^= before[i];
        constant = TWICE(constant);
    }
    return out;
}

/* ---- Plain C */

#define OF_COLUMNS(function, x, i) function(x[i], x[((i) + 1) % 4], x[((i) + 2) % 4], x[((i) + 3) % 4])

static void encrypt(uint32_t block[4], const attr_aes_key *key) {
    uint32_t x[4], y[4];
    for (int i = 0; i < 4; i++) x[i] = block[i] ^ key->rounds[0][i];
    for (int round = 1; round < ATTR_AES_ROUNDS; round++) {
        for (int i = 0; i < 4; i++) y[i] = OF_COLUMNS(mixed_column, x, i) ^ key->rounds[round][i];
        memcpy(x, y, sizeof x);
    }
    for (int i = 0; i < 4; i++) block[i] = OF_COLUMNS(column, x, i) ^ key->rounds[ATTR_AES_ROUNDS][i];
}

static void count_by_table(uint32_t *out, const attr_aes_key *key, uint64_t first, uint64_t top, size_t blocks) {
    for (size_t i = 0; i < blocks; i++, first++, out += 4) {
        const uint32_t block[4] = {(uint32_t)first, (uint32_t)(first >> 32), (uint32_t)top, (uint32_t)(top >> 32)};
        memcpy(out, block, sizeof block);
        encrypt(out, key);
    }
}

/* ---- Instructions of x86: eight vectors at a time, for each step waits three or four cycles for the one before */

#ifdef __x86_64__
#define EACH _Pragma("GCC unroll 8") for (int i = 0; i < 8; i++)

/* AES-NI: a vector is a block. */
__attribute__((target("aes,sse4.1"))) static size_t count_by_8(uint32_t *out, const attr_aes_key *key, uint64_t first,
                                                               uint64_t top, size_t blocks) {
    const __m128i one = _mm_set_epi64x(0, 1);
    __m128i rounds[ATTR_AES_ROUNDS + 1], counter = _mm_set_epi64x((long long)top, (long long)first);
    for (int round = 0; round <= ATTR_AES_ROUNDS; round++)
        rounds[round] = _mm_loadu_si128((const __m128i *)key->rounds[round]);
    size_t done = 0;
    for (; blocks - done >= 8; done += 8, out += 32) {
        __m128i x[8];
        EACH {
            x[i] = _mm_xor_si128(counter, rounds[0]);
            counter = _mm_add_epi64(counter, one);
        }
#pragma GCC unroll 10
        for (int round = 1; round < ATTR_AES_ROUNDS; round++) EACH x[i] = _mm_aesenc_si128(x[i], rounds[round]);
        EACH _mm_storeu_si128((__m128i *)out + i, _mm_aesenclast_si128(x[i], rounds[ATTR_AES_ROUNDS]));
    }
    return done;
}

/* VAES and AVX-512: a vector is four blocks. */
__attribute__((target("vaes,avx512f"))) static size_t count_by_32(uint32_t *out, const attr_aes_key *key,
                                                                  uint64_t first, uint64_t top, size_t blocks) {
    const __m512i four = _mm512_set_epi64(0, 4, 0, 4, 0, 4, 0, 4);
    const __m512i start = _mm512_broadcast_i32x4(_mm_set_epi64x((long long)top, (long long)first));
    __m512i rounds[ATTR_AES_ROUNDS + 1], counter = _mm512_add_epi64(start, _mm512_set_epi64(0, 3, 0, 2, 0, 1, 0, 0));
    for (int round = 0; round <= ATTR_AES_ROUNDS; round++)
        rounds[round] = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)key->rounds[round]));
    size_t done = 0;
    for (; blocks - done >= 32; done += 32, out += 128) {
        __m512i x[8];
        EACH {
            x[i] = _mm512_xor_si512(counter, rounds[0]);
            counter = _mm512_add_epi64(counter, four);
        }
#pragma GCC unroll 10
        for (int round = 1; round < ATTR_AES_ROUNDS; round++) EACH x[i] = _mm512_aesenc_epi128(x[i], rounds[round]);
        EACH _mm512_storeu_si512(out + 16 * i, _mm512_aesenclast_epi128(x[i], rounds[ATTR_AES_ROUNDS]));
    }
    return done;
}

static size_t count_by_instructions(uint32_t *out, const attr_aes_key *key, uint64_t first, uint64_t top,
                                    size_t blocks) {
    if (attr_cpu_limit >= ATTR_CPU_V4 && __builtin_cpu_supports("vaes") && __builtin_cpu_supports("avx512f"))
        return count_by_32(out, key, first, top, blocks);
    if (attr_cpu_limit >= ATTR_CPU_V3 && __builtin_cpu_supports("aes") && __builtin_cpu_supports("sse4.1"))
        return count_by_8(out, key, first, top, blocks);
    return 0;
}
#else
static size_t count_by_instructions(uint32_t *out, const attr_aes_key *key, uint64_t first, uint64_t top,
                                    size_t blocks) {
    (void)out, (void)key, (void)first, (void)top, (void)blocks;
    return 0;
}
#endif

void attr_aes_count(uint32_t *out, const attr_aes_key *key, uint64_t first, uint64_t top, size_t blocks) {
    const size_t done = count_by_instructions(out, key, first, top, blocks);
    count_by_table(out + 4 * done, key, first + done, top, blocks - done);
}
