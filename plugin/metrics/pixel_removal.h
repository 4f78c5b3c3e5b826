/* Does the score fall when the pixels that a map calls important are removed? Fidelity of Lim, Lee, Kim: Building
 * reliable explanations ..., CVPR 2021, by their code.
 *
 *   order          of all pixels by the map: largest first (deletion), or smallest first (preservation); of equal ones
 *                  the first in reading order
 *   step l         the next pixels, all channels, get the reference's values; s_l = f of what is there then
 *   area           (sum of s_0 .. s_n - s_0 / 2 - s_n / 2) / n, in units of f
 *
 * Deletion: lower is better; preservation: higher. For a random map both are the same in the mean. */
#ifndef ATTR_METRICS_PIXEL_REMOVAL_H
#define ATTR_METRICS_PIXEL_REMOVAL_H

#include "model/engine.h"
#include "targets/target.h"

typedef enum { ATTR_DELETION, ATTR_PRESERVATION } attr_removal_order;

/* How many steps there are of so many pixels each: the last one may have fewer. */
size_t attr_removal_steps(size_t pixels, size_t pixels_per_step);

/* scores[attr_removal_steps() + 1] and the area under them; map [height x width] as it is to be sorted (take absolute
 * values before), x and reference [channels][height x width]. Forwards only, as many at once as the engine's batch.
 * ATTR_NUMERIC when a score is not finite. */
attr_status attr_pixel_removal(double *scores, double *area, attr_engine *e, const attr_target *target, const float *x,
                               const float *reference, const double *map, attr_removal_order order,
                               size_t pixels_per_step);

#endif
