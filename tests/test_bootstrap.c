/* Intervals and tests without a law: worked by hand, and against the law where it is known. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "metrics/bootstrap.h"
#include "metrics/interval.h"
#include "small_network.h"

Test(bootstrap, of_equal_values_is_that_value) {
    const double values[] = {2.5, 2.5, 2.5};
    double low, high;
    cr_assert_eq(attr_bootstrap_mean(&low, &high, values, 3, 0.95, 1), ATTR_OK);
    cr_expect(low == 2.5 && high == 2.5, "%g to %g", low, high);
}

/* Of 0 and 1 means are 0, 1/2, 1 with 1/4, 1/2, 1/4: at 95 % both ends are reached, at 40 % neither. */
Test(bootstrap, of_two_values_has_the_ends_that_chance_gives) {
    const double values[] = {0, 1};
    double low, high;
    cr_assert_eq(attr_bootstrap_mean(&low, &high, values, 2, 0.95, 7), ATTR_OK);
    cr_expect(low == 0 && high == 1, "%g to %g", low, high);
    cr_assert_eq(attr_bootstrap_mean(&low, &high, values, 2, 0.4, 7), ATTR_OK);
    cr_expect(low == 0.5 && high == 0.5, "%g to %g", low, high);
}

Test(bootstrap, of_many_values_is_nearly_that_of_student) {
    enum { N = 400 };
    double values[N], low, high;
    for (int i = 0; i < N; i++) values[i] = test_uniform(-1, 3);
    attr_interval student = attr_mean_interval(values, N, 0.95);
    cr_assert_eq(attr_bootstrap_mean(&low, &high, values, N, 0.95, 3), ATTR_OK);
    cr_expect(fabs((low + high) / 2 - student.mean) < 0.1 * student.half_width &&
                  fabs((high - low) / 2 / student.half_width - 1) < 0.1,
              "%g to %g, Student %g +- %g", low, high, student.mean, student.half_width);
}

Test(bootstrap, a_median_lies_in_the_middle) {
    static const struct {
        double values[4];
        size_t n;
        double median;
    } rows[] = {{{3, 1, 2}, 3, 2}, {{4, 1, 3, 2}, 4, 2.5}, {{7}, 1, 7}, {{5, -5}, 2, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double values[4];
        for (size_t k = 0; k < rows[i].n; k++) values[k] = rows[i].values[k];
        double median = attr_median(values, rows[i].n);
        cr_expect(median == rows[i].median, "row %zu: %g, expected %g", i, median, rows[i].median);
    }
    cr_expect(isnan(attr_median(NULL, 0)));
}

/* P(binomial(n, p) >= least) */
static double binomial_from(int n, double p, int least) {
    double sum = 0;
    for (int k = least; k <= n; k++)
        sum += exp(lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) + k * log(p) + (n - k) * log1p(-p));
    return sum;
}

/* With an odd n the law is known: the median of a draw is at most the k-th value if more than half of the draw are. */
Test(bootstrap, of_a_median_has_the_ends_that_its_law_has) {
    enum { N = 41 };
    double values[N], low, high;
    for (int i = 0; i < N; i++) values[i] = (i * 17) % N + 1; /* 1 .. N in some order */
    cr_assert_eq(attr_bootstrap_median(&low, &high, values, N, 0.9, 3), ATTR_OK);
    for (int end = 0; end < 2; end++) { /* the end has 5 % of the law below it, 95 % for the upper one */
        int k = (int)(end ? high : low);
        double from = binomial_from(N, (k - 1.) / N, N / 2 + 1), to = binomial_from(N, (double)k / N, N / 2 + 1);
        double part = end ? .95 : .05;
        cr_expect(from < part + .02 && to > part - .02, "end %d at %d: %g to %g of the law", end, k, from, to);
    }
    cr_expect_eq(values[1], 18, "the values were changed");
}

/* 0, 1: medians are means. */
Test(bootstrap, of_a_median_of_two_is_that_of_their_mean) {
    const double values[] = {1, 0};
    double low, high;
    cr_assert_eq(attr_bootstrap_median(&low, &high, values, 2, 0.4, 7), ATTR_OK);
    cr_expect(low == 0.5 && high == 0.5, "%g to %g", low, high);
    cr_assert_eq(attr_bootstrap_median(&low, &high, values, 2, 0.95, 7), ATTR_OK);
    cr_expect(low == 0 && high == 1, "%g to %g", low, high);
}

/* 1, 2, 3: of 8 sums only +-6 reaches 6. 1, -2, 3: sums of at least 2 in size are +-6, +-4 (1 less: -1 + 2 + 3), +-2.
 */
Test(sign_flips, are_counted) {
    static const struct {
        double d[4];
        size_t n;
        double p;
    } rows[] = {
        {{1, 2, 3}, 3, 2. / 8}, {{1, -2, 3}, 3, 6. / 8}, {{5}, 1, 1}, {{0, 0}, 2, 1}, {{1, 1, 1, 1}, 4, 2. / 16}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double p;
        cr_assert_eq(attr_sign_flip_test(&p, rows[i].d, rows[i].n, 1), ATTR_OK);
        cr_expect(p == rows[i].p, "row %zu: %g, expected %g", i, p, rows[i].p);
    }
}

/* Under no difference p is below .1 in about a tenth of all cases; a clear one is found. */
Test(sign_flips, at_random_reject_as_often_as_they_should) {
    enum { N = 30, CASES = 200 };
    double d[N], p;
    int rejected = 0;
    for (int k = 0; k < CASES; k++) {
        for (int i = 0; i < N; i++) d[i] = test_uniform(-1, 1);
        cr_assert_eq(attr_sign_flip_test(&p, d, N, (uint64_t)k), ATTR_OK);
        rejected += p < 0.1;
    }
    cr_expect(rejected > 5 && rejected < 40, "%d of %d", rejected, CASES);
    for (int i = 0; i < N; i++) d[i] = test_uniform(0.5, 1);
    cr_assert_eq(attr_sign_flip_test(&p, d, N, 1), ATTR_OK);
    cr_expect(p < 0.001, "%g", p);
}
