/* Holm's correction and paired tests. */
#include <criterion/criterion.h>
#include <math.h>

#include "metrics/bootstrap.h"
#include "metrics/paired_tests.h"
#include "small_network.h"

static void expect(double found, double expected, const char *what) {
    bool same = isnan(expected) ? isnan(found) : fabs(found - expected) < 1e-12;
    cr_expect(same, "%s: %.17g, expected %.17g", what, found, expected);
}

/* In rising order .01, .02, .03, .04 of four: 4 x .01, 3 x .02, 2 x .03, then .04 raised to .06. */
Test(holm, worked_by_hand) {
    const double p[] = {.04, .01, .03, .02}, expected[] = {.06, .04, .06, .06};
    double adjusted[4];
    cr_assert_eq(attr_holm(adjusted, p, 4), ATTR_OK);
    for (int i = 0; i < 4; i++) expect(adjusted[i], expected[i], "of four");
    double unknown[] = {.5, NAN, .02, NAN, .02}, known[] = {.5, NAN, .06, NAN, .06};
    cr_assert_eq(attr_holm(unknown, unknown, 5), ATTR_OK);
    for (int i = 0; i < 5; i++) expect(unknown[i], known[i], "in place, with unknown and equal ones");
    double large[] = {.9, .8};
    cr_assert_eq(attr_holm(large, large, 2), ATTR_OK);
    expect(large[0], 1, "no more than 1");
    expect(large[1], 1, "no more than 1");
    cr_assert_eq(attr_holm(large, large, 0), ATTR_OK);
}

/* Adjusted p below a level: what rejecting step by step, smallest first, rejects. */
Test(holm, rejects_what_the_steps_reject) {
    enum { most = 12 };
    double p[most], adjusted[most];
    for (int trial = 0; trial < 500; trial++) {
        int m = 1 + trial % most, rejected[most] = {0};
        for (int i = 0; i < m; i++) p[i] = pow(test_uniform(0, 1), 5);
        cr_assert_eq(attr_holm(adjusted, p, (size_t)m), ATTR_OK);
        for (int step = 0; step < m; step++) {
            int least = -1;
            for (int i = 0; i < m; i++)
                if (!rejected[i] && (least < 0 || p[i] < p[least])) least = i;
            if (p[least] * (m - step) > .05) break;
            rejected[least] = 1;
        }
        for (int i = 0; i < m; i++)
            cr_assert_eq(adjusted[i] <= .05, rejected[i], "trial %d of %d tests, p = %g adjusted to %g, rejected: %d",
                         trial, m, p[i], adjusted[i], rejected[i]);
    }
}

/* Twenty tests of nothing at a time: one of them is rejected in at most 5 % of the trials, 1 - (1 - .05 / 20)^20. */
Test(holm, keeps_the_error_of_many_tests_at_once) {
    enum { trials = 4000, tests = 20 };
    int errors = 0;
    for (int trial = 0; trial < trials; trial++) {
        double p[tests];
        int rejected = 0;
        for (int i = 0; i < tests; i++) p[i] = test_uniform(0, 1);
        cr_assert_eq(attr_holm(p, p, tests), ATTR_OK);
        for (int i = 0; i < tests; i++) rejected += p[i] <= .05;
        errors += rejected > 0;
    }
    double part = errors / (double)trials, expected = 1 - pow(1 - .05 / tests, tests);
    double deviation = sqrt(expected * (1 - expected) / trials);
    cr_expect(fabs(part - expected) < 4 * deviation, "%g, expected %g +- %g", part, expected, deviation);
}

/* Differences 1, 2, 3, unknown, 4: all signs as they are or all turned, of 16: p = 2 / 16. */
Test(paired, worked_by_hand) {
    const double first[] = {2, 4, 6, NAN, 8}, second[] = {1, 2, 3, 1, 4};
    attr_paired_test t;
    cr_assert_eq(attr_paired_test_of(&t, first, second, 5, .95, 7), ATTR_OK);
    expect(t.difference, 2.5, "difference");
    expect(t.p, 2. / 16, "p");
    cr_expect_eq(t.pairs, 4, "%zu pairs", t.pairs);
    cr_expect(t.low >= 1 && t.low < 2.5 && t.high > 2.5 && t.high <= 4, "interval %g to %g", t.low, t.high);
    cr_assert_eq(attr_paired_test_of(&t, first + 3, second + 3, 1, .95, 7), ATTR_OK);
    cr_expect(t.pairs == 0 && isnan(t.difference) && isnan(t.p) && isnan(t.low) && isnan(t.high), "no pair");
    cr_assert_eq(attr_paired_test_of(&t, first, second, 1, .95, 7), ATTR_OK);
    cr_expect(t.pairs == 1 && t.difference == 1 && t.p == 1 && isnan(t.low), "one pair: %g %g %g", t.difference, t.p,
              t.low);
}

/* Between exact and random flips, 16 and 17 pairs: both are near the normal law's. */
Test(paired, exact_and_random_flips_meet) {
    double first[17], second[17] = {0}, p[2];
    for (int n = 16; n <= 17; n++) {
        attr_paired_test t;
        double sum = 0, squares = 0;
        for (int i = 0; i < n; i++) first[i] = 1 + (i - 8) * .3, sum += first[i], squares += first[i] * first[i];
        cr_assert_eq(attr_paired_test_of(&t, first, second, (size_t)n, .95, 3), ATTR_OK);
        p[n - 16] = t.p;
        double normal = erfc(sum / sqrt(squares) / M_SQRT2);
        cr_expect(fabs(t.p - normal) < .02, "%d pairs: p = %g, by the normal law %g", n, t.p, normal);
    }
    cr_expect(fabs(p[0] - p[1]) < .03, "%g and %g", p[0], p[1]);
}

Test(paired, is_a_function_of_its_seed) {
    double first[40], second[40];
    attr_paired_test a, b, c;
    for (int i = 0; i < 40; i++) first[i] = test_uniform(0, 1), second[i] = test_uniform(0, 1);
    cr_assert_eq(attr_paired_test_of(&a, first, second, 40, .95, 1), ATTR_OK);
    cr_assert_eq(attr_paired_test_of(&b, first, second, 40, .95, 1), ATTR_OK);
    cr_assert_eq(attr_paired_test_of(&c, first, second, 40, .95, 2), ATTR_OK);
    cr_expect(a.low == b.low && a.high == b.high && a.p == b.p, "the same again");
    cr_expect(a.low != c.low && fabs(a.low - c.low) < .05 && fabs(a.p - c.p) < .03, "another: %g %g, %g %g", a.low,
              c.low, a.p, c.p);
}
