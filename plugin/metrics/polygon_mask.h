/* An outline as a mask: which part of every pixel lies in a polygon. A box has attr_box_mask() in controls.h. */
#ifndef ATTR_METRICS_POLYGON_MASK_H
#define ATTR_METRICS_POLYGON_MASK_H

#include <stddef.h>

#include "base/status.h"

/* In network pixels: the pixel of row r and column c is the square from (c, r) to (c + 1, r + 1). */
typedef struct {
    double x, y;
} attr_corner;

/* Fills mask [height][width] with how many of the 4 x 4 samples of a pixel, at 1/8, 3/8, 5/8 and 7/8 of its sides, lie
 * in the polygon, divided by 16. Its last corner is joined to its first. What is inside is told by the even-odd rule:
 * what an outline surrounds twice is outside, so holes can be joined to it by a seam. Of a border, the sample on a left
 * or an upper edge is inside, on a right or a lower one outside, so that polygons side by side share no sample. Parts
 * beyond the plane are cut off. Corners are finite; fewer than three have no inside. ATTR_NO_MEMORY is the only
 * failure. */
attr_status attr_polygon_mask(double *mask, int height, int width, const attr_corner *corners, size_t count);

#endif
