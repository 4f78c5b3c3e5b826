/* The engine with other parameters, networks that it refuses, and its estimate of memory. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/dispatch.h"
#include "engine_pair.h"
#include "layer_harness.h"
#include "model/parameters.h"
#include "small_network.h"

static const char *const all_weights =
    "[net] height=8 width=8 channels=3 [convolutional] filters=6 size=3 pad=1 batch_normalize=1 activation=leaky "
    "[convolutional] filters=6 groups=2 size=3 activation=tanh [deconvolutional] filters=5 size=2 stride=2 "
    "batch_normalize=1 activation=leaky [batchnorm] [local] filters=3 size=3 stride=2 activation=tanh [connected] "
    "output=9 batch_normalize=1 activation=leaky [connected] output=4 activation=linear [softmax]";

static size_t weight_count(const layer *l) {
    switch (l->type) {
    case CONVOLUTIONAL:
    case DECONVOLUTIONAL:
        return (size_t)l->nweights;
    case CONNECTED:
        return (size_t)l->inputs * l->outputs;
    case LOCAL:
        return (size_t)l->c * l->size * l->size * l->outputs;
    default:
        return 0;
    }
}

/* Values times random factors; NULL stays NULL. */
static float *perturbed(const float *values, size_t n) {
    if (!values) return NULL;
    float *copy = test_allocate(n, sizeof *copy);
    for (size_t i = 0; i < n; i++) copy[i] = values[i] * (float)test_uniform(0.7, 1.3);
    return copy;
}

static size_t bias_count(const layer *l) {
    return l->type == CONVOLUTIONAL || l->type == DECONVOLUTIONAL ? (size_t)l->n
           : l->type == BATCHNORM                                 ? (size_t)l->c
                                                                  : (size_t)l->outputs;
}

static attr_parameters perturbed_layer(const layer *l) {
    size_t biases = bias_count(l);
    return (attr_parameters){perturbed(l->weights, weight_count(l)), perturbed(l->biases, biases),
                             perturbed(l->scales, biases), perturbed(l->rolling_mean, biases),
                             perturbed(l->rolling_variance, biases)};
}

static void overwrite(float *values, const float *other, size_t n) {
    if (values) memcpy(values, other, n * sizeof *values);
}

/* Output and input gradient of class 1. */
/* Values at the last layer and the gradient of the second of them, of one input. */
static void run_engine(double *values, double *gradient, attr_engine *e, const float *x) {
    int head = attr_engine_layers(e) - 1;
    const attr_op *op = attr_engine_op(e, head);
    attr_engine_set_input_f32(e, 0, x);
    attr_engine_forward(e, 1);
    attr_engine_clear_gradients(e, head);
    attr_tensor_add_gradient(op->writes, 0, 1, 1);
    attr_tensor_read(values, op->writes, 0, 0, op->outputs);
    attr_engine_backward(e, head);
    attr_tensor_read_gradient(gradient, attr_engine_input(e), 0, 0, attr_engine_inputs(e));
}

static uint64_t hash_run(attr_engine *e, const float *x) {
    double values[256], gradient[256];
    size_t outputs = attr_engine_op(e, attr_engine_layers(e) - 1)->outputs;
    cr_assert(attr_engine_inputs(e) <= 256 && outputs <= 256);
    run_engine(values, gradient, e, x);
    uint64_t hash = test_hash(0, values, outputs * sizeof *values);
    return test_hash(hash, gradient, attr_engine_inputs(e) * sizeof *gradient);
}

Test(engine, takes_other_parameters_and_gives_them_back) {
    engine_pair n, other;
    engine_pair_make(&n, all_weights, 1);
    engine_pair_make(&other, all_weights, 1);
    size_t layers = (size_t)n.net->n;
    attr_parameters *clone = test_allocate(layers, sizeof *clone);
    for (size_t i = 0; i < layers; i++) {
        layer *l = &other.net->layers[i];
        clone[i] = perturbed_layer(&n.net->layers[i]);
        overwrite(l->weights, clone[i].weights, weight_count(l));
        overwrite(l->biases, clone[i].biases, bias_count(l));
        overwrite(l->scales, clone[i].scales, bias_count(l));
        overwrite(l->rolling_mean, clone[i].rolling_mean, bias_count(l));
        overwrite(l->rolling_variance, clone[i].rolling_variance, bias_count(l));
    }
    for (int twin = 0; twin < 2; twin++) {
        attr_engine *e = twin ? n.twin : n.single, *expected = NULL;
        cr_assert_eq(attr_engine_create(&expected, other.net, twin ? ATTR_F64 : ATTR_F32, 1, ATTR_KEEP_ALL), ATTR_OK,
                     "%s", attr_error_message());
        uint64_t own = hash_run(e, n.x);
        attr_engine_set_parameters(e, clone);
        cr_expect_eq(hash_run(e, n.x), hash_run(expected, n.x), "twin %d: not what a network made of the clone gives",
                     twin);
        attr_engine_set_parameters(e, NULL);
        cr_expect_eq(hash_run(e, n.x), own, "twin %d: NULL does not give the original bits", twin);
        cr_expect_neq(hash_run(expected, n.x), own, "twin %d: the clone gives the original bits", twin);
        attr_engine_free(expected);
    }
    for (size_t i = 0; i < layers; i++) {
        free((void *)clone[i].weights);
        free((void *)clone[i].biases);
        free((void *)clone[i].scales);
        free((void *)clone[i].rolling_mean);
        free((void *)clone[i].rolling_variance);
    }
    free(clone);
    engine_pair_free(&n);
    engine_pair_free(&other);
}

/* Kinds and layouts that take in their weights in different ways: depthwise, in groups, of a picture, in blocks. */
static const char *const all_blocked_weights =
    "[net] height=8 width=8 channels=3 [convolutional] filters=33 size=3 pad=1 batch_normalize=1 activation=leaky "
    "[convolutional] filters=33 groups=33 size=3 pad=1 batch_normalize=1 activation=relu [convolutional] filters=64 "
    "size=1 activation=leaky [convolutional] filters=32 groups=2 size=3 pad=1 stride=2 batch_normalize=1 "
    "activation=leaky [deconvolutional] filters=20 size=2 stride=2 activation=leaky [avgpool] [connected] output=4 "
    "activation=linear [softmax]";

/* Sums run in one order whatever the width of the vectors. */
Test(engine, avx2_and_avx512_give_the_same_bits) {
    uint64_t hashes[2];
    engine_pair n;
    if (!attr_cpu_runs(ATTR_CPU_V4)) cr_skip_test("this processor has no AVX-512");
    engine_pair_make(&n, all_blocked_weights, 1);
    for (attr_cpu generation = ATTR_CPU_V3; generation <= ATTR_CPU_V4; generation++) {
        attr_engine *e = NULL;
        attr_cpu_limit = generation;
        cr_assert_eq(attr_engine_create(&e, n.net, ATTR_F32, 1, ATTR_KEEP_NEEDED), ATTR_OK, "%s", attr_error_message());
        hashes[generation - ATTR_CPU_V3] = hash_run(e, n.x);
        attr_engine_free(e);
    }
    cr_expect_eq(hashes[0], hashes[1], "%s", all_blocked_weights);
    engine_pair_free(&n);
}

/* Matrix units sum in another order: predictions are as near as floats are, gradients as Winograd's filtering is. */
Test(engine, matrix_units_give_what_vectors_give) {
    enum { inputs = 3 * 24 * 20, outputs = 20 * 24 * 20 };
    static const char *const cfg =
        "[net] height=24 width=20 channels=3 [convolutional] filters=32 size=3 pad=1 batch_normalize=1 "
        "activation=leaky [convolutional] filters=64 size=3 stride=2 pad=1 batch_normalize=1 activation=leaky "
        "[convolutional] filters=96 size=1 activation=tanh [convolutional] filters=64 size=3 pad=1 activation=logistic "
        "[shortcut] from=-3 activation=linear [deconvolutional] filters=64 size=2 stride=2 activation=tanh "
        "[convolutional] filters=20 size=1 activation=linear";
    static double values[2][outputs], gradients[2][inputs];
    engine_pair n;
    if (!attr_cpu_runs(ATTR_CPU_AMX)) cr_skip_test("this processor has no AMX");
    engine_pair_make(&n, cfg, 1);
    for (int amx = 0; amx < 2; amx++) {
        attr_engine *e = NULL;
        attr_cpu_limit = amx ? ATTR_CPU_AMX : ATTR_CPU_V4;
        cr_assert_eq(attr_engine_create(&e, n.net, ATTR_F32, 1, ATTR_KEEP_NEEDED), ATTR_OK, "%s", attr_error_message());
        run_engine(values[amx], gradients[amx], e, n.x);
        attr_engine_free(e);
    }
    double value_error = relative_error(values[0], values[1], outputs),
           gradient_error = relative_error(gradients[0], gradients[1], inputs);
    cr_expect(value_error > 0 && value_error < 5e-7, "%s: predictions %g off", cfg, value_error);
    cr_expect(gradient_error > 0 && gradient_error < 2e-5, "%s: gradients %g off", cfg, gradient_error);
    engine_pair_free(&n);
}

static const float *noisy(const float *values, size_t n, const attr_weight_noise *noise, int layer, int array) {
    attr_random random = {noise->seed, ATTR_STREAM_WEIGHT_NOISE, attr_array_part(layer, array), noise->clone};
    float *out = n && values ? test_allocate(n, sizeof *out) : NULL;
    if (out) attr_random_perturb(out, values, &random, noise->sigma, noise->noise, 0, n);
    return out;
}

static void check_clone(const char *cfg, attr_precision precision, const attr_weight_noise *noise) {
    engine_pair n;
    engine_pair_make(&n, cfg, 1);
    attr_engine *e = precision == ATTR_F32 ? n.single : n.twin;
    size_t layers = (size_t)n.net->n;
    attr_parameters *clone = test_allocate(layers, sizeof *clone);
    uint64_t own = hash_run(e, n.x), before = attr_parameters_checksum(n.net);
    for (size_t i = 0; i < layers; i++) {
        const layer *l = &n.net->layers[i];
        attr_parameter_counts counts = attr_count_parameters(l);
        clone[i] = (attr_parameters){noisy(l->weights, counts.weights, noise, (int)i, ATTR_ARRAY_WEIGHTS),
                                     noisy(l->biases, counts.biases, noise, (int)i, ATTR_ARRAY_BIASES),
                                     noisy(l->scales, counts.statistics, noise, (int)i, ATTR_ARRAY_SCALES),
                                     l->rolling_mean, l->rolling_variance};
    }
    attr_engine_set_parameters(e, clone);
    uint64_t expected = hash_run(e, n.x);
    attr_engine_set_parameters(e, NULL);
    cr_assert_eq(attr_engine_perturb(e, noise), ATTR_OK, "%s", attr_error_message());
    cr_expect_eq(hash_run(e, n.x), expected, "%s\n  precision %d, noise %d, sigma %g: not the documented clone", cfg,
                 precision, noise->noise, noise->sigma);
    cr_expect_eq(expected == own, noise->sigma == 0, "%s\n  precision %d, noise %d, sigma %g", cfg, precision,
                 noise->noise, noise->sigma);
    attr_engine_set_parameters(e, NULL);
    cr_expect_eq(hash_run(e, n.x), own, "%s\n  precision %d: not the original bits afterwards", cfg, precision);
    cr_expect_eq(attr_parameters_checksum(n.net), before, "%s\n  the network's parameters have changed", cfg);
    for (size_t i = 0; i < layers; i++) {
        free((void *)clone[i].weights);
        free((void *)clone[i].biases);
        free((void *)clone[i].scales);
    }
    free(clone);
    engine_pair_free(&n);
}

Test(engine, perturbs_a_clone_as_documented) {
    const char *const cfgs[] = {all_weights, all_blocked_weights};
    for (int i = 0; i < 2; i++)
        for (attr_precision precision = ATTR_F32; precision <= ATTR_F64; precision++)
            for (attr_noise kind = ATTR_NOISE_ADDITIVE; kind <= ATTR_NOISE_MULTIPLICATIVE; kind++)
                for (uint64_t number = 0; number < 3; number++)
                    check_clone(cfgs[i], precision, &(attr_weight_noise){5, number, number == 2 ? 0 : 0.1f, kind});
}

/* ---- Refused */

static void expect_refused(network *net, attr_status expected, const char *layer_named, const char *reason) {
    attr_engine *e = (attr_engine *)net;
    attr_status status = attr_engine_create(&e, net, ATTR_F32, 1, ATTR_KEEP_ALL);
    cr_expect_eq(status, expected, "%s %s: status %s", layer_named, reason, attr_status_name(status));
    cr_expect_null(e, "%s %s: an engine was returned", layer_named, reason);
    cr_expect(strstr(attr_error_message(), layer_named) && strstr(attr_error_message(), reason),
              "the message \"%s\" does not name \"%s\" and \"%s\"", attr_error_message(), layer_named, reason);
}

Test(engine, refuses_layers_without_exact_gradient_by_name) {
    static const char *const rows[][3] = {
        {"[net] inputs=4 [connected] output=6 activation=tanh [rnn] output=3 hidden=3", "layer 1", "[rnn]"},
        {"[net] inputs=4 [gru] output=3", "layer 0", "[gru]"},
        {"[net] inputs=4 [lstm] output=3", "layer 0", "[lstm]"},
        {"[net] height=4 width=4 channels=3 [crnn] output_filters=2 hidden_filters=2", "layer 0", "[crnn]"},
        {"[net] height=4 width=4 channels=3 [convolutional] filters=2 size=3 pad=1 activation=leaky [convolutional] "
         "filters=2 size=3 pad=1 activation=leaky binary=1",
         "layer 1", "binary=1"},
        {"[net] height=4 width=4 channels=3 [convolutional] filters=2 size=3 pad=1 activation=leaky xnor=1", "layer 0",
         "xnor=1"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        network *net = make_test_network(rows[i][0], 1);
        expect_refused(net, ATTR_UNSUPPORTED, rows[i][1], rows[i][2]);
        free_test_network(net);
    }
}

Test(engine, refuses_a_layer_that_reads_itself_or_a_later_one) {
    for (int index = 1; index < 3; index++) {
        network *net = make_test_network("[net] height=4 width=4 channels=2 [convolutional] filters=2 size=1 "
                                         "activation=leaky [shortcut] from=-1 activation=linear [activation] "
                                         "activation=relu",
                                         1);
        net->layers[1].index = index;
        expect_refused(net, ATTR_BAD_INPUT, "layer 1", index == 1 ? "reads layer 1" : "reads layer 2");
        free_test_network(net);
    }
}

/* ---- Memory */

Test(engine, estimates_its_memory) {
    static const char *const cfgs[] = {
        "[net] height=48 width=48 channels=3 [convolutional] filters=32 size=3 pad=1 batch_normalize=1 "
        "activation=leaky [maxpool] size=2 stride=2 [convolutional] filters=64 size=3 pad=1 activation=leaky "
        "[dropout] [convolutional] filters=64 size=1 activation=leaky [shortcut] from=-3 activation=linear [route] "
        "layers=-1,2 [avgpool] [softmax]",
        "[net] height=4 width=4 channels=64 [convolutional] filters=96 size=3 pad=1 batch_normalize=1 "
        "activation=leaky [convolutional] filters=64 size=3 activation=leaky [connected] output=300 activation=linear",
        "[net] height=24 width=24 channels=8 [local] filters=6 size=3 pad=1 activation=leaky [deconvolutional] "
        "filters=4 size=2 stride=2 activation=leaky [normalization] [batchnorm] [l2norm] [upsample] stride=2 "
        "[connected] output=20 activation=linear",
    };
    for (size_t i = 0; i < sizeof cfgs / sizeof *cfgs; i++) {
        network *net = make_test_network(cfgs[i], 1);
        for (int k = 0; k < 8; k++) {
            int batch = k & 1 ? 8 : 1;
            attr_precision precision = k & 2 ? ATTR_F64 : ATTR_F32;
            attr_keep keep = k & 4 ? ATTR_KEEP_ALL : ATTR_KEEP_NEEDED;
            attr_engine *e = NULL;
            size_t before = test_bytes_in_use();
            cr_assert_eq(attr_engine_create(&e, net, precision, batch, keep), ATTR_OK, "%s", attr_error_message());
            double ratio =
                (double)attr_engine_bytes(net, precision, batch, keep) / (double)(test_bytes_in_use() - before);
            cr_expect(ratio > 0.9 && ratio < 1.1, "%s\n  batch %d, precision %d, keep %d: estimate / measured = %.3f",
                      cfgs[i], batch, precision, keep, ratio);
            attr_engine_free(e);
        }
        free_test_network(net);
    }
}
