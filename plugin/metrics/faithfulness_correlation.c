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
                                          const double *map, const attr_subset_settings *settings) {
    size_t runs = settings->runs;
    double *pairs = NULL;
    *out = NAN;
    ATTR_TRY(attr_allocate(&pairs, 2 * runs, sizeof *pairs, "sums and drops"));
    attr_status status = attr_subset_removal(pairs, pairs + runs, e, target, x, map, settings);
    if (status == ATTR_OK) *out = attr_pearson(pairs, pairs + runs, runs);
    free(pairs);
    return status;
}
