/* How methods run: the same bits however the work is cut, several targets at once, progress and interruption, numbers
 * that are not finite. */
#include <criterion/criterion.h>
#include <math.h>
#include <omp.h>
#include <string.h>

#include "engine_pair.h"
#include "model/parameters.h"

static const char *const net =
    "[net] height=12 width=10 channels=3 [convolutional] filters=8 size=3 pad=1 batch_normalize=1 activation=leaky "
    "[maxpool] size=2 stride=2 [convolutional] filters=12 size=3 activation=relu [connected] output=5 "
    "activation=linear [softmax]";
enum { TARGETS = 3 };

#define REGION                                                                                                         \
    { 3, 12, 10, 1, 2, 8, 9 }

#define PATH          .baseline = {.kind = ATTR_BASELINE_BLUR, .region = REGION, .count = 1, .blur = 0.2}
#define PATH_OF_THREE .baseline = {.kind = ATTR_BASELINE_NOISE, .region = REGION, .count = 3}
#define NOISE         .weight_noise = {.sigma = 0.1f, .noise = ATTR_NOISE_MULTIPLICATIVE}

static const int first_layer[] = {0};

/* A further method is a row here. */
static const attr_method_settings methods[] = {
    {.method = ATTR_METHOD_GRADIENT},
    {.method = ATTR_METHOD_GRADIENT_X_INPUT},
    {.method = ATTR_METHOD_INTEGRATED_GRADIENTS,
     .seed = 3,
     .steps = 7,
     .rule = ATTR_RULE_GAUSS,
     .baseline = {.kind = ATTR_BASELINE_NOISE, .region = REGION, .count = 3}},
    {.method = ATTR_METHOD_INTEGRATED_GRADIENTS,
     .max_steps = 32,
     .tolerance = 1e-6,
     .rule = ATTR_RULE_TRAPEZOID,
     .baseline = {.kind = ATTR_BASELINE_BLUR, .region = REGION, .count = 1, .blur = 0.2}},
    {.method = ATTR_METHOD_SMOOTHGRAD, .seed = 3, .samples = 11, .sigma = 0.1, .reduction = ATTR_REDUCE_MEAN},
    {.method = ATTR_METHOD_SMOOTHGRAD,
     .seed = 3,
     .samples = 14,
     .sigma = 0.1,
     .antithetic = 1,
     .reduction = ATTR_REDUCE_MEAN},
    {.method = ATTR_METHOD_SMOOTHGRAD, .seed = 3, .samples = 11, .sigma = 0.1, .reduction = ATTR_REDUCE_SQUARE},
    {.method = ATTR_METHOD_SMOOTHGRAD, .seed = 3, .samples = 11, .sigma = 0.1, .reduction = ATTR_REDUCE_VARIANCE},
    {.method = ATTR_METHOD_SMOOTHGRAD_SQUARED, .seed = 3, .samples = 11, .sigma = 0.1},
    {.method = ATTR_METHOD_VARGRAD, .seed = 3, .samples = 11, .sigma = 0.1},
    {.method = ATTR_METHOD_SMOOTHED_IG, .seed = 3, .samples = 3, .sigma = 0.1, .steps = 5, PATH},
    {.method = ATTR_METHOD_SMOOTHTAYLOR, .seed = 3, .roots = 11, .root_sigma = 0.1},
    {.method = ATTR_METHOD_IG_MAX, .seed = 3, .steps = 7, PATH},
    {.method = ATTR_METHOD_IG_MAX, .seed = 3, .steps = 4, PATH_OF_THREE, .maximum = ATTR_MAXIMUM_MAGNITUDE},
    {.method = ATTR_METHOD_GGIG, .seed = 3, .steps = 4, .ascent_steps = 4, .ascent_rate = 0.1, PATH},
    {.method = ATTR_METHOD_GGIG,
     .seed = 3,
     .steps = 4,
     .ascent_steps = 4,
     .ascent_rate = 0.1,
     PATH_OF_THREE,
     .unscaled = true,
     .maximum = ATTR_MAXIMUM_TRAPEZOID},
    {.method = ATTR_METHOD_GDA, .ascent_steps = 4, .ascent_rate = 0.1},
    {.method = ATTR_METHOD_NOISEGRAD, .seed = 3, .clones = 4, NOISE, .magnitudes = true},
    {.method = ATTR_METHOD_NOISEGRAD,
     .base = ATTR_METHOD_GGIG,
     .seed = 3,
     .clones = 3,
     .steps = 3,
     .ascent_steps = 3,
     .ascent_rate = 0.1,
     NOISE,
     PATH},
    {.method = ATTR_METHOD_FUSIONGRAD, .seed = 3, .clones = 3, .samples = 6, .sigma = 0.1, .antithetic = true, NOISE},
    {.method = ATTR_METHOD_FUSIONGRAD,
     .base = ATTR_METHOD_SMOOTHTAYLOR,
     .seed = 3,
     .clones = 2,
     .samples = 3,
     .sigma = 0.1,
     .roots = 3,
     .root_sigma = 0.2,
     NOISE},
    {.method = ATTR_METHOD_SMOOTHGRAD, .seed = 3, .samples = 64, .sigma = 0.3, .error_tolerance = 0.192},
    {.method = ATTR_METHOD_SMOOTHGRAD,
     .seed = 3,
     .samples = 64,
     .sigma = 0.3,
     .error_tolerance = 0.15,
     .error_side = 4},
    {.method = ATTR_METHOD_SMOOTHTAYLOR, .seed = 3, .roots = 300, .root_sigma = 0.5, .error_tolerance = 0.5},
    {.method = ATTR_METHOD_NOISEGRAD, .seed = 3, .clones = 64, .error_tolerance = 0.12, NOISE},
    {.method = ATTR_METHOD_FUSIONGRAD,
     .base = ATTR_METHOD_GDA,
     .seed = 3,
     .clones = 64,
     .samples = 3,
     .sigma = 0.1,
     .ascent_steps = 3,
     .ascent_rate = 0.1,
     .error_tolerance = 0.12,
     NOISE},
    {.method = ATTR_METHOD_GRADCAM},
    {.method = ATTR_METHOD_GRADCAM_PP, .layers = first_layer, .layer_count = 1},
    {.method = ATTR_METHOD_LAYERCAM},
    {.method = ATTR_METHOD_GRADIENT_X_ACTIVATION, .layers = first_layer, .layer_count = 1},
};
enum { METHODS = sizeof methods / sizeof *methods };

static void make_targets(attr_target **targets, attr_engine *e) {
    targets[0] = test_target(e, ATTR_TARGET_LOGIT, 0);
    targets[1] = test_target(e, ATTR_TARGET_PROBABILITY, 1);
    targets[2] = test_target(e, ATTR_TARGET_LOG_PROBABILITY, 4);
}

static attr_status run(attr_map *maps, attr_engine *e, const float *x, const attr_method_settings *s,
                       attr_progress progress, void *context) {
    attr_target *targets[TARGETS];
    make_targets(targets, e);
    attr_job job = {e, x, targets, TARGETS, s, progress, context};
    attr_status status = attr_method_run(maps, &job);
    for (int t = 0; t < TARGETS; t++) attr_target_free(targets[t]);
    return status;
}

static void free_maps(attr_map *maps) {
    for (int t = 0; t < TARGETS; t++) attr_map_free(&maps[t]);
}

static void hash_array(uint64_t *hash, const double *values, size_t n) {
    if (values) *hash = test_hash(*hash, values, n * sizeof *values);
}

/* Everything that a map says, the bits of its figures included. */
static uint64_t hash_map(const attr_map *map) {
    double figures[4 + ATTR_POOLS] = {map->target, map->relative_error, map->baseline_target, map->completeness_gap};
    size_t counts[] = {map->gradients, map->steps, map->samples, (size_t)map->converged};
    memcpy(figures + 4, map->pooled_error, sizeof map->pooled_error);
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
        if (isnan(figures[i])) figures[i] = NAN;
    uint64_t hash = test_hash(0, map->values, map->size * sizeof(double));
    hash_array(&hash, map->standard_error, map->size);
    hash_array(&hash, map->half, map->size);
    hash_array(&hash, map->plane_error[0], (size_t)map->shape.height * map->shape.width);
    return test_hash(test_hash(hash, figures, sizeof figures), counts, sizeof counts);
}

static void hash_run(uint64_t hashes[TARGETS], attr_engine *e, const float *x, const attr_method_settings *s) {
    attr_map maps[TARGETS];
    cr_assert_eq(run(maps, e, x, s, NULL, NULL), ATTR_OK, "%s", attr_error_message());
    for (int t = 0; t < TARGETS; t++) hashes[t] = hash_map(&maps[t]);
    free_maps(maps);
}

Test(methods, give_the_same_bits_for_every_batch_and_number_of_threads) {
    engine_pair n;
    attr_keep keep = {.layers = test_every_layer()};
    engine_pair_make(&n, net, 1);
    for (int m = 0; m < METHODS; m++) {
        uint64_t expected[TARGETS], hashes[TARGETS];
        hash_run(expected, n.single, n.x, &methods[m]);
        for (int batch = 2; batch <= 5; batch++) {
            attr_engine *e = NULL;
            cr_assert_eq(attr_engine_create(&e, n.net, ATTR_F32, batch, keep), ATTR_OK, "%s", attr_error_message());
            omp_set_num_threads(1 + batch % 2);
            hash_run(hashes, e, n.x, &methods[m]);
            for (int t = 0; t < TARGETS; t++)
                cr_expect_eq(hashes[t], expected[t], "row %d, target %d: batch 1 and 1 thread, batch %d and %d threads",
                             m, t, batch, 1 + batch % 2);
            attr_engine_free(e);
        }
        omp_set_num_threads(1);
    }
    engine_pair_free(&n);
}

static void hash_after_forward(uint64_t hashes[TARGETS], attr_engine *e, const float *seen, const float *x,
                               const attr_method_settings *s) {
    attr_target *targets[TARGETS];
    attr_map maps[TARGETS];
    make_targets(targets, e);
    attr_job job = {.engine = e, .x = x, .targets = targets, .target_count = TARGETS, .settings = s};
    job.forward_done = true;
    attr_engine_set_input_f32(e, 0, seen);
    attr_engine_forward(e, 1);
    cr_assert_eq(attr_method_run(maps, &job), ATTR_OK, "%s", attr_error_message());
    for (int t = 0; t < TARGETS; t++) {
        hashes[t] = hash_map(&maps[t]);
        attr_target_free(targets[t]);
    }
    free_maps(maps);
}

Test(methods, do_not_repeat_a_forward_that_was_made) {
    engine_pair n;
    attr_keep keep = {.layers = test_every_layer()};
    engine_pair_make(&n, net, 4);
    attr_engine *e = NULL;
    float other[3 * 12 * 10];
    cr_assert_eq(attr_engine_create(&e, n.net, ATTR_F32, 3, keep), ATTR_OK);
    for (size_t i = 0; i < sizeof other / sizeof *other; i++) other[i] = 1 - n.x[i];
    for (int m = 0; m < METHODS; m++) {
        uint64_t expected[TARGETS], hashes[TARGETS];
        hash_run(expected, e, n.x, &methods[m]);
        hash_after_forward(hashes, e, n.x, n.x, &methods[m]);
        for (int t = 0; t < TARGETS; t++) cr_expect_eq(hashes[t], expected[t], "row %d, target %d", m, t);
        hash_after_forward(hashes, e, other, n.x, &methods[m]);
        for (int t = 0; t < TARGETS; t++) cr_expect_neq(hashes[t], expected[t], "row %d, target %d: made again", m, t);
    }
    attr_engine_free(e);
    engine_pair_free(&n);
}

Test(methods, give_each_target_the_map_it_has_alone) {
    engine_pair n;
    engine_pair_make(&n, net, 4);
    for (int m = 0; m < METHODS; m++) {
        uint64_t together[TARGETS];
        hash_run(together, n.single, n.x, &methods[m]);
        attr_target *targets[TARGETS];
        make_targets(targets, n.single);
        for (int t = 0; t < TARGETS; t++) {
            attr_map map = test_map(n.single, n.x, targets[t], &methods[m]);
            cr_expect_eq(hash_map(&map), together[t], "row %d, target %d: alone and with others", m, t);
            attr_map_free(&map);
            attr_target_free(targets[t]);
        }
    }
    engine_pair_free(&n);
}

Test(methods, stop_refining_each_target_when_it_has_converged) {
    engine_pair n;
    engine_pair_make(&n, net, 4);
    attr_method_settings s = methods[3];
    s.max_steps = 1024;
    s.tolerance = 0.002;
    attr_map maps[TARGETS];
    cr_assert_eq(run(maps, n.single, n.x, &s, NULL, NULL), ATTR_OK, "%s", attr_error_message());
    for (int t = 0; t < TARGETS; t++)
        cr_expect(maps[t].converged && maps[t].gradients == 2 * maps[t].steps - 16,
                  "target %d: converged %d, %zu steps, %zu gradients", t, maps[t].converged, maps[t].steps,
                  maps[t].gradients);
    cr_expect(maps[0].steps != maps[1].steps || maps[1].steps != maps[2].steps, "all took %zu steps", maps[0].steps);
    attr_target *targets[TARGETS];
    make_targets(targets, n.single);
    for (int t = 0; t < TARGETS; t++) {
        attr_map alone = test_map(n.single, n.x, targets[t], &s);
        cr_expect_eq(hash_map(&alone), hash_map(&maps[t]), "target %d: alone and with others", t);
        attr_map_free(&alone);
        attr_target_free(targets[t]);
    }
    free_maps(maps);
    engine_pair_free(&n);
}

/* ---- As many samples as the tolerance needs */

static void check_tolerance(const engine_pair *n, int m) {
    attr_map maps[TARGETS];
    attr_method_settings s = methods[m], fixed;
    bool counts_clones = s.clones > 0;
    int side = s.error_side ? s.error_side : 1;
    size_t most = counts_clones ? s.clones : s.roots ? s.roots : s.samples, seen = 0;
    cr_assert_eq(run(maps, n->single, n->x, &s, NULL, NULL), ATTR_OK, "%s", attr_error_message());
    attr_target *targets[TARGETS];
    make_targets(targets, n->single);
    for (int t = 0; t < TARGETS; t++) {
        const attr_map *map = &maps[t];
        cr_expect(map->converged == (attr_map_error(map, side) <= s.error_tolerance) &&
                      (map->converged ? map->samples % 8 == 0 : map->samples == most),
                  "row %d, target %d: converged %d, error %g, tolerance %g, %zu samples of %zu", m, t, map->converged,
                  attr_map_error(map, side), s.error_tolerance, map->samples, most);
        fixed = s; /* so many and no tolerance: the same map */
        fixed.error_tolerance = 0;
        *(counts_clones ? &fixed.clones : s.roots ? &fixed.roots : &fixed.samples) = map->samples;
        attr_map again = test_map(n->single, n->x, targets[t], &fixed);
        again.converged = map->converged;
        cr_expect_eq(hash_map(&again), hash_map(map), "row %d, target %d: alone, %zu samples", m, t, map->samples);
        attr_map_free(&again);
        if (map->samples > 8) { /* fewer would not have done */
            *(counts_clones ? &fixed.clones : s.roots ? &fixed.roots : &fixed.samples) = map->samples - 8;
            again = test_map(n->single, n->x, targets[t], &fixed);
            cr_expect(attr_map_error(&again, side) > s.error_tolerance,
                      "row %d, target %d: %zu samples have an error of %g", m, t, again.samples,
                      attr_map_error(&again, side));
            attr_map_free(&again);
        }
        if (map->converged && map->samples < most) seen++;
        attr_target_free(targets[t]);
    }
    cr_expect(seen > 0, "row %d: no target stopped early", m);
    cr_expect(maps[0].samples != maps[1].samples || maps[1].samples != maps[2].samples,
              "row %d: all targets took %zu samples", m, maps[0].samples);
    free_maps(maps);
}

Test(methods, take_samples_until_each_target_has_the_error_asked_for) {
    engine_pair n;
    engine_pair_make(&n, net, 5);
    for (int m = 0; m < METHODS; m++)
        if (methods[m].error_tolerance > 0) check_tolerance(&n, m);
    engine_pair_free(&n);
}

Test(methods, say_that_the_error_was_not_reached) {
    engine_pair n;
    engine_pair_make(&n, net, 3);
    for (int m = 0; m < METHODS; m++) {
        attr_method_settings s = methods[m];
        if (s.error_tolerance == 0) continue;
        s.error_tolerance = 1e-6;
        s.samples = s.samples ? 10 : 0;
        s.roots = s.roots ? 10 : 0;
        s.clones = s.clones ? 10 : 0;
        attr_map maps[TARGETS];
        cr_assert_eq(run(maps, n.single, n.x, &s, NULL, NULL), ATTR_OK, "%s", attr_error_message());
        for (int t = 0; t < TARGETS; t++)
            cr_expect(!maps[t].converged && maps[t].samples == 10, "row %d, target %d: converged %d, %zu samples", m, t,
                      maps[t].converged, maps[t].samples);
        free_maps(maps);
    }
    engine_pair_free(&n);
}

/* A variance has no error that could be small enough. */
Test(methods, take_all_samples_of_a_variance) {
    engine_pair n;
    engine_pair_make(&n, net, 4);
    attr_method_settings s = {.method = ATTR_METHOD_VARGRAD, .seed = 3, .samples = 19, .sigma = 0.1};
    s.error_tolerance = 10;
    attr_map maps[TARGETS];
    cr_assert_eq(run(maps, n.single, n.x, &s, NULL, NULL), ATTR_OK, "%s", attr_error_message());
    for (int t = 0; t < TARGETS; t++)
        cr_expect(maps[t].samples == 19 && !maps[t].converged, "target %d: %zu samples, converged %d", t,
                  maps[t].samples, maps[t].converged);
    free_maps(maps);
    engine_pair_free(&n);
}

/* ---- Progress */

typedef struct {
    size_t done[512], all[512];
    int calls, stop_at;
} record;

static int note(void *context, size_t done, size_t all) {
    record *r = context;
    cr_assert_lt(r->calls, 512);
    r->done[r->calls] = done;
    r->all[r->calls] = all;
    return ++r->calls == r->stop_at;
}

Test(methods, report_progress_after_each_batch) {
    engine_pair n;
    engine_pair_make(&n, net, 4);
    static const size_t done[] = {4, 8, 11};
    record r = {0};
    attr_map maps[TARGETS];
    cr_assert_eq(run(maps, n.single, n.x, &methods[4], note, &r), ATTR_OK, "%s", attr_error_message());
    free_maps(maps);
    cr_expect_eq(r.calls, 3, "%d calls for 11 points in batches of 4", r.calls);
    for (int i = 0; i < 3; i++)
        cr_expect(r.done[i] == done[i] && r.all[i] == 11, "call %d: %zu of %zu", i, r.done[i], r.all[i]);
    engine_pair_free(&n);
}

Test(methods, stop_when_the_progress_callback_says_so) {
    engine_pair n;
    engine_pair_make(&n, net, 4);
    uint64_t own[TARGETS], after[TARGETS], parameters = attr_parameters_checksum(n.net);
    hash_run(own, n.single, n.x, &methods[0]);
    for (int m = 0; m < METHODS; m++) {
        record whole = {0};
        attr_map all[TARGETS];
        cr_assert_eq(run(all, n.single, n.x, &methods[m], note, &whole), ATTR_OK, "%s", attr_error_message());
        free_maps(all);
        int last = whole.calls < 3 ? whole.calls : 3;
        for (int stop_at = 1; stop_at <= last; stop_at++) {
            record r = {.stop_at = stop_at};
            attr_map maps[TARGETS];
            attr_status status = run(maps, n.single, n.x, &methods[m], note, &r);
            free_maps(maps);
            cr_expect_eq(status, ATTR_INTERRUPTED, "row %d, stopped at call %d: %s", m, stop_at,
                         attr_status_name(status));
            cr_expect_eq(r.calls, stop_at, "row %d, stopped at call %d: went on to call %d", m, stop_at, r.calls);
            hash_run(after, n.single, n.x, &methods[0]);
            cr_expect(after[0] == own[0] && attr_parameters_checksum(n.net) == parameters,
                      "row %d, stopped at call %d: the parameters are not the network's own", m, stop_at);
        }
    }
    engine_pair_free(&n);
}

/* ---- Not finite */

static void expect_failure(engine_pair *n, int m, attr_status expected, const char *message) {
    attr_map maps[TARGETS];
    attr_status status = run(maps, n->single, n->x, &methods[m], NULL, NULL);
    free_maps(maps);
    cr_expect_eq(status, expected, "row %d, \"%s\": %s", m, message, attr_status_name(status));
    cr_expect(strstr(attr_error_message(), message), "row %d: the message is \"%s\", expected \"%s\"", m,
              attr_error_message(), message);
}

Test(methods, fail_when_the_target_is_not_finite) {
    engine_pair n;
    engine_pair_make(&n, net, 4);
    n.net->layers[3].biases[0] = NAN;
    attr_engine_set_parameters(n.single, NULL);
    for (int m = 0; m < METHODS; m++) expect_failure(&n, m, ATTR_NUMERIC, "the target is not finite");
    engine_pair_free(&n);
}

static void poison(attr_op *op) {
    ((float *)op->din[0])[0] = INFINITY;
}

Test(methods, fail_when_the_map_is_not_finite) {
    engine_pair n;
    engine_pair_make(&n, net, 4);
    for (int m = 0; m < METHODS; m++) {
        bool has_layers = attr_method_has_layers(methods[m].method);
        attr_op *op = attr_engine_op(n.single, !has_layers ? 0 : methods[m].layer_count ? 1 : 3);
        const attr_layer_kind *kind = op->kind;
        attr_layer_kind poisoned = *kind;
        poisoned.backward = poison;
        op->kind = &poisoned;
        expect_failure(&n, m, ATTR_NUMERIC, "the map is not finite (element 0");
        op->kind = kind;
    }
    engine_pair_free(&n);
}

/* A clone with parameters beyond the largest number. */
Test(methods, fail_when_a_clone_is_not_finite_and_go_back) {
    engine_pair n;
    engine_pair_make(&n, net, 4);
    uint64_t own[TARGETS], after[TARGETS];
    hash_run(own, n.single, n.x, &methods[0]);
    for (int m = 0; m < METHODS; m++) {
        attr_method_settings s = methods[m];
        if (s.clones == 0) continue;
        s.weight_noise.sigma = 1e38f;
        attr_map maps[TARGETS];
        attr_status status = run(maps, n.single, n.x, &s, NULL, NULL);
        free_maps(maps);
        cr_expect_eq(status, ATTR_NUMERIC, "row %d: %s", m, attr_status_name(status));
        cr_expect(strstr(attr_error_message(), "the map is not finite"), "row %d: %s", m, attr_error_message());
        hash_run(after, n.single, n.x, &methods[0]);
        cr_expect_eq(after[0], own[0], "row %d: the parameters are not the network's own", m);
    }
    engine_pair_free(&n);
}

Test(methods, refuse_samples_that_do_not_make_pairs_or_a_variance) {
    static const struct {
        size_t samples;
        int antithetic;
        attr_reduction reduction;
        const char *message;
    } rows[] = {
        {7, 1, ATTR_REDUCE_MEAN, "samples=7 is odd"},
        {1, 0, ATTR_REDUCE_VARIANCE, "samples=1 is too few for a variance"},
        {2, 1, ATTR_REDUCE_VARIANCE, "samples=2 is too few for a variance"},
    };
    engine_pair n;
    engine_pair_make(&n, net, 1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        attr_method_settings s = {.method = ATTR_METHOD_SMOOTHGRAD,
                                  .samples = rows[i].samples,
                                  .sigma = 0.1,
                                  .antithetic = rows[i].antithetic,
                                  .reduction = rows[i].reduction};
        attr_map maps[TARGETS];
        attr_status status = run(maps, n.single, n.x, &s, NULL, NULL);
        free_maps(maps);
        cr_expect_eq(status, ATTR_BAD_INPUT, "\"%s\": %s", rows[i].message, attr_status_name(status));
        cr_expect(strstr(attr_error_message(), rows[i].message), "the message is \"%s\", expected \"%s\"",
                  attr_error_message(), rows[i].message);
    }
    engine_pair_free(&n);
}
