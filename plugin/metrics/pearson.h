/* Pearson's correlation. */
#ifndef ATTR_METRICS_PEARSON_H
#define ATTR_METRICS_PEARSON_H

#include <stddef.h>

/* Of two series of n finite numbers, -1 to 1; NAN for n < 2 and where all numbers of a series are equal. Two passes, in
 * double precision, over differences from the first number, so that equal numbers are known as such. */
double attr_pearson(const double *a, const double *b, size_t n);

#endif
