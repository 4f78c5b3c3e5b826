/* y[c] = mean of x[c][.][.];  dx[c][.][.] = dy[c] / (h w). */
#include "layers/kinds.h"
#include "layers/real.h"

static void forward(attr_op *op) {
    int planes = op->count * op->l->c;
    size_t plane = (size_t)op->l->h * op->l->w;
    const real *x = op->in[0];
    real *y = op->out;
#pragma omp parallel for
    for (int p = 0; p < planes; p++) {
        double sum = 0;
        for (size_t i = 0; i < plane; i++) sum += x[p * plane + i];
        y[p] = sum / plane;
    }
}

static void backward(attr_op *op) {
    int planes = op->count * op->l->c;
    size_t plane = (size_t)op->l->h * op->l->w;
    real *dx = op->din[0];
    const real *dy = op->dout;
    if (!dx) return;
#pragma omp parallel for
    for (int p = 0; p < planes; p++) {
        real share = dy[p] / plane;
        for (size_t i = 0; i < plane; i++) dx[p * plane + i] += share;
    }
}

const attr_layer_kind R(attr_avgpool) = {.type = AVGPOOL, .name = "avgpool", .forward = forward, .backward = backward};
