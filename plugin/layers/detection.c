/* [detection] (YOLOv1): side^2 x classes class scores, then side^2 x n objectnesses, then side^2 x n boxes, one flat
 * vector (the classes of a cell stand together).
 *
 *   forward   identity; with `softmax` the classes of each cell through a softmax
 *   backward  dx += dy; for the classes with `softmax` dx += p (dy - sum p dy) */
#include "layers/head_math.h"
#include "layers/kinds.h"

static void forward(attr_op *op) {
    const layer *l = op->l;
    int cells = l->softmax ? l->side * l->side : 0;
    size_t classes = l->classes, rest = cells * classes;
#pragma omp parallel for
    for (int b = 0; b < op->count; ++b) {
        const real *in = (const real *)op->in[0] + b * op->outputs;
        real *out = (real *)op->out + b * op->outputs;
        for (int i = 0; i < cells; ++i) {
            R(attr_softmax_group)(out + i * classes, in + i * classes, l->classes, 1, 1);
        }
        R(attr_copy)(out + rest, in + rest, op->outputs - rest);
    }
}

static void backward(attr_op *op) {
    const layer *l = op->l;
    int cells = l->softmax ? l->side * l->side : 0;
    size_t classes = l->classes, rest = cells * classes;
    if (!op->din[0]) return;
#pragma omp parallel for
    for (int b = 0; b < op->count; ++b) {
        const real *in = (const real *)op->in[0] + b * op->outputs, *dout = (const real *)op->dout + b * op->outputs;
        real *din = (real *)op->din[0] + b * op->outputs;
        for (int i = 0; i < cells; ++i) {
            size_t at = i * classes;
            R(attr_softmax_group_backward)(din + at, dout + at, in + at, l->classes, 1, 1);
        }
        R(attr_add)(din + rest, dout + rest, op->outputs - rest);
    }
}

const attr_layer_kind R(attr_detection) = {.type = DETECTION,
                                           .name = "detection",
                                           .forward = forward,
                                           .backward_reads = attr_reads_inputs,
                                           .backward = backward};
