/* Measures of order: closed forms, cases worked by hand, and what chance gives. */
#include <criterion/criterion.h>
#include <math.h>

#include "metrics/rank.h"
#include "small_network.h"

enum { MOST = 200 };

static double spearman(const double *a, const double *b, size_t n) {
    double value = -9;
    cr_assert_eq(attr_spearman(&value, a, b, n), ATTR_OK, "%s", attr_error_message());
    return value;
}

static double overlap(const double *a, const double *b, size_t n, size_t k) {
    double value = -9;
    cr_assert_eq(attr_top_overlap(&value, a, b, n, k), ATTR_OK, "%s", attr_error_message());
    return value;
}

static double gini(const double *a, size_t n) {
    double value = -9;
    cr_assert_eq(attr_gini(&value, a, n), ATTR_OK, "%s", attr_error_message());
    return value;
}

Test(rank, spearman_of_a_map_with_itself_is_1_and_with_its_reverse_minus_1) {
    double a[MOST], b[MOST], c[MOST];
    for (size_t n = 2; n <= MOST; n += 7) {
        for (size_t i = 0; i < n; i++) {
            a[i] = test_uniform(-1, 1);
            b[i] = -a[i];
            c[i] = exp(3 * a[i]);
        }
        cr_expect_float_eq(spearman(a, a, n), 1, 1e-12, "%zu values: %.17g", n, spearman(a, a, n));
        cr_expect_float_eq(spearman(a, b, n), -1, 1e-12, "%zu values, reversed: %.17g", n, spearman(a, b, n));
        cr_expect_float_eq(spearman(a, c, n), 1, 1e-12, "%zu values, rising: %.17g", n, spearman(a, c, n));
    }
}

/* 1 - 6 sum d^2 / (n (n^2 - 1)) without ties: d = 1, 1, 0, 2, 2 gives 1 - 60 / 120. With ties, ranks by hand:
 * a: 1, 2.5, 2.5, 4; b: 1, 2, 3, 4 gives 4.5 / sqrt(4.5 x 5). */
Test(rank, spearman_of_cases_worked_by_hand) {
    const double a[] = {10, 20, 30, 40, 50}, b[] = {2, 1, 3, 6, 4.5};
    const double swapped[] = {2, 1, 3, 5, 6}, tied[] = {0, 7, 7, 9}, rising[] = {1, 2, 3, 4}, constant[] = {3, 3, 3, 3};
    cr_expect_float_eq(spearman(a, b, 5), 1 - 6 * 4. / 120, 1e-12, "%.17g", spearman(a, b, 5));
    cr_expect_float_eq(spearman(a, swapped, 5), 1 - 6 * 2. / 120, 1e-12, "%.17g", spearman(a, swapped, 5));
    cr_expect_float_eq(spearman(tied, rising, 4), 4.5 / sqrt(4.5 * 5), 1e-12, "%.17g", spearman(tied, rising, 4));
    cr_expect(isnan(spearman(constant, rising, 4)), "of a constant: %g", spearman(constant, rising, 4));
}

Test(rank, overlap_counts_common_places) {
    const double a[] = {5, 4, 3, 2, 1, 0}, b[] = {5, 0, 4, 1, 3, 2}, ties[] = {1, 1, 1, 1, 1, 1};
    double random[MOST], other[MOST], mean = 0;
    cr_expect_eq(overlap(a, b, 6, 1), 1);
    cr_expect_eq(overlap(a, b, 6, 2), .5);
    cr_expect_eq(overlap(a, b, 6, 3), 2. / 3);
    cr_expect_eq(overlap(a, b, 6, 6), 1);
    cr_expect_eq(overlap(a, ties, 6, 2), 1, "the first of equal values count as larger");
    for (int trial = 0; trial < 2000; trial++) {
        for (int i = 0; i < MOST; i++) random[i] = test_uniform(-1, 1), other[i] = test_uniform(-1, 1);
        cr_expect_eq(overlap(random, random, MOST, 20), 1, "with itself");
        mean += overlap(random, other, MOST, 20) / 2000;
    }
    /* hypergeometric: mean k / n = .1, variance of the overlap k/n (1 - k/n) (n - k) / (n - 1) / k */
    double deviation = sqrt(.1 * .9 * (180. / 199) / 20 / 2000);
    cr_expect(fabs(mean - .1) < 4 * deviation, "of random maps %g, expected .1 +- %g", mean, deviation);
}

Test(rank, gini_of_a_constant_is_0_and_of_one_place_nearly_1) {
    double a[MOST];
    for (size_t n = 1; n <= MOST; n += 9) {
        for (size_t i = 0; i < n; i++) a[i] = i % 2 ? -.7 : .7;
        cr_expect(fabs(gini(a, n)) < 1e-12, "constant magnitude, %zu values: %g", n, gini(a, n));
        for (size_t i = 0; i < n; i++) a[i] = 0;
        cr_expect(fabs(gini(a, n)) < 1e-12, "zeros, %zu values: %g", n, gini(a, n));
        a[n / 2] = -3;
        double expected = ((double)n - 1) / (double)n;
        cr_expect(fabs(gini(a, n) - expected) < 1e-5, "one place of %zu: %g, expected %g", n, gini(a, n), expected);
    }
    /* mean absolute difference over all pairs / (2 mean), another definition of the same */
    double differences = 0, sum = 0;
    for (int i = 0; i < MOST; i++) sum += a[i] = test_uniform(0, 1);
    for (int i = 0; i < MOST; i++)
        for (int j = 0; j < MOST; j++) differences += fabs(a[i] - a[j]);
    double expected = differences / (2 * MOST * (sum + MOST * 1e-7));
    cr_expect_float_eq(gini(a, MOST), expected, 1e-9, "%g, expected %g", gini(a, MOST), expected);
}

Test(rank, accuracy_of_a_random_map_is_the_part_that_is_masked) {
    double map[MOST] = {0}, accuracy, mean = 0;
    unsigned char mask[MOST] = {0};
    cr_assert_eq(attr_rank_accuracy(&accuracy, map, mask, MOST), ATTR_OK);
    cr_expect(isnan(accuracy), "of an empty mask: %g", accuracy);
    for (int i = 40; i < 90; i++) mask[i] = 1;
    for (int i = 0; i < MOST; i++) map[i] = mask[i] ? -2 : 1;
    cr_assert_eq(attr_rank_accuracy(&accuracy, map, mask, MOST), ATTR_OK);
    cr_expect_eq(accuracy, 1, "all inside, negative: %g", accuracy);
    map[0] = 5;
    cr_assert_eq(attr_rank_accuracy(&accuracy, map, mask, MOST), ATTR_OK);
    cr_expect_float_eq(accuracy, .98, 1e-12, "one outside: %g", accuracy);
    for (int trial = 0; trial < 2000; trial++) {
        for (int i = 0; i < MOST; i++) map[i] = test_uniform(-1, 1);
        cr_assert_eq(attr_rank_accuracy(&accuracy, map, mask, MOST), ATTR_OK);
        mean += accuracy / 2000;
    }
    double deviation = sqrt(.25 * .75 * (150. / 199) / 50 / 2000);
    cr_expect(fabs(mean - .25) < 4 * deviation, "random maps: %g, expected .25 +- %g", mean, deviation);
}
