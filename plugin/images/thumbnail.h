/* Small drawings of maps for strips of many: PNG data, at most so many pixels a side, never enlarged. */
#ifndef ATTR_IMAGES_THUMBNAIL_H
#define ATTR_IMAGES_THUMBNAIL_H

#include <stddef.h>

#include "base/status.h"

typedef struct {
    unsigned char *png; /* released with free(); NULL: there is none */
    size_t size;
    int w, h;
} attr_thumbnail;

/* A map [h][w] in the diverging colours over white, saturated at the 99th percentile of the magnitudes; pixels are
 * means of squares. One that is 0 everywhere is white, one that is not finite grey. */
attr_status attr_draw_thumbnail(attr_thumbnail *out, const double *map, int w, int h, int side);

/* A picture of which only the pixels with the largest magnitudes of a map are to be seen, `part` of all; the others are
 * the picture's mean colour. x is [channels][h][w] with values from 0 to 1, channels 1 or 3. */
attr_status attr_draw_revealed(attr_thumbnail *out, const float *x, int channels, const double *map, int w, int h,
                               double part, int side);

#endif
