/* [yolo] (YOLOv3): for each anchor 4 + 1 + classes planes of h x w: x, y, w, h, objectness, classes.
 *
 *   forward   x, y, objectness and classes through the logistic function, w and h as they are
 *   backward  dx += dy y (1 - y), dx += dy */
#include "layers/head_math.h"
#include "layers/kinds.h"

static void forward(attr_op *op) {
    const layer *l = op->l;
    size_t plane = (size_t)l->w * l->h, block = plane * (4 + 1 + l->classes);
    int blocks = op->count * l->n;
#pragma omp parallel for
    for (int i = 0; i < blocks; ++i) {
        const real *in = (const real *)op->in[0] + i * block;
        real *out = (real *)op->out + i * block;
        R(attr_sigmoid)(out, in, 2 * plane);
        R(attr_copy)(out + 2 * plane, in + 2 * plane, 2 * plane);
        R(attr_sigmoid)(out + 4 * plane, in + 4 * plane, block - 4 * plane);
    }
}

static void backward(attr_op *op) {
    const layer *l = op->l;
    size_t plane = (size_t)l->w * l->h, block = plane * (4 + 1 + l->classes);
    int blocks = op->count * l->n;
    if (!op->din[0]) return;
#pragma omp parallel for
    for (int i = 0; i < blocks; ++i) {
        const real *in = (const real *)op->in[0] + i * block, *dout = (const real *)op->dout + i * block;
        real *din = (real *)op->din[0] + i * block;
        R(attr_sigmoid_backward)(din, dout, in, 2 * plane);
        R(attr_add)(din + 2 * plane, dout + 2 * plane, 2 * plane);
        R(attr_sigmoid_backward)(din + 4 * plane, dout + 4 * plane, in + 4 * plane, block - 4 * plane);
    }
}

const attr_layer_kind R(attr_yolo) = {
    .type = YOLO, .name = "yolo", .forward = forward, .backward_reads = attr_reads_inputs, .backward = backward};
