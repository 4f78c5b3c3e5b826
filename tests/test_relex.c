/* RelEx made again from its formulas, in double precision, with gradients of probabilities by another engine; of this
 * program only the random numbers are the same. And what it must find where the evidence is known. */
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

#define SMOOTH                                                                                                         \
    "[net] height=6 width=5 channels=3 [convolutional] filters=6 size=3 pad=1 batch_normalize=1 activation=tanh "      \
    "[convolutional] filters=4 size=3 pad=1 activation=logistic "
static const char *const nets[] = {
    SMOOTH "[connected] output=4 activation=linear [softmax]",
    SMOOTH "[connected] output=4 activation=linear [logistic]",
    SMOOTH "[convolutional] filters=16 size=1 activation=linear [yolo] mask=0,1 anchors=2,3,4,5 num=2 classes=3",
};
enum { NETS = sizeof nets / sizeof *nets, ITERATIONS = 4, COPIES = 3, INPUTS = 3 * 6 * 5 };

static const uint64_t seed = 0x123456789abcdefu;

static attr_method_settings settings_of(double sigma, double background, const float *deviation) {
    return (attr_method_settings){
        .method = ATTR_METHOD_RELEX,
        .seed = seed,
        .deviation = deviation,
        .samples = COPIES,
        .sigma = sigma,
        .iterations = ITERATIONS,
        .mask_rate = 0.3,
        .momentum = 0.9,
        .sparsity = 0.002,
        .background = background,
        .baseline = {
            .kind = ATTR_BASELINE_COLOUR, .region = {3, 6, 5, 1, 0, 3, 6}, .count = 1, .colour = {0.4, 0.5, 0.6}}};
}

static attr_target *target_of(attr_engine *e, const engine_pair *n, attr_quantity quantity) {
    if (!attr_is_detector(n->single)) return test_target(e, quantity, 2);
    attr_target *t = NULL;
    attr_detection d = {.layer = n->net->n - 1, .class_index = 1, .anchor = 1, .row = 3, .column = 2};
    cr_assert_eq(attr_target_of_detection(&t, e, quantity, &d), ATTR_OK, "%s", attr_error_message());
    return t;
}

/* The probability behind a quantity, as a quantity. */
static attr_quantity probability_of(const engine_pair *n, attr_quantity quantity) {
    if (quantity == ATTR_TARGET_AUTO && attr_is_detector(n->single)) return ATTR_TARGET_SCORE;
    if (quantity == ATTR_TARGET_OBJECTNESS_LOGIT) return ATTR_TARGET_OBJECTNESS;
    return quantity >= ATTR_TARGET_OBJECTNESS ? quantity : ATTR_TARGET_PROBABILITY;
}

/* ---- Made again */

typedef struct {
    double mask[INPUTS], foreground[ITERATIONS], background[ITERATIONS], sparsity[ITERATIONS];
    double original, kept, rest;
} expectation;

static bool is_bar(int i) {
    return i % 5 == 0 || i % 5 == 4;
}

static double reference_of(const engine_pair *n, int i) {
    return is_bar(i) ? n->x[i] : (float)(0.4 + 0.1 * (i / 30));
}

static double at_blend(double *gradient, const engine_pair *n, const attr_target *p, const double *x, const double *m,
                       int rest) {
    double z[INPUTS];
    for (int i = 0; i < INPUTS; i++) {
        double reference = reference_of(n, i);
        z[i] = reference + (rest ? 1 - m[i] : m[i]) * (x[i] - reference);
    }
    if (gradient) test_gradient(gradient, n->twin, p, z);
    return test_value(n->twin, p, z);
}

static void add_copy(expectation *e, double *g, const engine_pair *n, const attr_target *p,
                     const attr_method_settings *s, int t, int b) {
    double x[INPUTS], slope[INPUTS];
    attr_random noise = {seed, ATTR_STREAM_INPUT_NOISE, 0, (uint64_t)(t * COPIES + b)};
    for (uint64_t i = 0; i < INPUTS; i++) {
        float normal;
        attr_random_normal(&normal, &noise, i, 1);
        x[i] = n->x[i] + s->sigma * (s->deviation ? s->deviation[i] : 1) * normal;
    }
    double value = at_blend(slope, n, p, x, e->mask, 0);
    e->foreground[t] -= log(value) / COPIES;
    for (int i = 0; i < INPUTS; i++) g[i] -= slope[i] / value * (x[i] - reference_of(n, i)) / COPIES;
    value = at_blend(slope, n, p, x, e->mask, 1);
    e->background[t] -= s->background * log(1 - value + 1e-7) / COPIES;
    for (int i = 0; i < INPUTS; i++)
        g[i] -= s->background * slope[i] / (1 - value + 1e-7) * (x[i] - reference_of(n, i)) / COPIES;
}

static void make_again(expectation *e, const engine_pair *n, const attr_target *p, size_t entry,
                       const attr_method_settings *s) {
    double velocity[INPUTS] = {0}, x[INPUTS];
    attr_random start = {seed, ATTR_STREAM_MASK, 0, entry};
    memset(e, 0, sizeof *e);
    for (uint64_t i = 0; i < INPUTS; i++) {
        float uniform;
        attr_random_uniform(&uniform, &start, i, 1);
        e->mask[i] = 0.01 * uniform;
        x[i] = n->x[i];
    }
    for (int t = 0; t < ITERATIONS; t++) {
        double g[INPUTS] = {0}, norm = 0;
        for (int b = 0; b < COPIES; b++) add_copy(e, g, n, p, s, t, b);
        for (int i = 0; i < INPUTS; i++) {
            e->sparsity[t] += s->sparsity * fabs(e->mask[i]);
            g[i] += e->mask[i] > 0 ? s->sparsity : 0;
            norm += g[i] * g[i];
        }
        for (int i = 0; i < INPUTS; i++) {
            velocity[i] = s->momentum * velocity[i] + g[i] / sqrt(norm);
            e->mask[i] = fmin(fmax(e->mask[i] - s->mask_rate * velocity[i], 0), 1);
        }
    }
    e->original = test_value(n->twin, p, x);
    e->kept = at_blend(NULL, n, p, x, e->mask, 0);
    e->rest = at_blend(NULL, n, p, x, e->mask, 1);
}

static void expect_near(double got, double expected, const char *name, const char *what) {
    cr_expect(fabs(got - expected) <= 1e-5 * (fabs(expected) + 1e-3), "%s, %s: %.9g, expected %.9g", name, what, got,
              expected);
}

static void check(const engine_pair *n, attr_quantity quantity, const attr_method_settings *s) {
    char name[600];
    attr_target *t = target_of(n->single, n, quantity), *p = target_of(n->twin, n, probability_of(n, quantity));
    expectation *e = test_allocate(1, sizeof *e);
    snprintf(name, sizeof name, "%s\n  target=%s, sigma %g, background %g, deviation %d, seed %llu", n->cfg,
             attr_quantity_name(quantity), s->sigma, s->background, s->deviation != NULL, (unsigned long long)s->seed);
    make_again(e, n, p, attr_target_entry(t), s);
    attr_map map = test_map(n->single, n->x, t, s);
    double error = relative_error(map.values, e->mask, INPUTS);
    cr_expect(error < 1e-5, "%s: the mask is %g off", name, error);
    cr_assert(map.mask && map.mask->iterations == ITERATIONS && !map.mask->has_control, "%s: no report", name);
    for (int i = 0; i < ITERATIONS; i++) {
        expect_near(map.mask->objective[i].foreground, e->foreground[i], name, "foreground");
        expect_near(map.mask->objective[i].background, e->background[i], name, "background");
        expect_near(map.mask->objective[i].sparsity, e->sparsity[i], name, "sparsity");
    }
    expect_near(map.mask->own.original, e->original, name, "p of the picture");
    expect_near(map.mask->own.kept, e->kept, name, "p of what is kept");
    expect_near(map.mask->own.rest, e->rest, name, "p of the rest");
    size_t copies = s->sigma > 0 ? COPIES : 1, gradients = copies * (s->background > 0 ? 2 : 1) * ITERATIONS;
    cr_expect(map.samples == copies && map.gradients == gradients, "%s: %zu samples, %zu gradients, expected %zu, %zu",
              name, map.samples, map.gradients, copies, gradients);
    attr_map_free(&map);
    attr_target_free(t);
    attr_target_free(p);
    free(e);
}

Test(relex, is_what_its_formulas_say) {
    float deviation[INPUTS];
    for (int i = 0; i < INPUTS; i++) deviation[i] = 0.2F + 0.1F * (float)(i / 30);
    for (int k = 0; k < NETS; k++) {
        engine_pair n;
        engine_pair_make(&n, nets[k], 4);
        int last = attr_is_detector(n.single) ? ATTR_TARGET_SCORE : ATTR_TARGET_LOG_PROBABILITY;
        for (int q = 0; q <= last; q++) {
            for (int i = 0; i < 8; i++) {
                attr_method_settings s = settings_of(i & 1 ? 0.2 : 0, i & 2 ? 0.7 : 0, i & 4 ? deviation : NULL);
                check(&n, q, &s);
            }
        }
        engine_pair_free(&n);
    }
}

/* ---- The same however it is run */

static uint64_t hash_map(const attr_map *map) {
    const attr_mask_report *r = map->mask;
    double own[] = {r->own.original, r->own.kept, r->own.rest, r->own.area, r->control.kept};
    int winners[] = {r->own.predicted, r->control.predicted, r->control.class_index};
    uint64_t hash = test_hash(0, map->values, map->size * sizeof(double));
    hash = test_hash(hash, r->objective, r->iterations * sizeof *r->objective);
    return test_hash(test_hash(hash, own, sizeof own), winners, sizeof winners);
}

static void hash_run(uint64_t hashes[2], attr_engine *e, const engine_pair *n, const attr_method_settings *s) {
    attr_target *targets[] = {test_target(e, ATTR_TARGET_LOGIT, 0), test_target(e, ATTR_TARGET_PROBABILITY, 3)};
    attr_map maps[2];
    attr_job job = {.engine = e, .x = n->x, .targets = targets, .target_count = 2, .settings = s};
    cr_assert_eq(attr_method_run(maps, &job), ATTR_OK, "%s", attr_error_message());
    for (int t = 0; t < 2; t++) {
        hashes[t] = hash_map(&maps[t]);
        attr_map_free(&maps[t]);
        attr_target_free(targets[t]);
    }
}

Test(relex, gives_the_same_bits_for_every_batch_and_number_of_threads_and_other_targets) {
    engine_pair n;
    engine_pair_make(&n, nets[0], 1);
    for (int background = 0; background < 2; background++) {
        attr_method_settings s = settings_of(0.2, background, NULL);
        uint64_t expected[2], hashes[2];
        s.control = true;
        hash_run(expected, n.single, &n, &s);
        for (int batch = 2; batch <= 7; batch++) {
            attr_engine *e = NULL;
            cr_assert_eq(attr_engine_create(&e, n.net, ATTR_F32, batch, ATTR_KEEP_NEEDED), ATTR_OK);
            omp_set_num_threads(1 + batch % 2);
            hash_run(hashes, e, &n, &s);
            for (int t = 0; t < 2; t++)
                cr_expect_eq(hashes[t], expected[t], "background %d, target %d: batch %d, %d threads", background, t,
                             batch, 1 + batch % 2);
            attr_engine_free(e);
        }
        omp_set_num_threads(1);
        attr_target *alone = test_target(n.single, ATTR_TARGET_PROBABILITY, 3);
        attr_map map = test_map(n.single, n.x, alone, &s);
        cr_expect_eq(hash_map(&map), expected[1], "background %d: alone and with others", background);
        attr_map_free(&map);
        attr_target_free(alone);
    }
    engine_pair_free(&n);
}

Test(relex, has_the_mask_of_another_class_as_control) {
    engine_pair n;
    engine_pair_make(&n, nets[0], 3);
    attr_method_settings s = settings_of(0.2, 1, NULL);
    int seen[4] = {0};
    for (s.seed = 0; s.seed < 12; s.seed++) {
        attr_target *t = test_target(n.single, ATTR_TARGET_LOGIT, 2);
        s.control = true;
        attr_map map = test_map(n.single, n.x, t, &s);
        const attr_retrieval *control = &map.mask->control;
        cr_assert(map.mask->has_control && control->class_index != 2, "seed %llu: class %d", (unsigned long long)s.seed,
                  control->class_index);
        seen[control->class_index]++;
        s.control = false;
        attr_target *other = test_target(n.single, ATTR_TARGET_LOGIT, control->class_index);
        attr_map own = test_map(n.single, n.x, other, &s);
        cr_expect(own.mask->own.kept == control->kept && own.mask->own.rest == control->rest &&
                      own.mask->own.area == control->area && own.mask->own.predicted == control->predicted &&
                      map.gradients == 2 * own.gradients,
                  "seed %llu, class %d: kept %g, as target %g", (unsigned long long)s.seed, control->class_index,
                  control->kept, own.mask->own.kept);
        attr_map_free(&map);
        attr_map_free(&own);
        attr_target_free(t);
        attr_target_free(other);
    }
    cr_expect(seen[0] && seen[1] && seen[3], "controls of classes 0, 1, 3: %d, %d, %d", seen[0], seen[1], seen[3]);
    engine_pair_free(&n);
}

/* ---- Known evidence: class 1 is seen in a patch and nowhere else, class 0 everywhere else */

Test(relex, finds_the_patch_that_shows_the_class) {
    engine_pair n;
    engine_pair_make(&n, "[net] height=10 width=12 channels=3 [connected] output=3 activation=linear [softmax]", 8);
    layer *l = &n.net->layers[0];
    double sums[2] = {0};
    for (size_t i = 0; i < n.inputs; i++) {
        size_t x = i % 12, y = i / 12 % 10;
        bool patch = x >= 4 && x < 8 && y >= 3 && y < 6;
        n.x[i] = 0.9F;
        l->weights[i] = patch ? 0 : 0.02F;
        l->weights[n.inputs + i] = patch ? 0.5F : 0;
        l->weights[2 * n.inputs + i] = 0;
    }
    for (int k = 0; k < 3; k++) l->biases[k] = 0;
    attr_engine_set_parameters(n.single, NULL);
    attr_target *t = test_target(n.single, ATTR_TARGET_LOGIT, 1);
    attr_method_settings s = {.method = ATTR_METHOD_RELEX,
                              .seed = 3,
                              .samples = 8,
                              .sigma = 0.1,
                              .iterations = 50,
                              .mask_rate = 0.1,
                              .momentum = 0.99,
                              .sparsity = 1e-4,
                              .background = 1,
                              .baseline = {.kind = ATTR_BASELINE_BLACK, .region = {3, 10, 12, 0, 0, 12, 10}}};
    attr_map map = test_map(n.single, n.x, t, &s);
    for (size_t i = 0; i < n.inputs; i++) {
        size_t x = i % 12, y = i / 12 % 10;
        bool patch = x >= 4 && x < 8 && y >= 3 && y < 6;
        cr_expect(map.values[i] >= 0 && map.values[i] <= 1, "element %zu is %g", i, map.values[i]);
        sums[patch] += map.values[i];
    }
    double inside = sums[1] / 36, outside = sums[0] / (double)(n.inputs - 36);
    cr_expect(inside > 0.9 && outside < 0.01, "mean of the mask: %g on the patch, %g elsewhere", inside, outside);
    cr_expect(map.mask->own.retrieved && map.mask->own.kept > 0.99 && map.mask->own.rest < 0.01,
              "kept %g, rest %g, predicted %d", map.mask->own.kept, map.mask->own.rest, map.mask->own.predicted);
    attr_map_free(&map);
    attr_target_free(t);
    engine_pair_free(&n);
}

/* ---- Limits and failures */

Test(relex, stays_finite_where_probabilities_are_not_to_be_told_from_0_and_1) {
    engine_pair n;
    engine_pair_make(&n, "[net] height=2 width=3 channels=1 [connected] output=3 activation=linear [softmax]", 3);
    for (int sign = -1; sign <= 1; sign += 2) {
        n.net->layers[0].biases[1] = (float)sign * 1000;
        attr_engine_set_parameters(n.single, NULL);
        for (int c = 0; c < 3; c++) {
            attr_target *t = test_target(n.single, ATTR_TARGET_LOGIT, c);
            attr_method_settings s = settings_of(0.2, 1, NULL);
            s.baseline.region = (attr_region){1, 2, 3, 0, 0, 3, 2};
            attr_map map = test_map(n.single, n.x, t, &s);
            for (size_t i = 0; i < n.inputs; i++)
                cr_expect(map.values[i] >= 0 && map.values[i] <= 1, "bias %d, class %d: %g", sign * 1000, c,
                          map.values[i]);
            for (int i = 0; i < ITERATIONS; i++) {
                const attr_objective *o = &map.mask->objective[i];
                cr_expect(isfinite(o->foreground) && isfinite(o->background) && isfinite(o->sparsity),
                          "bias %d, class %d: objective %g %g %g", sign * 1000, c, o->foreground, o->background,
                          o->sparsity);
            }
            attr_map_free(&map);
            attr_target_free(t);
        }
    }
    engine_pair_free(&n);
}

static int stop_at_third(void *context, size_t done, size_t all) {
    int *calls = context;
    cr_expect(done <= all, "%zu of %zu", done, all);
    return ++*calls == 3;
}

Test(relex, stops_when_told_and_leaves_the_network_as_it_was) {
    engine_pair n;
    engine_pair_make(&n, nets[0], 2);
    uint64_t before = attr_parameters_checksum(n.net);
    attr_method_settings s = settings_of(0.2, 1, NULL);
    attr_target *t = test_target(n.single, ATTR_TARGET_LOGIT, 1);
    int calls = 0;
    attr_map map;
    attr_job job = {n.single, n.x, &t, 1, &s, stop_at_third, &calls, false};
    cr_expect_eq(attr_method_run(&map, &job), ATTR_INTERRUPTED);
    cr_expect_eq(calls, 3);
    attr_map_free(&map);
    cr_expect_eq(attr_parameters_checksum(n.net), before, "after an interruption");
    map = test_map(n.single, n.x, t, &s);
    attr_map_free(&map);
    cr_expect_eq(attr_parameters_checksum(n.net), before, "after a run");
    attr_target_free(t);
    engine_pair_free(&n);
}

Test(relex, refuses_a_network_without_probabilities_and_a_control_without_another_class) {
    static const struct {
        const char *cfg, *message;
    } rows[] = {
        {"[net] height=2 width=3 channels=1 [connected] output=3 activation=linear",
         "method=relex needs probabilities: a network that ends in [softmax] or [logistic], or a detector; this one "
         "ends in [connected]"},
        {"[net] height=2 width=3 channels=1 [connected] output=1 activation=linear [logistic]",
         "the network has no other class to compare with"},
    };
    for (int i = 0; i < 2; i++) {
        engine_pair n;
        engine_pair_make(&n, rows[i].cfg, 2);
        attr_method_settings s = settings_of(0.2, 1, NULL);
        attr_target *t = test_target(n.single, ATTR_TARGET_AUTO, 0);
        attr_map map;
        attr_job job = {.engine = n.single, .x = n.x, .targets = &t, .target_count = 1, .settings = &s};
        s.baseline.region = (attr_region){1, 2, 3, 0, 0, 3, 2};
        s.control = true;
        cr_expect_eq(attr_method_run(&map, &job), ATTR_BAD_INPUT);
        cr_expect_str_eq(attr_error_message(), rows[i].message);
        attr_map_free(&map);
        attr_target_free(t);
        engine_pair_free(&n);
    }
}
