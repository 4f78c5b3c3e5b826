/* What tests of metrics that take pixels away share: a network on an input of which the picture fills a part only, with
 * a map, and a reference that is not a number around the picture, so that whoever touches padding is found out. */
#ifndef ATTR_TESTS_METRIC_CASE_H
#define ATTR_TESTS_METRIC_CASE_H

#include "engine_pair.h"
#include "methods/baseline.h"

typedef struct {
    network *net;
    attr_engine *e;
    attr_target *t;     /* class 1 */
    attr_region region; /* of the picture */
    size_t plane, inputs;
    float *x, *reference; /* [inputs]; the reference is NAN around the picture */
    double *gradient;     /* [plane] of a linear network: by a pixel, summed over channels; NAN around the picture */
    double *parts;        /* [plane] what a pixel contributes against the reference; NAN around the picture */
    double *random_map;   /* [plane]; NAN around the picture */
} metric_case;

/* 3 channels of 7 x 8 pixels, of which the picture is 4 x 6. The linear one is in double precision with the target
 * logit, the deep one in single precision with the target probability; engines for `batch` samples. */
metric_case linear_case(int batch);
metric_case deep_case(int batch);

/* A linear network whose picture does not count at all. */
metric_case padding_case(int batch);

/* One channel, one row of n pixels, all of them picture: x, class 1 = sum of weights x, the reference is 0. */
metric_case row_case(size_t n, const float *x, const float *weights);

void metric_case_free(metric_case *c);

/* A new random map: uniform in [-1, 1). */
void draw_random_map(metric_case *c);

/* The map with its sign turned, into room[plane]. */
void turn_map(double *room, const double *map, size_t plane);

/* A map that is v everywhere. */
void fill_map(double *room, double v, size_t plane);

#endif
