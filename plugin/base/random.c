/* Compiled with -ffp-contract=off: see random.h. */
#include "base/random.h"

#include <math.h>
#include <omp.h>
#include <string.h>

#include "base/dispatch.h"

/* Blocks are made in groups, one step for all blocks of a group, so that the compiler can use vector instructions. */
enum {
    group_size = ATTR_NOISE_GROUP, /* elements of a group */
    blocks = group_size / 4,       /* blocks of a group */
    piece_size = 1 << 14,          /* elements that are handed to a thread together */
    pieces_worth_threads = 3
};

/* ---- Box-Muller of one pair of words. No branches and no ?: on floats, which compilers may make branches of. */

static inline ATTR_INLINE uint32_t bits_of(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline ATTR_INLINE float float_of(uint32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* `mask` has all bits set or none. */
static inline ATTR_INLINE float choose(uint32_t mask, float if_set, float otherwise) {
    return float_of((bits_of(if_set) & mask) | (bits_of(otherwise) & ~mask));
}

/* -2 log((a + 1) / 2^32). The words of the upper half count from their end, so that the logarithm stays exact to the
 * last bits of a float where it goes to 0; for the others (a + 1) / 2^32 = m 2^-k. */
static inline ATTR_INLINE float squared_radius(uint32_t a) {
    const uint32_t upper = -(a >> 31);
    const float x = (float)(int32_t)(a ^ upper);
    const uint32_t y = bits_of(x + 1);
    const float m = float_of((y & 0x007FFFFF) | 0x3F000000);
    const float k = (float)(int32_t)((158 - (y >> 23)) & ~upper);
    const float t = choose(upper, x * 0x1p-32f, 1 - m);
    float p = fmaf(0x1.6a0f48p+1f, t, -0x1.a39930p+1f);
    p = fmaf(p, t, 0x1.354ff6p+1f);
    p = fmaf(p, t, -0x1.72285ep-2f);
    p = fmaf(p, t, 0x1.0df6cap-1f);
    p = fmaf(p, t, 0x1.f313e6p-2f);
    p = fmaf(p, t, 0x1.55a384p-1f);
    p = fmaf(p, t, 0x1.fffec0p-1f);
    p = fmaf(p, t, 2);
    return fmaf(p, t, k * 0x1.62e430p+0f);
}

/* Cosine and sine of 2 pi b / 2^32. Integers take the angle to [-pi/4, pi/4) without rounding. */
static inline ATTR_INLINE void cosine_and_sine(float *cosine, float *sine, uint32_t b) {
    const uint32_t turned = b + 0x20000000, odd = -(turned >> 30 & 1);
    const float x = (float)((int32_t)(turned & 0x3FFFFFFF) - 0x20000000) * 0x1p-29f, q = x * x;
    float s = fmaf(-0x1.33198ep-15f, q, 0x1.4680a4p-9f), c = fmaf(-0x1.4e78bep-12f, q, 0x1.03b058p-6f);
    s = fmaf(s, q, -0x1.4abc24p-4f);
    c = fmaf(c, q, -0x1.3bd39cp-2f);
    s = fmaf(s, q, 0x1.921fb6p-1f) * x;
    c = fmaf(c, q, 1);
    /* the sign's bit is the quadrant's upper one: of the quadrant itself, and of the next for the cosine */
    *cosine = float_of(bits_of(choose(odd, s, c)) ^ ((turned + 0x40000000) & 0x80000000));
    *sine = float_of(bits_of(choose(odd, c, s)) ^ (turned & 0x80000000));
}

/* ---- Groups of blocks */

typedef enum { make_bits, make_uniform, make_normal, add_normal, multiply_by_normal } purpose;

/* What all groups of a call have in common; sigma is of the last two purposes. */
typedef attr_random_recipe recipe;

static inline ATTR_INLINE void words_to_uniforms(float out[group_size], const uint32_t words[group_size]) {
#pragma omp simd
    for (int i = 0; i < group_size; i++) out[i] = (float)(int32_t)(words[i] >> 8) * 0x1p-24f;
}

static inline ATTR_INLINE void words_to_normals(float out[group_size], const uint32_t words[group_size]) {
#pragma omp simd
    for (int pair = 0; pair < group_size / 2; pair++) {
        float radius = sqrtf(squared_radius(words[2 * pair])), cosine, sine;
        cosine_and_sine(&cosine, &sine, words[2 * pair + 1]);
        out[2 * pair] = radius * cosine;
        out[2 * pair + 1] = radius * sine;
    }
}

static inline ATTR_INLINE void make_groups_body(void *out, const float *in, uint64_t first_block, size_t groups,
                                                const recipe *given) {
    const float sigma =
        given->sigma; /* a copy, which no store to `out` can change; of the keys one would cost a quarter */
    for (size_t group = 0; group < groups; group++, in += group_size) {
        uint32_t words[group_size];
        float z[group_size], *values = (float *)out + group * group_size;
        attr_aes_count(words, &given->key, first_block + group * blocks, given->sample, blocks);
        switch ((purpose)given->purpose) {
        case make_bits:
            memcpy(values, words, sizeof words);
            break;
        case make_uniform:
            words_to_uniforms(values, words);
            break;
        case make_normal:
            words_to_normals(values, words);
            break;
        case add_normal:
            words_to_normals(z, words);
#pragma omp simd
            for (int i = 0; i < group_size; i++) values[i] = fmaf(sigma, z[i], in[i]);
            break;
        case multiply_by_normal:
            words_to_normals(z, words);
#pragma omp simd
            for (int i = 0; i < group_size; i++) values[i] = in[i] * fmaf(sigma, z[i], 1);
            break;
        }
    }
}
ATTR_DISPATCH(make_groups, make_groups_body,
              (void *out, const float *in, uint64_t first_block, size_t groups, const recipe *given),
              (out, in, first_block, groups, given))

/* ---- Ranges of elements; every element has four bytes, and `in` is read by the last two purposes only */

/* A part of a group, from its element `skip` on. */
static void make_part(char *out, const char *in, uint64_t block, size_t skip, size_t n, const recipe *r) {
    float group[group_size] = {0};
    memcpy(group + skip, in, 4 * n);
    make_groups(group, group, block, 1, r);
    memcpy(out, group + skip, 4 * n);
}

static void make_range(char *out, const char *in, uint64_t offset, size_t n, const recipe *r) {
    uint64_t block = offset / 4;
    size_t skip = offset % 4, done = 0;
    if (skip) {
        done = n < group_size - skip ? n : group_size - skip;
        make_part(out, in, block, skip, done, r);
        block += blocks;
    }
    size_t groups = (n - done) / group_size;
    make_groups(out + 4 * done, (const float *)(in + 4 * done), block, groups, r);
    done += groups * group_size;
    if (done < n) make_part(out + 4 * done, in + 4 * done, block + groups * blocks, 0, n - done, r);
}

static recipe recipe_of(const attr_random *random, purpose what, float sigma) {
    const uint32_t key[4] = {(uint32_t)random->seed, (uint32_t)(random->seed >> 32), (uint32_t)random->stream,
                             random->part};
    return (recipe){attr_aes_expand(key), random->sample, (int)what, sigma};
}

static purpose purpose_of(attr_noise noise) {
    return noise == ATTR_NOISE_MULTIPLICATIVE ? multiply_by_normal : add_normal;
}

static void fill(void *out, const void *in, const attr_random *random, purpose what, float sigma, uint64_t offset,
                 size_t n) {
    const recipe r = recipe_of(random, what, sigma);
    const size_t pieces = n / piece_size + 1;
#pragma omp parallel for schedule(static) if (pieces >= pieces_worth_threads && !omp_in_parallel())
    for (size_t piece = 0; piece < pieces; piece++) {
        size_t at = piece * piece_size, size = n - at < piece_size ? n - at : piece_size;
        make_range((char *)out + 4 * at, (const char *)in + 4 * at, offset + at, size, &r);
    }
}

void attr_random_bits(uint32_t *out, const attr_random *random, uint64_t offset, size_t n) {
    fill(out, out, random, make_bits, 0, offset, n);
}

void attr_random_uniform(float *out, const attr_random *random, uint64_t offset, size_t n) {
    fill(out, out, random, make_uniform, 0, offset, n);
}

void attr_random_normal(float *out, const attr_random *random, uint64_t offset, size_t n) {
    fill(out, out, random, make_normal, 0, offset, n);
}

void attr_random_perturb(float *out, const float *in, const attr_random *random, float sigma, attr_noise noise,
                         uint64_t offset, size_t n) {
    fill(out, in, random, purpose_of(noise), sigma, offset, n);
}

const float *attr_noisy_read(float *scratch, const attr_noisy_array *a, uint64_t first, size_t n) {
    if (a->sigma == 0) return a->values + first;
    attr_random_perturb(scratch, a->values + first, &a->random, a->sigma, a->noise, first, n);
    return scratch;
}

attr_noise_reader attr_noise_reader_of(const attr_noisy_array *a) {
    return (attr_noise_reader){a->values, recipe_of(&a->random, purpose_of(a->noise), a->sigma)};
}

void attr_noise_read_group(float out[ATTR_NOISE_GROUP], const attr_noise_reader *r, uint64_t first) {
    make_groups(out, r->values + first, first / 4, 1, &r->recipe);
}
