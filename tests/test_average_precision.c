/* AP50 by hand, and against a second computation that follows the definition without any sorting of its own. */
#include "metrics/average_precision.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "engine_pair.h"
#include "metrics/accuracy.h"
#include "small_network.h"

static attr_detection found(int class_index, double score, double x) {
    return (attr_detection){
        .class_index = class_index, .score = (float)score, .x = (float)x, .y = 0.5f, .w = 0.1f, .h = 0.1f};
}

static attr_true_box object(int class_index, double x) {
    return (attr_true_box){class_index, (float)x, 0.5f, 0.1f, 0.1f};
}

/* Boxes stand side by side, .2 apart; x .03 beside an object overlaps it by 7 / 13, .04 by 6 / 14. */
typedef struct {
    const char *what;
    attr_detection found[6];
    int found_count;
    attr_true_box truth[4];
    int truth_count;
    double expected, by_class[2];
} hand_case;

Test(average_precision, hand_computed_cases) {
    const hand_case cases[] = {
        {"perfect", {found(0, .9, .1), found(0, .4, .3)}, 2, {object(0, .1), object(0, .3)}, 2, 1, {1, NAN}},
        {"nothing found", {{0}}, 0, {object(0, .1)}, 1, 0, {0, NAN}},
        {"all wrong", {found(0, .9, .5)}, 1, {object(0, .1)}, 1, 0, {0, NAN}},
        {"the other class", {found(1, .9, .1)}, 1, {object(0, .1)}, 1, 0, {0, NAN}},
        {"no object at all", {found(0, .9, .1)}, 1, {{0}}, 0, NAN, {NAN, NAN}},
        {"a duplicate behind all costs nothing",
         {found(0, .9, .1), found(0, .8, .1)},
         2,
         {object(0, .1)},
         1,
         1,
         {1, NAN}},
        {"a duplicate between: precision 1 up to recall 1/2, then 2/3",
         {found(0, .9, .1), found(0, .8, .1), found(0, .7, .3)},
         3,
         {object(0, .1), object(0, .3)},
         2,
         (1 + 2. / 3) / 2,
         {(1 + 2. / 3) / 2, NAN}},
        {"a wrong one first, then two right ones: 2/3 all the way by interpolation",
         {found(0, .9, .7), found(0, .8, .1), found(0, .7, .3)},
         3,
         {object(0, .1), object(0, .3)},
         2,
         2. / 3,
         {2. / 3, NAN}},
        {"two classes, one found: the mean", {found(0, .9, .1)}, 1, {object(0, .1), object(1, .3)}, 2, .5, {1, 0}},
        {"detections of a class that does not occur do not count",
         {found(1, .9, .1), found(0, .8, .1)},
         2,
         {object(0, .1)},
         1,
         1,
         {1, NAN}},
        {"an overlap of 7/13 is enough, 6/14 is not",
         {found(0, .9, .13), found(0, .8, .34)},
         2,
         {object(0, .1), object(0, .3)},
         2,
         .5,
         {.5, NAN}},
        {"the second takes the object that the first has left",
         {found(0, .9, .1), found(0, .8, .11)},
         2,
         {object(0, .1), object(0, .12)},
         2,
         1,
         {1, NAN}},
        {"ties go in the order given: right, wrong",
         {found(0, .5, .1), found(0, .5, .7)},
         2,
         {object(0, .1)},
         1,
         1,
         {1, NAN}},
        {"ties go in the order given: wrong, right",
         {found(0, .5, .7), found(0, .5, .1)},
         2,
         {object(0, .1)},
         1,
         .5,
         {.5, NAN}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const hand_case *c = &cases[i];
        const attr_judged_picture picture = {c->found, c->found_count, c->truth, c->truth_count};
        double mean = -1, by_class[2] = {-1, -1};
        cr_assert_eq(attr_average_precision(&mean, by_class, &picture, 1, 2, ATTR_AP50_OVERLAP), ATTR_OK, "%s",
                     attr_error_message());
        for (int k = -1; k < 2; k++) {
            double value = k < 0 ? mean : by_class[k], expected = k < 0 ? c->expected : c->by_class[k];
            cr_expect(isnan(expected) ? isnan(value) : fabs(value - expected) < 1e-12, "%s: class %d: %.17g, not %.17g",
                      c->what, k, value, expected);
        }
    }
}

Test(average_precision, objects_belong_to_their_picture) {
    attr_detection first[] = {found(0, .9, .1)}, second[] = {found(0, .8, .1)};
    attr_true_box truth[] = {object(0, .1)};
    attr_judged_picture right[] = {{first, 1, truth, 1}, {second, 1, truth, 1}};
    attr_judged_picture crossed[] = {{first, 1, NULL, 0}, {NULL, 0, truth, 1}};
    double mean;
    cr_assert_eq(attr_average_precision(&mean, NULL, right, 2, 1, ATTR_AP50_OVERLAP), ATTR_OK);
    cr_expect_eq(mean, 1, "%g", mean);
    cr_assert_eq(attr_average_precision(&mean, NULL, crossed, 2, 1, ATTR_AP50_OVERLAP), ATTR_OK);
    cr_expect_eq(mean, 0, "%g", mean);
    cr_assert_eq(attr_average_precision(&mean, NULL, NULL, 0, 1, ATTR_AP50_OVERLAP), ATTR_OK);
    cr_expect(isnan(mean), "%g", mean);
}

/* ---- The second computation */

enum { pictures = 4, classes = 3, most = 12 };

typedef struct {
    attr_detection found[pictures][most];
    attr_true_box truth[pictures][most];
    int found_count[pictures], truth_count[pictures];
} scene;

static double overlap_of(const attr_detection *d, const attr_true_box *t) {
    double w = fmin(d->x + d->w / 2., t->x + t->w / 2.) - fmax(d->x - d->w / 2., t->x - t->w / 2.);
    double h = fmin(d->y + d->h / 2., t->y + t->h / 2.) - fmax(d->y - d->h / 2., t->y - t->h / 2.);
    if (w <= 0 || h <= 0) return 0;
    return w * h / ((double)d->w * d->h + (double)t->w * t->h - w * h);
}

/* Runs through the detections of a class by picking the best that is left, and integrates the curve over a fine grid of
 * recalls. */
static double naive_class(const scene *s, int class_index, int objects) {
    bool used[pictures][most] = {{0}}, taken[pictures][most] = {{0}};
    double recalls[pictures * most], precisions[pictures * most];
    int n = 0, right = 0;
    for (;;) {
        int p = -1, i = -1;
        for (int a = 0; a < pictures; a++)
            for (int b = 0; b < s->found_count[a]; b++)
                if (!used[a][b] && s->found[a][b].class_index == class_index &&
                    (p < 0 || s->found[a][b].score > s->found[p][i].score))
                    p = a, i = b;
        if (p < 0) break;
        used[p][i] = true;
        int best = -1;
        for (int t = 0; t < s->truth_count[p]; t++) {
            if (s->truth[p][t].class_index != class_index || taken[p][t]) continue;
            double overlap = overlap_of(&s->found[p][i], &s->truth[p][t]);
            if (overlap >= .5 && (best < 0 || overlap > overlap_of(&s->found[p][i], &s->truth[p][best]))) best = t;
        }
        if (best >= 0) taken[p][best] = true;
        right += best >= 0;
        recalls[n] = (double)right / objects;
        precisions[n] = right / (n + 1.);
        n++;
    }
    double area = 0;
    for (int step = 0; step < objects; step++) { /* the curve is constant between two recalls */
        double recall = (step + .5) / objects, height = 0;
        for (int k = 0; k < n; k++)
            if (recalls[k] >= recall) height = fmax(height, precisions[k]);
        area += height / objects;
    }
    return area;
}

static scene random_scene(void) {
    scene s = {.found_count = {0}};
    for (int p = 0; p < pictures; p++) {
        s.truth_count[p] = (int)test_uniform(0, 6);
        s.found_count[p] = (int)test_uniform(0, most);
        for (int i = 0; i < s.truth_count[p]; i++)
            s.truth[p][i] =
                (attr_true_box){(int)test_uniform(0, classes - .5), (float)test_uniform(.2, .8),
                                (float)test_uniform(.2, .8), (float)test_uniform(.1, .3), (float)test_uniform(.1, .3)};
        for (int i = 0; i < s.found_count[p]; i++) {
            attr_detection *d = &s.found[p][i];
            if (s.truth_count[p] > 0 && test_uniform(0, 1) < .7) { /* near an object */
                const attr_true_box *t = &s.truth[p][(int)test_uniform(0, s.truth_count[p] - .001)];
                *d = (attr_detection){.class_index = t->class_index, .x = t->x, .y = t->y, .w = t->w, .h = t->h};
                d->x += (float)test_uniform(-.05, .05);
                d->y += (float)test_uniform(-.05, .05);
            } else {
                *d = (attr_detection){
                    .class_index = (int)test_uniform(0, classes - .5), .x = .5f, .y = .5f, .w = .2f, .h = .2f};
            }
            d->score = (float)(floor(test_uniform(0, 8)) / 8); /* with ties */
        }
    }
    return s;
}

Test(average_precision, is_what_a_naive_computation_gives) {
    network *net = make_test_network("[net] height=4 width=4 channels=1 [softmax]", 1); /* starts the generator */
    int in_between = 0;
    for (int trial = 0; trial < 300; trial++) {
        scene s = random_scene();
        attr_judged_picture judged[pictures];
        int objects[classes] = {0}, occurring = 0;
        double by_class[classes], mean, sum = 0;
        for (int p = 0; p < pictures; p++) {
            judged[p] = (attr_judged_picture){s.found[p], s.found_count[p], s.truth[p], s.truth_count[p]};
            for (int i = 0; i < s.truth_count[p]; i++) objects[s.truth[p][i].class_index]++;
        }
        cr_assert_eq(attr_average_precision(&mean, by_class, judged, pictures, classes, .5), ATTR_OK);
        for (int c = 0; c < classes; c++) {
            if (objects[c] == 0) {
                cr_expect(isnan(by_class[c]), "trial %d, class %d: %g", trial, c, by_class[c]);
                continue;
            }
            double expected = naive_class(&s, c, objects[c]);
            cr_expect(fabs(by_class[c] - expected) < 1e-9, "trial %d, class %d of %d objects: %.12g, not %.12g", trial,
                      c, objects[c], by_class[c], expected);
            in_between += expected > 0 && expected < 1;
            sum += expected;
            occurring++;
        }
        if (occurring)
            cr_expect(fabs(mean - sum / occurring) < 1e-9, "trial %d: %.12g, not %.12g", trial, mean, sum / occurring);
    }
    cr_expect_gt(in_between, 100, "only %d classes between 0 and 1", in_between);
    free_test_network(net);
}

Test(accuracy, is_the_part_of_right_classes) {
    const int truth[] = {0, 1, 2, -1}, found_classes[] = {0, 2, 2, -1};
    cr_expect_eq(attr_top1_accuracy(found_classes, truth, 4), .5);
    cr_expect_eq(attr_top1_accuracy(truth, truth, 3), 1);
    cr_expect_eq(attr_top1_accuracy(found_classes, truth, 0), 0);
}
