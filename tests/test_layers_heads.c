/* The layers that end a network, see layer_harness.h for what is expected of each. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/dispatch.h"
#include "layer_harness.h"
#include "model/engine.h"

#define CONV "[convolutional] size=3 stride=1 pad=1 activation=leaky filters="

static void check_all(const layer_row *rows, size_t count) {
    for (size_t i = 0; i < count; i++) check_layers(&rows[i]);
}

#define CHECK(rows) check_all(rows, sizeof rows / sizeof *rows)

/* Ten classes in groups {0 1 2}, {3 4} below 0, {5 6 7} below 2, {8 9} below 3. */
static void make_tree_file(char path[32]) {
    static const int parents[] = {-1, -1, -1, 0, 0, 2, 2, 2, 3, 3};
    strcpy(path, "/tmp/attr-tree-XXXXXX");
    int descriptor = mkstemp(path);
    cr_assert(descriptor >= 0, "%s", path);
    FILE *file = fdopen(descriptor, "w");
    for (int i = 0; i < 10; i++) fprintf(file, "n%d %d\n", i, parents[i]);
    fclose(file);
}

static void check_with_tree(const char *cfg, layer_formula *formula) {
    char path[32], text[512];
    make_tree_file(path);
    snprintf(text, sizeof text, "%s tree=%s", cfg, path);
    check_layers(&(layer_row){.cfg = text, .formula = formula});
    unlink(path);
}

Test(layers_heads, softmax_in_groups_and_with_temperature) {
    const layer_row rows[] = {
        {.cfg = "[net] height=1 width=1 channels=13 [softmax] "},
        {.cfg = "[net] height=3 width=2 channels=4 " CONV "3 [softmax] groups=3 temperature=.5 "},
        {.cfg = "[net] height=2 width=2 channels=3 [connected] output=20 activation=linear [softmax] groups=4 "
                "temperature=3 "},
        {.cfg = "[net] height=2 width=2 channels=3 [softmax] groups=6 "},
        {.cfg = "[net] height=2 width=3 channels=3 " CONV "5 [softmax] spatial=1 ", .gain = 3},
    };
    CHECK(rows);
    check_with_tree("[net] height=1 width=1 channels=10 [softmax]", NULL);
    check_with_tree(
        "[net] height=2 width=2 channels=3 [connected] output=10 activation=linear [softmax] temperature=.7", NULL);
}

Test(layers_heads, logistic_is_the_sigmoid_of_each_element) {
    const layer_row rows[] = {
        {.cfg = "[net] height=3 width=5 channels=2 [logistic] "},
        {.cfg = "[net] height=3 width=5 channels=2 [connected] output=17 activation=linear [logistic] ", .gain = 4},
    };
    CHECK(rows);
}

Test(layers_heads, yolo_squashes_all_but_width_and_height) {
    const layer_row rows[] = {
        {.cfg = "[net] height=3 width=5 channels=21 [yolo] classes=2 num=6 mask=3,4,5 "},
        {.cfg = "[net] height=4 width=3 channels=2 " CONV "6 [yolo] classes=1 num=1 ", .gain = 3},
        {.cfg = "[net] height=4 width=3 channels=2 " CONV "14 [yolo] classes=2 num=2 [route] layers=-2 " CONV "4 "},
    };
    CHECK(rows);
}

/* [region] with a tree: at each location a softmax in each group; the group sizes are those of make_tree_file. */
static void region_with_tree(double *out, const double *in, const layer *l) {
    static const int sizes[] = {3, 2, 3, 2};
    int plane = l->w * l->h, entries = l->coords + 1 + l->classes;
    for (int n = 0; n < l->n * plane; n++) {
        size_t at = (size_t)(n / plane) * entries * plane + n % plane;
        const double *x = in + at;
        double *y = out + at;
        for (int i = 0; i <= l->coords; i++) {
            int squashed = i < 2 || (i == l->coords && !l->background);
            y[i * plane] = squashed ? 1 / (1 + exp(-x[i * plane])) : x[i * plane];
        }
        for (int g = 0, first = l->coords + 1; g < 4; first += sizes[g++]) {
            double sum = 0;
            for (int i = first; i < first + sizes[g]; i++) sum += exp(x[i * plane]);
            for (int i = first; i < first + sizes[g]; i++) y[i * plane] = exp(x[i * plane]) / sum;
        }
    }
}

Test(layers_heads, region_in_all_its_forms) {
    const layer_row rows[] = {
        {.cfg = "[net] height=3 width=5 channels=24 [region] classes=3 num=3 coords=4 softmax=0 "},
        {.cfg = "[net] height=3 width=5 channels=24 [region] classes=3 num=3 coords=4 softmax=1 "},
        {.cfg = "[net] height=3 width=5 channels=24 [region] classes=3 num=3 softmax=1 background=1 "},
        {.cfg = "[net] height=3 width=5 channels=24 [region] classes=3 num=3 softmax=0 background=1 "},
        {.cfg = "[net] height=3 width=5 channels=30 [region] classes=3 num=3 coords=6 softmax=1 "},
        {.cfg = "[net] height=2 width=3 channels=2 " CONV "14 [region] classes=2 num=2 softmax=1 ", .gain = 3},
    };
    CHECK(rows);
    check_with_tree("[net] height=2 width=3 channels=30 [region] classes=10 num=2 softmax=1", region_with_tree);
    check_with_tree("[net] height=3 width=2 channels=51 [region] classes=10 num=3 coords=6 background=1",
                    region_with_tree);
}

Test(layers_heads, detection_is_the_identity_or_a_softmax_in_each_cell) {
    const layer_row rows[] = {
        {.cfg = "[net] height=3 width=3 channels=13 [detection] classes=3 coords=4 side=3 num=2 softmax=0 "},
        {.cfg = "[net] height=3 width=3 channels=13 [detection] classes=3 coords=4 side=3 num=2 softmax=1 "},
        {.cfg = "[net] height=4 width=3 channels=2 [connected] output=44 activation=linear [detection] classes=1 "
                "coords=4 side=2 num=2 softmax=1 sqrt=1 "},
    };
    CHECK(rows);
}

/* The gradient of a network of one layer with six inputs and outputs, in single precision. */
static void gradient_of(double gradient[6], const char *cfg, const float *x, const double *seeds) {
    network *net = make_test_network(cfg, 1);
    attr_engine *e;
    cr_assert_eq(attr_engine_create(&e, net, ATTR_F32, 1, ATTR_KEEP_ALL), ATTR_OK, "%s: %s", cfg, attr_error_message());
    attr_engine_set_input_f32(e, 0, x);
    attr_engine_forward(e, 1);
    attr_engine_clear_gradients(e, 0);
    for (size_t i = 0; i < 6; i++) attr_tensor_add_gradient(attr_engine_op(e, 0)->writes, 0, i, seeds[i]);
    attr_engine_backward(e, 0);
    attr_tensor_read_gradient(gradient, attr_engine_input(e), 0, 0, 6);
    attr_engine_free(e);
    free_test_network(net);
}

/* 1 - p of a sure answer is far below the rounding of p in single precision, but is the gradient's size. */
Test(layers_heads, gradients_of_sure_answers_keep_their_digits) {
    const float x[] = {14, 14, 14, 14, 14, 14};
    const double seeds[] = {0, 0, 0, 0, 1, 0}, slope = exp(-14) / pow(1 + exp(-14), 2);
    const char *sigmoids[] = {"[net] height=1 width=1 channels=6 [logistic] ",
                              "[net] height=1 width=1 channels=6 [yolo] classes=1 num=1 ",
                              "[net] height=1 width=1 channels=6 [region] classes=1 num=1 "};
    double g[6];
    for (int i = 0; i < 3; i++) {
        gradient_of(g, sigmoids[i], x, seeds);
        cr_expect(fabs(g[4] / slope - 1) < 1e-6, "%s: %g, expected %g", sigmoids[i], g[4], slope);
    }

    const float sure[] = {0, 0, 0, 0, 15, 0};
    const double rest = exp(-15), p = 1 / (1 + 5 * rest);
    const char *softmax = "[net] height=1 width=1 channels=6 [softmax] ";
    gradient_of(g, softmax, sure, seeds);
    for (int i = 0; i < 6; i++) {
        double expected = p * p * rest * (i == 4 ? 5 : -1);
        cr_expect(fabs(g[i] / expected - 1) < 1e-6, "%s: %d: %g, expected %g", softmax, i, g[i], expected);
    }
}

Test(layers_heads, trees_of_another_size_are_refused) {
    const char *cfgs[] = {"[net] height=1 width=1 channels=9 [softmax]",
                          "[net] height=1 width=1 channels=16 [region] classes=11 num=1"};
    for (int i = 0; i < 2; i++) {
        char path[32], text[512];
        make_tree_file(path);
        snprintf(text, sizeof text, "%s tree=%s", cfgs[i], path);
        network *net = make_test_network(text, 1);
        attr_engine *e;
        cr_expect_eq(attr_engine_create(&e, net, ATTR_F32, 1, ATTR_KEEP_ALL), ATTR_UNSUPPORTED, "%s", text);
        cr_expect(strstr(attr_error_message(), "the tree has 10 classes"), "%s: %s", text, attr_error_message());
        free_test_network(net);
        unlink(path);
    }
}

/* layers/head_math.h */
void attr_sigmoid_f32(float *out, const float *in, size_t n);
void attr_sigmoid_f64(double *out, const double *in, size_t n);

/* Against the C library, from numbers whose result is 0 to those for which it is 1. */
Test(layers_heads, logistic_function_of_any_number) {
    enum { steps = 4000 };
    static double in[steps], out[steps];
    static float in_f32[steps], out_f32[steps];
    for (int i = 0; i < steps; i++) in_f32[i] = (float)(in[i] = 1500. * i / steps - 750 + 1e-3 * i);
    in[0] = in_f32[0] = -INFINITY, in[1] = in_f32[1] = INFINITY, in[2] = in_f32[2] = -0.f, in[3] = in_f32[3] = NAN;
    for (int generation = ATTR_CPU_ANY; generation <= ATTR_CPU_V4; generation++) {
        if (!attr_cpu_runs((attr_cpu)generation)) continue;
        attr_cpu_limit = (attr_cpu)generation;
        attr_sigmoid_f64(out, in, steps);
        attr_sigmoid_f32(out_f32, in_f32, steps);
        attr_cpu_limit = ATTR_CPU_AMX;
        for (int i = 0; i < steps; i++) {
            double expected = 1 / (1 + exp(-in[i])), expected_f32 = 1 / (1 + exp(-(double)in_f32[i]));
            cr_expect(isnan(in[i]) ? isnan(out[i]) : fabs(out[i] - expected) <= 1e-15 * expected + 1e-300,
                      "generation %d, %.17g: %.17g, expected %.17g", generation, in[i], out[i], expected);
            cr_expect(isnan(in[i]) ? isnan(out_f32[i]) : fabs(out_f32[i] - expected_f32) <= 6e-8 * expected_f32 + 1e-45,
                      "generation %d, %.9g: %.9g, expected %.17g", generation, in_f32[i], out_f32[i], expected_f32);
        }
    }
}
