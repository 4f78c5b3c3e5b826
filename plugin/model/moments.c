#include "model/moments.h"

#include <stdlib.h>

#include "base/memory.h"

int attr_layer_normalises(const layer *l) {
    return l->type == BATCHNORM || l->batch_normalize;
}

static void measure(double *mean, double *variance, const double *out, size_t channels, size_t area) {
    for (size_t c = 0; c < channels; ++c) {
        double sum = 0, squares = 0;
        for (size_t i = 0; i < area; ++i) sum += out[c * area + i];
        mean[c] = sum / (double)area;
        for (size_t i = 0; i < area; ++i) squares += (out[c * area + i] - mean[c]) * (out[c * area + i] - mean[c]);
        variance[c] = squares / (double)area;
    }
}

/* The layer's forward with a batch norm that changes nothing and a linear activation. */
static void run_plainly(attr_engine *e, attr_op *op, const float *zeros, const float *ones) {
    layer plain = *op->l;
    const layer *own = op->l;
    attr_parameters parameters = op->parameters;
    plain.activation = LINEAR;
    op->l = &plain;
    op->parameters = (attr_parameters){parameters.weights, zeros, ones, zeros, ones};
    if (op->kind->fold) op->kind->fold(op);
    op->count = 1;
    attr_engine_forward_layer(e, op->index);
    op->l = own;
    op->parameters = parameters;
    if (op->kind->fold) op->kind->fold(op);
}

/* run_plainly() and what comes out, element by element, of this layer alone. What one that is joined with the next
 * writes has no memory of its own: here it is given some. */
static attr_status read_plainly(double *out, attr_engine *e, attr_op *op, const float *zeros, const float *ones) {
    attr_op *joined = op->joined, *added = op->added;
    void *place = NULL;
    if (joined) {
        ATTR_TRY(attr_allocate(&place, op->out_stride, op->writes->element, "a layer's output"));
        op->out = op->writes->values = place;
        op->joined = NULL;
    }
    op->added = NULL;
    run_plainly(e, op, zeros, ones);
    op->added = added;
    attr_tensor_read(out, op->writes, 0, 0, op->outputs);
    if (joined) {
        op->out = op->writes->values = NULL;
        op->joined = joined;
    }
    free(place);
    return ATTR_OK;
}

attr_status attr_measure_moments(double *mean, double *variance, attr_engine *e, int layer_index) {
    attr_op *op = attr_engine_op(e, layer_index);
    size_t channels = (size_t)op->l->out_c, area = (size_t)op->l->out_h * op->l->out_w;
    float *constants = NULL;
    double *out = NULL;
    ATTR_TRY(attr_allocate(&constants, 2 * channels, sizeof *constants, "statistics"));
    attr_status status = attr_allocate(&out, op->outputs, sizeof *out, "a layer's output");
    if (status == ATTR_OK) {
        for (size_t c = 0; c < channels; ++c) constants[channels + c] = 1;
        status = read_plainly(out, e, op, constants, constants + channels);
    }
    if (status == ATTR_OK) measure(mean, variance, out, channels, area);
    free(constants);
    free(out);
    return status;
}
