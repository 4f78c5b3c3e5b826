#include "metrics/faithfulness_correlation.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "metrics/pearson.h"

attr_subset_settings attr_faithfulness_settings_of(const attr_region *region, uint64_t seed) {
    return (attr_subset_settings){.region = *region,
                                  .with = ATTR_REPLACE_LOWEST,
                                  .size = ATTR_FAITHFULNESS_SUBSET,
                                  .runs = ATTR_FAITHFULNESS_RUNS,
                                  .seed = seed};
}

attr_status attr_faithfulness_correlation(double *out, attr_engine *e, const attr_target *target, const float *x,
                                          const double *const *maps, size_t count,
                                          const attr_subset_settings *settings) {
    size_t runs = settings->runs;
    double *sums = NULL;
    for (size_t k = 0; k < count; ++k) out[k] = NAN;
    ATTR_TRY(attr_allocate(&sums, (count + 1) * runs, sizeof *sums, "sums and drops"));
    double *drops = sums + count * runs;
    attr_status status = attr_subset_removal(sums, drops, e, target, x, maps, count, settings);
    for (size_t k = 0; status == ATTR_OK && k < count; ++k) out[k] = attr_pearson(sums + k * runs, drops, runs);
    free(sums);
    return status;
}
