/* [softmax]: y = softmax(x / temperature) in each of `groups` equal runs of elements, or in each group of a class tree.
 *
 *   forward   y_i = exp(x_i / T) / sum_j exp(x_j / T)
 *   backward  dx_i += y_i (dy_i - sum_j y_j dy_j) / T
 *
 * Darknet's CPU code does not use the key `spatial`; neither does this. */
#include "layers/head_math.h"
#include "layers/kinds.h"

static attr_status prepare(attr_op *op) {
    const layer *l = op->l;
    if (l->softmax_tree && (size_t)l->softmax_tree->n != op->outputs)
        return attr_fail(ATTR_UNSUPPORTED, "layer %d [softmax]: the tree has %d classes, the layer %zu inputs",
                         op->index, l->softmax_tree->n, op->outputs);
    return ATTR_OK;
}

static void forward(attr_op *op) {
    const layer *l = op->l;
    int n = (int)op->outputs / l->groups;
#pragma omp parallel for
    for (int b = 0; b < op->count; ++b) {
        const real *in = (const real *)op->in[0] + b * op->outputs;
        real *out = (real *)op->out + b * op->outputs;
        if (l->softmax_tree) {
            R(attr_softmax_tree)(out, in, l->softmax_tree, 1, l->temperature);
            continue;
        }
        for (int g = 0; g < l->groups; ++g) R(attr_softmax_group)(out + g * n, in + g * n, n, 1, l->temperature);
    }
}

static void backward(attr_op *op) {
    const layer *l = op->l;
    int n = (int)op->outputs / l->groups;
    if (!op->din[0]) return;
#pragma omp parallel for
    for (int b = 0; b < op->count; ++b) {
        const real *in = (const real *)op->in[0] + b * op->outputs;
        const real *dout = (const real *)op->dout + b * op->outputs;
        real *din = (real *)op->din[0] + b * op->outputs;
        if (l->softmax_tree) {
            R(attr_softmax_tree_backward)(din, dout, in, l->softmax_tree, 1, l->temperature);
            continue;
        }
        for (int g = 0; g < l->groups; ++g) {
            R(attr_softmax_group_backward)(din + g * n, dout + g * n, in + g * n, n, 1, l->temperature);
        }
    }
}

const attr_layer_kind R(attr_softmax) = {.type = SOFTMAX,
                                         .name = "softmax",
                                         .prepare = prepare,
                                         .forward = forward,
                                         .backward_reads = attr_reads_inputs,
                                         .backward = backward};
