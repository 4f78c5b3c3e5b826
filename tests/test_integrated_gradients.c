/* Integrated Gradients: completeness and the orders of the rules on smooth networks, steps=auto on piecewise linear
 * ones. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "engine_pair.h"
#include "small_network.h"

static const char *const rules[] = {"gauss", "trapezoid", "right"};
static const char *const baselines[] = {"picture", "black", "mean", "blur", "colour", "noise"}; /* from -1 */

static double sum_of(const attr_map *map) {
    double sum = 0;
    for (size_t i = 0; i < map->size; i++) sum += map->values[i];
    return sum;
}

/* ---- Smooth: completeness to rounding, errors of the other rules of first and second order */

static const char *const smooth_net =
    "[net] height=4 width=5 channels=3 [convolutional] filters=4 size=3 pad=1 activation=tanh [connected] output=6 "
    "activation=logistic [connected] output=3 activation=linear [softmax]";

static double distance(const attr_map *a, const attr_map *b) {
    double sum = 0;
    for (size_t i = 0; i < a->size; i++) sum += pow(a->values[i] - b->values[i], 2);
    return sqrt(sum);
}

Test(integrated_gradients, converge_on_smooth_networks) {
    engine_pair n;
    engine_pair_make(&n, smooth_net, 4);
    for (int quantity = ATTR_TARGET_LOGIT; quantity <= ATTR_TARGET_LOG_PROBABILITY; quantity++) {
        attr_target *t = test_target(n.twin, quantity, 2);
        attr_method_settings s = test_path_settings(&n, ATTR_RULE_GAUSS, 32);
        attr_map exact = test_map(n.twin, n.x, t, &s);
        double gain = exact.target - exact.baseline_target;
        cr_expect(fabs(sum_of(&exact) - gain) < 1e-6 * fabs(gain), "%s: sum %.9g, f(x) - f(x') %.9g",
                  attr_quantity_name(quantity), sum_of(&exact), gain);
        double before[2] = {0};
        for (size_t steps = 8; steps <= 64; steps *= 2) {
            for (int rule = ATTR_RULE_TRAPEZOID; rule <= ATTR_RULE_RIGHT; rule++) {
                int trapezoid = rule == ATTR_RULE_TRAPEZOID;
                s = test_path_settings(&n, rule, steps + trapezoid); /* so many intervals */
                attr_map map = test_map(n.twin, n.x, t, &s);
                double error = distance(&map, &exact), ratio = before[trapezoid] / error, order = trapezoid ? 4 : 2;
                if (steps > 8)
                    cr_expect(fabs(ratio - order) < 0.15 * order, "%s, rule %s, %zu steps: error %g, a factor of %g",
                              attr_quantity_name(quantity), rules[rule], steps, error, ratio);
                before[trapezoid] = error;
                attr_map_free(&map);
            }
        }
        attr_map_free(&exact);
        attr_target_free(t);
    }
    engine_pair_free(&n);
}

Test(integrated_gradients, are_complete_from_every_baseline) {
    engine_pair n;
    engine_pair_make(&n, smooth_net, 4);
    float *other = test_allocate(n.inputs, sizeof *other);
    for (size_t i = 0; i < n.inputs; i++) other[i] = (float)test_uniform(0, 1);
    attr_target *t = test_target(n.twin, ATTR_TARGET_LOGIT, 0);
    for (int kind = ATTR_BASELINE_PICTURE; kind <= ATTR_BASELINE_NOISE; kind++) {
        attr_method_settings s = test_path_settings(&n, ATTR_RULE_GAUSS, 32);
        s.baseline = (attr_baseline_settings){.kind = kind,
                                              .region = {3, 4, 5, 1, 0, 3, 4},
                                              .count = 3,
                                              .blur = 0.2,
                                              .colour = {0.1, 0.2, 0.3},
                                              .picture = other};
        attr_map map = test_map(n.twin, n.x, t, &s);
        double gain = map.target - map.baseline_target;
        cr_expect(fabs(gain) > 1e-3 && fabs(sum_of(&map) - gain) < 1e-6, "baseline %s: sum %.9g, f(x) - f(x') %.9g",
                  baselines[kind + 1], sum_of(&map), gain);
        attr_map_free(&map);
    }
    attr_target_free(t);
    free(other);
    engine_pair_free(&n);
}

/* ---- steps=auto */

static const char *const relu_net =
    "[net] height=8 width=9 channels=3 [convolutional] filters=6 size=3 pad=1 activation=relu [maxpool] size=2 "
    "stride=2 [convolutional] filters=8 size=3 activation=leaky [connected] output=4 activation=linear";

Test(integrated_gradients, double_the_steps_until_the_gap_is_within_the_tolerance) {
    engine_pair n;
    engine_pair_make(&n, relu_net, 4);
    size_t seen = 0;
    for (double tolerance = 0.1; tolerance > 3e-3; tolerance /= 5) {
        for (int c = 0; c < 4; c++) {
            attr_target *t = test_target(n.twin, ATTR_TARGET_LOGIT, c);
            attr_method_settings s = test_path_settings(&n, ATTR_RULE_GAUSS, 0);
            s.tolerance = tolerance;
            attr_map map = test_map(n.twin, n.x, t, &s);
            double gain = map.target - map.baseline_target, gap = fabs(sum_of(&map) - gain);
            cr_expect(map.converged && gap <= tolerance * fabs(gain) && fabs(gap - map.completeness_gap) < 1e-12,
                      "class %d, tolerance %g: converged %d, gap %g of %g, said to be %g, %zu steps", c, tolerance,
                      map.converged, gap, gain, map.completeness_gap, map.steps);
            cr_expect_eq(map.gradients, 2 * map.steps - 16, "class %d, tolerance %g: %zu steps, %zu gradients", c,
                         tolerance, map.steps, map.gradients);
            if (map.steps > 16) { /* half as many are not enough */
                s.steps = map.steps / 2;
                attr_map coarse = test_map(n.twin, n.x, t, &s);
                cr_expect(!coarse.converged && coarse.completeness_gap > tolerance * fabs(gain),
                          "class %d, tolerance %g: %zu steps would have done", c, tolerance, s.steps);
                attr_map_free(&coarse);
            }
            seen = map.steps > seen ? map.steps : seen;
            attr_map_free(&map);
            attr_target_free(t);
        }
    }
    cr_expect(seen > 16, "no tolerance needed more than %zu steps", seen);
    engine_pair_free(&n);
}

Test(integrated_gradients, end_at_max_steps_and_say_that_they_have_not_converged) {
    static const size_t rows[][2] = {{1, 1}, {5, 5}, {16, 16}, {17, 33}, {24, 40}, {32, 48}, {100, 16 + 32 + 64 + 100}};
    engine_pair n;
    engine_pair_make(&n, relu_net, 4);
    attr_target *t = test_target(n.single, ATTR_TARGET_LOGIT, 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        attr_method_settings s = test_path_settings(&n, ATTR_RULE_GAUSS, 0);
        s.tolerance = 1e-9;
        s.max_steps = rows[i][0];
        attr_map map = test_map(n.single, n.x, t, &s);
        cr_expect(!map.converged && map.steps == rows[i][0] && map.gradients == rows[i][1] && map.completeness_gap > 0,
                  "max_steps=%zu: converged %d, %zu steps, %zu gradients, gap %g", rows[i][0], map.converged, map.steps,
                  map.gradients, map.completeness_gap);
        attr_map_free(&map);
    }
    attr_target_free(t);
    engine_pair_free(&n);
}
