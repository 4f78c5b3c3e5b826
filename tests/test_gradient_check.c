/* The gradient check passes on exact networks and fails, at the right place, on every layer whose backward or forward
 * is made wrong: a test replaces the layer's kind by its own. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine_pair.h"
#include "model/parameters.h"
#include "layer_harness.h"
#include "metrics/gradient_check.h"

enum { MOST_LAYERS = 16, SEED = 9 };

#define DETECTOR                                                                                                       \
    "[net] height=8 width=8 channels=3 [convolutional] filters=6 size=3 pad=1 stride=2 batch_normalize=1 "             \
    "activation=leaky [maxpool] size=2 stride=2 [convolutional] filters=16 size=1 activation=linear [yolo] mask=0,1 "  \
    "anchors=2,3,4,5,6,7 classes=3 num=3 [route] layers=1 [upsample] stride=2 [route] layers=-1,0 [convolutional] "    \
    "filters=8 size=1 activation=linear [yolo] mask=2 anchors=2,3,4,5,6,7 classes=3 num=3"

static const char *const networks[] = {
    "[net] height=9 width=8 channels=3 [convolutional] filters=6 size=3 pad=1 batch_normalize=1 activation=leaky "
    "[convolutional] filters=6 groups=2 size=3 pad=1 activation=relu [shortcut] from=-2 activation=leaky [dropout] "
    "[maxpool] size=2 stride=2 [convolutional] filters=4 size=1 activation=tanh [route] layers=-1,-2,-1 [avgpool] "
    "[connected] output=5 activation=linear [softmax] temperature=2 [cost]",
    "[net] height=8 width=6 channels=4 [deconvolutional] filters=5 size=2 stride=2 batch_normalize=1 activation=elu "
    "[reorg] stride=2 [normalization] [batchnorm] [local] filters=4 size=3 pad=1 activation=leaky [l2norm] [upsample] "
    "stride=2 [activation] activation=selu [connected] output=6 batch_normalize=1 activation=leaky [connected] "
    "output=3 activation=linear [logistic]",
    DETECTOR,
    "[net] height=4 width=4 channels=2 [convolutional] filters=18 size=1 activation=linear [region] anchors=1,2,3,4 "
    "num=2 classes=4 coords=4 softmax=1",
    "[net] height=4 width=4 channels=2 [crop] crop_height=3 crop_width=3 [connected] output=52 activation=leaky "
    "[detection] side=2 num=2 classes=3 coords=4 softmax=1",
};
enum { NETWORKS = sizeof networks / sizeof *networks };

static attr_target *some_target(const engine_pair *n) {
    if (!attr_is_detector(n->twin)) return test_target(n->twin, ATTR_TARGET_LOG_PROBABILITY, 1);
    attr_target *t = NULL;
    attr_detection d = {.layer = n->net->n - 1, .row = 1, .column = 1, .class_index = 2};
    cr_assert_eq(attr_target_of_detection(&t, n->twin, ATTR_TARGET_SCORE, &d), ATTR_OK, "%s", attr_error_message());
    return t;
}

static void check_layers_of(attr_layer_check *rows, const engine_pair *n) {
    cr_assert_leq(n->net->n, MOST_LAYERS);
    cr_assert_eq(attr_check_layers(rows, n->single, n->twin, n->x, SEED), ATTR_OK, "%s\n  %s", n->cfg,
                 attr_error_message());
}

static attr_end_check check_end(const engine_pair *n, const attr_target *t, double *gradient) {
    attr_end_check end;
    cr_assert_eq(attr_check_end_to_end(&end, gradient, n->single, n->twin, t, n->x, SEED), ATTR_OK, "%s\n  %s", n->cfg,
                 attr_error_message());
    return end;
}

Test(gradient_check, passes_on_exact_networks) {
    for (int i = 0; i < NETWORKS; i++) {
        engine_pair n;
        engine_pair_make(&n, networks[i], 1);
        attr_layer_check rows[MOST_LAYERS];
        check_layers_of(rows, &n);
        for (int k = 0; k < n.net->n; k++) {
            const attr_layer_check *row = &rows[k];
            cr_expect(row->layer == k && strcmp(row->name, attr_layer_name(n.net->layers[k].type)) == 0,
                      "%s\n  row %d is of layer %d [%s]", n.cfg, k, row->layer, row->name);
            cr_expect(row->forward < ATTR_CHECK_ROUNDING && row->backward < ATTR_CHECK_ROUNDING &&
                          row->difference < 1e-5,
                      "%s\n  layer %d [%s]: forward %g, backward %g, difference %g", n.cfg, k, row->name, row->forward,
                      row->backward, row->difference);
        }
        engine_pair_free(&n);
    }
}

/* Of a bias ten thousand times as large as what the weights make: rounding must not be taken for a wrong gradient. */
Test(gradient_check, passes_where_a_bias_hides_the_weights) {
    engine_pair n;
    engine_pair_make(&n,
                     "[net] height=26 width=26 channels=16 [convolutional] filters=256 size=1 activation=linear "
                     "[softmax]",
                     1);
    layer *l = &n.net->layers[0];
    for (int i = 0; i < l->nweights; i++) l->weights[i] *= 1e-4f;
    for (int i = 0; i < l->n; i++) l->biases[i] = -4;
    attr_engine_set_parameters(n.single, NULL);
    attr_engine_set_parameters(n.twin, NULL);
    attr_layer_check rows[MOST_LAYERS];
    check_layers_of(rows, &n);
    cr_expect_lt(rows[0].difference, ATTR_CHECK_DIFFERENCE / 10, "%g", rows[0].difference);
    engine_pair_free(&n);
}

Test(gradient_check, passes_end_to_end_and_returns_value_and_gradient) {
    for (int i = 0; i < NETWORKS; i++) {
        engine_pair n;
        engine_pair_make(&n, networks[i], 1);
        attr_target *t = some_target(&n);
        double *gradient = test_allocate(n.inputs, sizeof *gradient), *x = test_allocate(n.inputs, sizeof *x);
        double *expected = test_allocate(n.inputs, sizeof *expected);
        attr_end_check end = check_end(&n, t, gradient);
        cr_expect(end.map < ATTR_CHECK_BACKWARD && end.backward < ATTR_CHECK_BACKWARD && end.difference < 1e-5 &&
                      end.cosine > 1 - 1e-6 && end.cosine <= 1 + 1e-12,
                  "%s\n  map %g, backward %g, difference %g, cosine %.9f", n.cfg, end.map, end.backward, end.difference,
                  end.cosine);
        for (size_t k = 0; k < n.inputs; k++) x[k] = n.x[k];
        cr_expect_eq(end.value, test_value(n.twin, t, x), "%s\n  value %g", n.cfg, end.value);
        test_gradient(expected, n.twin, t, x);
        cr_expect_arr_eq(gradient, expected, n.inputs * sizeof *gradient, "%s\n  another gradient", n.cfg);
        attr_target_free(t);
        free(gradient);
        free(x);
        free(expected);
        engine_pair_free(&n);
    }
}

/* ---- Layers made wrong */

static const attr_layer_kind *right_kind; /* of the layer that is made wrong, in either precision */

/* A quarter too much. */
static void long_backward_f32(attr_op *op) {
    for (size_t i = 0; i < op->count * op->out_stride; i++) ((float *)op->dout)[i] *= 1.25F;
    attr_layer_kind_f32(right_kind->type)->backward(op);
}

static void long_backward_f64(attr_op *op) {
    for (size_t i = 0; i < op->count * op->outputs; i++) ((double *)op->dout)[i] *= 1.25;
    attr_layer_kind_f64(right_kind->type)->backward(op);
}

static void no_backward(attr_op *op) {
    (void)op;
}

static void wrong_forward_f32(attr_op *op) {
    attr_layer_kind_f32(right_kind->type)->forward(op);
    for (size_t i = 0; i < op->count * op->out_stride; i++) ((float *)op->out)[i] *= 1.001F;
}

typedef void function(attr_op *op);

typedef struct {
    const char *name;
    function *single_backward, *twin_backward, *single_forward; /* NULL: as it is */
    int forward, backward, difference;                          /* which figures must be large */
} fault;

static const fault faults[] = {
    {"single backward too long", .single_backward = long_backward_f32, .backward = 1},
    {"twin backward too long", .twin_backward = long_backward_f64, .backward = 1, .difference = 1},
    {"both backwards too long", long_backward_f32, long_backward_f64, NULL, .difference = 1},
    {"single without backward", .single_backward = no_backward, .backward = 1},
    {"both without backward", no_backward, no_backward, NULL, .difference = 1},
    {"single forward wrong", .single_forward = wrong_forward_f32, .forward = 1},
};
enum { FAULTS = sizeof faults / sizeof *faults };

typedef struct {
    attr_layer_kind single, twin;
} wrong_kinds;

static void break_layer(engine_pair *n, int layer_index, const fault *f, wrong_kinds *kinds) {
    attr_op *a = attr_engine_op(n->single, layer_index), *b = attr_engine_op(n->twin, layer_index);
    right_kind = a->kind;
    kinds->single = *a->kind;
    kinds->twin = *b->kind;
    if (f->single_backward) kinds->single.backward = f->single_backward;
    if (f->twin_backward) kinds->twin.backward = f->twin_backward;
    if (f->single_forward) kinds->single.forward = f->single_forward;
    kinds->single.stores = kinds->twin.stores = 0; /* one that does nothing must leave zeros */
    a->kind = &kinds->single;
    b->kind = &kinds->twin;
}

static void mend_layer(engine_pair *n, int layer_index) {
    LAYER_TYPE type = n->net->layers[layer_index].type;
    attr_engine_op(n->single, layer_index)->kind = attr_layer_kind_f32(type);
    attr_engine_op(n->twin, layer_index)->kind = attr_layer_kind_f64(type);
}

static void expect_figures(const engine_pair *n, const attr_layer_check *row, const fault *f, int broken) {
    const double figures[] = {row->forward, row->backward, row->difference};
    const double limits[] = {ATTR_CHECK_ROUNDING, ATTR_CHECK_ROUNDING, ATTR_CHECK_DIFFERENCE};
    const int large[] = {f->forward, f->backward, f->difference};
    static const char *const names[] = {"forward", "backward", "difference"};
    for (int k = 0; k < 3; k++) {
        int expected = row->layer == broken && large[k];
        cr_expect_eq(figures[k] > limits[k], expected, "%s\n  layer %d made wrong (%s): %s of layer %d [%s] is %g",
                     n->cfg, broken, f->name, names[k], row->layer, row->name, figures[k]);
    }
}

Test(gradient_check, finds_the_layer_that_is_wrong) {
    for (int i = 0; i < NETWORKS; i++) {
        engine_pair n;
        engine_pair_make(&n, networks[i], 1);
        for (int broken = 0; broken < n.net->n; broken++) {
            if (attr_engine_op(n.twin, broken)->is_view) continue;
            for (int f = 0; f < FAULTS; f++) {
                wrong_kinds kinds;
                attr_layer_check rows[MOST_LAYERS];
                break_layer(&n, broken, &faults[f], &kinds);
                check_layers_of(rows, &n);
                mend_layer(&n, broken);
                for (int k = 0; k < n.net->n; k++) expect_figures(&n, &rows[k], &faults[f], broken);
            }
        }
        engine_pair_free(&n);
    }
}

/* Layer 0 is on every path, so a fault there must show in the map. */
Test(gradient_check, fails_end_to_end_when_a_backward_is_wrong) {
    for (int i = 0; i < NETWORKS; i++) {
        engine_pair n;
        engine_pair_make(&n, networks[i], 1);
        attr_target *t = some_target(&n);
        double *gradient = test_allocate(n.inputs, sizeof *gradient);
        for (int f = 0; f < FAULTS; f++) {
            if (faults[f].single_forward) continue;
            wrong_kinds kinds;
            break_layer(&n, 0, &faults[f], &kinds);
            attr_end_check end = check_end(&n, t, gradient);
            mend_layer(&n, 0);
            cr_expect_eq(end.backward > 0.1, faults[f].backward, "%s\n  %s: backward %g", n.cfg, faults[f].name,
                         end.backward);
            cr_expect_eq(end.map > 0.1, faults[f].backward, "%s\n  %s: map %g", n.cfg, faults[f].name, end.map);
            cr_expect_eq(end.difference > 0.1, faults[f].difference, "%s\n  %s: difference %g", n.cfg, faults[f].name,
                         end.difference);
        }
        attr_target_free(t);
        free(gradient);
        engine_pair_free(&n);
    }
}

/* ---- Edge cases */

/* A ReLU before a maximum leaves windows of zeros. */
Test(gradient_check, has_differences_of_a_maximum_with_ties) {
    engine_pair n;
    engine_pair_make(&n,
                     "[net] height=12 width=12 channels=3 [convolutional] filters=8 size=3 activation=relu [maxpool] "
                     "size=2 stride=2 [connected] output=4 activation=linear [softmax]",
                     1);
    attr_layer_check rows[MOST_LAYERS];
    check_layers_of(rows, &n);
    size_t ties = 0;
    const attr_op *maximum = attr_engine_op(n.twin, 1);
    for (size_t i = 0; i < maximum->outputs; i++) ties += ((const double *)maximum->out)[i] == 0;
    cr_expect(ties > 0, "no window of zeros");
    cr_expect(rows[1].difference < 1e-5, "difference %g with %zu windows of zeros", rows[1].difference, ties);
    engine_pair_free(&n);
}

static void nan_backward_f32(attr_op *op) {
    for (size_t i = 0; i < op->in_size[0]; i++) ((float *)op->din[0])[i] = NAN;
}

Test(gradient_check, takes_a_gradient_that_is_not_a_number_for_an_error) {
    engine_pair n;
    engine_pair_make(&n, networks[0], 1);
    fault f = {"not a number", .single_backward = nan_backward_f32};
    wrong_kinds kinds;
    attr_layer_check rows[MOST_LAYERS];
    break_layer(&n, 0, &f, &kinds);
    check_layers_of(rows, &n);
    mend_layer(&n, 0);
    cr_expect(!(rows[0].backward <= ATTR_CHECK_ROUNDING), "backward %g", rows[0].backward);
    engine_pair_free(&n);
}

Test(gradient_check, accepts_a_gradient_that_is_zero) {
    engine_pair n;
    engine_pair_make(&n, networks[0], 1);
    layer *first = &n.net->layers[0];
    memset(first->weights, 0, (size_t)first->nweights * sizeof(float));
    attr_engine_set_parameters(n.single, NULL);
    attr_engine_set_parameters(n.twin, NULL);
    attr_target *t = some_target(&n);
    double *gradient = test_allocate(n.inputs, sizeof *gradient);
    attr_end_check end = check_end(&n, t, gradient);
    cr_expect(end.length == 0 && end.map == 0 && end.backward == 0 && end.difference == 0 && end.cosine == 1,
              "length %g, map %g, backward %g, difference %g, cosine %g", end.length, end.map, end.backward,
              end.difference, end.cosine);
    attr_layer_check rows[MOST_LAYERS];
    check_layers_of(rows, &n);
    cr_expect(rows[0].backward == 0 && rows[0].difference == 0, "layer 0: backward %g, difference %g", rows[0].backward,
              rows[0].difference);
    attr_target_free(t);
    free(gradient);
    engine_pair_free(&n);
}

/* A probability of 1, whose gradient is far below what rounding does to differences, and in floats is 0. */
Test(gradient_check, accepts_a_softmax_that_is_saturated) {
    engine_pair n;
    engine_pair_make(&n,
                     "[net] height=3 width=3 channels=2 [connected] output=4 activation=linear [softmax] "
                     "[connected] output=3 activation=linear",
                     1);
    layer *first = &n.net->layers[0];
    for (int i = 0; i < first->outputs; i++) first->biases[i] = i == 2 ? 170 : 0;
    attr_engine_set_parameters(n.single, NULL);
    attr_engine_set_parameters(n.twin, NULL);
    attr_layer_check rows[MOST_LAYERS];
    check_layers_of(rows, &n);
    for (int k = 0; k < n.net->n; k++)
        cr_expect(rows[k].forward <= ATTR_CHECK_ROUNDING && rows[k].backward <= ATTR_CHECK_ROUNDING &&
                      rows[k].difference <= ATTR_CHECK_DIFFERENCE,
                  "layer %d: forward %g, backward %g, difference %g", k, rows[k].forward, rows[k].backward,
                  rows[k].difference);
    attr_target *t = test_target(n.twin, ATTR_TARGET_LOGIT, 1);
    double *gradient = test_allocate(n.inputs, sizeof *gradient);
    attr_end_check end = check_end(&n, t, gradient);
    cr_expect(end.length > 0 && end.length < 1e-60 && end.is_flat && end.difference <= ATTR_CHECK_DIFFERENCE &&
                  end.backward <= ATTR_CHECK_BACKWARD,
              "length %g, flat %d, difference %g, backward %g", end.length, end.is_flat, end.difference, end.backward);
    attr_target_free(t);
    free(gradient);
    engine_pair_free(&n);
}

Test(gradient_check, fails_when_the_target_is_not_finite) {
    engine_pair n;
    engine_pair_make(&n, networks[3], 1);
    attr_target *t = some_target(&n);
    double *gradient = test_allocate(n.inputs, sizeof *gradient);
    attr_end_check end;
    for (size_t i = 0; i < n.inputs; i++) n.x[i] = NAN;
    cr_expect_eq(attr_check_end_to_end(&end, gradient, n.single, n.twin, t, n.x, SEED), ATTR_NUMERIC, "value %g",
                 end.value);
    cr_expect(strstr(attr_error_message(), "not finite"), "the message is \"%s\"", attr_error_message());
    attr_target_free(t);
    free(gradient);
    engine_pair_free(&n);
}
