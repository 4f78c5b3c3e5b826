/* Methods on networks whose maps are known in closed form: linear ones and quadratic ones. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine_pair.h"
#include "model/parameters.h"
#include "small_network.h"

static const char *const rules[] = {"gauss", "trapezoid", "right", "even"};
static const char *const baselines[] = {"picture", "black", "mean", "blur", "colour", "noise"}; /* from -1 */

/* ---- Linear: f = w x + b */

static const char *const linear_net =
    "[net] height=4 width=5 channels=3 [connected] output=2 activation=linear"; /* class 1 is explained */

Test(methods, gradients_of_a_linear_network_are_its_weights) {
    engine_pair n;
    engine_pair_make(&n, linear_net, 3);
    const float *w = n.net->layers[0].weights + n.inputs;
    for (int twin = 0; twin < 2; twin++) {
        attr_target *t = test_target(n.single, ATTR_TARGET_AUTO, 1);
        attr_method_settings s = {.method = ATTR_METHOD_GRADIENT};
        attr_map gradient = test_map(twin ? n.twin : n.single, n.x, t, &s);
        s.method = ATTR_METHOD_GRADIENT_X_INPUT;
        attr_map product = test_map(twin ? n.twin : n.single, n.x, t, &s);
        double target = n.net->layers[0].biases[1];
        for (size_t i = 0; i < n.inputs; i++) {
            target += (double)w[i] * n.x[i];
            cr_expect_eq(gradient.values[i], w[i], "twin %d, gradient %zu: %g, expected %g", twin, i,
                         gradient.values[i], w[i]);
            cr_expect_eq(product.values[i], (double)w[i] * n.x[i], "twin %d, gradient x input %zu: %g", twin, i,
                         product.values[i]);
        }
        cr_expect(fabs(gradient.target - target) < 1e-6, "twin %d: target %g, expected %g", twin, gradient.target,
                  target);
        cr_expect(gradient.gradients == 1 && gradient.converged == 1 && gradient.steps == 0 &&
                      isnan(gradient.relative_error) && isnan(gradient.completeness_gap) && !gradient.standard_error,
                  "twin %d: %zu gradients, converged %d, %zu steps, error %g, gap %g", twin, gradient.gradients,
                  gradient.converged, gradient.steps, gradient.relative_error, gradient.completeness_gap);
        attr_map_free(&gradient);
        attr_map_free(&product);
        attr_target_free(t);
    }
    engine_pair_free(&n);
}

/* The mean baseline, bars included, from the baselines themselves (tests of their own, test_baseline.c). */
static void mean_baseline(double *out, const engine_pair *n, const attr_method_settings *s, size_t count) {
    float *baseline = test_allocate(n->inputs, sizeof *baseline);
    memset(out, 0, n->inputs * sizeof *out);
    for (size_t k = 0; k < count; k++) {
        cr_assert_eq(attr_baseline_make(baseline, n->x, &s->baseline, s->seed, k), ATTR_OK);
        for (size_t i = 0; i < n->inputs; i++) out[i] += baseline[i] / (double)count;
    }
    free(baseline);
}

Test(methods, integrated_gradients_of_a_linear_network_are_weights_times_distance) {
    engine_pair n;
    engine_pair_make(&n, linear_net, 4);
    const float *w = n.net->layers[0].weights + n.inputs;
    double *mean = test_allocate(n.inputs, sizeof *mean);
    float *other = test_allocate(n.inputs, sizeof *other);
    for (size_t i = 0; i < n.inputs; i++) other[i] = (float)test_uniform(0, 1);
    attr_target *t = test_target(n.single, ATTR_TARGET_LOGIT, 1);
    for (int rule = ATTR_RULE_GAUSS; rule <= ATTR_RULE_EVEN; rule++) {
        for (int kind = ATTR_BASELINE_PICTURE; kind <= ATTR_BASELINE_NOISE; kind++) {
            attr_method_settings s = test_path_settings(&n, rule, 7);
            size_t count = kind == ATTR_BASELINE_NOISE ? 3 : 1;
            s.baseline = (attr_baseline_settings){.kind = kind,
                                                  .region = {3, 4, 5, 0, 1, 5, 2},
                                                  .count = 3,
                                                  .blur = 0.2,
                                                  .colour = {0.1, 0.2, 0.3},
                                                  .picture = other};
            mean_baseline(mean, &n, &s, count);
            attr_map map = test_map(n.single, n.x, t, &s);
            double expected = 0;
            for (size_t i = 0; i < n.inputs; i++) {
                double value = w[i] * (n.x[i] - mean[i]);
                expected += value;
                cr_expect(fabs(map.values[i] - value) < 1e-6, "rule %s, baseline %s, element %zu: %g, expected %g",
                          rules[rule], baselines[kind + 1], i, map.values[i], value);
                if (i / 5 % 4 == 0 || i / 5 % 4 == 3)
                    cr_expect_eq(map.values[i], 0, "rule %s, baseline %s: element %zu of a bar got %g", rules[rule],
                                 baselines[kind + 1], i, map.values[i]);
            }
            cr_expect(fabs(map.target - map.baseline_target - expected) < 1e-6 && map.completeness_gap < 1e-6 &&
                          map.converged && map.steps == 7 && map.gradients == 7 * count,
                      "rule %s, baseline %s: f(x) - f(x') %g, expected %g; gap %g, converged %d, %zu steps, %zu "
                      "gradients",
                      rules[rule], baselines[kind + 1], map.target - map.baseline_target, expected,
                      map.completeness_gap, map.converged, map.steps, map.gradients);
            attr_map_free(&map);
        }
    }
    attr_target_free(t);
    free(mean);
    free(other);
    engine_pair_free(&n);
}

/* ---- Quadratic: f = x' A x / 2, where the right rule is wrong by a known factor and the others are exact */

/* Its double engine squares in layer 1; `ax` receives A x, A = W' diag(v) W. */
static void make_quadratic(engine_pair *n, double *ax) {
    engine_pair_make(n,
                     "[net] height=2 width=3 channels=2 [connected] output=7 activation=linear [activation] "
                     "activation=linear [connected] output=1 activation=linear",
                     4);
    const layer *first = &n->net->layers[0], *last = &n->net->layers[2];
    for (int k = 0; k < 7; k++) first->biases[k] = 0;
    attr_engine_set_parameters(n->twin, NULL);
    attr_engine_op(n->twin, 1)->kind = &test_square_kind;
    for (size_t i = 0; i < n->inputs; i++) ax[i] = 0;
    for (int k = 0; k < 7; k++) {
        double row = 0;
        for (size_t i = 0; i < n->inputs; i++) row += (double)first->weights[k * n->inputs + i] * n->x[i];
        for (size_t i = 0; i < n->inputs; i++) ax[i] += last->weights[k] * row * first->weights[k * n->inputs + i];
    }
}

Test(methods, integrated_gradients_of_a_quadratic_network_have_the_factor_of_their_rule) {
    engine_pair n;
    double ax[12];
    make_quadratic(&n, ax);
    attr_target *t = test_target(n.twin, ATTR_TARGET_LOGIT, 0);
    for (int rule = ATTR_RULE_GAUSS; rule <= ATTR_RULE_EVEN; rule++) {
        for (size_t steps = rule == ATTR_RULE_TRAPEZOID || rule == ATTR_RULE_EVEN ? 2 : 1; steps < 12; steps++) {
            attr_method_settings s = test_path_settings(&n, rule, steps);
            attr_map map = test_map(n.twin, n.x, t, &s);
            double factor = rule == ATTR_RULE_RIGHT ? (steps + 1) / (2. * steps) : 0.5, complete = 0;
            for (size_t i = 0; i < n.inputs; i++) {
                double expected = n.x[i] * ax[i] * factor;
                complete += n.x[i] * ax[i] / 2;
                cr_expect(fabs(map.values[i] - expected) < 1e-6, "rule %s, %zu steps, element %zu: %g, expected %g",
                          rules[rule], steps, i, map.values[i], expected);
            }
            double gap = fabs(complete * (2 * factor - 1));
            cr_expect(fabs(map.target - map.baseline_target - complete) < 1e-6, "f(x) - f(0) is %g, expected %g",
                      map.target - map.baseline_target, complete);
            cr_expect(fabs(map.completeness_gap - gap) < 1e-6, "rule %s, %zu steps: gap %g, expected %g", rules[rule],
                      steps, map.completeness_gap, gap);
            cr_expect_eq(map.converged, rule != ATTR_RULE_RIGHT, "rule %s, %zu steps: converged %d", rules[rule], steps,
                         map.converged);
            attr_map_free(&map);
        }
    }
    attr_target_free(t);
    engine_pair_free(&n);
}
