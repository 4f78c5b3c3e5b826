/* How fast does the score fall when regions are replaced in the map's order, and how slowly in the opposite one?
 *
 *   Bach et al.: On pixel-wise explanations ..., PLoS ONE 2015: pixel flipping (window 1)
 *   Samek et al.: Evaluating the visualization of what a deep neural network has learned, IEEE TNNLS 2017: AOPC
 *   Schulz et al.: Restricting the flow, ICLR 2020: the difference of both orders
 *
 *   regions   the cells of a grid of k x k pixels that begins at the picture's first pixel; at the right and the lower
 *             edge they are cut off by the picture
 *   order     by the mean of the map, signed, over the cell: largest first (most relevant first), or smallest first; of
 *             equal ones the first in reading order
 *   step l    the next region, all channels, gets the reference's values, on top of earlier steps; s_l = f
 *   AOPC      (sum over l = 0 .. L of s_0 - s_l) / (L + 1), in units of f
 *             most: higher is better; least: lower is better; most - least: higher is better, 0 in the mean for a
 *             random map
 *   area      (sum of s_1 .. s_L) - s_1 / 2 - s_L / 2 of the most relevant first: the AUC of Quantus's PixelFlipping,
 *             whose curve begins behind the first flip; lower is better
 *
 * What differs from perturbation_curve.h: a grid, signed means, a fixed replacement instead of noise, both orders.
 * Samek et al. take 9 x 9 of 227 and L = 100 (ATTR_FLIPPING_..); Quantus's PixelFlipping is window 1 with all pixels,
 * its RegionPerturbation 8 x 8 of 224 at any place, L = 100. L is cut to the number of cells.
 *
 * No range: f's. NAN: all where the map is the same at all of the picture's pixels. Divide by |f(x)| to compare
 * targets. Padding stays as it is, and only the reference's part inside the picture is read. */
#ifndef ATTR_METRICS_PIXEL_FLIPPING_H
#define ATTR_METRICS_PIXEL_FLIPPING_H

#include "metrics/picture_pixels.h"
#include "model/engine.h"
#include "targets/target.h"

enum { ATTR_FLIPPING_WINDOW = 9, ATTR_FLIPPING_SIDE = 227, ATTR_FLIPPING_REGIONS = 100 };

typedef struct {
    attr_region region; /* the network's input, and where the picture lies in it */
    int window;         /* k, 1 or more */
    size_t regions;     /* L at most, 1 or more */
} attr_flipping_settings;

/* Samek's for such an input: the window is the same part of its shorter side, 1 at least. */
attr_flipping_settings attr_flipping_settings_of(const attr_region *region);

typedef struct {
    size_t regions;                 /* L */
    double most, least, difference; /* AOPC */
    double area;
} attr_flipping;

/* most[settings->regions + 1], least likewise: s_0 .. s_L, the rest NAN; either may be NULL. map [height][width], x and
 * reference [channels][height][width]. As attr_score_series(). */
attr_status attr_pixel_flipping(attr_flipping *out, double *most, double *least, attr_engine *e,
                                const attr_target *target, const float *x, const float *reference, const double *map,
                                const attr_flipping_settings *settings);

#endif
