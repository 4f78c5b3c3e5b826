/* Weights of a convolution, packed for the kernels in both directions, with batch norm. Shared by [convolutional] and
 * [deconvolutional], whose forward is the transpose of a convolution.
 *
 *   op->memory[0]  packed for the forward: as they are
 *   op->memory[1]  packed for the backward: multiplied by batch norm's factors
 *   op->memory[2]  doubles: factor of each filter, then bias of each filter
 *
 * Forward multiplies the sums by the factor instead of the weights: folding would round them, see kernels.h. */
#ifndef ATTR_LAYERS_FOLDING_H
#define ATTR_LAYERS_FOLDING_H

#include "base/status.h"
#include "kernels/kernels.h"
#include "layers/op.h"
#include "layers/real.h"

/* `transposed`: the forward is the transpose of the convolution of this shape. */
attr_status R(attr_folding_prepare)(attr_op *op, const attr_conv_shape *shape, int transposed);
void R(attr_fold)(attr_op *op, const attr_conv_shape *shape, int transposed);

/* z = factor x sum + bias into op->out; din[0] += the gradient for op->dout. */
void R(attr_folded_forward)(attr_op *op, const attr_conv_shape *shape, int transposed);
void R(attr_folded_backward)(attr_op *op, const attr_conv_shape *shape, int transposed);

#endif
