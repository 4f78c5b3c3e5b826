/* Student's law against its density, known quantiles, and intervals that hold what they promise. */
#include <criterion/criterion.h>
#include <math.h>

#include "metrics/interval.h"
#include "small_network.h"

Test(interval, quantiles_are_those_of_the_tables) {
    static const struct {
        double probability;
        size_t freedom;
        double t;
    } rows[] = {{.95, 1, 12.706}, {.95, 2, 4.303}, {.95, 3, 3.182},   {.95, 4, 2.776},  {.95, 9, 2.262},
                {.95, 30, 2.042}, {.99, 3, 5.841}, {.90, 10, 1.8125}, {.95, 999, 1.962}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double t = attr_student_quantile(rows[i].probability, rows[i].freedom);
        cr_expect(fabs(t - rows[i].t) < 6e-4, "%g with %zu degrees: %.6f, in the tables %g", rows[i].probability,
                  rows[i].freedom, t, rows[i].t);
    }
}

/* The probability is the integral of the density (1 + x^2 / n)^-((n + 1) / 2), here by the midpoint rule. */
Test(interval, probability_is_the_integral_of_the_density) {
    for (size_t n = 1; n <= 12; n++)
        for (double t = .25; t < 5; t += .75) {
            enum { steps = 20000 };
            double sum = 0, freedom = (double)n;
            for (int i = 0; i < steps; i++) sum += pow(1 + pow(t * (i + .5) / steps, 2) / freedom, -(freedom + 1) / 2);
            double expected =
                2 * t / steps * sum * exp(lgamma((freedom + 1) / 2) - lgamma(freedom / 2)) / sqrt(freedom * M_PI);
            double found = attr_student_probability(t, n);
            cr_expect(fabs(found - expected) < 1e-7, "t = %g, %zu degrees: %.10f, expected %.10f", t, n, found,
                      expected);
        }
}

Test(interval, of_four_values_as_in_the_smoothing_study) {
    const double values[] = {1, 2, 4, 5};
    attr_interval i = attr_mean_interval(values, 4, .95);
    cr_expect_float_eq(i.mean, 3, 1e-12, "%g", i.mean);
    cr_expect_float_eq(i.half_width, 3.18244631 * sqrt(10. / 3) / 2, 1e-7, "%.9f", i.half_width);
    cr_expect(isnan(attr_mean_interval(values, 1, .95).half_width), "one value has no interval");
}

Test(interval, holds_the_mean_as_often_as_it_promises) {
    enum { trials = 4000 };
    int held = 0;
    for (int trial = 0; trial < trials; trial++) {
        double values[6];
        for (int k = 0; k < 6; k++) { /* nearly normal: the sum of twelve uniform numbers */
            values[k] = 0;
            for (int j = 0; j < 12; j++) values[k] += test_uniform(-.5, .5);
        }
        attr_interval i = attr_mean_interval(values, 6, .9);
        held += fabs(i.mean) <= i.half_width;
    }
    double part = held / (double)trials, deviation = sqrt(.9 * .1 / trials);
    cr_expect(fabs(part - .9) < 4 * deviation, "in %g of the trials, expected .9 +- %g", part, deviation);
}
