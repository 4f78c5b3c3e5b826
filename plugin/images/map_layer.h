/* A map as a transparent picture that a page lays over the picture and can still scale.
 *
 * Its colour is that of the diverging palette's end, red where the map is positive, blue where it is negative. Its
 * opacity is sqrt(|v| / largest) in 8 bits, so that small values keep digits. A page shows min(1, opacity^2 x largest /
 * end): with CSS and SVG that is <feFuncA type="gamma" amplitude="largest / end" exponent="2">, for any end. */
#ifndef ATTR_IMAGES_MAP_LAYER_H
#define ATTR_IMAGES_MAP_LAYER_H

#include <stddef.h>

#include "base/status.h"
#include "images/scale.h"

typedef struct {
    unsigned char *png; /* released with free() */
    size_t size;
    int w, h;
    double largest; /* the largest magnitude of what is drawn; 0: the map is 0 everywhere, and all is transparent */
    double end;     /* where colours end by `normalisation`, the larger of both signs' */
} attr_map_layer;

/* Of map [h][w]; one that is larger than `largest_side` is shrunk by a whole number, pixels are means of squares then.
 * ATTR_NUMERIC if a value is not finite. */
attr_status attr_map_layer_make(attr_map_layer *out, const float *map, int w, int h, int largest_side,
                                attr_normalisation_word normalisation);

#endif
