/* Running statistics over the sample maps of one target: a constant number of buffers whatever the number of samples.
 *
 * A sample is one map of the base method (one gradient, one path, ...), made by adding to attr_statistics.sample or by
 * taking maxima with it. Samples that depend on each other (an antithetic pair; all noisy inputs of one clone) are
 * averaged into a unit, and the standard error is that of the mean over units:
 *
 *   standard error = sqrt(variance over units / units)
 *
 * Mean and variance are Welford's, in double precision, in the order of the samples; equal samples have exactly
 * themselves as mean. */
#ifndef ATTR_METHODS_STATISTICS_H
#define ATTR_METHODS_STATISTICS_H

#include <stdbool.h>

#include "methods/map.h"

typedef enum {
    ATTR_REDUCE_MEAN,    /* mean over samples (SmoothGrad) */
    ATTR_REDUCE_SQUARE,  /* mean of squares (SmoothGrad-squared) */
    ATTR_REDUCE_VARIANCE /* unbiased variance over units (VarGrad); it has no standard error */
} attr_reduction;

/* How the gradients of one sample become its map. */
typedef enum {
    ATTR_JOIN_SUM,
    ATTR_JOIN_MEAN, /* in the arithmetic of the statistics: as if each point were a sample */
    ATTR_JOIN_MAXIMUM
} attr_join;

typedef struct {
    attr_shape_of_map shape;
    attr_reduction reduction;
    attr_join join;          /* what sample[] is filled with before a sample begins: 0, or minus infinity */
    bool magnitudes;         /* absolute values of each sample, before anything else */
    size_t samples_per_unit; /* 1 or more */
    bool errors; /* errors of blocks and halves of the samples are kept, too: a map without samples has no use for them
                  */
} attr_statistics_plan;

/* The same of sums over channels and blocks of pixels. */
typedef struct {
    int height, width;                  /* in blocks */
    double *sample, *mean, *deviations; /* [height][width] */
} attr_pooled_statistics;

typedef struct {
    attr_statistics_plan plan;
    size_t size;
    size_t samples, units; /* taken */
    double *sample;        /* [size] the sample being made, */
    bool begun;            /* if it is begun */
    double *unit;          /* the mean of the samples of an open unit; NULL if each is a unit */
    double *mean, *deviations;
    double *half; /* the mean of every second unit, from the first on; without errors NULL, and so are these: */
    attr_pooled_statistics pooled[ATTR_POOLS]; /* [0]: single pixels */
} attr_statistics;

attr_status attr_statistics_make(attr_statistics *out, const attr_statistics_plan *plan);
void attr_statistics_free(attr_statistics *s);

/* Elements first .. first + n - 1 of sample[] are as before a sample begins; the caller sets `begun`. */
void attr_statistics_clear(attr_statistics *s, size_t first, size_t n);

/* A sample that is finished is counted, then its elements are taken, in any order, by any thread and as soon as they
 * are complete, times the multiplier [size] if there is one; then the next sample can begin. */
typedef struct {
    size_t of_unit; /* the how many-eth of its unit */
    bool ends;      /* the last one */
} attr_statistics_closing;
attr_statistics_closing attr_statistics_count(attr_statistics *s);
void attr_statistics_take(attr_statistics *s, const attr_statistics_closing *closing, const float *multiplier,
                          size_t first, size_t n);
void attr_statistics_close(attr_statistics *s, const attr_statistics_closing *closing);

/* |standard error| / |mean|, both l2, as it is now: of pixels, or of blocks of that side if errors of blocks are kept.
 * Infinity with less than two units, or where the mean is 0. */
double attr_statistics_error(const attr_statistics *s, int side);

/* Fills the map's values, standard_error, half, plane_error, relative_error, pooled_error and samples. ATTR_NUMERIC
 * when one is not finite. */
attr_status attr_statistics_finish(attr_map *map, const attr_statistics *s);

#endif
