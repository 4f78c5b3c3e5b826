/* y[c][oy][ox] = maximum of x[c] over the size x size window that starts at (oy, ox) stride - pad / 2, clipped to the
 * picture; dx gets dy at the first maximum in reading order. A window without a pixel is -FLT_MAX and has no gradient.
 *
 * op->indexes [batch][out_stride]: the pixel of the maximum in its plane, -1 for none. */
#include "base/dispatch.h"
#include "layers/kinds.h"
#include "layers/lanes.h"

#include <float.h>

static attr_status prepare(attr_op *op) {
    return attr_op_allocate(op, &op->indexes, op->batch * op->out_stride, sizeof(int), "maxpool indexes");
}

/* The part first .. last-1 of a window that lies on an axis of the given length. */
typedef struct {
    int first, last;
} span;

static inline span span_of(int out, const layer *l, int length) {
    int start = out * l->stride - l->pad / 2, end = start + l->size;
    return (span){start < 0 ? 0 : start, end < length ? end : length};
}

static inline ATTR_INLINE void forward_plane(real *out, int *indexes, const real *in, const layer *l, int lanes) {
    for (int oy = 0; oy < l->out_h; oy++) {
        span rows = span_of(oy, l, l->h);
        for (int ox = 0; ox < l->out_w; ox++, out += lanes, indexes += lanes) {
            span columns = span_of(ox, l, l->w);
            real best[attr_lanes];
            int at[attr_lanes];
            for (int lane = 0; lane < lanes; lane++) best[lane] = -FLT_MAX, at[lane] = -1;
            for (int y = rows.first; y < rows.last; y++) {
                for (int x = columns.first; x < columns.last; x++) {
                    const real *value = in + ((size_t)y * l->w + x) * lanes;
                    for (int lane = 0; lane < lanes; lane++) {
                        at[lane] = value[lane] > best[lane] ? y * l->w + x : at[lane];
                        best[lane] = value[lane] > best[lane] ? value[lane] : best[lane];
                    }
                }
            }
            for (int lane = 0; lane < lanes; lane++) out[lane] = best[lane], indexes[lane] = at[lane];
        }
    }
}

static inline ATTR_INLINE void forward_body(real *out, int *indexes, const real *in, const layer *l, int blocked) {
    if (blocked)
        forward_plane(out, indexes, in, l, attr_lanes);
    else
        forward_plane(out, indexes, in, l, 1);
}
ATTR_DISPATCH(forward_any, forward_body, (real * out, int *indexes, const real *in, const layer *l, int blocked),
              (out, indexes, in, l, blocked))

static void forward(attr_op *op) {
    const layer *l = op->l;
    int lanes = op->blocked ? attr_lanes : 1, planes = op->count * attr_planes(l->c, lanes);
    size_t in_plane = (size_t)l->h * l->w * lanes, out_plane = (size_t)l->out_h * l->out_w * lanes;
#pragma omp parallel for
    for (int p = 0; p < planes; p++)
        forward_any((real *)op->out + p * out_plane, op->indexes + p * out_plane,
                    (const real *)op->in[0] + p * in_plane, l, op->blocked);
}

static void backward(attr_op *op) {
    const layer *l = op->l;
    int lanes = op->blocked ? attr_lanes : 1, planes = op->count * attr_planes(l->c, lanes);
    size_t in_plane = (size_t)l->h * l->w * lanes, out_plane = (size_t)l->out_h * l->out_w * lanes;
    if (!op->din[0]) return;
#pragma omp parallel for
    for (int p = 0; p < planes; p++) {
        real *din = (real *)op->din[0] + p * in_plane;
        const real *dout = (const real *)op->dout + p * out_plane;
        const int *indexes = op->indexes + p * out_plane;
        for (size_t i = 0; i < out_plane; i++)
            if (indexes[i] >= 0) din[(size_t)indexes[i] * lanes + i % lanes] += dout[i];
    }
}

const attr_layer_kind R(attr_maxpool) = {.type = MAXPOOL,
                                         .name = "maxpool",
                                         .blocked = attr_as_input,
                                         .prepare = prepare,
                                         .forward = forward,
                                         .backward = backward};
