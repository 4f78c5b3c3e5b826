/* Colours of maps: two palettes, both with an opacity that is 0 at 0, to be laid over a picture or over white.
 *
 * ATTR_DIVERGING, t from -1 (blue) to 1 (red): both sides have the same lightness, chroma and opacity at equal distance
 * from 0, so neither looks stronger. ATTR_SEQUENTIAL, t from 0 to 1 (purple, red, orange, yellow): lightness rises all
 * the way. Colours are interpolated in Oklab (Ottosson 2020), where equal steps look equal. Both palettes can be read
 * with any of the three kinds of colour blindness. */
#ifndef ATTR_IMAGES_COLOUR_H
#define ATTR_IMAGES_COLOUR_H

typedef enum { ATTR_DIVERGING, ATTR_SEQUENTIAL } attr_palette;

/* The sRGB colour and the opacity, all in [0, 1], for t, which is clipped to the palette's range. */
void attr_colour(double rgb[3], double *opacity, attr_palette palette, double t);

#endif
