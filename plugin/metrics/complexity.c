#include "metrics/complexity.h"

#include <math.h>

/* The largest magnitude; NAN if a number is not finite. */
static double largest(const double *a, size_t n) {
    double most = 0;
    for (size_t i = 0; i < n; ++i) {
        if (!isfinite(a[i])) return NAN;
        most = fmax(most, fabs(a[i]));
    }
    return most;
}

double attr_entropy(const double *a, size_t n) {
    double most = largest(a, n), sum = 0, entropy = 0;
    if (!(most > 0)) return NAN;
    for (size_t i = 0; i < n; ++i) sum += fabs(a[i]) / most; /* a sum of magnitudes could be too large a number */
    for (size_t i = 0; i < n; ++i) {
        double p = fabs(a[i]) / most / sum;
        if (p > 0) entropy -= p * log(p);
    }
    return fmax(entropy, 0);
}

double attr_relative_entropy(const double *a, size_t n) {
    return n > 1 ? attr_entropy(a, n) / log((double)n) : NAN;
}

double attr_effective_complexity(const double *a, size_t n, double threshold) {
    double most = largest(a, n);
    size_t count = 0;
    if (!(most > 0)) return NAN;
    for (size_t i = 0; i < n; ++i) count += fabs(a[i]) / most > threshold;
    return (double)count;
}
