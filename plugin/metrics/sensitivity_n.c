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

static double mean_of_defined(const double *correlations, size_t stride, size_t count) {
    double sum = 0;
    size_t defined = 0;
    for (size_t i = 0; i < count; ++i) {
        if (isnan(correlations[i * stride])) continue;
        sum += correlations[i * stride];
        ++defined;
    }
    return defined > 0 ? sum / (double)defined : NAN;
}

attr_status attr_sensitivity_n(double *means, double *correlations, attr_engine *e, const attr_target *target,
                               const float *x, const double *const *maps, size_t map_count, const size_t *sizes,
                               size_t size_count, const attr_subset_settings *settings) {
    for (size_t k = 0; k < map_count; ++k) means[k] = NAN;
    for (size_t i = 0; i < size_count; ++i) {
        attr_subset_settings of_size = *settings;
        of_size.size = sizes[i];
        ATTR_TRY(attr_faithfulness_correlation(correlations + i * map_count, e, target, x, maps, map_count, &of_size));
    }
    for (size_t k = 0; k < map_count; ++k) means[k] = mean_of_defined(correlations + k, map_count, size_count);
    return ATTR_OK;
}
