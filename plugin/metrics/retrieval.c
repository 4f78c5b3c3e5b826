#include "metrics/retrieval.h"

#include <math.h>

void attr_masked_input(float *out, const float *x, const double *s, const float *reference, int channels,
                       size_t pixels) {
    for (int c = 0; c < channels; ++c)
        for (size_t i = 0; i < pixels; ++i) {
            size_t at = (size_t)c * pixels + i;
            double hidden = reference ? reference[at] : 0;
            out[at] = (float)(x[at] * s[i] + hidden * (1 - s[i]));
        }
}

int attr_predicted_class(const float *scores, size_t n) {
    size_t best = 0;
    for (size_t i = 0; i < n; ++i) {
        if (isnan(scores[i])) return -1;
        if (scores[i] > scores[best]) best = i;
    }
    return n > 0 ? (int)best : -1;
}

void attr_retrieval_add(attr_retrieved *r, int whole_class, int masked_class) {
    ++r->pictures;
    r->retrieved += whole_class >= 0 && whole_class == masked_class;
}

double attr_normal_quantile(double probability) {
    double low = 0, high = 40;
    for (int i = 0; i < 100; ++i) {
        double middle = (low + high) / 2;
        *(erf(middle / M_SQRT2) < probability ? &low : &high) = middle;
    }
    return (low + high) / 2;
}

attr_part attr_wilson_interval(size_t successes, size_t trials, double probability) {
    if (trials == 0) return (attr_part){NAN, NAN, NAN};
    double n = (double)trials, part = (double)successes / n, z = attr_normal_quantile(probability), zz = z * z / n;
    double centre = (part + zz / 2) / (1 + zz);
    double half = sqrt(part * (1 - part) * zz + zz * zz / 4) / (1 + zz);
    return (attr_part){part, successes == 0 ? 0 : centre - half, successes == trials ? 1 : centre + half};
}

attr_part attr_retrieval_rate(const attr_retrieved *r, double probability) {
    return attr_wilson_interval(r->retrieved, r->pictures, probability);
}
