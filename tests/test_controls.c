/* Controls: what they are, worked by hand; a detection that is looked for anew. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine_pair.h"
#include "metrics/controls.h"
#include "metrics/score.h"

enum { W = 12, H = 10 };
static const attr_fitted_region fitted = {1, 2, 10, 6};

static void make(double map[W * H], attr_control control, const float *x, uint64_t seed) {
    const attr_share_box box = {3, 4, 6.5, 7};
    attr_control_map(map, control, x, 1, W, H, &fitted, &box, seed);
    for (int i = 0; i < W * H; i++) {
        int in = i % W >= 1 && i % W < 11 && i / W >= 2 && i / W < 8;
        cr_assert(in || map[i] == 0, "%s: element %d outside of the picture is %g", attr_control_name(control), i,
                  map[i]);
    }
}

Test(controls, are_what_they_say) {
    double map[W * H], again[W * H];
    float x[W * H];
    for (int i = 0; i < W * H; i++) x[i] = (float)(0.1 * (i % W)); /* a slope to the right */
    make(map, ATTR_CONTROL_RANDOM, x, 3);
    make(again, ATTR_CONTROL_RANDOM, x, 3);
    cr_expect(memcmp(map, again, sizeof map) == 0, "not the same for the same seed");
    make(again, ATTR_CONTROL_RANDOM, x, 4);
    cr_expect(memcmp(map, again, sizeof map) != 0, "the same for another seed");

    make(map, ATTR_CONTROL_CENTRE, x, 0);
    cr_expect(fabs(map[5 * W + 6] - exp(-0.5 * (pow(0.5 / 2.5, 2) + pow(0.5 / 1.5, 2)))) < 1e-12, "%g", map[5 * W + 6]);
    cr_expect(map[5 * W + 6] == map[4 * W + 5], "not symmetric");

    make(map, ATTR_CONTROL_EDGES, x, 0);
    cr_expect(fabs(map[4 * W + 5] - 4 * 0.2) < 1e-6, "inside: %g", map[4 * W + 5]);
    cr_expect(fabs(map[4 * W + 1] - 4 * 0.1) < 1e-6, "at the border, which is repeated: %g", map[4 * W + 1]);

    make(map, ATTR_CONTROL_BOX, x, 0);
    for (int i = 0; i < W * H; i++) { /* the box ends on the middles of column 6, which is outside */
        int y = i / W, c = i % W;
        double expected = c >= 3 && c <= 5 && y >= 4 && y <= 6;
        cr_expect(map[i] == expected, "box, row %d column %d: %g, expected %g", y, c, map[i], expected);
    }
}

/* The score of the same box is one of the candidates of the best, so the best is no lower; where the frozen cell is
 * made silent, a neighbour with the same box speaks for it. */
Test(controls, a_detection_is_found_again_in_another_cell) {
    engine_pair n;
    engine_pair_make(&n, "[net] height=1 width=2 channels=6 [yolo] mask=0 anchors=2,1 num=1 classes=1", 1);
    attr_target *t = NULL, *matched = NULL;
    const attr_detection first = {.layer = 0};
    for (size_t i = 0; i < n.inputs; i++) n.x[i] = 0;
    float *objectness = n.x + 8, *across = n.x;
    objectness[0] = 3;
    across[0] = 20; /* x = 1: the box lies between both cells */
    across[1] = -20;
    objectness[1] = -20;
    attr_engine_set_input_f32(n.twin, 0, n.x);
    attr_engine_forward(n.twin, 1);
    cr_assert_eq(attr_target_of_detection(&t, n.twin, ATTR_TARGET_SCORE, &first), ATTR_OK);
    cr_assert_eq(attr_target_rematch(&matched, t, n.twin, 0), ATTR_OK, "%s", attr_error_message());
    double frozen = attr_target_value(t, n.twin, 0), best = attr_target_value(matched, n.twin, 0);
    cr_expect(fabs(frozen - best) < 1e-6, "%g and %g", frozen, best);
    objectness[0] = -20;
    objectness[1] = 3;
    attr_engine_set_input_f32(n.twin, 0, n.x);
    attr_engine_forward(n.twin, 1);
    cr_expect(attr_target_value(t, n.twin, 0) < 1e-6 && fabs(attr_target_value(matched, n.twin, 0) - best) < 1e-5,
              "%g and %g, expected 0 and %g", attr_target_value(t, n.twin, 0), attr_target_value(matched, n.twin, 0),
              best);
    attr_target_free(matched);
    attr_target_free(t);
    engine_pair_free(&n);
}

Test(controls, metrics_are_found_by_name) {
    const char *near = NULL;
    for (const attr_metric *m = attr_metrics; m->name; m++) {
        cr_expect(attr_metric_find(m->name, &near) == m, "%s", m->name);
        cr_expect(m->help && m->group && !m->measure == !!m->measure_all && abs(m->direction) <= 1, "%s", m->name);
    }
    cr_expect(attr_metric_find("deltion", &near) == NULL && near && strcmp(near, "deletion") == 0);
}

/* One cell of two classes: logits of the objectness and the classes are 3, 2 and 1, so the score of the first class is
 * sigmoid(3) sigmoid(2) = .839. What is there is the object while its box overlaps enough, its class is the most
 * probable one, and its score is enough; a box of twice the width has an IoU of 1/2. */
Test(controls, a_detection_is_recognised_by_box_class_and_score) {
    engine_pair n;
    engine_pair_make(&n, "[net] height=1 width=1 channels=7 [yolo] mask=0 anchors=.5,.5 num=1 classes=2", 1);
    attr_target *t = NULL, *matched = NULL;
    const attr_detection first = {.layer = 0};
    const double log_2 = log(2);
    const struct {
        const char *what;
        double width, objectness, classes[2], overlap, least_score;
        bool recognised;
    } rows[] = {{"the same", 0, 3, {2, 1}, .99, .8, true},
                {"too low a score", 0, 3, {2, 1}, .99, .85, false},
                {"another class", 0, 3, {1, 2}, .5, .1, false},
                {"twice the width, .4", log_2, 3, {2, 1}, .4, .1, true},
                {"twice the width, .6", log_2, 3, {2, 1}, .6, .1, false},
                {"nothing", 0, -90, {2, 1}, 0, .1, false}};
    float start[7] = {0, 0, 0, 0, 3, 2, 1};
    memcpy(n.x, start, sizeof start);
    attr_engine_set_input_f32(n.twin, 0, n.x);
    attr_engine_forward(n.twin, 1);
    cr_assert_eq(attr_target_of_detection(&t, n.twin, ATTR_TARGET_SCORE, &first), ATTR_OK);
    cr_assert_eq(attr_target_rematch(&matched, t, n.twin, 0), ATTR_OK, "%s", attr_error_message());
    double score = attr_target_value(matched, n.twin, 0);
    cr_expect(fabs(score - .83903) < 1e-5, "%g", score);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        n.x[2] = (float)rows[i].width;
        n.x[4] = (float)rows[i].objectness;
        for (int k = 0; k < 2; k++) n.x[5 + k] = (float)rows[i].classes[k];
        attr_engine_set_input_f32(n.twin, 0, n.x);
        attr_engine_forward(n.twin, 1);
        bool found = attr_target_is_recognised(matched, n.twin, 0, rows[i].overlap, rows[i].least_score);
        cr_expect_eq(found, rows[i].recognised, "%s: %d", rows[i].what, found);
        double expected = i == 3 || i == 4 ? score / 2 : score;
        if (i != 2 && i != 5)
            cr_expect(fabs(attr_target_value(matched, n.twin, 0) - expected) < 1e-5, "%s: %g, expected %g",
                      rows[i].what, attr_target_value(matched, n.twin, 0), expected);
    }
    attr_target_free(matched);
    attr_target_free(t);
    engine_pair_free(&n);
}
