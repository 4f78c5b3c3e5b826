/* Exchanges rows and columns. */
#ifndef ATTR_KERNELS_TRANSPOSE_H
#define ATTR_KERNELS_TRANSPOSE_H

#include "kernels/simd/simd.h"

typedef __typeof__(_Generic((real)0, float : 0, double : 0LL)) lane_number;
typedef lane_number lane_numbers __attribute__((vector_size(ATTR_VECTOR_BYTES)));

/* Blocks of `half` x `half` on both sides of the diagonals change places. */
ALWAYS_INLINE void exchange(vector square[vector_lanes], int half) {
    lane_numbers upper, lower;
    UNROLL for (int j = 0; j < vector_lanes; ++j) {
        upper[j] = j & half ? vector_lanes + j - half : j;
        lower[j] = j & half ? vector_lanes + j : j + half;
    }
    UNROLL for (int i = 0; i < vector_lanes; ++i) {
        if (i & half) continue;
        vector a = square[i], b = square[i + half];
        square[i] = __builtin_shuffle(a, b, upper);
        square[i + half] = __builtin_shuffle(a, b, lower);
    }
}

ALWAYS_INLINE void transpose(vector square[vector_lanes]) {
    if (vector_lanes > 8) exchange(square, 8);
    if (vector_lanes > 4) exchange(square, 4);
    if (vector_lanes > 2) exchange(square, 2);
    exchange(square, 1);
}

#endif
