/* What becomes of sums: results, or the maxima of windows of them. Compiled for AVX-512 with AMX. */
#include <float.h>

#include "kernels/amx/amx.h"
#include "kernels/simd/simd.h"

typedef double doubles __attribute__((vector_size(64), aligned(64), may_alias));

/* As store_sum(), of sums of either precision. */
typedef struct {
    doubles scale[2], bias[2];
    double slope;
    int as_is, add, streams; /* streams: past the caches */
} pixel_finish;

/* A result that is larger will not be in the caches when it is read, and need not be read to be written. */
enum { streamed_bytes = 8 << 20 };

static pixel_finish pixel_finish_of(const attr_finish *f, int channel) {
    pixel_finish v = {.slope = f->slope, .add = f->add};
    v.as_is = !f->scale && !f->bias && !f->positive && f->slope == 1 && !f->plus;
    for (int i = 0; i < lanes; ++i) {
        v.scale[i / 8][i % 8] = f->scale ? f->scale[channel + i] : 1;
        v.bias[i / 8][i % 8] = f->bias ? f->bias[channel + i] : 0;
    }
    return v;
}

/* Eight of the sums of a pixel. */
ALWAYS_INLINE doubles sums_of(const void *sums, size_t at, int single) {
    return single ? (doubles)_mm512_cvtps_pd(_mm256_load_ps((const float *)sums + at))
                  : *(const doubles *)((const double *)sums + at);
}

/* Half of a pixel's results, before anything is added; bits of `positive` tell which sums are. */
ALWAYS_INLINE __m512d result_of(unsigned *positive, const void *sums, size_t at, int single, const pixel_finish *f,
                                int half) {
    __m512d sum = (__m512d)(f->scale[half] * sums_of(sums, at + half * 8, single) + f->bias[half]);
    __mmask8 is_positive = _mm512_cmp_pd_mask(sum, _mm512_setzero_pd(), _CMP_GT_OQ);
    *positive |= (unsigned)is_positive << half * 8;
    return _mm512_mask_mul_pd(sum, (__mmask8)~is_positive, sum, _mm512_set1_pd(f->slope));
}

ALWAYS_INLINE __m512 line_of(const __m256 halves[2]) {
    return _mm512_insertf32x8(_mm512_castps256_ps512(halves[0]), halves[1], 1);
}

ALWAYS_INLINE void store_line(void *at, __m512 line, int streams) {
    if (streams)
        _mm512_stream_ps(at, line);
    else
        _mm512_store_ps(at, line);
}

/* `plus` is added last, as a layer of its own would: NULL for nothing. */
ALWAYS_INLINE void store_pixel(float *at, attr_signs *positive, const float *plus, const void *sums, size_t sum_at,
                               int single, const pixel_finish *f) {
    unsigned bits = 0;
    __m256 halves[2];
    UNROLL for (int half = 0; half < 2; ++half) {
        __m512d result = result_of(&bits, sums, sum_at, single, f, half);
        if (f->add) result = _mm512_add_pd(result, _mm512_cvtps_pd(_mm256_load_ps(at + half * 8)));
        halves[half] = _mm512_cvtpd_ps(result);
    }
    __m512 line = line_of(halves);
    if (plus) line = _mm512_add_ps(line, _mm512_load_ps(plus));
    store_line(at, line, f->streams);
    if (positive) *positive = (attr_signs)bits;
}

/* A sum in single precision that nothing is done with. */
ALWAYS_INLINE void store_sums(float *at, const float *sums, const pixel_finish *f) {
    __m512 line = _mm512_load_ps(sums);
    if (f->add) line = _mm512_add_ps(line, _mm512_load_ps(at));
    store_line(at, line, f->streams);
}

/* One block of channels, whose sums are `tile` tiles behind those of the first column. */
ALWAYS_INLINE void write_pixels(float *to, const void *sums, int single, int tile, const attr_unit_block *u,
                                const attr_amx_lines *l, const attr_finish *finish, int block, int samples) {
    const attr_blocked_conv *c = u->conv;
    const attr_pixel_class *class = u->class;
    size_t plane = (size_t)c->to_h * c->to_w * lanes, tiles = (size_t)c->simd->columns / lanes;
    pixel_finish f = pixel_finish_of(finish, block * lanes);
    f.streams = !f.add && (size_t)samples * u->to_sample * sizeof *to > streamed_bytes;
    for (int q = u->first; q < u->first + u->count;) {
        int row = q / l->pitch, j = q % l->pitch, next = (row + 1) * l->pitch, end = row * l->pitch + class->columns;
        attr_amx_row here = attr_amx_row_of(l, row);
        int i = here.i, sample = here.sample;
        if (end > u->first + u->count) end = u->first + u->count;
        if (i < class->rows && sample < l->end_sample && q < end) {
            size_t y = class->first_y + i * class->step, x = class->first_x + j * class->step;
            size_t at = sample * u->to_sample + block * plane + (y * c->to_w + x) * lanes;
            attr_signs *positive = SIGNS_AT(finish->positive, at);
            for (int k = q - u->first; k < end - u->first; ++k, at += (size_t) class->step * lanes) {
                size_t strip = (size_t)k / attr_amx_rows, of_strip = (size_t)k % attr_amx_rows;
                size_t sum_at = (strip * tiles + tile) * attr_amx_tile + of_strip * lanes;
                if (single && f.as_is)
                    store_sums(to + at, (const float *)sums + sum_at, &f);
                else
                    store_pixel(to + at, positive, finish->plus ? finish->plus + at : NULL, sums, sum_at, single, &f);
                if (positive) positive += class->step;
            }
        }
        q = next;
    }
}

/* ---- Maxima */

/* A window: where its sums are, of each row (numbers of results), and its first pixel in the plane. */
typedef struct {
    int row[2], first;
} window;

ALWAYS_INLINE void store_maximum(float *at, int *index, attr_signs *positive, const void *sums, int single, int tile,
                                 int tiles, const window *v, int w, int rows, int columns, const pixel_finish *f) {
    __m512 best = _mm512_set1_ps(-FLT_MAX);
    __m512i best_at = _mm512_set1_epi32(-1);
    UNROLL for (int y = 0; y < rows; ++y) UNROLL for (int x = 0; x < columns; ++x) {
        size_t k = (size_t)v->row[y] + x, strip = k / attr_amx_rows, of_strip = k % attr_amx_rows;
        size_t sum_at = (strip * tiles + tile) * attr_amx_tile + of_strip * lanes;
        unsigned unused = 0;
        __m256 halves[2];
        UNROLL for (int half = 0; half < 2; ++half) halves[half] =
            _mm512_cvtpd_ps(result_of(&unused, sums, sum_at, single, f, half));
        __m512 value = line_of(halves);
        __mmask16 larger = _mm512_cmp_ps_mask(value, best, _CMP_GT_OQ);
        best = _mm512_mask_mov_ps(best, larger, value);
        best_at = _mm512_mask_mov_epi32(best_at, larger, _mm512_set1_epi32(v->first + y * w + x));
    }
    store_line(at, best, f->streams);
    store_line(index, _mm512_castsi512_ps(best_at), f->streams);
    if (positive) *positive = (attr_signs)_mm512_cmp_ps_mask(best, _mm512_setzero_ps(), _CMP_GT_OQ);
}

/* As write_pixels(), of windows whose rows are all there. */
ALWAYS_INLINE void write_maxima(float *to, const void *sums, int single, int tile, const attr_unit_block *u,
                                const attr_amx_lines *l, const attr_finish *finish, int block, int samples) {
    const attr_blocked_conv *c = u->conv;
    const attr_pooling *p = finish->pooling;
    size_t plane = (size_t)p->h * p->w * lanes;
    int tiles = c->simd->columns / lanes;
    pixel_finish f = pixel_finish_of(finish, block * lanes);
    f.streams = samples * c->to_blocks * plane * sizeof *to > streamed_bytes;
    for (int row = u->first / l->pitch; row < (u->first + u->count) / l->pitch; ++row) {
        attr_amx_row here = attr_amx_row_of(l, row);
        int i = here.i / 2, height = smaller(2, c->to_h - here.i);
        if (here.i % 2 || i >= p->h || here.sample >= l->end_sample) continue;
        size_t at = ((size_t)here.sample * c->to_blocks + block) * plane + (size_t)i * p->w * lanes;
        window v = {{row * l->pitch - u->first, (row + l->across) * l->pitch - u->first}, here.i * c->to_w};
        for (int j = 0; j < p->w; ++j, at += lanes, v.row[0] += 2, v.row[1] += 2, v.first += 2) {
            attr_signs *sign = SIGNS_AT(finish->positive, at);
            int width = smaller(2, c->to_w - 2 * j);
            if (height == 2 && width == 2)
                store_maximum(to + at, p->indexes + at, sign, sums, single, tile, tiles, &v, c->to_w, 2, 2, &f);
            else
                store_maximum(to + at, p->indexes + at, sign, sums, single, tile, tiles, &v, c->to_w, height, width,
                              &f);
        }
    }
}

void attr_amx_write(float *to, const void *sums, int tile, const attr_unit_block *u, const attr_amx_lines *l,
                    const attr_finish *finish, int block, int samples) {
    int single = attr_amx_is_single(u->conv);
    if (finish->pooling && single)
        write_maxima(to, sums, 1, tile, u, l, finish, block, samples);
    else if (finish->pooling)
        write_maxima(to, sums, 0, tile, u, l, finish, block, samples);
    else if (single)
        write_pixels(to, sums, 1, tile, u, l, finish, block, samples);
    else
        write_pixels(to, sums, 0, tile, u, l, finish, block, samples);
}
