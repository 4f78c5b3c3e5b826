/* The rows that make maps of their own (stability, robustness, invariance) and retrieval, by hand: what the method
 * makes is put in its place. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "metrics/rank.h"
#include "metrics/robustness.h"
#include "metrics/similarity.h"
#include "score_case.h"
#include "small_network.h"

enum { WIDTH = 24, HEIGHT = 20, PLANE = WIDTH * HEIGHT };

static score_case s;
static double one[3 * PLANE], two[3 * PLANE];

static void end(void) {
    score_case_free(&s);
}

TestSuite(score_maps, .fini = end);

/* ---- Stability and fidelity */

static const struct {
    const char *second, *floor; /* rows of the same measure */
} twins[] = {{"stability", "stability_floor"},
             {"stability_normalised", "stability_normalised_floor"},
             {"stability_ssim", "stability_ssim_floor"},
             {"stability_overlap", "stability_overlap_floor"}};
enum { TWINS = sizeof twins / sizeof *twins };

/* Maps of three channels, 3 in one place and 4 in another; the other map has 12 in the first alone. Distance: the root
 * of 81 + 16; of length 1: (.6, .8) and (1, 0), the root of .16 + .64. Of the 144 largest values of 1440, signed, of
 * equal ones the first: places 0 to 143 but for what is moved: the map has its two, at 100 and 1000, and the first 142
 * others (0 to 142 without 100); the other one 100 and 0 to 143 without it. In common are 0 to 142. */
Test(score_maps, stability_by_hand) {
    linear_score_case(&s);
    score_case_method(&s, 3);
    s.values[100] = 3, s.values[1000] = 4;
    memset(one, 0, sizeof one);
    one[100] = 12;
    double distance = sqrt(81 + 16), normalised = sqrt(.8), overlap = 143. / 144;
    for (int kind = ATTR_MAKE_PLAIN; kind <= ATTR_MAKE_SECOND; kind++) {
        s.made[kind] = one;
        s.m.has_second = kind == ATTR_MAKE_SECOND;
        score_case_forget(&s);
        for (int k = 0; k < TWINS; k++) {
            const double by_hand[TWINS] = {distance, normalised, NAN, overlap};
            const char *row = kind == ATTR_MAKE_SECOND ? twins[k].second : twins[k].floor;
            if (kind != ATTR_MAKE_PLAIN && k != 2) score_expect(&s, row, by_hand[k], 1e-12);
            if (kind != ATTR_MAKE_SECOND) score_expect(&s, twins[k].second, NAN, 0); /* there is no second network */
        }
        if (kind == ATTR_MAKE_PLAIN) score_expect(&s, "fidelity", distance, 1e-12);
        cr_expect_eq(s.calls[kind], 1, "kind %d: made %d times", kind, s.calls[kind]);
        s.made[kind] = NULL;
    }
    score_case_forget(&s);
    s.m.has_second = true;
    score_expect(&s, "fidelity", NAN, 0); /* no such map */
    for (int k = 0; k < TWINS; k++) {
        score_expect(&s, twins[k].second, NAN, 0);
        score_expect(&s, twins[k].floor, NAN, 0);
    }
    cr_expect(s.calls[ATTR_MAKE_SECOND] == 1 && s.calls[ATTR_MAKE_AGAIN] == 1, "asked %d and %d times",
              s.calls[ATTR_MAKE_SECOND], s.calls[ATTR_MAKE_AGAIN]);
}

static void fill(double *values) {
    for (int i = 0; i < 3 * PLANE; i++) values[i] = test_uniform(-1, 1);
}

Test(score_maps, stability_is_that_of_the_library) {
    double grey[2 * PLANE], similarity, overlap;
    linear_score_case(&s);
    score_case_method(&s, 3);
    s.m.has_second = true;
    fill(s.values);
    fill(one);
    fill(two);
    s.made[ATTR_MAKE_SECOND] = one;
    s.made[ATTR_MAKE_AGAIN] = two;
    for (int other = 0; other < 2; other++) {
        const double *map = other ? two : one;
        for (int i = 0; i < PLANE; i++) {
            grey[i] = fabs(s.values[i]) + fabs(s.values[PLANE + i]) + fabs(s.values[2 * PLANE + i]);
            grey[PLANE + i] = fabs(map[i]) + fabs(map[PLANE + i]) + fabs(map[2 * PLANE + i]);
        }
        cr_assert_eq(attr_ssim_of_maps(&similarity, grey, grey + PLANE, HEIGHT, WIDTH), ATTR_OK);
        cr_assert_eq(attr_top_overlap(&overlap, s.values, map, 3 * PLANE, 144), ATTR_OK);
        const double expected[TWINS] = {attr_map_distance(s.values, map, 3 * PLANE),
                                        attr_normalised_difference(s.values, map, 3 * PLANE), similarity, overlap};
        for (int k = 0; k < TWINS; k++) score_expect(&s, other ? twins[k].floor : twins[k].second, expected[k], 1e-14);
    }
}

/* A method without random numbers has a floor of 0, of 1 for what is alike. */
Test(score_maps, of_the_same_map_twice) {
    linear_score_case(&s);
    score_case_method(&s, 3);
    fill(s.values);
    for (int kind = 0; kind < ATTR_MAKE_KINDS; kind++) s.made[kind] = s.values;
    s.m.has_second = true;
    for (int k = 0; k < TWINS; k++) {
        score_expect(&s, twins[k].second, k >= 2, 1e-12);
        score_expect(&s, twins[k].floor, k >= 2, 1e-12);
    }
    score_expect(&s, "fidelity", 0, 0);
    score_expect(&s, "input_invariance", 0, 0);
    score_expect(&s, "max_sensitivity", 0, 0);
    score_expect(&s, "mean_sensitivity", 0, 0);
    score_expect(&s, "rank_correlation", 1, 1e-12);
    score_expect(&s, "lipschitz", 0, 0);
}

/* ---- Robustness */

enum { LARGE_W = 40, LARGE_H = 30, LARGE = LARGE_W * LARGE_H };

static const float *centre; /* the input at which the map is measured */

/* 1, 2, .. at the input itself, twice that at any other. */
static attr_status double_elsewhere(double *values, const float *x, size_t inputs) {
    (void)inputs;
    for (int i = 0; i < LARGE; i++) values[i] = (i + 1) * (memcmp(x, centre, LARGE * sizeof *x) ? 2 : 1);
    return ATTR_OK;
}

/* Two channels: the first two of the input. */
static attr_status copy_channels(double *values, const float *x, size_t inputs) {
    (void)inputs;
    for (int i = 0; i < 2 * LARGE; i++) values[i] = x[i];
    return ATTR_OK;
}

static attr_status sum_channels(void *context, double *map, const float *x) {
    (void)context;
    for (int i = 0; i < LARGE; i++) map[i] = (double)x[i] + x[LARGE + i];
    return ATTR_OK;
}

/* A larger input, of which no network knows. */
static void make_large(float *x, double *map) {
    linear_score_case(&s);
    for (int i = 0; i < 3 * LARGE; i++) x[i] = (float)test_uniform(0, 1);
    for (int i = 0; i < LARGE; i++) map[i] = i;
    centre = s.m.x = x;
    s.m.map = map;
    s.m.net_w = LARGE_W, s.m.net_h = LARGE_H;
}

/* ||2 E - E|| / ||E|| = 1; the order and the normalised map stay. */
Test(score_maps, robustness_of_a_map_that_doubles) {
    static float x[3 * LARGE];
    static double map[LARGE];
    make_large(x, map);
    score_case_method(&s, 1);
    s.remake = double_elsewhere;
    score_expect(&s, "max_sensitivity", 1, 1e-12);
    score_expect(&s, "mean_sensitivity", 1, 1e-12);
    score_expect(&s, "top_overlap", 1, 0);
    score_expect(&s, "rank_correlation", 1, 1e-12);
    cr_expect_eq(s.calls[ATTR_MAKE_AT], 11, "ten copies serve four rows, %d maps", s.calls[ATTR_MAKE_AT]);
    score_expect(&s, "lipschitz", 0, 1e-15);
    cr_expect_eq(s.calls[ATTR_MAKE_AT], 22, "%d maps", s.calls[ATTR_MAKE_AT]);
}

Test(score_maps, robustness_is_that_of_the_library_with_ten_copies) {
    static float x[3 * LARGE];
    static double map[LARGE];
    make_large(x, map);
    score_case_method(&s, 2);
    s.remake = copy_channels;
    const attr_map_maker maker = {sum_channels, NULL, 3 * LARGE, 1, LARGE};
    const attr_robustness_settings settings = {10, .2, .1, 1000, 5};
    attr_robustness expected;
    double lipschitz;
    cr_assert_eq(attr_robustness_measure(&expected, &maker, x, &settings), ATTR_OK);
    cr_assert_eq(attr_lipschitz_estimate(&lipschitz, &maker, x, &settings), ATTR_OK);
    score_expect(&s, "max_sensitivity", expected.max_sensitivity, 0);
    score_expect(&s, "mean_sensitivity", expected.mean_sensitivity, 0);
    score_expect(&s, "top_overlap", expected.top_overlap, 0);
    score_expect(&s, "rank_correlation", expected.spearman, 0);
    score_expect(&s, "lipschitz", lipschitz, 0);
    cr_expect(expected.top_overlap < .999 && expected.spearman < .999 && lipschitz > 0);
}

/* ---- Input invariance */

/* 1 everywhere, of which two numbers change: one by 100 in the second row, which a window of 3 x 3 reads that sees
 * padding, too; one by .5 in the third. Without padding both count. */
Test(score_maps, invariance_by_hand) {
    for (int padded = 0; padded < 2; padded++) {
        if (padded)
            deep_score_case(&s);
        else
            linear_score_case(&s);
        score_case_method(&s, 1);
        for (int i = 0; i < PLANE; i++) s.values[i] = one[i] = 1;
        one[1 * WIDTH + 7] += 100;
        one[2 * WIDTH + 7] += .5;
        s.made[ATTR_MAKE_SHIFTED] = one;
        score_expect(&s, "input_invariance", padded ? .5 / sqrt((WIDTH - 4) * (HEIGHT - 4)) : sqrt((1e4 + .25) / PLANE),
                     1e-12);
        s.made[ATTR_MAKE_SHIFTED] = NULL;
        score_case_forget(&s);
        score_expect(&s, "input_invariance", NAN, 0); /* the first layer cannot take a shift back */
        if (!padded) score_case_free(&s);
    }
}

/* ---- Retrieval */

enum { A = 5 * WIDTH + 9, B = 11 * WIDTH + 14 };

/* Class 1 has 10 x at A, where x is 1, class 0 always 5: the mean colour alone, about .5 of which is not enough. */
static void look_at_one_pixel(void) {
    network *net = s.n.net;
    memset(net->layers[0].weights, 0, 2 * s.n.inputs * sizeof(float));
    net->layers[0].weights[s.n.inputs + A] = 10;
    net->layers[0].biases[0] = 5;
    net->layers[0].biases[1] = 0;
    for (int i = 0; i < PLANE; i++) s.n.x[i] = i == A ? 1 : .2f;
    score_case_renew(&s);
}

static void show(double *values, int place, double v) {
    memset(values, 0, s.n.inputs * sizeof *values);
    values[place] = v;
}

Test(score_maps, retrieval_by_hand) {
    linear_score_case(&s);
    look_at_one_pixel();
    s.map[A] = -1e-3; /* a control; its scale does not matter, nor its sign */
    score_expect(&s, "retrieval", 1, 0);
    s.map[A] = 0, s.map[B] = 7;
    score_expect(&s, "retrieval", 0, 0);
    score_case_method(&s, 3);
    show(s.values, PLANE + A, .3); /* in another channel: they are shown together */
    score_expect(&s, "retrieval", 1, 0);
    show(s.values, B, 2);
    score_expect(&s, "retrieval", 0, 0);
    /* .2 + .3 (1 - .2) = .44 is not enough, .2 + .5 (1 - .2) = .6 is: a mask is taken as it is */
    s.m.method = ATTR_METHOD_RELEX;
    show(s.values, A, .3);
    score_expect(&s, "retrieval", 0, 0);
    show(s.values, A, .5);
    score_expect(&s, "retrieval", 1, 0);
    show(s.values, PLANE + A, 1);
    score_expect(&s, "retrieval", 0, 0);
    /* a layer's map ends at its largest value, not at the 99th percentile (which is that of five pixels of 480) */
    for (int layer = 0; layer < 2; layer++) {
        s.m.method = layer ? ATTR_METHOD_GRADCAM : ATTR_METHOD_GRADIENT;
        score_case_method(&s, 1);
        s.m.method = layer ? ATTR_METHOD_GRADCAM : ATTR_METHOD_GRADIENT;
        memset(s.values, 0, PLANE * sizeof *s.values);
        for (int i = 0; i < 30; i++) s.values[B + i] = .2;
        s.values[B] = 1;
        s.values[A] = .2;
        score_expect(&s, "retrieval", !layer, 0);
    }
}

/* Of two classes the other one is class 0, which wins where A is not shown. */
Test(score_maps, retrieval_of_a_random_class_by_hand) {
    linear_score_case(&s);
    s.probability = s.m.probability = test_target(s.m.engine, ATTR_TARGET_LOGIT, 1);
    look_at_one_pixel();
    score_expect(&s, "retrieval_random", NAN, 0); /* a control cannot explain another class */
    score_case_method(&s, 3);
    s.made[ATTR_MAKE_AT] = one;
    show(one, A, 1);
    score_expect(&s, "retrieval_random", 0, 0);
    show(one, B, 1);
    score_expect(&s, "retrieval_random", 1, 0);
    cr_expect(s.calls[ATTR_MAKE_AT] == 2 && s.made_target != NULL, "another target must be explained");
}

/* Of three classes both others are drawn, by the seed. */
Test(score_maps, retrieval_draws_any_other_class) {
    int counts[2] = {0};
    deep_score_case(&s);
    score_case_method(&s, 1);
    s.made[ATTR_MAKE_AT] = one;
    show(one, A, 1);
    for (uint64_t seed = 0; seed < 200; seed++) {
        s.m.seed = seed;
        s.n.net->layers[2].biases[2] = 50; /* what is shown is taken for class 2, whatever is shown */
        if (seed == 0) score_case_renew(&s);
        double value = score_of(&s, "retrieval_random");
        cr_expect(value == 0 || value == 1, "%g", value);
        counts[value == 1]++;
    }
    cr_expect(counts[0] > 70 && counts[1] > 70, "%d times class 0, %d times class 2", counts[0], counts[1]);
}
