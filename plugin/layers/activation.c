/* y = f(x);  dx = dy f'(x). */
#include "layers/activations.h"
#include "layers/kinds.h"
#include "layers/lanes.h"
#include "layers/real.h"

#include <string.h>

static void forward(attr_op *op) {
    size_t n = op->count * op->out_stride;
    memcpy(op->out, op->in[0], n * sizeof(real));
    R(attr_activate)(op->out, n, op->l->activation);
}

static void backward(attr_op *op) {
    real *dx = op->din[0], *dy = op->dout;
    size_t n = op->count * op->out_stride;
    if (!dx) return;
    R(attr_activation_gradient)(dy, op->out, n, op->l->activation);
    if (op->din_fresh[0]) {
        memcpy(dx, dy, n * sizeof *dx);
        return;
    }
#pragma omp parallel for simd
    for (size_t i = 0; i < n; i++) dx[i] += dy[i];
}

const attr_layer_kind R(attr_activation) = {.type = ACTIVE,
                                            .name = "activation",
                                            .layout = attr_as_input,
                                            .reads_span = attr_reads_same,
                                            .forward = forward,
                                            .backward_reads = attr_reads_activated,
                                            .stores = 1,
                                            .backward = backward};
