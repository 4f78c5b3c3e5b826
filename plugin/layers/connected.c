/* z[j] = (sum over i of W[j][i] x[i]) scale[j] + bias[j], y = f(z); scale is that of batch norm or 1.
 * dx[i] = sum over j of W[j][i] scale[j] dy[j] f'(z[j]).
 *
 * Batch norm multiplies the sums, not the weights: these layers can be hundreds of megabytes, and so Darknet's own
 * array serves in single precision.
 *   op->memory[0]  a copy of the weights, in double precision only
 *   op->memory[1]  [batch][outputs] sums, in double precision */
#include "kernels/kernels.h"
#include "layers/activations.h"
#include "layers/batchnorm.h"
#include "layers/kinds.h"
#include "layers/real.h"

static attr_status prepare(attr_op *op) {
    ATTR_TRY(attr_op_allocate_each(op, 1, op->outputs, sizeof(double), "sums"));
    if (sizeof(real) == sizeof(float)) return ATTR_OK;
    return attr_op_allocate(op, &op->memory[0], op->outputs * op->in_size[0], sizeof(real), "weights");
}

static void fold(attr_op *op) {
    real *copy = op->memory[0];
    size_t n = op->outputs * op->in_size[0];
    if (!copy) return;
#pragma omp parallel for
    for (size_t i = 0; i < n; i++) copy[i] = op->parameters.weights[i];
}

static const real *weights_of(const attr_op *op) {
    return op->memory[0] ? op->memory[0] : (const void *)op->parameters.weights;
}

static void forward(attr_op *op) {
    int outputs = op->l->outputs;
    const double *sums = op->memory[1];
    R(attr_matrix_product)(op->memory[1], weights_of(op), op->in[0], outputs, op->l->inputs, op->count);
#pragma omp parallel for
    for (int j = 0; j < outputs; j++) {
        attr_affine affine = attr_channel_affine(&op->parameters, op->l->batch_normalize, j);
        for (int b = 0; b < op->count; b++) {
            size_t i = b * op->outputs + j;
            ((real *)op->out)[i] = sums[i] * affine.scale + affine.bias;
        }
    }
    R(attr_activate)(op->out, op->count * op->outputs, op->l->activation);
}

static void backward(attr_op *op) {
    int outputs = op->l->outputs;
    if (!op->din[0]) return;
    R(attr_activation_gradient)(op->dout, op->out, op->count * op->outputs, op->l->activation);
#pragma omp parallel for
    for (int j = 0; j < outputs; j++) {
        attr_affine affine = attr_channel_affine(&op->parameters, op->l->batch_normalize, j);
        for (int b = 0; b < op->count; b++) ((real *)op->dout)[b * op->outputs + j] *= affine.scale;
    }
    R(attr_matrix_product_transposed)(op->din[0], weights_of(op), op->dout, outputs, op->l->inputs, op->count);
}

const attr_layer_kind R(attr_connected) = {.type = CONNECTED,
                                           .name = "connected",
                                           .prepare = prepare,
                                           .fold = fold,
                                           .forward = forward,
                                           .backward_reads = attr_reads_activated,
                                           .backward = backward};
