/* Convolutions in blocked tensors (kernels/blocked.h), for the float engine: forward with sums in double precision,
 * backward in single. Batch norm, bias and the activations that are two lines through zero (linear, relu, leaky, relie)
 * are done while the kernel stores, their derivatives while it loads; other activations take a pass of their own.
 * Shared by [convolutional] and [deconvolutional], whose forward is the transpose of a convolution. */
#ifndef ATTR_LAYERS_BLOCKED_H
#define ATTR_LAYERS_BLOCKED_H

#include "base/status.h"
#include "kernels/kernels.h"
#include "layers/op.h"

/* Its signs are kept apart: an activation of two lines needs no values. */
attr_backward_reads attr_blocked_backward_reads(const attr_op *op);

/* Into op->state; op->scratch_bytes says what a run needs. `transposed`: the forward is the transpose of `shape`. */
attr_status attr_blocked_prepare(attr_op *op, const attr_conv_shape *shape, int transposed);
void attr_blocked_release(attr_op *op);
void attr_blocked_fold(attr_op *op);
int attr_blocked_folds_noise(const attr_op *op);
int attr_blocked_keeps_gradient(const attr_op *op);

/* What convolution it is, if it is one in blocked tensors, and its two directions as they are done; else 0. Of an
 * engine that is more than planned. */
int attr_blocked_describe(attr_conv_shape *shape, attr_conv_direction *forward, attr_conv_direction *backward,
                          const attr_op *op);

/* See attr_layer_kind: a convolution does the [maxpool] of size 2 and stride 2 behind it, if its kernels can. */
int attr_blocked_joins(const attr_op *op, const attr_op *next);
/* Likewise: the forward of a [shortcut] that is a plain sum. */
int attr_blocked_adds(const attr_op *op, const attr_op *next);

void attr_blocked_forward(attr_op *op);
/* Changes dout where the activation's derivative needs a pass of its own. */
void attr_blocked_backward(attr_op *op);

#endif
