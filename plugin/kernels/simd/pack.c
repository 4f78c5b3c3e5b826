/* The weights of sixteen filters and sixteen channels as panels are made of them: for each tap [16 channels][16
 * filters]. */
#include "kernels/simd/steps.h"
#include "kernels/simd/transpose.h"

typedef float_vector loose_floats __attribute__((aligned(sizeof(float))));

/* A vector that nobody reads soon: if it is a whole line of the caches, it need not go through them. */
ALWAYS_INLINE void put_away(float *to, vector x) {
#if ATTR_VECTOR_BYTES == 64
    _Generic((real)0, float : _mm512_stream_ps, double : _mm256_store_ps)(to, __builtin_convertvector(x, float_vector));
#else
    *(float_vector *)to = __builtin_convertvector(x, float_vector);
#endif
}

/* Columns column .. column + vector_lanes - 1 of a block's sixteen rows [channel, tap], which begin at `weights`. */
ALWAYS_INLINE void pack_columns(float *to, const float *weights, size_t filter, int column, int area) {
    for (int part = 0; part < lanes; part += vector_lanes) {
        vector square[vector_lanes];
        UNROLL for (int i = 0; i < vector_lanes; ++i) square[i] =
            __builtin_convertvector(*(const loose_floats *)(weights + (part + i) * filter), vector);
        transpose(square);
        UNROLL for (int i = 0; i < vector_lanes; ++i) {
            int channel = (column + i) / area, tap = (column + i) % area;
            put_away(to + (tap * lanes + channel) * lanes + part, square[i]);
        }
    }
}

/* Whole blocks: rows and columns of [filter][channel, tap] are exchanged. */
ALWAYS_INLINE void pack_whole(float *to, const float *weights, size_t filter, int area) {
    for (int column = 0; column < lanes * area; column += vector_lanes)
        pack_columns(to, weights + column, filter, column, area);
}

ALWAYS_INLINE void pack_sixteen_of(float *to, const float *weights, size_t filter, int column, int area) {
    for (int i = 0; i < lanes; i += vector_lanes) {
        int block = (column + i) / (lanes * area), within = (column + i) % (lanes * area);
        pack_columns(to + (size_t)block * area * lanes * lanes, weights + i, filter, within, area);
    }
}

void S(attr_pack_sixteen)(float *to, const float *weights, size_t filter, int column, int area) {
    if (area == 1)
        pack_sixteen_of(to, weights, filter, column, 1);
    else
        pack_sixteen_of(to, weights, filter, column, 9);
}

static void pack_part(float *to, const float *weights, size_t filter, int filters, int channels, int area) {
    memset(to, 0, (size_t)area * lanes * lanes * sizeof *to);
    for (int i = 0; i < filters; ++i)
        for (int k = 0; k < channels; ++k)
            for (int tap = 0; tap < area; ++tap)
                to[(tap * lanes + k) * lanes + i] = weights[i * filter + k * area + tap];
}

void S(attr_pack)(float *to, const float *weights, size_t filter, int filters, int channels, int area) {
    int whole = filters == lanes && channels == lanes;
    if (whole && area == 1)
        pack_whole(to, weights, filter, 1);
    else if (whole && area == 9)
        pack_whole(to, weights, filter, 9);
    else
        pack_part(to, weights, filter, filters, channels, area);
}
