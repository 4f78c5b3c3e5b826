/* Confusion tables: by hand, and against the steps of YOLOv5's code, made one by one. */
#include "metrics/confusion.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "metrics/matching.h"
#include "small_network.h"

/* Boxes 66 wide in a row, as in test_matching.c: moved by 20 they overlap by 46 / 86, by 26 by 40 / 92 = .43. */
static attr_candidate found(int class_index, double score, int left) {
    return (attr_candidate){.detection = {.class_index = class_index,
                                          .score = (float)score,
                                          .x = (float)(left + 33) / 1024,
                                          .y = 0.5f,
                                          .w = 66.f / 1024,
                                          .h = 0.5f},
                            .fate = ATTR_FATE_KEPT,
                            .by = -1};
}

static attr_candidate not_kept(attr_candidate c, attr_fate fate) {
    c.fate = fate;
    return c;
}

static attr_true_box object(int class_index, int left) {
    attr_detection d = found(class_index, 0, left).detection;
    return (attr_true_box){class_index, d.x, d.y, d.w, d.h};
}

typedef struct {
    const char *what;
    attr_candidate found[4];
    int found_count;
    attr_true_box truth[3];
    int truth_count;
    long expected[3][3]; /* [true][found] */
} hand_case;

static void expect_table(const char *what, const attr_confusion *t, long expected[3][3]) {
    for (int row = 0; row < 3; row++)
        for (int column = 0; column < 3; column++) {
            long got = attr_confusion_at(t, row < 2 ? row : -1, column < 2 ? column : -1);
            cr_expect_eq(got, expected[row][column], "%s: row %d, column %d: %ld, not %ld", what, row, column, got,
                         expected[row][column]);
            cr_expect_eq(got, t->counts[3 * row + column]);
        }
}

Test(confusion, pictures_by_hand) {
    hand_case cases[] = {
        {"nothing", .found_count = 0},
        {"right", {found(0, .9, 100)}, 1, {object(0, 100)}, 1, {{1, 0, 0}, {0, 0, 0}, {0, 0, 0}}},
        {"the other class", {found(1, .9, 100)}, 1, {object(0, 100)}, 1, {{0, 1, 0}, {0, 0, 0}, {0, 0, 0}}},
        {"not found", {{{0}}}, 0, {object(1, 100)}, 1, {{0, 0, 0}, {0, 0, 1}, {0, 0, 0}}},
        {"nothing there (not counted in YOLOv5)", {found(1, .9, 100)}, 1, {{0}}, 0, {{0, 0, 0}, {0, 0, 0}, {0, 1, 0}}},
        {"46 / 86 is enough, 40 / 92 is not",
         {found(0, .9, 120), found(0, .8, 426)},
         2,
         {object(0, 100), object(0, 400)},
         2,
         {{1, 0, 1}, {0, 0, 0}, {1, 0, 0}}},
        {"only what is kept",
         {not_kept(found(0, .9, 100), ATTR_FATE_SUPPRESSED), not_kept(found(0, .2, 100), ATTR_FATE_BELOW)},
         2,
         {object(0, 100)},
         1,
         {{0, 0, 1}, {0, 0, 0}, {0, 0, 0}}},
        {"a better box of the other class takes the object, whatever the scores",
         {found(0, .9, 110), found(1, .3, 101)},
         2,
         {object(0, 100)},
         1,
         {{0, 1, 0}, {0, 0, 0}, {1, 0, 0}}},
        {"nobody chooses twice: the second detection overlaps the second object enough, but the first one more",
         {found(0, .9, 100), found(0, .8, 104)},
         2,
         {object(0, 100), object(1, 116)},
         2,
         {{1, 0, 0}, {0, 0, 1}, {1, 0, 0}}},
        {"of equal overlaps the first object and the better detection",
         {found(1, .9, 110), found(0, .8, 110)},
         2,
         {object(0, 100), object(1, 120)},
         2,
         {{0, 1, 0}, {0, 0, 1}, {1, 0, 0}}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hand_case *h = &cases[i];
        attr_confusion table;
        cr_assert_eq(attr_confusion_make(&table, 2), ATTR_OK);
        cr_assert_eq(attr_confusion_add_picture(&table, h->found, h->found_count, h->truth, h->truth_count,
                                                ATTR_CONFUSION_OVERLAP),
                     ATTR_OK, "%s", attr_error_message());
        expect_table(h->what, &table, h->expected);
        attr_confusion_free(&table);
    }
}

Test(confusion, an_overlap_that_equals_the_limit_is_not_enough) {
    attr_candidate at[] = {found(0, .9, 122)}; /* .5 */
    attr_true_box truth[] = {object(0, 100)};
    attr_confusion table;
    cr_assert_eq(attr_confusion_make(&table, 2), ATTR_OK);
    cr_assert_eq(attr_confusion_add_picture(&table, at, 1, truth, 1, .5), ATTR_OK);
    expect_table("apart", &table, (long[3][3]){{0, 0, 1}, {0, 0, 0}, {1, 0, 0}});
    cr_assert_eq(attr_confusion_add_picture(&table, at, 1, truth, 1, .4999), ATTR_OK);
    expect_table("added up", &table, (long[3][3]){{1, 0, 1}, {0, 0, 0}, {1, 0, 0}});
    attr_confusion_free(&table);
}

Test(confusion, classes_that_the_table_does_not_have_are_refused_whole) {
    attr_candidate detections[] = {found(0, .9, 100), found(2, .8, 300)};
    attr_true_box truth[] = {object(0, 100), object(2, 300)};
    attr_confusion table;
    cr_assert_eq(attr_confusion_make(&table, 2), ATTR_OK);
    cr_expect_eq(attr_confusion_add_picture(&table, detections, 2, truth, 1, .45), ATTR_BAD_INPUT);
    cr_expect_str_eq(attr_error_message(), "confusion: class 2 (expected 0 to 1)");
    cr_expect_eq(attr_confusion_add_picture(&table, detections, 1, truth, 2, .45), ATTR_BAD_INPUT);
    cr_expect_eq(attr_confusion_count(&table, 2, 0), ATTR_BAD_INPUT);
    cr_expect_eq(attr_confusion_count(&table, 0, -2), ATTR_BAD_INPUT);
    cr_expect_str_eq(attr_error_message(), "confusion: class -2 (expected -1 to 1)");
    expect_table("nothing counted", &table, (long[3][3]){{0}});
    detections[1].fate = ATTR_FATE_BELOW;
    cr_expect_eq(attr_confusion_add_picture(&table, detections, 2, truth, 1, .45), ATTR_OK,
                 "what is not kept is not looked at");
    attr_confusion_free(&table);
    attr_confusion_free(&table);
}

Test(confusion, a_classifier_is_counted_one_by_one) {
    static const int pairs[][2] = {{0, 0}, {0, 0}, {0, 1}, {1, 0}, {-1, 1}, {1, -1}};
    attr_confusion table;
    cr_assert_eq(attr_confusion_make(&table, 2), ATTR_OK);
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        cr_assert_eq(attr_confusion_count(&table, pairs[i][0], pairs[i][1]), ATTR_OK);
    expect_table("pairs", &table, (long[3][3]){{2, 1, 0}, {1, 0, 1}, {0, 1, 0}});
    attr_confusion_free(&table);
}

/* ---- The steps of the published code: a list of pairs, sorted and thinned out twice */

enum { most = 8, classes = 3 };

typedef struct {
    int object, detection;
    double iou;
} pair;

static int by_iou(const void *pa, const void *pb) {
    const pair *a = pa, *b = pb;
    if (a->iou != b->iou) return a->iou > b->iou ? -1 : 1;
    if (a->detection != b->detection) return a->detection - b->detection;
    return a->object - b->object;
}

/* Sorts and keeps the first pair of each detection (or object). */
static int thin_out(pair *pairs, int count, bool by_object) {
    bool met[most] = {false};
    int left = 0;
    qsort(pairs, (size_t)count, sizeof *pairs, by_iou);
    for (int i = 0; i < count; i++) {
        bool *seen = &met[by_object ? pairs[i].object : pairs[i].detection];
        if (!*seen) pairs[left++] = pairs[i];
        *seen = true;
    }
    return left;
}

static void published(long counts[classes + 1][classes + 1], const attr_candidate *d, int d_count,
                      const attr_true_box *t, int t_count) {
    pair pairs[most * most];
    int count = 0;
    for (int i = 0; i < t_count; i++)
        for (int j = 0; j < d_count; j++) {
            double iou = attr_object_iou(&d[j].detection, &t[i]);
            if (d[j].fate == ATTR_FATE_KEPT && iou > ATTR_CONFUSION_OVERLAP) pairs[count++] = (pair){i, j, iou};
        }
    count = thin_out(pairs, count, false);
    count = thin_out(pairs, count, true);
    for (int i = 0; i < t_count; i++) {
        int with = classes;
        for (int k = 0; k < count; k++)
            if (pairs[k].object == i) with = d[pairs[k].detection].detection.class_index;
        counts[t[i].class_index][with]++;
    }
    for (int j = 0; j < d_count; j++) {
        bool alone = d[j].fate == ATTR_FATE_KEPT;
        for (int k = 0; k < count; k++) alone &= pairs[k].detection != j;
        if (alone) counts[classes][d[j].detection.class_index]++;
    }
}

static int whole(int low, int high) {
    return low + (int)test_uniform(0, high - low + 1 - 1e-9);
}

Test(confusion, random_pictures_as_the_published_code_counts_them) {
    attr_confusion table;
    long expected[classes + 1][classes + 1] = {{0}};
    cr_assert_eq(attr_confusion_make(&table, classes), ATTR_OK);
    for (int trial = 0; trial < 5000; trial++) {
        attr_candidate d[most];
        attr_true_box t[most];
        int d_count = whole(0, most), t_count = whole(0, most);
        for (int j = 0; j < d_count; j++) {
            d[j] = found(whole(0, classes - 1), 1 - j * .1, 100 + 6 * whole(0, 30));
            if (!whole(0, 4)) d[j].fate = whole(0, 1) ? ATTR_FATE_BELOW : ATTR_FATE_SUPPRESSED;
        }
        for (int i = 0; i < t_count; i++) t[i] = object(whole(0, classes - 1), 100 + 6 * whole(0, 30));
        cr_assert_eq(attr_confusion_add_picture(&table, d, d_count, t, t_count, ATTR_CONFUSION_OVERLAP), ATTR_OK);
        published(expected, d, d_count, t, t_count);
        for (int at = 0; at < (classes + 1) * (classes + 1); at++) {
            int row = at / (classes + 1), column = at % (classes + 1);
            if (table.counts[at] == expected[row][column]) continue;
            for (int j = 0; j < d_count; j++)
                fprintf(stderr, "  found %d: class %d, x %g, fate %d\n", j, d[j].detection.class_index,
                        d[j].detection.x, d[j].fate);
            for (int i = 0; i < t_count; i++)
                fprintf(stderr, "  truth %d: class %d, x %g\n", i, t[i].class_index, t[i].x);
            cr_assert(false, "trial %d, row %d, column %d: %ld, not %ld (above)", trial, row, column, table.counts[at],
                      expected[row][column]);
        }
    }
    for (int at = 0; at < (classes + 1) * (classes + 1) - 1; at++)
        cr_expect_gt(table.counts[at], 100, "only %ld at %d", table.counts[at], at);
    cr_expect_eq(attr_confusion_at(&table, -1, -1), 0);
    attr_confusion_free(&table);
}
