/* The rows of faithfulness: each gives what the library function gives with the settings written here, over the
 * target's magnitude; worked by hand where a linear target makes that possible. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "metrics/faithfulness_correlation.h"
#include "metrics/infidelity.h"
#include "metrics/information_curve.h"
#include "metrics/perturbation_curve.h"
#include "metrics/picture_pixels.h"
#include "metrics/pixel_flipping.h"
#include "metrics/pixel_removal.h"
#include "metrics/road.h"
#include "metrics/sensitivity_n.h"
#include "score_case.h"
#include "small_network.h"

enum { PIXELS = 22 * 16, PLANE = 24 * 20, REMOVALS = 59 }; /* 6 pixels a step: 352 / 64, rounded up */

static score_case s;

static void end(void) {
    score_case_free(&s);
}

TestSuite(score, .fini = end);

static void expect(const char *row, double expected, double within) {
    double found = score_of(&s, row);
    cr_expect(isnan(expected) ? isnan(found) : fabs(found - expected) <= within * fmax(1, fabs(expected)),
              "%s: %.17g, expected %.17g", row, found, expected);
}

/* |map|, in a room of its own. */
static const double *magnitudes(void) {
    static double room[PLANE];
    for (int i = 0; i < PLANE; i++) room[i] = fabs(s.map[i]);
    return room;
}

/* What a pixel contributes to the linear logit against a reference. */
static double contribution(size_t place, const float *reference) {
    const float *w = s.n.net->layers[0].weights + s.n.inputs;
    double sum = 0;
    for (size_t c = 0; c < 3; c++)
        sum += (double)w[c * PLANE + place] * ((double)s.n.x[c * PLANE + place] - reference[c * PLANE + place]);
    return sum;
}

/* ---- Against the library */

static double removal(attr_target *t, double value, attr_removal_order order) {
    const attr_removal_settings settings = {s.region, order, 6};
    attr_removal_area area;
    double scores[REMOVALS + 1];
    cr_assert_eq(attr_removal_steps(&settings), REMOVALS);
    cr_assert_eq(attr_pixel_removal(scores, &area, s.m.engine, t, s.n.x, s.reference, magnitudes(), &settings),
                 ATTR_OK);
    return area.area / fabs(value);
}

static double flipping(attr_target *t, double value) {
    /* 9 of 227, of the picture's shorter side of 16: one pixel */
    const attr_flipping_settings settings = {s.region, 1, 100};
    attr_flipping out;
    cr_assert_eq(attr_pixel_flipping(&out, NULL, NULL, s.m.engine, t, s.n.x, s.reference, s.map, &settings), ATTR_OK);
    return out.difference / fabs(value);
}

static double road(attr_target *t, double value) {
    const attr_road_settings settings = {s.region, .01, 5};
    attr_road out;
    cr_assert_eq(attr_road_of(&out, s.m.engine, t, s.n.x, magnitudes(), &settings), ATTR_OK);
    return out.combined / fabs(value);
}

/* A window of 15 of 224, of the shorter side of 20: one pixel. */
static double aupc(attr_target *t, bool published) {
    const attr_curve_settings settings = {1, 30, 5, 5, !published, s.region};
    attr_perturbation_curve curve;
    cr_assert_eq(attr_perturbation_curve_make(&curve, s.m.engine, t, s.n.x, s.map, &settings, NULL, NULL), ATTR_OK);
    double area = curve.area;
    attr_perturbation_curve_free(&curve);
    return area;
}

static void expect_series(const char *suffix, attr_target *t, double value) {
    static const char *const names[] = {"deletion", "preservation", "insertion"};
    static const attr_removal_order orders[] = {ATTR_DELETION, ATTR_PRESERVATION, ATTR_INSERTION};
    char row[64];
    for (int i = 0; i < 3; i++) {
        snprintf(row, sizeof row, "%s%s", names[i], suffix);
        expect(row, removal(t, value, orders[i]), 0);
    }
    snprintf(row, sizeof row, "pixel_flipping%s", suffix);
    expect(row, flipping(t, value), 0);
    snprintf(row, sizeof row, "road%s", suffix);
    expect(row, road(t, value), 0);
    snprintf(row, sizeof row, "aupc%s", suffix);
    for (int published = 0; published < 2; published++) {
        s.m.as_published = published;
        expect(row, aupc(t, published), 0);
    }
    s.m.as_published = false;
}

Test(score, series_are_those_of_the_library) {
    deep_score_case(&s);
    score_case_random_map(&s, -1, 1);
    expect_series("", s.target, s.m.value);
    expect("deletion_matched", NAN, 0);
}

Test(score, matched_series_look_at_the_best_box) {
    detector_score_case(&s);
    score_case_random_map(&s, -1, 1);
    double best = attr_target_value(s.matched, s.m.engine, 0);
    cr_assert(fabs(best - s.m.value) < 1e-5, "%g and %g", best, s.m.value); /* the same cell, IoU 1 */
    attr_engine_set_input_f32(s.m.engine, 0, s.reference); /* of another input the row must not take the value */
    attr_engine_forward(s.m.engine, 1);
    expect_series("", s.target, s.m.value);
    expect_series("_matched", s.matched, best);
}

Test(score, correlations_and_infidelity_are_those_of_the_library) {
    deep_score_case(&s);
    score_case_random_map(&s, -1, 1);
    const double *map = s.map;
    double expected, correlations[4];
    attr_subset_settings subsets = {
        .region = s.region, .with = ATTR_REPLACE_LOWEST, .size = 224, .runs = 100, .seed = 5};
    cr_assert_eq(attr_faithfulness_correlation(&expected, s.m.engine, s.target, s.n.x, &map, 1, &subsets), ATTR_OK);
    expect("faithfulness_correlation", expected, 0);
    s.m.as_published = true;
    map = magnitudes();
    cr_assert_eq(attr_faithfulness_correlation(&expected, s.m.engine, s.target, s.n.x, &map, 1, &subsets), ATTR_OK);
    expect("faithfulness_correlation", expected, 0);
    s.m.as_published = false;
    map = s.map;

    /* ten sizes from 1 to 281.6 at equal ratios, of which the third, fifth, seventh (rounded down) and last */
    size_t sizes[4];
    for (int i = 0; i < 4; i++) sizes[i] = (size_t)lround(pow(.8 * PIXELS, (double)((i + 1) * 9 / 4) / 9));
    subsets.runs = 50;
    cr_assert_eq(attr_sensitivity_n(&expected, correlations, s.m.engine, s.target, s.n.x, &map, 1, sizes, 4, &subsets),
                 ATTR_OK);
    expect("sensitivity_n", expected, 0);

    /* squares up to 10 of 28, of the picture's shorter side of 16 */
    attr_infidelity infidelity;
    const attr_infidelity_settings settings = {.region = s.region,
                                               .perturbation = ATTR_PERTURB_SQUARE,
                                               .side = 6,
                                               .reference = s.reference,
                                               .samples = 100,
                                               .seed = 5};
    cr_assert_eq(attr_infidelity_of(&infidelity, s.m.engine, s.target, s.n.x, &map, 1, &settings), ATTR_OK);
    expect("infidelity", infidelity.relative, 0);
}

Test(score, information_is_that_of_the_library) {
    static attr_information_curve curve;
    deep_score_case(&s);
    score_case_random_map(&s, -1, 1);
    for (int published = 0; published < 2; published++) {
        s.m.as_published = published;
        attr_information_settings settings = {s.region, ATTR_INFORMATION_GGIG, published, .005, 0, 5, NULL, NULL};
        cr_assert_eq(attr_information_curve_of(&curve, s.m.engine, s.probability, s.n.x, magnitudes(), &settings),
                     ATTR_OK);
        expect("sic", curve.sic_area, 0);
        expect("aic", curve.aic_area, 0);
        cr_expect(s.m.value < .8, "%g", s.m.value);
        expect("pic", NAN, 0);
    }
}

static bool is_found(void *context, attr_engine *e, int sample) {
    return attr_target_is_recognised(context, e, sample, .5, .01);
}

Test(score, information_of_a_detection_asks_for_its_box) {
    static attr_information_curve curve;
    detector_score_case(&s);
    score_case_random_map(&s, -1, 1);
    attr_information_settings settings = {s.region, ATTR_INFORMATION_GGIG, false, .005, 0, 5, is_found, s.matched};
    cr_assert_eq(attr_information_curve_of(&curve, s.m.engine, s.target, s.n.x, magnitudes(), &settings), ATTR_OK);
    expect("sic", curve.sic_area, 0);
    expect("aic", curve.aic_area, 0);
}

/* A probability of .8 and more has a curve by PAIR's rules. */
Test(score, pic_is_that_of_the_library_for_what_is_sure) {
    static attr_information_curve curve;
    deep_score_case(&s);
    score_case_random_map(&s, -1, 1);
    s.n.net->layers[2].biases[1] = 6;
    score_case_renew(&s);
    cr_assert(s.m.value > .8, "%g", s.m.value);
    for (int published = 0; published < 2; published++) {
        s.m.as_published = published;
        attr_information_settings settings = {s.region, ATTR_INFORMATION_PIC, published, .01, .8, 5, NULL, NULL};
        cr_assert_eq(attr_information_curve_of(&curve, s.m.engine, s.probability, s.n.x, magnitudes(), &settings),
                     ATTR_OK);
        expect("pic", curve.sic_area, 0);
    }
}

/* ---- By hand */

/* Two steps: what the first 6, 12, .. pixels contribute is taken away from f in turn, so areas are sums of parts. Of a
 * logit below 0 less is still less. */
Test(score, removal_of_a_linear_logit_by_hand) {
    linear_score_case(&s);
    for (int sign = 1; sign >= -1; sign -= 2) {
        size_t order[PIXELS];
        double area[2] = {0};
        if (sign < 0) {
            s.n.net->layers[0].biases[1] -= (float)(s.m.value + 3);
            score_case_renew(&s);
            cr_assert(fabs(s.m.value + 3) < 1e-4, "%g", s.m.value);
        }
        for (size_t i = 0; i < PIXELS; i++) {
            size_t place = attr_picture_place(&s.region, i);
            s.map[place] = contribution(place, s.reference);
        }
        cr_assert_eq(attr_order_of_picture(order, magnitudes(), &s.region, false), ATTR_OK);
        for (int rising = 0; rising < 2; rising++) {
            double f = s.m.value, before = f;
            for (int l = 0; l < REMOVALS; l++) {
                for (int i = 6 * l; i < 6 * l + 6 && i < PIXELS; i++) f -= s.map[order[rising ? PIXELS - 1 - i : i]];
                area[rising] += (before + f) / 2 / REMOVALS;
                before = f;
            }
        }
        expect("deletion", area[0] / fabs(s.m.value), 1e-5);
        expect("preservation", area[1] / fabs(s.m.value), 1e-5);
    }
}

/* An exact map explains all drops; its opposite none of a correlation's sign. Where all pixels get the picture's lowest
 * value an exact map is another one than against the mean colour. */
Test(score, of_an_exact_map_is_the_best) {
    linear_score_case(&s);
    for (size_t i = 0; i < PIXELS; i++) {
        size_t place = attr_picture_place(&s.region, i);
        s.map[place] = contribution(place, s.reference);
    }
    expect("infidelity", 0, 1e-9);
    float lowest[3 * PLANE], least = 1;
    for (size_t c = 0; c < 3; c++)
        for (size_t i = 0; i < PIXELS; i++) least = fminf(least, s.n.x[c * PLANE + attr_picture_place(&s.region, i)]);
    for (int i = 0; i < 3 * PLANE; i++) lowest[i] = least;
    for (int sign = 1; sign >= -1; sign -= 2) {
        for (size_t i = 0; i < PIXELS; i++) {
            size_t place = attr_picture_place(&s.region, i);
            s.map[place] = sign * contribution(place, lowest);
        }
        expect("faithfulness_correlation", sign, 1e-6);
        expect("sensitivity_n", sign, 1e-6);
    }
    cr_expect(score_of(&s, "pixel_flipping") < 0, "the opposite: %g", score_of(&s, "pixel_flipping"));
}

/* Curves begin at x, or end there, with 1. */
Test(score, curves_have_the_target_for_their_unit) {
    static const struct {
        const char *row;
        int at;
    } rows[] = {{"deletion", 0}, {"insertion", 30}, {"preservation", 0}, {"pixel_flipping", 0},
                {"road", 0},     {"aupc", 0},       {"sic", 30}};
    static double curve[ATTR_METRIC_POINTS]; /* the case outlives the test */
    deep_score_case(&s);
    score_case_random_map(&s, -1, 1);
    s.m.curve = curve;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (int k = 0; k < ATTR_METRIC_POINTS; k++) curve[k] = NAN;
        score_of(&s, rows[i].row);
        cr_expect(fabs(curve[rows[i].at] - 1) < 1e-5, "%s: %g", rows[i].row, curve[rows[i].at]);
        for (int k = 0; k < ATTR_METRIC_POINTS; k++) cr_expect(isfinite(curve[k]), "%s, %d", rows[i].row, k);
    }
}
