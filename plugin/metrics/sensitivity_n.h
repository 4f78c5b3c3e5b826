/* Is what a map gives to n pixels what the score loses without them, for few and for many? Sensitivity-n: Ancona,
 * Ceolini, Oztireli, Gross: Towards better understanding of gradient-based attribution methods, ICLR 2018.
 *
 *   for each n   Pearson's correlation, over runs, of the sum of the map over n random pixels and of the score's drop
 *                when these get their replacement (subset_removal.h)
 *   mean         over those n whose correlation is defined
 *
 * -1 to 1, higher is better: 1 at every n for an exact map of a linear target, 0 in the mean for a random map. The map
 * is signed. The paper's: 100 subsets of each n, n from 1 to 80 % of the pixels, replaced by 0. (Quantus removes the
 * pixels in the map's order instead, one run in all, which is another measure.)
 *
 * A correlation is NAN as in faithfulness_correlation.h: for a constant map, a target that does not look at the
 * picture, n of all pixels. The mean is NAN when all are. */
#ifndef ATTR_METRICS_SENSITIVITY_N_H
#define ATTR_METRICS_SENSITIVITY_N_H

#include "metrics/subset_removal.h"

enum { ATTR_SENSITIVITY_SIZES = 10, ATTR_SENSITIVITY_RUNS = 100 };

/* Up to ATTR_SENSITIVITY_SIZES different n, each the nearest integer to (.8 pixels)^(i / (count - 1)): from 1 to 80 %
 * at equal ratios; returns how many. Of few pixels some would be equal: those are there once. */
size_t attr_sensitivity_sizes(size_t sizes[ATTR_SENSITIVITY_SIZES], const attr_region *region);

/* correlations[size_count][map_count] for sizes[size_count], and means[map_count] of theirs. `settings`: those of
 * subsets, whose `size` is not looked at. size_count x (runs + 1) forwards, whatever map_count; as
 * attr_score_series(). */
attr_status attr_sensitivity_n(double *means, double *correlations, attr_engine *e, const attr_target *target,
                               const float *x, const double *const *maps, size_t map_count, const size_t *sizes,
                               size_t size_count, const attr_subset_settings *settings);

#endif
