/* The letterbox: from a picture to a network's input and from a network's map back into the picture.
 *
 * Darknet fits a picture into the input keeping its proportions and fills the rest with grey .5. The first and the last
 * pixel of the fitted region are the first and the last of the picture: with n network columns for N picture columns,
 * network column i looks at picture column i * (N - 1) / (n - 1). */
#ifndef ATTR_IMAGES_LETTERBOX_H
#define ATTR_IMAGES_LETTERBOX_H

#include "base/status.h"
#include "images/picture.h"

typedef struct {
    int net_w, net_h;
    int picture_w, picture_h;
    int new_w, new_h; /* the fitted region, at least 1 x 1 (stock Darknet breaks on pictures so long that it is 0) */
    int x0, y0;       /* its first pixel in the network's input */
} attr_letterbox;

/* All sizes are at least 1. */
void attr_letterbox_make(attr_letterbox *out, int net_w, int net_h, int picture_w, int picture_h);

/* Writes net_input [picture->c][net_h][net_w], every value bit for bit that of Darknet's letterbox_image(): bilinear
 * without smoothing, so that a network sees what it saw in training and predicts what it predicts elsewhere. That
 * includes one quirk: the last row comes out nearly black where rounding puts it just before the picture's last row. */
void attr_letterbox_apply(float *net_input, const attr_letterbox *box, const attr_picture *picture);

/* The way back of a map, one plane: net_map [net_h][net_w] to picture_map [picture_h][picture_w].
 *
 * Mass is kept: the value of a network pixel is spread evenly over its footprint, the part of the picture that is
 * nearer to it than to its neighbours; so the map's sum over the fitted region is the sum over the picture (Integrated
 * Gradients stay complete) and things stay where they are. Footprints end midway between neighbouring centres, the
 * outermost at the picture's edge: these are narrower than the others when a picture was shrunk, wider when enlarged.
 *
 * padding_share (may be NULL) is the part of the sum of absolute values that lies outside the region; 0 for a map of
 * zeros. ATTR_NO_MEMORY is the only failure. */
attr_status attr_letterbox_undo(double *picture_map, double *padding_share, const double *net_map,
                                const attr_letterbox *box);

#endif
