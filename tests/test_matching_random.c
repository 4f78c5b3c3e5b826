/* Cases of random pictures against a slow second sorting that reads the definition of matching.h literally: boxes on a
 * grid, overlaps compared as fractions, everything asked anew each time. */
#include "metrics/matching.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "small_network.h"

static const attr_matching_rule usual = {ATTR_MATCHING_OVERLAP, ATTR_MATCHING_BACKGROUND, 0.25f};

static void print_case(const char *what, const attr_case *c) {
    fprintf(stderr, "  %s: %s candidate %d truth %d other %d iou %.9g\n", what, attr_case_kind_name(c->kind),
            c->candidate, c->truth, c->other, c->iou);
}

static bool same_case(const attr_case *a, const attr_case *b) {
    return a->kind == b->kind && a->candidate == b->candidate && a->truth == b->truth && a->other == b->other &&
           fabs(a->iou - b->iou) < 1e-6;
}

enum { most_found = 11, most_truth = 6, class_count = 3, grid = 256 };

typedef struct {
    int left, top, right, bottom, class_index;
} whole_box;

typedef struct {
    whole_box found_box[most_found], truth_box[most_truth];
    attr_candidate found[most_found];
    attr_true_box truth[most_truth];
    int found_count, truth_count;
} scene;

typedef struct {
    int common, joint;
} fraction;

static fraction overlap_of(const whole_box *a, const whole_box *b) {
    int w = (a->right < b->right ? a->right : b->right) - (a->left > b->left ? a->left : b->left);
    int h = (a->bottom < b->bottom ? a->bottom : b->bottom) - (a->top > b->top ? a->top : b->top);
    int common = w > 0 && h > 0 ? w * h : 0;
    int areas = (a->right - a->left) * (a->bottom - a->top) + (b->right - b->left) * (b->bottom - b->top);
    return (fraction){common, areas - common};
}

static bool larger(fraction a, fraction b) {
    return a.common * b.joint > b.common * a.joint;
}

static bool is_half(fraction f) {
    return 2 * f.common >= f.joint;
}

static bool is_tenth(fraction f) {
    return 10 * f.common >= f.joint;
}

static fraction between(const scene *s, int candidate, int object) {
    return overlap_of(&s->found_box[candidate], &s->truth_box[object]);
}

static bool is_detection(const scene *s, int i) {
    return s->found[i].fate == ATTR_FATE_KEPT;
}

static bool agree(const scene *s, int candidate, int object) {
    return s->found_box[candidate].class_index == s->truth_box[object].class_index;
}

static int object_taken_by(const scene *s, int candidate);

/* The detection among the first `before` candidates that takes an object. */
static int owner_of(const scene *s, int object, int before) {
    for (int i = 0; i < before; i++)
        if (is_detection(s, i) && agree(s, i, object) && object_taken_by(s, i) == object) return i;
    return -1;
}

static int object_taken_by(const scene *s, int candidate) {
    int best = -1;
    for (int t = s->truth_count - 1; t >= 0; t--) /* from the end: the first of equal ones remains */
        if (agree(s, candidate, t) && is_half(between(s, candidate, t)) && owner_of(s, t, candidate) < 0 &&
            (best < 0 || !larger(between(s, candidate, best), between(s, candidate, t))))
            best = t;
    return best;
}

/* The first of the objects of its class (or of others) that no other one overlaps more; -1 without overlap. */
static int closest(const scene *s, int candidate, bool own) {
    for (int t = 0; t < s->truth_count; t++) {
        bool beaten = between(s, candidate, t).common == 0 || agree(s, candidate, t) != own;
        for (int u = 0; u < s->truth_count; u++)
            beaten |= agree(s, candidate, u) == own && larger(between(s, candidate, u), between(s, candidate, t));
        if (!beaten) return t;
    }
    return -1;
}

static attr_case expected_of_detection(const scene *s, int i) {
    int t = object_taken_by(s, i), own = closest(s, i, true), other = closest(s, i, false);
    if (t >= 0) return (attr_case){ATTR_CASE_TRUE_POSITIVE, i, t, -1, 0};
    if (own >= 0 && is_half(between(s, i, own)))
        return (attr_case){ATTR_CASE_DUPLICATE, i, own, owner_of(s, own, s->found_count), 0};
    if (other >= 0 && is_half(between(s, i, other))) return (attr_case){ATTR_CASE_CONFUSION, i, other, -1, 0};
    if (own >= 0 && is_tenth(between(s, i, own))) return (attr_case){ATTR_CASE_POOR_BOX, i, own, -1, 0};
    if (other >= 0 && is_tenth(between(s, i, other))) return (attr_case){ATTR_CASE_CONFUSION, i, other, -1, 0};
    return (attr_case){ATTR_CASE_BACKGROUND, i, -1, -1, 0};
}

static int end_of_chain(const scene *s, int i) {
    return s->found[i].fate == ATTR_FATE_SUPPRESSED ? end_of_chain(s, s->found[i].by) : i;
}

static attr_case expected_of_object(const scene *s, int t) {
    int by_detection = -1, by_threshold = -1, confuser = -1;
    for (int i = s->found_count - 1; i >= 0; i--) {
        if (!is_half(between(s, i, t))) continue;
        int end = end_of_chain(s, i);
        if (!agree(s, i, t)) {
            if (is_detection(s, i) && (confuser < 0 || !larger(between(s, confuser, t), between(s, i, t))))
                confuser = i;
        } else if (end != i && is_detection(s, end) && s->found[i].detection.score > usual.threshold) {
            by_detection = i;
        } else if (!is_detection(s, i)) {
            by_threshold = i;
        }
    }
    if (by_detection >= 0) return (attr_case){ATTR_CASE_SUPPRESSED, by_detection, t, end_of_chain(s, by_detection), 0};
    if (confuser >= 0) return (attr_case){ATTR_CASE_CONFUSED, -1, t, confuser, 0};
    if (by_threshold >= 0) return (attr_case){ATTR_CASE_SUPPRESSED, by_threshold, t, -1, 0};
    return (attr_case){ATTR_CASE_MISSED, -1, t, -1, 0};
}

static int whole(int low, int high) { /* from low to high, both included */
    return low + (int)test_uniform(0, high - low + 1 - 1e-9);
}

static whole_box random_box(const whole_box *near) {
    int left = near ? near->left + whole(-6, 6) : whole(20, 60), top = near ? near->top + whole(-3, 3) : whole(20, 60);
    int w = 2 * whole(5, 10), h = 2 * whole(5, 10);
    if (near && whole(0, 2)) w = near->right - near->left, h = near->bottom - near->top;
    return (whole_box){left, top, left + w, top + h,
                       near && whole(0, 3) ? near->class_index : whole(0, class_count - 1)};
}

/* Centre and size of a whole box, exact in float. */
static attr_true_box relative(const whole_box *b) {
    return (attr_true_box){b->class_index, (float)(b->left + b->right) / (2 * grid),
                           (float)(b->top + b->bottom) / (2 * grid), (float)(b->right - b->left) / grid,
                           (float)(b->bottom - b->top) / grid};
}

static scene random_scene(void) {
    scene s = {.found_count = whole(0, most_found), .truth_count = whole(0, most_truth)};
    for (int t = 0; t < s.truth_count; t++) {
        s.truth_box[t] = random_box(t && whole(0, 1) ? &s.truth_box[t - 1] : NULL);
        s.truth[t] = relative(&s.truth_box[t]);
    }
    float score = 1;
    for (int i = 0; i < s.found_count; i++) {
        s.found_box[i] = random_box(s.truth_count && whole(0, 5) ? &s.truth_box[whole(0, s.truth_count - 1)] : NULL);
        attr_true_box b = relative(&s.found_box[i]);
        score -= (float)whole(0, 3) / 16;
        attr_candidate *c = &s.found[i];
        c->detection =
            (attr_detection){.class_index = b.class_index, .score = score, .x = b.x, .y = b.y, .w = b.w, .h = b.h};
        c->fate = i && !whole(0, 2) ? ATTR_FATE_SUPPRESSED : score > usual.threshold ? ATTR_FATE_KEPT : ATTR_FATE_BELOW;
        c->by = c->fate == ATTR_FATE_SUPPRESSED ? whole(0, i - 1) : -1;
    }
    return s;
}

static void print_scene(const scene *s, const attr_case *cases, int count) {
    static const char *const fates[] = {"kept", "below", "suppressed"};
    for (int i = 0; i < s->found_count; i++) {
        const whole_box *b = &s->found_box[i];
        fprintf(stderr, "  found %d: class %d, %d %d %d %d, score %g, %s by %d\n", i, b->class_index, b->left, b->top,
                b->right, b->bottom, s->found[i].detection.score, fates[s->found[i].fate], s->found[i].by);
    }
    for (int i = 0; i < s->truth_count; i++) {
        const whole_box *b = &s->truth_box[i];
        fprintf(stderr, "  truth %d: class %d, %d %d %d %d\n", i, b->class_index, b->left, b->top, b->right, b->bottom);
    }
    for (int i = 0; i < count; i++) print_case("got", &cases[i]);
}

/* Whether a case is the expected one, with the overlap that its boxes have. */
static bool is_expected(const scene *s, const attr_case *got, attr_case expected) {
    if (expected.candidate >= 0 && expected.truth >= 0) {
        fraction f = between(s, expected.candidate, expected.truth);
        expected.iou = (double)f.common / f.joint;
    }
    if (same_case(got, &expected)) return true;
    print_case("expected", &expected);
    return false;
}

static int group(const attr_case *c) {
    return c->kind == ATTR_CASE_TRUE_POSITIVE ? 0 : attr_case_is_false_positive(c->kind) ? 1 : 2;
}

/* Each detection and each object once, in order, and as expected. */
static bool is_right(const scene *s, const attr_case *cases, int count) {
    int detections[most_found] = {0}, objects[most_truth] = {0};
    bool right = true;
    for (int k = 0; k < count; k++) {
        const attr_case *c = &cases[k];
        bool of_detection = group(c) < 2;
        if (of_detection) detections[c->candidate]++;
        if (group(c) != 1) objects[c->truth]++;
        right &=
            is_expected(s, c, of_detection ? expected_of_detection(s, c->candidate) : expected_of_object(s, c->truth));
        if (k == 0) continue;
        const attr_case *before = &cases[k - 1];
        right &=
            group(before) < group(c) ||
            (group(before) == group(c) && (of_detection ? before->candidate < c->candidate : before->truth < c->truth));
    }
    for (int i = 0; i < s->found_count; i++) right &= detections[i] == is_detection(s, i);
    for (int t = 0; t < s->truth_count; t++) right &= objects[t] == 1;
    return right;
}

Test(matching, random_pictures_as_the_definition_says) {
    int seen[ATTR_CASE_KINDS] = {0}, by_threshold = 0;
    for (int trial = 0; trial < 50000; trial++) {
        scene s = random_scene();
        attr_case *cases = NULL;
        int count = 0;
        cr_assert_eq(attr_match(&cases, &count, s.found, s.found_count, s.truth, s.truth_count, &usual), ATTR_OK);
        bool right = is_right(&s, cases, count);
        if (!right) print_scene(&s, cases, count);
        cr_assert(right, "trial %d (above)", trial);
        for (int k = 0; k < count; k++) {
            seen[cases[k].kind]++;
            by_threshold += cases[k].kind == ATTR_CASE_SUPPRESSED && cases[k].other < 0;
        }
        free(cases);
    }
    for (int kind = 0; kind < ATTR_CASE_KINDS; kind++)
        cr_expect_gt(seen[kind], 1000, "only %d cases of %s", seen[kind], attr_case_kind_name(kind));
    cr_expect_gt(by_threshold, 1000, "only %d cases below the threshold", by_threshold);
    cr_expect_gt(seen[ATTR_CASE_SUPPRESSED] - by_threshold, 1000, "only %d others",
                 seen[ATTR_CASE_SUPPRESSED] - by_threshold);
}
