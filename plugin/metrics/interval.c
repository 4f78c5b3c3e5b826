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

void attr_mean_and_error(double *mean, double *error, const double *values, int count) {
    double sum = 0, squares = 0;
    for (int i = 0; i < count; ++i) sum += values[i];
    *mean = sum / count;
    for (int i = 0; i < count; ++i) squares += (values[i] - *mean) * (values[i] - *mean);
    *error = count > 1 ? sqrt(squares / (count - 1) / count) : NAN;
}

attr_interval attr_mean_interval(const double *values, size_t n, double probability) {
    double mean, error;
    attr_mean_and_error(&mean, &error, values, (int)n);
    return (attr_interval){mean, n > 1 ? attr_student_quantile(probability, n - 1) * error : NAN};
}
