/* The whole matrix: every method of every target of every head gives a finite map that is not zero, with the figures
 * that belong to it. A further method, and a further head, is a row. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine_pair.h"

/* ---- Methods */

enum {
    HAS_ERRORS = 1,    /* standard error, half, plane error, relative and pooled errors */
    HAS_GAP = 2,       /* the completeness gap */
    HAS_BASELINE = 16, /* the target of the baseline */
    HAS_STEPS = 4,
    NEEDS_PROBABILITY = 8 /* of the target: heads that have none are refused */
};

typedef struct {
    attr_method method, base;
    attr_baseline_word baseline;
    attr_reduction reduction;
    int figures;
    size_t samples, gradients;
} method_row;

#define SUMS ATTR_REDUCE_MEAN
static const method_row methods[] = {
    /* method, base, baseline, reduction, figures, samples, gradients */
    {ATTR_METHOD_GRADIENT, 0, 0, SUMS, 0, 1, 1},
    {ATTR_METHOD_GRADIENT_X_INPUT, 0, 0, SUMS, 0, 1, 1},
    {ATTR_METHOD_INTEGRATED_GRADIENTS, 0, ATTR_BASELINE_BLACK, SUMS, HAS_GAP | HAS_BASELINE | HAS_STEPS, 1, 3},
    {ATTR_METHOD_INTEGRATED_GRADIENTS, 0, ATTR_BASELINE_NOISE, SUMS, HAS_GAP | HAS_BASELINE | HAS_STEPS | HAS_ERRORS, 2,
     6},
    {ATTR_METHOD_SMOOTHTAYLOR, 0, 0, SUMS, HAS_ERRORS, 3, 3},
    {ATTR_METHOD_IG_MAX, 0, ATTR_BASELINE_BLACK, SUMS, HAS_STEPS, 1, 3},
    {ATTR_METHOD_GGIG, 0, ATTR_BASELINE_NOISE, SUMS, HAS_STEPS, 1, 12},
    {ATTR_METHOD_GDA, 0, 0, SUMS, 0, 1, 2},
    {ATTR_METHOD_SMOOTHGRAD, ATTR_METHOD_GRADIENT, 0, SUMS, HAS_ERRORS, 2, 2},
    {ATTR_METHOD_SMOOTHGRAD, ATTR_METHOD_GRADIENT_X_INPUT, 0, SUMS, HAS_ERRORS, 2, 2},
    {ATTR_METHOD_SMOOTHGRAD, ATTR_METHOD_GDA, 0, SUMS, HAS_ERRORS, 2, 4},
    {ATTR_METHOD_SMOOTHGRAD, ATTR_METHOD_SMOOTHTAYLOR, 0, ATTR_REDUCE_VARIANCE, 0, 2, 6},
    {ATTR_METHOD_SMOOTHGRAD_SQUARED, ATTR_METHOD_GRADIENT, 0, SUMS, HAS_ERRORS, 2, 2},
    {ATTR_METHOD_VARGRAD, ATTR_METHOD_GRADIENT, 0, SUMS, 0, 2, 2},
    {ATTR_METHOD_SMOOTHED_IG, 0, ATTR_BASELINE_BLACK, SUMS, HAS_ERRORS | HAS_GAP | HAS_STEPS, 2, 6},
    {ATTR_METHOD_NOISEGRAD, ATTR_METHOD_GRADIENT, 0, SUMS, HAS_ERRORS, 2, 2},
    {ATTR_METHOD_NOISEGRAD, ATTR_METHOD_INTEGRATED_GRADIENTS, 0, SUMS, HAS_ERRORS | HAS_GAP | HAS_STEPS, 2, 6},
    {ATTR_METHOD_NOISEGRAD, ATTR_METHOD_IG_MAX, 0, ATTR_REDUCE_SQUARE, HAS_ERRORS | HAS_STEPS, 2, 6},
    {ATTR_METHOD_NOISEGRAD, ATTR_METHOD_GGIG, 0, ATTR_REDUCE_VARIANCE, HAS_STEPS, 2, 12},
    {ATTR_METHOD_FUSIONGRAD, ATTR_METHOD_GRADIENT, 0, SUMS, HAS_ERRORS, 2, 4},
    {ATTR_METHOD_FUSIONGRAD, ATTR_METHOD_SMOOTHTAYLOR, 0, SUMS, HAS_ERRORS, 2, 12},
    {ATTR_METHOD_FUSIONGRAD, ATTR_METHOD_GRADIENT_X_INPUT, 0, ATTR_REDUCE_VARIANCE, 0, 4, 4},
    {ATTR_METHOD_GEG, 0, 0, SUMS, NEEDS_PROBABILITY, 2, 2},
    {ATTR_METHOD_RELEX, 0, ATTR_BASELINE_MEAN, SUMS, NEEDS_PROBABILITY, 2, 8},
    {ATTR_METHOD_GRADCAM, 0, 0, SUMS, 0, 1, 1},
    {ATTR_METHOD_GRADCAM_PP, 0, 0, SUMS, 0, 1, 1},
    {ATTR_METHOD_LAYERCAM, 0, 0, SUMS, 0, 1, 1},
    {ATTR_METHOD_GRADIENT_X_ACTIVATION, 0, 0, SUMS, 0, 1, 1},
};
enum { METHODS = sizeof methods / sizeof *methods };

static attr_method_settings settings_of(const method_row *row, const engine_pair *n) {
    attr_method_settings s = test_path_settings(n, ATTR_RULE_TRAPEZOID, 3);
    s.method = row->method;
    s.base = row->base;
    s.baseline.kind = (int)row->baseline;
    s.baseline.count = 2;
    s.reduction = row->reduction;
    s.samples = s.clones = 2;
    s.sigma = 0.1;
    s.weight_noise = (attr_weight_noise){.sigma = 0.1f, .noise = ATTR_NOISE_MULTIPLICATIVE};
    s.roots = 3;
    s.root_sigma = 0.2;
    s.ascent_steps = 2;
    s.ascent_rate = 0.1;
    if (s.method == ATTR_METHOD_GEG) s.weight_noise = (attr_weight_noise){.sigma = 1e-3f, .noise = ATTR_NOISE_ADDITIVE};
    s.attempts = 100;
    s.iterations = 2;
    s.mask_rate = 0.1;
    s.momentum = 0.9;
    s.sparsity = 1e-4;
    s.background = 1;
    return s;
}

/* ---- Heads */

/* One bit for each quantity that applies. */
enum {
    LOGIT = 1 << ATTR_TARGET_LOGIT,
    PROBABILITY = 1 << ATTR_TARGET_PROBABILITY,
    LOG_PROBABILITY = 1 << ATTR_TARGET_LOG_PROBABILITY,
    OBJECTNESS = 1 << ATTR_TARGET_OBJECTNESS,
    OBJECTNESS_LOGIT = 1 << ATTR_TARGET_OBJECTNESS_LOGIT,
    SCORE = 1 << ATTR_TARGET_SCORE,
    AUTO = 1 << ATTR_TARGET_AUTO,
    OF_CLASSES = AUTO | LOGIT | PROBABILITY | LOG_PROBABILITY,
    OF_DETECTIONS = OF_CLASSES | OBJECTNESS | SCORE
};

typedef struct {
    const char *name, *cfg;
    int quantities, is_detector;
} head_row;

#define BODY                                                                                                           \
    "[net] height=6 width=4 channels=3 [convolutional] filters=6 size=3 pad=1 batch_normalize=1 activation=tanh "      \
    "[convolutional] filters=5 size=3 pad=1 stride=2 activation=leaky "
#define GRID "[convolutional] size=1 activation=linear filters="
static const head_row heads[] = {
    {"softmax", BODY "[connected] output=4 activation=linear [softmax]", OF_CLASSES, 0},
    {"logistic", BODY "[connected] output=4 activation=linear [logistic]", OF_CLASSES, 0},
    {"plain outputs", BODY "[connected] output=4 activation=logistic", AUTO | LOGIT, 0},
    {"averages", BODY "[convolutional] filters=4 size=1 activation=tanh [avgpool]", AUTO | LOGIT, 0},
    {"yolo", BODY GRID "16 [yolo] mask=0,2 anchors=2,3,4,5,6,7 num=3 classes=3", OF_DETECTIONS | OBJECTNESS_LOGIT, 1},
    {"region, logistic", BODY GRID "16 [region] anchors=1,2,3,4 num=2 classes=3 coords=4 softmax=0",
     OF_DETECTIONS | OBJECTNESS_LOGIT, 1},
    {"region, softmax", BODY GRID "16 [region] anchors=1,2,3,4 num=2 classes=3 coords=4 softmax=1",
     OF_DETECTIONS | OBJECTNESS_LOGIT, 1},
    {"region, background", BODY GRID "16 [region] anchors=1,2,3,4 num=2 classes=3 coords=4 softmax=1 background=1",
     OF_CLASSES | SCORE, 1},
    /* Outputs that are probabilities themselves: a logarithm needs them above 0. */
    {"detection",
     BODY "[connected] output=52 activation=logistic [detection] side=2 num=2 classes=3 coords=4 softmax=0",
     OF_DETECTIONS, 1},
    {"detection, softmax",
     BODY "[connected] output=52 activation=logistic [detection] side=2 num=2 classes=3 coords=4 softmax=1",
     OF_DETECTIONS, 1},
};
enum { HEADS = sizeof heads / sizeof *heads };

static attr_status make_target(attr_target **out, const head_row *head, attr_engine *e, attr_quantity quantity) {
    attr_detection place = {.layer = attr_engine_layers(e) - 1, .anchor = 1, .row = 1, .column = 1, .class_index = 2};
    if (head->is_detector) return attr_target_of_detection(out, e, quantity, &place);
    return attr_target_of_class(out, e, quantity, 2);
}

/* ---- The checks */

static bool all_finite(const double *values, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (!isfinite(values[i])) return false;
    return true;
}

static double largest(const double *values, size_t n) {
    double most = 0;
    for (size_t i = 0; i < n; i++) most = fmax(most, fabs(values[i]));
    return most;
}

static void check_errors(const attr_map *map, const char *what) {
    size_t plane = (size_t)map->shape.height * map->shape.width;
    cr_assert(map->standard_error && map->half && map->plane_error[0], "%s: arrays of errors are missing", what);
    cr_expect(all_finite(map->standard_error, map->size) && largest(map->standard_error, map->size) > 0,
              "%s: standard error, at most %g", what, largest(map->standard_error, map->size));
    cr_expect(all_finite(map->half, map->size) && largest(map->half, map->size) > 0 &&
                  memcmp(map->half, map->values, map->size * sizeof(double)) != 0,
              "%s: half, at most %g", what, largest(map->half, map->size));
    cr_expect(all_finite(map->plane_error[0], plane) && largest(map->plane_error[0], plane) > 0,
              "%s: plane error, at most %g", what, largest(map->plane_error[0], plane));
    cr_expect(map->relative_error > 0 && all_finite(map->pooled_error, ATTR_POOLS), "%s: relative error %g", what,
              map->relative_error);
}

static void check_map(const attr_map *map, const method_row *row, const char *what) {
    cr_expect(all_finite(map->values, map->size) && largest(map->values, map->size) > 0, "%s: the largest value is %g",
              what, largest(map->values, map->size));
    cr_expect(isfinite(map->target), "%s: target %g", what, map->target);
    cr_expect(map->samples == row->samples && map->gradients == row->gradients,
              "%s: %zu samples, expected %zu; %zu gradients, expected %zu", what, map->samples, row->samples,
              map->gradients, row->gradients);
    cr_expect_eq(map->steps, row->figures & HAS_STEPS ? 3 : 0, "%s: %zu steps", what, map->steps);
    if (row->figures & HAS_ERRORS)
        check_errors(map, what);
    else
        cr_expect(!map->standard_error && !map->half && !map->plane_error[0] && isnan(map->relative_error),
                  "%s: has errors", what);
    cr_expect(!isnan(map->completeness_gap) == !!(row->figures & HAS_GAP) &&
                  !isnan(map->baseline_target) == !!(row->figures & HAS_BASELINE),
              "%s: completeness gap %g, the baseline's target %g", what, map->completeness_gap, map->baseline_target);
}

static void check_head(const head_row *head) {
    engine_pair n;
    engine_pair_make(&n, head->cfg, 3);
    for (int quantity = ATTR_TARGET_AUTO; quantity <= ATTR_TARGET_SCORE; quantity++) {
        attr_target *t = NULL;
        attr_status status = make_target(&t, head, n.single, (attr_quantity)quantity);
        cr_expect_eq(status, head->quantities & 1 << quantity ? ATTR_OK : ATTR_BAD_INPUT, "%s, target=%s: %s",
                     head->name, attr_quantity_name((attr_quantity)quantity), attr_status_name(status));
        for (int m = 0; status == ATTR_OK && m < METHODS; m++) {
            char what[256];
            snprintf(what, sizeof what, "head %s, target=%s, method=%s base=%s (row %d)", head->name,
                     attr_quantity_name((attr_quantity)quantity), attr_method_name(methods[m].method),
                     attr_method_name(methods[m].base), m);
            attr_method_settings s = settings_of(&methods[m], &n);
            bool refused = methods[m].figures & NEEDS_PROBABILITY && !(head->quantities & PROBABILITY);
            attr_map map;
            attr_job job = {.engine = n.single, .x = n.x, .targets = &t, .target_count = 1, .settings = &s};
            attr_status explained = attr_method_run(&map, &job);
            cr_expect_eq(explained, refused ? ATTR_BAD_INPUT : ATTR_OK, "%s: %s", what, attr_error_message());
            if (explained == ATTR_OK) check_map(&map, &methods[m], what);
            attr_map_free(&map);
        }
        attr_target_free(t);
    }
    engine_pair_free(&n);
}

Test(method_matrix, every_method_explains_every_target_of_every_head) {
    for (int h = 0; h < HEADS; h++) check_head(&heads[h]);
}

Test(method_matrix, has_every_method) {
    for (int method = ATTR_METHOD_GRADIENT; method <= ATTR_METHOD_GRADIENT_X_ACTIVATION; method++) {
        bool found = false;
        for (int m = 0; m < METHODS; m++) found |= (int)methods[m].method == method;
        cr_expect(found, "method=%s is in no row", attr_method_name((attr_method)method));
    }
}

/* ---- Where the mathematics says that a map is zero */

/* A linear network has the same gradient everywhere. */
Test(method_matrix, variances_over_inputs_of_a_linear_network_are_zero) {
    engine_pair n;
    engine_pair_make(&n, "[net] height=6 width=4 channels=3 [connected] output=4 activation=linear [softmax]", 3);
    attr_target *t = test_target(n.single, ATTR_TARGET_LOGIT, 2);
    for (int m = 0; m < METHODS; m++) {
        attr_method_settings s = settings_of(&methods[m], &n);
        if (attr_method_has_layers(s.method)) continue; /* there is none to look at */
        attr_map map = test_map(n.single, n.x, t, &s);
        double most = largest(map.values, map.size);
        cr_expect((most == 0) == (s.method == ATTR_METHOD_VARGRAD), "row %d, method=%s base=%s: at most %g", m,
                  attr_method_name(s.method), attr_method_name(s.base), most);
        attr_map_free(&map);
    }
    attr_target_free(t);
    engine_pair_free(&n);
}

/* What is multiplied by a black input, or by the way from black to it, is 0, until noise is on it. */
Test(method_matrix, products_with_a_black_picture_are_zero) {
    engine_pair n;
    engine_pair_make(&n, heads[0].cfg, 3);
    memset(n.x, 0, n.inputs * sizeof *n.x);
    attr_target *t = test_target(n.single, ATTR_TARGET_LOGIT, 2);
    for (int m = 0; m < METHODS; m++) {
        attr_method_settings s = settings_of(&methods[m], &n);
        s.baseline.kind = ATTR_BASELINE_BLACK;
        attr_method base = attr_method_base(&s);
        bool multiplies = base == ATTR_METHOD_GRADIENT_X_INPUT || base == ATTR_METHOD_INTEGRATED_GRADIENTS ||
                          base == ATTR_METHOD_IG_MAX || base == ATTR_METHOD_GGIG;
        attr_map map = test_map(n.single, n.x, t, &s);
        double most = largest(map.values, map.size);
        cr_expect((most == 0) == (multiplies && !attr_method_has_copies(s.method)),
                  "row %d, method=%s base=%s: at most %g", m, attr_method_name(s.method), attr_method_name(s.base),
                  most);
        attr_map_free(&map);
    }
    attr_target_free(t);
    engine_pair_free(&n);
}
