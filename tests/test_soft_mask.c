/* Maps against soft masks: cases worked by hand. */
#include <criterion/criterion.h>
#include <math.h>

#include "metrics/soft_mask.h"
#include "small_network.h"

enum { SIDE = 12, AREA = SIDE * SIDE };

static attr_soft_scores scores(const double *map, const double *mask, int height, int width) {
    attr_soft_scores s;
    cr_assert_eq(attr_soft_mask_scores(&s, map, mask, height, width), ATTR_OK, "%s", attr_error_message());
    return s;
}

static void expect(double found, double expected, const char *what) {
    bool same = isnan(expected) ? isnan(found) : fabs(found - expected) < 1e-12;
    cr_expect(same, "%s: %.17g, expected %.17g", what, found, expected);
}

/* g = 1, .5, 0, .25 and m = 1, 0, 0, .5: smaller sum 1.25, larger 2; m g 1.125 of 1.75; squares 0, .25, 0, .0625.
 * Pearson: means 7/16 and 3/8; products of differences, in 1/128: 45 -3 21 -3 = 60, g's squares in 1/256: 81 + 1 + 49 +
 * 9 = 140, m's in 1/64: 25 + 9 + 9 + 1 = 44. Ranks 3, 2, 0, 1 and 3, .5, .5, 2: differences from 1.5 give 2.25 - .5 +
 * 1.5 - .25 = 3 over the root of 5 x 4.5. */
Test(soft_mask, of_a_plane_worked_by_hand) {
    const double map[] = {-4, 2, 0, 1}, mask[] = {1, 0, 0, .5};
    attr_soft_scores s = scores(map, mask, 2, 2);
    expect(s.jaccard, 1.25 / 2, "jaccard");
    expect(s.relevance, 1.125 / 1.75, "relevance");
    expect(s.squared_error, .3125 / 4, "squared error");
    expect(s.closeness, 1 - .3125 / 4, "closeness");
    expect(s.pearson, 60. / 128 / sqrt(140. / 256 * 44 / 64), "pearson");
    expect(s.spearman, 3 / sqrt(5 * 4.5), "spearman");
    expect(s.similarity, NAN, "a side below 7");
}

Test(soft_mask, of_the_mask_itself_is_the_best) {
    double map[AREA], mask[AREA], other[AREA];
    for (int i = 0; i < AREA; i++) {
        double x = i % SIDE - 5.5, y = i / SIDE - 5.5;
        mask[i] = exp(-(x * x + y * y) / 12) / exp(-.5 / 12);
        map[i] = (i % 2 ? -3 : 3) * mask[i];
    }
    attr_soft_scores best = scores(map, mask, SIDE, SIDE);
    expect(best.pearson, 1, "pearson");
    expect(best.spearman, 1, "spearman");
    expect(best.jaccard, 1, "jaccard");
    expect(best.similarity, 1, "similarity");
    expect(best.squared_error, 0, "squared error");
    for (int trial = 0; trial < 100; trial++) {
        for (int i = 0; i < AREA; i++) other[i] = test_uniform(-1, 1);
        attr_soft_scores s = scores(other, mask, SIDE, SIDE);
        cr_expect(s.pearson < .5 && s.spearman < .5 && s.jaccard < .6 && s.similarity < .6 && s.closeness < .9,
                  "random map %d: %g %g %g %g %g", trial, s.pearson, s.spearman, s.jaccard, s.similarity, s.closeness);
    }
}

Test(soft_mask, is_undefined_as_the_header_says) {
    double map[4] = {0}, mask[4] = {0, 1, 0, .5};
    for (int kind = 0; kind < 4; kind++) {
        for (int i = 0; i < 4; i++) map[i] = kind == 0 ? 0 : kind == 1 && i == 2 ? NAN : i;
        for (int i = 0; kind >= 2 && i < 4; i++) mask[i] = kind == 2 ? 0 : 1;
        attr_soft_scores s = scores(map, mask, 2, 2);
        cr_expect(isnan(s.pearson) && isnan(s.spearman) && isnan(s.jaccard) && isnan(s.relevance) &&
                      isnan(s.squared_error) && isnan(s.closeness),
                  "case %d: %g %g %g %g %g", kind, s.pearson, s.spearman, s.jaccard, s.relevance, s.squared_error);
    }
    const double constant[] = {-2, 2, 2, -2}, soft[] = {0, 1, 0, .5};
    attr_soft_scores s = scores(constant, soft, 2, 2);
    expect(s.pearson, NAN, "constant |map|, pearson");
    expect(s.spearman, NAN, "constant |map|, spearman");
    expect(s.jaccard, 1.5 / 4, "constant |map|, jaccard");
    expect(s.relevance, 1.5 / 4, "constant |map|, relevance");
}

Test(soft_mask, of_the_authors_digit) {
    expect(attr_digit_mask(-.1307 / .3081), (1 - .1307 / .3081) / 2, "background, .29");
    expect(attr_digit_mask(2.8), 1, "ink");
    expect(attr_digit_mask(-2), 0, "below");
}
