/* Vectors for the blocked kernels. A file of this folder is compiled for each sort of sum (ATTR_REAL: float or double,
 * the type `real` that values are multiplied and summed in; tensors are float) and for each generation of x86
 * (ATTR_ISA, with the compiler's flags to match; `any` elsewhere). S(name) makes the names differ. */
#ifndef ATTR_KERNELS_SIMD_H
#define ATTR_KERNELS_SIMD_H

#include <string.h>
#ifdef __AVX2__
#include <immintrin.h>
#endif

#include "kernels/simd/panel.h"
#include "layers/real.h"

#define ATTR_SIMD_JOIN_(name, isa) name##_##isa
#define ATTR_SIMD_JOIN(name, isa)  ATTR_SIMD_JOIN_(name, isa)
#define S(name)                    ATTR_SIMD_JOIN(R(name), ATTR_ISA)

#if defined(__AVX512F__)
#define ATTR_VECTOR_BYTES 64
#elif defined(__AVX2__)
#define ATTR_VECTOR_BYTES 32
#else
#define ATTR_VECTOR_BYTES 16
#endif

enum {
    lanes = attr_lanes,
    vector_lanes = ATTR_VECTOR_BYTES / sizeof(real),
/* Sums in registers: `tile_rows` panel rows times `tile_vectors` vectors; the rest of the registers (32 with AVX-512,
 * else 16) holds what is multiplied. */
#if defined(__AVX512F__)
    tile_vectors = 2,
    tile_rows = 14,
#else
    tile_vectors = 16 / vector_lanes,
    tile_rows = 12 / tile_vectors ? 12 / tile_vectors : 1,
#endif
    tile_columns = tile_vectors * vector_lanes /* result channels at a time: 16 or 32 */
};

/* Loops over registers are unrolled, all of them, or sums would lie in memory. */
#define UNROLL        _Pragma("GCC unroll 16")
#define ALWAYS_INLINE static inline __attribute__((always_inline))

static inline int smaller(int a, int b) {
    return a < b ? a : b;
}

typedef real vector __attribute__((vector_size(ATTR_VECTOR_BYTES), aligned(ATTR_VECTOR_BYTES)));
/* As many floats as a vector has lanes, and integers of their size. */
typedef float float_vector __attribute__((vector_size(ATTR_VECTOR_BYTES / sizeof(real) * sizeof(float)),
                                          aligned(ATTR_VECTOR_BYTES / sizeof(real) * sizeof(float)), may_alias));
typedef int int_vector __attribute__((vector_size(ATTR_VECTOR_BYTES / sizeof(real) * sizeof(int)),
                                      aligned(ATTR_VECTOR_BYTES / sizeof(real) * sizeof(int)), may_alias));

#if ATTR_VECTOR_BYTES == 64
static inline __m512 as_it_is(__m512 x) {
    return x;
}
#endif

/* The builtin is right, too, but makes two halves of eight doubles (gcc 12). */
static inline vector widen(float_vector x) {
#if ATTR_VECTOR_BYTES == 64
    return _Generic((real)0, float : as_it_is, double : _mm512_cvtps_pd)(x);
#else
    return __builtin_convertvector(x, vector);
#endif
}

static inline vector read_floats(const float *at) {
    return widen(*(const float_vector *)at);
}

/* Signs of the pixel of an element of a blocked tensor; NULL stays NULL. */
#define SIGNS_AT(signs, element) ((signs) ? (signs) + (element) / lanes : NULL)

/* x where bit i of `positive` is set for lane i, else slope x. */
static inline float_vector gate_values(float_vector x, unsigned positive, float slope) {
#if ATTR_VECTOR_BYTES == 64
    return _Generic((real)0, float
                    : _mm512_mask_mul_ps, double
                    : _mm256_mask_mul_ps)(x, ~positive, x, (float_vector){0} + slope);
#else
    int_vector bit;
    for (int i = 0; i < vector_lanes; ++i) bit[i] = 1 << i;
    int_vector where = (((int_vector){0} + (int)positive) & bit) != 0;
    return (float_vector)((where & (int_vector)x) | (~where & (int_vector)(x * slope)));
#endif
}

/* The values that lie at `at`, lane `lane` of a pixel, gated (see attr_gate); `positive` is the pixel's, `scale` is at
 * the same lanes. */
static inline vector read_values(const float *at, const attr_signs *positive, int lane, float slope,
                                 const float *scale) {
    float_vector x = *(const float_vector *)at;
    if (positive) x = gate_values(x, *positive >> lane, slope);
    if (scale) x *= *(const float_vector *)scale;
    return widen(x);
}

typedef __typeof__((vector){0} > (vector){0}) mask_vector;
static inline vector select_numbers(mask_vector where, vector yes, vector no) {
    return (vector)((where & (mask_vector)yes) | (~where & (mask_vector)no));
}

/* Scale and bias of one vector of result channels. */
typedef struct {
    vector scale, bias;
    real slope;
    int add, lane; /* the first channel's of its block */
} vector_finish;

static inline vector_finish finish_of(const attr_finish *f, int channel) {
    vector_finish v = {.slope = (real)f->slope, .add = f->add, .lane = channel % lanes};
    for (int i = 0; i < vector_lanes; ++i) {
        v.scale[i] = (real)(f->scale ? f->scale[channel + i] : 1);
        v.bias[i] = (real)(f->bias ? f->bias[channel + i] : 0);
    }
    return v;
}

/* Bit i: whether lane i is positive. */
static inline unsigned positive_lanes(vector x) {
    mask_vector where = x > 0;
#if ATTR_VECTOR_BYTES == 64
    return _Generic((real)0, float : _mm512_movepi32_mask, double : _mm512_movepi64_mask)((__m512i)where);
#elif ATTR_VECTOR_BYTES == 32
    return _Generic((real)0, float : _mm256_movemask_ps((__m256)where), double : _mm256_movemask_pd((__m256d)where));
#else
    unsigned bits = 0;
    for (int i = 0; i < vector_lanes; ++i) bits |= (where[i] & 1u) << i;
    return bits;
#endif
}

/* The parts of a pixel's channels are stored one after the other, by one thread. */
static inline void store_signs(attr_signs *positive, int lane, unsigned bits) {
    if (vector_lanes == lanes || lane == 0)
        *positive = (attr_signs)bits;
    else
        *positive |= (attr_signs)(bits << lane);
}

/* `positive` is the pixel's, or NULL. */
static inline void store_sum(float *at, attr_signs *positive, vector sum, const vector_finish *f) {
    float_vector *to = (float_vector *)at;
    sum = f->scale * sum + f->bias;
    if (positive) store_signs(positive, f->lane, positive_lanes(sum));
    if (f->slope != 1) sum = select_numbers(sum > 0, sum, sum * f->slope);
    if (f->add) sum += widen(*to);
    *to = __builtin_convertvector(sum, float_vector);
}

#endif
