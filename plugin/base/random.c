#include "base/random.h"

#include <math.h>
#include <string.h>

/* Blocks are made in groups, one loop over all blocks of a group, so that the compiler can use vector instructions. */
#define LANES                 64
#define GROUP                 (4 * LANES) /* elements of a group */
#define GROUPS_WORTH_A_THREAD 16

/* ---- Threefry4x32-20 */

static inline void mix(uint32_t *a, uint32_t *b, int bits) {
    *a += *b;
    *b = (*b << bits | *b >> (32 - bits)) ^ *a;
}

static inline void inject(uint32_t x[4], const uint32_t key[5], uint32_t number) {
    x[0] += key[number % 5];
    x[1] += key[(number + 1) % 5];
    x[2] += key[(number + 2) % 5];
    x[3] += key[(number + 3) % 5] + number;
}

static inline void four_rounds_a(uint32_t x[4]) {
    mix(&x[0], &x[1], 10), mix(&x[2], &x[3], 26);
    mix(&x[0], &x[3], 11), mix(&x[2], &x[1], 21);
    mix(&x[0], &x[1], 13), mix(&x[2], &x[3], 27);
    mix(&x[0], &x[3], 23), mix(&x[2], &x[1], 5);
}

static inline void four_rounds_b(uint32_t x[4]) {
    mix(&x[0], &x[1], 6), mix(&x[2], &x[3], 20);
    mix(&x[0], &x[3], 17), mix(&x[2], &x[1], 11);
    mix(&x[0], &x[1], 25), mix(&x[2], &x[3], 10);
    mix(&x[0], &x[3], 18), mix(&x[2], &x[1], 20);
}

/* x is the counter and becomes the result. */
static inline void twenty_rounds(uint32_t x[4], const uint32_t key[5]) {
    inject(x, key, 0);
    four_rounds_a(x), inject(x, key, 1);
    four_rounds_b(x), inject(x, key, 2);
    four_rounds_a(x), inject(x, key, 3);
    four_rounds_b(x), inject(x, key, 4);
    four_rounds_a(x), inject(x, key, 5);
}

static void extend_key(uint32_t out[5], const uint32_t key[4]) {
    memcpy(out, key, 4 * sizeof *key);
    out[4] = 0x1BD11BDAu ^ key[0] ^ key[1] ^ key[2] ^ key[3];
}

void attr_threefry(uint32_t out[4], const uint32_t counter[4], const uint32_t key[4]) {
    uint32_t extended[5], x[4];
    extend_key(extended, key);
    memcpy(x, counter, sizeof x);
    twenty_rounds(x, extended);
    memcpy(out, x, sizeof x);
}

/* ---- From words to values; word i of a block is words[i][lane]. Every value has four bytes. */

typedef void conversion(void *values, const uint32_t words[4][LANES]);

static void to_bits(void *values, const uint32_t words[4][LANES]) {
    uint32_t *out = values;
    for (int lane = 0; lane < LANES; lane++)
        for (int i = 0; i < 4; i++) out[4 * lane + i] = words[i][lane];
}

static void to_uniform(void *values, const uint32_t words[4][LANES]) {
    float *out = values;
    for (int lane = 0; lane < LANES; lane++)
        for (int i = 0; i < 4; i++) out[4 * lane + i] = (float)(words[i][lane] >> 8) * 0x1p-24f;
}

/* The logarithm of (word + 1) / 2^32 = m 2^e with m in [sqrt(1/2), sqrt(2)): e log 2 + 2 artanh s, s = (m-1) / (m+1).
 */
static inline double log_of_word(uint32_t word) {
    static const uint64_t sqrt_half = 0x3FE6A09E667F3BCDu; /* the bits of the double next to sqrt(1/2) */
    double x = (double)word + 1.0;
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    int32_t exponent = (int32_t)((bits - sqrt_half) >> 52);
    bits -= (uint64_t)exponent << 52;
    memcpy(&x, &bits, sizeof x);
    double s = (x - 1.0) / (x + 1.0), q = s * s;
    double series = 1.0 / 21;
    series = series * q + 1.0 / 19;
    series = series * q + 1.0 / 17;
    series = series * q + 1.0 / 15;
    series = series * q + 1.0 / 13;
    series = series * q + 1.0 / 11;
    series = series * q + 1.0 / 9;
    series = series * q + 1.0 / 7;
    series = series * q + 1.0 / 5;
    series = series * q + 1.0 / 3;
    return (exponent - 32) * 0x1.62e42fefa39efp-1 + (2 * s + 2 * s * q * series);
}

/* Sine and cosine of 2 pi word / 2^32: integers take the angle to [-pi/4, pi/4) without rounding, then Taylor. */
static inline void sincos_of_word(double *sine, double *cosine, uint32_t word) {
    uint32_t quadrant = (word + 0x20000000u) >> 30;
    double t = (double)(int32_t)(word - (quadrant << 30)) * (0x1.921fb54442d18p+2 * 0x1p-32), q = t * t;
    double s = -1.0 / 1307674368000;
    s = s * q + 1.0 / 6227020800;
    s = s * q - 1.0 / 39916800;
    s = s * q + 1.0 / 362880;
    s = s * q - 1.0 / 5040;
    s = s * q + 1.0 / 120;
    s = s * q - 1.0 / 6;
    s = t + t * q * s;
    double c = 1.0 / 20922789888000;
    c = c * q - 1.0 / 87178291200;
    c = c * q + 1.0 / 479001600;
    c = c * q - 1.0 / 3628800;
    c = c * q + 1.0 / 40320;
    c = c * q - 1.0 / 720;
    c = c * q + 1.0 / 24;
    c = c * q - 1.0 / 2;
    c = 1 + q * c;
    double a = quadrant & 1 ? c : s, b = quadrant & 1 ? s : c;
    *sine = quadrant & 2 ? -a : a;
    *cosine = (quadrant + 1) & 2 ? -b : b;
}

static void to_normal(void *values, const uint32_t words[4][LANES]) {
    float *out = values;
    for (int pair = 0; pair < 2; pair++) {
#pragma omp simd
        for (int lane = 0; lane < LANES; lane++) {
            double radius = sqrt(-2 * log_of_word(words[2 * pair][lane])), sine, cosine;
            sincos_of_word(&sine, &cosine, words[2 * pair + 1][lane]);
            out[4 * lane + 2 * pair] = (float)(radius * cosine);
            out[4 * lane + 2 * pair + 1] = (float)(radius * sine);
        }
    }
}

/* ---- Ranges of elements */

static void fill(void *out, const attr_random *r, uint64_t offset, size_t n, conversion *convert) {
    const uint32_t key[4] = {(uint32_t)r->seed, (uint32_t)(r->seed >> 32), (uint32_t)r->stream, r->part};
    uint32_t extended[5];
    extend_key(extended, key);
    uint64_t first_block = offset / 4;
    size_t skip = offset % 4, groups = (skip + n + GROUP - 1) / GROUP;
#pragma omp parallel for schedule(static) if (groups >= 2 * GROUPS_WORTH_A_THREAD)
    for (size_t group = 0; group < groups; group++) {
        uint32_t words[4][LANES], values[GROUP];
#pragma omp simd
        for (uint32_t lane = 0; lane < LANES; lane++) {
            uint64_t block = first_block + group * LANES + lane;
            uint32_t x[4] = {(uint32_t)block, (uint32_t)(block >> 32), (uint32_t)r->sample,
                             (uint32_t)(r->sample >> 32)};
            twenty_rounds(x, extended);
            for (int i = 0; i < 4; i++) words[i][lane] = x[i];
        }
        convert(values, words);
        size_t from = group == 0 ? skip : 0, to = group == groups - 1 ? skip + n - group * GROUP : GROUP;
        memcpy((char *)out + 4 * (group * GROUP + from - skip), values + from, 4 * (to - from));
    }
}

void attr_random_bits(uint32_t *out, const attr_random *random, uint64_t offset, size_t n) {
    fill(out, random, offset, n, to_bits);
}

void attr_random_uniform(float *out, const attr_random *random, uint64_t offset, size_t n) {
    fill(out, random, offset, n, to_uniform);
}

void attr_random_normal(float *out, const attr_random *random, uint64_t offset, size_t n) {
    fill(out, random, offset, n, to_normal);
}
