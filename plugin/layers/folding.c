#include "layers/folding.h"

#include <string.h>

#include "layers/batchnorm.h"

attr_status R(attr_folding_prepare)(attr_op *op, const attr_conv_shape *s, int transposed) {
    ATTR_TRY(
        attr_op_allocate(op, &op->memory[0], attr_conv_packed_size(s, transposed), sizeof(real), "packed weights"));
    ATTR_TRY(
        attr_op_allocate(op, &op->memory[1], attr_conv_packed_size(s, !transposed), sizeof(real), "packed weights"));
    return attr_op_allocate(op, &op->memory[2], 2 * (size_t)op->l->n, sizeof(double), "factors and biases");
}

void R(attr_fold)(attr_op *op, const attr_conv_shape *s, int transposed) {
    int n = op->l->n;
    double *factor = op->memory[2], *bias = factor + n;
    for (int f = 0; f < n; f++) {
        attr_affine affine = attr_channel_affine(&op->parameters, op->l->batch_normalize, f);
        factor[f] = affine.scale;
        bias[f] = affine.bias;
    }
    R(attr_conv_pack)(op->memory[0], op->parameters.weights, NULL, s, transposed);
    R(attr_conv_pack)(op->memory[1], op->parameters.weights, factor, s, !transposed);
}

void R(attr_folded_forward)(attr_op *op, const attr_conv_shape *s, int transposed) {
    const double *factor = op->memory[2], *bias = factor + op->l->n;
    R(attr_conv_forward)(op->out, op->in[0], op->memory[0], factor, bias, s, transposed, op->count);
}

void R(attr_folded_backward)(attr_op *op, const attr_conv_shape *s, int transposed) {
    if (op->din_fresh[0]) memset(op->din[0], 0, op->count * op->in_stride[0] * sizeof(real));
    R(attr_conv_add)(op->din[0], op->dout, op->memory[1], s, !transposed, op->count);
}
