/* y = (x - rolling mean) / (sqrt(rolling variance) + 1e-6) * scale + bias, channel by channel.
 * dx = dy * scale / (sqrt(rolling variance) + 1e-6): at inference the statistics are constants. */
#include "layers/batchnorm.h"
#include "base/dispatch.h"
#include "layers/kinds.h"
#include "layers/lanes.h"

static inline ATTR_INLINE void forward_lanes(attr_op *op, int lanes) {
    int planes = attr_planes(op->l->out_c, lanes);
    size_t pixels = (size_t)op->l->out_h * op->l->out_w;
#pragma omp parallel for
    for (int p = 0; p < op->count * planes; p++) {
        const real *x = (const real *)op->in[0] + p * pixels * lanes;
        real *y = (real *)op->out + p * pixels * lanes, factor[attr_lanes], mean[attr_lanes], bias[attr_lanes];
        for (int lane = 0; lane < lanes; lane++) {
            int c = p % planes * lanes + lane, exists = c < op->l->out_c;
            factor[lane] = exists ? (real)attr_batchnorm_factor(&op->parameters, c) : 0;
            mean[lane] = exists ? op->parameters.rolling_mean[c] : 0;
            bias[lane] = exists ? op->parameters.biases[c] : 0;
        }
        for (size_t i = 0; i < pixels; i++)
            for (int lane = 0; lane < lanes; lane++)
                y[i * lanes + lane] = (x[i * lanes + lane] - mean[lane]) * factor[lane] + bias[lane];
    }
}

static void forward(attr_op *op) {
    ATTR_FOR_LANES(forward_lanes, op);
}

static inline ATTR_INLINE void backward_lanes(attr_op *op, int lanes) {
    int planes = attr_planes(op->l->out_c, lanes);
    size_t pixels = (size_t)op->l->out_h * op->l->out_w;
    int add = !op->din_fresh[0];
#pragma omp parallel for
    for (int p = 0; p < op->count * planes; p++) {
        const real *dy = (const real *)op->dout + p * pixels * lanes;
        real *dx = (real *)op->din[0] + p * pixels * lanes, factor[attr_lanes];
        for (int lane = 0; lane < lanes; lane++) {
            int c = p % planes * lanes + lane;
            factor[lane] = c < op->l->out_c ? (real)attr_batchnorm_factor(&op->parameters, c) : 0;
        }
        for (size_t i = 0; i < pixels; i++)
            for (int lane = 0; lane < lanes; lane++)
                attr_give(&dx[i * lanes + lane], dy[i * lanes + lane] * factor[lane], add);
    }
}

static void backward(attr_op *op) {
    if (op->din[0]) ATTR_FOR_LANES(backward_lanes, op);
}

const attr_layer_kind R(attr_batchnorm) = {.type = BATCHNORM,
                                           .name = "batchnorm",
                                           .layout = attr_as_input,
                                           .reads_span = attr_reads_same,
                                           .forward = forward,
                                           .backward_reads = attr_reads_nothing,
                                           .stores = 1,
                                           .backward = backward};
