/* Retrieval rates and intervals of parts. */
#include <criterion/criterion.h>
#include <math.h>

#include "metrics/retrieval.h"
#include "small_network.h"

static void expect(double found, double expected, double within, const char *what) {
    bool same = isnan(expected) ? isnan(found) : fabs(found - expected) <= within;
    cr_expect(same, "%s: %.17g, expected %.17g within %g", what, found, expected, within);
}

Test(retrieval, quantiles_are_those_of_the_tables) {
    expect(attr_normal_quantile(.95), 1.959963984540054, 1e-12, ".95");
    expect(attr_normal_quantile(.9), 1.6448536269514722, 1e-12, ".9");
    expect(attr_normal_quantile(.99), 2.5758293035489004, 1e-12, ".99");
}

/* 8 of 10: part .8, z^2 / n = .384146; centre (.8 + .192073) / 1.384146 = .716740; half the root of .8 x .2 x .384146 +
 * .384146^2 / 4 = .313630 over the same = .226588. Of none z^2 / (n + z^2), which is .277533. */
Test(retrieval, interval_worked_by_hand) {
    attr_part p = attr_wilson_interval(8, 10, .95);
    expect(p.part, .8, 0, "part");
    expect(p.low, .490162, 2e-6, "low");
    expect(p.high, .943318, 2e-6, "high");
    p = attr_wilson_interval(0, 10, .95);
    expect(p.low, 0, 0, "none of 10, low");
    expect(p.high, .277533, 1e-6, "none of 10, high");
    p = attr_wilson_interval(10, 10, .95);
    expect(p.low, 1 - .277533, 1e-6, "all of 10, low");
    expect(p.high, 1, 0, "all of 10, high");
    p = attr_wilson_interval(0, 0, .95);
    cr_expect(isnan(p.part) && isnan(p.low) && isnan(p.high), "no trial: %g %g %g", p.part, p.low, p.high);
}

/* At both ends p the part is z standard errors of p away. */
Test(retrieval, interval_is_where_the_score_test_does_not_reject) {
    for (size_t n = 1; n < 200; n = 2 * n + 1)
        for (size_t k = 0; k <= n; k++) {
            attr_part p = attr_wilson_interval(k, n, .9);
            double z = 1.6448536269514722;
            for (int high = 0; high <= 1; high++) {
                double end = high ? p.high : p.low, error = sqrt(end * (1 - end) / (double)n);
                bool cut = k == (high ? n : 0);
                cr_expect(cut || fabs(fabs(p.part - end) - z * error) < 1e-12, "%zu of %zu, end %g: %g, expected %g", k,
                          n, end, fabs(p.part - end), z * error);
                cr_expect(end >= 0 && end <= 1, "%zu of %zu, end %g", k, n, end);
            }
        }
}

Test(retrieval, interval_holds_the_part_about_as_often_as_it_promises) {
    enum { trials = 20000, n = 100 };
    int held = 0;
    for (int trial = 0; trial < trials; trial++) {
        size_t k = 0;
        for (int i = 0; i < n; i++) k += test_uniform(0, 1) < .3;
        attr_part p = attr_wilson_interval(k, n, .95);
        held += p.low <= .3 && p.high >= .3;
    }
    /* for p = .3 and n = 100: k = 22 .. 38, with probability .93719 by the binomial law */
    expect(held / (double)trials, .93719, .007, "part of the trials");
}

Test(retrieval, masks_worked_by_hand) {
    const float x[] = {.5f, 1, .25f, 0}, grey[] = {.5f, .5f, 1, 1};
    const double s[] = {1, .5};
    const float black[] = {.5f, .5f, .25f, 0}, on_grey[] = {.5f, .75f, .25f, .5f};
    float out[4];
    attr_masked_input(out, x, s, NULL, 2, 2);
    for (int i = 0; i < 4; i++) expect(out[i], black[i], 0, "on black");
    attr_masked_input(out, x, s, grey, 2, 2);
    for (int i = 0; i < 4; i++) expect(out[i], on_grey[i], 0, "on grey");
}

Test(retrieval, counts_classes_that_stay) {
    const float scores[] = {.1f, .7f, .7f, -1}, broken[] = {1, NAN, 2};
    attr_retrieved r = {0};
    cr_expect_eq(attr_predicted_class(scores, 4), 1, "of equal ones the first");
    cr_expect_eq(attr_predicted_class(scores, 0), -1, "no score");
    cr_expect_eq(attr_predicted_class(broken, 3), -1, "not a number");
    for (int i = 0; i < 10; i++) attr_retrieval_add(&r, i % 3, i < 8 ? i % 3 : 3);
    attr_retrieval_add(&r, -1, -1);
    cr_expect(r.retrieved == 8 && r.pictures == 11, "%zu of %zu", r.retrieved, r.pictures);
    expect(attr_retrieval_rate(&r, .95).part, 8. / 11, 1e-15, "rate");
}
