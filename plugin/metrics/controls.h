/* Maps that explain nothing, to be measured beside those that should: what a score is worth is seen against theirs. */
#ifndef ATTR_METRICS_CONTROLS_H
#define ATTR_METRICS_CONTROLS_H

#include <stdint.h>

#include "base/status.h"
#include "metrics/attribution_share.h"

typedef enum {
    ATTR_CONTROL_RANDOM, /* uniform in [0, 1), element = y, x */
    ATTR_CONTROL_CENTRE, /* a Gaussian in the picture's middle; standard deviation a quarter of each of its sides */
    ATTR_CONTROL_EDGES,  /* the length of Sobel's gradient of the mean over channels; borders repeated */
    ATTR_CONTROL_BOX,    /* attr_box_mask() */
    ATTR_CONTROLS
} attr_control;

/* "random", "centre", "edges", "box". */
const char *attr_control_name(attr_control control);

/* Fills map [net_h][net_w] for the input x [channels][net_h][net_w]; 0 outside of the fitted region. `box` is only
 * looked at for ATTR_CONTROL_BOX. */
void attr_control_map(double *map, attr_control control, const float *x, int channels, int net_w, int net_h,
                      const attr_fitted_region *fitted, const attr_share_box *box, uint64_t seed);

/* Fills mask [net_h][net_w]: 1 for a pixel whose middle is in the box and in the fitted region, else 0. Whole pixels,
 * for a map that is the mask must score best: with parts of pixels on the edge (parts of the map's mass that are
 * outside) one that stays off the edge would beat it. A middle on a left or an upper edge is inside, on a right or a
 * lower one outside, so that boxes side by side share no pixel. A box narrower than a pixel may have none. */
void attr_box_mask(double *mask, int net_w, int net_h, const attr_fitted_region *fitted, const attr_share_box *box);

#endif
