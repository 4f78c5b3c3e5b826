#include "metrics/sensitivity_n.h"

#include <math.h>

#include "metrics/faithfulness_correlation.h"

size_t attr_sensitivity_sizes(size_t sizes[ATTR_SENSITIVITY_SIZES], const attr_region *region) {
    double most = fmax(1, .8 * (double)attr_picture_pixels(region));
    size_t count = 0;
    for (int i = 0; i < ATTR_SENSITIVITY_SIZES; ++i) {
        size_t n = (size_t)lround(pow(most, (double)i / (ATTR_SENSITIVITY_SIZES - 1)));
        if (count == 0 || n > sizes[count - 1]) sizes[count++] = n;
    }
    return count;
}

attr_status attr_sensitivity_n(double *mean, double *correlations, attr_engine *e, const attr_target *target,
                               const float *x, const double *map, const size_t *sizes, size_t count,
                               const attr_subset_settings *settings) {
    double sum = 0;
    size_t defined = 0;
    *mean = NAN;
    for (size_t i = 0; i < count; ++i) {
        attr_subset_settings of_size = *settings;
        of_size.size = sizes[i];
        ATTR_TRY(attr_faithfulness_correlation(&correlations[i], e, target, x, map, &of_size));
        if (isnan(correlations[i])) continue;
        sum += correlations[i];
        ++defined;
    }
    if (defined > 0) *mean = sum / (double)defined;
    return ATTR_OK;
}
