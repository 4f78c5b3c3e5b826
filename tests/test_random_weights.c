/* Random weights: signals keep their size through deep networks, the seed decides everything. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine_pair.h"
#include "model/random_weights.h"
#include "small_network.h"

enum { DEPTH = 30, TEXT = 8192 };

/* DEPTH layers of one kind, ended by a classifier. */
static void write_deep(char *cfg, const char *start, const char *layer_text) {
    strcpy(cfg, start);
    for (int i = 0; i < DEPTH; i++) strcat(cfg, layer_text);
    strcat(cfg, " [avgpool] [connected] output=10 activation=linear [softmax]");
    cr_assert_lt(strlen(cfg), TEXT);
}

static double root_mean_square(const double *values, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += values[i] * values[i];
    return sqrt(sum / (double)n);
}

/* Runs another input than the one that the statistics were measured on. */
static void check_sizes(network *net, const char *cfg, double least, double most) {
    attr_engine *e = NULL;
    cr_assert_eq(attr_engine_create(&e, net, ATTR_F64, 1, ATTR_KEEP_ALL), ATTR_OK, "%s", attr_error_message());
    double *x = test_allocate((size_t)net->inputs, sizeof *x);
    for (int i = 0; i < net->inputs; i++) x[i] = test_uniform(0, 1);
    attr_engine_set_input_f64(e, 0, x);
    attr_engine_forward(e, 1);
    for (int i = 0; i < net->n; i++) {
        const attr_op *op = attr_engine_op(e, i);
        if (op->l->type == SOFTMAX) continue;
        double size = root_mean_square(op->out, op->outputs);
        cr_expect(size > least && size < most, "%.300s\n  the output of layer %d [%s] has the size %g", cfg, i,
                  op->kind->name, size);
    }
    free(x);
    attr_engine_free(e);
}

Test(random_weights, keep_the_size_of_signals_through_thirty_layers) {
    static const struct {
        const char *start, *layer_text;
        double least, most;
    } rows[] = {
        {"[net] height=16 width=16 channels=3",
         " [convolutional] filters=24 size=3 pad=1 batch_normalize=1 activation=leaky", 0.1, 10},
        {"[net] height=16 width=16 channels=3", " [convolutional] filters=24 size=3 pad=1 activation=leaky", 0.02, 20},
        {"[net] height=16 width=16 channels=3", " [convolutional] filters=24 size=1 activation=relu", 0.02, 20},
        {"[net] height=16 width=16 channels=24", " [convolutional] filters=24 groups=4 size=3 pad=1 activation=leaky",
         0.02, 20},
        {"[net] height=16 width=16 channels=24",
         " [convolutional] filters=24 groups=4 size=3 pad=1 batch_normalize=1 activation=leaky", 0.1, 10},
        {"[net] height=6 width=6 channels=3", " [local] filters=8 size=3 pad=1 activation=leaky", 0.01, 20},
        {"[net] inputs=50", " [connected] output=60 activation=relu", 0.02, 20},
        {"[net] height=8 width=8 channels=4", " [deconvolutional] filters=16 size=3 pad=1 stride=1 activation=leaky",
         0.02, 20},
        {"[net] height=8 width=8 channels=4",
         " [convolutional] filters=16 size=3 pad=1 activation=leaky [batchnorm] [convolutional] filters=16 size=3 "
         "pad=1 batch_normalize=1 activation=leaky [shortcut] from=-2 activation=linear",
         0.1, 60}, /* a sum of thirty */
    };
    static char cfg[TEXT];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        write_deep(cfg, rows[i].start, rows[i].layer_text);
        char *avgpool = strstr(cfg, " [avgpool]");
        if (strstr(cfg, "inputs=")) memmove(avgpool, avgpool + 10, strlen(avgpool + 10) + 1);
        network *net = make_test_network(cfg, 1);
        for (uint64_t seed = 1; seed <= 3; seed++) {
            cr_assert_eq(attr_random_weights(net, seed), ATTR_OK, "%s", attr_error_message());
            check_sizes(net, cfg, rows[i].least, rows[i].most);
        }
        free_test_network(net);
    }
}

/* ---- Every parameter comes from the seed */

static const char *const all_weights =
    "[net] height=8 width=8 channels=3 [convolutional] filters=6 size=3 pad=1 batch_normalize=1 activation=leaky "
    "[convolutional] filters=6 groups=2 size=3 activation=leaky [deconvolutional] filters=5 size=2 stride=2 "
    "batch_normalize=1 activation=leaky [batchnorm] [local] filters=3 size=3 stride=2 activation=leaky [connected] "
    "output=9 batch_normalize=1 activation=leaky [connected] output=4 activation=linear [softmax]";

typedef struct {
    float *values;
    size_t n;
    const char *name;
} array;

/* The parameters of a layer; those that it has not are NULL. */
static void list_parameters(array out[5], const layer *l) {
    int planes = l->type == CONVOLUTIONAL || l->type == DECONVOLUTIONAL;
    size_t channels = planes ? (size_t)l->n : l->type == BATCHNORM ? (size_t)l->c : (size_t)l->outputs;
    size_t weights = planes                 ? (size_t)l->nweights
                     : l->type == CONNECTED ? (size_t)l->inputs * l->outputs
                                            : (size_t)l->c * l->size * l->size * l->outputs;
    int normalized = l->batch_normalize || l->type == BATCHNORM;
    int any = planes || l->type == CONNECTED || l->type == LOCAL;
    out[0] = (array){any ? l->weights : NULL, weights, "weights"};
    out[1] = (array){any || normalized ? l->biases : NULL, channels, "biases"};
    out[2] = (array){normalized ? l->scales : NULL, channels, "scales"};
    out[3] = (array){normalized ? l->rolling_mean : NULL, channels, "rolling mean"};
    out[4] = (array){normalized ? l->rolling_variance : NULL, channels, "rolling variance"};
}

static network *make_random(uint64_t seed, float before) {
    network *net = make_test_network(all_weights, 1);
    for (int i = 0; i < net->n; i++) {
        array arrays[5];
        list_parameters(arrays, &net->layers[i]);
        for (int a = 0; a < 5; a++)
            for (size_t k = 0; arrays[a].values && k < arrays[a].n; k++) arrays[a].values[k] = before;
    }
    cr_assert_eq(attr_random_weights(net, seed), ATTR_OK, "%s", attr_error_message());
    return net;
}

/* All parameters are overwritten: what was there before does not matter, NaN included. */
Test(random_weights, are_the_same_for_the_same_seed_and_others_for_another) {
    network *first = make_random(5, NAN), *again = make_random(5, 0.3F), *other = make_random(6, NAN);
    for (int i = 0; i < first->n; i++) {
        array a[5], b[5], c[5];
        list_parameters(a, &first->layers[i]);
        list_parameters(b, &again->layers[i]);
        list_parameters(c, &other->layers[i]);
        for (int k = 0; k < 5; k++) {
            if (!a[k].values) continue;
            size_t bytes = a[k].n * sizeof(float), different = 0;
            cr_expect_arr_eq(a[k].values, b[k].values, bytes, "layer %d [%s]: %s differ for one seed", i,
                             attr_layer_name(first->layers[i].type), a[k].name);
            for (size_t j = 0; j < a[k].n; j++) different += a[k].values[j] != c[k].values[j];
            if (a[k].n > 1 && !(first->layers[i].type == CONNECTED && k == 3))
                cr_expect(different + 1 >= a[k].n, "layer %d [%s]: seeds 5 and 6 have %zu of %zu %s in common", i,
                          attr_layer_name(first->layers[i].type), a[k].n - different, a[k].n, a[k].name);
        }
    }
    free_test_network(first);
    free_test_network(again);
    free_test_network(other);
}

/* Variance 2 / (values that an output sums over). */
Test(random_weights, have_the_documented_variance) {
    static const struct {
        const char *cfg;
        double fan_in;
    } rows[] = {
        {"[net] inputs=200 [connected] output=100 activation=relu", 200},
        {"[net] height=4 width=4 channels=20 [convolutional] filters=60 size=3 activation=relu", 9 * 20},
        {"[net] height=4 width=4 channels=40 [convolutional] filters=60 groups=4 size=3 activation=relu", 9 * 10},
        {"[net] height=5 width=5 channels=20 [local] filters=10 size=3 activation=relu", 9 * 20},
        {"[net] height=4 width=4 channels=40 [deconvolutional] filters=30 size=4 stride=2 activation=relu", 4 * 40},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        network *net = make_test_network(rows[i].cfg, 1);
        cr_assert_eq(attr_random_weights(net, 1), ATTR_OK, "%s", attr_error_message());
        array arrays[5];
        list_parameters(arrays, &net->layers[0]);
        double n = (double)arrays[0].n, mean = 0, variance = 0;
        for (size_t k = 0; k < arrays[0].n; k++) {
            mean += arrays[0].values[k] / n;
            variance += pow(arrays[0].values[k], 2) / n;
        }
        double expected = 2 / rows[i].fan_in;
        cr_expect(fabs(mean) < 5 * sqrt(expected / n) && fabs(variance / expected - 1) < 5 * sqrt(2 / n),
                  "%s\n  %g weights: mean %g, variance %g, expected 0 and %g", rows[i].cfg, n, mean, variance,
                  expected);
        free_test_network(net);
    }
}
