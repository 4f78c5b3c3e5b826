/* What the proofs of gradient_check.h share: lengths, relative errors, and derivatives from differences. */
#ifndef ATTR_METRICS_DIFFERENCES_H
#define ATTR_METRICS_DIFFERENCES_H

#include <stddef.h>

double attr_dot(const double *a, const double *b, size_t n);

/* The l2 norm. */
double attr_length(const double *a, size_t n);

/* |a - b| / |b|; 0 when both are zero. Where floats have no digits left (2^-126), numbers are as good as 0. */
double attr_relative_distance(const double *a, const double *b, size_t n);

/* The larger of two errors; one that is not a number counts as the largest. */
double attr_worse(double a, double b);

/* A function along a line: its value at h, where 0 is the point of the derivative. */
typedef double attr_line(void *context, double h);

/* The derivative at 0 by central differences, in double precision, with a step between 1e-7 and 1e-12: the largest one
 * for which both one-sided differences agree, for then there is no kink in between. `size` is that of the numbers whose
 * rounding the values have, if it is larger than the values are. */
typedef struct {
    double slope;
    double hidden; /* so much of it may be rounding of the function's values */
} attr_slope;
attr_slope attr_slope_of(attr_line *line, void *context, double size);

/* |slope - expected| / size. Where rounding may hide more than `most` times the size, only what it does not explain
 * counts. */
double attr_slope_error(const attr_slope *slope, double expected, double size, double most);

#endif
