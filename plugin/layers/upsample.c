/* [upsample]: each element becomes a block of stride x stride equal ones, times `scale`. With a negative stride in the
 * cfg (`reverse` here) the transpose: each block becomes its sum, times `scale`; rows and columns that fill no whole
 * block are not used. (Darknet reads such a picture with the wrong row length.)
 *
 *   forward   y[i][j] = scale x[i / s][j / s]          reverse   y[i][j] = scale sum_{k, l < s} x[s i + k][s j + l]
 *   backward  the other one, from dy into dx */
#include <string.h>

#include "base/dispatch.h"
#include "layers/kinds.h"
#include "layers/lanes.h"

/* large[i][j] (+)= scale small[i / s][j / s], for planes with rows of large_w and small_w elements. */
static inline ATTR_INLINE void spread(real *large, const real *small, int large_w, int small_w, int small_h, int s,
                                      real scale, int add, int lanes) {
    for (int i = 0; i < small_h * s; ++i) {
        real *to = large + (size_t)i * large_w * lanes;
        const real *from = small + (size_t)(i / s) * small_w * lanes;
        for (int j = 0; j < small_w; ++j) {
            for (int k = 0; k < s; ++k)
                for (int lane = 0; lane < lanes; ++lane)
                    attr_give(&to[(j * s + k) * lanes + lane], scale * from[j * lanes + lane], add);
        }
    }
}

/* small[i][j] (+)= scale sum_{k, l < s} large[s i + k][s j + l] */
static inline ATTR_INLINE void gather(real *small, const real *large, int large_w, int small_w, int small_h, int s,
                                      real scale, int add, int lanes) {
    for (int i = 0; i < small_h; ++i) {
        for (int j = 0; j < small_w; ++j) {
            real sum[attr_lanes] = {0};
            for (int k = 0; k < s; ++k) {
                const real *from = large + ((size_t)(i * s + k) * large_w + (size_t)j * s) * lanes;
                for (int m = 0; m < s; ++m)
                    for (int lane = 0; lane < lanes; ++lane) sum[lane] += from[m * lanes + lane];
            }
            real *to = small + ((size_t)i * small_w + j) * lanes;
            for (int lane = 0; lane < lanes; ++lane) attr_give(&to[lane], scale * sum[lane], add);
        }
    }
}

static attr_span reads_span(const attr_op *op, int j, attr_span out, int length) {
    const layer *l = op->l;
    (void)j, (void)length;
    if (l->reverse) return (attr_span){out.first * l->stride, out.end * l->stride};
    return (attr_span){out.first / l->stride, (out.end - 1) / l->stride + 1};
}

static inline ATTR_INLINE void forward_lanes(attr_op *op, int lanes) {
    const layer *l = op->l;
    size_t in_plane = (size_t)l->w * l->h * lanes, out_plane = (size_t)l->out_w * l->out_h * lanes;
    int planes = op->count * attr_planes(l->c, lanes);
#pragma omp parallel for
    for (int p = 0; p < planes; ++p) {
        const real *in = (const real *)op->in[0] + p * in_plane;
        real *out = (real *)op->out + p * out_plane;
        if (l->reverse)
            gather(out, in, l->w, l->out_w, l->out_h, l->stride, l->scale, 0, lanes);
        else
            spread(out, in, l->out_w, l->w, l->h, l->stride, l->scale, 0, lanes);
    }
}

static void forward(attr_op *op) {
    ATTR_FOR_LANES(forward_lanes, op);
}

static inline ATTR_INLINE void backward_lanes(attr_op *op, int lanes) {
    const layer *l = op->l;
    size_t in_plane = (size_t)l->w * l->h * lanes, out_plane = (size_t)l->out_w * l->out_h * lanes;
    int planes = op->count * attr_planes(l->c, lanes);
#pragma omp parallel for
    for (int p = 0; p < planes; ++p) {
        const real *dout = (const real *)op->dout + p * out_plane;
        real *din = (real *)op->din[0] + p * in_plane;
        if (l->reverse && op->din_fresh[0]) memset(din, 0, in_plane * sizeof *din);
        if (l->reverse)
            spread(din, dout, l->w, l->out_w, l->out_h, l->stride, l->scale, 1, lanes);
        else
            gather(din, dout, l->out_w, l->w, l->h, l->stride, l->scale, !op->din_fresh[0], lanes);
    }
}

static void backward(attr_op *op) {
    if (op->din[0]) ATTR_FOR_LANES(backward_lanes, op);
}

const attr_layer_kind R(attr_upsample) = {.type = UPSAMPLE,
                                          .name = "upsample",
                                          .layout = attr_as_input,
                                          .reads_span = reads_span,
                                          .forward = forward,
                                          .backward_reads = attr_reads_nothing,
                                          .stores = 1,
                                          .backward = backward};
