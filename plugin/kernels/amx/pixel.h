/* Sums become results. For files compiled for AVX-512. */
#ifndef ATTR_KERNELS_AMX_PIXEL_H
#define ATTR_KERNELS_AMX_PIXEL_H

#include "kernels/simd/simd.h"

typedef double doubles __attribute__((vector_size(64), aligned(64), may_alias));

/* As store_sum(), of sums of either precision. */
typedef struct {
    doubles scale[2], bias[2];
    double slope;
    int add, streams; /* streams: past the caches */
} pixel_finish;

static inline pixel_finish pixel_finish_of(const attr_finish *f, int channel) {
    pixel_finish v = {.slope = f->slope, .add = f->add};
    for (int i = 0; i < lanes; ++i) {
        v.scale[i / 8][i % 8] = f->scale ? f->scale[channel + i] : 1;
        v.bias[i / 8][i % 8] = f->bias ? f->bias[channel + i] : 0;
    }
    return v;
}

/* The sums of a pixel: f32 if `single`, else f64. */
ALWAYS_INLINE void read_sums(doubles sums[2], const void *from, size_t at, int single) {
    UNROLL for (int half = 0; half < 2; ++half, at += 8) sums[half] =
        single ? (doubles)_mm512_cvtps_pd(_mm256_load_ps((const float *)from + at))
               : *(const doubles *)((const double *)from + at);
}

ALWAYS_INLINE void store_pixel(float *at, attr_signs *positive, const doubles sums[2], const pixel_finish *f) {
    unsigned bits = 0;
    __m256 result[2];
    UNROLL for (int half = 0; half < 2; ++half) {
        __m512d sum = (__m512d)(f->scale[half] * sums[half] + f->bias[half]);
        __mmask8 is_positive = _mm512_cmp_pd_mask(sum, _mm512_setzero_pd(), _CMP_GT_OQ);
        bits |= (unsigned)is_positive << half * 8;
        sum = _mm512_mask_mul_pd(sum, (__mmask8)~is_positive, sum, _mm512_set1_pd(f->slope));
        if (f->add) sum = _mm512_add_pd(sum, _mm512_cvtps_pd(_mm256_load_ps(at + half * 8)));
        result[half] = _mm512_cvtpd_ps(sum);
    }
    __m512 line = _mm512_insertf32x8(_mm512_castps256_ps512(result[0]), result[1], 1);
    if (f->streams)
        _mm512_stream_ps(at, line);
    else
        _mm512_store_ps(at, line);
    if (positive) *positive = (attr_signs)bits;
}

#endif
