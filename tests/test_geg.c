/* Geometric Ensemble Gradients made again: clones as networks of their own, with noise from attr_random_normal on their
 * parameters, probabilities and gradients by an engine in double precision. */
#include <criterion/criterion.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "engine_pair.h"
#include "layer_harness.h"
#include "model/parameters.h"
#include "small_network.h"

static const char *const net =
    "[net] height=6 width=5 channels=3 [convolutional] filters=6 size=3 pad=1 batch_normalize=1 activation=tanh "
    "[convolutional] filters=4 size=3 pad=1 activation=logistic [connected] output=4 activation=linear [softmax]";

enum { INPUTS = 3 * 6 * 5, CLASSES = 4, MOST = 40 };
static const char *const maxima[] = {"signed", "magnitude", "trapezoid"};

static attr_method_settings settings_of(float sigma, attr_maximum_word maximum) {
    return (attr_method_settings){.method = ATTR_METHOD_GEG,
                                  .seed = 0x123456789abcdefu,
                                  .clones = 6,
                                  .attempts = MOST,
                                  .maximum = maximum,
                                  .weight_noise = {.sigma = sigma, .noise = ATTR_NOISE_ADDITIVE}};
}

static attr_status run(attr_map *map, attr_engine *e, const float *x, attr_target *t, const attr_method_settings *s) {
    attr_job job = {.engine = e, .x = x, .targets = &t, .target_count = 1, .settings = s};
    return attr_method_run(map, &job);
}

/* ---- Made again */

static void add_noise(float *values, size_t n, const attr_method_settings *s, int l, int array, uint64_t clone) {
    attr_random random = {s->seed, ATTR_STREAM_WEIGHT_NOISE, attr_array_part(l, array), clone};
    for (uint64_t i = 0; i < n; i++) {
        float normal;
        attr_random_normal(&normal, &random, i, 1);
        values[i] += s->weight_noise.sigma * normal;
    }
}

/* Engines of the network and of its first clones. */
typedef struct {
    network *nets[MOST + 1];
    attr_engine *engines[MOST + 1]; /* [0]: the network itself */
} ensemble;

static void make_ensemble(ensemble *out, const attr_method_settings *s) {
    for (int k = 0; k <= MOST; k++) {
        out->nets[k] = make_test_network(net, 1);
        for (int l = 0; k > 0 && l < 3; l++) {
            layer *it = &out->nets[k]->layers[l];
            size_t weights = l < 2 ? (size_t)it->nweights : (size_t)it->inputs * it->outputs;
            size_t channels = l < 2 ? (size_t)it->n : (size_t)it->outputs;
            add_noise(it->weights, weights, s, l, ATTR_ARRAY_WEIGHTS, (uint64_t)k - 1);
            add_noise(it->biases, channels, s, l, ATTR_ARRAY_BIASES, (uint64_t)k - 1);
            if (l == 0) add_noise(it->scales, channels, s, l, ATTR_ARRAY_SCALES, (uint64_t)k - 1);
        }
        cr_assert_eq(attr_engine_create(&out->engines[k], out->nets[k], ATTR_F64, 1, ATTR_KEEP_ALL), ATTR_OK);
    }
}

static void free_ensemble(ensemble *e) {
    for (int k = 0; k <= MOST; k++) {
        attr_engine_free(e->engines[k]);
        free_test_network(e->nets[k]);
    }
}

/* p of a class; *winner: the most probable one. */
static double probability(int *winner, attr_engine *e, const double *x, int class_index) {
    double p[CLASSES];
    *winner = 0;
    for (int k = 0; k < CLASSES; k++) {
        attr_target *t = test_target(e, ATTR_TARGET_PROBABILITY, k);
        p[k] = test_value(e, t, x);
        if (p[k] > p[*winner]) *winner = k;
        attr_target_free(t);
    }
    return p[class_index];
}

/* [clones][INPUTS]: the accepted gradients. */
static int accepted_gradients(double *out, int *tried, const ensemble *m, const double *x, attr_quantity quantity,
                              int class_index, const attr_method_settings *s) {
    int winner, first_winner, accepted = 0;
    double p0 = probability(&first_winner, m->engines[0], x, class_index);
    for (*tried = 0; *tried < MOST && accepted < (int)s->clones; ++*tried) {
        attr_engine *e = m->engines[*tried + 1];
        double p = probability(&winner, e, x, class_index);
        if (p < p0 || winner != first_winner) continue;
        attr_target *t = test_target(e, quantity, class_index);
        test_gradient(out + accepted * INPUTS, e, t, x);
        for (int i = 0; s->deviation && i < INPUTS; i++) out[accepted * INPUTS + i] *= s->deviation[i];
        attr_target_free(t);
        ++accepted;
    }
    return accepted;
}

static double expected_value(const double *g, int count, int i, attr_maximum_word maximum) {
    double best = -INFINITY, sum = 0;
    if (maximum == ATTR_MAXIMUM_TRAPEZOID) {
        for (int k = 0; k < count; k++) sum += (k == 0 || k == count - 1 ? 0.5 : 1) * g[k * INPUTS + i];
        return count == 1 ? g[i] : sum / (count - 1);
    }
    for (int k = 0; k < count; k++)
        best = fmax(best, maximum == ATTR_MAXIMUM_MAGNITUDE ? fabs(g[k * INPUTS + i]) : g[k * INPUTS + i]);
    return best;
}

static void check(const engine_pair *n, const ensemble *m, attr_quantity quantity, int class_index,
                  const attr_method_settings *s) {
    double x[INPUTS], *g = test_allocate(MOST * INPUTS, sizeof *g), expected[INPUTS];
    char name[200];
    int tried;
    snprintf(name, sizeof name, "target=%s, class %d, maximum=%s, sigma %g, clones %zu, deviation %d",
             attr_quantity_name(quantity), class_index, maxima[s->maximum], (double)s->weight_noise.sigma, s->clones,
             s->deviation != NULL);
    for (int i = 0; i < INPUTS; i++) x[i] = n->x[i];
    int count = accepted_gradients(g, &tried, m, x, quantity, class_index, s);
    attr_target *t = test_target(n->single, quantity, class_index);
    attr_map map;
    attr_status status = run(&map, n->single, n->x, t, s);
    cr_assert_eq(status, count ? ATTR_OK : ATTR_NUMERIC, "%s: %s, expected %d accepted", name, attr_status_name(status),
                 count);
    if (count) {
        for (int i = 0; i < INPUTS; i++) expected[i] = expected_value(g, count, i, s->maximum);
        double error = relative_error(map.values, expected, INPUTS);
        cr_expect(error < 1e-5, "%s: %g off", name, error);
        cr_expect(map.samples == (size_t)count && map.gradients == (size_t)count && map.tried == (size_t)tried,
                  "%s: %zu of %zu, expected %d of %d", name, map.samples, map.tried, count, tried);
    }
    attr_map_free(&map);
    attr_target_free(t);
    free(g);
}

Test(geg, is_the_maximum_over_the_clones_that_keep_the_prediction) {
    engine_pair n;
    engine_pair_make(&n, net, 1);
    float deviation[INPUTS];
    for (int i = 0; i < INPUTS; i++) deviation[i] = 0.2F + 0.1F * (float)(i / 30);
    for (int strong = 0; strong < 2; strong++) {
        ensemble m;
        attr_method_settings s = settings_of(strong ? 0.3F : 0.01F, ATTR_MAXIMUM_SIGNED);
        make_ensemble(&m, &s);
        for (int maximum = ATTR_MAXIMUM_SIGNED; maximum <= ATTR_MAXIMUM_TRAPEZOID; maximum++) {
            for (int k = 0; k < 3 * CLASSES; k++) {
                s.maximum = (attr_maximum_word)maximum;
                s.clones = k / CLASSES == 1 ? 1 : 6;
                s.deviation = k / CLASSES == 2 ? deviation : NULL;
                check(&n, &m, k % 2 ? ATTR_TARGET_LOGIT : ATTR_TARGET_LOG_PROBABILITY, k % CLASSES, &s);
            }
        }
        free_ensemble(&m);
    }
    engine_pair_free(&n);
}

Test(geg, without_noise_is_the_gradient_bit_for_bit) {
    engine_pair n;
    engine_pair_make(&n, net, 1);
    for (int maximum = ATTR_MAXIMUM_SIGNED; maximum <= ATTR_MAXIMUM_TRAPEZOID; maximum++) {
        attr_target *t = test_target(n.single, ATTR_TARGET_LOGIT, 2);
        attr_method_settings s = settings_of(0, (attr_maximum_word)maximum), plain = {.method = ATTR_METHOD_GRADIENT};
        attr_map map = test_map(n.single, n.x, t, &s), gradient = test_map(n.single, n.x, t, &plain);
        for (int i = 0; i < INPUTS; i++) {
            double expected = maximum == ATTR_MAXIMUM_MAGNITUDE ? fabs(gradient.values[i]) : gradient.values[i];
            cr_expect_eq(map.values[i], expected, "maximum=%s, element %d: %.17g, expected %.17g", maxima[maximum], i,
                         map.values[i], expected);
        }
        cr_expect(map.samples == 6 && map.tried == 6, "maximum=%s: %zu of %zu", maxima[maximum], map.samples,
                  map.tried);
        attr_map_free(&map);
        attr_map_free(&gradient);
        attr_target_free(t);
    }
    engine_pair_free(&n);
}

/* ---- The same however it is run */

Test(geg, gives_each_target_the_bits_it_has_alone_for_every_batch_and_number_of_threads) {
    engine_pair n;
    engine_pair_make(&n, net, 1);
    attr_method_settings s = settings_of(0.01F, ATTR_MAXIMUM_TRAPEZOID);
    for (int batch = 1; batch <= 4; batch++) {
        attr_engine *e = NULL;
        attr_target *targets[CLASSES];
        attr_map maps[CLASSES];
        cr_assert_eq(attr_engine_create(&e, n.net, ATTR_F32, batch, ATTR_KEEP_NEEDED), ATTR_OK);
        for (int t = 0; t < CLASSES; t++) targets[t] = test_target(e, ATTR_TARGET_LOGIT, t);
        attr_job job = {.engine = e, .x = n.x, .targets = targets, .target_count = CLASSES, .settings = &s};
        omp_set_num_threads(1 + batch % 2);
        cr_assert_eq(attr_method_run(maps, &job), ATTR_OK, "batch %d: %s", batch, attr_error_message());
        omp_set_num_threads(1);
        for (int t = 0; t < CLASSES; t++) {
            attr_map alone = test_map(n.single, n.x, targets[t], &s);
            cr_expect(memcmp(alone.values, maps[t].values, sizeof(double) * INPUTS) == 0 &&
                          alone.samples == maps[t].samples && alone.tried == maps[t].tried,
                      "batch %d, class %d: %zu of %zu, alone %zu of %zu", batch, t, maps[t].samples, maps[t].tried,
                      alone.samples, alone.tried);
            attr_map_free(&alone);
            attr_map_free(&maps[t]);
            attr_target_free(targets[t]);
        }
        attr_engine_free(e);
    }
    engine_pair_free(&n);
}

static int stop_at_third(void *context, size_t done, size_t all) {
    int *calls = context;
    cr_expect(done <= all, "%zu of %zu", done, all);
    return ++*calls == 3;
}

/* Whether the engine computes with the network's own parameters, and these are what they were. */
static void expect_own_parameters(const engine_pair *n, attr_target *t, const attr_map *gradient, uint64_t checksum,
                                  const char *when) {
    attr_method_settings plain = {.method = ATTR_METHOD_GRADIENT};
    attr_map now = test_map(n->single, n->x, t, &plain);
    cr_expect(memcmp(now.values, gradient->values, sizeof(double) * INPUTS) == 0, "%s: another network", when);
    cr_expect_eq(attr_parameters_checksum(n->net), checksum, "%s: the parameters have changed", when);
    attr_map_free(&now);
}

Test(geg, leaves_the_network_as_it_was_after_success_failure_and_interruption) {
    engine_pair n;
    engine_pair_make(&n, net, 1);
    uint64_t checksum = attr_parameters_checksum(n.net);
    attr_target *t = test_target(n.single, ATTR_TARGET_LOGIT, 2);
    attr_method_settings plain = {.method = ATTR_METHOD_GRADIENT}, s = settings_of(0.01F, ATTR_MAXIMUM_SIGNED);
    attr_map gradient = test_map(n.single, n.x, t, &plain), map = test_map(n.single, n.x, t, &s);
    attr_map_free(&map);
    expect_own_parameters(&n, t, &gradient, checksum, "success");

    int calls = 0;
    attr_job job = {n.single, n.x, &t, 1, &s, stop_at_third, &calls, false};
    cr_expect_eq(attr_method_run(&map, &job), ATTR_INTERRUPTED);
    attr_map_free(&map);
    expect_own_parameters(&n, t, &gradient, checksum, "interruption");

    attr_status status = ATTR_OK;
    s.attempts = 1;
    for (s.seed = 0; s.seed < 64 && status == ATTR_OK; s.seed++) { /* until the only candidate is refused */
        status = run(&map, n.single, n.x, t, &s);
        attr_map_free(&map);
    }
    cr_expect_eq(status, ATTR_NUMERIC, "%s", attr_status_name(status));
    cr_expect(strstr(attr_error_message(), "none of 1 clones keeps the probability and the prediction of class 2"),
              "%s", attr_error_message());
    expect_own_parameters(&n, t, &gradient, checksum, "failure");
    attr_map_free(&gradient);
    attr_target_free(t);
    engine_pair_free(&n);
}

Test(geg, refuses_a_network_without_probabilities) {
    engine_pair n;
    engine_pair_make(&n, "[net] height=2 width=3 channels=1 [connected] output=3 activation=linear", 1);
    attr_method_settings s = settings_of(0.01F, ATTR_MAXIMUM_SIGNED);
    attr_target *t = test_target(n.single, ATTR_TARGET_AUTO, 0);
    attr_map map;
    cr_expect_eq(run(&map, n.single, n.x, t, &s), ATTR_BAD_INPUT);
    cr_expect(strstr(attr_error_message(), "method=geg needs probabilities"), "%s", attr_error_message());
    attr_map_free(&map);
    attr_target_free(t);
    engine_pair_free(&n);
}
