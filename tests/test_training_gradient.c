/* Darknet's training, as patches/06-train-skips.patch leaves it: what its backward adds to the updates of each layer's
 * parameters is minus the derivative of the cost, by differences along directions. The cost is Darknet's own, of single
 * precision: activations are smooth and steps long. Experiments train their networks with it. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "small_network.h"

enum { DIRECTIONS = 4, SEED = 5 };

#define HEAD  " [avgpool] [connected] output=3 activation=linear [softmax]"
#define FIRST "[net] batch=3 height=6 width=5 channels=2 [convolutional] filters=4 size=3 pad=1 activation=tanh "

typedef struct {
    const char *what, *cfg;
    double tolerance; /* of a derivative, relative to the gradient's length */
} trained_case;

/* Batch norm divides by n - 1 in its variance and by n in the derivative of it, and knows two epsilons: so it is off by
 * about 1/n of n = batch x height x width. A maximum has kinks within a step. */
static const trained_case cases[] = {
    {"no skip", FIRST "[convolutional] filters=5 size=1 activation=logistic" HEAD, 2e-3},
    {"shortcut around a 1x1 convolution",
     FIRST "[convolutional] filters=4 size=1 activation=logistic [shortcut] from=-2 activation=linear" HEAD, 2e-3},
    {"shortcut around a bottleneck",
     FIRST "[convolutional] filters=2 size=1 activation=tanh [convolutional] filters=3 size=3 pad=1 activation=tanh "
           "[convolutional] filters=4 size=1 activation=linear [shortcut] from=-4 activation=logistic" HEAD,
     2e-3},
    {"shortcut that widens",
     FIRST "[convolutional] filters=6 size=1 activation=tanh [shortcut] from=-2 activation=linear" HEAD, 2e-3},
    {"route past a 1x1 convolution", FIRST "[convolutional] filters=3 size=1 activation=tanh [route] layers=-1,-2" HEAD,
     2e-3},
    {"route back to where a 1x1 convolution reads",
     FIRST "[convolutional] filters=3 size=1 activation=tanh [route] layers=-2 [convolutional] filters=3 size=1 "
           "activation=tanh [shortcut] from=-3 activation=linear" HEAD,
     2e-3},
    {"groups",
     FIRST "[convolutional] filters=4 groups=2 size=1 activation=tanh [shortcut] from=-2 activation=linear" HEAD, 2e-3},
    {"shortcut around a 3x3 convolution",
     FIRST "[convolutional] filters=4 size=3 pad=1 activation=tanh [shortcut] from=-2 activation=linear" HEAD, 2e-3},
    {"maximum and route",
     FIRST "[maxpool] size=2 stride=2 [convolutional] filters=3 size=1 activation=tanh [route] layers=-1,-2" HEAD,
     1e-2},
    {"batch norm",
     "[net] batch=6 height=8 width=8 channels=2 [convolutional] filters=4 size=3 pad=1 batch_normalize=1 "
     "activation=tanh [convolutional] filters=4 size=1 batch_normalize=1 activation=linear [shortcut] from=-2 "
     "activation=logistic" HEAD,
     1e-2},
    {"dropout",
     FIRST "[convolutional] filters=4 size=1 activation=linear [shortcut] from=-2 activation=linear [dropout] "
           "probability=0.4" HEAD,
     2e-3},
};
enum { CASES = sizeof cases / sizeof *cases };

/* What a layer learns: values and what the backward has added to their updates. */
typedef struct {
    const char *name;
    float *values, *updates;
    size_t count;
} learned;

enum { LEARNED = 3 };

static void learned_of(learned *out, const layer *l) {
    size_t weights = 0, channels = 0;
    if (l->type == CONVOLUTIONAL) weights = l->nweights, channels = l->n;
    if (l->type == CONNECTED) weights = (size_t)l->inputs * l->outputs, channels = l->outputs;
    const learned all[LEARNED] = {{"weights", l->weights, l->weight_updates, weights},
                                  {"biases", l->biases, l->bias_updates, channels},
                                  {"scales", l->scales, l->scale_updates, l->batch_normalize ? channels : 0}};
    memcpy(out, all, sizeof all);
}

/* The same elements are dropped every time. */
static double cost_of(network *net) {
    srand(SEED);
    forward_network(net);
    return *net->cost;
}

static void fill_batch(network *net) {
    for (int i = 0; i < net->inputs * net->batch; i++) net->input[i] = (float)test_uniform(-1, 1);
    for (int i = 0; i < net->batch; i++)
        for (int k = 0; k < net->outputs; k++) net->truth[i * net->outputs + k] = k == i % net->outputs;
}

/* The derivative of the cost along a direction of length 1, to the order of the fourth power of the step. */
static double difference_along(network *net, const learned *p, const double *direction) {
    const double step = 0.02, at[] = {-2, -1, 1, 2}, weight[] = {1, -8, 8, -1};
    float *kept = malloc(p->count * sizeof *kept);
    cr_assert(kept);
    memcpy(kept, p->values, p->count * sizeof *kept);
    double sum = 0;
    for (int k = 0; k < 4; k++) {
        for (size_t i = 0; i < p->count; i++) p->values[i] = (float)(kept[i] + at[k] * step * direction[i]);
        sum += weight[k] * cost_of(net);
    }
    memcpy(p->values, kept, p->count * sizeof *kept);
    free(kept);
    return sum / (12 * step);
}

/* The first direction is the gradient's own, so that all of its length is seen. */
static void choose_direction(double *direction, const learned *p, int which) {
    double square = 0;
    for (size_t i = 0; i < p->count; i++) {
        direction[i] = which == 0 ? -p->updates[i] : test_uniform(-1, 1);
        square += direction[i] * direction[i];
    }
    for (size_t i = 0; i < p->count; i++) direction[i] /= sqrt(square);
}

static void expect_gradient(network *net, int index, const learned *p, const trained_case *c) {
    double *direction = malloc(p->count * sizeof *direction), length = 0;
    cr_assert(direction);
    for (size_t i = 0; i < p->count; i++) length += (double)p->updates[i] * p->updates[i];
    length = sqrt(length);
    cr_expect(length > 1e-3, "%s\n  %s\n  layer %d: the gradient of its %s has length %g", c->what, c->cfg, index,
              p->name, length);
    for (int k = 0; k < DIRECTIONS && length > 0; k++) {
        choose_direction(direction, p, k);
        double slope = 0;
        for (size_t i = 0; i < p->count; i++) slope -= p->updates[i] * direction[i];
        double expected = difference_along(net, p, direction);
        cr_expect(fabs(slope - expected) <= c->tolerance * length,
                  "%s\n  %s\n  layer %d: derivative along direction %d of its %s is %g, by differences %g (length %g)",
                  c->what, c->cfg, index, k, p->name, slope, expected, length);
    }
    free(direction);
}

Test(training_gradient, is_that_of_the_cost) {
    for (int i = 0; i < CASES; i++) {
        network *net = make_test_network(cases[i].cfg, 1);
        net->train = 1;
        fill_batch(net);
        cost_of(net);
        backward_network(net);
        for (int k = 0; k < net->n; k++) {
            learned parts[LEARNED];
            learned_of(parts, &net->layers[k]);
            for (int part = 0; part < LEARNED; part++)
                if (parts[part].count) expect_gradient(net, k, &parts[part], &cases[i]);
        }
        free_test_network(net);
    }
}
