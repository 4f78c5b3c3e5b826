#include "model/random_weights.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/random.h"
#include "model/engine.h"

enum { weights_part, biases_part, scales_part, parts };

static void fill_normal(float *out, size_t n, double mean, double deviation, uint64_t seed, int layer_index, int part) {
    attr_random random = {seed, ATTR_STREAM_RANDOM_WEIGHTS, (uint32_t)(layer_index * parts + part), 0};
    attr_random_normal(out, &random, 0, n);
    for (size_t i = 0; i < n; ++i) out[i] = (float)(mean + deviation * out[i]);
}

/* How many weights a layer has and how many values an output sums over. */
static size_t weight_count(size_t *fan_in, const layer *l) {
    size_t area = (size_t)l->size * l->size;
    switch (l->type) {
    case CONVOLUTIONAL:
        *fan_in = area * l->c / l->groups;
        return (size_t)l->nweights;
    case DECONVOLUTIONAL: /* each output is reached by size^2 / stride^2 taps of every input channel */
        *fan_in = area * l->c / ((size_t)l->stride * l->stride);
        return (size_t)l->nweights;
    case CONNECTED:
        *fan_in = (size_t)l->inputs;
        return (size_t)l->inputs * l->outputs;
    case LOCAL:
        *fan_in = area * l->c;
        return area * l->c * l->outputs;
    default:
        *fan_in = 1;
        return 0;
    }
}

static void fill_layer(const layer *l, int index, uint64_t seed) {
    size_t fan_in, count = weight_count(&fan_in, l);
    size_t biases = l->type == CONVOLUTIONAL || l->type == DECONVOLUTIONAL ? (size_t)l->n
                    : l->type == BATCHNORM                                 ? (size_t)l->c
                                                                           : (size_t)l->outputs;
    if (count > 0)
        fill_normal(l->weights, count, 0, sqrt(2.0 / (double)(fan_in ? fan_in : 1)), seed, index, weights_part);
    if (count > 0 || l->type == BATCHNORM) fill_normal(l->biases, biases, 0, 0.1, seed, index, biases_part);
    if ((count > 0 && l->batch_normalize) || l->type == BATCHNORM)
        fill_normal(l->scales, biases, 1, 0.1, seed, index, scales_part);
}

/* Mean and variance of each channel of a layer's output for one sample. */
static void measure(float *mean, float *variance, const float *out, size_t channels, size_t area) {
    for (size_t c = 0; c < channels; ++c) {
        double sum = 0, squares = 0;
        for (size_t i = 0; i < area; ++i) sum += out[c * area + i];
        double average = sum / (double)area;
        for (size_t i = 0; i < area; ++i) squares += pow(out[c * area + i] - average, 2);
        /* one value a channel has no variance; its own size keeps the normalised value near 1 */
        double spread = area > 1 ? squares / (double)area : average * average;
        mean[c] = area > 1 ? (float)average : 0;
        variance[c] = (float)fmax(spread, 1e-4);
    }
}

/* Runs the layer without its batch norm and activation and takes the statistics of what comes out. */
static attr_status calibrate(attr_op *op, layer *l) {
    size_t channels = (size_t)l->out_c, area = (size_t)l->out_h * l->out_w;
    float *ones = NULL, *zeros = NULL;
    ATTR_TRY(attr_allocate(&ones, channels, sizeof *ones, "statistics"));
    attr_status status = attr_allocate(&zeros, channels, sizeof *zeros, "statistics");
    if (status == ATTR_OK) {
        layer plain = *op->l;
        const layer *own = op->l;
        attr_parameters parameters = op->parameters;
        for (size_t c = 0; c < channels; ++c) ones[c] = 1;
        plain.activation = LINEAR;
        op->l = &plain;
        op->parameters = (attr_parameters){parameters.weights, zeros, ones, zeros, ones};
        if (op->kind->fold) op->kind->fold(op);
        op->kind->forward(op);
        measure(l->rolling_mean, l->rolling_variance, op->out, channels, area);
        op->l = own;
        op->parameters = parameters;
        if (op->kind->fold) op->kind->fold(op);
    }
    free(ones);
    free(zeros);
    return status;
}

attr_status attr_random_weights(network *net, uint64_t seed) {
    for (int i = 0; i < net->n; ++i) fill_layer(&net->layers[i], i, seed);
    attr_engine *e = NULL;
    float *x = NULL;
    ATTR_TRY(attr_engine_create(&e, net, ATTR_F32, 1));
    attr_status status = attr_allocate(&x, (size_t)net->inputs, sizeof *x, "an input");
    if (status == ATTR_OK) {
        attr_random random = {seed, ATTR_STREAM_CHECK, 0, 0};
        attr_random_uniform(x, &random, 0, (size_t)net->inputs);
        attr_engine_set_input_f32(e, 0, x);
    }
    for (int i = 0; status == ATTR_OK && i < net->n; ++i) {
        attr_op *op = attr_engine_op(e, i);
        op->count = 1;
        if (op->l->type == BATCHNORM || op->l->batch_normalize) status = calibrate(op, &net->layers[i]);
        if (status == ATTR_OK && op->kind->forward) op->kind->forward(op);
    }
    free(x);
    attr_engine_free(e);
    return status;
}
