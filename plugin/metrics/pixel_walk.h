/* The scores on the way from one input to another, on which pixels change in an order, all channels at once. */
#ifndef ATTR_METRICS_PIXEL_WALK_H
#define ATTR_METRICS_PIXEL_WALK_H

#include "model/engine.h"
#include "targets/target.h"

typedef struct {
    const float *from, *to; /* [channels][height][width] */
    const size_t *order;    /* places in a plane, in which pixels change */
    const size_t *ends;     /* [steps]: how many have changed after a step; rising */
    size_t steps;
    /* May be NULL: looks at the sample of a forward in which what is there after `step` steps stands. */
    void (*look)(void *context, size_t step, attr_engine *e, int sample);
    void *context;
} attr_pixel_walk;

/* scores[steps + 1]: the first of `from`, number l of what is there after l steps. As attr_score_series(). */
attr_status attr_walk_scores(double *scores, attr_engine *e, const attr_target *target, const attr_pixel_walk *walk);

/* The trapezoid area under scores[steps + 1] over the part of the steps, from 0 to 1, in units of the scores. */
double attr_walk_area(const double *scores, size_t steps);

#endif
