/* Schedules: a method is a list of points at which the gradient is taken, and a way to join the gradients.
 *
 *   map = reduction over points k of  weight_k * multiplier_k (.) gradient f(z_k)
 *
 * The runner takes points in batches through the engine, shares each forward among all targets, and keeps a constant
 * number of buffers per target whatever the number of points. Sums are in double precision and in the order of the
 * points, so neither threads nor batch change a bit. */
#ifndef ATTR_METHODS_SCHEDULE_H
#define ATTR_METHODS_SCHEDULE_H

#include <stdbool.h>

#include "methods/map.h"
#include "model/engine.h"
#include "targets/target.h"

typedef enum {
    ATTR_REDUCE_SUM,     /* sum of weight x multiplier x gradient */
    ATTR_REDUCE_MEAN,    /* mean over samples (SmoothGrad), with its standard error */
    ATTR_REDUCE_SQUARE,  /* mean of squares (SmoothGrad-squared) */
    ATTR_REDUCE_VARIANCE /* unbiased variance over samples (VarGrad) */
} attr_reduction;

typedef struct attr_schedule attr_schedule;
struct attr_schedule {
    size_t points;
    int has_multiplier;
    attr_reduction reduction;
    /* Points that make one independent sample (2 for antithetic pairs): averaged before the statistics. */
    size_t points_per_sample;
    /* Writes the network input of point k to z, its multiplier to m (only when has_multiplier); returns its weight. */
    double (*point)(const attr_schedule *schedule, size_t k, float *z, float *m);
    const void *method; /* the method's own data */
    bool forward_done;  /* the engine's last forward was of the first batch of points */
};

/* Called after each batch with the points done and in all; returning non-zero stops the run (ATTR_INTERRUPTED). */
typedef int (*attr_progress)(void *context, size_t done, size_t all);

/* Runs the schedule for `targets` targets; maps[t] must be allocated (standard_error for ATTR_REDUCE_MEAN if wanted).
 * Sets values, standard_error, gradients and relative_error of each map. ATTR_NUMERIC when a gradient is not finite. */
attr_status attr_schedule_run(attr_map *maps, attr_engine *e, attr_target *const *targets, size_t target_count,
                              const attr_schedule *schedule, attr_progress progress, void *context);

/* values[t] = f_t(x); x NULL: of sample 0 of the last forward. */
attr_status attr_target_values(double *values, attr_engine *e, attr_target *const *targets, size_t target_count,
                               const float *x);

#endif
