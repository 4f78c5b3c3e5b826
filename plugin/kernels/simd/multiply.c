/* The inner product: sums stay in registers while the depth runs. */
#include "kernels/simd/steps.h"

ALWAYS_INLINE void multiply_rows(real *sums, const real *values, const real *weights, int depth_blocks, int depth_lanes,
                                 size_t values_block, int fresh, int rows, int vectors) {
    vector sum[tile_rows][tile_vectors];
    UNROLL for (int r = 0; r < rows; ++r) UNROLL for (int v = 0; v < vectors; ++v) sum[r][v] =
        fresh ? (vector){0} : *(const vector *)(sums + r * tile_columns + v * vector_lanes);
    for (int d = 0; d < depth_blocks; ++d, values += values_block) {
        for (int lane = 0; lane < depth_lanes; ++lane, weights += tile_columns) {
            UNROLL for (int r = 0; r < rows; ++r) UNROLL for (int v = 0; v < vectors; ++v) sum[r][v] +=
                values[r * lanes + lane] * *(const vector *)(weights + v * vector_lanes);
        }
    }
    UNROLL for (int r = 0; r < rows; ++r) UNROLL for (int v = 0; v < vectors; ++v) *
        (vector *)(sums + r * tile_columns + v * vector_lanes) = sum[r][v];
}

#define ROWS(n)                                                                                                        \
    case n:                                                                                                            \
        if (n > tile_rows) break;                                                                                      \
        if (depth_lanes == lanes && vectors == tile_vectors)                                                           \
            multiply_rows(sums, values, weights, depth_blocks, lanes, values_block, fresh, n, tile_vectors);           \
        else if (vectors == tile_vectors)                                                                              \
            multiply_rows(sums, values, weights, depth_blocks, depth_lanes, values_block, fresh, n, tile_vectors);     \
        else                                                                                                           \
            multiply_rows(sums, values, weights, depth_blocks, depth_lanes, values_block, fresh, n,                    \
                          tile_vectors / 2 ? tile_vectors / 2 : 1);                                                    \
        break

void S(attr_multiply)(real *sums, const real *values, const real *weights, int depth_blocks, int depth_lanes,
                      size_t values_block, int rows, int vectors, int fresh) {
    switch (rows) {
        ROWS(1);
        ROWS(2);
        ROWS(3);
#if ATTR_VECTOR_BYTES > 16
        ROWS(4);
        ROWS(5);
        ROWS(6);
#endif
#if ATTR_VECTOR_BYTES > 32
        ROWS(7);
        ROWS(8);
        ROWS(9);
        ROWS(10);
        ROWS(11);
        ROWS(12);
        ROWS(13);
        ROWS(14);
#endif
    }
}
