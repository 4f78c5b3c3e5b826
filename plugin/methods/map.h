/* What a method returns for one target, and the figures that say how far to trust it. */
#ifndef ATTR_METHODS_MAP_H
#define ATTR_METHODS_MAP_H

#include <stddef.h>

#include "base/status.h"
#include "options/options.h"
#include "methods/mask.h"

/* How many sides of blocks of pixels there are for which a map's error is known: 1, 2, 4, .. 64. */
enum { ATTR_POOLS = 7 };

/* What is explained: the network's input, channels x height x width numbers. An input that is no picture is one row. */
typedef struct {
    int channels, height, width;
} attr_shape_of_map;

size_t attr_map_size(const attr_shape_of_map *shape);

/* A layer of the network that a map was made at. */
typedef struct {
    const char *kind;            /* "convolutional"; NULL: none, the map was made at the input */
    int index;                   /* in the network, from 0 */
    int channels, height, width; /* of what it writes */
} attr_viewed_layer;

typedef struct {
    attr_shape_of_map shape;         /* of a map made at a layer: one channel, the input's height and width */
    size_t size;                     /* channels x height x width */
    double *values;                  /* [size], network coordinates, all channels */
    double *standard_error;          /* [size], of the mean over noise samples; NULL when the method has no samples */
    double *half;                    /* [size], the map of every second sample alone; NULL likewise */
    double *plane_error[ATTR_POOLS]; /* the errors of sums over channels and blocks of 2^i pixels a side; likewise */
    double target;                   /* f(x) */
    size_t gradients;                /* gradients that went into the map */
    size_t samples;                  /* independent samples: noisy inputs, pairs of them, or clones; 1 without noise */
    double relative_error;           /* |standard error| / |values| (l2); NAN when the method has no samples */
    double pooled_error[ATTR_POOLS]; /* the same of the map's sums over channels and blocks of 2^i pixels a side */
    double mean_target;              /* mean of f over the noisy inputs and clones, where it costs nothing; else NAN */
    double expected_sum;             /* what a complete map sums to: f(x) - f(x'), with noise its mean; else NAN */
    double baseline_target;          /* Integrated Gradients: mean of f(x') over the baselines, else NAN */
    double completeness_gap;         /* |sum of values - expected_sum|, else NAN */
    size_t steps;                    /* of a path, else 0 */
    size_t tried;                    /* geg: clones tried, of which `samples` were accepted; else 0 */
    attr_mask_report *mask;          /* relex; else NULL */
    attr_viewed_layer layer;         /* gradcam, gradcam_pp, layercam, gradient_x_activation; else none */
    int converged; /* the completeness gap, or with samples=auto the error, is within the tolerance; else 1 */
} attr_map;

attr_status attr_map_allocate(attr_map *map, const attr_shape_of_map *shape, int with_samples);
void attr_map_free(attr_map *map);

/* The map has its figures only: what it points to is another's. */
void attr_map_forget(attr_map *map);

/* Sets the completeness gap, |sum of values - expected_sum|, and whether it is within the tolerance, which is relative
 * to the expected sum. */
void attr_map_judge(attr_map *map, double tolerance);

/* One plane [height][width] of a map's values: channel c, or what option `channels` makes of all (c < 0). */
void attr_map_reduce(double *plane, const double *values, const attr_shape_of_map *shape, int c,
                     attr_channels_word how);

/* Gives all pixels of a block of side x side pixels their mean, channel by channel. */
void attr_map_pool(double *values, const attr_shape_of_map *shape, int side);

/* The i of blocks of 2^i pixels a side. */
static inline int attr_pool_of_side(int side) {
    int pool = 0;
    while (1 << pool < side) ++pool;
    return pool;
}

/* Option `pool`, the side of blocks; 0: the smallest, 1 for single pixels, whose error is within the tolerance; if none
 * is, the one with the least error, and 1 for a map without samples. */
int attr_map_side(const attr_map *map, int64_t pool, double tolerance);

/* The relative error of the map in blocks of that side; 1: of its pixels. */
double attr_map_error(const attr_map *map, int side);

/* Blocks on an axis, the last of which may be smaller. */
static inline int attr_pooled_length(int length, int pool) {
    return (length + (1 << pool) - 1) >> pool;
}

#endif
