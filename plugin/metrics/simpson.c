#include "metrics/simpson.h"

/* n is odd. */
static double simpson(const double *values, size_t n) {
    double sum = 0;
    for (size_t i = 0; i + 2 < n; i += 2) sum += values[i] + 4 * values[i + 1] + values[i + 2];
    return sum / 3;
}

static double trapezoid(const double *values) {
    return (values[0] + values[1]) / 2;
}

double attr_simpson(const double *values, size_t n) {
    if (n < 2) return 0;
    if (n % 2) return simpson(values, n);
    double last_apart = simpson(values, n - 1) + trapezoid(values + n - 2);
    double first_apart = trapezoid(values) + simpson(values + 1, n - 1);
    return (last_apart + first_apart) / 2;
}
