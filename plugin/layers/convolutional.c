/* z[n][oy][ox] = bias[n] + sum over c, ky, kx of W[n][c][ky][kx] x[c][oy stride + ky - pad][ox stride + kx - pad]
 * y = f(z), batch norm being part of W and bias; filter n reads the channels of its group only.
 * dz = dy f'(z);  dx[c][y][x] = sum of W[n][c][ky][kx] dz[n][oy][ox] over all n, oy, ox that read (c, y, x).
 *
 * Darknet skips im2col for size 1 and so reads the wrong pixels when such a layer has a stride or padding: here it is
 * the convolution that the cfg describes. */
#include "kernels/kernels.h"
#include "kernels/blocked.h"
#include "layers/activations.h"
#include "layers/blocked.h"
#include "layers/folding.h"
#include "layers/kinds.h"
#include "layers/real.h"

static attr_conv_shape shape_of(const layer *l) {
    return (attr_conv_shape){.groups = l->groups,
                             .c = l->c,
                             .h = l->h,
                             .w = l->w,
                             .n = l->n,
                             .out_h = l->out_h,
                             .out_w = l->out_w,
                             .size = l->size,
                             .stride = l->stride,
                             .pad = l->pad};
}

static attr_layout layout(const attr_op *op) {
    attr_conv_shape shape = shape_of(op->l);
    if (!attr_blocked_conv_can(&shape)) return ATTR_PLAIN;
    return !op->reads[0]->blocked && attr_blocked_conv_is_thin(&shape) ? ATTR_BLOCKED_OF_PLAIN : ATTR_BLOCKED;
}

static attr_backward_reads backward_reads(const attr_op *op) {
    return op->blocked ? attr_blocked_backward_reads(op) : attr_reads_activated(op);
}

static attr_span reads_span(const attr_op *op, int j, attr_span out, int length) {
    const layer *l = op->l;
    (void)j, (void)length;
    return (attr_span){out.first * l->stride - l->pad, (out.end - 1) * l->stride - l->pad + l->size};
}

static attr_status prepare(attr_op *op) {
    attr_conv_shape shape = shape_of(op->l);
    if (op->blocked) return attr_blocked_prepare(op, &shape, 0);
    return R(attr_folding_prepare)(op, &shape, 0);
}

/* Weights are [n][c / groups][size][size]. */
static void fold(attr_op *op) {
    attr_conv_shape shape = shape_of(op->l);
    if (op->blocked) {
        attr_blocked_fold(op);
        return;
    }
    R(attr_fold)(op, &shape, 0);
}

static void forward(attr_op *op) {
    attr_conv_shape shape = shape_of(op->l);
    if (op->blocked) {
        attr_blocked_forward(op);
        return;
    }
    R(attr_folded_forward)(op, &shape, 0);
    R(attr_activate)(op->out, op->count * op->outputs, op->l->activation);
}

static void backward(attr_op *op) {
    attr_conv_shape shape = shape_of(op->l);
    if (!op->din[0]) return;
    if (op->blocked) {
        attr_blocked_backward(op);
        return;
    }
    R(attr_activation_gradient)(op->dout, op->out, op->count * op->outputs, op->l->activation);
    R(attr_folded_backward)(op, &shape, 0);
}

const attr_layer_kind R(attr_convolutional) = {.type = CONVOLUTIONAL,
                                               .name = "convolutional",
                                               .layout = layout,
                                               .reads_span = reads_span,
                                               .prepare = prepare,
                                               .release = attr_blocked_release,
                                               .fold = fold,
                                               .folds_noise = attr_blocked_folds_noise,
                                               .forward = forward,
                                               .backward_reads = backward_reads,
                                               .keeps_gradient = attr_blocked_keeps_gradient,
                                               .joins = attr_blocked_joins,
                                               .adds = attr_blocked_adds,
                                               .stores = 1,
                                               .backward = backward};
