/* Candidates: what became of each, and by whom, against a suppression written anew; the box nearest to an object. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "engine_pair.h"
#include "small_network.h"
#include "targets/heads.h"
#include "targets/nms.h"

#define CONV "[net] height=5 width=6 channels=3 [convolutional] size=1 stride=1 activation=linear filters="
static const char *const networks[] = {
    CONV "27 [yolo] mask=0,1,2 anchors=2,3,4,4,5,3 num=3 classes=4",
    CONV "24 [yolo] mask=1,2 anchors=2,3,4,4,5,3 num=3 classes=7 [route] layers=0 [convolutional] size=1 filters=12 "
         "activation=linear [yolo] mask=0 anchors=2,3,4,4,5,3 num=3 classes=7",
    CONV "18 [region] anchors=1,2,2,1 num=2 classes=4 coords=4 softmax=1",
    CONV "18 [region] anchors=1,2,2,1 num=2 classes=4 coords=4 softmax=0",
    "[net] inputs=5 [connected] output=56 activation=logistic [detection] side=2 num=2 classes=4 coords=4",
};
enum { NETWORKS = sizeof networks / sizeof *networks };

static void run(engine_pair *n, int i) {
    engine_pair_make(n, networks[i], 1);
    for (size_t k = 0; k < n->inputs; k++) n->x[k] = (float)test_uniform(-2, 2);
    attr_engine_set_input_f32(n->single, 0, n->x);
    attr_engine_forward(n->single, 1);
}

/* For each candidate, best first: the best one before it of its class that stays and overlaps it. */
static int expected_suppressor(const attr_candidate *all, const int *stays, int i, float nms) {
    for (int k = 0; k < i; k++)
        if (stays[k] && all[k].detection.class_index == all[i].detection.class_index &&
            attr_box_iou(&all[k].detection, &all[i].detection) > nms)
            return k;
    return -1;
}

Test(candidates, know_what_became_of_them_and_by_whom) {
    int fates[3] = {0};
    for (int i = 0; i < NETWORKS; i++) {
        for (int round = 0; round < 6; round++) {
            engine_pair n;
            attr_candidate *all = NULL, *strict = NULL;
            int count = 0, strict_count = 0, kept = 0;
            const float lowest = 0.02F, thresh = 0.1F + 0.1F * (float)(round % 3), nms = round % 2 ? 0.45F : 0.2F;
            run(&n, i);
            cr_assert_eq(attr_find_candidates(&all, &count, n.single, 0, 40, 30, lowest, thresh, 0.5F, nms), ATTR_OK);
            cr_assert_eq(attr_find_candidates(&strict, &strict_count, n.single, 0, 40, 30, thresh, thresh, 0.5F, nms),
                         ATTR_OK);
            int *stays = test_allocate((size_t)count, sizeof *stays);
            for (int k = 0; k < count; k++) {
                const attr_candidate *c = &all[k];
                int by = expected_suppressor(all, stays, k, nms);
                stays[k] = by < 0;
                attr_fate fate = by >= 0                       ? ATTR_FATE_SUPPRESSED
                                 : c->detection.score > thresh ? ATTR_FATE_KEPT
                                                               : ATTR_FATE_BELOW;
                cr_expect(c->fate == fate && c->by == by,
                          "%s, thresh %g, nms %g: candidate %d, class %d, score %g: fate %d by %d, expected %d by %d",
                          n.cfg, (double)thresh, (double)nms, k, c->detection.class_index, (double)c->detection.score,
                          c->fate, c->by, fate, by);
                cr_expect(k == 0 || c->detection.score <= all[k - 1].detection.score, "%s: %d not sorted", n.cfg, k);
                cr_expect(c->detection.score > lowest, "%s: score %g", n.cfg, (double)c->detection.score);
                fates[c->fate]++;
                kept += c->fate == ATTR_FATE_KEPT;
            }
            int strict_kept = 0;
            for (int k = 0; k < strict_count; k++) {
                strict_kept += strict[k].fate == ATTR_FATE_KEPT;
                cr_expect(strict[k].fate != ATTR_FATE_BELOW, "%s: below the threshold that is the lowest", n.cfg);
            }
            cr_expect_eq(kept, strict_kept, "%s: %d are kept, with lowest = thresh %d", n.cfg, kept, strict_kept);
            free(stays);
            free(all);
            free(strict);
            engine_pair_free(&n);
        }
    }
    for (int f = 0; f < 3; f++) cr_expect(fates[f] > 20, "fate %d: only %d", f, fates[f]);
}

static float overlap_with(const attr_detection *d, const attr_true_box *object) {
    attr_detection truth = {.x = object->x, .y = object->y, .w = object->w, .h = object->h};
    return attr_box_iou(d, &truth);
}

/* From all boxes, none of them suppressed; those of the picture's own shape have no letterbox to be undone. */
Test(candidates, the_nearest_box_is_the_best_that_overlaps_enough_or_the_one_that_overlaps_most) {
    int matches = 0, others = 0;
    for (int i = 0; i < NETWORKS; i++) {
        engine_pair n;
        run(&n, i);
        bool is_v1 = i == NETWORKS - 1;
        int w = is_v1 ? 1 : n.net->w, h = is_v1 ? 1 : n.net->h, count = 0;
        attr_candidate *all = NULL;
        cr_assert_eq(attr_find_candidates(&all, &count, n.single, 0, w, h, 0, 0, 0.5F, 0), ATTR_OK);
        for (int k = 0; k < 40; k++) {
            attr_true_box object = {k % 4, (float)test_uniform(0.1, 0.9), (float)test_uniform(0.1, 0.9),
                                    (float)test_uniform(0.05, 0.9), (float)test_uniform(0.05, 0.9)};
            const float overlap = k % 2 ? 0.5F : 0.3F;
            int best = -1;
            float most = 0;
            for (int j = 0; j < count; j++) {
                const attr_detection *d = &all[j].detection;
                if (d->class_index != object.class_index) continue;
                float here = overlap_with(d, &object);
                bool better = best < 0 || (here >= overlap && most < overlap) ||
                              (here >= overlap && d->score > all[best].detection.score) ||
                              (here < overlap && most < overlap && here > most);
                if (better) best = j, most = here;
            }
            attr_detection got;
            float iou = -1;
            if (is_v1) continue; /* its boxes are moved, which candidates are not: compared on its own below */
            cr_assert_eq(attr_nearest_box(&got, &iou, n.single, 0, w, h, &object, overlap), ATTR_OK);
            const attr_detection *d = &all[best].detection;
            cr_expect(got.score == d->score && fabsf(iou - most) < 1e-6F && got.class_index == object.class_index,
                      "%s, object %d at %g %g, %g x %g: score %g overlap %g, expected %g, %g", n.cfg,
                      object.class_index, (double)object.x, (double)object.y, (double)object.w, (double)object.h,
                      (double)got.score, (double)iou, (double)d->score, (double)most);
            matches += most >= overlap;
            others += most < overlap;

            attr_detection again, place = got;
            cr_assert_eq(attr_box_at(&again, n.single, 0, w, h, &place), ATTR_OK);
            cr_expect(again.score == got.score && again.x == got.x && again.w == got.w, "%s: the box at its place",
                      n.cfg);
        }
        free(all);
        engine_pair_free(&n);
    }
    cr_expect(matches > 10 && others > 10, "%d overlap enough, %d do not", matches, others);
}

Test(candidates, a_box_at_a_place_that_does_not_exist_is_refused) {
    engine_pair n;
    run(&n, 0);
    static const attr_detection places[] = {{.layer = 0},
                                            {.layer = 1, .anchor = 3},
                                            {.layer = 1, .row = 5},
                                            {.layer = 1, .column = 6},
                                            {.layer = 1, .row = -1},
                                            {.layer = 1, .class_index = 4}};
    attr_detection got;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        cr_expect_eq(attr_box_at(&got, n.single, 0, 30, 30, &places[i]), ATTR_BAD_INPUT, "place %zu", i);
    attr_detection any = {.layer = 1, .row = 2, .column = 3, .anchor = 1, .class_index = -1};
    cr_assert_eq(attr_box_at(&got, n.single, 0, 30, 30, &any), ATTR_OK);
    for (int c = 0; c < 4; c++) {
        attr_detection other;
        any.class_index = c;
        cr_assert_eq(attr_box_at(&other, n.single, 0, 30, 30, &any), ATTR_OK);
        cr_expect(other.class_probability <= got.class_probability, "class %d is more probable", c);
    }
    engine_pair_free(&n);
}
