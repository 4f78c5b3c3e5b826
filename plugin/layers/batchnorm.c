/* y = (x - rolling mean) / (sqrt(rolling variance) + 1e-6) * scale + bias, channel by channel.
 * dx = dy * scale / (sqrt(rolling variance) + 1e-6): at inference the statistics are constants. */
#include "layers/batchnorm.h"
#include "layers/kinds.h"
#include "layers/real.h"

static void forward(attr_op *op) {
    int channels = op->l->out_c;
    size_t plane = (size_t)op->l->out_h * op->l->out_w;
#pragma omp parallel for collapse(2)
    for (int b = 0; b < op->count; b++) {
        for (int c = 0; c < channels; c++) {
            size_t offset = (size_t)b * op->outputs + c * plane;
            const real *x = (const real *)op->in[0] + offset;
            real *y = (real *)op->out + offset;
            real factor = attr_batchnorm_factor(&op->parameters, c);
            real mean = op->parameters.rolling_mean[c], bias = op->parameters.biases[c];
            for (size_t i = 0; i < plane; i++) y[i] = (x[i] - mean) * factor + bias;
        }
    }
}

static void backward(attr_op *op) {
    int channels = op->l->out_c;
    size_t plane = (size_t)op->l->out_h * op->l->out_w;
    if (!op->din[0]) return;
#pragma omp parallel for collapse(2)
    for (int b = 0; b < op->count; b++) {
        for (int c = 0; c < channels; c++) {
            size_t offset = (size_t)b * op->outputs + c * plane;
            real *dx = (real *)op->din[0] + offset;
            const real *dy = (const real *)op->dout + offset;
            real factor = attr_batchnorm_factor(&op->parameters, c);
            for (size_t i = 0; i < plane; i++) dx[i] += dy[i] * factor;
        }
    }
}

const attr_layer_kind R(attr_batchnorm) = {
    .type = BATCHNORM, .name = "batchnorm", .forward = forward, .backward = backward};
