/* Baselines x' of path methods: the input that stands for "nothing there".
 *
 * A baseline replaces the picture only; the letterbox bars keep the input's own values, so that they are never credited
 * for a score. */
#ifndef ATTR_METHODS_BASELINE_H
#define ATTR_METHODS_BASELINE_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "options/options.h"

/* The words of option baseline, and the file that may stand in their place:
 *   ATTR_BASELINE_BLACK    0
 *   ATTR_BASELINE_MEAN     each channel's mean over the picture
 *   ATTR_BASELINE_BLUR     the picture, blurred by a Gaussian (edges repeated)
 *   ATTR_BASELINE_COLOUR   the colour of option mean (its mean for a grey input)
 *   ATTR_BASELINE_NOISE    uniform in [0, 1), element = c, y, x of the picture's region; several are averaged over
 *   ATTR_BASELINE_PICTURE  another picture */
enum { ATTR_BASELINE_PICTURE = -1 };

/* The part of the network's input that shows the picture. */
typedef struct {
    int channels, height, width; /* of the network's input */
    int x0, y0, w, h;            /* the picture in it */
} attr_region;

typedef struct {
    int kind;
    attr_region region;
    size_t count;         /* noise: how many baselines; otherwise 1 */
    double colour[3];     /* colour */
    double blur;          /* blur: sigma as a fraction of the region's longer side */
    const float *picture; /* picture: a network input whose region shows the other picture */
} attr_baseline_settings;

/* A colour's value for one of so many channels: of a grey input its mean. */
double attr_colour_channel(const double colour[3], int channel, int channels);

/* Writes baseline number k for the input x; both channels x height x width. */
attr_status attr_baseline_make(float *baseline, const float *x, const attr_baseline_settings *settings, uint64_t seed,
                               size_t k);

#endif
