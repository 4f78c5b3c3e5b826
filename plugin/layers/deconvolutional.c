/* The transpose of a convolution that would lead from the output (n, out_h, out_w) to the input (c, h, w):
 * z[n][oy][ox] = bias[n] + sum over c, y, x, ky, kx with (oy, ox) = (y, x) stride + (ky, kx) - pad of
 *                W[c][n][ky][kx] x[c][y][x]
 * y = f(z), batch norm being part of W and bias.
 * dz = dy f'(z);  dx[c][y][x] = sum over n, ky, kx of W[c][n][ky][kx] dz[n][y stride + ky - pad][x stride + kx - pad].
 */
#include "kernels/kernels.h"
#include "kernels/blocked.h"
#include "layers/activations.h"
#include "layers/blocked.h"
#include "layers/folding.h"
#include "layers/kinds.h"
#include "layers/real.h"

static attr_conv_shape shape_of(const layer *l) {
    return (attr_conv_shape){.groups = 1,
                             .c = l->n,
                             .h = l->out_h,
                             .w = l->out_w,
                             .n = l->c,
                             .out_h = l->h,
                             .out_w = l->w,
                             .size = l->size,
                             .stride = l->stride,
                             .pad = l->pad};
}

static attr_layout layout(const attr_op *op) {
    attr_conv_shape shape = shape_of(op->l);
    return attr_blocked_conv_can(&shape) ? ATTR_BLOCKED : ATTR_PLAIN;
}

static attr_backward_reads backward_reads(const attr_op *op) {
    return op->blocked ? attr_blocked_backward_reads(op) : attr_reads_activated(op);
}

static attr_status prepare(attr_op *op) {
    attr_conv_shape shape = shape_of(op->l);
    if (op->blocked) return attr_blocked_prepare(op, &shape, 1);
    return R(attr_folding_prepare)(op, &shape, 1);
}

/* Weights are [c][n][size][size]. */
static void fold(attr_op *op) {
    attr_conv_shape shape = shape_of(op->l);
    if (op->blocked) {
        attr_blocked_fold(op);
        return;
    }
    R(attr_fold)(op, &shape, 1);
}

static void forward(attr_op *op) {
    attr_conv_shape shape = shape_of(op->l);
    if (op->blocked) {
        attr_blocked_forward(op);
        return;
    }
    R(attr_folded_forward)(op, &shape, 1);
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
    R(attr_folded_backward)(op, &shape, 1);
}

const attr_layer_kind R(attr_deconvolutional) = {.type = DECONVOLUTIONAL,
                                                 .name = "deconvolutional",
                                                 .layout = layout,

                                                 .prepare = prepare,
                                                 .release = attr_blocked_release,
                                                 .fold = fold,
                                                 .folds_noise = attr_blocked_folds_noise,
                                                 .forward = forward,
                                                 .backward_reads = backward_reads,
                                                 .keeps_gradient = attr_blocked_keeps_gradient,
                                                 .stores = 1,
                                                 .backward = backward};
