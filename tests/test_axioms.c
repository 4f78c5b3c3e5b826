/* Completeness and input invariance. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "engine_pair.h"
#include "metrics/axioms.h"
#include "small_network.h"

static void expect(double found, double expected, double within, const char *what) {
    bool same = isnan(expected) ? isnan(found) : fabs(found - expected) <= within;
    cr_expect(same, "%s: %.17g, expected %.17g within %g", what, found, expected, within);
}

/* 1 - 3 + 4.5 = 2.5 against 5 - 3 = 2: a gap of .5, a quarter. */
Test(completeness, worked_by_hand) {
    const double map[] = {1, -3, 4.5};
    attr_completeness c = attr_completeness_of(map, 3, 5, 3);
    expect(c.sum, 2.5, 0, "sum");
    expect(c.expected, 2, 0, "expected");
    expect(c.gap, .5, 0, "gap");
    expect(c.relative, .25, 0, "relative");
    expect(attr_completeness_of(map, 3, 3, 5).relative, 4.5 / 2, 1e-15, "against -2");
    expect(attr_completeness_of(map, 3, 4, 4).relative, NAN, 0, "nothing expected");
}

/* Integrated Gradients sums to f(x) - f(0), a plain gradient does not. */
Test(completeness, of_integrated_gradients_and_of_a_gradient) {
    engine_pair n;
    engine_pair_make(&n,
                     "[net] height=3 width=4 channels=2 [connected] output=6 activation=tanh [connected] output=3 "
                     "activation=linear [softmax]",
                     4);
    attr_target *t = test_target(n.single, ATTR_TARGET_LOGIT, 1);
    attr_method_settings path = test_path_settings(&n, ATTR_RULE_GAUSS, 32);
    attr_map map = test_map(n.single, n.x, t, &path);
    attr_completeness c = attr_completeness_of(map.values, map.size, map.target, map.baseline_target);
    cr_expect_lt(c.relative, 1e-4, "Integrated Gradients: sum %g, expected %g", c.sum, c.expected);
    attr_map_free(&map);
    path.method = ATTR_METHOD_GRADIENT;
    map = test_map(n.single, n.x, t, &path);
    c = attr_completeness_of(map.values, map.size, c.expected, 0);
    cr_expect_gt(c.relative, .01, "gradient: sum %g, expected %g", c.sum, c.expected);
    attr_map_free(&map);
    attr_target_free(t);
    engine_pair_free(&n);
}

/* Squares of differences 0, 1, 4, 0 over 1, 4, 16, 4: sqrt(5 / 25). Inside of 3 x 3, one pixel is left. */
Test(invariance, error_worked_by_hand) {
    const double map[] = {1, 2, 4, -2}, shifted[] = {1, 3, 2, -2}, zero[4] = {0};
    double first[18] = {0}, second[18] = {0};
    expect(attr_invariance_error(map, shifted, 4), sqrt(.2), 1e-15, "four numbers");
    expect(attr_invariance_error(map, map, 4), 0, 0, "equal");
    expect(attr_invariance_error(zero, map, 4), NAN, 0, "a map of zeros");
    first[4] = 3, second[4] = 6, first[13] = second[13] = 4, second[0] = 99;
    expect(attr_invariance_error_inside(first, second, 2, 3, 3, 1), 3. / 5, 1e-15, "inside");
    expect(attr_invariance_error_inside(first, second, 2, 3, 3, 0), sqrt(9801 + 9) / 5, 1e-12, "with its border");
    expect(attr_invariance_error_inside(first, second, 2, 3, 3, 2), NAN, 0, "nothing left");
    expect(attr_invariance_error_inside(first, second, 1, 6, 3, 2), NAN, 0, "no column left");
}

/* A network, and the same with biases that take `shift` back; an engine in double precision of each. */
typedef struct {
    network *nets[2];
    attr_engine *engines[2];
    size_t inputs, plane;
    double *x[2];
    double shift[4];
} shifted_pair;

static void make_pair(shifted_pair *p, const char *cfg) {
    float shift[4], biases[16];
    attr_keep all = {true, test_every_layer()};
    *p = (shifted_pair){0};
    for (int i = 0; i < 2; i++) p->nets[i] = make_test_network(cfg, 1);
    layer *first = &p->nets[1]->layers[0];
    cr_assert(first->n <= 16 && first->c <= 4, "%s", cfg);
    for (int c = 0; c < first->c; c++) p->shift[c] = shift[c] = (float)test_uniform(-1, 2);
    cr_assert_eq(attr_compensated_biases(biases, first, shift), ATTR_OK, "%s: %s", cfg, attr_error_message());
    for (int i = 0; i < first->n; i++) first->biases[i] = biases[i];
    for (int i = 0; i < 2; i++)
        cr_assert_eq(attr_engine_create(&p->engines[i], p->nets[i], ATTR_F64, 1, all), ATTR_OK, "%s: %s", cfg,
                     attr_error_message());
    p->inputs = attr_engine_inputs(p->engines[0]);
    p->plane = p->inputs / (size_t)first->c;
    for (int i = 0; i < 2; i++) p->x[i] = test_allocate(p->inputs, sizeof(double));
    for (size_t i = 0; i < p->inputs; i++) {
        p->x[0][i] = test_uniform(0, 1);
        p->x[1][i] = p->x[0][i] + p->shift[i / p->plane];
    }
}

static void free_pair(shifted_pair *p) {
    for (int i = 0; i < 2; i++) {
        attr_engine_free(p->engines[i]);
        free_test_network(p->nets[i]);
        free(p->x[i]);
    }
}

static const char *const unpadded[] = {
    "[net] height=9 width=8 channels=3 [convolutional] filters=6 size=3 activation=leaky [maxpool] size=2 stride=2 "
    "[convolutional] filters=4 size=3 pad=1 activation=leaky [connected] output=3 activation=linear [softmax]",
    "[net] height=9 width=8 channels=2 [convolutional] filters=5 size=5 stride=2 batch_normalize=1 activation=tanh "
    "[connected] output=3 activation=linear [softmax]",
    "[net] height=9 width=8 channels=4 [convolutional] filters=6 size=3 groups=2 batch_normalize=1 activation=leaky "
    "[connected] output=3 activation=linear [softmax]"};

/* f2(x + c) = f1(x); gradients do not differ, Input x Gradient does. */
Test(invariance, of_a_network_that_takes_the_shift_back) {
    for (size_t k = 0; k < sizeof unpadded / sizeof *unpadded; k++) {
        shifted_pair p;
        double value[2], *maps[2];
        make_pair(&p, unpadded[k]);
        for (int i = 0; i < 2; i++) {
            attr_target *t = test_target(p.engines[i], ATTR_TARGET_LOGIT, 1);
            maps[i] = test_allocate(p.inputs, sizeof(double));
            value[i] = test_value(p.engines[i], t, p.x[i]);
            test_gradient(maps[i], p.engines[i], t, p.x[i]);
            attr_target_free(t);
        }
        expect(value[1], value[0], 1e-5, unpadded[k]);
        expect(attr_invariance_error(maps[0], maps[1], p.inputs), 0, 1e-5, unpadded[k]);
        for (int i = 0; i < 2; i++)
            for (size_t j = 0; j < p.inputs; j++) maps[i][j] *= p.x[i][j];
        double error = attr_invariance_error(maps[0], maps[1], p.inputs);
        cr_expect_gt(error, .05, "%s\n  Input x Gradient: %g", unpadded[k], error);
        for (int i = 0; i < 2; i++) free(maps[i]);
        free_pair(&p);
    }
}

/* With padding, outputs differ at the borders and nowhere else. */
Test(invariance, borders_of_a_padded_layer_are_as_wide_as_promised) {
    static const struct {
        const char *cfg;
        int border;
    } rows[] = {
        {"[net] height=11 width=12 channels=2 [convolutional] filters=3 size=3 pad=1 activation=linear", 1},
        {"[net] height=11 width=12 channels=2 [convolutional] filters=3 size=5 pad=1 activation=linear", 2},
        {"[net] height=11 width=12 channels=2 [convolutional] filters=3 size=5 pad=1 stride=2 activation=linear", 1},
        {"[net] height=11 width=12 channels=2 [convolutional] filters=3 size=3 activation=linear", 0}};
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        shifted_pair p;
        make_pair(&p, rows[k].cfg);
        const layer *l = &p.nets[0]->layers[0];
        int border = attr_padded_border(l);
        cr_expect_eq(border, rows[k].border, "%s: border %d", rows[k].cfg, border);
        const double *out[2];
        for (int i = 0; i < 2; i++) {
            attr_engine_set_input_f64(p.engines[i], 0, p.x[i]);
            attr_engine_forward(p.engines[i], 1);
            out[i] = attr_engine_op(p.engines[i], 0)->out;
        }
        double inside = attr_invariance_error_inside(out[0], out[1], l->out_c, l->out_h, l->out_w, border);
        double all = attr_invariance_error(out[0], out[1], (size_t)l->outputs);
        expect(inside, 0, 1e-6, rows[k].cfg);
        cr_expect((all > 1e-3) == (border > 0), "%s: %g with its border", rows[k].cfg, all);
        free_pair(&p);
    }
}

/* 1 x 1 filters of two groups: b = 1, W = (2, -1) by c = (.5, 3): 1 - (1 - 3) = 3; b = 0, W = (4, 1) by (-1, 2): 2.
 * With batch norm's factor 3 / (sqrt(4) + 1e-6) the first is 1 + 2 x 1.5 = 4. */
Test(invariance, biases_worked_by_hand) {
    float weights[] = {2, -1, 4, 1}, b[] = {1, 0}, scales[] = {3, 1}, mean[] = {9, 9}, variance[] = {4, 1}, found[2];
    const float shift[] = {.5f, 3, -1, 2};
    layer l = {.type = CONVOLUTIONAL, .n = 2, .c = 4, .groups = 2, .size = 1, .stride = 1};
    l.weights = weights, l.biases = b, l.scales = scales, l.rolling_mean = mean, l.rolling_variance = variance;
    cr_assert_eq(attr_compensated_biases(found, &l, shift), ATTR_OK);
    expect(found[0], 3, 0, "first filter");
    expect(found[1], 2, 0, "second filter");
    l.batch_normalize = 1;
    cr_assert_eq(attr_compensated_biases(found, &l, shift), ATTR_OK);
    expect(found[0], 4, 2e-6, "first filter, batch norm");
    l.xnor = 1;
    cr_expect_eq(attr_compensated_biases(found, &l, shift), ATTR_UNSUPPORTED, "xnor");
    l.xnor = 0, l.type = CONNECTED;
    cr_expect_eq(attr_compensated_biases(found, &l, shift), ATTR_UNSUPPORTED, "[connected]");
}
