/* y[c] = mean of x[c][.][.];  dx[c][.][.] = dy[c] / (h w). */
#include "base/dispatch.h"
#include "layers/kinds.h"
#include "layers/lanes.h"

static inline ATTR_INLINE void forward_lanes(attr_op *op, int lanes) {
    int planes = op->count * attr_planes(op->l->c, lanes);
    size_t pixels = (size_t)op->l->h * op->l->w;
#pragma omp parallel for
    for (int p = 0; p < planes; p++) {
        const real *x = (const real *)op->in[0] + p * pixels * lanes;
        double sum[attr_lanes] = {0};
        for (size_t i = 0; i < pixels; i++)
            for (int lane = 0; lane < lanes; lane++) sum[lane] += x[i * lanes + lane];
        for (int lane = 0; lane < lanes; lane++) ((real *)op->out)[p * lanes + lane] = sum[lane] / pixels;
    }
}

static void forward(attr_op *op) {
    ATTR_FOR_LANES(forward_lanes, op);
}

static inline ATTR_INLINE void backward_lanes(attr_op *op, int lanes) {
    int planes = op->count * attr_planes(op->l->c, lanes);
    size_t pixels = (size_t)op->l->h * op->l->w;
    int add = !op->din_fresh[0];
#pragma omp parallel for
    for (int p = 0; p < planes; p++) {
        const real *dy = (const real *)op->dout + p * lanes;
        real *dx = (real *)op->din[0] + p * pixels * lanes;
        for (size_t i = 0; i < pixels; i++)
            for (int lane = 0; lane < lanes; lane++) attr_give(&dx[i * lanes + lane], dy[lane] / pixels, add);
    }
}

static void backward(attr_op *op) {
    if (op->din[0]) ATTR_FOR_LANES(backward_lanes, op);
}

const attr_layer_kind R(attr_avgpool) = {.type = AVGPOOL,
                                         .name = "avgpool",
                                         .layout = attr_as_input,
                                         .forward = forward,
                                         .backward_reads = attr_reads_nothing,
                                         .stores = 1,
                                         .backward = backward};
