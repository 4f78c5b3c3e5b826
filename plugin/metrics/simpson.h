/* The area under a curve given at equal distances: composite Simpson. */
#ifndef ATTR_METRICS_SIMPSON_H
#define ATTR_METRICS_SIMPSON_H

#include <stddef.h>

/* The area under n values a distance of 1 apart; 0 for n < 2.
 *
 *   odd n    (v[0] + 4 v[1] + 2 v[2] + .. + 4 v[n-2] + v[n-1]) / 3, exact for cubics
 *   even n   Simpson needs an even number of intervals: the mean of leaving the last one to the trapezoid rule and of
 *            leaving the first one, as scipy.integrate.simps did up to SciPy 1.10 (even="avg"). For 6 values the
 *            weights are 5/12, 13/12, 1, 1, 13/12, 5/12. Exact for straight lines. */
double attr_simpson(const double *values, size_t n);

#endif
