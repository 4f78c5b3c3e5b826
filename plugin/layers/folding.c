#include "layers/folding.h"

#include "base/memory.h"
#include "layers/batchnorm.h"

static size_t weight_count(const attr_conv_shape *s) {
    return (size_t)s->n * (s->c / s->groups) * s->size * s->size;
}

attr_status R(attr_folding_prepare)(attr_op *op, const attr_conv_shape *s) {
    size_t size = sizeof(real);
    ATTR_TRY(attr_allocate(&op->memory[0], attr_conv_packed_size(s, 0), size, "packed weights"));
    ATTR_TRY(attr_allocate(&op->memory[1], attr_conv_packed_size(s, 1), size, "packed weights"));
    ATTR_TRY(attr_allocate(&op->memory[2], op->l->n, size, "biases"));
    if (op->l->batch_normalize || size != sizeof(float))
        ATTR_TRY(attr_allocate(&op->memory[3], weight_count(s), size, "folded weights"));
    return ATTR_OK;
}

void R(attr_fold)(attr_op *op, const attr_conv_shape *s, int outer, int filters, int inner) {
    real *bias = op->memory[2], *folded = op->memory[3];
    const void *weights = folded ? (const void *)folded : op->parameters.weights;
#pragma omp parallel for
    for (int f = 0; f < filters; f++) {
        attr_affine affine = attr_channel_affine(&op->parameters, op->l->batch_normalize, f);
        bias[f] = affine.bias;
        if (!folded) continue;
        for (int o = 0; o < outer; o++) {
            size_t first = ((size_t)o * filters + f) * inner;
            for (int i = 0; i < inner; i++) folded[first + i] = affine.scale * op->parameters.weights[first + i];
        }
    }
    R(attr_conv_pack)(op->memory[0], weights, s, 0);
    R(attr_conv_pack)(op->memory[1], weights, s, 1);
}

void R(attr_fill_with_bias)(attr_op *op) {
    int filters = op->l->n;
    size_t plane = (size_t)op->l->out_h * op->l->out_w;
    const real *bias = op->memory[2];
#pragma omp parallel for collapse(2)
    for (int b = 0; b < op->count; b++) {
        for (int f = 0; f < filters; f++) {
            real *out = (real *)op->out + (size_t)b * op->outputs + f * plane;
            for (size_t i = 0; i < plane; i++) out[i] = bias[f];
        }
    }
}
