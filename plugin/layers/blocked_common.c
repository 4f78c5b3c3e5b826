#include "layers/blocked.h"

#include <omp.h>
#include <stdlib.h>

#define ATTR_REAL float /* blocked tensors are */

#include "base/memory.h"
#include "kernels/blocked.h"
#include "layers/activations.h"
#include "layers/batchnorm.h"

/* op->memory[0]: signs of the activation's argument, as an output; NULL where that is kept itself. */
typedef struct {
    attr_blocked_conv *forward, *backward;
    attr_conv_shape shape;
    attr_conv_direction there, back; /* of `forward` and `backward` */
    double *scale, *bias;            /* padded to whole blocks, as is gate_scale */
    float *gate_scale;
} blocked_layer;

/* The factor of negative values of an activation that is made of two lines through zero; 0 if it is another. */
static int is_two_lines(double *slope, ACTIVATION activation) {
    switch (activation) {
    case LINEAR:
        *slope = 1;
        return 1;
    case RELU:
        *slope = 0;
        return 1;
    case LEAKY:
        *slope = .1;
        return 1;
    case RELIE:
        *slope = .01;
        return 1;
    default:
        *slope = 1;
        return 0;
    }
}

attr_backward_reads attr_blocked_backward_reads(const attr_op *op) {
    double slope;
    return is_two_lines(&slope, op->l->activation) ? ATTR_READS_NOTHING : ATTR_READS_OUTPUT;
}

static size_t larger(size_t a, size_t b) {
    return a > b ? a : b;
}

attr_status attr_blocked_prepare(attr_op *op, const attr_conv_shape *s, int transposed) {
    blocked_layer *b = NULL;
    int plain_input = op->layout == ATTR_BLOCKED_OF_PLAIN;
    attr_conv_direction forward = {transposed, plain_input, ATTR_SUM_F64, op->choice.forward};
    attr_conv_direction backward = {!transposed, plain_input, ATTR_SUM_F32, op->choice.backward};
    attr_blocked_conv_bytes there = attr_blocked_conv_needs(s, forward), back = attr_blocked_conv_needs(s, backward);
    double slope;
    int two_lines = is_two_lines(&slope, op->l->activation) && slope != 1;
    size_t signs = two_lines ? attr_blocked_size(op->l->n, op->l->out_h, op->l->out_w) / attr_lanes : 0;
    op->bytes += there.kept + back.kept;
    op->scratch_bytes = larger(there.scratch, back.scratch);
    op->can_pool = !transposed && attr_blocked_conv_pools(s, forward) && attr_blocked_conv_pools(s, backward);
    op->can_add = attr_blocked_conv_adds(s, forward);
    op->together = attr_blocked_conv_together(s, forward);
    op->is_indivisible = attr_blocked_conv_is_foreign(s, forward) || attr_blocked_conv_is_foreign(s, backward);
    ATTR_TRY(attr_op_allocate_each(op, 0, signs, sizeof(attr_signs), "signs"));
    if (op->only_planned) return ATTR_OK;
    ATTR_TRY(attr_allocate(&b, 1, sizeof *b, "a convolution"));
    op->state = b; /* from here on the engine releases it */
    b->shape = *s;
    b->there = forward;
    b->back = backward;
    size_t channels = attr_blocked_size(op->l->n, 1, 1);
    ATTR_TRY(attr_allocate(&b->scale, channels, sizeof *b->scale, "scales"));
    ATTR_TRY(attr_allocate(&b->bias, channels, sizeof *b->bias, "biases"));
    ATTR_TRY(attr_allocate(&b->gate_scale, channels, sizeof *b->gate_scale, "scales"));
    ATTR_TRY(attr_blocked_conv_create(&b->forward, s, forward));
    return attr_blocked_conv_create(&b->backward, s, backward);
}

void attr_blocked_release(attr_op *op) {
    blocked_layer *b = op->state;
    if (!b) return;
    attr_blocked_conv_free(b->forward);
    attr_blocked_conv_free(b->backward);
    free(b->scale);
    free(b->bias);
    free(b->gate_scale);
    free(b);
    op->state = NULL;
}

void attr_blocked_fold(attr_op *op) {
    blocked_layer *b = op->state;
    for (int k = 0; k < op->l->n; ++k) {
        attr_affine affine = attr_channel_affine(&op->parameters, op->l->batch_normalize, k);
        b->scale[k] = affine.scale;
        b->bias[k] = affine.bias;
        b->gate_scale[k] = (float)affine.scale;
    }
    attr_blocked_conv *there = b->there.transposed ? b->backward : b->forward;
    attr_blocked_conv *back = b->there.transposed ? b->forward : b->backward;
    attr_blocked_conv_pack(there, back, &op->weights, op->scratch, op->scratch_each, op->threads);
}

int attr_blocked_keeps_gradient(const attr_op *op) {
    return op->blocked && attr_blocked_backward_reads(op) == ATTR_READS_NOTHING;
}

int attr_blocked_folds_noise(const attr_op *op) {
    return op->blocked;
}

int attr_blocked_describe(attr_conv_shape *shape, attr_conv_direction *forward, attr_conv_direction *backward,
                          const attr_op *op) {
    const blocked_layer *b = op->state;
    if (!op->blocked || !b || (op->l->type != CONVOLUTIONAL && op->l->type != DECONVOLUTIONAL)) return 0;
    *shape = b->shape;
    *forward = b->there;
    *backward = b->back;
    return 1;
}

/* Its kernels store maxima of what they compute, and read gradients of maxima. */
int attr_blocked_joins(const attr_op *op, const attr_op *next) {
    const layer *l = next->l;
    double slope;
    return op->blocked && op->can_pool && is_two_lines(&slope, op->l->activation) && l->type == MAXPOOL &&
           l->size == 2 && l->stride == 2 && l->pad / 2 == 0;
}

/* Its kernels add what they are told to while they store. */
int attr_blocked_adds(const attr_op *op, const attr_op *next) {
    const layer *l = next->l;
    double slope;
    return op->blocked && next->blocked && op->can_add && is_two_lines(&slope, op->l->activation) &&
           l->type == SHORTCUT && l->activation == LINEAR && next->kind->in_place(next);
}

static attr_pooling pooling_of(const attr_op *joined) {
    return joined ? (attr_pooling){joined->l->out_h, joined->l->out_w, joined->indexes} : (attr_pooling){0};
}

void attr_blocked_forward(attr_op *op) {
    const blocked_layer *b = op->state;
    attr_gate as_is = {.slope = 1};
    attr_finish finish = {.scale = b->scale, .bias = b->bias, .positive = op->memory[0]};
    int done = is_two_lines(&finish.slope, op->l->activation);
    attr_pooling pooling = pooling_of(op->joined);
    finish.wanted = op->joined ? op->joined->wanted : op->wanted;
    if (op->joined) finish.pooling = &pooling;
    if (op->added) finish.plus = op->added->in[1];
    attr_blocked_conv_run(op->joined ? op->joined->out : op->out, op->in[0], b->forward, &as_is, &finish, op->count,
                          op->scratch, op->threads);
    if (!done) attr_activate_f32(op->out, op->count * op->out_stride, op->l->activation);
}

void attr_blocked_backward(attr_op *op) {
    const blocked_layer *b = op->state;
    if (!op->din[0]) return;
    double slope;
    attr_gate gate = {.positive = op->memory[0], .scale = op->l->batch_normalize ? b->gate_scale : NULL};
    attr_finish finish = {.slope = 1, .add = !op->din_fresh[0], .wanted = attr_op_reads_area(op, 0, op->seeded)};
    attr_pooling pooling = pooling_of(op->joined);
    if (!is_two_lines(&slope, op->l->activation))
        attr_activation_gradient_f32(op->dout, op->out, op->count * op->out_stride, op->l->activation);
    gate.slope = (float)slope;
    if (op->joined) gate.pooling = &pooling;
    attr_blocked_conv_run(op->din[0], op->joined ? op->joined->dout : op->dout, b->backward, &gate, &finish, op->count,
                          op->scratch, op->threads);
    if (!finish.add) attr_tensor_clear_gradient_but(attr_op_input(op, 0), finish.wanted, op->count);
}
