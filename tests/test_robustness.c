/* Maps under noise: methods whose answers are known, and a network's gradient. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "base/random.h"
#include "engine_pair.h"
#include "metrics/robustness.h"
#include "small_network.h"

enum { INPUTS = 60 };

static void expect(double found, double expected, double within, const char *what) {
    bool same = isnan(expected) ? isnan(found) : fabs(found - expected) <= within;
    cr_expect(same, "%s: %.17g, expected %.17g within %g", what, found, expected, within);
}

static attr_robustness measure(const attr_map_maker *e, const float *x, const attr_robustness_settings *s) {
    attr_robustness r;
    cr_assert_eq(attr_robustness_measure(&r, e, x, s), ATTR_OK, "%s", attr_error_message());
    return r;
}

static double lipschitz(const attr_map_maker *e, const float *x, const attr_robustness_settings *s) {
    double value;
    cr_assert_eq(attr_lipschitz_estimate(&value, e, x, s), ATTR_OK, "%s", attr_error_message());
    return value;
}

/* ---- Methods */

static attr_status explain_input(void *context, double *map, const float *x) {
    (void)context;
    for (int i = 0; i < INPUTS; i++) map[i] = x[i];
    return ATTR_OK;
}

/* The same map for all inputs: context[INPUTS]. */
static attr_status explain_fixed(void *context, double *map, const float *x) {
    (void)x;
    for (int i = 0; i < INPUTS; i++) map[i] = ((double *)context)[i];
    return ATTR_OK;
}

static attr_status explain_at_random(void *context, double *map, const float *x) {
    (void)context, (void)x;
    for (int i = 0; i < INPUTS; i++) map[i] = test_uniform(-1, 1);
    return ATTR_OK;
}

/* Two numbers, 1 and a third of the only input. */
static attr_status explain_slope(void *context, double *map, const float *x) {
    (void)context;
    map[0] = 5, map[1] = 5. / 3 * x[0];
    return ATTR_OK;
}

/* Fails, or gives a NAN, at call number *context. */
static attr_status explain_until(void *context, double *map, const float *x) {
    int *calls = context;
    explain_input(NULL, map, x);
    if (--calls[0] != 0) return ATTR_OK;
    if (calls[1]) return attr_fail(ATTR_INTERRUPTED, "interrupted");
    map[7] = NAN;
    return ATTR_OK;
}

static attr_map_maker method(attr_status (*explain)(void *, double *, const float *), void *context) {
    return (attr_map_maker){explain, context, INPUTS, 1, INPUTS};
}

static void fill(float *x) {
    for (int i = 0; i < INPUTS; i++) x[i] = (float)test_uniform(.1, 1);
}

/* ---- Tests */

Test(robustness, has_the_sources_settings) {
    attr_robustness_settings s = attr_robustness_defaults(9);
    cr_expect(s.copies == 200 && s.radius == .2 && s.deviation == .1 && s.top == 1000 && s.seed == 9,
              "%zu copies, r = %g, s = %g, k = %zu", s.copies, s.radius, s.deviation, s.top);
}

/* E(x) = x: the noise over x, made again here from the stream. */
Test(robustness, of_the_input_as_its_map_is_that_of_the_noise) {
    float x[INPUTS], u[INPUTS], z[INPUTS];
    double norm = 0, most = 0, mean = 0, steepest = 0;
    attr_robustness_settings s = {25, .3, .05, 10, 77};
    attr_map_maker e = method(explain_input, NULL);
    fill(x);
    for (int i = 0; i < INPUTS; i++) norm += (double)x[i] * x[i];
    double largest = 0;
    for (int i = 0; i < INPUTS; i++) largest = fmax(largest, x[i]);
    for (size_t k = 0; k < s.copies; k++) {
        const attr_random uniform = {77, ATTR_STREAM_ROBUSTNESS, 0, k}, normal = {77, ATTR_STREAM_ROBUSTNESS, 1, k};
        attr_random_uniform(u, &uniform, 0, INPUTS);
        attr_random_normal(z, &normal, 0, INPUTS);
        double squares = 0, noise = 0, moved = 0, noisy_largest = 0;
        for (int i = 0; i < INPUTS; i++) {
            squares += pow(s.radius * (2 * u[i] - 1), 2);
            noise += pow(s.deviation * z[i], 2);
            noisy_largest = fmax(noisy_largest, fabs(x[i] + s.deviation * z[i]));
        }
        for (int i = 0; i < INPUTS; i++) moved += pow((x[i] + s.deviation * z[i]) / noisy_largest - x[i] / largest, 2);
        most = fmax(most, sqrt(squares / norm));
        mean += sqrt(squares / norm) / (double)s.copies;
        steepest = fmax(steepest, sqrt(moved) / sqrt(noise));
    }
    attr_robustness r = measure(&e, x, &s);
    expect(r.max_sensitivity, most, 1e-6, "max sensitivity");
    expect(r.mean_sensitivity, mean, 1e-6, "mean sensitivity");
    expect(lipschitz(&e, x, &s), steepest, 1e-5, "Lipschitz");
    /* ||U(-r, r)|| of many numbers is nearly r sqrt(n / 3) */
    expect(r.mean_sensitivity, .3 * sqrt(INPUTS / 3.) / sqrt(norm), .05, "mean sensitivity, by the law");
    s.radius = s.deviation = 0;
    r = measure(&e, x, &s);
    cr_expect(r.max_sensitivity == 0 && r.top_overlap == 1 && fabs(r.spearman - 1) < 1e-12, "no noise: %g %g %g",
              r.max_sensitivity, r.top_overlap, r.spearman);
}

Test(robustness, of_a_map_that_never_changes) {
    double map[INPUTS];
    float x[INPUTS];
    attr_robustness_settings s = {5, .2, .1, 1000, 1};
    attr_map_maker e = method(explain_fixed, map);
    fill(x);
    for (int i = 0; i < INPUTS; i++) map[i] = i - 20.3;
    attr_robustness r = measure(&e, x, &s);
    cr_expect(r.max_sensitivity == 0 && r.mean_sensitivity == 0 && r.top_overlap == 1, "%g %g %g", r.max_sensitivity,
              r.mean_sensitivity, r.top_overlap);
    expect(r.spearman, 1, 1e-12, "spearman");
    expect(lipschitz(&e, x, &s), 0, 0, "Lipschitz");
    for (int i = 0; i < INPUTS; i++) map[i] = i % 2 ? 3 : -3;
    r = measure(&e, x, &s);
    expect(r.spearman, NAN, 0, "grey values all equal, spearman");
    expect(r.max_sensitivity, 0, 0, "grey values all equal, sensitivity");
    for (int i = 0; i < INPUTS; i++) map[i] = 0;
    r = measure(&e, x, &s);
    expect(r.max_sensitivity, NAN, 0, "zeros, max");
    expect(r.mean_sensitivity, NAN, 0, "zeros, mean");
    expect(lipschitz(&e, x, &s), NAN, 0, "zeros, Lipschitz");
}

/* Hypergeometric overlap k / n = .2 and no correlation, variance 1 / (n - 1). E(x) is one map for all copies, which
 * moves their means together: each trial has a new one. */
Test(robustness, of_random_maps_is_chance) {
    enum { trials = 400 };
    float x[INPUTS];
    double overlap = 0, correlation = 0;
    attr_robustness_settings s = {5, .2, .1, INPUTS / 5, 1};
    attr_map_maker e = method(explain_at_random, NULL);
    fill(x);
    for (int trial = 0; trial < trials; trial++) {
        attr_robustness r = measure(&e, x, &s);
        overlap += r.top_overlap / trials;
        correlation += r.spearman / trials;
    }
    double n = INPUTS, error = sqrt(.2 * .8 * (n - n / 5) / (n - 1) / (n / 5) / (5 * trials));
    expect(overlap, .2, 4 * error, "overlap");
    expect(correlation, 0, 4 / sqrt((n - 1) * 5 * trials), "spearman");
}

/* E' = (1, x / 3) as long as |x| < 3: a slope of a third, exactly. */
Test(robustness, lipschitz_of_a_straight_line_is_its_slope) {
    const float x = .5f;
    attr_map_maker e = {explain_slope, NULL, 1, 1, 2};
    attr_robustness_settings s = attr_robustness_defaults(4);
    expect(lipschitz(&e, &x, &s), 1. / 3, 1e-6, "slope");
}

/* Three channels of 20 pixels, of both signs: magnitudes 1 + i and 22 - i make 23 for every pixel i, the third is 0. */
Test(robustness, adds_the_magnitudes_of_channels) {
    float x[INPUTS];
    double one[INPUTS];
    attr_map_maker channels = {explain_fixed, one, INPUTS, 3, INPUTS / 3};
    attr_robustness_settings s = {1, .2, .1, 1, 1};
    fill(x);
    for (int i = 0; i < INPUTS; i++) one[i] = i < 20 ? 1 + i : i < 40 ? -(21 - (i - 20)) - 1 : 0;
    expect(measure(&channels, x, &s).spearman, NAN, 0, "grey values all equal");
    one[40] = -.5;
    expect(measure(&channels, x, &s).spearman, 1, 1e-12, "one differs");
}

Test(robustness, fails_as_the_method_does) {
    float x[INPUTS];
    double value;
    attr_robustness r;
    attr_robustness_settings s = {10, .2, .1, 5, 1};
    fill(x);
    for (int call = 1; call <= 11; call += 5)
        for (int status = 0; status <= 1; status++) {
            int calls[] = {call, status};
            attr_map_maker e = method(explain_until, calls);
            attr_status expected = status ? ATTR_INTERRUPTED : ATTR_NUMERIC;
            cr_expect_eq(attr_robustness_measure(&r, &e, x, &s), expected, "uniform, call %d: %s", call,
                         attr_error_message());
            calls[0] = call;
            cr_expect_eq(attr_lipschitz_estimate(&value, &e, x, &s), expected, "normal, call %d: %s", call,
                         attr_error_message());
        }
}

/* ---- A network */

typedef struct {
    engine_pair *net;
    attr_target *target;
    bool times_input;
} gradient_method;

static attr_status explain_gradient(void *context, double *map, const float *x) {
    gradient_method *m = context;
    double *wide = test_allocate(m->net->inputs, sizeof *wide);
    for (size_t i = 0; i < m->net->inputs; i++) wide[i] = x[i];
    test_gradient(map, m->net->twin, m->target, wide);
    for (size_t i = 0; m->times_input && i < m->net->inputs; i++) map[i] *= wide[i];
    free(wide);
    return ATTR_OK;
}

/* A straight network has one gradient; Input x Gradient moves with the input, one with tanh moves both. */
Test(robustness, of_a_networks_gradient) {
    static const char *const cfgs[] = {"[net] height=3 width=4 channels=2 [connected] output=5 activation=linear "
                                       "[connected] output=3 activation=linear [softmax]",
                                       "[net] height=3 width=4 channels=2 [connected] output=5 activation=tanh "
                                       "[connected] output=3 activation=linear [softmax]"};
    attr_robustness_settings s = {20, .2, .1, 3, 1};
    for (int bent = 0; bent <= 1; bent++)
        for (int times_input = 0; times_input <= 1; times_input++) {
            engine_pair n;
            engine_pair_make(&n, cfgs[bent], 1);
            gradient_method m = {&n, test_target(n.twin, ATTR_TARGET_LOGIT, 1), times_input};
            attr_map_maker e = {explain_gradient, &m, n.inputs, 2, n.inputs / 2};
            attr_robustness r = measure(&e, n.x, &s);
            double slope = lipschitz(&e, n.x, &s);
            bool steady = !bent && !times_input;
            cr_expect((r.max_sensitivity < 1e-12) == steady && (slope < 1e-9) == steady,
                      "%s, times input %d: max %g, Lipschitz %g", cfgs[bent], times_input, r.max_sensitivity, slope);
            cr_expect(r.mean_sensitivity <= r.max_sensitivity, "%s, times input %d: mean %g, max %g", cfgs[bent],
                      times_input, r.mean_sensitivity, r.max_sensitivity);
            cr_expect(!steady || (r.top_overlap == 1 && fabs(r.spearman - 1) < 1e-12), "%g %g", r.top_overlap,
                      r.spearman);
            attr_target_free(m.target);
            engine_pair_free(&n);
        }
}
