/* The rows of localisation, of noise and of complexity: by hand on a plane of which the picture is a part; what chance
 * gives; that the box wins. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "metrics/axioms.h"
#include "metrics/complexity.h"
#include "metrics/controls.h"
#include "metrics/picture_pixels.h"
#include "metrics/rank.h"
#include "metrics/similarity.h"
#include "metrics/soft_mask.h"
#include "metrics/total_variation.h"
#include "score_case.h"
#include "small_network.h"

enum { WIDTH = 24, HEIGHT = 20, PLANE = WIDTH * HEIGHT, X0 = 1, Y0 = 2, W = 22, H = 16, PIXELS = W * H };

static score_case s;

static void begin(void) {
    linear_score_case(&s);
}

static void end(void) {
    score_case_free(&s);
}

TestSuite(score_places, .init = begin, .fini = end);

/* The picture's numbers, 4 -2 1 / -3 0 2 in its corner, mask 1 0 0 / 1 0 .5 there, 0 elsewhere, and 100 on the bars,
 * which nothing looks at. |map| has 12: hard mask 4, 3, 2 (k = 3), mass 4 + 3 + 1 = 8. Positive: 7, inside 6, as
 * published 9 of 12; weighted n / k times that. Three largest |map|: 4, 3, and of the two 2 the first, outside. AUC:
 * 4 and 3 are above all 349 outside, 2 above 348 and equal to one. Box from the middle of the first pixel (inside) to
 * 2, rows 0 and, to its middle (outside), 1: 4, 2. */
Test(score_places, of_a_corner_worked_by_hand) {
    const double map[2][3] = {{4, -2, 1}, {-3, 0, 2}}, mask[2][3] = {{1, 0, 0}, {1, 0, .5}};
    for (int i = 0; i < PLANE; i++) s.map[i] = 100;
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++) {
            bool corner = y < 2 && x < 3;
            s.map[(Y0 + y) * WIDTH + X0 + x] = corner ? map[y][x] : 0;
            s.mask[(Y0 + y) * WIDTH + X0 + x] = corner ? mask[y][x] : 0;
        }
    s.m.box = (attr_share_box){X0 + .5, Y0, X0 + 2, Y0 + 1.5};
    s.m.matched = s.target; /* there is a box */
    score_expect(&s, "pointing_game", 1, 0);
    score_expect(&s, "mass_accuracy", 8. / 12, 1e-12);
    score_expect(&s, "energy", (4 + 2) / 12., 1e-12);
    score_expect(&s, "rank_accuracy", 2. / 3, 1e-12);
    score_expect(&s, "localisation", 6. / 7, 1e-12);
    score_expect(&s, "weighted_localisation", 6. / 7 * PIXELS / 3, 1e-10);
    score_expect(&s, "roc_auc", (2 * 349 + 348.5) / (3 * 349), 1e-12);
    /* g = 1, .5, .25 / .75, 0, .5 */
    score_expect(&s, "weighted_jaccard", 2.25 / 3.25, 1e-12);
    score_expect(&s, "relevance_percent", 2. / 3, 1e-12);
    score_expect(&s, "mask_closeness", 1 - (.25 + .0625 + .0625) / PIXELS, 1e-12);
    s.m.as_published = true;
    score_expect(&s, "localisation", 9. / 12, 1e-12);
    score_expect(&s, "weighted_localisation", 9. / 12 * PIXELS / 3, 1e-10);
    score_expect(&s, "mass_accuracy", 8. / 12, 1e-12);
    s.m.matched = NULL;
}

/* Correlations and similarity against the library on a copy of the picture's part. */
Test(score_places, against_a_soft_mask_are_those_of_the_library) {
    double g[PIXELS], mask[PIXELS], most = 0;
    attr_soft_scores soft;
    score_case_random_map(&s, -3, 1);
    for (int i = 0; i < PIXELS; i++) {
        size_t place = attr_picture_place(&s.region, (size_t)i);
        s.mask[place] = mask[i] = test_uniform(0, 1);
        g[i] = fabs(s.map[place]);
        most = fmax(most, g[i]);
    }
    cr_assert_eq(attr_soft_mask_scores(&soft, g, mask, H, W), ATTR_OK);
    score_expect(&s, "mask_pearson", soft.pearson, 0);
    score_expect(&s, "mask_spearman", soft.spearman, 0);
    for (int i = 0; i < PIXELS; i++) g[i] /= most;
    double corrected = attr_ssim_uniform(g, mask, H, W, 1), published = attr_ssim_uniform(g, mask, H, W, 2);
    score_expect(&s, "mask_ssim", corrected, 1e-15);
    s.m.as_published = true;
    score_expect(&s, "mask_ssim", published, 1e-15);
    cr_expect(fabs(corrected - published) > 1e-3, "%g and %g", corrected, published);
}

/* One window of 7 x 7, map and mask differ in one pixel each way: of g 1 / 49 mean and variance (1/49 - 1/49^2) x
 * 49/48 = 1/49, the mask the same elsewhere; covariance -1/49^2 x 49/48 = -1/2352. So with C1 = 1e-4 R^2, C2 = 9e-4
 * R^2: (2/2401 + C1) (C2 - 1/1176) / ((2/2401 + C1) (2/49 + C2)). */
Test(score_places, similarity_of_a_window_worked_by_hand) {
    s.m.fitted = (attr_fitted_region){X0, Y0, 7, 7};
    s.map[Y0 * WIDTH + X0] = -5;
    s.mask[(Y0 + 6) * WIDTH + X0 + 6] = 1;
    score_expect(&s, "mask_ssim", (9e-4 - 1. / 1176) / (2. / 49 + 9e-4), 1e-12);
    s.m.as_published = true;
    score_expect(&s, "mask_ssim", (36e-4 - 1. / 1176) / (2. / 49 + 36e-4), 1e-12);
}

/* ---- Controls */

static void make_control(attr_control control, uint64_t seed) {
    attr_control_map(s.map, control, s.n.x, 3, WIDTH, HEIGHT, &s.m.fitted, &s.m.box, seed);
}

/* Places are the picture's, so the bars (a quarter of the plane) change nothing. A uniform map against a mask of part
 * p of the pixels: Jaccard's sums are p / 2 and p + (1 - p) / 2; the squared error is 1/3 everywhere. */
Test(score_places, the_random_control_scores_what_chance_predicts) {
    enum { trials = 1500, rows = 12 };
    const double p = 8. * 6 / PIXELS;
    const struct {
        const char *row;
        double chance, within;
    } expected[rows] = {{"pointing_game", p, 0},
                        {"mass_accuracy", p, 0},
                        {"energy", p, 0},
                        {"rank_accuracy", p, 0},
                        {"localisation", p, 0},
                        {"weighted_localisation", 1, 0},
                        {"roc_auc", .5, 0},
                        {"weighted_jaccard", p / (1 + p), .004}, /* a ratio of means; the largest is below 1 */
                        {"relevance_percent", p, 0},
                        {"mask_pearson", 0, 0},
                        {"mask_spearman", 0, 0},
                        {"mask_closeness", 2. / 3, .004}};
    double sums[rows] = {0}, squares[rows] = {0};
    score_case_box(&s, 4, 5, 12, 11);
    s.m.matched = s.target;
    for (uint64_t trial = 0; trial < trials; trial++) {
        make_control(ATTR_CONTROL_RANDOM, trial);
        for (int k = 0; k < rows; k++) {
            double value = score_of(&s, expected[k].row);
            sums[k] += value;
            squares[k] += value * value;
        }
    }
    for (int k = 0; k < rows; k++) {
        double mean = sums[k] / trials, error = sqrt((squares[k] / trials - mean * mean) / trials);
        cr_expect(fabs(mean - expected[k].chance) < 4 * error + expected[k].within, "%s: %g +- %g, by chance %g",
                  expected[k].row, mean, error, expected[k].chance);
    }
    s.m.matched = NULL;
}

/* Nothing has a better score than the box; 100 random maps, the centre and the edges have all a worse one. */
Test(score_places, the_box_control_wins) {
    static const struct {
        const char *row;
        double best;
    } rows[] = {{"pointing_game", 1}, {"mass_accuracy", 1},    {"energy", 1},
                {"rank_accuracy", 1}, {"localisation", 1},     {"weighted_localisation", PIXELS / 48.},
                {"roc_auc", 1},       {"weighted_jaccard", 1}, {"relevance_percent", 1},
                {"mask_pearson", 1},  {"mask_spearman", 1},    {"mask_ssim", 1},
                {"mask_closeness", 1}};
    score_case_box(&s, 13, 8, 21, 14);
    s.m.matched = s.target;
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        make_control(ATTR_CONTROL_BOX, 0);
        score_expect(&s, rows[k].row, rows[k].best, 1e-12);
        for (int trial = 0; trial < 102; trial++) {
            make_control(trial < 100    ? ATTR_CONTROL_RANDOM
                         : trial == 100 ? ATTR_CONTROL_CENTRE
                                        : ATTR_CONTROL_EDGES,
                         (uint64_t)trial);
            double other = score_of(&s, rows[k].row);
            bool may_tie = k == 0; /* one pixel is in the box or not */
            cr_expect(may_tie ? other <= 1 : other < rows[k].best, "%s, control %d: %g", rows[k].row, trial, other);
        }
    }
    s.m.matched = NULL;
}

/* ---- Of the map alone */

/* What is on the bars has no part. The picture is 16 pixels high: scales 16, 11, 8, 6, 4, 3. */
Test(score_places, noise_and_complexity_are_those_of_the_library) {
    double map[PIXELS], saliency[PIXELS], expected;
    attr_scales scales;
    const attr_scale_settings settings = {.smallest_side = 3};
    for (int i = 0; i < PLANE; i++) s.map[i] = test_uniform(-9, 9);
    score_case_random_map(&s, -1, 1);
    for (int i = 0; i < PIXELS; i++) map[i] = s.map[attr_picture_place(&s.region, (size_t)i)];
    cr_assert_eq(attr_total_variation_curve(&scales, map, H, W, &settings), ATTR_OK);
    cr_assert_eq(scales.scales, 6);
    score_expect(&s, "autvc", scales.area, 0);
    cr_assert_eq(attr_saliency(saliency, map, PIXELS), ATTR_OK);
    score_expect(&s, "atv", attr_total_variation(saliency, H, W), 0);
    cr_assert_eq(attr_gini(&expected, map, PIXELS), ATTR_OK);
    score_expect(&s, "gini", expected, 0);
    score_expect(&s, "entropy", attr_relative_entropy(map, PIXELS), 0);
}

/* The mean difference of two uniform numbers is 1/3, so Gini's coefficient is (1/3) / (2 x 1/2) and neighbours differ
 * by 1/3, of which S, from the least to the 99th percentile, makes 1 / (3 x .99): 16 x 21 + 15 x 22 pairs on 352
 * pixels. */
Test(score_places, the_random_control_is_as_noisy_as_chance) {
    enum { trials = 300 };
    double gini = 0, atv = 0, entropy = 0;
    for (uint64_t trial = 0; trial < trials; trial++) {
        make_control(ATTR_CONTROL_RANDOM, trial);
        gini += score_of(&s, "gini") / trials;
        atv += score_of(&s, "atv") / trials;
        entropy += score_of(&s, "entropy") / trials;
    }
    cr_expect(fabs(gini - 1. / 3) < .003, "gini %g", gini);
    cr_expect(fabs(entropy - (1 - (log(2) - .5) / log(PIXELS))) < .001, "entropy %g", entropy);
    cr_expect(fabs(atv - 666. / PIXELS / 3 / .99) < .01, "ATV %g", atv);
}

/* One pixel inside of a picture of 352: S is 0 but for it, which is above the 99th percentile (0, as the least): 1;
 * four neighbours differ. Gini is (n - 1) / n less what 1e-7 adds; entropy of one place is 0, of four equal ones log 4
 * / log 352. */
Test(score_places, of_one_place_by_hand) {
    s.map[7 * WIDTH + 9] = -3;
    score_expect(&s, "atv", 4. / PIXELS, 1e-12);
    score_expect(&s, "gini", 351. / PIXELS, 2e-5);
    score_expect(&s, "entropy", 0, 1e-12);
    s.map[7 * WIDTH + 12] = s.map[4 * WIDTH + 4] = s.map[4 * WIDTH + 14] = 3;
    score_expect(&s, "entropy", log(4) / log(PIXELS), 1e-12);
    score_expect(&s, "atv", 16. / PIXELS, 1e-12);
}

/* 1 + 2 - 4 + .5 = -.5 against a promise of 2: 2.5 / 2. */
Test(score_places, completeness_by_hand) {
    score_case_method(&s, 3);
    s.values[0] = 1, s.values[70] = 2, s.values[PLANE + 3] = -4, s.values[3 * PLANE - 1] = .5;
    score_expect(&s, "completeness", NAN, 0);
    s.m.expected_sum = 2;
    score_expect(&s, "completeness", 1.25, 1e-12);
    s.m.expected_sum = -.5;
    score_expect(&s, "completeness", 0, 1e-12);
    s.m.expected_sum = 0;
    score_expect(&s, "completeness", NAN, 0);
    s.m.expected_sum = 2;
    s.m.values = NULL; /* a control */
    score_expect(&s, "completeness", NAN, 0);
}
