/* Contrasts and parts of a detection: differences of targets, also of two heads; the product rule; boxes. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine_pair.h"
#include "layer_harness.h"
#include "small_network.h"
#include "targets/probability.h"

#define GRID "[net] height=4 width=6 channels=2 [convolutional] size=3 pad=1 activation=leaky filters=6 "
#define LAST "[convolutional] size=1 activation=linear filters="
#define TWO_HEADS                                                                                                      \
    GRID "[convolutional] size=3 stride=2 pad=1 activation=leaky filters=5 " LAST                                      \
         "16 [yolo] mask=0,2 anchors=2,3,4,5,6,7 num=3 classes=3 "                                                     \
         "[route] layers=-3 [upsample] stride=2 [route] layers=-1,0 [convolutional] size=3 pad=1 filters=4 "           \
         "activation=leaky [shortcut] from=-1 activation=linear " LAST                                                 \
         "8 [yolo] mask=1 anchors=2,3,4,5,6,7 num=3 classes=3"

static const char *const detectors[] = {
    GRID LAST "16 [yolo] mask=0,2 anchors=2,3,4,5,6,7 num=3 classes=3",
    GRID LAST "16 [region] anchors=1,2,3,4 num=2 classes=3 coords=4 softmax=0",
    GRID LAST "16 [region] anchors=1,2,3,4 num=2 classes=3 coords=4 softmax=1",
    "[net] inputs=5 [connected] output=52 activation=linear [detection] side=2 num=2 classes=3 coords=4 softmax=1",
    "[net] inputs=5 [connected] output=52 activation=linear [detection] side=2 num=2 classes=3 coords=4 sqrt=1",
    TWO_HEADS,
};
enum { DETECTORS = sizeof detectors / sizeof *detectors };

static attr_target *target_at(const engine_pair *n, attr_quantity quantity, attr_detection place) {
    attr_target *t = NULL;
    cr_assert_eq(attr_target_of_detection(&t, n->single, quantity, &place), ATTR_OK, "%s: %s", n->cfg,
                 attr_error_message());
    return t;
}

static attr_target *contrast(attr_target *a, attr_target *b) {
    attr_target_subtract(a, b);
    cr_expect(attr_target_is_contrast(a) && !attr_target_is_contrast(b));
    return a;
}

static int last_head(const engine_pair *n) {
    return n->net->n - 1;
}

static bool has(const engine_pair *n, int quantity) {
    bool has_logit = quantity != ATTR_TARGET_OBJECTNESS_LOGIT && quantity != ATTR_TARGET_LOG_PROBABILITY;
    return n->net->layers[last_head(n)].type != DETECTION || has_logit;
}

static double *map_of(const engine_pair *n, attr_engine *e, attr_target *t) {
    attr_method_settings settings = {.method = ATTR_METHOD_GRADIENT};
    attr_map map = test_map(e, n->x, t, &settings);
    double *values = test_allocate(n->inputs, sizeof *values);
    memcpy(values, map.values, n->inputs * sizeof *values);
    attr_map_free(&map);
    return values;
}

Test(contrast, of_a_target_with_itself_is_exactly_zero) {
    for (int i = 0; i < DETECTORS; i++) {
        engine_pair n;
        engine_pair_make(&n, detectors[i], 1);
        for (int q = 0; q <= ATTR_TARGET_H; q++) {
            if (!has(&n, q)) continue;
            attr_detection place = {.layer = last_head(&n), .row = 1, .class_index = 2};
            attr_target *t = contrast(target_at(&n, (attr_quantity)q, place), target_at(&n, (attr_quantity)q, place));
            double *map = map_of(&n, n.single, t);
            cr_expect_eq(attr_target_value(t, n.single, 0), 0, "%s, %s", n.cfg, attr_quantity_name((attr_quantity)q));
            for (size_t k = 0; k < n.inputs; k++)
                cr_assert_eq(map[k], 0, "%s, %s: element %zu is %g", n.cfg, attr_quantity_name((attr_quantity)q), k,
                             map[k]);
            free(map);
            attr_target_free(t);
        }
        engine_pair_free(&n);
    }
}

/* Against maps of both targets on their own, made by an engine that keeps all; the one that shares memory and, if the
 * targets hang on two heads, has seeds in both at once must agree. */
static void check_difference(const engine_pair *n, attr_engine *sharing, attr_target *a, attr_target *b) {
    double *first = map_of(n, n->twin, a), *second = map_of(n, n->twin, b), size = 0, error = 0, shared = 0;
    double value = attr_target_value(a, n->twin, 0) - attr_target_value(b, n->twin, 0);
    attr_target *both = contrast(a, b);
    double *map = map_of(n, n->twin, both), *other = map_of(n, sharing, both);
    double got = attr_target_value(both, sharing, 0);
    cr_expect(fabs(got - value) < 1e-5 * (1 + fabs(value)), "%s: %g, expected %g", n->cfg, got, value);
    for (size_t k = 0; k < n->inputs; k++) {
        double expected = first[k] - second[k];
        size += expected * expected;
        error += pow(map[k] - expected, 2);
        shared += pow(other[k] - expected, 2);
    }
    cr_expect(size > 0, "%s: no gradient", n->cfg);
    cr_expect(error <= 1e-24 * size, "%s: the contrast is %g off the difference of maps", n->cfg, sqrt(error / size));
    cr_expect(shared <= 1e-10 * size, "%s: in shared memory it is %g off", n->cfg, sqrt(shared / size));
    free(first);
    free(second);
    free(map);
    free(other);
    attr_target_free(both);
}

Test(contrast, is_the_difference_of_the_maps_also_over_two_heads) {
    for (int i = 0; i < DETECTORS; i++) {
        engine_pair n;
        attr_engine *sharing;
        engine_pair_make(&n, detectors[i], 1);
        cr_assert_eq(attr_engine_create(&sharing, n.net, ATTR_F32, 1, ATTR_KEEP_NEEDED), ATTR_OK);
        int last = last_head(&n), first = 0;
        while (n.net->layers[first].type != n.net->layers[last].type) first++;
        for (int k = 0; k < 12; k++) {
            attr_detection a = {.layer = k % 2 ? last : first, .row = k % 2, .column = 1, .class_index = k % 3};
            attr_detection b = {.layer = k % 3 ? first : last, .row = 1, .class_index = 1};
            attr_quantity q = k < 6 ? ATTR_TARGET_SCORE : ATTR_TARGET_W, p = k < 3 ? ATTR_TARGET_LOGIT : ATTR_TARGET_Y;
            check_difference(&n, sharing, target_at(&n, q, a), target_at(&n, p, b));
        }
        attr_engine_free(sharing);
        engine_pair_free(&n);
    }
}

Test(contrast, a_score_follows_the_product_rule) {
    for (int i = 0; i < DETECTORS; i++) {
        engine_pair n;
        engine_pair_make(&n, detectors[i], 1);
        attr_detection place = {.layer = last_head(&n), .row = 1, .column = 1, .class_index = 1};
        double *maps[3], values[3], size = 0, error = 0;
        static const attr_quantity parts[] = {ATTR_TARGET_SCORE, ATTR_TARGET_OBJECTNESS, ATTR_TARGET_PROBABILITY};
        for (int k = 0; k < 3; k++) {
            attr_target *t = target_at(&n, parts[k], place);
            maps[k] = map_of(&n, n.single, t);
            values[k] = attr_target_value(t, n.single, 0);
            attr_target_free(t);
        }
        for (size_t k = 0; k < n.inputs; k++) {
            double expected = values[1] * maps[2][k] + values[2] * maps[1][k];
            size += expected * expected;
            error += pow(maps[0][k] - expected, 2);
        }
        cr_expect(error <= 1e-10 * size && size > 0, "%s: %g off the product rule", n.cfg, sqrt(error / size));
        for (int k = 0; k < 3; k++) free(maps[k]);
        engine_pair_free(&n);
    }
}

Test(contrast, numbers_of_a_box_are_those_of_the_detection) {
    for (int i = 0; i < DETECTORS; i++) {
        engine_pair n;
        attr_detection *found = NULL;
        int count = 0;
        engine_pair_make(&n, detectors[i], 1);
        int w = n.net->layers[last_head(&n)].type == DETECTION ? 1 : n.net->w;
        int h = n.net->layers[last_head(&n)].type == DETECTION ? 1 : n.net->h;
        attr_engine_set_input_f32(n.single, 0, n.x);
        attr_engine_forward(n.single, 1);
        cr_assert_eq(attr_detect(&found, &count, n.single, 0, w, h, 0.01F, 0.5F, 0), ATTR_OK);
        cr_assert(count > 0, "%s", n.cfg);
        for (int k = 0; k < count; k++) {
            const double expected[] = {found[k].x, found[k].y, found[k].w, found[k].h};
            for (int part = 0; part < 4; part++) {
                attr_target *t = target_at(&n, (attr_quantity)(ATTR_TARGET_X + part), found[k]);
                double got = attr_target_value(t, n.single, 0);
                cr_expect(fabs(got - expected[part]) < 1e-5 * (1 + fabs(expected[part])),
                          "%s, detection %d, number %d: %g, expected %g", n.cfg, k, part, got, expected[part]);
                attr_target_free(t);
            }
        }
        free(found);
        engine_pair_free(&n);
    }
}

Test(contrast, has_no_probability) {
    engine_pair n;
    engine_pair_make(&n, detectors[0], 1);
    attr_detection place = {.layer = last_head(&n)};
    attr_target *t = contrast(target_at(&n, ATTR_TARGET_SCORE, place), target_at(&n, ATTR_TARGET_LOGIT, place));
    cr_expect_eq(attr_target_needs_probability(t, n.single, "relex"), ATTR_BAD_INPUT);
    cr_expect(strstr(attr_error_message(), "method=relex") != NULL, "%s", attr_error_message());
    attr_target_free(t);
    engine_pair_free(&n);
}

Test(contrast, the_runner_up_is_the_best_of_the_others) {
    for (int i = 0; i < DETECTORS; i++) {
        engine_pair n;
        engine_pair_make(&n, detectors[i], 1);
        attr_engine_set_input_f32(n.single, 0, n.x);
        attr_engine_forward(n.single, 1);
        for (int c = 0; c < 3; c++) {
            double p[3];
            for (int k = 0; k < 3; k++) {
                attr_target *other =
                    target_at(&n, ATTR_TARGET_LOGIT, (attr_detection){.layer = last_head(&n), .class_index = k});
                p[k] = attr_target_value(other, n.single, 0);
                attr_target_free(other);
            }
            int a = (c + 1) % 3, b = (c + 2) % 3, expected = p[a] > p[b] ? a : b, got = -1;
            attr_target *t =
                target_at(&n, ATTR_TARGET_LOGIT, (attr_detection){.layer = last_head(&n), .class_index = c});
            cr_assert_eq(attr_target_runner_up(&got, t, n.single, 0), ATTR_OK, "%s", attr_error_message());
            cr_expect_eq(got, expected, "%s: of %g, %g, %g without %d: %d", n.cfg, p[0], p[1], p[2], c, got);
            attr_target_free(t);
        }
        engine_pair_free(&n);
    }
}
