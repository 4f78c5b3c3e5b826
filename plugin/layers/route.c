/* [route]: joins the outputs of several layers, sample by sample, one after the other.
 *
 *   forward   y = (x_0, x_1, ...)
 *   backward  (dx_0, dx_1, ...) += dy
 *
 * A route of one layer is that layer's output under another name. */
#include <string.h>

#include "layers/kinds.h"
#include "layers/lanes.h"

static int is_view(const attr_op *op) {
    return op->input_count == 1;
}

/* Blocks of channels can be joined if they are full, but the last. */
static attr_layout layout(const attr_op *op) {
    for (int i = 0; i < op->input_count; ++i)
        if (!op->reads[i]->blocked || (i < op->input_count - 1 && op->reads[i]->c % attr_lanes)) return ATTR_PLAIN;
    return ATTR_BLOCKED;
}

static void forward(attr_op *op) {
#pragma omp parallel for
    for (int b = 0; b < op->count; ++b) {
        real *out = (real *)op->out + b * op->out_stride;
        for (int i = 0; i < op->input_count; ++i) {
            size_t n = op->in_stride[i];
            memcpy(out, (const real *)op->in[i] + b * n, n * sizeof *out);
            out += n;
        }
    }
}

static void backward(attr_op *op) {
#pragma omp parallel for
    for (int b = 0; b < op->count; ++b) {
        const real *dout = (const real *)op->dout + b * op->out_stride;
        for (int i = 0; i < op->input_count; ++i) {
            size_t n = op->in_stride[i];
            real *din = op->din[i] ? (real *)op->din[i] + b * n : NULL;
            if (din && op->din_fresh[i])
                memcpy(din, dout, n * sizeof *din);
            else if (din)
                for (size_t j = 0; j < n; ++j) din[j] += dout[j];
            dout += n;
        }
    }
}

const attr_layer_kind R(attr_route) = {.type = ROUTE,
                                       .name = "route",
                                       .is_view = is_view,
                                       .layout = layout,
                                       .reads_span = attr_reads_same,
                                       .forward = forward,
                                       .backward_reads = attr_reads_nothing,
                                       .stores = 1,
                                       .backward = backward};
