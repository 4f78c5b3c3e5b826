/* Overlays: a map laid over its picture.
 *
 * The picture is drawn dimmed and almost grey, the map in colours whose opacity grows with |value|, so where the map is
 * 0 the picture is left as it is. Values between the zero and the ends of `scale` are told apart (images/scale.h). */
#ifndef ATTR_IMAGES_OVERLAY_H
#define ATTR_IMAGES_OVERLAY_H

#include <stddef.h>

#include "base/status.h"
#include "images/colour.h"
#include "images/picture.h"
#include "images/png.h"
#include "images/scale.h"

/* Edges in pixels of the picture: pixel x reaches from x to x + 1. What lies outside of the picture is moved to its
 * border. */
typedef struct {
    double left, top, right, bottom;
} attr_overlay_box;

typedef struct {
    attr_palette palette; /* ATTR_SEQUENTIAL shows |value| */
    attr_scale scale;     /* all 0: attr_scale_of() the map that is drawn, after shrinking */
    attr_normalisation_word normalisation;
    int largest_side;              /* a larger picture is shrunk by a whole number to fit; 0: never */
    const attr_overlay_box *boxes; /* outlined in white with a black rim */
    int box_count;
} attr_overlay_settings;

typedef struct {
    unsigned char *rgb; /* [h][w][3] for attr_png_write(); released with free() */
    int w, h;
    attr_scale scale; /* as used */
} attr_overlay;

/* Draws map [picture->h][picture->w] over the picture. A picture smaller than 256 pixels on its longer side is enlarged
 * by a whole number until it is not; pixels of a shrunk one are mean values of squares.
 * ATTR_NUMERIC, and nothing is drawn, if the map is zero everywhere, or a value or a box is not finite.
 * ATTR_BAD_INPUT for a scale that is none. */
attr_status attr_overlay_draw(attr_overlay *out, const attr_picture *picture, const float *map,
                              const attr_overlay_settings *settings);

#endif
