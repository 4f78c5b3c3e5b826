/* [logistic]: each element through the logistic function.
 *
 *   forward   y = 1 / (1 + exp(-x))
 *   backward  dx += dy y (1 - y) */
#include "layers/head_math.h"
#include "layers/kinds.h"

static void forward(attr_op *op) {
    size_t n = op->outputs;
#pragma omp parallel for
    for (int b = 0; b < op->count; ++b) {
        R(attr_sigmoid)((real *)op->out + b * n, (const real *)op->in[0] + b * n, n);
    }
}

static void backward(attr_op *op) {
    size_t n = op->outputs;
    if (!op->din[0]) return;
#pragma omp parallel for
    for (int b = 0; b < op->count; ++b) {
        const real *in = (const real *)op->in[0] + b * n, *dout = (const real *)op->dout + b * n;
        R(attr_sigmoid_backward)((real *)op->din[0] + b * n, dout, in, n);
    }
}

const attr_layer_kind R(attr_logistic) = {
    .type = LOGXENT, .name = "logistic", .forward = forward, .backward_reads = attr_reads_inputs, .backward = backward};
