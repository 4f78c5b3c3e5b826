/* The inner product: sums stay in registers while the depth runs. */
#include "kernels/simd/steps.h"

ALWAYS_INLINE void add_products(vector sum[tile_rows][tile_vectors], const real *values, const real *weights,
                                int depth_blocks, size_t values_block, int depth_lanes, int rows, int vectors) {
    for (int d = 0; d < depth_blocks; ++d, values += values_block) {
        for (int lane = 0; lane < depth_lanes; ++lane, weights += tile_columns) {
            UNROLL for (int r = 0; r < rows; ++r) UNROLL for (int v = 0; v < vectors; ++v) sum[r][v] +=
                values[r * lanes + lane] * *(const vector *)(weights + v * vector_lanes);
        }
    }
}

ALWAYS_INLINE void sum_rows(real *sums, int fresh, const real *values, const real *weights, int depth_blocks,
                            size_t values_block, int depth_lanes, int rows, int vectors) {
    vector sum[tile_rows][tile_vectors];
    UNROLL for (int r = 0; r < rows; ++r) UNROLL for (int v = 0; v < vectors; ++v) sum[r][v] =
        fresh ? (vector){0} : *(const vector *)(sums + r * tile_columns + v * vector_lanes);
    add_products(sum, values, weights, depth_blocks, values_block, depth_lanes, rows, vectors);
    UNROLL for (int r = 0; r < rows; ++r) UNROLL for (int v = 0; v < vectors; ++v) *
        (vector *)(sums + r * tile_columns + v * vector_lanes) = sum[r][v];
}

ALWAYS_INLINE void store_rows(const attr_stored *to, const real *values, const real *weights, int depth_blocks,
                              size_t values_block, int depth_lanes, int rows, int vectors) {
    vector sum[tile_rows][tile_vectors];
    UNROLL for (int r = 0; r < rows; ++r) UNROLL for (int v = 0; v < vectors; ++v) sum[r][v] = (vector){0};
    add_products(sum, values, weights, depth_blocks, values_block, depth_lanes, rows, vectors);
    UNROLL for (int v = 0; v < vectors; ++v) {
        float *at = to[v].first;
        attr_signs *positive = to[v].positive;
        UNROLL for (int r = 0; r < rows; ++r) {
            store_sum(at, positive, sum[r][v], &to[v].finish);
            at += to[v].step * lanes;
            positive = positive ? positive + to[v].step : NULL;
        }
    }
}

/* body(.., rows, vectors) with numbers that the compiler knows. */
#define ROWS(n, body, ...)                                                                                             \
    case n:                                                                                                            \
        if (n > tile_rows) break;                                                                                      \
        if (depth_lanes == lanes && vectors == tile_vectors)                                                           \
            body(__VA_ARGS__, values, weights, depth_blocks, values_block, lanes, n, tile_vectors);                    \
        else if (vectors == tile_vectors)                                                                              \
            body(__VA_ARGS__, values, weights, depth_blocks, values_block, depth_lanes, n, tile_vectors);              \
        else                                                                                                           \
            body(__VA_ARGS__, values, weights, depth_blocks, values_block, depth_lanes, n,                             \
                 tile_vectors / 2 ? tile_vectors / 2 : 1);                                                             \
        break;
#if ATTR_VECTOR_BYTES > 16
#define ROWS_4_TO_6(...) ROWS(4, __VA_ARGS__) ROWS(5, __VA_ARGS__) ROWS(6, __VA_ARGS__)
#else
#define ROWS_4_TO_6(...)
#endif
#if ATTR_VECTOR_BYTES > 32
#define ROWS_7_TO_14(...)                                                                                              \
    ROWS(7, __VA_ARGS__)                                                                                               \
    ROWS(8, __VA_ARGS__)                                                                                               \
    ROWS(9, __VA_ARGS__)                                                                                               \
    ROWS(10, __VA_ARGS__) ROWS(11, __VA_ARGS__) ROWS(12, __VA_ARGS__) ROWS(13, __VA_ARGS__) ROWS(14, __VA_ARGS__)
#else
#define ROWS_7_TO_14(...)
#endif
#define ALL_ROWS(...)                                                                                                  \
    ROWS(1, __VA_ARGS__)                                                                                               \
    ROWS(2, __VA_ARGS__) ROWS(3, __VA_ARGS__) ROWS_4_TO_6(__VA_ARGS__) ROWS_7_TO_14(__VA_ARGS__)

void S(attr_multiply)(real *sums, const real *values, const real *weights, int depth_blocks, int depth_lanes,
                      size_t values_block, int rows, int vectors, int fresh) {
    switch (rows) { ALL_ROWS(sum_rows, sums, fresh) }
}

void S(attr_multiply_and_store)(const attr_stored *to, const real *values, const real *weights, int depth_blocks,
                                int depth_lanes, size_t values_block, int rows, int vectors) {
    switch (rows) { ALL_ROWS(store_rows, to) }
}
