/* Weights of a convolution, with batch norm folded in and packed for the kernels in both directions. Shared by
 * [convolutional] and [deconvolutional], whose batch norm differs in where the filter index stands in the weights.
 *
 *   op->memory[0]  packed for attr_conv
 *   op->memory[1]  packed for attr_conv_transposed
 *   op->memory[2]  bias of each filter
 *   op->memory[3]  unpacked weights of type real, where they differ from Darknet's */
#ifndef ATTR_LAYERS_FOLDING_H
#define ATTR_LAYERS_FOLDING_H

#include "base/status.h"
#include "kernels/kernels.h"
#include "layers/op.h"
#include "layers/real.h"

attr_status R(attr_folding_prepare)(attr_op *op, const attr_conv_shape *shape);

/* Darknet's weights are [outer][filters][inner]; filter f is multiplied by batch norm's factor of channel f. */
void R(attr_fold)(attr_op *op, const attr_conv_shape *shape, int outer, int filters, int inner);

/* out[b][f][...] = bias of filter f, for the samples of this pass. */
void R(attr_fill_with_bias)(attr_op *op);

#endif
