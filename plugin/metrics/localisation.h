/* Does a map lie on the object? A map against a mask that says where the object is. Every measure is a number of one
 * map; of several maps means and their intervals are taken. Higher is better, but for the squared error.
 *
 *   a    the map, |map| unless `is_signed`         m     the mask, 0 to 1; hard: m >= 1/2
 *   n    pixels of the plane                       k     pixels of the hard mask
 *
 *   measure                   range      by chance   formula
 *   pointing game             0 to 1     k / n       part of the largest a that are in the hard mask, or near it
 *   rank accuracy             0 to 1     k / n       part of the k largest a that are in the hard mask
 *   mass accuracy             0 to 1     mean of m   sum m a / sum a; signed: any number
 *   attribution localisation  0 to 1     k / n       sum over the hard mask of a+ / sum a+, a+ = max(a, 0)
 *   weighted                  0 to n/k   1           the same x n / k
 *   ROC AUC                   0 to 1     1/2         P(a inside > a outside) + P(a inside = a outside) / 2
 *
 * Undefined, hence NAN: all of them for a hard mask that is empty or everything, for then places do not matter (that of
 * mass accuracy: a mask without a number above 0, or all 1). Pointing game and rank accuracy for a map whose a are all
 * equal, for then all order is chance. The shares where what they divide by is not above 0. The AUC of such a map is
 * 1/2. A map with a number that is not finite has NAN everywhere.
 *
 * Sources, and what differs:
 *   pointing game  Zhang et al.: Top-down neural attention by excitation backprop, IJCV 2018, with a tolerance of 15
 *                  pixels. Quantus takes a hit of any of several equal maxima for one; here they share it.
 *   rank, mass     Arras, Osman, Samek: CLEVR-XAI, Information Fusion 2022.
 *   localisation   Kohlbrenner et al.: Towards best practice in explaining neural network decisions with LRP, IJCNN
 *                  2020, the "inside-total relevance ratio", of positive relevance alone, and weighted by the total
 *                  size over the mask's. Quantus takes all signs, or with `abs` makes evidence of what speaks against
 *                  (its issues 211, 338): then take is_signed for the paper's and not for the latter.
 *   AUC            Fawcett 2006; equal values have their mean rank. */
#ifndef ATTR_METRICS_LOCALISATION_H
#define ATTR_METRICS_LOCALISATION_H

#include <stdbool.h>

#include "base/status.h"
#include "metrics/attribution_share.h"
#include "metrics/polygon_mask.h"

/* A map and a mask of [height][width] each. */
typedef struct {
    const double *map, *mask;
    int height, width;
    bool is_signed; /* the map as it is, not |map| */
} attr_masked_map;

/* The tolerance of the paper, for pictures of about 500 pixels. */
#define ATTR_POINTING_TOLERANCE 15.

/* Hit 1, miss 0, or between them when there are several largest values: a hit is where the centre of a masked pixel is
 * no farther than `tolerance` pixels from that of the largest. 0: the pixel itself must be masked. */
double attr_pointing_game(const attr_masked_map *m, double tolerance);

/* attr_rank_accuracy() of rank.h; of equal values the first count as larger. ATTR_NO_MEMORY is the only failure, here
 * and below. */
attr_status attr_relevance_rank_accuracy(double *out, const attr_masked_map *m);

double attr_relevance_mass_accuracy(const attr_masked_map *m);

double attr_attribution_localisation(const attr_masked_map *m);
double attr_weighted_localisation(const attr_masked_map *m);

attr_status attr_roc_area(double *out, const attr_masked_map *m);

/* Mass accuracy with attr_box_mask() for a mask; "energy-based pointing game" of Wang et al.: Score-CAM, CVPRW 2020.
 * NAN for a box that has no pixel or all of them. `m->mask` is not read. */
attr_status attr_energy_in_box(double *out, const attr_masked_map *m, const attr_share_box *box);

/* The same with a polygon, as attr_polygon_mask() makes it. */
attr_status attr_energy_in_polygon(double *out, const attr_masked_map *m, const attr_corner *corners, size_t count);

#endif
