/* Engines whose convolutions are done by chosen implementations: mixed precision, tuned files. */
#include <criterion/criterion.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "base/dispatch.h"
#include "engine_pair.h"
#include "fresh_folder.h"
#include "kernels/dnnl.h"
#include "model/parameters.h"
#include "model/tuned.h"
#include "small_network.h"

/* With skips, 1x1, 3x3, strides, groups, a picture's and a depthwise convolution, a deconvolution. */
static const char *const networks[] = {
    "[net] height=32 width=28 channels=3 [convolutional] filters=32 size=3 pad=1 batch_normalize=1 activation=leaky "
    "[convolutional] filters=64 size=3 stride=2 pad=1 batch_normalize=1 activation=leaky [convolutional] filters=32 "
    "size=1 batch_normalize=1 activation=leaky [convolutional] filters=64 size=3 pad=1 batch_normalize=1 "
    "activation=leaky [shortcut] from=-3 activation=linear [convolutional] filters=64 groups=2 size=3 pad=1 "
    "activation=relu [route] layers=-1,-2 [convolutional] filters=20 size=1 activation=linear",
    "[net] height=20 width=20 channels=16 [convolutional] filters=40 size=3 pad=1 activation=elu [convolutional] "
    "filters=40 groups=40 size=3 pad=1 activation=relu [convolutional] filters=96 size=5 stride=2 pad=1 "
    "activation=leaky [deconvolutional] filters=24 size=2 stride=2 activation=leaky [convolutional] filters=48 size=1 "
    "stride=2 activation=leaky [maxpool] size=2 stride=2 [convolutional] filters=18 size=3 pad=1 activation=linear",
};
enum { network_count = sizeof networks / sizeof *networks };

static void skip_without_library(void) {
    if (attr_dnnl_ready() != ATTR_OK) cr_skip_test("%s", attr_error_message());
}

static attr_conv_choice *choices_of(const network *net, attr_conv_by forward, attr_conv_by backward) {
    attr_conv_choice *choices = test_allocate((size_t)net->n, sizeof *choices);
    for (int i = 0; i < net->n; ++i) choices[i] = (attr_conv_choice){forward, backward};
    return choices;
}

static attr_engine *engine_of(const network *net, attr_conv_by forward, attr_conv_by backward, int batch) {
    attr_engine *e = NULL;
    attr_conv_choice *choices = choices_of(net, forward, backward);
    cr_assert_eq(attr_engine_create_chosen(&e, net, choices, batch, ATTR_KEEP_NEEDED), ATTR_OK, "%s",
                 attr_error_message());
    free(choices);
    return e;
}

/* The gradients of a sum of all outputs with different factors, for `count` samples; outputs to `values`. */
static double *gradients(double *values, attr_engine *e, const float *x, int count) {
    int head = attr_engine_layers(e) - 1;
    const attr_op *op = attr_engine_op(e, head);
    size_t inputs = attr_engine_inputs(e);
    double *out = test_allocate(count * inputs, sizeof *out);
    for (int b = 0; b < count; ++b) attr_engine_set_input_f32(e, b, x);
    attr_engine_forward(e, count);
    attr_tensor_read(values, op->writes, 0, 0, op->outputs);
    attr_engine_clear_gradients(e, head);
    for (int b = 0; b < count; ++b)
        for (size_t i = 0; i < op->outputs; ++i) attr_tensor_add_gradient(op->writes, b, i, sin(1 + (double)i * 7));
    attr_engine_backward(e, head);
    for (int b = 0; b < count; ++b) attr_tensor_read_gradient(out + b * inputs, attr_engine_input(e), b, 0, inputs);
    return out;
}

typedef struct {
    double cosine, l2;
} likeness;

static likeness compare(const double *a, const double *b, size_t n) {
    double aa = 0, bb = 0, ab = 0, difference = 0;
    for (size_t i = 0; i < n; ++i) {
        aa += a[i] * a[i];
        bb += b[i] * b[i];
        ab += a[i] * b[i];
        difference += (a[i] - b[i]) * (a[i] - b[i]);
    }
    return (likeness){ab / sqrt(aa * bb), sqrt(difference / bb)};
}

/* A network, an input, and what the rule makes of it. */
typedef struct {
    network *net;
    float *x;
    size_t inputs, outputs;
    double *values, *expected, *expected_values;
} scene;

static scene make_scene(const char *cfg) {
    omp_set_num_threads(2);
    scene s = {.net = make_test_network(cfg, 1)};
    s.inputs = (size_t)s.net->inputs;
    s.outputs = (size_t)s.net->layers[s.net->n - 1].outputs;
    s.x = test_allocate(s.inputs, sizeof *s.x);
    for (size_t i = 0; i < s.inputs; ++i) s.x[i] = (float)test_uniform(0, 1);
    s.values = test_allocate(s.outputs, sizeof *s.values);
    s.expected_values = test_allocate(s.outputs, sizeof *s.values);
    attr_engine *e = engine_of(s.net, ATTR_CONV_BY_RULE, ATTR_CONV_BY_RULE, 1);
    s.expected = gradients(s.expected_values, e, s.x, 1);
    attr_engine_free(e);
    return s;
}

static void free_scene(scene *s) {
    free(s->x), free(s->values), free(s->expected), free(s->expected_values);
    free_test_network(s->net);
}

static void check_mixed(attr_conv_by by) {
    for (int i = 0; i < network_count; ++i) {
        scene s = make_scene(networks[i]);
        attr_engine *e = engine_of(s.net, ATTR_CONV_BY_RULE, by, 3);
        double *got = gradients(s.values, e, s.x, 1), *again = gradients(s.values, e, s.x, 3);
        cr_expect_arr_eq(s.values, s.expected_values, s.outputs * sizeof *s.values, "network %d: predictions", i);
        likeness like = compare(got, s.expected, s.inputs);
        cr_expect(like.cosine > 0.9999 && like.l2 < 0.02, "network %d: cosine %g, l2 %g", i, like.cosine, like.l2);
        cr_expect_gt(like.l2, 1e-5, "network %d: no rounding (%g)", i, like.l2);
        for (int b = 0; b < 3; ++b)
            cr_expect_arr_eq(got, again + b * s.inputs, s.inputs * sizeof *got, "network %d: sample %d of 3", i, b);
        free(got), free(again);
        attr_engine_free(e);
        free_scene(&s);
    }
}

Test(kernel_choice, mixed_precision_is_near_and_predicts_the_same_bits) {
    if (attr_cpu_newest() < ATTR_CPU_AMX) cr_skip_test("this processor has no AMX");
    check_mixed(ATTR_CONV_BY_AMX_BF16);
}

Test(kernel_choice, mixed_precision_through_the_library_is_the_same) {
    skip_without_library();
    check_mixed(ATTR_CONV_BY_DNNL_BF16);
}

/* Maxima may fall the other way where two implementations round differently: not in these networks. */
Test(kernel_choice, any_choice_leaves_the_map_as_it_is) {
    for (int i = 0; i < network_count; ++i) {
        scene s = make_scene(networks[i]);
        for (attr_conv_by forward = ATTR_CONV_BY_RULE; forward <= ATTR_CONV_BY_DNNL; ++forward)
            for (attr_conv_by backward = ATTR_CONV_BY_RULE; backward <= ATTR_CONV_BY_DNNL; ++backward) {
                attr_engine *e = engine_of(s.net, forward, backward, 1);
                double *got = gradients(s.values, e, s.x, 1);
                double error = compare(got, s.expected, s.inputs).l2;
                cr_expect_lt(error, 1e-4, "network %d: forward %s, backward %s: %g", i, attr_conv_by_word(forward),
                             attr_conv_by_word(backward), error);
                free(got);
                attr_engine_free(e);
            }
        free_scene(&s);
    }
}

/* ---- Clones */

static void perturb(float *values, size_t n, const attr_weight_noise *noise, int layer, int array) {
    attr_random random = {noise->seed, ATTR_STREAM_WEIGHT_NOISE, attr_array_part(layer, array), noise->clone};
    float *noisy = test_allocate(n, sizeof *noisy);
    if (n > 0) attr_random_perturb(noisy, values, &random, noise->sigma, noise->noise, 0, n);
    if (n > 0) memcpy(values, noisy, n * sizeof *values);
    free(noisy);
}

Test(kernel_choice, clones_are_what_their_parameters_make) {
    skip_without_library();
    attr_weight_noise noise = {5, 2, .1f, ATTR_NOISE_MULTIPLICATIVE};
    for (int i = 0; i < network_count; ++i)
        for (attr_conv_by by = ATTR_CONV_BY_DNNL; by <= ATTR_CONV_BY_DNNL_BF16; ++by) {
            scene s = make_scene(networks[i]);
            attr_engine *e = engine_of(s.net, ATTR_CONV_BY_RULE, by, 1);
            double *own = gradients(s.values, e, s.x, 1);
            cr_assert_eq(attr_engine_perturb(e, &noise), ATTR_OK);
            double *clone = gradients(s.values, e, s.x, 1);
            attr_engine_set_parameters(e, NULL);
            double *back = gradients(s.values, e, s.x, 1);
            attr_engine_free(e);
            for (int k = 0; k < s.net->n; ++k) {
                layer *l = &s.net->layers[k];
                attr_parameter_counts n = attr_count_parameters(l);
                perturb(l->weights, n.weights, &noise, k, ATTR_ARRAY_WEIGHTS);
                perturb(l->biases, n.biases, &noise, k, ATTR_ARRAY_BIASES);
                perturb(l->scales, n.statistics, &noise, k, ATTR_ARRAY_SCALES);
            }
            e = engine_of(s.net, ATTR_CONV_BY_RULE, by, 1);
            double *expected = gradients(s.values, e, s.x, 1);
            cr_expect_arr_eq(clone, expected, s.inputs * sizeof *own, "network %d by %d: the clone", i, by);
            cr_expect_arr_eq(own, back, s.inputs * sizeof *own, "network %d by %d: the original is not back", i, by);
            cr_expect(memcmp(own, clone, s.inputs * sizeof *own) != 0, "network %d by %d: no noise", i, by);
            free(own), free(clone), free(back), free(expected);
            attr_engine_free(e);
            free_scene(&s);
        }
}

/* ---- Memory */

/* Kernels that oneDNN has made stay in its cache: so the first engine does not count. */
Test(kernel_choice, estimates_its_memory) {
    skip_without_library();
    const char *cfg = "[net] height=64 width=64 channels=3 [convolutional] filters=64 size=3 pad=1 activation=leaky "
                      "[convolutional] filters=256 size=3 stride=2 pad=1 batch_normalize=1 activation=leaky "
                      "[convolutional] filters=128 size=1 activation=leaky [convolutional] filters=256 size=3 pad=1 "
                      "activation=leaky [convolutional] filters=512 size=3 pad=1 stride=2 activation=leaky";
    network *net = make_test_network(cfg, 1);
    for (attr_conv_by by = ATTR_CONV_BY_DNNL; by <= ATTR_CONV_BY_DNNL_BF16; ++by)
        for (int batch = 1; batch < 9; batch += 7) {
            attr_conv_choice *choices = choices_of(net, ATTR_CONV_BY_RULE, by);
            attr_engine_free(engine_of(net, ATTR_CONV_BY_RULE, by, batch));
            size_t before = test_bytes_in_use();
            attr_engine *e = engine_of(net, ATTR_CONV_BY_RULE, by, batch);
            size_t used = test_bytes_in_use() - before,
                   planned = attr_engine_bytes_chosen(net, choices, batch, ATTR_KEEP_NEEDED);
            double ratio = (double)planned / (double)used;
            cr_expect(ratio > 0.9 && ratio < 1.1, "by %d, batch %d: estimate / measured = %.3f", by, batch, ratio);
            attr_engine_free(e);
            free(choices);
        }
    free_test_network(net);
}

/* ---- Files */

static void expect_refused(const network *net, const char *lines, const char *precision, const char *reason) {
    char text[512], hash[32];
    attr_conv_choice *choices = choices_of(net, ATTR_CONV_BY_RULE, ATTR_CONV_BY_RULE);
    snprintf(hash, sizeof hash, "%016llx", (unsigned long long)attr_network_hash(net));
    snprintf(text, sizeof text, lines, hash);
    FILE *file = fopen("tuned.cfg", "w");
    cr_assert(file);
    fputs(text, file);
    fclose(file);
    attr_status status = attr_tuned_read(choices, "tuned.cfg", net, precision);
    cr_expect_eq(attr_status_exit_code(status), 2, "%s: status %s", lines, attr_status_name(status));
    cr_expect(strstr(attr_error_message(), reason) && strstr(attr_error_message(), "tuned.cfg"),
              "%s\n  the message \"%s\" does not say \"%s\"", lines, attr_error_message(), reason);
    free(choices);
}

Test(kernel_choice, refuses_tuned_files_by_line, .init = enter_fresh_folder, .fini = leave_fresh_folder) {
    network *net = make_test_network(networks[0], 1);
    expect_refused(net, "precision=f32\n# %s\n", "f32", "no line network=");
    expect_refused(net, "network=%s\n", "f32", "no line precision=");
    expect_refused(net, "precision=f32\nnetwork=0%.0s\n", "f32", "tuned.cfg:2: made for another network");
    expect_refused(net, "network=%s\nprecision=f32\n", "mixed", "tuned.cfg:2: made for precision=f32");
    expect_refused(net, "network=%s\nprecision=f32\nsideward.1=gather\n", "f32", "tuned.cfg:3: unknown key sideward.1");
    expect_refused(net, "network=%s\nprecision=f32\nforward.8=gather\n", "f32",
                   "tuned.cfg:3: forward.8: the network's");
    expect_refused(net, "network=%s\nprecision=f32\nforward.=gather\n", "f32", "tuned.cfg:3: forward.: the network's");
    expect_refused(net, "network=%s\nprecision=f32\nforward.4=gather\n", "f32", "layer 4 is no convolution");
    expect_refused(net, "network=%s\nprecision=f32\nforward.1=fast\n", "f32", "expected winograd");
    expect_refused(net, "network=%s\nprecision=f32\nforward.1=dnnl\n", "f32", "only backward");
    expect_refused(net, "network=%s\nprecision=f32\nbackward.1=dnnl_bf16\n", "f32", "needs precision=mixed");
    expect_refused(net, "network=%s\nprecision=f32\nbackward.1=gather\nbackward.1=gather\n", "f32", "tuned.cfg:4");
    free_test_network(net);
}

Test(kernel_choice, reads_the_tuned_file_that_it_writes, .init = enter_fresh_folder, .fini = leave_fresh_folder) {
    network *net = make_test_network(networks[0], 1);
    attr_conv_choice *choices = choices_of(net, ATTR_CONV_BY_RULE, ATTR_CONV_BY_RULE),
                     *read = choices_of(net, ATTR_CONV_BY_RULE, ATTR_CONV_BY_RULE);
    choices[0].forward = choices[3].backward = ATTR_CONV_BY_GATHER;
    choices[3].forward = ATTR_CONV_BY_WINOGRAD;
    if (attr_dnnl_ready() == ATTR_OK) choices[1].backward = ATTR_CONV_BY_DNNL;
    FILE *file = fopen("tuned.cfg", "w");
    cr_assert(file);
    attr_tuned_write(file, choices, net, "f32", "# remarks\n");
    fclose(file);
    cr_assert_eq(attr_tuned_read(read, "tuned.cfg", net, "f32"), ATTR_OK, "%s", attr_error_message());
    cr_expect_arr_eq(choices, read, (size_t)net->n * sizeof *choices);
    free(choices), free(read);
    free_test_network(net);
}
