/* Planes made smaller by a whole number. */
#ifndef ATTR_IMAGES_SHRINK_H
#define ATTR_IMAGES_SHRINK_H

#include <stdbool.h>

/* The whole number by which w x h is divided so that no side is longer than `largest_side` (0: any): 1 or more. */
int attr_shrink_factor(int w, int h, int largest_side);

/* A side of `length` pixels, divided by that. */
int attr_shrunk(int length, int factor);

/* Mean values, or those of the magnitudes, of squares of `factor` x `factor` pixels (smaller at the right and lower
 * edge) of plane [h][w]. */
void attr_shrink_plane(float *out, const float *plane, int w, int h, int factor, bool absolute);

#endif
