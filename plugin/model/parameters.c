#include "model/parameters.h"

#include "base/files.h"
#include "base/memory.h"

attr_parameter_counts attr_count_parameters(const layer *l) {
    attr_parameter_counts n = {0};
    switch (l->type) {
    case CONVOLUTIONAL:
    case DECONVOLUTIONAL:
        n.weights = (size_t)l->nweights;
        n.biases = (size_t)l->n;
        break;
    case CONNECTED:
        n.weights = (size_t)l->inputs * l->outputs;
        n.biases = (size_t)l->outputs;
        break;
    case LOCAL:
        n.weights = (size_t)l->size * l->size * l->c * l->outputs;
        n.biases = (size_t)l->outputs;
        break;
    case BATCHNORM:
        n.biases = (size_t)l->c;
        break;
    default:
        return n;
    }
    if (l->type == BATCHNORM || l->batch_normalize) n.statistics = n.biases;
    return n;
}

uint64_t attr_parameters_checksum(const network *net) {
    uint64_t sum = ATTR_CHECKSUM_SEED;
    for (int i = 0; i < net->n; ++i) {
        const layer *l = &net->layers[i];
        attr_parameter_counts n = attr_count_parameters(l);
        sum = attr_checksum(l->weights, n.weights * sizeof(float), sum);
        sum = attr_checksum(l->biases, n.biases * sizeof(float), sum);
        sum = attr_checksum(l->scales, n.statistics * sizeof(float), sum);
        sum = attr_checksum(l->rolling_mean, n.statistics * sizeof(float), sum);
        sum = attr_checksum(l->rolling_variance, n.statistics * sizeof(float), sum);
    }
    return sum;
}

attr_parameters attr_parameters_of(const layer *l) {
    return (attr_parameters){l->weights, l->biases, l->scales, l->rolling_mean, l->rolling_variance};
}

static void fold(attr_op *op) {
    op->weights.values = op->parameters.weights;
    if (op->kind->fold) op->kind->fold(op);
}

void attr_engine_set_parameters(attr_engine *e, const attr_parameters *parameters) {
    for (int i = 0; i < attr_engine_layers(e); ++i) {
        attr_op *op = attr_engine_op(e, i);
        op->parameters = parameters ? parameters[i] : op->own;
        op->weights = (attr_noisy_array){0};
        fold(op);
    }
}

void attr_engine_replace_parameters(attr_engine *e, const attr_parameters *parameters) {
    for (int i = 0; i < attr_engine_layers(e); ++i) {
        attr_op *op = attr_engine_op(e, i);
        op->own = parameters ? parameters[i] : attr_parameters_of(op->l);
    }
    attr_engine_set_parameters(e, NULL);
}

/* One array of a clone, in memory that is kept for the next one. */
static attr_status make_noisy(const float **array, attr_op *op, int which, size_t n, const attr_noisy_array *noisy) {
    if (!n) return ATTR_OK;
    if (!op->noisy[which]) ATTR_TRY(attr_allocate(&op->noisy[which], n, sizeof(float), "a clone's parameters"));
    attr_random_perturb(op->noisy[which], noisy->values, &noisy->random, noisy->sigma, noisy->noise, 0, n);
    *array = op->noisy[which];
    return ATTR_OK;
}

static attr_status perturb(attr_op *op, const attr_weight_noise *noise) {
    attr_parameter_counts n = attr_count_parameters(op->l);
    attr_noisy_array noisy[ATTR_ARRAYS];
    const float *values[ATTR_ARRAYS] = {op->own.weights, op->own.biases, op->own.scales};
    for (int k = 0; k < ATTR_ARRAYS; ++k) {
        attr_random random = {noise->seed, ATTR_STREAM_WEIGHT_NOISE, attr_array_part(op->index, k), noise->clone};
        noisy[k] = (attr_noisy_array){values[k], random, noise->sigma, noise->noise};
    }
    op->parameters = op->own;
    op->weights = (attr_noisy_array){0};
    if (noise->layers && !noise->layers[op->index]) {
        fold(op);
        return ATTR_OK;
    }
    ATTR_TRY(make_noisy(&op->parameters.biases, op, ATTR_ARRAY_BIASES, n.biases, &noisy[ATTR_ARRAY_BIASES]));
    ATTR_TRY(make_noisy(&op->parameters.scales, op, ATTR_ARRAY_SCALES, n.statistics, &noisy[ATTR_ARRAY_SCALES]));
    if (op->kind->folds_noise && op->kind->folds_noise(op))
        op->weights = noisy[ATTR_ARRAY_WEIGHTS];
    else
        ATTR_TRY(make_noisy(&op->parameters.weights, op, ATTR_ARRAY_WEIGHTS, n.weights, &noisy[ATTR_ARRAY_WEIGHTS]));
    fold(op);
    return ATTR_OK;
}

attr_status attr_engine_perturb(attr_engine *e, const attr_weight_noise *noise) {
    attr_status status = ATTR_OK;
    for (int i = 0; status == ATTR_OK && i < attr_engine_layers(e); ++i) status = perturb(attr_engine_op(e, i), noise);
    if (status != ATTR_OK) attr_engine_set_parameters(e, NULL);
    return status;
}
