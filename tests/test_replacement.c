/* Other parameters in the place of a network's own: what is drawn, what stays, what is restored, how large signals get.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "engine_pair.h"
#include "images/letterbox.h"
#include "model/model.h"
#include "model/moments.h"
#include "model/parameters.h"
#include "model/replacement.h"
#include "sanitizers.h"
#include "small_network.h"

static const char *const all_weights =
    "[net] height=8 width=8 channels=3 [convolutional] filters=6 size=3 pad=1 batch_normalize=1 activation=leaky "
    "[convolutional] filters=6 groups=2 size=3 activation=tanh [deconvolutional] filters=5 size=2 stride=2 "
    "batch_normalize=1 activation=leaky [batchnorm] [local] filters=3 size=3 stride=2 activation=tanh [connected] "
    "output=9 batch_normalize=1 activation=leaky [connected] output=4 activation=linear [softmax]";

static const char *const deep =
    "[net] height=12 width=12 channels=3 [convolutional] filters=16 size=3 pad=1 batch_normalize=1 activation=leaky "
    "[convolutional] filters=16 size=3 pad=1 batch_normalize=1 activation=leaky [convolutional] filters=24 size=3 "
    "pad=1 stride=2 batch_normalize=1 activation=leaky [convolutional] filters=24 size=1 batch_normalize=1 "
    "activation=leaky [convolutional] filters=24 size=3 pad=1 batch_normalize=1 activation=leaky [shortcut] from=-2 "
    "activation=linear [convolutional] filters=5 size=1 activation=linear [avgpool] [softmax]";

typedef struct {
    engine_pair n;
    attr_replacement r;
    uint64_t checksum;
} replaced;

static void begin(replaced *t, const char *cfg) {
    engine_pair_make(&t->n, cfg, 2);
    t->checksum = attr_parameters_checksum(t->n.net);
    cr_assert_eq(attr_replacement_make(&t->r, t->n.net), ATTR_OK);
    cr_assert_eq(attr_replacement_measure(&t->r, t->n.single, t->n.x), ATTR_OK);
}

static void end(replaced *t) {
    cr_expect_eq(attr_parameters_checksum(t->n.net), t->checksum, "the network itself was changed");
    attr_replacement_free(&t->r);
    engine_pair_free(&t->n);
}

static void draw(replaced *t, int layer, uint64_t seed) {
    cr_assert_eq(attr_replacement_draw(&t->r, layer, seed), ATTR_OK);
}

static bool same_arrays(const attr_parameters *a, const attr_parameters *b) {
    return memcmp(a, b, sizeof *a) == 0;
}

static uint64_t hash_of(const attr_parameters *p, const layer *l) {
    attr_parameter_counts n = attr_count_parameters(l);
    uint64_t hash = test_hash(0, p->weights, n.weights * sizeof(float));
    hash = test_hash(hash, p->biases, n.biases * sizeof(float));
    return test_hash(hash, p->scales, n.statistics * sizeof(float));
}

static void output_of(double *out, attr_engine *e, const float *x, int layer) {
    attr_engine_set_input_f32(e, 0, x);
    attr_engine_forward(e, 1);
    attr_tensor_read(out, attr_engine_op(e, layer)->writes, 0, 0, attr_engine_op(e, layer)->outputs);
}

Test(replacement, draws_only_the_layers_asked_for_and_the_same_bits_for_the_same_seed) {
    replaced t;
    begin(&t, all_weights);
    for (int i = 0; i < t.n.net->n; i++) {
        const layer *l = &t.n.net->layers[i];
        if (!attr_layer_has_parameters(l)) continue;
        draw(&t, i, 7);
        uint64_t first = hash_of(&t.r.parameters[i], l);
        for (int k = 0; k < t.n.net->n; k++) {
            attr_parameters own = attr_parameters_of(&t.n.net->layers[k]);
            cr_expect(k == i || same_arrays(&t.r.parameters[k], &own), "drawing layer %d changed layer %d", i, k);
        }
        attr_replacement_clear(&t.r);
        draw(&t, i, 8);
        bool has_weights = attr_count_parameters(l).weights > 0;
        cr_expect_eq(hash_of(&t.r.parameters[i], l) == first, !has_weights, "layer %d: another seed", i);
        draw(&t, i, 7);
        cr_expect_eq(hash_of(&t.r.parameters[i], l), first, "layer %d: the same seed", i);
        attr_replacement_clear(&t.r);
    }
    end(&t);
}

Test(replacement, is_darknets_initialiser) {
    replaced t;
    begin(&t, "[net] height=16 width=16 channels=8 [convolutional] filters=64 groups=2 size=3 pad=1 batch_normalize=1 "
              "activation=leaky [connected] output=50 activation=linear [softmax]");
    const double expected[] = {sqrt(2.0 / (9 * 4)), sqrt(2.0 / (64 * 16 * 16)) / sqrt(3)};
    for (int i = 0; i < 2; i++) {
        const layer *l = &t.n.net->layers[i];
        attr_parameter_counts n = attr_count_parameters(l);
        double squares = 0;
        draw(&t, i, 1);
        for (size_t k = 0; k < n.weights; k++) squares += pow(t.r.parameters[i].weights[k], 2);
        cr_expect_float_eq(sqrt(squares / (double)n.weights) / expected[i], 1, 0.05);
        for (size_t k = 0; k < n.biases; k++) cr_expect_eq(t.r.parameters[i].biases[k], 0);
        for (size_t k = 0; k < n.statistics; k++) cr_expect_eq(t.r.parameters[i].scales[k], 1);
    }
    end(&t);
}

Test(replacement, the_engine_has_its_own_parameters_again_bit_for_bit) {
    replaced t;
    double before[4], with[4], after[4];
    begin(&t, all_weights);
    output_of(before, t.n.single, t.n.x, 7);
    for (int i = 0; i < t.n.net->n; i++)
        if (attr_layer_has_parameters(&t.n.net->layers[i])) draw(&t, i, 3);
    cr_assert_eq(attr_replacement_calibrate(&t.r, t.n.single, t.n.x), ATTR_OK);
    output_of(with, t.n.single, t.n.x, 7);
    cr_expect_neq(memcmp(before, with, sizeof with), 0);
    /* what goes back to the engine's own parameters goes back to these */
    attr_engine_set_parameters(t.n.single, NULL);
    output_of(after, t.n.single, t.n.x, 7);
    cr_expect_eq(memcmp(with, after, sizeof with), 0);
    attr_engine_replace_parameters(t.n.single, NULL);
    output_of(after, t.n.single, t.n.x, 7);
    cr_expect_eq(memcmp(before, after, sizeof before), 0);
    end(&t);
}

Test(replacement, clones_with_noise_are_those_of_the_replaced_network) {
    replaced t;
    double direct[4], expected[4];
    const attr_weight_noise none = {.seed = 1, .sigma = 0};
    begin(&t, all_weights);
    draw(&t, 1, 3);
    attr_replacement_use(&t.r, t.n.single);
    output_of(expected, t.n.single, t.n.x, 7);
    cr_assert_eq(attr_engine_perturb(t.n.single, &none), ATTR_OK);
    output_of(direct, t.n.single, t.n.x, 7);
    cr_expect_eq(memcmp(direct, expected, sizeof direct), 0);
    end(&t);
}

static double root_mean_square(const double *values, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += values[i] * values[i];
    return sqrt(sum / (double)n);
}

static void check_sizes(replaced *t, int drawn) {
    double out[16 * 12 * 12];
    for (int i = 0; i < t->n.net->n - 1; i++) {
        const attr_op *op = attr_engine_op(t->n.single, i);
        cr_assert_leq(op->outputs, sizeof out / sizeof *out);
        output_of(out, t->n.single, t->n.x, i);
        double size = root_mean_square(out, op->outputs);
        cr_expect(isfinite(size) && size > 0.01 && size < 50, "layer %d drawn: the output of layer %d has size %g",
                  drawn, i, size);
    }
}

Test(replacement, activations_keep_a_sane_size_whatever_is_drawn) {
    replaced t;
    begin(&t, deep);
    for (int i = 0; i < t.n.net->n; i++) { /* one at a time */
        if (!attr_layer_has_parameters(&t.n.net->layers[i])) continue;
        attr_replacement_clear(&t.r);
        draw(&t, i, 5);
        cr_assert_eq(attr_replacement_calibrate(&t.r, t.n.single, t.n.x), ATTR_OK);
        check_sizes(&t, i);
    }
    attr_replacement_clear(&t.r);
    for (int i = t.n.net->n - 1; i >= 0; i--) { /* from the top */
        if (!attr_layer_has_parameters(&t.n.net->layers[i])) continue;
        draw(&t, i, 5);
        cr_assert_eq(attr_replacement_calibrate(&t.r, t.n.single, t.n.x), ATTR_OK);
        check_sizes(&t, i);
    }
    end(&t);
}

Test(replacement, statistics_are_measured_behind_drawn_layers_only) {
    replaced t;
    double now[2 * 24];
    begin(&t, deep);
    draw(&t, 2, 5);
    cr_assert_eq(attr_replacement_calibrate(&t.r, t.n.single, t.n.x), ATTR_OK);
    for (int i = 0; i < 2; i++)
        cr_expect_eq(t.r.parameters[i].rolling_mean, t.n.net->layers[i].rolling_mean, "layer %d is in front", i);
    /* what was drawn has mean 0 and variance 1 on x; what is trained keeps what it has on x in the trained network */
    attr_engine_set_input_f32(t.n.single, 0, t.n.x);
    for (int i = 0; i < 5; i++) {
        const layer *l = &t.n.net->layers[i];
        const attr_parameters *p = &t.r.parameters[i];
        cr_assert_eq(attr_measure_moments(now, now + l->out_c, t.n.single, i), ATTR_OK);
        for (int c = 0; i == 2 && c < l->out_c; c++) {
            cr_expect_float_eq(p->rolling_mean[c], now[c], 1e-5 * (1 + fabs(now[c])));
            cr_expect_float_eq(p->rolling_variance[c] / now[l->out_c + c], 1, 1e-4);
        }
        attr_engine_forward_layer(t.n.single, i);
        if (i != 3) continue;
        double normal[24], trained[2 * 24], own[24];
        for (int c = 0; c < l->out_c; c++) normal[c] = (now[c] - p->rolling_mean[c]) / sqrt(p->rolling_variance[c]);
        attr_engine_replace_parameters(t.n.single, NULL);
        attr_engine_set_input_f32(t.n.single, 0, t.n.x);
        for (int k = 0; k < 3; k++) attr_engine_forward_layer(t.n.single, k);
        cr_assert_eq(attr_measure_moments(trained, trained + l->out_c, t.n.single, 3), ATTR_OK);
        for (int c = 0; c < l->out_c; c++) {
            own[c] = (trained[c] - l->rolling_mean[c]) / sqrt(l->rolling_variance[c]);
            cr_expect_float_eq(normal[c], own[c], 1e-3 * (1 + fabs(own[c])), "channel %d", c);
        }
        break;
    }
    end(&t);
}

Test(replacement, statistics_are_the_same_where_the_layer_is_joined_with_the_next_one) {
    const char *cfg = "[net] height=12 width=10 channels=3 [convolutional] filters=20 size=3 pad=1 batch_normalize=1 "
                      "activation=leaky [maxpool] size=2 stride=2 [convolutional] filters=4 size=1 activation=linear";
    replaced t;
    attr_engine *joined;
    double expected[2 * 20], got[2 * 20];
    begin(&t, cfg);
    cr_assert_eq(attr_engine_create(&joined, t.n.net, ATTR_F32, 1, ATTR_KEEP_NEEDED), ATTR_OK);
    cr_assert(attr_engine_op(joined, 0)->joined != NULL);
    attr_engine_set_input_f32(t.n.single, 0, t.n.x);
    attr_engine_set_input_f32(joined, 0, t.n.x);
    cr_assert_eq(attr_measure_moments(expected, expected + 20, t.n.single, 0), ATTR_OK);
    cr_assert_eq(attr_measure_moments(got, got + 20, joined, 0), ATTR_OK);
    cr_expect_arr_eq(got, expected, sizeof got);
    cr_expect(attr_engine_op(joined, 0)->joined != NULL);
    attr_engine_free(joined);
    end(&t);
}

Test(replacement, noise_has_the_standard_deviation_of_each_array_times_t) {
    replaced t;
    begin(&t, "[net] height=16 width=16 channels=8 [convolutional] filters=256 size=3 pad=1 batch_normalize=1 "
              "activation=leaky [convolutional] filters=1 size=1 activation=linear [avgpool]");
    const layer *l = &t.n.net->layers[0];
    attr_parameter_counts n = attr_count_parameters(l);
    const attr_parameters own = attr_parameters_of(l);
    for (int percent = 10; percent <= 100; percent += 90) {
        cr_assert_eq(attr_replacement_perturb(&t.r, percent, 4), ATTR_OK);
        const attr_parameters *p = &t.r.parameters[0];
        const float *from[] = {own.weights, own.biases, own.scales}, *to[] = {p->weights, p->biases, p->scales};
        const size_t counts[] = {n.weights, n.biases, n.statistics};
        for (int a = 0; a < 3; a++) {
            double mean = 0, squares = 0, noise = 0, size = (double)counts[a];
            for (size_t i = 0; i < counts[a]; i++) mean += from[a][i] / size;
            for (size_t i = 0; i < counts[a]; i++) {
                squares += pow(from[a][i] - mean, 2);
                noise += pow(to[a][i] - from[a][i], 2);
            }
            double ratio = sqrt(noise / size) / sqrt(squares / (size - 1));
            cr_expect_float_eq(ratio, percent / 100.0, 4 * percent / 100.0 / sqrt(2 * size), "array %d, t = %d: %g", a,
                               percent, ratio);
        }
        cr_expect_eq(p->rolling_mean, own.rolling_mean);
        cr_expect_eq(p->rolling_variance, own.rolling_variance);
        /* an array of one element has no standard deviation */
        cr_expect_eq(t.r.parameters[1].biases, t.n.net->layers[1].biases);
    }
    end(&t);
}

Test(replacement, a_shift_of_the_input_is_undone_inside) {
    static const char *const rows[] = {
        "[net] height=8 width=8 channels=4 [convolutional] filters=6 groups=2 size=3 pad=1 activation=leaky",
        "[net] height=8 width=8 channels=4 [convolutional] filters=6 size=3 pad=1 batch_normalize=1 activation=leaky",
        "[net] height=8 width=8 channels=4 [connected] output=384 activation=leaky"};
    for (size_t row = 0; row < sizeof rows / sizeof *rows; row++) {
        replaced t;
        double before[384], after[384];
        float shifted[256];
        begin(&t, rows[row]);
        output_of(before, t.n.single, t.n.x, 0);
        for (size_t i = 0; i < t.n.inputs; i++) shifted[i] = t.n.x[i] + 0.5f;
        cr_assert_eq(attr_replacement_shift(&t.r, 0.5), ATTR_OK);
        attr_replacement_use(&t.r, t.n.single);
        output_of(after, t.n.single, shifted, 0);
        for (int i = 0; i < 384; i++) {
            int x = i % 8, y = i / 8 % 8;
            bool inside = row == 2 || (x > 0 && x < 7 && y > 0 && y < 7);
            if (inside) cr_expect_float_eq(after[i], before[i], 1e-5, "row %zu, output %d", row, i);
        }
        end(&t);
    }
    replaced t;
    begin(&t, "[net] height=8 width=8 channels=4 [maxpool] size=2 stride=2 [connected] output=3 activation=linear");
    cr_expect_eq(attr_replacement_shift(&t.r, 0.5), ATTR_UNSUPPORTED);
    end(&t);
}

/* ---- A trained network */

typedef struct {
    attr_model *model;
    attr_engine *e;
    attr_replacement r;
    float *x;
} trained_network;

static void read_input(float *x, const network *net) {
    attr_picture picture = {0};
    attr_letterbox box;
    cr_assert_eq(attr_picture_read(&picture, attr_find_file("data/dog.jpg"), net->c), ATTR_OK, "%s",
                 attr_error_message());
    attr_letterbox_make(&box, net->w, net->h, picture.w, picture.h);
    attr_letterbox_apply(x, &box, &picture);
    attr_picture_free(&picture);
}

/* Skips the test where there are no weights. */
static void load_trained(trained_network *t, const char *cfg_path, const char *weights) {
    char path[1024];
    attr_cfg *cfg = NULL;
    const char *data = getenv("ATTRIBUTION_TESTDATA");
    if (!data) cr_skip_test("ATTRIBUTION_TESTDATA is not set");
    snprintf(path, sizeof path, "%s/%s", data, weights);
    cr_assert_eq(attr_cfg_read(&cfg, cfg_path, ATTR_CFG_NET), ATTR_OK, "%s", attr_error_message());
    cr_assert_eq(attr_model_load(&t->model, cfg, path, 1, false), ATTR_OK, "%s", attr_error_message());
    attr_cfg_free(cfg);
    const network *net = t->model->net;
    cr_assert_eq(attr_engine_create(&t->e, net, ATTR_F32, 1, ATTR_KEEP_ALL), ATTR_OK);
    t->x = test_allocate((size_t)net->inputs, sizeof *t->x);
    read_input(t->x, net);
    cr_assert_eq(attr_replacement_make(&t->r, net), ATTR_OK);
    cr_assert_eq(attr_replacement_measure(&t->r, t->e, t->x), ATTR_OK);
}

static double size_of_output(attr_engine *e, int i) {
    const attr_op *op = attr_engine_op(e, i);
    double *out = test_allocate(op->outputs, sizeof *out);
    attr_tensor_read(out, op->writes, 0, 0, op->outputs);
    double size = root_mean_square(out, op->outputs);
    free(out);
    return size;
}

/* No layer of a network that is partly random is far from what it is in the trained one. */
static void check_trained_sizes(trained_network *t, const double *trained, const char *order, int drawn) {
    cr_assert_eq(attr_replacement_calibrate(&t->r, t->e, t->x), ATTR_OK, "%s", attr_error_message());
    attr_engine_set_input_f32(t->e, 0, t->x);
    attr_engine_forward(t->e, 1);
    for (int i = 0; i < t->model->net->n; i++) {
        if (t->model->net->layers[i].type == SOFTMAX || t->model->net->layers[i].type == COST) continue;
        double size = size_of_output(t->e, i);
        cr_expect(isfinite(size) && size > 0.02 * trained[i] && size < 50 * trained[i],
                  "%s, layer %d drawn: the output of layer %d has size %g, trained %g", order, drawn, i, size,
                  trained[i]);
    }
}

Test(replacement, activations_of_tiny_darknet_keep_a_sane_size) {
    trained_network t = {0};
    double trained[64];
    load_trained(&t, "cfg/tiny.cfg", "models/tiny-darknet/tiny.weights");
    int layers = t.model->net->n;
    cr_assert_leq(layers, 64);
    attr_engine_forward(t.e, 1);
    for (int i = 0; i < layers; i++) trained[i] = size_of_output(t.e, i);
    for (int order = 0; order < 3; order++) {
        attr_replacement_clear(&t.r);
        for (int k = 0; k < layers; k++) {
            int i = order == 0 ? layers - 1 - k : k;
            if (with_sanitizers && k % 5) continue;
            if (!attr_layer_has_parameters(&t.model->net->layers[i])) continue;
            if (order == 2) attr_replacement_clear(&t.r);
            cr_assert_eq(attr_replacement_draw(&t.r, i, 1), ATTR_OK);
            check_trained_sizes(&t, trained, (const char *[]){"from the top", "from the bottom", "alone"}[order], i);
        }
    }
    attr_engine_replace_parameters(t.e, NULL);
    cr_expect_eq(attr_parameters_checksum(t.model->net), t.model->checksum);
    attr_replacement_free(&t.r);
    attr_engine_free(t.e);
    attr_model_free(t.model);
    free(t.x);
}
