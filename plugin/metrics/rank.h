/* How far two maps agree, and where a map is concentrated: measures that only look at the order of its values. */
#ifndef ATTR_METRICS_RANK_H
#define ATTR_METRICS_RANK_H

#include <stddef.h>

#include "base/status.h"

/* order[0 .. n-1]: the places of the values, largest first, of equal ones the first. ATTR_NO_MEMORY is the only
 * failure, here and below. */
attr_status attr_order_falling(size_t *order, const double *values, size_t n);

/* Spearman's correlation of two series of n finite numbers: Pearson's of their ranks, equal numbers having the mean of
 * theirs. From -1 to 1; NAN if all numbers of a series are equal. */
attr_status attr_spearman(double *out, const double *a, const double *b, size_t n);

/* Part of the k largest values of a that are at the same places as the k largest of b, signed; of equal values the
 * first count as larger. From 0 to 1: an overlap, not an intersection over union. 1 <= k <= n. Lim, Lee, Kim 2021
 * (robustness) and Ye, Farnia 2025 ("mIoU"), by their code. */
attr_status attr_top_overlap(double *out, const double *a, const double *b, size_t n, size_t k);

/* Gini coefficient of |a| + 1e-7: 0 if all values are equal, (n - 1) / n if all is in one place. Chalasani et al.,
 * ICML 2020, in the form of Quantus. */
attr_status attr_gini(double *out, const double *a, size_t n);

/* Relevance rank accuracy: part of the K largest |a| that lie in a mask of K pixels (mask[i] != 0); NAN for an empty
 * mask. Of a random map K / n in the mean. Arras, Osman, Samek 2022. */
attr_status attr_rank_accuracy(double *out, const double *a, const unsigned char *mask, size_t n);

#endif
