/* The engine on small networks with branches: exact gradients of every head, nothing else touched, the same bits
 * however the work is cut. */
#include <criterion/criterion.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "engine_compare.h"
#include "engine_pair.h"
#include "model/parameters.h"
#include "layer_harness.h"

typedef struct {
    const char *cfg;
    int heads[3]; /* layers whose outputs are explained, ended by 0 */
} branched;

static const branched networks[] = {
    {"[net] height=6 width=5 channels=2 [convolutional] filters=3 size=3 pad=1 batch_normalize=1 activation=tanh "
     "[convolutional] filters=4 size=3 pad=1 activation=logistic [route] layers=-1,-2 [convolutional] filters=3 size=1 "
     "activation=linear",
     {3}},
    {"[net] height=6 width=5 channels=2 [convolutional] filters=4 size=3 pad=1 batch_normalize=1 activation=leaky "
     "[convolutional] filters=4 size=3 pad=1 activation=leaky [shortcut] from=-2 activation=tanh [shortcut] from=-3 "
     "activation=leaky [avgpool] [softmax] [cost] type=sse",
     {5, 3}},
    /* dropout between layers, read by a route; a layer that a route names twice */
    {"[net] height=6 width=5 channels=2 [convolutional] filters=4 size=3 pad=1 activation=tanh [dropout] "
     "[convolutional] filters=3 size=1 activation=tanh [dropout] [route] layers=1,-1,0,1 [connected] output=5 "
     "activation=linear [dropout] [logistic]",
     {7, 2}},
    /* two heads; the second reads a layer before the first */
    {"[net] height=8 width=8 channels=2 [convolutional] filters=4 size=3 pad=1 stride=2 activation=leaky "
     "[maxpool] size=2 stride=2 [convolutional] filters=14 size=1 activation=linear [yolo] mask=0,1 "
     "anchors=2,3,4,5,6,7 classes=2 num=3 [route] layers=1 [upsample] stride=2 [route] layers=-1,0 [convolutional] "
     "filters=7 size=1 activation=linear [yolo] mask=2 anchors=2,3,4,5,6,7 classes=2 num=3",
     {3, 8}},
    /* layer 1 is reached through the shortcut only */
    {"[net] height=6 width=5 channels=2 [convolutional] filters=4 size=3 pad=1 activation=tanh [convolutional] "
     "filters=4 size=3 pad=1 activation=tanh [route] layers=0 [convolutional] filters=4 size=1 activation=tanh "
     "[shortcut] from=1 activation=leaky",
     {4}},
    /* Darknet would stop at the marked layers */
    {"[net] height=6 width=5 channels=2 [convolutional] filters=4 size=3 pad=1 activation=tanh stopbackward=1 "
     "[convolutional] filters=4 size=3 pad=1 activation=tanh stopbackward=1 [shortcut] from=0 activation=linear "
     "[connected] output=3 activation=linear stopbackward=1 [softmax]",
     {4}},
};
enum { network_count = sizeof networks / sizeof *networks };

/* The gradient of the sum of seeds x outputs of a head, and that sum. */
static double run(double *gradient, attr_engine *e, int head, const double *x, const double *seeds) {
    const attr_op *op = attr_engine_op(e, head);
    double *out = test_allocate(op->outputs, sizeof *out), sum = 0;
    attr_engine_set_input_f64(e, 0, x);
    attr_engine_forward(e, 1);
    attr_tensor_read(out, op->writes, 0, 0, op->outputs);
    for (size_t i = 0; i < op->outputs; i++) sum += seeds[i] * out[i];
    free(out);
    if (!gradient) return sum;
    attr_engine_clear_gradients(e, head);
    for (size_t i = 0; i < op->outputs; i++) attr_tensor_add_gradient(op->writes, 0, i, seeds[i]);
    attr_engine_backward(e, head);
    attr_tensor_read_gradient(gradient, attr_engine_input(e), 0, 0, attr_engine_inputs(e));
    return sum;
}

static double *doubles_of(const float *values, size_t n) {
    double *copy = test_allocate(n, sizeof *copy);
    for (size_t i = 0; i < n; i++) copy[i] = values[i];
    return copy;
}

/* Central differences of fourth order, an input at a time. */
static void differences(double *out, attr_engine *twin, int head, double *x, const double *seeds) {
    const double h = 1e-4;
    for (size_t i = 0; i < attr_engine_inputs(twin); i++) {
        double middle = x[i], f[5];
        for (int k = -2; k <= 2; k++) {
            x[i] = middle + k * h;
            f[k + 2] = run(NULL, twin, head, x, seeds);
        }
        x[i] = middle;
        out[i] = (8 * (f[3] - f[1]) - (f[4] - f[0])) / (12 * h);
    }
}

static void check_head(const engine_pair *n, int head) {
    size_t outputs = attr_engine_op(n->twin, head)->outputs;
    double *seeds = random_seeds(outputs), *x = doubles_of(n->x, n->inputs);
    double *expected = test_allocate(n->inputs, sizeof *expected), *got = random_seeds(n->inputs);
    differences(expected, n->twin, head, x, seeds);
    run(got, n->twin, head, x, seeds);
    double error = relative_error(got, expected, n->inputs);
    cr_expect(error < 1e-7, "%s\n  head %d: double precision is %g off finite differences", n->cfg, head, error);
    run(got, n->single, head, x, seeds);
    error = relative_error(got, expected, n->inputs);
    cr_expect(error < 1e-5, "%s\n  head %d: single precision is %g off finite differences", n->cfg, head, error);
    free(seeds);
    free(x);
    free(expected);
    free(got);
}

Test(engine, gives_the_gradient_of_every_head_of_a_branched_network) {
    for (int i = 0; i < network_count; i++) {
        engine_pair n;
        engine_pair_make(&n, networks[i].cfg, 1);
        for (const int *head = networks[i].heads; *head; head++) check_head(&n, *head);
        engine_pair_free(&n);
    }
}

Test(engine, predicts_what_darknet_predicts) {
    for (int i = 0; i < network_count; i++) {
        engine_pair n;
        engine_pair_make(&n, networks[i].cfg, 1);
        int head = networks[i].heads[0];
        const attr_op *op = attr_engine_op(n.single, head);
        attr_engine_set_input_f32(n.single, 0, n.x);
        attr_engine_forward(n.single, 1);
        network_predict(n.net, n.x);
        double *got = test_allocate(op->outputs, sizeof *got);
        double *expected = doubles_of(n.net->layers[head].output, op->outputs);
        attr_tensor_read(got, op->writes, 0, 0, op->outputs);
        double error = relative_error(got, expected, op->outputs);
        cr_expect(error < 1e-5, "%s\n  head %d: %g off Darknet", n.cfg, head, error);
        free(got);
        free(expected);
        engine_pair_free(&n);
    }
}

Test(engine, forgets_the_head_explained_before) {
    engine_pair n;
    engine_pair_make(&n, networks[3].cfg, 1);
    double *x = doubles_of(n.x, n.inputs), *first = random_seeds(n.inputs), *again = random_seeds(n.inputs);
    double *early = random_seeds(attr_engine_op(n.single, 3)->outputs);
    double *late = random_seeds(attr_engine_op(n.single, 8)->outputs);
    run(first, n.single, 3, x, early);
    run(again, n.single, 8, x, late);
    cr_expect(memcmp(first, again, n.inputs * sizeof *first) != 0, "both heads have the same gradient");
    run(again, n.single, 3, x, early);
    cr_expect_arr_eq(first, again, n.inputs * sizeof *first, "the gradient of layer 3 depends on that of layer 8");
    free(x);
    free(first);
    free(again);
    free(early);
    free(late);
    engine_pair_free(&n);
}

/* ---- Tensors that share memory */

/* Every layer is taken for a head, from the last to the first and back again, after one forward. */
static void expect_same_engines_keeping(const bool *kept, const network *net, attr_precision precision, int batch,
                                        const char *cfg) {
    attr_engine *planned = NULL, *all = NULL;
    attr_keep needed = {false, kept}, every = {true, kept};
    cr_assert_eq(attr_engine_create(&planned, net, precision, batch, needed), ATTR_OK);
    cr_assert_eq(attr_engine_create(&all, net, precision, batch, every), ATTR_OK);
    for (int count = batch; count > 0; count -= 2) { /* the second time less than the buffers hold */
        for (int b = 0; b < count; b++) {
            double *x = random_seeds((size_t)net->inputs);
            attr_engine_set_input_f64(planned, b, x);
            attr_engine_set_input_f64(all, b, x);
            free(x);
        }
        attr_engine_forward(planned, count);
        attr_engine_forward(all, count);
        for (int k = -net->n; k < net->n; k++) expect_same_head(planned, all, k < 0 ? -k - 1 : k, count, cfg);
    }
    cr_expect_lt(attr_engine_bytes(net, precision, batch, needed), attr_engine_bytes(net, precision, batch, every),
                 "%s: nothing is shared", cfg);
    attr_engine_free(planned);
    attr_engine_free(all);
}

static void expect_same_engines(const network *net, attr_precision precision, int batch, const char *cfg) {
    expect_same_engines_keeping(NULL, net, precision, batch, cfg);
    expect_same_engines_keeping(test_every_layer(), net, precision, batch, cfg);
}

/* Layers whose backward reads values: of maxima, of norms, of activations that are no two lines. */
static const char *const readers_of_values =
    "[net] height=12 width=12 channels=3 [convolutional] filters=20 size=3 pad=1 activation=elu [maxpool] size=2 "
    "stride=2 [l2norm] [normalization] [convolutional] filters=32 groups=2 size=3 pad=1 activation=tanh "
    "[deconvolutional] filters=8 size=2 stride=2 activation=relu [batchnorm] [activation] activation=logistic [local] "
    "filters=4 size=3 stride=2 activation=leaky [upsample] stride=2 [reorg] stride=2 [connected] output=12 "
    "activation=tanh [softmax] groups=2 [logistic]";

/* Layers 3 and 6 have all three gradients in one place. Not so layer 9, before which a writer changes its gradient, 11,
 * before which one adds to that of the other input, and 14, the other input of which is read in between; 16 multiplies.
 */
static const char *const residual =
    "[net] height=7 width=9 channels=3 [convolutional] filters=16 size=3 pad=1 activation=leaky "
    "[convolutional] filters=8 size=1 activation=leaky [convolutional] filters=16 size=3 pad=1 activation=leaky "
    "[shortcut] from=-3 activation=linear "
    "[convolutional] filters=8 size=1 activation=leaky [convolutional] filters=16 size=3 pad=1 activation=linear "
    "[shortcut] from=-3 activation=leaky "
    "[convolutional] filters=8 size=1 activation=leaky [convolutional] filters=16 size=3 pad=1 activation=elu "
    "[shortcut] from=-3 activation=linear "
    "[convolutional] filters=16 size=3 pad=1 activation=leaky [shortcut] from=-2 activation=relu "
    "[convolutional] filters=16 size=1 activation=leaky [convolutional] filters=16 size=1 activation=leaky "
    "[shortcut] from=12 activation=linear "
    "[convolutional] filters=16 size=1 activation=leaky [shortcut] from=-2 activation=linear alpha=.5 beta=2 "
    "[route] layers=-1,6 [convolutional] filters=5 size=1 activation=linear [softmax]";

static int places_of_gradients(attr_engine *e, int layer) {
    const attr_op *op = attr_engine_op(e, layer);
    void *first = op->reads[0]->gradient, *second = op->reads[1]->gradient, *all = op->writes->gradient;
    return 1 + (first != all) + (second != all && second != first);
}

Test(engine, gradients_of_a_residual_block_are_in_one_place) {
    static const int places[][2] = {{3, 1}, {6, 1}, {9, 2}, {11, 2}, {14, 2}, {16, 3}};
    network *net = make_test_network(residual, 1);
    attr_engine *e = NULL;
    cr_assert_eq(attr_engine_create(&e, net, ATTR_F32, 2, ATTR_KEEP_NEEDED), ATTR_OK);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        cr_expect_eq(places_of_gradients(e, places[i][0]), places[i][1], "layer %d has its gradients in %d places",
                     places[i][0], places_of_gradients(e, places[i][0]));
    attr_engine_free(e);
    free_test_network(net);
}

Test(engine, gives_the_same_bits_when_tensors_share_memory) {
    for (int i = 0; i <= network_count + 1; i++) {
        const char *cfg = i < network_count ? networks[i].cfg : i == network_count ? readers_of_values : residual;
        network *net = make_test_network(cfg, 1);
        omp_set_num_threads(1);
        for (attr_precision precision = ATTR_F32; precision <= ATTR_F64; precision++)
            for (int batch = 1; batch <= 3; batch += 2) expect_same_engines(net, precision, batch, cfg);
        free_test_network(net);
    }
}

/* ---- The network given stays as it is */

static uint64_t hash_floats(uint64_t hash, const float *values, size_t n) {
    return values ? test_hash(hash, values, n * sizeof *values) : hash;
}

static uint64_t hash_network(const network *net) {
    uint64_t hash = test_hash(0, net, sizeof *net);
    hash = test_hash(hash, net->layers, (size_t)net->n * sizeof *net->layers);
    for (int i = 0; i < net->n; i++) {
        const layer *l = &net->layers[i];
        size_t weights = l->type == CONVOLUTIONAL || l->type == DECONVOLUTIONAL ? (size_t)l->nweights
                         : l->type == CONNECTED                                 ? (size_t)l->inputs * l->outputs
                                                                                : 0;
        hash = hash_floats(hash, l->weights, weights);
        if (weights > 0) hash = hash_floats(hash, l->biases, l->type == CONNECTED ? l->outputs : l->n);
        if (l->batch_normalize) {
            hash = hash_floats(hash, l->scales, l->n);
            hash = hash_floats(hash, l->rolling_mean, l->n);
            hash = hash_floats(hash, l->rolling_variance, l->n);
        }
        hash = hash_floats(hash, l->output, l->outputs);
        hash = hash_floats(hash, l->delta, l->outputs);
    }
    return hash;
}

Test(engine, leaves_the_network_unchanged) {
    for (int i = 0; i < network_count; i++) {
        network *net = make_test_network(networks[i].cfg, 1);
        float *x = test_allocate((size_t)net->inputs, sizeof *x);
        for (int k = 0; k < net->inputs; k++) x[k] = (float)test_uniform(0, 1);
        network_predict(net, x); /* so that there is something in its buffers */
        for (int k = 0; k < net->n; k++)
            if (net->layers[k].delta) net->layers[k].delta[0] = (float)(k + 1);
        uint64_t before = hash_network(net);
        for (attr_precision precision = ATTR_F32; precision <= ATTR_F64; precision++) {
            attr_engine *e = NULL;
            cr_assert_eq(attr_engine_create(&e, net, precision, 2, ATTR_KEEP_ALL), ATTR_OK, "%s", attr_error_message());
            int head = networks[i].heads[0];
            double *seeds = random_seeds(attr_engine_op(e, head)->outputs), *wide = doubles_of(x, (size_t)net->inputs);
            run(wide, e, head, wide, seeds);
            attr_engine_set_parameters(e, NULL);
            attr_engine_free(e);
            free(seeds);
            free(wide);
        }
        cr_expect_eq(hash_network(net), before, "%s\n  parameters, buffers or description changed", networks[i].cfg);
        free(x);
        free_test_network(net);
    }
}

/* ---- The same bits however the work is cut */

enum { BATCH = 4 };

static const char *const wide_net =
    "[net] height=24 width=20 channels=3 [convolutional] filters=20 size=3 pad=1 batch_normalize=1 activation=leaky "
    "[maxpool] size=2 stride=2 [deconvolutional] filters=6 size=2 stride=2 activation=leaky [local] filters=3 size=3 "
    "stride=2 pad=1 activation=tanh [connected] output=30 batch_normalize=1 activation=leaky [softmax] groups=3";

/* Output and gradient of samples 0 .. count-1; sample b is input number first + b. */
static double *run_batch(attr_engine *e, const float *inputs, int first, int count) {
    size_t size = attr_engine_inputs(e);
    int head = attr_engine_layers(e) - 1;
    const attr_op *op = attr_engine_op(e, head);
    for (int b = 0; b < count; b++) attr_engine_set_input_f32(e, b, inputs + (first + b) * size);
    attr_engine_forward(e, count);
    attr_engine_clear_gradients(e, head);
    for (int b = 0; b < count; b++) attr_tensor_add_gradient(op->writes, b, (size_t)(first + b), 1);
    attr_engine_backward(e, head);
    double *record = test_allocate(count * (op->outputs + size), sizeof *record), *at = record;
    for (int b = 0; b < count; b++) {
        attr_tensor_read(at, op->writes, b, 0, op->outputs);
        attr_tensor_read_gradient(at + op->outputs, attr_engine_input(e), b, 0, size);
        at += op->outputs + size;
    }
    return record;
}

static float *random_inputs(size_t n) {
    float *inputs = test_allocate(n, sizeof *inputs);
    for (size_t i = 0; i < n; i++) inputs[i] = (float)test_uniform(0, 1);
    return inputs;
}

Test(engine, gives_the_same_bits_for_every_batch_count_and_number_of_threads) {
    engine_pair n;
    engine_pair_make(&n, wide_net, BATCH);
    size_t record = n.inputs + 30;
    float *inputs = random_inputs(BATCH * n.inputs);
    for (attr_precision precision = ATTR_F32; precision <= ATTR_F64; precision++) {
        attr_engine *e = precision == ATTR_F32 ? n.single : n.twin, *alone = NULL;
        cr_assert_eq(attr_engine_create(&alone, n.net, precision, 1, ATTR_KEEP_ALL), ATTR_OK, "%s",
                     attr_error_message());
        omp_set_num_threads(1);
        double *all = run_batch(e, inputs, 0, BATCH);
        omp_set_num_threads(2);
        double *threads = run_batch(e, inputs, 0, BATCH), *fewer = run_batch(e, inputs, 1, BATCH - 2);
        cr_expect_arr_eq(all, threads, BATCH * record * sizeof *all, "precision %d: one and two threads", precision);
        cr_expect_arr_eq(all + record, fewer, (BATCH - 2) * record * sizeof *all, "precision %d: a pass of 4 and of 2",
                         precision);
        for (int b = 0; b < BATCH; b++) {
            double *one = run_batch(alone, inputs, b, 1);
            cr_expect_arr_eq(all + b * record, one, record * sizeof *all, "precision %d, sample %d: batch of 4 and 1",
                             precision, b);
            free(one);
        }
        free(all);
        free(threads);
        free(fewer);
        attr_engine_free(alone);
    }
    free(inputs);
    engine_pair_free(&n);
}

Test(engine, does_not_touch_samples_beyond_the_count) {
    engine_pair n;
    engine_pair_make(&n, wide_net, BATCH);
    float *inputs = random_inputs(2 * BATCH * n.inputs);
    free(run_batch(n.single, inputs, 0, BATCH));
    uint64_t before = 0, after = 0;
    for (int pass = 0; pass < 2; pass++) {
        uint64_t hash = 0;
        for (int i = 0; i < attr_engine_layers(n.single); i++) {
            const attr_op *op = attr_engine_op(n.single, i);
            hash = test_hash(hash, (float *)op->out + 2 * op->out_stride, 2 * op->out_stride * sizeof(float));
            hash = test_hash(hash, (float *)op->dout + 2 * op->out_stride, 2 * op->out_stride * sizeof(float));
        }
        const float *gradient = attr_engine_input(n.single)->gradient;
        hash = test_hash(hash, gradient + 2 * n.inputs, 2 * n.inputs * sizeof(float));
        *(pass ? &after : &before) = hash;
        if (pass == 0) free(run_batch(n.single, inputs, BATCH, 2));
    }
    cr_expect_eq(before, after, "a pass of 2 samples changed what belongs to samples 2 and 3");
    free(inputs);
    engine_pair_free(&n);
}
