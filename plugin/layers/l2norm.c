/* [l2norm]: at each location the vector over the channels, made length 1. The zero vector stays zero and gets no
 * gradient (Darknet divides by zero).
 *
 *   forward   y = x / s, s = sqrt(sum_c x_c^2)
 *   backward  dx += (dy - y sum_c y_c dy_c) / s */
#include <math.h>

#include "layers/kinds.h"
#include "layers/real.h"

static double length(const real *x, int channels, size_t plane) {
    double sum = 0;
    for (int k = 0; k < channels; ++k) sum += (double)x[k * plane] * x[k * plane];
    return sqrt(sum);
}

static void forward(attr_op *op) {
    const layer *l = op->l;
    size_t plane = (size_t)l->out_w * l->out_h;
#pragma omp parallel for collapse(2)
    for (int b = 0; b < op->count; ++b) {
        for (size_t i = 0; i < plane; ++i) {
            const real *in = (const real *)op->in[0] + b * op->outputs + i;
            real *out = (real *)op->out + b * op->outputs + i;
            double s = length(in, l->out_c, plane);
            for (int k = 0; k < l->out_c; ++k) out[k * plane] = s > 0 ? (real)(in[k * plane] / s) : 0;
        }
    }
}

static void backward(attr_op *op) {
    const layer *l = op->l;
    size_t plane = (size_t)l->out_w * l->out_h;
    if (!op->din[0]) return;
#pragma omp parallel for collapse(2)
    for (int b = 0; b < op->count; ++b) {
        for (size_t i = 0; i < plane; ++i) {
            size_t first = b * op->outputs + i;
            const real *in = (const real *)op->in[0] + first, *dout = (const real *)op->dout + first;
            real *din = (real *)op->din[0] + first;
            double s = length(in, l->out_c, plane), dot = 0;
            if (s == 0) continue;
            for (int k = 0; k < l->out_c; ++k) dot += (double)in[k * plane] * dout[k * plane];
            for (int k = 0; k < l->out_c; ++k) {
                din[k * plane] += (real)((dout[k * plane] - in[k * plane] / s * (dot / s)) / s);
            }
        }
    }
}

const attr_layer_kind R(attr_l2norm) = {
    .type = L2NORM, .name = "l2norm", .forward = forward, .backward_reads = attr_reads_inputs, .backward = backward};
