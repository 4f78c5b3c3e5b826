/* Every scheduled method against its formula (method_reference.h), with all that can be varied. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "layer_harness.h"
#include "method_reference.h"

enum { CLONES = 3, COPIES = 4, ASCENTS = 3, BASELINES = 2 };
static const uint64_t seed = 0x9876543210abcdefu;

static const char *const smooth_net =
    "[net] height=7 width=5 channels=3 [convolutional] filters=5 size=3 pad=1 batch_normalize=1 activation=tanh "
    "[convolutional] filters=6 size=3 stride=2 pad=1 activation=logistic [connected] output=7 batch_normalize=1 "
    "activation=tanh [connected] output=3 activation=linear [softmax]";

/* ---- Comparison */

static const char *describe(const reference_case *c) {
    static char text[512];
    const attr_method_settings *s = c->s;
    snprintf(text, sizeof text,
             "method=%s base=%s maximum=%d multiply=%d magnitudes=%d antithetic=%d reduction=%d rule=%d baseline=%d "
             "weight_noise=%d layers=%d normalised=%d clones=%zu samples=%zu target=%s",
             attr_method_name(s->method), attr_method_name(s->base), s->maximum, !s->unscaled, s->magnitudes,
             s->antithetic, s->reduction, s->rule, s->baseline.kind, s->weight_noise.noise,
             s->weight_noise.layers != NULL, s->deviation != NULL, s->clones, s->samples,
             attr_quantity_name(attr_target_quantity(c->target)));
    return text;
}

static double norm(const double *values, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++) sum += values[i] * values[i];
    return sqrt(sum);
}

/* Mean over units, and standard error of that, of n numbers of each unit. */
static void moments(double *mean, double *error, const double *units, int count, int n) {
    for (int i = 0; i < n; i++) {
        double sum = 0, squares = 0;
        for (int k = 0; k < count; k++) sum += units[k * n + i];
        mean[i] = sum / count;
        for (int k = 0; k < count; k++) squares += pow(units[k * n + i] - mean[i], 2);
        error[i] = sqrt(squares / (count - 1) / count);
    }
}

static void expect_close(const double *got, const double *expected, int n, double bound, const char *what,
                         const reference_case *c) {
    double error = relative_error(got, expected, (size_t)n);
    cr_expect(error < bound, "%s\n  %s: %g off", describe(c), what, error);
}

/* An error as a part of its map's length; rounding moves the maps whose differences it is made of, too. */
static void expect_number(double got, double expected, const char *what, int level, const reference_case *c) {
    const double rounding = 1e-6;
    cr_expect(fabs(got - expected) <= 1e-4 * expected + rounding, "%s\n  %s %d: %g, expected %g", describe(c), what,
              level, got, expected);
}

/* Sums over channels and blocks of `side` pixels a side, of each unit. */
static int pool(double *out, const reference_samples *r, int side) {
    int columns = (WIDTH + side - 1) / side, blocks = columns * ((HEIGHT + side - 1) / side);
    memset(out, 0, sizeof(double) * (size_t)(r->units * blocks));
    for (int k = 0; k < r->units; k++)
        for (int i = 0; i < SIZE; i++) {
            int y = i / WIDTH % HEIGHT, x = i % WIDTH;
            out[k * blocks + y / side * columns + x / side] += r->unit[k][i];
        }
    return blocks;
}

static void check_errors(const attr_map *map, const reference_samples *r, const reference_case *c) {
    static double mean[SIZE], error[SIZE], half[SIZE], pooled[MOST_SAMPLES * PLANE];
    moments(mean, error, r->unit[0], r->units, SIZE);
    memset(half, 0, sizeof half);
    int halves = (r->units + 1) / 2;
    for (int k = 0; k < r->units; k += 2)
        for (int i = 0; i < SIZE; i++) half[i] += r->unit[k][i] / halves;
    expect_close(map->half, half, SIZE, 1e-5, "half", c);
    if (r->units < 2) {
        cr_expect(isnan(map->relative_error) && isnan(map->standard_error[0]) && isnan(map->plane_error[0][0]) &&
                      isnan(map->pooled_error[0]),
                  "%s\n  one unit has the errors %g, %g, %g, %g", describe(c), map->relative_error,
                  map->standard_error[0], map->plane_error[0][0], map->pooled_error[0]);
        return;
    }
    expect_close(map->standard_error, error, SIZE, 1e-4, "standard error", c);
    expect_number(map->relative_error, norm(error, SIZE) / norm(mean, SIZE), "relative error", 0, c);
    for (int level = 0; level < ATTR_POOLS; level++) {
        int blocks = pool(pooled, r, 1 << level);
        moments(mean, error, pooled, r->units, blocks);
        expect_close(map->plane_error[level], error, (size_t)blocks, level ? 1e-3 : 1e-4, "plane error", c);
        expect_number(map->pooled_error[level], norm(error, blocks) / norm(mean, blocks), "pooled error", level, c);
    }
}

static size_t gradients_of(const reference_case *c) {
    const attr_method_settings *s = c->s;
    attr_method base = reference_base(s);
    bool path = base == ATTR_METHOD_INTEGRATED_GRADIENTS || base == ATTR_METHOD_IG_MAX || base == ATTR_METHOD_GGIG;
    size_t each = path ? (size_t)(NODES * (int)s->baseline.count) : base == ATTR_METHOD_SMOOTHTAYLOR ? ROOTS : 1;
    if (base == ATTR_METHOD_GGIG || base == ATTR_METHOD_GDA) each *= ASCENTS;
    return each * (reference_has_copies(s) ? s->samples : 1) * (reference_has_clones(s) ? s->clones : 1);
}

static void check(const engine_pair *n, attr_target *t, const attr_method_settings *s) {
    static reference_samples r;
    static double mean[SIZE], error[SIZE];
    reference_case c = {.n = n, .target = t, .s = s};
    for (int i = 0; i < SIZE; i++) {
        c.origin[i] = s->origin ? s->origin[i] : 0;
        c.deviation[i] = s->deviation ? s->deviation[i] : 1;
        c.u[i] = (n->x[i] - c.origin[i]) / c.deviation[i];
    }
    reference_make(&r, &c);
    moments(mean, error, r.unit[0], r.units, SIZE);
    attr_map map = test_map(n->single, n->x, t, s);
    bool has_error = map.standard_error != NULL;
    if (reference_reduction(s) == ATTR_REDUCE_VARIANCE) {
        for (int i = 0; i < SIZE; i++) mean[i] = error[i] * error[i] * r.units;
        cr_expect(!has_error && isnan(map.relative_error), "%s\n  a variance has an error", describe(&c));
    }
    expect_close(map.values, mean, SIZE, 1e-5, "map", &c);
    cr_expect_eq(map.samples, (size_t)r.units, "%s\n  %zu samples, expected %d", describe(&c), map.samples, r.units);
    cr_expect_eq(map.gradients, gradients_of(&c), "%s\n  %zu gradients, expected %zu", describe(&c), map.gradients,
                 gradients_of(&c));
    cr_expect(map.converged, "%s\n  has not converged", describe(&c));
    cr_expect(has_error || r.units == 1 || reference_reduction(s) == ATTR_REDUCE_VARIANCE, "%s\n  has no errors",
              describe(&c));
    if (has_error) check_errors(&map, &r, &c);
    attr_map_free(&map);
}

/* ---- The methods, and what there is to vary */

static const bool some_layers[] = {true, false, true, false, false};
static float origin[SIZE], deviation[SIZE];

static attr_method_settings settings_of(attr_method method, attr_method base) {
    return (attr_method_settings){.method = method,
                                  .base = base,
                                  .seed = seed,
                                  .steps = NODES,
                                  .max_steps = 64,
                                  .tolerance = 10,
                                  .rule = ATTR_RULE_GAUSS,
                                  .baseline = {ATTR_BASELINE_BLACK, {CHANNELS, HEIGHT, WIDTH, 0, 0, WIDTH, HEIGHT}, 1},
                                  .samples = COPIES,
                                  .sigma = 0.2,
                                  .clones = CLONES,
                                  .weight_noise = {0, 0, 0.15f, ATTR_NOISE_MULTIPLICATIVE},
                                  .roots = ROOTS,
                                  .root_sigma = 0.3,
                                  .ascent_steps = ASCENTS,
                                  .ascent_rate = 0.4};
}

static void unscale(attr_method_settings *s) {
    s->unscaled = true;
}
static void take_magnitudes(attr_method_settings *s) {
    s->magnitudes = true;
}
static void pair_copies(attr_method_settings *s) {
    s->antithetic = true;
}
static void add_weight_noise(attr_method_settings *s) {
    s->weight_noise.noise = ATTR_NOISE_ADDITIVE;
}
static void spare_layers(attr_method_settings *s) {
    s->weight_noise.layers = some_layers;
}
static void take_trapezoid(attr_method_settings *s) {
    s->maximum = ATTR_MAXIMUM_TRAPEZOID;
    s->rule = ATTR_RULE_RIGHT;
}
static void take_largest(attr_method_settings *s) {
    s->maximum = ATTR_MAXIMUM_MAGNITUDE;
    s->rule = ATTR_RULE_EVEN;
}
static void square(attr_method_settings *s) {
    s->reduction = ATTR_REDUCE_SQUARE;
}
static void vary(attr_method_settings *s) {
    s->reduction = ATTR_REDUCE_VARIANCE;
}
static void normalise(attr_method_settings *s) {
    static const float means[] = {0.485f, 0.456f, 0.406f}, deviations[] = {0.229f, 0.324f, 0.125f};
    for (int i = 0; i < SIZE; i++) {
        origin[i] = means[i / PLANE];
        deviation[i] = deviations[i / PLANE];
    }
    s->origin = origin;
    s->deviation = deviation;
    s->ascent_rate *= 20; /* where the input's unit is five of these */
}
static void normalise_unscaled(attr_method_settings *s) {
    normalise(s);
    unscale(s);
}
/* Between bars, which keep the input's values: of the noise on these nothing is said. */
static void start_from_noise(attr_method_settings *s) {
    s->baseline.kind = ATTR_BASELINE_NOISE;
    s->baseline.count = BASELINES;
    if (!reference_has_copies(s)) s->baseline.region = (attr_region){CHANNELS, HEIGHT, WIDTH, 1, 2, 3, 4};
}
static void plain(attr_method_settings *s) {
    (void)s;
}

typedef void variation(attr_method_settings *s);
static variation *const variations[] = {plain,        unscale,           take_magnitudes, pair_copies, add_weight_noise,
                                        spare_layers, take_trapezoid,    take_largest,    square,      vary,
                                        normalise,    normalise_unscaled};
enum { VARIATIONS = sizeof variations / sizeof *variations };

static void check_variations(const engine_pair *n, attr_target *t, attr_method method, attr_method base) {
    for (int v = 0; v < VARIATIONS; v++) {
        attr_method_settings s = settings_of(method, base);
        variations[v](&s);
        bool wrapped = reference_has_clones(&s) || reference_has_copies(&s) || method == ATTR_METHOD_SMOOTHTAYLOR;
        bool named = method == ATTR_METHOD_SMOOTHGRAD_SQUARED || method == ATTR_METHOD_VARGRAD;
        bool samples_only = variations[v] == take_magnitudes || variations[v] == square || variations[v] == vary;
        if ((samples_only && !wrapped) || (named && (variations[v] == square || variations[v] == vary))) continue;
        check(n, t, &s);
    }
}

static void check_method(attr_method method) {
    engine_pair n;
    engine_pair_make(&n, smooth_net, 4);
    attr_target *t = test_target(n.single, ATTR_TARGET_LOGIT, 2);
    attr_method_settings s = settings_of(method, ATTR_METHOD_GRADIENT);
    bool wraps = (reference_has_clones(&s) || reference_has_copies(&s)) && method != ATTR_METHOD_SMOOTHED_IG;
    for (int base = ATTR_METHOD_GRADIENT; base <= (wraps ? (int)ATTR_METHOD_GDA : (int)ATTR_METHOD_GRADIENT); base++)
        check_variations(&n, t, method, (attr_method)base);
    attr_target_free(t);
    engine_pair_free(&n);
}

Test(noise_methods, noisegrad_is_what_its_formula_says) {
    check_method(ATTR_METHOD_NOISEGRAD);
}
Test(noise_methods, fusiongrad_is_what_its_formula_says) {
    check_method(ATTR_METHOD_FUSIONGRAD);
}
Test(noise_methods, smoothgrad_is_what_its_formula_says) {
    check_method(ATTR_METHOD_SMOOTHGRAD);
}
Test(noise_methods, smoothgrad_squared_is_what_its_formula_says) {
    check_method(ATTR_METHOD_SMOOTHGRAD_SQUARED);
}
Test(noise_methods, vargrad_is_what_its_formula_says) {
    check_method(ATTR_METHOD_VARGRAD);
}
Test(noise_methods, smoothed_ig_is_what_its_formula_says) {
    check_method(ATTR_METHOD_SMOOTHED_IG);
}
Test(noise_methods, methods_without_a_base_are_what_their_formulas_say) {
    for (int method = ATTR_METHOD_GRADIENT; method <= ATTR_METHOD_GDA; method++) check_method((attr_method)method);
}

Test(noise_methods, start_from_noise_baselines) {
    engine_pair n;
    engine_pair_make(&n, smooth_net, 3);
    attr_target *t = test_target(n.single, ATTR_TARGET_LOG_PROBABILITY, 1);
    static const attr_method paths[] = {ATTR_METHOD_INTEGRATED_GRADIENTS, ATTR_METHOD_IG_MAX, ATTR_METHOD_GGIG};
    for (int method = ATTR_METHOD_GRADIENT; method <= ATTR_METHOD_FUSIONGRAD; method++)
        for (int p = 0; p < 3; p++) {
            attr_method_settings s = settings_of((attr_method)method, paths[p]);
            if (reference_base(&s) != paths[p]) continue;
            start_from_noise(&s);
            check(&n, t, &s);
            unscale(&s);
            check(&n, t, &s);
        }
    attr_target_free(t);
    engine_pair_free(&n);
}

/* An error over one clone would be unknown: there copies are the units. */
Test(noise_methods, have_clones_as_units_or_the_copies_of_the_only_one) {
    engine_pair n;
    engine_pair_make(&n, smooth_net, 5);
    attr_target *t = test_target(n.single, ATTR_TARGET_PROBABILITY, 0);
    for (size_t clones = 1; clones <= 4; clones++)
        for (size_t samples = 1; samples <= 4; samples++)
            for (int antithetic = 0; antithetic < 2; antithetic++) {
                attr_method_settings s = settings_of(ATTR_METHOD_FUSIONGRAD, ATTR_METHOD_GRADIENT);
                s.clones = clones;
                s.samples = samples;
                s.antithetic = antithetic;
                if (!antithetic || samples % 2 == 0) check(&n, t, &s);
            }
    attr_target_free(t);
    engine_pair_free(&n);
}
