/* Does the score fall when the most relevant pixels are made of those around them, and stay when the least relevant
 * are? ROAD, remove and debias: Rong, Leemann, Borisov, Kasneci, Kasneci, ICML 2022; the summary is that of
 * pytorch-grad-cam (ROADCombined).
 *
 *   parts      .1, .2, .. .9 of the picture's pixels, of each the nearest integer; the paper's and pytorch-grad-cam's
 *              (there called percentiles 10 .. 90)
 *   order      of pixels by the map: largest first (most), smallest first (least), of equal ones the first in reading
 *              order
 *   removed    pixels get the linear imputation of what is left (imputation.h), all channels, and normal noise, nothing
 *              is clipped
 *   most       mean over parts of f without the most relevant pixels: lower is better
 *   least      mean over parts of f without the least relevant ones: higher is better
 *   combined   (least - most) / 2, in units of f: higher is better, 0 in the mean for a random map
 *
 * The noise's deviation is in units of the network's input. Authors' code and pytorch-grad-cam have .01, there of
 * normalised pictures: ATTR_ROAD_NOISE. ATTR_ROAD_STRONG_NOISE hides more of where pixels miss; 0: none. The paper
 * reports the accuracy over many pictures where here is the score.
 *
 * No range: f's. NAN: all where the map is the same at all of the picture's pixels. Padding is neither removed nor a
 * neighbour. */
#ifndef ATTR_METRICS_ROAD_H
#define ATTR_METRICS_ROAD_H

#include "metrics/picture_pixels.h"
#include "model/engine.h"
#include "targets/target.h"

enum { ATTR_ROAD_PARTS = 9 };
#define ATTR_ROAD_NOISE        .01
#define ATTR_ROAD_STRONG_NOISE .2

typedef struct {
    attr_region region; /* the network's input, and where the picture lies in it; of 2 pixels or more */
    double noise;       /* its standard deviation */
    uint64_t seed;      /* stream ATTR_STREAM_IMPUTATION: part = 0 most, 1 least, sample = 0 .. 8, element = c, y, x */
} attr_road_settings;

typedef struct {
    double most_scores[ATTR_ROAD_PARTS], least_scores[ATTR_ROAD_PARTS]; /* f at .1, .2, .. */
    double most, least, combined;
} attr_road;

/* map [height][width], x [channels][height][width]. 18 forwards; as attr_score_series() and attr_impute_linear().
 * The nine pictures of an order are made beforehand, shared among threads. */
attr_status attr_road_of(attr_road *out, attr_engine *e, const attr_target *target, const float *x, const double *map,
                         const attr_road_settings *settings);

#endif
