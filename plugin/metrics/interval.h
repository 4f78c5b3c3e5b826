/* Means, their standard errors, and confidence intervals. */
#ifndef ATTR_METRICS_INTERVAL_H
#define ATTR_METRICS_INTERVAL_H

#include <stddef.h>

/* P(|T| <= t) for Student's T with so many degrees of freedom (1 or more), by the finite sums of Abramowitz and Stegun,
 * 26.7.3 and 26.7.4. */
double attr_student_probability(double t, size_t freedom);

/* The t whose probability that is: 3.182 for .95 and 3 degrees. 0 < probability < 1. */
double attr_student_quantile(double probability, size_t freedom);

/* Mean of values[count] and its standard error (deviation with count - 1, over the root of count; NAN for one value).
 */
void attr_mean_and_error(double *mean, double *error, const double *values, int count);

typedef struct {
    double mean, half_width; /* mean +- half_width; NAN with one value */
} attr_interval;

/* mean +- t s / sqrt(n), s with n - 1, in which the mean of the law lies with that probability if it is normal. */
attr_interval attr_mean_interval(const double *values, size_t n, double probability);

#endif
