/* Rank correlation. */
#ifndef ATTR_METRICS_RANK_H
#define ATTR_METRICS_RANK_H

#include <stddef.h>

#include "base/status.h"

/* Spearman's correlation of two series of n finite numbers: Pearson's of their ranks, equal numbers having the mean of
 * theirs. From -1 to 1; NAN if all numbers of a series are equal. ATTR_NO_MEMORY is the only failure. */
attr_status attr_spearman(double *out, const double *a, const double *b, size_t n);

#endif
