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
    ATTR_CONTROL_BOX,    /* 1 in a box, else 0, pixels on its edge by the part of their area */
    ATTR_CONTROLS
} attr_control;

/* "random", "centre", "edges", "box". */
const char *attr_control_name(attr_control control);

/* Fills map [net_h][net_w] for the input x [channels][net_h][net_w]; 0 outside of the fitted region. `box` is only
 * looked at for ATTR_CONTROL_BOX. */
void attr_control_map(double *map, attr_control control, const float *x, int channels, int net_w, int net_h,
                      const attr_fitted_region *fitted, const attr_share_box *box, uint64_t seed);

/* Of a mask [net_h][net_w]: the part of each pixel's area that is in the box, and in the fitted region. */
void attr_box_mask(double *mask, int net_w, int net_h, const attr_fitted_region *fitted, const attr_share_box *box);

#endif
