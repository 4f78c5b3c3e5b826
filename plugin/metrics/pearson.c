#include "metrics/pearson.h"

#include <math.h>

double attr_pearson(const double *a, const double *b, size_t n) {
    double mean_a = 0, mean_b = 0, ab = 0, aa = 0, bb = 0;
    if (n < 2) return NAN;
    for (size_t i = 0; i < n; ++i) {
        mean_a += (a[i] - a[0]) / (double)n;
        mean_b += (b[i] - b[0]) / (double)n;
    }
    for (size_t i = 0; i < n; ++i) {
        double da = a[i] - a[0] - mean_a, db = b[i] - b[0] - mean_b;
        ab += da * db;
        aa += da * da;
        bb += db * db;
    }
    if (!(aa > 0 && bb > 0)) return NAN;
    return fmax(-1, fmin(1, ab / (sqrt(aa) * sqrt(bb))));
}
