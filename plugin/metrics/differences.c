#include "metrics/differences.h"

#include <float.h>
#include <math.h>

/* A smaller step crosses fewer kinks (a deep network has one every 1e-10), a larger one has less rounding error. */
static const double steps[] = {1e-7, 1e-8, 1e-9, 1e-10, 1e-11, 1e-12};

/* One-sided differences agree when they are so much closer than the derivative is large. */
static const double agreement = 1e-6;

double attr_dot(const double *a, const double *b, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; ++i) sum += a[i] * b[i];
    return sum;
}

double attr_length(const double *a, size_t n) {
    return sqrt(attr_dot(a, a, n));
}

double attr_relative_distance(const double *a, const double *b, size_t n) {
    double distance = 0, size = attr_length(b, n);
    for (size_t i = 0; i < n; ++i) distance += (a[i] - b[i]) * (a[i] - b[i]);
    distance = sqrt(distance);
    return distance == 0 ? 0 : distance / fmax(size, FLT_MIN);
}

double attr_worse(double a, double b) {
    return a >= b || isnan(a) ? a : b;
}

/* If no step agrees, the one that comes nearest. What rounding may hide counts as a disagreement, or the smallest step
 * would win by chance. */
attr_slope attr_slope_of(attr_line *line, void *context, double size) {
    double here = line(context, 0), least = INFINITY, rounding = 8 * DBL_EPSILON * fmax(size, fabs(here));
    attr_slope best = {NAN, 0};
    for (size_t i = 0; i < sizeof steps / sizeof *steps && !(least <= agreement * fabs(best.slope)); ++i) {
        double ahead = line(context, steps[i]), behind = line(context, -steps[i]);
        double asymmetry = (fabs((ahead - here) - (here - behind)) + rounding) / steps[i];
        if (asymmetry < least) {
            least = asymmetry;
            best = (attr_slope){(ahead - behind) / (2 * steps[i]), rounding / steps[i]};
        }
    }
    return best;
}

double attr_slope_error(const attr_slope *slope, double expected, double size, double most) {
    double error = fabs(slope->slope - expected);
    if (slope->hidden > most * size) error = error <= slope->hidden ? 0 : error - slope->hidden; /* NAN stays */
    return error == 0 ? 0 : error / size;
}
