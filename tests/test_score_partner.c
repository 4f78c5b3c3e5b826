/* The rows that compare a picture's map with that of its partner, by hand: what the method makes is put in its place.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "metrics/picture_pixels.h"
#include "metrics/similarity.h"
#include "score_case.h"
#include "small_network.h"

/* The picture has 352 pixels: 7 of them are what 1000 are of 224 x 224. */
enum { WIDTH = 24, HEIGHT = 20, PLANE = WIDTH * HEIGHT, PIXELS = 352, TOP = 7, A = 5 * WIDTH + 9, B = 11 * WIDTH + 14 };

static score_case s;
static float partner[3 * PLANE], reference[3 * PLANE];
static double of_partner[3 * PLANE], of_other[3 * PLANE];

static const char *const rows[] = {"partner_overlap",         "partner_spearman",     "partner_ssim",
                                   "partner_deletion",        "partner_preservation", "partner_retrieval",
                                   "partner_retrieval_random"};
enum { ROWS = sizeof rows / sizeof *rows };

static void end(void) {
    score_case_free(&s);
}

TestSuite(score_partner, .fini = end);

static void begin(void) {
    linear_score_case(&s);
    score_case_method(&s, 3);
    memcpy(partner, s.n.x, sizeof partner);
    memcpy(reference, s.reference, sizeof reference);
    memset(of_partner, 0, sizeof of_partner);
    s.m.partner = partner;
    s.m.partner_reference = reference;
    s.made[ATTR_MAKE_PARTNER] = of_partner;
}

/* Of the picture's pixel i. */
static size_t place(size_t i) {
    return attr_picture_place(&s.region, i);
}

/* Grey values 1, 2, .. 352, of both signs and in any channel; the bars have larger ones. */
static void fill_rising(void) {
    for (int i = 0; i < PLANE; i++) s.values[i] = of_partner[i] = test_uniform(1000, 2000);
    for (size_t i = 0; i < PIXELS; i++) {
        s.values[place(i)] = of_partner[place(i)] = 0;
        s.values[i % 3 * PLANE + place(i)] = (i % 2 ? 1. : -1.) * (double)(i + 1);
    }
}

Test(score_partner, robustness_by_hand) {
    begin();
    cr_assert_eq(attr_picture_pixels(&s.region), PIXELS);
    fill_rising();
    for (size_t i = 0; i < PIXELS; i++) of_partner[place(i)] = (double)(i + 1); /* another sign, another channel */
    score_expect(&s, "partner_overlap", 1, 0);
    score_expect(&s, "partner_spearman", 1, 1e-12);
    cr_expect_eq(s.calls[ATTR_MAKE_PARTNER], 1, "one map serves all rows, %d were made", s.calls[ATTR_MAKE_PARTNER]);
    cr_expect(s.made_target == NULL, "it must be of the same target");
    score_case_forget(&s);
    for (size_t i = 0; i < PIXELS; i++) of_partner[place(i)] = (double)(PIXELS - i);
    score_expect(&s, "partner_overlap", 0, 0);
    score_expect(&s, "partner_spearman", -1, 1e-12);
    score_case_forget(&s);
    /* Three of the largest become 0: 1 - 6 sum d^2 / (n^3 - n) but for three equal ranks, so only the overlap by hand
     */
    for (size_t i = 0; i < PIXELS; i++) of_partner[place(i)] = i < PIXELS - 3 ? (double)(i + 1) : 0;
    score_expect(&s, "partner_overlap", (TOP - 3) / (double)TOP, 1e-15);
    score_case_forget(&s);
    /* Two neighbours in rank change places: d = 1, -1. */
    for (size_t i = 0; i < PIXELS; i++) of_partner[place(i)] = (double)(i + 1);
    of_partner[place(PIXELS - TOP)] -= 1, of_partner[place(PIXELS - TOP - 1)] += 1;
    score_expect(&s, "partner_overlap", (TOP - 1) / (double)TOP, 1e-15);
    score_expect(&s, "partner_spearman", 1 - 12. / ((double)PIXELS * ((double)PIXELS * PIXELS - 1)), 1e-14);
}

Test(score_partner, similarity_is_that_of_the_library) {
    double grey[2 * PLANE], expected;
    begin();
    for (int i = 0; i < 3 * PLANE; i++) s.values[i] = test_uniform(-1, 1), of_partner[i] = test_uniform(-1, 1);
    for (int i = 0; i < PLANE; i++) {
        grey[i] = fabs(s.values[i]) + fabs(s.values[PLANE + i]) + fabs(s.values[2 * PLANE + i]);
        grey[PLANE + i] = fabs(of_partner[i]) + fabs(of_partner[PLANE + i]) + fabs(of_partner[2 * PLANE + i]);
    }
    cr_assert_eq(attr_ssim_of_maps(&expected, grey, grey + PLANE, HEIGHT, WIDTH), ATTR_OK);
    score_expect(&s, "partner_ssim", expected, 1e-14);
    score_case_forget(&s);
    memcpy(of_partner, s.values, sizeof of_partner);
    score_expect(&s, "partner_ssim", 1, 1e-12);
}

/* Not defined: without a partner, of a control, of a map that is the same all over the picture, without such a map. */
Test(score_partner, what_is_not_defined) {
    begin();
    s.probability = s.m.probability = test_target(s.m.engine, ATTR_TARGET_LOGIT, 1);
    fill_rising();
    s.m.partner = NULL;
    for (int k = 0; k < ROWS; k++) score_expect(&s, rows[k], NAN, 0);
    s.m.partner = partner;
    s.m.explain = NULL;
    for (int k = 0; k < ROWS; k++) score_expect(&s, rows[k], NAN, 0);
    score_case_method(&s, 3);
    for (size_t i = 0; i < PIXELS; i++) of_partner[place(i)] = 3;
    for (int k = 0; k < 3; k++) score_expect(&s, rows[k], NAN, 0);
    score_expect(&s, "partner_retrieval", NAN, 0);
    s.made[ATTR_MAKE_PARTNER] = NULL;
    score_case_forget(&s);
    for (int k = 0; k < ROWS - 1; k++) score_expect(&s, rows[k], NAN, 0);
}

/* Pixels of the picture itself go, in the order of the partner's map. */
Test(score_partner, fidelity_is_removal_from_the_picture) {
    begin();
    score_case_random_map(&s, -1, 1);
    for (int i = 0; i < 3 * PLANE; i++) s.values[i] = test_uniform(-1, 1), of_partner[i] = test_uniform(-1, 1);
    for (int i = 0; i < 3 * PLANE; i++) partner[i] = reference[i] = 9; /* of no account */
    double deletion = score_of(&s, "deletion");
    double found[] = {score_of(&s, "partner_deletion"), score_of(&s, "partner_preservation")};
    for (int i = 0; i < PLANE; i++) s.map[i] = of_partner[i] + of_partner[PLANE + i] + of_partner[2 * PLANE + i];
    score_expect(&s, "deletion", found[0], 1e-12);
    score_expect(&s, "preservation", found[1], 1e-12);
    cr_expect(fabs(found[0] - deletion) > 1e-6, "deletion by both maps: %g", deletion);
}

/* Class 1 has 10 x at A, where x is 1, class 0 always 5. */
static void look_at_one_pixel(void) {
    network *net = s.n.net;
    memset(net->layers[0].weights, 0, 2 * s.n.inputs * sizeof(float));
    net->layers[0].weights[s.n.inputs + A] = 10;
    net->layers[0].biases[0] = 5;
    net->layers[0].biases[1] = 0;
    for (int i = 0; i < PLANE; i++) s.n.x[i] = i == A ? 1 : .2f;
    score_case_renew(&s);
}

static void show(double *values, int at) {
    memset(values, 0, 3 * PLANE * sizeof *values);
    values[at] = 1;
}

/* The partner is masked by its own map; what that must be taken for is the picture's class. */
Test(score_partner, retrieval_by_hand) {
    begin();
    look_at_one_pixel();
    for (int i = 0; i < 3 * PLANE; i++) reference[i] = .3f;
    show(s.values, A);
    const struct {
        float at; /* what the partner has at A */
        int shown;
        float rest; /* what its reference has at A */
        double expected;
    } cases[] = {{.9f, A, .3f, 1}, {.9f, B, .3f, 0}, {.4f, A, .3f, 0}, {.4f, B, .6f, 1}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        partner[A] = cases[k].at, reference[A] = cases[k].rest;
        show(of_partner, cases[k].shown);
        score_case_forget(&s);
        score_expect(&s, "retrieval", 1, 0);
        score_expect(&s, "partner_retrieval", cases[k].expected, 0);
    }
}

/* Of two classes the other one is class 0, which wins where A is not shown, or the partner has nothing there. */
Test(score_partner, retrieval_of_a_random_class_by_hand) {
    begin();
    s.probability = s.m.probability = test_target(s.m.engine, ATTR_TARGET_LOGIT, 1);
    look_at_one_pixel();
    s.made[ATTR_MAKE_AT] = of_other;
    reference[A] = .3f, partner[A] = .9f;
    show(of_other, A);
    score_expect(&s, "partner_retrieval_random", 0, 0);
    show(of_other, B);
    score_expect(&s, "partner_retrieval_random", 1, 0);
    show(of_other, A);
    partner[A] = .4f;
    score_expect(&s, "partner_retrieval_random", 1, 0);
    score_expect(&s, "retrieval_random", 0, 0);
    cr_expect(s.made_target != NULL && s.made_target != s.target, "another target must be explained");
}
