/* Floats taken apart (see amx.h). For files compiled for AVX-512. */
#ifndef ATTR_KERNELS_AMX_PARTS_H
#define ATTR_KERNELS_AMX_PARTS_H

#include "kernels/amx/amx.h"
#include "kernels/simd/simd.h"

typedef uint32_t pairs_vector __attribute__((vector_size(64), aligned(64), may_alias));

/* Vectors of bf16 in the upper halves of numbers, each rounded to nearest; the sum of three parts is x. */
ALWAYS_INLINE void split(pairs_vector split_parts[attr_amx_most_parts], vector x, int parts) {
    UNROLL for (int i = 0; i < parts; ++i) {
        split_parts[i] = (pairs_vector)x;
        if (i < 2) split_parts[i] = (split_parts[i] + 0x8000) & 0xffff0000;
        x -= (vector)split_parts[i];
    }
}

/* Parts of even values in the lower halves of numbers, of odd ones in the upper. */
ALWAYS_INLINE void pair_up(pairs_vector pairs[attr_amx_most_parts], vector even, vector odd, int parts) {
    pairs_vector upper[attr_amx_most_parts];
    split(pairs, even, parts);
    split(upper, odd, parts);
    UNROLL for (int k = 0; k < parts; ++k) pairs[k] = pairs[k] >> 16 | (upper[k] & 0xffff0000);
}

/* Part k is stored at to + k x stride. */
ALWAYS_INLINE void store_pair(uint32_t *to, size_t stride, vector even, vector odd, int parts) {
    pairs_vector pairs[attr_amx_most_parts];
    pair_up(pairs, even, odd, parts);
    UNROLL for (int k = 0; k < parts; ++k) * (pairs_vector *)(to + k * stride) = pairs[k];
}

#endif
