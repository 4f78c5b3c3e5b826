/* What the mathematics says of the methods: on linear and quadratic networks, of sums, without noise, and of products
 * of noisy factors. Bounds of what is random are four standard deviations and more of what is bounded. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine_pair.h"
#include "layer_harness.h"
#include "model/parameters.h"

static attr_method_settings settings_of(const engine_pair *n, attr_method method, attr_method base) {
    attr_method_settings s = test_path_settings(n, ATTR_RULE_GAUSS, 5);
    s.method = method;
    s.base = base;
    s.samples = 4;
    s.sigma = 0.2;
    s.clones = 3;
    s.weight_noise = (attr_weight_noise){.sigma = 0.2f, .noise = ATTR_NOISE_MULTIPLICATIVE};
    s.roots = 5;
    s.root_sigma = 0.3;
    s.ascent_steps = 4;
    s.ascent_rate = 0.1;
    return s;
}

/* ---- 1. Linear: f = w x + b */

static const char *const linear_net = "[net] height=9 width=11 channels=3 [connected] output=2 activation=linear";

/* The largest |value - expected| / (1e-15 + |expected|) of a map. */
static double worst(const attr_map *map, const float *w, const engine_pair *n, bool times_x, bool magnitude) {
    double most = 0;
    for (size_t i = 0; i < map->size; i++) {
        double expected = (magnitude ? fabs(w[i]) : w[i]) * (times_x ? n->x[i] : 1);
        most = fmax(most, fabs(map->values[i] - expected) / (1e-15 + fabs(expected)));
    }
    return most;
}

Test(method_oracles, derivatives_and_maxima_of_a_linear_network_are_its_weights) {
    static const attr_method methods[] = {ATTR_METHOD_GRADIENT, ATTR_METHOD_SMOOTHGRAD, ATTR_METHOD_IG_MAX,
                                          ATTR_METHOD_GGIG, ATTR_METHOD_GDA};
    engine_pair n;
    engine_pair_make(&n, linear_net, 3);
    const float *w = n.net->layers[0].weights + n.inputs;
    attr_target *t = test_target(n.single, ATTR_TARGET_LOGIT, 1);
    for (size_t m = 0; m < sizeof methods / sizeof *methods; m++)
        for (int maximum = ATTR_MAXIMUM_SIGNED; maximum <= ATTR_MAXIMUM_TRAPEZOID; maximum++)
            for (int unscaled = 0; unscaled < 2; unscaled++) {
                attr_method_settings s = settings_of(&n, methods[m], ATTR_METHOD_GRADIENT);
                s.maximum = (attr_maximum_word)maximum;
                s.unscaled = unscaled;
                bool is_path = methods[m] == ATTR_METHOD_IG_MAX || methods[m] == ATTR_METHOD_GGIG;
                bool magnitude = (is_path || methods[m] == ATTR_METHOD_GDA) && maximum == ATTR_MAXIMUM_MAGNITUDE;
                attr_map map = test_map(n.single, n.x, t, &s);
                double error = worst(&map, w, &n, is_path && !unscaled, magnitude);
                cr_expect(error <= (maximum == ATTR_MAXIMUM_TRAPEZOID ? 1e-14 : 0), "%s, maximum %d, unscaled %d: %g",
                          attr_method_name(s.method), maximum, unscaled, error);
                attr_map_free(&map);
            }
    attr_target_free(t);
    engine_pair_free(&n);
}

typedef struct {
    double mean, chi_square, error_ratio;
} scores;

/* Of z = (value - mean) / deviation, which should be standard normal: the mean, and the mean square; and the mean of
 * (stated standard error / deviation)^2. */
static scores score(const attr_map *map, const double *mean, const double *deviation) {
    scores r = {0};
    double size = (double)map->size;
    for (size_t i = 0; i < map->size; i++) {
        double z = (map->values[i] - mean[i]) / deviation[i];
        r.mean += z / size;
        r.chi_square += z * z / size;
        r.error_ratio += pow(map->standard_error[i] / deviation[i], 2) / size;
    }
    return r;
}

static void expect_normal(const attr_map *map, const double *mean, const double *deviation, double units,
                          const char *what) {
    scores r = score(map, mean, deviation);
    double size = (double)map->size;
    cr_expect(fabs(r.mean) < 4 / sqrt(size), "%s: mean of %g scores %g", what, size, r.mean);
    cr_expect(fabs(r.chi_square - 1) < 4 * sqrt(2 / size), "%s: mean square of %g scores %g", what, size, r.chi_square);
    cr_expect(fabs(r.error_ratio - 1) < 4 * sqrt(2 / size / (units - 1)), "%s: (standard error / expected)^2 is %g",
              what, r.error_ratio);
}

/* SmoothTaylor: 0 +- sigma |w| / sqrt(roots). NoiseGrad: w +- sigma |w|, or w +- sigma, / sqrt(clones). */
Test(method_oracles, noise_on_a_linear_network_has_the_known_mean_and_deviation) {
    engine_pair n;
    engine_pair_make(&n, linear_net, 8);
    const float *w = n.net->layers[0].weights + n.inputs;
    double *zero = test_allocate(n.inputs, sizeof *zero), *mean = test_allocate(n.inputs, sizeof *mean);
    double *deviation = test_allocate(n.inputs, sizeof *deviation);
    attr_target *t = test_target(n.single, ATTR_TARGET_LOGIT, 1);
    attr_method_settings s = settings_of(&n, ATTR_METHOD_SMOOTHTAYLOR, ATTR_METHOD_GRADIENT);
    s.roots = 50;
    for (size_t i = 0; i < n.inputs; i++) deviation[i] = s.root_sigma * fabs(w[i]) / sqrt((double)s.roots);
    attr_map map = test_map(n.single, n.x, t, &s);
    expect_normal(&map, zero, deviation, (double)s.roots, "smoothtaylor");
    attr_map_free(&map);

    s.clones = 40;
    for (int kind = ATTR_NOISE_ADDITIVE; kind <= ATTR_NOISE_MULTIPLICATIVE; kind++) {
        s.method = ATTR_METHOD_NOISEGRAD;
        s.weight_noise.noise = (attr_noise)kind;
        for (size_t i = 0; i < n.inputs; i++) {
            mean[i] = w[i];
            deviation[i] =
                s.weight_noise.sigma * (kind == ATTR_NOISE_ADDITIVE ? 1 : fabs(w[i])) / sqrt((double)s.clones);
        }
        map = test_map(n.single, n.x, t, &s);
        expect_normal(&map, mean, deviation, (double)s.clones, kind == ATTR_NOISE_ADDITIVE ? "additive" : "noisegrad");
        s.method = ATTR_METHOD_FUSIONGRAD; /* the input's noise does not matter */
        attr_map fusion = test_map(n.single, n.x, t, &s);
        cr_expect_arr_eq(fusion.values, map.values, map.size * sizeof(double), "noise %d: fusiongrad", kind);
        cr_expect_arr_eq(fusion.standard_error, map.standard_error, map.size * sizeof(double), "noise %d: error", kind);
        attr_map_free(&fusion);
        attr_map_free(&map);
    }
    attr_target_free(t);
    free(zero);
    free(mean);
    free(deviation);
    engine_pair_free(&n);
}

/* ---- 2. Quadratic: f = x' A x / 2 */

enum { SIDE = 12 };

typedef struct {
    engine_pair n;
    attr_target *t;
    double a[SIDE][SIDE], ax[SIDE];
} quadratic;

/* A = W' diag(v) W; layer 1 of the double engine squares. */
static void make_quadratic(quadratic *q) {
    engine_pair_make(&q->n,
                     "[net] height=2 width=3 channels=2 [connected] output=15 activation=linear [activation] "
                     "activation=linear [connected] output=1 activation=linear",
                     4);
    const layer *first = &q->n.net->layers[0], *last = &q->n.net->layers[2];
    memset(first->biases, 0, 15 * sizeof(float));
    attr_engine_set_parameters(q->n.twin, NULL);
    attr_engine_op(q->n.twin, 1)->kind = &test_square_kind;
    q->t = test_target(q->n.twin, ATTR_TARGET_LOGIT, 0);
    for (int i = 0; i < SIDE; i++) {
        q->ax[i] = 0;
        for (int j = 0; j < SIDE; j++) {
            q->a[i][j] = 0;
            for (int k = 0; k < 15; k++)
                q->a[i][j] += (double)last->weights[k] * first->weights[k * SIDE + i] * first->weights[k * SIDE + j];
            q->ax[i] += q->a[i][j] * q->n.x[j];
        }
    }
}

static void free_quadratic(quadratic *q) {
    attr_target_free(q->t);
    engine_pair_free(&q->n);
}

/* Over many seeds: mean A x, covariance sigma^2 A A' / samples. */
Test(method_oracles, smoothgrad_of_a_quadratic_network_has_the_known_mean_and_covariance) {
    enum { RUNS = 2000 };
    quadratic q;
    make_quadratic(&q);
    attr_method_settings s = settings_of(&q.n, ATTR_METHOD_SMOOTHGRAD, ATTR_METHOD_GRADIENT);
    double sums[SIDE] = {0}, products[SIDE][SIDE] = {{0}}, off = 0, whole = 0;
    for (int r = 0; r < RUNS; r++) {
        s.seed = (uint64_t)r;
        attr_map map = test_map(q.n.twin, q.n.x, q.t, &s);
        for (int i = 0; i < SIDE; i++) {
            sums[i] += map.values[i] - q.ax[i];
            for (int j = 0; j < SIDE; j++)
                products[i][j] += (map.values[i] - q.ax[i]) * (map.values[j] - q.ax[j]) / RUNS;
        }
        attr_map_free(&map);
    }
    for (int i = 0; i < SIDE; i++) {
        for (int j = 0; j < SIDE; j++) {
            double expected = 0;
            for (int k = 0; k < SIDE; k++) expected += q.a[i][k] * q.a[j][k];
            expected *= s.sigma * s.sigma / (double)s.samples;
            off += pow(products[i][j] - expected, 2);
            whole += expected * expected;
            if (i == j)
                cr_expect(fabs(sums[i] / RUNS) < 4 * sqrt(expected / RUNS), "mean of element %d is %g off, %g expected",
                          i, sums[i] / RUNS, sqrt(expected / RUNS));
        }
    }
    /* E off / whole = (1 + trace^2 / norm^2) / runs <= 13 / 2000 */
    cr_expect(sqrt(off / whole) < 0.16, "the covariance is %g off", sqrt(off / whole));
    free_quadratic(&q);
}

Test(method_oracles, smoothtaylor_of_a_quadratic_network_is_its_curvature) {
    quadratic q;
    make_quadratic(&q);
    attr_method_settings s = settings_of(&q.n, ATTR_METHOD_SMOOTHTAYLOR, ATTR_METHOD_GRADIENT);
    s.roots = 20000;
    attr_map map = test_map(q.n.twin, q.n.x, q.t, &s);
    double apart = 0;
    for (int i = 0; i < SIDE; i++) {
        double expected = -s.root_sigma * s.root_sigma * q.a[i][i], variance = pow(q.ax[i] * s.root_sigma, 2);
        for (int j = 0; j < SIDE; j++) variance += pow(s.root_sigma, 4) * pow(q.a[i][j], 2) * (i == j ? 2 : 1);
        double error = sqrt(variance / (double)s.roots);
        cr_expect(fabs(map.values[i] - expected) < 4.5 * error, "element %d: %g, expected %g +- %g", i, map.values[i],
                  expected, error);
        cr_expect(fabs(map.standard_error[i] / error - 1) < 0.05, "element %d: standard error %g, expected %g", i,
                  map.standard_error[i], error);
        apart = fmax(apart, fabs(expected) / error);
    }
    cr_expect(apart > 10, "curvature is no more than %g standard errors: nothing was tested", apart);
    attr_map_free(&map);
    free_quadratic(&q);
}

/* y <- (I + rate A) y from k / (steps - 1) x on, gradients A y, their maximum. */
Test(method_oracles, ascents_on_a_quadratic_network_are_powers_of_a_matrix) {
    static const attr_method methods[] = {ATTR_METHOD_IG_MAX, ATTR_METHOD_GGIG, ATTR_METHOD_GDA};
    quadratic q;
    make_quadratic(&q);
    for (int m = 0; m < 3; m++)
        for (double rate = 0; rate < 0.5; rate += 0.2)
            for (size_t ascents = 1; ascents <= 7; ascents += 3) {
                attr_method_settings s = settings_of(&q.n, methods[m], ATTR_METHOD_GRADIENT);
                double expected[SIDE];
                s.unscaled = true;
                s.ascent_rate = rate;
                s.ascent_steps = ascents;
                for (int i = 0; i < SIDE; i++) expected[i] = -INFINITY;
                for (size_t k = methods[m] == ATTR_METHOD_GDA ? s.steps - 1 : 0; k < s.steps; k++) {
                    double y[SIDE], g[SIDE];
                    for (int i = 0; i < SIDE; i++) y[i] = (double)k / (double)(s.steps - 1) * q.n.x[i];
                    for (size_t j = 0; j < (methods[m] == ATTR_METHOD_IG_MAX ? 1 : ascents); j++) {
                        for (int i = 0; i < SIDE; i++) {
                            g[i] = 0;
                            for (int l = 0; l < SIDE; l++) g[i] += q.a[i][l] * y[l];
                            expected[i] = fmax(expected[i], g[i]);
                        }
                        for (int i = 0; i < SIDE; i++) y[i] += rate * g[i];
                    }
                }
                attr_map map = test_map(q.n.twin, q.n.x, q.t, &s);
                double error = relative_error(map.values, expected, SIDE);
                cr_expect(error < 1e-6, "%s, rate %g, %zu ascent steps: %g off", attr_method_name(methods[m]), rate,
                          ascents, error);
                attr_map_free(&map);
            }
    free_quadratic(&q);
}

/* ---- 3. Completeness */

static const char *const smooth_net =
    "[net] height=5 width=4 channels=3 [convolutional] filters=6 size=3 pad=1 batch_normalize=1 activation=tanh "
    "[convolutional] filters=4 size=3 activation=logistic [connected] output=3 activation=linear [softmax]";

static double sum_of(const attr_map *map) {
    double sum = 0;
    for (size_t i = 0; i < map->size; i++) sum += map->values[i];
    return sum;
}

Test(method_oracles, integrated_gradients_sum_to_the_difference_in_the_limit_and_tell_the_gap) {
    engine_pair n;
    engine_pair_make(&n, smooth_net, 4);
    attr_target *t = test_target(n.twin, ATTR_TARGET_LOG_PROBABILITY, 1);
    for (int rule = ATTR_RULE_GAUSS; rule <= ATTR_RULE_EVEN; rule++) {
        double before = INFINITY;
        for (size_t steps = 2; steps <= 128; steps *= 8) {
            attr_method_settings s = test_path_settings(&n, (attr_rule)rule, steps);
            attr_map map = test_map(n.twin, n.x, t, &s);
            double gap = fabs(sum_of(&map) - (map.target - map.baseline_target));
            cr_expect(fabs(gap - map.completeness_gap) < 1e-12, "rule %d, %zu steps: gap %g, said to be %g", rule,
                      steps, gap, map.completeness_gap);
            cr_expect(gap < before / 4 || gap < 1e-6, "rule %d, %zu steps: gap %g after %g", rule, steps, gap, before);
            before = gap;
            attr_map_free(&map);
        }
        cr_expect(before < 0.005, "rule %d: gap %g", rule, before);
    }
    attr_target_free(t);
    engine_pair_free(&n);
}

/* The mean over clones and copies sums to the mean of their differences. */
Test(method_oracles, noisy_integrated_gradients_are_complete) {
    static const attr_method methods[] = {ATTR_METHOD_SMOOTHED_IG, ATTR_METHOD_NOISEGRAD, ATTR_METHOD_FUSIONGRAD};
    engine_pair n;
    engine_pair_make(&n, smooth_net, 4);
    attr_target *t = test_target(n.twin, ATTR_TARGET_LOGIT, 1);
    double *zero = test_allocate(n.inputs, sizeof *zero), *x = test_allocate(n.inputs, sizeof *x);
    float *copy = test_allocate(n.inputs, sizeof *copy);
    for (int m = 0; m < 3; m++) {
        attr_method_settings s = settings_of(&n, methods[m], ATTR_METHOD_INTEGRATED_GRADIENTS);
        s.steps = 24;
        size_t clones = m == 0 ? 1 : s.clones, copies = m == 1 ? 1 : s.samples;
        attr_map map = test_map(n.twin, n.x, t, &s);
        double expected = 0;
        for (size_t k = 0; k < clones; k++) {
            attr_weight_noise noise = s.weight_noise;
            noise.seed = s.seed;
            noise.clone = k;
            if (m > 0) cr_assert_eq(attr_engine_perturb(n.twin, &noise), ATTR_OK);
            for (size_t j = 0; j < copies; j++) {
                attr_noisy_copy(copy, n.x, n.inputs, m == 1 ? 0 : s.sigma, NULL, s.seed, k * copies + j);
                for (size_t i = 0; i < n.inputs; i++) x[i] = copy[i];
                expected += (test_value(n.twin, t, x) - test_value(n.twin, t, zero)) / (double)(clones * copies);
            }
            attr_engine_set_parameters(n.twin, NULL);
        }
        cr_expect(fabs(sum_of(&map) - expected) < 1e-6, "%s: sum %.9g, expected %.9g", attr_method_name(s.method),
                  sum_of(&map), expected);
        cr_expect(fabs(map.expected_sum - expected) < 1e-6 && map.completeness_gap < 1e-6 && map.converged,
                  "%s: said to be %.9g, expected %.9g, gap %g", attr_method_name(s.method), map.expected_sum, expected,
                  map.completeness_gap);
        attr_map_free(&map);
    }
    free(zero);
    free(x);
    free(copy);
    attr_target_free(t);
    engine_pair_free(&n);
}

/* The noise that copies have on the letterbox bars is not credited, and the map is complete all the same. */
Test(method_oracles, bars_get_no_part_of_noisy_integrated_gradients) {
    engine_pair n;
    engine_pair_make(&n, smooth_net, 4);
    attr_target *t = test_target(n.twin, ATTR_TARGET_LOGIT, 1);
    attr_method_settings s = settings_of(&n, ATTR_METHOD_SMOOTHED_IG, ATTR_METHOD_INTEGRATED_GRADIENTS);
    attr_region *r = &s.baseline.region;
    s.steps = 24;
    r->y0 = 1;
    r->h -= 2;
    attr_map map = test_map(n.twin, n.x, t, &s);
    for (size_t i = 0; i < map.size; i++) {
        int y = (int)(i / (size_t)r->width) % r->height;
        if (y < r->y0 || y >= r->y0 + r->h)
            cr_expect_eq(map.values[i], 0, "element %zu of a bar: %g", i, map.values[i]);
    }
    cr_expect(map.completeness_gap < 1e-6, "gap %g of %g", map.completeness_gap, map.expected_sum);
    attr_map_free(&map);
    attr_target_free(t);
    engine_pair_free(&n);
}

/* What is left of the target under noise: the mean of its values at the noisy inputs. */
Test(method_oracles, the_mean_target_is_that_of_the_copies) {
    engine_pair n;
    engine_pair_make(&n, smooth_net, 4);
    attr_target *t = test_target(n.twin, ATTR_TARGET_LOGIT, 1);
    attr_method_settings s = settings_of(&n, ATTR_METHOD_SMOOTHGRAD, ATTR_METHOD_GRADIENT);
    float *copy = test_allocate(n.inputs, sizeof *copy);
    double *x = test_allocate(n.inputs, sizeof *x), expected = 0;
    attr_map map = test_map(n.twin, n.x, t, &s);
    for (size_t j = 0; j < s.samples; j++) {
        attr_noisy_copy(copy, n.x, n.inputs, s.sigma, NULL, s.seed, j);
        for (size_t i = 0; i < n.inputs; i++) x[i] = copy[i];
        expected += test_value(n.twin, t, x) / (double)s.samples;
    }
    cr_expect(fabs(map.mean_target - expected) < 1e-9, "%g, expected %g", map.mean_target, expected);
    attr_map_free(&map);
    s.method = ATTR_METHOD_GRADIENT;
    map = test_map(n.twin, n.x, t, &s);
    cr_expect(isnan(map.mean_target), "without noise: %g", map.mean_target);
    attr_map_free(&map);
    free(copy);
    free(x);
    attr_target_free(t);
    engine_pair_free(&n);
}

/* ---- 4. Without noise */

static void expect_base(const engine_pair *n, attr_target *t, attr_method method, attr_method base, int space) {
    static float origin[60], deviation[60];
    for (int i = 0; i < 60; i++) origin[i] = 0.4f, deviation[i] = 0.2f + 0.1f * (float)(i / 20);
    attr_method_settings s = settings_of(n, base, base);
    if (space) s.origin = origin, s.deviation = deviation;
    attr_map plain = test_map(n->single, n->x, t, &s);
    s.method = method;
    s.sigma = 0;
    s.weight_noise.sigma = 0;
    if (base == ATTR_METHOD_SMOOTHTAYLOR) s.samples = s.clones = 1; /* others would have roots of their own */
    attr_map map = test_map(n->single, n->x, t, &s);
    double error = relative_error(map.values, plain.values, map.size);
    cr_expect(!memcmp(map.values, plain.values, map.size * sizeof(double)),
              "method=%s base=%s normalised=%d: %g off its base", attr_method_name(method), attr_method_name(base),
              space, error);
    cr_expect(s.clones == 1 || map.relative_error == 0, "method=%s base=%s normalised=%d: error %g",
              attr_method_name(method), attr_method_name(base), space, map.relative_error);
    attr_map_free(&map);
    attr_map_free(&plain);
}

Test(method_oracles, without_noise_every_method_is_its_base_bit_for_bit) {
    static const attr_method methods[] = {ATTR_METHOD_SMOOTHGRAD, ATTR_METHOD_NOISEGRAD, ATTR_METHOD_FUSIONGRAD};
    engine_pair n;
    engine_pair_make(&n, smooth_net, 4);
    attr_target *t = test_target(n.single, ATTR_TARGET_LOGIT, 2);
    for (int m = 0; m < 3; m++)
        for (int base = ATTR_METHOD_GRADIENT; base <= ATTR_METHOD_GDA; base++)
            for (int space = 0; space < 2; space++) expect_base(&n, t, methods[m], (attr_method)base, space);
    attr_target_free(t);
    engine_pair_free(&n);
}

Test(method_oracles, leave_the_networks_own_parameters_bit_for_bit) {
    engine_pair n;
    engine_pair_make(&n, smooth_net, 4);
    uint64_t before = attr_parameters_checksum(n.net);
    attr_target *t = test_target(n.single, ATTR_TARGET_LOGIT, 2);
    for (int twin = 0; twin < 2; twin++) {
        attr_engine *e = twin ? n.twin : n.single;
        attr_method_settings plain = settings_of(&n, ATTR_METHOD_GRADIENT, ATTR_METHOD_GRADIENT);
        attr_map own = test_map(e, n.x, t, &plain);
        for (int method = ATTR_METHOD_NOISEGRAD; method <= ATTR_METHOD_FUSIONGRAD; method++)
            for (int base = ATTR_METHOD_GRADIENT; base <= ATTR_METHOD_GDA; base++) {
                attr_method_settings s = settings_of(&n, (attr_method)method, (attr_method)base);
                attr_map noisy = test_map(e, n.x, t, &s), after = test_map(e, n.x, t, &plain);
                cr_expect_arr_eq(after.values, own.values, own.size * sizeof(double),
                                 "twin %d, method=%s base=%s: the next gradient is another", twin,
                                 attr_method_name(s.method), attr_method_name(s.base));
                cr_expect_arr_neq(noisy.values, own.values, own.size * sizeof(double), "twin %d, method=%s base=%s",
                                  twin, attr_method_name(s.method), attr_method_name(s.base));
                cr_expect_eq(attr_parameters_checksum(n.net), before, "twin %d, method=%s base=%s: the parameters",
                             twin, attr_method_name(s.method), attr_method_name(s.base));
                attr_map_free(&noisy);
                attr_map_free(&after);
            }
        attr_map_free(&own);
    }
    attr_target_free(t);
    engine_pair_free(&n);
}

/* ---- Chains of factors: 64 at a time, one convolution a link, and a sum that has no noise */

enum { CHAINS = 64, CHAIN_CLONES = 400 };

static void check_chain(int length) {
    char cfg[2048] = "[net] height=1 width=1 channels=64";
    bool noisy[16] = {false};
    for (int i = 0; i < length; i++) {
        strcat(cfg, " [convolutional] filters=64 groups=64 size=1 activation=linear");
        noisy[i] = true;
    }
    strcat(cfg, " [connected] output=1 activation=linear");
    engine_pair n;
    engine_pair_make(&n, cfg, 1);
    for (int i = 0; i <= length; i++)
        for (int k = 0; k < CHAINS; k++) n.net->layers[i].weights[k] = 1;
    attr_engine_set_parameters(n.single, NULL);
    attr_target *t = test_target(n.single, ATTR_TARGET_LOGIT, 0);
    attr_method_settings s = settings_of(&n, ATTR_METHOD_NOISEGRAD, ATTR_METHOD_GRADIENT);
    s.clones = CHAIN_CLONES;
    s.weight_noise.layers = noisy;
    attr_map mean = test_map(n.single, n.x, t, &s);
    s.reduction = ATTR_REDUCE_VARIANCE;
    attr_map variance = test_map(n.single, n.x, t, &s);
    double spread = s.weight_noise.sigma * s.weight_noise.sigma, expected = pow(1 + spread, length) - 1;
    /* Moments of a factor 1 + sigma z, and of the product: how far its variance is known from so many. */
    double third = pow(1 + 3 * spread, length), fourth = pow(1 + 6 * spread + 3 * spread * spread, length);
    double central = fourth - 4 * third + 6 * (expected + 1) - 3, count = CHAINS * CHAIN_CLONES;
    double bound = 4 * sqrt((central / expected / expected - 1) / count);
    double factor = sum_of(&variance) / CHAINS / expected, centre = sum_of(&mean) / CHAINS;
    cr_expect(fabs(factor - 1) < bound, "%d links: variance %g of the expected %g, +-%g", length, factor, expected,
              bound);
    cr_expect(fabs(centre - 1) < 4 * sqrt(expected / count), "%d links: mean %g", length, centre);
    attr_map_free(&mean);
    attr_map_free(&variance);
    attr_target_free(t);
    engine_pair_free(&n);
}

Test(method_oracles, noisegrad_on_a_chain_of_linear_layers_has_the_variance_of_a_product) {
    static const int lengths[] = {1, 2, 5, 10};
    for (int i = 0; i < 4; i++) check_chain(lengths[i]);
}
