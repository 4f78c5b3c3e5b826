/* The search for the noise that costs a part of the accuracy: on known curves, and on a real network's. */
#include "metrics/accuracy_drop.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "engine_pair.h"
#include "model/parameters.h"
#include "session/validation.h"
#include "targets/classes.h"

/* ---- Known curves: accuracy = clean - fall * (sigma / scale)^power, and each clone's own deviation of that sigma */

typedef struct {
    double clean, chance, scale, power, noise, goal;
    int clones, calls, told;
    attr_status failure; /* of the third call */
} known_curve;

static double shape(const known_curve *k, double sigma) {
    return exp(-pow(sigma / k->scale, k->power));
}

static attr_status accuracies(void *context, double *out, double sigma) {
    known_curve *k = context;
    if (++k->calls == 3 && k->failure != ATTR_OK) return attr_fail(k->failure, "the third");
    for (int i = 0; i < k->clones; i++) {
        float z;
        attr_random random = {7, ATTR_STREAM_CHECK, 0, (uint64_t)i};
        attr_random_normal(&z, &random, 0, 1);
        out[i] = k->chance + (k->clean - k->chance) * shape(k, sigma * (1 + k->noise * z));
    }
    return ATTR_OK;
}

static void count_told(void *context, const attr_drop_point *point) {
    known_curve *k = context;
    k->told++;
    cr_expect(isfinite(point->drop), "sigma %g: drop %g", point->sigma, point->drop);
}

static attr_drop_search search_of(known_curve *k) {
    return (attr_drop_search){.clones = k->clones,
                              .chance = k->chance,
                              .goal = k->goal,
                              .accuracies = accuracies,
                              .tell = count_told,
                              .context = k};
}

/* Where a curve without noise reaches the goal. */
static double true_sigma(const known_curve *k) {
    return k->scale * pow(-log(1 - k->goal), 1 / k->power);
}

static void describe(char out[256], const known_curve *k) {
    snprintf(out, 256, "clean %g, chance %g, scale %g, power %g, noise %g, goal %g, %d clones", k->clean, k->chance,
             k->scale, k->power, k->noise, k->goal, k->clones);
}

Test(accuracy_drop, is_relative_to_chance) {
    static const double cases[][4] = {/* accuracy, clean, chance, drop */
                                      {.9, .9, .1, 0},    {.1, .9, .1, 1},    {.5, .9, .1, .5},  {.86, .9, .1, .05},
                                      {1, .9, .1, -.125}, {0, .9, .1, 1.125}, {.57, .6, 0, .05}, {.6, .6, 0, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const double *c = cases[i], drop = attr_accuracy_drop(c[0], c[1], c[2]);
        cr_expect_float_eq(drop, c[3], 1e-12, "accuracy %g, clean %g, chance %g: %.15g, not %g", c[0], c[1], c[2], drop,
                           c[3]);
    }
}

Test(accuracy_drop, mean_and_standard_error) {
    double mean, error;
    attr_mean_and_error(&mean, &error, (const double[]){1, 2, 3, 6}, 4);
    cr_expect_float_eq(mean, 3, 1e-15);
    cr_expect_float_eq(error, sqrt(14. / 3 / 4), 1e-15); /* (4 + 1 + 0 + 9) / (4 - 1), over 4 */
    attr_mean_and_error(&mean, &error, (const double[]){5, 5}, 2);
    cr_expect(mean == 5 && error == 0, "%g +- %g", mean, error);
    attr_mean_and_error(&mean, &error, (const double[]){5}, 1);
    cr_expect(mean == 5 && isnan(error), "%g +- %g", mean, error);
}

Test(accuracy_drop, finds_where_a_known_curve_falls) {
    static const double scales[] = {.01, .3, 1, 2.5}, powers[] = {1, 2, 4}, goals[] = {.05, .2, .5};
    for (size_t s = 0; s < 4; s++)
        for (size_t p = 0; p < 3; p++)
            for (size_t g = 0; g < 3; g++) {
                char what[256];
                known_curve k = {.9, .1, scales[s], powers[p], 0, goals[g], 3, 0, 0, ATTR_OK};
                attr_drop_search search = search_of(&k);
                attr_drop_curve curve;
                describe(what, &k);
                cr_assert_eq(attr_drop_find(&curve, &search), ATTR_OK, "%s: %s", what, attr_error_message());
                cr_assert(curve.chosen, "%s", what);
                double expected = true_sigma(&k);
                cr_expect_leq(fabs(curve.chosen->sigma - expected), .01 * expected, "%s: %g, not %g", what,
                              curve.chosen->sigma, expected);
                cr_expect_eq(curve.points[0].sigma, 0);
                cr_expect_eq(curve.points[0].drop, 0);
                cr_expect_eq(k.told, curve.count, "%s: %d told, %d points", what, k.told, curve.count);
                cr_expect_eq(k.calls, curve.count, "%s: a sigma was measured twice", what);
                for (int i = 1; i < curve.count; i++)
                    cr_expect_lt(curve.points[i - 1].sigma, curve.points[i].sigma, "%s: point %d", what, i);
                attr_drop_curve_free(&curve);
            }
}

Test(accuracy_drop, tells_how_sure_it_is_of_a_noisy_curve) {
    for (double noise = .02; noise < .3; noise *= 2) {
        char what[256];
        known_curve k = {.8, 0, .4, 2, noise, .05, 10, 0, 0, ATTR_OK};
        attr_drop_search search = search_of(&k);
        attr_drop_curve curve;
        describe(what, &k);
        cr_assert_eq(attr_drop_find(&curve, &search), ATTR_OK, "%s: %s", what, attr_error_message());
        cr_assert(curve.chosen, "%s", what);
        double off = fabs(curve.chosen->sigma - true_sigma(&k)), error = curve.sigma_error;
        /* the clones' sigmas deviate by `noise`, so their mean by noise over the root of 10 */
        double expected = noise * true_sigma(&k) / sqrt(10);
        cr_expect(error > expected / 3 && error < expected * 3, "%s: error %g, expected about %g", what, error,
                  expected);
        cr_expect_leq(off, 4 * error, "%s: %g off, error %g", what, off, error);
        attr_drop_curve_free(&curve);
    }
}

/* The search stops when the drop is within a tenth of its error, however wide the interval is. */
Test(accuracy_drop, does_not_search_below_its_own_error) {
    known_curve exact = {.8, 0, .4, 2, 0, .05, 10, 0, 0, ATTR_OK}, noisy = exact;
    noisy.noise = .4;
    attr_drop_search one = search_of(&exact), other = search_of(&noisy);
    attr_drop_curve curve;
    cr_assert_eq(attr_drop_find(&curve, &one), ATTR_OK);
    attr_drop_curve_free(&curve);
    cr_assert_eq(attr_drop_find(&curve, &other), ATTR_OK);
    cr_expect_lt(noisy.calls, exact.calls, "%d evaluations with noise, %d without", noisy.calls, exact.calls);
    cr_expect_leq(fabs(curve.chosen->drop - .05), curve.chosen->drop_error / 10, "drop %g +- %g", curve.chosen->drop,
                  curve.chosen->drop_error);
    attr_drop_curve_free(&curve);
}

Test(accuracy_drop, the_grid_adds_points_and_changes_nothing_else) {
    static const double grid[] = {0, .05, .1, .5, 1};
    known_curve k = {.9, .1, .3, 2, .1, .05, 5, 0, 0, ATTR_OK}, again = k;
    attr_drop_search plain = search_of(&k), with_grid = search_of(&again);
    attr_drop_curve without, with;
    with_grid.grid = grid;
    with_grid.grid_count = 5;
    cr_assert_eq(attr_drop_find(&without, &plain), ATTR_OK);
    cr_assert_eq(attr_drop_find(&with, &with_grid), ATTR_OK);
    cr_expect_eq(with.chosen->sigma, without.chosen->sigma);
    cr_expect_eq(with.sigma_error, without.sigma_error, "%g, not %g", with.sigma_error, without.sigma_error);
    cr_expect_eq(with.count, without.count + 2, "%d and %d points: 0, .5 and 1 are on both", with.count, without.count);
    cr_expect_eq(again.calls, with.count);
    attr_drop_curve_free(&without);
    attr_drop_curve_free(&with);
}

Test(accuracy_drop, where_there_is_nothing_to_find) {
    attr_drop_curve curve;
    known_curve robust = {.9, .1, 1000, 2, 0, .05, 2, 0, 0, ATTR_OK};
    attr_drop_search search = search_of(&robust);
    cr_assert_eq(attr_drop_find(&curve, &search), ATTR_OK, "%s", attr_error_message());
    cr_expect_null(curve.chosen);
    cr_expect(isnan(curve.sigma_error) && curve.count == 4 && curve.points[3].sigma == 4, "%d points", curve.count);
    attr_drop_curve_free(&curve);

    known_curve fragile = {.9, .1, 1e-30, 1, 0, .05, 2, 0, 0, ATTR_OK}; /* a jump at 0 */
    search = search_of(&fragile);
    cr_assert_eq(attr_drop_find(&curve, &search), ATTR_OK, "%s", attr_error_message());
    cr_assert(curve.chosen);
    cr_expect_leq(curve.chosen->sigma, 1e-6, "%g", curve.chosen->sigma);
    attr_drop_curve_free(&curve);

    known_curve useless = {.1, .1, 1, 1, 0, .05, 2, 0, 0, ATTR_OK};
    search = search_of(&useless);
    cr_expect_eq(attr_drop_find(&curve, &search), ATTR_NUMERIC);
    cr_expect_str_eq(attr_error_message(), "the network's accuracy is 0.1, no better than chance (0.1)");
    attr_drop_curve_free(&curve);

    known_curve broken = {.9, .1, 1, 1, 0, .05, 2, 0, 0, ATTR_INTERRUPTED};
    search = search_of(&broken);
    cr_expect_eq(attr_drop_find(&curve, &search), ATTR_INTERRUPTED);
    cr_expect_eq(broken.calls, 3);
    attr_drop_curve_free(&curve);
}

/* ---- A network of this project */

enum { clones = 3, fashion_pictures = 10 };

static void add_fashion(attr_validation *v, bool with_labels) {
    static const char *const names[fashion_pictures] = {"0_t-shirt", "1_trouser",   "2_pullover", "3_dress",
                                                        "4_coat",    "5_sandal",    "6_shirt",    "7_sneaker",
                                                        "8_bag",     "9_ankle-boot"};
    for (int i = 0; i < fashion_pictures; i++) {
        char path[128];
        attr_truth truth;
        snprintf(path, sizeof path, "cfg/fashion-pictures/%s.png", names[i]);
        cr_assert_eq(attr_truth_find(&truth, v->session, with_labels ? (char *const *)names : NULL, path), ATTR_OK);
        cr_expect_eq(truth.known, with_labels, "%s", path);
        cr_expect_eq(truth.class_index, with_labels ? i : -1, "%s: class %d", path, truth.class_index);
        cr_assert_eq(attr_validation_add(v, path, &truth), ATTR_OK, "%s", attr_error_message());
    }
}

static attr_session *open_fashion(const char *batch, const char *threads) {
    attr_session *s;
    cr_assert_eq(attr_open(&s, "cfg/fashion.data", "cfg/fashion.cfg", "cfg/fashion.weights"), ATTR_OK, "%s",
                 attr_error_message());
    cr_assert_eq(attr_set(s, "batch", batch), ATTR_OK);
    cr_assert_eq(attr_set(s, "threads", threads), ATTR_OK);
    return s;
}

Test(accuracy_drop, a_networks_curve_is_the_same_for_any_batch_and_threads) {
    static const char *const runs[][2] = {{"1", "1"}, {"3", "1"}, {"10", "2"}, {"auto", "3"}};
    static const double sigmas[] = {0, .125, .25, .5};
    double expected[4][clones];
    for (size_t r = 0; r < sizeof runs / sizeof *runs; r++) {
        attr_session *s = open_fashion(runs[r][0], runs[r][1]);
        attr_validation v = {.session = s, .clones = clones};
        uint64_t checksum = attr_parameters_checksum(s->model->net);
        add_fashion(&v, true);
        cr_assert_eq(attr_validation_begin(&v), ATTR_OK, "%s", attr_error_message());
        cr_expect_eq(attr_validation_chance(&v), .1);
        for (int i = 3; i >= 0; i--) { /* no sigma leaves a trace in the next */
            double found[clones];
            cr_assert_eq(attr_validation_accuracies(found, &v, sigmas[i]), ATTR_OK, "%s", attr_error_message());
            if (r == 0) memcpy(expected[i], found, sizeof found);
            for (int k = 0; k < clones; k++)
                cr_expect_eq(found[k], expected[i][k], "batch %s, %s threads, sigma %g, clone %d: %g, not %g",
                             runs[r][0], runs[r][1], sigmas[i], k, found[k], expected[i][k]);
        }
        cr_expect_eq(attr_parameters_checksum(s->model->net), checksum);
        attr_validation_free(&v);
        attr_close(s);
    }
    for (int k = 0; k < clones; k++) {
        cr_expect_eq(expected[0][k], 1, "the network knows its pictures");
        cr_expect_lt(expected[3][k], .6, "and much less of them with sigma .5: %g", expected[3][k]);
    }
}

Test(accuracy_drop, without_labels_the_network_agrees_with_itself) {
    attr_session *s = open_fashion("4", "1");
    attr_validation v = {.session = s, .clones = clones, .agreement = true};
    double found[clones];
    add_fashion(&v, false);
    cr_assert_eq(attr_validation_begin(&v), ATTR_OK, "%s", attr_error_message());
    cr_assert_eq(attr_validation_accuracies(found, &v, 0), ATTR_OK);
    for (int k = 0; k < clones; k++) cr_expect_eq(found[k], 1);
    attr_validation_free(&v);
    attr_close(s);
}

static int stop_at_once(void *context, size_t done, size_t all) {
    *(size_t *)context = all;
    return done > 0;
}

Test(accuracy_drop, stops_when_asked_to_and_needs_pictures) {
    size_t all = 0;
    attr_session *s = open_fashion("4", "1");
    attr_validation v = {.session = s, .clones = clones, .progress = stop_at_once, .context = &all};
    double found[clones];
    cr_expect_eq(attr_validation_begin(&v), ATTR_BAD_INPUT);
    add_fashion(&v, true);
    cr_assert_eq(attr_validation_begin(&v), ATTR_OK, "%s", attr_error_message());
    cr_expect_eq(attr_validation_accuracies(found, &v, .1), ATTR_INTERRUPTED);
    cr_expect_eq(all, clones * fashion_pictures, "%zu", all);
    attr_validation_free(&v);
    attr_close(s);
}

Test(accuracy_drop, the_best_class_is_the_first_of_equals) {
    cr_expect_eq(attr_best_class((const double[]){.1, .4, .4, .1}, 4), 1);
    cr_expect_eq(attr_best_class((const double[]){-3, -2, -5}, 3), 1);
    cr_expect_eq(attr_best_class((const double[]){.1, NAN, .4}, 3), -1);
    cr_expect_eq(attr_best_class((const double[]){.1, INFINITY}, 2), -1);
    cr_expect_eq(attr_best_class(NULL, 0), -1);
}
