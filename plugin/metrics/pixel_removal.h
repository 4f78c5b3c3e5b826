/* Does the score fall when the pixels that a map calls important are removed, and come when they are shown? Deletion
 * and insertion of Petsiuk, Das, Saenko: RISE, BMVC 2018; deletion and preservation (there "fidelity") of Lim, Lee,
 * Kim: Building reliable explanations ..., CVPR 2021, by their code.
 *
 *   order          of the picture's pixels by the map, of equal ones the first in reading order
 *                    deletion      from x to the reference, largest first
 *                    preservation  from x to the reference, smallest first
 *                    insertion     from the reference to x, largest first: preservation backwards, and with the same
 *                                  area wherever the steps divide the pixels
 *   step l         the next pixels, all channels, get the values of the other end; s_l = f of what is there then
 *   area           (sum of s_0 .. s_n - s_0 / 2 - s_n / 2) / n, in units of f
 *   normalised     (area - f(reference)) / (f(x) - f(reference)): as if f were 1 at x and 0 at the reference
 *
 * Deletion: lower is better; preservation and insertion: higher. For a random map all are the same in the mean. There
 * is no range: a score may leave that between f(reference) and f(x). NAN: all scores and both areas where the map is
 * the same at all of the picture's pixels (it has no order); normalised where f(x) = f(reference), and it says little
 * where they are close.
 *
 * The reference is the caller's (baseline.h makes black, mean and blurred ones); only its part inside the picture is
 * ever read, padding stays as it is in x. RISE takes a blurred reference for insertion and black for deletion. */
#ifndef ATTR_METRICS_PIXEL_REMOVAL_H
#define ATTR_METRICS_PIXEL_REMOVAL_H

#include "metrics/picture_pixels.h"
#include "model/engine.h"
#include "targets/target.h"

typedef enum { ATTR_DELETION, ATTR_PRESERVATION, ATTR_INSERTION } attr_removal_order;

typedef struct {
    attr_region region; /* the network's input, and where the picture lies in it */
    attr_removal_order order;
    size_t pixels_per_step; /* 1 or more; RISE and Lim et al.: the side of a square picture, so side steps */
} attr_removal_settings;

/* How many steps there are: the last one may have fewer pixels. */
size_t attr_removal_steps(const attr_removal_settings *settings);

typedef struct {
    double area, normalised;
} attr_removal_area;

/* scores[attr_removal_steps() + 1] and the areas; map [height][width] as it is to be sorted (take absolute values
 * before), x and reference [channels][height][width]. As attr_score_series(); ATTR_BAD_INPUT for a region that is not
 * of the engine's input. */
attr_status attr_pixel_removal(double *scores, attr_removal_area *out, attr_engine *e, const attr_target *target,
                               const float *x, const float *reference, const double *map,
                               const attr_removal_settings *settings);

#endif
