#include "metrics/interval.h"

#include <math.h>

double attr_student_probability(double t, size_t freedom) {
    double angle = atan(t / sqrt((double)freedom)), c = cos(angle), term = freedom % 2 ? c : 1, sum = 0;
    if (freedom == 1) return 2 * angle / M_PI;
    /* odd: c + 2/3 c^3 + ..; even: 1 + 1/2 c^2 + ..; up to the power freedom - 2 */
    for (size_t power = freedom % 2; power + 2 <= freedom; power += 2) {
        sum += term;
        term *= c * c * (double)(power + 1) / (double)(power + 2);
    }
    return freedom % 2 ? 2 / M_PI * (angle + sin(angle) * sum) : sin(angle) * sum;
}

double attr_student_quantile(double probability, size_t freedom) {
    double low = 0, high = 1;
    while (attr_student_probability(high, freedom) < probability) high *= 2;
    for (int i = 0; i < 200 && high - low > 1e-15 * high; ++i) {
        double middle = (low + high) / 2;
        *(attr_student_probability(middle, freedom) < probability ? &low : &high) = middle;
    }
    return (low + high) / 2;
}

attr_interval attr_mean_interval(const double *values, size_t n, double probability) {
    double mean = 0, squares = 0;
    for (size_t i = 0; i < n; ++i) mean += values[i] / (double)n;
    if (n < 2) return (attr_interval){mean, NAN};
    for (size_t i = 0; i < n; ++i) squares += (values[i] - mean) * (values[i] - mean);
    double error = sqrt(squares / (double)(n - 1) / (double)n);
    return (attr_interval){mean, attr_student_quantile(probability, n - 1) * error};
}
