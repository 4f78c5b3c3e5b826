#include "model/random_weights.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/random.h"
#include "model/engine.h"
#include "model/moments.h"
#include "model/parameters.h"
#include "model/model.h"

static void fill_normal(float *out, size_t n, double mean, double deviation, uint64_t seed, int layer, int array) {
    attr_random random = {seed, ATTR_STREAM_RANDOM_WEIGHTS, attr_array_part(layer, array), 0};
    attr_random_normal(out, &random, 0, n);
    for (size_t i = 0; i < n; ++i) out[i] = (float)(mean + deviation * out[i]);
}

/* How many values an output sums over. */
static double fan_in(const layer *l) {
    double window = (double)l->size * l->size * l->c;
    switch (l->type) {
    case CONVOLUTIONAL:
        return window / l->groups;
    case DECONVOLUTIONAL: /* each output is reached by size^2 / stride^2 taps of every input channel */
        return fmax(floor(window / ((double)l->stride * l->stride)), 1);
    case CONNECTED:
        return l->inputs;
    default:
        return window;
    }
}

static void fill_layer(const layer *l, int index, uint64_t seed) {
    attr_parameter_counts n = attr_count_parameters(l);
    if (n.weights) fill_normal(l->weights, n.weights, 0, sqrt(2.0 / fan_in(l)), seed, index, ATTR_ARRAY_WEIGHTS);
    if (n.biases) fill_normal(l->biases, n.biases, 0, 0.1, seed, index, ATTR_ARRAY_BIASES);
    if (n.statistics) fill_normal(l->scales, n.statistics, 1, 0.1, seed, index, ATTR_ARRAY_SCALES);
}

/* Takes the statistics of what the layer sums up. */
static attr_status calibrate(attr_engine *e, attr_op *op, layer *l) {
    size_t channels = (size_t)l->out_c, area = (size_t)l->out_h * l->out_w;
    double *moments = NULL;
    ATTR_TRY(attr_allocate(&moments, 2 * channels, sizeof *moments, "statistics"));
    attr_status status = attr_measure_moments(moments, moments + channels, e, op->index);
    for (size_t c = 0; status == ATTR_OK && c < channels; ++c) {
        double mean = moments[c];
        /* one value a channel has no variance; its own size keeps the normalised value near 1 */
        double spread = area > 1 ? moments[channels + c] : mean * mean;
        l->rolling_mean[c] = area > 1 ? (float)mean : 0;
        l->rolling_variance[c] = (float)fmax(spread, 1e-4);
    }
    free(moments);
    if (status == ATTR_OK && op->kind->fold) op->kind->fold(op);
    return status;
}

attr_status attr_random_weights(network *net, uint64_t seed) {
    for (int i = 0; i < net->n; ++i) fill_layer(&net->layers[i], i, seed);
    attr_engine *e = NULL;
    float *x = NULL;
    ATTR_TRY(attr_engine_create(&e, net, ATTR_F32, 1, ATTR_KEEP_NEEDED));
    attr_status status = attr_allocate(&x, (size_t)net->inputs, sizeof *x, "an input");
    if (status == ATTR_OK) {
        attr_random random = {seed, ATTR_STREAM_CHECK, 0, 0};
        attr_random_uniform(x, &random, 0, (size_t)net->inputs);
        attr_engine_set_input_f32(e, 0, x);
    }
    for (int i = 0; status == ATTR_OK && i < net->n; ++i) {
        attr_op *op = attr_engine_op(e, i);
        op->count = 1;
        if (attr_layer_normalises(op->l)) status = calibrate(e, op, &net->layers[i]);
        if (status == ATTR_OK) attr_engine_forward_layer(e, i);
    }
    free(x);
    attr_engine_free(e);
    return status;
}
