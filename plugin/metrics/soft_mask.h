/* Does a map look like the object? A map against a soft mask, pixel by pixel: the measures of Rahman, Lewis, Plis:
 * Geometrically guided integrated gradients, by their code, for digits, whose picture is their mask.
 *
 *   g = |map| / max |map|      m = the mask, 0 to 1      n = height x width
 *
 *   measure           better  range     formula
 *   pearson           higher  -1 to 1   Pearson's correlation of g and m
 *   spearman          higher  -1 to 1   Spearman's, equal numbers having their mean rank
 *   jaccard           higher  0 to 1    sum min(m, g) / sum max(m, g)
 *   relevance         higher  0 to 1    sum m g / sum g: the part of the map's mass on the mask
 *   similarity        higher  -1 to 1   attr_ssim_uniform() of g and m, R = 2 (the data lie in [0, 1]; the authors'
 *                                       library took R of the number format, floats, and so do we)
 *   squared_error     lower   0 to 1    sum (m - g)^2 / n
 *   closeness         higher  0 to 1    1 - squared_error. The authors show 1 - MSE / the largest MSE of the methods
 *                                       compared, which depends on the company: leave that to who compares
 *
 * All are NAN for a map of zeros or with a number that is not finite, and for a mask that is one number everywhere
 * (nothing, or everything). Of a map whose |map| is one number, pearson and spearman are NAN. Similarity is NAN for a
 * plane with a side below 7.
 *
 * The authors' mask of a digit x, normalised by mean and deviation, is (clip(x, -1, 1) + 1) / 2, which is not 0 on the
 * background (.29 for theirs): attr_digit_mask(). */
#ifndef ATTR_METRICS_SOFT_MASK_H
#define ATTR_METRICS_SOFT_MASK_H

#include "base/status.h"

/* R of the similarity: see above. */
#define ATTR_SOFT_MASK_RANGE 2.

typedef struct {
    double pearson, spearman, jaccard, relevance, similarity, squared_error, closeness;
} attr_soft_scores;

/* Of a map and a mask [height][width]. ATTR_NO_MEMORY is the only failure. */
attr_status attr_soft_mask_scores(attr_soft_scores *out, const double *map, const double *mask, int height, int width);

/* (clip(x, -1, 1) + 1) / 2 of a normalised grey value. */
double attr_digit_mask(double x);

#endif
