/* SmoothGrad made again: noise drawn through attr_random_normal with the documented layout (stream of the input noise,
 * sample = number of the noisy copy, element = c, y, x), each gradient by another engine in double precision, and the
 * statistics by their definitions. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "engine_pair.h"
#include "model/parameters.h"
#include "layer_harness.h"

static const char *const smooth_net =
    "[net] height=6 width=5 channels=3 [convolutional] filters=6 size=3 pad=1 batch_normalize=1 activation=tanh "
    "[convolutional] filters=4 size=3 pad=1 activation=logistic [shortcut] from=-2 activation=linear [connected] "
    "output=4 activation=linear [softmax]";

enum { SAMPLES = 12 };
static const double sigma = 0.2;
static const uint64_t seed = 0x123456789abcdefu;

static attr_method_settings settings_of(attr_reduction reduction, int antithetic) {
    return (attr_method_settings){.method = ATTR_METHOD_SMOOTHGRAD,
                                  .seed = seed,
                                  .samples = SAMPLES,
                                  .sigma = sigma,
                                  .antithetic = antithetic,
                                  .reduction = reduction};
}

/* The noise of copy k: with antithetic pairs copies 2 j and 2 j + 1 have that of number j with opposite signs. */
static void draw_noise(float *noise, size_t n, int k, int antithetic) {
    attr_random random = {seed, ATTR_STREAM_INPUT_NOISE, 0, (uint64_t)(antithetic ? k / 2 : k)};
    for (size_t i = 0; i < n; i++) { /* one at a time: element i is element i however it is drawn */
        attr_random_normal(&noise[i], &random, i, 1);
        if (antithetic && k % 2) noise[i] = -noise[i];
    }
}

/* [samples][inputs]: the gradients of the noisy copies, or their squares; antithetic pairs averaged. Returns how many
 * samples. */
static int sample_gradients(double *out, const engine_pair *n, const attr_target *t, int antithetic, bool squared) {
    float *noise = test_allocate(n->inputs, sizeof *noise);
    double *x = test_allocate(n->inputs, sizeof *x), *gradient = test_allocate(n->inputs, sizeof *gradient);
    int points = antithetic ? 2 : 1;
    memset(out, 0, SAMPLES * n->inputs * sizeof *out);
    for (int k = 0; k < SAMPLES; k++) {
        draw_noise(noise, n->inputs, k, antithetic);
        for (size_t i = 0; i < n->inputs; i++) x[i] = n->x[i] + sigma * noise[i];
        test_gradient(gradient, n->twin, t, x);
        for (size_t i = 0; i < n->inputs; i++)
            out[k / points * n->inputs + i] += (squared ? gradient[i] * gradient[i] : gradient[i]) / points;
    }
    free(noise);
    free(x);
    free(gradient);
    return SAMPLES / points;
}

/* Mean, mean of squares, unbiased variance, standard error of the mean, each [inputs]. */
typedef struct {
    double *mean, *square, *variance, *error;
} moments;

static moments moments_of(const double *samples, int count, size_t n) {
    moments m = {test_allocate(n, sizeof(double)), test_allocate(n, sizeof(double)), test_allocate(n, sizeof(double)),
                 test_allocate(n, sizeof(double))};
    for (size_t i = 0; i < n; i++) {
        for (int k = 0; k < count; k++) {
            m.mean[i] += samples[k * n + i] / count;
            m.square[i] += samples[k * n + i] * samples[k * n + i] / count;
        }
        for (int k = 0; k < count; k++) m.variance[i] += pow(samples[k * n + i] - m.mean[i], 2) / (count - 1);
        m.error[i] = sqrt(m.variance[i] / count);
    }
    return m;
}

static void free_moments(moments *m) {
    free(m->mean);
    free(m->square);
    free(m->variance);
    free(m->error);
}

static double norm(const double *values, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += values[i] * values[i];
    return sqrt(sum);
}

static void expect_map(const attr_map *map, const double *expected, const char *what, int antithetic) {
    double error = relative_error(map->values, expected, map->size);
    cr_expect(error < 1e-5, "%s, antithetic %d: %g off", what, antithetic, error);
    cr_expect_eq(map->gradients, SAMPLES, "%s, antithetic %d: %zu gradients", what, antithetic, map->gradients);
}

static void check_moments(const engine_pair *n, attr_target *t, int antithetic) {
    double *samples = test_allocate(SAMPLES * n->inputs, sizeof *samples);
    sample_gradients(samples, n, t, antithetic, true);
    moments squares = moments_of(samples, SAMPLES / (antithetic ? 2 : 1), n->inputs);
    int count = sample_gradients(samples, n, t, antithetic, false);
    moments m = moments_of(samples, count, n->inputs);
    attr_method_settings s = settings_of(ATTR_REDUCE_MEAN, antithetic);

    attr_map map = test_map(n->single, n->x, t, &s);
    expect_map(&map, m.mean, "mean", antithetic);
    double error = relative_error(map.standard_error, m.error, n->inputs);
    cr_expect(error < 1e-4, "standard error, antithetic %d: %g off", antithetic, error);
    double expected = norm(m.error, n->inputs) / norm(m.mean, n->inputs);
    cr_expect(fabs(map.relative_error - expected) < 1e-4 * expected, "relative error, antithetic %d: %g, expected %g",
              antithetic, map.relative_error, expected);
    attr_map_free(&map);

    s.reduction = ATTR_REDUCE_SQUARE;
    map = test_map(n->single, n->x, t, &s);
    expect_map(&map, squares.mean, "square", antithetic);
    error = relative_error(map.standard_error, squares.error, n->inputs);
    cr_expect(error < 1e-4, "standard error of squares, antithetic %d: %g off", antithetic, error);
    attr_map_free(&map);

    s.reduction = ATTR_REDUCE_VARIANCE;
    map = test_map(n->single, n->x, t, &s);
    expect_map(&map, m.variance, "variance", antithetic);
    attr_map_free(&map);
    free_moments(&m);
    free_moments(&squares);
    free(samples);
}

Test(smoothgrad, is_what_its_definition_says) {
    engine_pair n;
    engine_pair_make(&n, smooth_net, 4);
    for (int quantity = ATTR_TARGET_LOGIT; quantity <= ATTR_TARGET_LOG_PROBABILITY; quantity++) {
        attr_target *t = test_target(n.single, quantity, 2);
        for (int antithetic = 0; antithetic < 2; antithetic++) check_moments(&n, t, antithetic);
        attr_target_free(t);
    }
    engine_pair_free(&n);
}

Test(smoothgrad, without_noise_is_the_gradient) {
    engine_pair n;
    engine_pair_make(&n, smooth_net, 4);
    attr_target *t = test_target(n.single, ATTR_TARGET_LOGIT, 1);
    attr_method_settings s = {.method = ATTR_METHOD_GRADIENT};
    attr_map gradient = test_map(n.single, n.x, t, &s);
    s = settings_of(ATTR_REDUCE_MEAN, 0);
    s.sigma = 0;
    attr_map map = test_map(n.single, n.x, t, &s);
    cr_expect_arr_eq(map.values, gradient.values, map.size * sizeof(double), "sigma 0 is not the gradient");
    cr_expect_eq(map.relative_error, 0, "relative error %g", map.relative_error);
    attr_map_free(&map);
    s.samples = 1;
    map = test_map(n.single, n.x, t, &s);
    cr_expect(isnan(map.relative_error) && isnan(map.standard_error[0]), "one sample has the relative error %g",
              map.relative_error);
    attr_map_free(&map);
    attr_map_free(&gradient);
    attr_target_free(t);
    engine_pair_free(&n);
}

Test(smoothgrad, of_a_linear_network_is_its_weights_without_error) {
    engine_pair n;
    engine_pair_make(&n, "[net] height=4 width=5 channels=3 [connected] output=2 activation=linear", 4);
    attr_target *t = test_target(n.single, ATTR_TARGET_LOGIT, 1);
    const float *w = n.net->layers[0].weights + n.inputs;
    for (int antithetic = 0; antithetic < 2; antithetic++) {
        for (int reduction = ATTR_REDUCE_MEAN; reduction <= ATTR_REDUCE_VARIANCE; reduction++) {
            attr_method_settings s = settings_of(reduction, antithetic);
            attr_map map = test_map(n.single, n.x, t, &s);
            for (size_t i = 0; i < n.inputs; i++) {
                double expected = reduction == ATTR_REDUCE_MEAN     ? w[i]
                                  : reduction == ATTR_REDUCE_SQUARE ? (double)w[i] * w[i]
                                                                    : 0;
                cr_expect(fabs(map.values[i] - expected) <= 1e-15 * fabs(expected),
                          "reduction %d, antithetic %d, element %zu: %g, expected %g", reduction, antithetic, i,
                          map.values[i], expected);
            }
            if (reduction == ATTR_REDUCE_MEAN)
                cr_expect_eq(map.relative_error, 0, "antithetic %d: relative error %g", antithetic, map.relative_error);
            attr_map_free(&map);
        }
    }
    attr_target_free(t);
    engine_pair_free(&n);
}

/* f = sum of x^2 / 2 has the gradient x: its mean is x, its covariance sigma^2; pairs of opposite noise cancel. */
Test(smoothgrad, of_a_quadratic_network_has_the_known_mean_and_variance) {
    engine_pair n;
    engine_pair_make(&n,
                     "[net] height=5 width=5 channels=4 [activation] activation=linear [connected] output=1 "
                     "activation=linear",
                     8);
    for (size_t i = 0; i < n.inputs; i++) n.net->layers[1].weights[i] = 1;
    attr_engine_set_parameters(n.twin, NULL);
    attr_engine_op(n.twin, 0)->kind = &test_square_kind;
    attr_target *t = test_target(n.twin, ATTR_TARGET_LOGIT, 0);
    attr_method_settings s = settings_of(ATTR_REDUCE_MEAN, 0);
    s.samples = 400;
    attr_map map = test_map(n.twin, n.x, t, &s);
    double chi_square = 0, variance = 0;
    for (size_t i = 0; i < n.inputs; i++) {
        chi_square += pow((map.values[i] - n.x[i]) / sigma, 2) * (double)s.samples;
        variance += pow(map.standard_error[i] / sigma, 2) * (double)s.samples / (double)n.inputs;
    }
    /* chi square with 100 degrees of freedom: 100, standard deviation 14; the variance's mean: 1, deviation 0.007 */
    cr_expect(chi_square > 50 && chi_square < 170, "chi square of 100 means is %g", chi_square);
    cr_expect(fabs(variance - 1) < 0.03, "variance / sigma^2 is %g", variance);
    attr_map_free(&map);

    s.antithetic = 1;
    map = test_map(n.twin, n.x, t, &s);
    for (size_t i = 0; i < n.inputs; i++)
        cr_expect(fabs(map.values[i] - n.x[i]) < 1e-7 && map.standard_error[i] < 1e-7,
                  "antithetic, element %zu: %g, expected %g; standard error %g", i, map.values[i], n.x[i],
                  map.standard_error[i]);
    attr_map_free(&map);
    attr_target_free(t);
    engine_pair_free(&n);
}

Test(smoothgrad, depends_on_the_seed) {
    engine_pair n;
    engine_pair_make(&n, smooth_net, 4);
    attr_target *t = test_target(n.single, ATTR_TARGET_LOGIT, 1);
    attr_method_settings s = settings_of(ATTR_REDUCE_MEAN, 0);
    attr_map first = test_map(n.single, n.x, t, &s), again = test_map(n.single, n.x, t, &s);
    cr_expect_arr_eq(first.values, again.values, first.size * sizeof(double), "the same seed gives other bits");
    s.seed ^= (uint64_t)1 << 40;
    attr_map other = test_map(n.single, n.x, t, &s);
    double difference = relative_error(other.values, first.values, first.size);
    cr_expect(difference > 0.001 && difference < 1, "another seed differs by %g", difference);
    attr_map_free(&first);
    attr_map_free(&again);
    attr_map_free(&other);
    attr_target_free(t);
    engine_pair_free(&n);
}
