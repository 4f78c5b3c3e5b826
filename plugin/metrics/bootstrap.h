/* How sure is a mean, and a difference of two, without assuming a law? */
#ifndef ATTR_METRICS_BOOTSTRAP_H
#define ATTR_METRICS_BOOTSTRAP_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum { ATTR_BOOTSTRAP_SAMPLES = 2000, ATTR_EXACT_FLIPS = 16, ATTR_RANDOM_FLIPS = 10000 };

/* The percentile bootstrap interval of a mean (Efron, Tibshirani: An introduction to the bootstrap, 1993, chapter 13):
 * ATTR_BOOTSTRAP_SAMPLES means of n values drawn with replacement; the quantiles of (1 - probability) / 2 and of 1
 * minus that, interpolated linearly. Draws are the stream ATTR_STREAM_BOOTSTRAP. n >= 1; both ends are the value for n
 * = 1. ATTR_NO_MEMORY is the only failure, here and below. */
attr_status attr_bootstrap_mean(double *low, double *high, const double *values, size_t n, double probability,
                                uint64_t seed);

/* The same of the median (with an even n the mean of the two in the middle). */
attr_status attr_bootstrap_median(double *low, double *high, const double *values, size_t n, double probability,
                                  uint64_t seed);

/* values[n], which this puts into rising order; NAN for n = 0. */
double attr_median(double *values, size_t n);

/* Paired test of the mean difference being 0 (Fisher's sign flips): the part of all assignments of signs to the
 * differences whose |sum| is at least the observed one, up to rounding. All 2^n for n <= ATTR_EXACT_FLIPS, else
 * ATTR_RANDOM_FLIPS random ones and the observed one. From above 0 to 1; 1 if all differences are 0. n >= 1. */
attr_status attr_sign_flip_test(double *p, const double *differences, size_t n, uint64_t seed);

#endif
