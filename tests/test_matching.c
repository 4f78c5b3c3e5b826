/* Cases of a detector by hand, each kind at its borders. */
#include "metrics/matching.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const attr_matching_rule usual = {ATTR_MATCHING_OVERLAP, ATTR_MATCHING_BACKGROUND, 0.25f};

/* Boxes stand in a row, 66 wide, given by their left edge in 1/1024 of the picture: one that is moved by
 * 22 overlaps by exactly .5, by 23 less; by 54 exactly .1, by 55 less. */

static attr_detection box_at(int class_index, double score, int left) {
    return (attr_detection){.class_index = class_index,
                            .score = (float)score,
                            .x = (float)(left + 33) / 1024,
                            .y = 0.5f,
                            .w = 66.f / 1024,
                            .h = 0.5f};
}

static attr_candidate kept(int class_index, double score, int left) {
    return (attr_candidate){box_at(class_index, score, left), ATTR_FATE_KEPT, -1};
}

static attr_candidate below(int class_index, double score, int left) {
    return (attr_candidate){box_at(class_index, score, left), ATTR_FATE_BELOW, -1};
}

static attr_candidate gone(int class_index, double score, int left, int by) {
    return (attr_candidate){box_at(class_index, score, left), ATTR_FATE_SUPPRESSED, by};
}

static attr_true_box object(int class_index, int left) {
    attr_detection d = box_at(class_index, 0, left);
    return (attr_true_box){class_index, d.x, d.y, d.w, d.h};
}

#define TP         ATTR_CASE_TRUE_POSITIVE
#define BACKGROUND ATTR_CASE_BACKGROUND
#define CONFUSION  ATTR_CASE_CONFUSION
#define DUPLICATE  ATTR_CASE_DUPLICATE
#define POOR_BOX   ATTR_CASE_POOR_BOX
#define MISSED     ATTR_CASE_MISSED
#define CONFUSED   ATTR_CASE_CONFUSED
#define SUPPRESSED ATTR_CASE_SUPPRESSED
#define BY_MOVE(m) ((66. - (m)) / (66 + (m)))

typedef struct {
    const char *what;
    attr_candidate found[5];
    int found_count;
    attr_true_box truth[3];
    int truth_count;
    attr_case expected[6];
    int expected_count;
} hand_case;

static void print_case(const char *what, const attr_case *c) {
    fprintf(stderr, "  %s: %s candidate %d truth %d other %d iou %.9g\n", what, attr_case_kind_name(c->kind),
            c->candidate, c->truth, c->other, c->iou);
}

static bool same_case(const attr_case *a, const attr_case *b) {
    return a->kind == b->kind && a->candidate == b->candidate && a->truth == b->truth && a->other == b->other &&
           fabs(a->iou - b->iou) < 1e-6;
}

static void check_hand_cases(const hand_case *cases, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const hand_case *h = &cases[i];
        attr_case *got = NULL;
        int count = -1;
        cr_assert_eq(attr_match(&got, &count, h->found, h->found_count, h->truth, h->truth_count, &usual), ATTR_OK,
                     "%s: %s", h->what, attr_error_message());
        bool right = count == h->expected_count && (got == NULL) == (count == 0);
        for (int k = 0; right && k < count; k++) right = same_case(&got[k], &h->expected[k]);
        for (int k = 0; !right && k < count; k++) print_case("got", &got[k]);
        for (int k = 0; !right && k < h->expected_count; k++) print_case("expected", &h->expected[k]);
        cr_expect(right, "%s: %d cases, %d expected (above)", h->what, count, h->expected_count);
        free(got);
    }
}
#define CHECK(cases) check_hand_cases(cases, sizeof cases / sizeof *cases)

Test(matching, right_and_wrong_detections_by_hand) {
    const hand_case cases[] = {
        {"nothing at all", .expected_count = 0},
        {"exactly there", {kept(0, .9, 100)}, 1, {object(0, 100)}, 1, {{TP, 0, 0, -1, 1}}, 1},
        {"an overlap of .5 is enough", {kept(0, .9, 122)}, 1, {object(0, 100)}, 1, {{TP, 0, 0, -1, .5}}, 1},
        {"a little less: a poor box, and the object is missed",
         {kept(0, .9, 123)},
         1,
         {object(0, 100)},
         1,
         {{POOR_BOX, 0, 0, -1, BY_MOVE(23)}, {MISSED, -1, 0, -1, 0}},
         2},
        {"an overlap of .1 is a poor box",
         {kept(0, .9, 154)},
         1,
         {object(0, 100)},
         1,
         {{POOR_BOX, 0, 0, -1, .1}, {MISSED, -1, 0, -1, 0}},
         2},
        {"a little less is background",
         {kept(0, .9, 155)},
         1,
         {object(0, 100)},
         1,
         {{BACKGROUND, 0, -1, -1, 0}, {MISSED, -1, 0, -1, 0}},
         2},
        {"another class: confusion and confused",
         {kept(1, .9, 122)},
         1,
         {object(0, 100)},
         1,
         {{CONFUSION, 0, 0, -1, .5}, {CONFUSED, -1, 0, 0, 0}},
         2},
        {"another class, a poor box: a confusion, but the object is missed",
         {kept(1, .9, 123)},
         1,
         {object(0, 100)},
         1,
         {{CONFUSION, 0, 0, -1, BY_MOVE(23)}, {MISSED, -1, 0, -1, 0}},
         2},
        {"another class at .1",
         {kept(1, .9, 154)},
         1,
         {object(0, 100)},
         1,
         {{CONFUSION, 0, 0, -1, .1}, {MISSED, -1, 0, -1, 0}},
         2},
        {"another class below .1",
         {kept(1, .9, 155)},
         1,
         {object(0, 100)},
         1,
         {{BACKGROUND, 0, -1, -1, 0}, {MISSED, -1, 0, -1, 0}},
         2},
        {"no object", {kept(1, .9, 155)}, 1, {{0}}, 0, {{BACKGROUND, 0, -1, -1, 0}}, 1},
        {"two on one object, the better one is the poorer box",
         {kept(0, .9, 110), kept(0, .8, 100)},
         2,
         {object(0, 100)},
         1,
         {{TP, 0, 0, -1, BY_MOVE(10)}, {DUPLICATE, 1, 0, 0, 1}},
         2},
        {"a duplicate at .5",
         {kept(0, .9, 100), kept(0, .8, 122)},
         2,
         {object(0, 100)},
         1,
         {{TP, 0, 0, -1, 1}, {DUPLICATE, 1, 0, 0, .5}},
         2},
        {"a little less is a poor box, though the object is taken",
         {kept(0, .9, 100), kept(0, .8, 123)},
         2,
         {object(0, 100)},
         1,
         {{TP, 0, 0, -1, 1}, {POOR_BOX, 1, 0, -1, BY_MOVE(23)}},
         2},
        {"equal scores: the first takes it",
         {kept(0, .9, 122), kept(0, .9, 100)},
         2,
         {object(0, 100)},
         1,
         {{TP, 0, 0, -1, .5}, {DUPLICATE, 1, 0, 0, 1}},
         2},
        {"the second takes the object that the first has left, the third is a duplicate of the nearer one",
         {kept(0, .9, 100), kept(0, .8, 101), kept(0, .7, 110)},
         3,
         {object(0, 100), object(0, 112)},
         2,
         {{TP, 0, 0, -1, 1}, {TP, 1, 1, -1, BY_MOVE(11)}, {DUPLICATE, 2, 1, 1, BY_MOVE(2)}},
         3},
        {"midway between two objects: the first one",
         {kept(0, .9, 110)},
         1,
         {object(0, 120), object(0, 100)},
         2,
         {{TP, 0, 0, -1, BY_MOVE(10)}, {MISSED, -1, 1, -1, 0}},
         2},
    };
    CHECK(cases);
}

Test(matching, the_order_of_the_kinds_of_false_positives) {
    const hand_case cases[] = {
        {"a duplicate that also lies on another class (Cls in TIDE)",
         {kept(0, .9, 100), kept(0, .8, 110)},
         2,
         {object(0, 100), object(1, 110)},
         2,
         {{TP, 0, 0, -1, 1}, {DUPLICATE, 1, 0, 0, BY_MOVE(10)}, {CONFUSED, -1, 1, 1, 0}},
         3},
        {"on another class, touching its own (Loc in TIDE)",
         {kept(0, .9, 130)},
         1,
         {object(0, 100), object(1, 130)},
         2,
         {{CONFUSION, 0, 1, -1, 1}, {MISSED, -1, 0, -1, 0}, {CONFUSED, -1, 1, 0, 0}},
         3},
        {"poor on both: its own class counts, even if it is further",
         {kept(0, .9, 150)},
         1,
         {object(0, 100), object(1, 180)},
         2,
         {{POOR_BOX, 0, 0, -1, BY_MOVE(50)}, {MISSED, -1, 0, -1, 0}, {MISSED, -1, 1, -1, 0}},
         3},
        {"its own below .1, another class above: a confusion (Both in TIDE)",
         {kept(0, .9, 155)},
         1,
         {object(0, 100), object(1, 200)},
         2,
         {{CONFUSION, 0, 1, -1, BY_MOVE(45)}, {MISSED, -1, 0, -1, 0}, {MISSED, -1, 1, -1, 0}},
         3},
        {"of two other classes the nearer one decides",
         {kept(0, .9, 100)},
         1,
         {object(1, 90), object(2, 105)},
         2,
         {{CONFUSION, 0, 1, -1, BY_MOVE(5)}, {CONFUSED, -1, 0, 0, 0}, {CONFUSED, -1, 1, 0, 0}},
         3},
        {"true positives stand first, then false ones by score, then objects",
         {kept(0, .9, 800), kept(1, .8, 100), kept(0, .7, 100)},
         3,
         {object(2, 400), object(0, 100)},
         2,
         {{TP, 2, 1, -1, 1}, {BACKGROUND, 0, -1, -1, 0}, {CONFUSION, 1, 1, -1, 1}, {MISSED, -1, 0, -1, 0}},
         4},
    };
    CHECK(cases);
}

Test(matching, objects_that_were_not_found) {
    const hand_case cases[] = {
        {"suppressed by a detection that took another object",
         {kept(0, .9, 100), gone(0, .8, 120, 0)},
         2,
         {object(0, 100), object(0, 120)},
         2,
         {{TP, 0, 0, -1, 1}, {SUPPRESSED, 1, 1, 0, 1}},
         2},
        {"the suppressed candidate overlaps by .5",
         {kept(0, .9, 100), gone(0, .8, 120, 0)},
         2,
         {object(0, 100), object(0, 142)},
         2,
         {{TP, 0, 0, -1, 1}, {SUPPRESSED, 1, 1, 0, .5}},
         2},
        {"a little less",
         {kept(0, .9, 100), gone(0, .8, 120, 0)},
         2,
         {object(0, 100), object(0, 143)},
         2,
         {{TP, 0, 0, -1, 1}, {MISSED, -1, 1, -1, 0}},
         2},
        {"the best of two suppressed ones, not the nearest",
         {kept(0, .9, 100), gone(0, .8, 130, 0), gone(0, .7, 120, 0)},
         3,
         {object(0, 100), object(0, 120)},
         2,
         {{TP, 0, 0, -1, 1}, {SUPPRESSED, 1, 1, 0, BY_MOVE(10)}},
         2},
        {"a suppressed one of another class does not count",
         {kept(0, .9, 100), gone(0, .8, 120, 0)},
         2,
         {object(0, 100), object(1, 120)},
         2,
         {{TP, 0, 0, -1, 1}, {CONFUSED, -1, 1, 0, 0}},
         2},
        {"suppression comes before confusion",
         {kept(1, .9, 500), kept(0, .8, 480), gone(0, .7, 500, 1)},
         3,
         {object(0, 480), object(0, 501)},
         2,
         {{TP, 1, 0, -1, 1}, {CONFUSION, 0, 1, -1, BY_MOVE(1)}, {SUPPRESSED, 2, 1, 1, BY_MOVE(1)}},
         3},
        {"the threshold comes after confusion",
         {kept(1, .9, 120), below(0, .2, 100)},
         2,
         {object(0, 100)},
         1,
         {{CONFUSION, 0, 0, -1, BY_MOVE(20)}, {CONFUSED, -1, 0, 0, 0}},
         2},
        {"below the threshold",
         {below(0, .2, 122), below(0, .1, 100)},
         2,
         {object(0, 100)},
         1,
         {{SUPPRESSED, 0, 0, -1, .5}},
         1},
        {"below the threshold, another class",
         {below(1, .2, 100)},
         1,
         {object(0, 100)},
         1,
         {{MISSED, -1, 0, -1, 0}},
         1},
        {"below the threshold, not near enough",
         {below(0, .2, 123)},
         1,
         {object(0, 100)},
         1,
         {{MISSED, -1, 0, -1, 0}},
         1},
        {"suppressed by one that is below",
         {below(0, .2, 130), gone(0, .1, 100, 0)},
         2,
         {object(0, 100)},
         1,
         {{SUPPRESSED, 1, 0, -1, 1}},
         1},
        {"suppressed by a detection, but below the threshold as well: it could not have stood without that",
         {kept(0, .9, 100), kept(1, .8, 110), gone(0, .25, 120, 0)},
         3,
         {object(0, 100), object(0, 120)},
         2,
         {{TP, 0, 0, -1, 1}, {CONFUSION, 1, 0, -1, BY_MOVE(10)}, {CONFUSED, -1, 1, 1, 0}},
         3},
        {"the same without a confusion",
         {kept(0, .9, 100), gone(0, .25, 120, 0)},
         2,
         {object(0, 100), object(0, 120)},
         2,
         {{TP, 0, 0, -1, 1}, {SUPPRESSED, 1, 1, -1, 1}},
         2},
        {"a chain ends at a detection",
         {kept(0, .9, 100), gone(0, .8, 120, 0), gone(0, .7, 140, 1)},
         3,
         {object(0, 100), object(0, 145)},
         2,
         {{TP, 0, 0, -1, 1}, {SUPPRESSED, 2, 1, 0, BY_MOVE(5)}},
         2},
        {"the nearest of two detections of other classes, not the better",
         {kept(1, .9, 110), kept(2, .8, 95)},
         2,
         {object(0, 100)},
         1,
         {{CONFUSION, 0, 0, -1, BY_MOVE(10)}, {CONFUSION, 1, 0, -1, BY_MOVE(5)}, {CONFUSED, -1, 0, 1, 0}},
         3},
        {"confused at .5, by a detection that is right about an object of its own class",
         {kept(1, .9, 122)},
         1,
         {object(0, 100), object(1, 122)},
         2,
         {{TP, 0, 1, -1, 1}, {CONFUSED, -1, 0, 0, 0}},
         2},
        {"a little less",
         {kept(1, .9, 123)},
         1,
         {object(0, 100), object(1, 123)},
         2,
         {{TP, 0, 1, -1, 1}, {MISSED, -1, 0, -1, 0}},
         2},
        {"a detection of its class that took another object does not explain it",
         {kept(0, .9, 100)},
         1,
         {object(0, 100), object(0, 105)},
         2,
         {{TP, 0, 0, -1, 1}, {MISSED, -1, 1, -1, 0}},
         2},
        {"suppressed by nobody knows whom: that is no reason before confusion",
         {kept(1, .9, 110), gone(0, .8, 100, -1)},
         2,
         {object(0, 100)},
         1,
         {{CONFUSION, 0, 0, -1, BY_MOVE(10)}, {CONFUSED, -1, 0, 0, 0}},
         2},
        {"candidates that are not kept are no detections", {below(0, .2, 700)}, 1, {{0}}, 0, .expected_count = 0},
    };
    CHECK(cases);
}

Test(matching, broken_chains_and_empty_boxes_do_no_harm) {
    attr_candidate found[] = {gone(0, .9, 100, 1), gone(0, .8, 100, 0), gone(0, .7, 100, 7), gone(0, .6, 100, -1)};
    attr_true_box truth[] = {object(0, 100), {0, .5f, .5f, 0, 0}};
    attr_case *cases;
    int count;
    cr_assert_eq(attr_match(&cases, &count, found, 4, truth, 2, &usual), ATTR_OK);
    cr_assert_eq(count, 2, "%d", count);
    cr_expect(same_case(&cases[0], &(attr_case){SUPPRESSED, 0, 0, -1, 1}));
    cr_expect(same_case(&cases[1], &(attr_case){MISSED, -1, 1, -1, 0}));
    free(cases);
    const attr_detection nothing = {.x = .5f, .y = .5f};
    cr_expect_eq(attr_object_iou(&nothing, &truth[1]), 0, "%g", attr_object_iou(&nothing, &truth[1]));
}

/* .1 is no number of the machine: the border itself needs another one. */
Test(matching, an_overlap_that_equals_the_background_is_not_background) {
    const attr_matching_rule quarter = {.5, .25, .25f};
    const attr_true_box truth = {0, .5f, .5f, .5f, .5f};
    for (int class_index = 0; class_index < 2; class_index++) {
        attr_candidate inside = {
            {.class_index = class_index, .score = .9f, .x = .5f, .y = .5f, .w = .25f, .h = .25f}, ATTR_FATE_KEPT, -1};
        attr_case *cases;
        int count;
        cr_assert_eq(attr_match(&cases, &count, &inside, 1, &truth, 1, &quarter), ATTR_OK);
        cr_assert_eq(count, 2, "class %d: %d cases", class_index, count);
        cr_expect(same_case(&cases[0], &(attr_case){class_index ? CONFUSION : POOR_BOX, 0, 0, -1, .25}), "class %d: %s",
                  class_index, attr_case_kind_name(cases[0].kind));
        free(cases);
    }
}

Test(matching, kinds_have_names_and_sides) {
    static const struct {
        attr_case_kind kind;
        const char *name;
        int side; /* 1: a false positive, -1: a false negative */
    } kinds[] = {{TP, "true_positive", 0},    {BACKGROUND, "background", 1}, {CONFUSION, "confusion", 1},
                 {DUPLICATE, "duplicate", 1}, {POOR_BOX, "poor_box", 1},     {MISSED, "missed", -1},
                 {CONFUSED, "confused", -1},  {SUPPRESSED, "suppressed", -1}};
    cr_expect_eq(sizeof kinds / sizeof *kinds, ATTR_CASE_KINDS);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        cr_expect_str_eq(attr_case_kind_name(kinds[i].kind), kinds[i].name);
        cr_expect_eq(attr_case_is_false_positive(kinds[i].kind), kinds[i].side > 0, "%s", kinds[i].name);
        cr_expect_eq(attr_case_is_false_negative(kinds[i].kind), kinds[i].side < 0, "%s", kinds[i].name);
    }
}

Test(matching, counts_are_by_class) {
    attr_candidate found[] = {kept(0, .9, 100), kept(1, .8, 100), kept(0, .7, 100), kept(5, .6, 800)};
    attr_true_box truth[] = {object(0, 100), object(1, 400), object(2, 600), object(7, 900)};
    attr_class_counts counts[3] = {{1, 1, 1}}, expected[3] = {{2, 2, 1}, {0, 1, 1}, {0, 0, 1}};
    attr_case *cases;
    int count;
    cr_assert_eq(attr_match(&cases, &count, found, 4, truth, 4, &usual), ATTR_OK);
    attr_count_cases(counts, cases, count, found, truth, 3);
    for (int c = 0; c < 3; c++)
        cr_expect(counts[c].tp == expected[c].tp && counts[c].fp == expected[c].fp && counts[c].fn == expected[c].fn,
                  "class %d: tp %d, fp %d, fn %d", c, counts[c].tp, counts[c].fp, counts[c].fn);
    free(cases);
}
