/* Is what a map gives to pixels what the score loses without them? Faithfulness correlation: Bhatt, Weller, Moura:
 * Evaluating and aggregating feature-based model explanations, IJCAI 2020, by the code of Quantus.
 *
 *   Pearson's correlation, over runs, of the sum of the map over a random subset of pixels and of the score's drop when
 *   these get their replacement (subset_removal.h)
 *
 * -1 to 1, higher is better: 1 for an exact map of a linear target, 0 in the mean for a random map. Of a map and its
 * negative the two values are opposite. The map is taken as it is; Quantus's default is that of absolute values: take
 * them before. Its other defaults are below: 224 pixels, 100 runs, all pixels to the lowest value of the picture.
 *
 * NAN: constant sums (a map that is the same everywhere, or a subset of all pixels) and constant drops (a target that
 * does not look at the picture, among them f = 0). */
#ifndef ATTR_METRICS_FAITHFULNESS_CORRELATION_H
#define ATTR_METRICS_FAITHFULNESS_CORRELATION_H

#include "metrics/subset_removal.h"

enum { ATTR_FAITHFULNESS_SUBSET = 224, ATTR_FAITHFULNESS_RUNS = 100 };

/* Quantus's: settings of all but a reference, which needs `with` to be changed, too. */
attr_subset_settings attr_faithfulness_settings_of(const attr_region *region, uint64_t seed);

/* out[count] of count maps [height][width]; x [channels][height][width]. runs + 1 forwards, whatever count; as
 * attr_score_series(). */
attr_status attr_faithfulness_correlation(double *out, attr_engine *e, const attr_target *target, const float *x,
                                          const double *const *maps, size_t count,
                                          const attr_subset_settings *settings);

#endif
