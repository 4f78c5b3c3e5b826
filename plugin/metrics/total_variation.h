/* How noisy is a map? Its average total variation, and the area under it over the scales of a Gaussian pyramid.
 *
 * Goh, Lapuschkin, Weber, Samek, Binder: Understanding Integrated Gradients with SmoothTaylor for deep neural network
 * attribution, ICPR 2020, section IV-B (ATV, multi-scale ATV and AUTVC), in the form of the authors' code where that
 * says more. Lower is smoother. Maps are one plane [height][width], in the pixels of the network's input: heat maps h,
 * signed sums over the channels of an attribution; saliency maps S, those made visible:
 *
 *   S = |h| with its smallest value moved to 0 and its 99th percentile to 1, larger ones cut off; where
 *       the two are one value, larger ones are 1 (so S of a constant h is 0)
 *   ATV(S) = (sum |S[y][x+1] - S[y][x]| + sum |S[y+1][x] - S[y][x]|) / (height x width)
 *   AUTVC = Simpson's area (simpson.h) under the ATV of all scales, a distance of 1 apart
 *
 * One step of the pyramid divides the sides by 1.5 and rounds up: a Gaussian of sigma 0.5 (5 taps, borders mirrored
 * with the outermost pixel twice), then bilinear at src = in / out (dst + 1/2) - 1/2. */
#ifndef ATTR_METRICS_TOTAL_VARIATION_H
#define ATTR_METRICS_TOTAL_VARIATION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

/* ---- The parts */

/* S of a heat map of n pixels; `saliency` may be `heatmap`. The percentile is interpolated linearly between its
 * neighbours in order. ATTR_NO_MEMORY is the only failure. */
attr_status attr_saliency(double *saliency, const double *heatmap, size_t n);

/* ATV of a plane as it is. */
double attr_total_variation(const double *plane, int height, int width);

/* The taps of the Gaussian, which sum to 1. */
enum { ATTR_PYRAMID_TAPS = 5 };
void attr_pyramid_taps(double taps[ATTR_PYRAMID_TAPS]);

/* A side after one step: ceil(side / 1.5). Sides of 1 and 2 stay as they are. */
int attr_pyramid_side(int side);

/* One step; `out` has attr_pyramid_side() of each side. ATTR_NO_MEMORY is the only failure. */
attr_status attr_pyramid_reduce(double *out, const double *in, int height, int width);

/* ---- All scales */

enum { ATTR_MOST_SCALES = 32 };

typedef struct {
    /* Scales are made as long as both sides are at least so long and get shorter. The paper's 30 gives the six scales
     * 224, 150, 100, 67, 45, 30. The map's own scale is there always. */
    int smallest_side;
    /* As the paper has it: the pyramid of S. Otherwise as its code and tables have it: the pyramid of h, of which S is
     * made at every scale. */
    bool of_saliency;
} attr_scale_settings;

/* What the paper's 30 is for an input of another side: what five steps leave of it, so that there are six scales. */
int attr_smallest_scale(int side);

typedef struct {
    int scales;
    int heights[ATTR_MOST_SCALES], widths[ATTR_MOST_SCALES];
    double variations[ATTR_MOST_SCALES]; /* ATV at each scale, the map's own first */
    double area;                         /* AUTVC; 0 for a single scale */
} attr_scales;

/* ATV of a heat map at all scales. ATTR_NO_MEMORY is the only failure. */
attr_status attr_total_variation_curve(attr_scales *out, const double *heatmap, int height, int width,
                                       const attr_scale_settings *settings);

#endif
