/* Schedules: a method is a list of points at which gradients are taken, and a way to join them.
 *
 *   for each clone of the network (NoiseGrad):             perturbed parameters
 *     for each noisy copy x_j of the input (SmoothGrad):   x_j = x + sigma n, a sample
 *       for each point of the base map at x_j:             the gradient, or those of an ascent that starts there
 *         joined into the sample: a weighted sum, or a maximum (of each path's points; the mean over several paths)
 *     the sample goes into the statistics
 *
 * With one clone, one copy and no noise it is the base map itself, bit for bit. The runner takes points in batches
 * through the engine, shares each forward among all targets (but in ascents, where every target goes its own way),
 * keeps a constant number of buffers per target whatever the number of points, and leaves the engine with the
 * network's own parameters. Sums are in double precision and in the order of the points, so neither threads nor batch
 * change a bit. */
#ifndef ATTR_METHODS_SCHEDULE_H
#define ATTR_METHODS_SCHEDULE_H

#include <stdbool.h>

#include "methods/statistics.h"
#include "model/engine.h"
#include "model/parameters.h"
#include "targets/target.h"

/* What an ascent makes of its gradients: their signed maximum, or their mean by the trapezoid rule. */
typedef enum { ATTR_ASCENT_MAXIMUM, ATTR_ASCENT_MEAN } attr_ascent;

/* A base map: the points of one sample. */
typedef struct attr_base attr_base;
struct attr_base {
    size_t points;
    bool has_multiplier;
    attr_join join; /* a maximum is multiplied at last, by the multiplier of its last point */
    size_t parts; /* 2 or more: of so many equal parts of the points each has a maximum, and the sample is their mean */
    bool magnitudes;     /* of a maximum: of the absolute value of what each point gives */
    size_t ascent_steps; /* gradients from each point on, the first at the point itself; 1: there is no ascent */
    double ascent_rate;  /* y <- y + rate x gradient */
    attr_ascent ascent;
    /* Writes point p of sample number `sample`, whose input is x, to z, and its multiplier to m (only when
     * has_multiplier); returns its weight in a sum, its number (from 1) in a mean. */
    double (*point)(const attr_base *base, const float *x, uint64_t sample, size_t p, float *z, float *m);
    /* Of a base map that is complete: writes end number `end` of the sample's paths to z and returns its weight; the
     * map sums to the sum of weight x f(end). 0 ends: it is not. */
    size_t ends;
    double (*end)(const attr_base *base, const float *x, size_t end, float *z);
    const void *data;
};

typedef struct {
    const float *x;
    attr_base base;
    /* The space in which noise, gradients and ascents are: deviation[i] is how far one unit there moves element i of
     * the network's input. NULL: the input's own. Multipliers are those of the input, for a gradient times a distance
     * is the same in every space. */
    const float *deviation;

    uint64_t seed;
    size_t samples;  /* noisy copies of the input for each clone; 1 or more */
    double sigma;    /* of their noise; 0: none */
    bool antithetic; /* copies 2 j and 2 j + 1 have noise of opposite sign and are one sample of the statistics */

    size_t clones;                  /* 0: the network as it is */
    attr_weight_noise weight_noise; /* `clone` is set by the runner */

    attr_reduction reduction;
    bool magnitudes;   /* absolute values of samples, before they are reduced */
    double tolerance;  /* stop when the relative error is no larger; 0: never. Each target on its own */
    int error_side;    /* that of blocks of such a side; 0, 1: of pixels */
    bool forward_done; /* the engine's last forward was of x as its only sample, and that is the first point */
} attr_schedule;

/* Called after each pass with the gradients done and in all; returning non-zero stops the run (ATTR_INTERRUPTED). */
typedef int (*attr_progress)(void *context, size_t done, size_t all);

/* Runs the schedule for some targets; maps[t] must be allocated for the same shape. Sets what
 * attr_statistics_finish() sets, and gradients, converged, mean_target and expected_sum. ATTR_NUMERIC when a gradient
 * is not finite. */
attr_status attr_schedule_run(attr_map *maps, attr_engine *e, attr_target *const *targets, size_t target_count,
                              const attr_schedule *schedule, attr_progress progress, void *context);

/* values[t] = f_t(x); x NULL: of sample 0 of the last forward. */
attr_status attr_target_values(double *values, attr_engine *e, attr_target *const *targets, size_t target_count,
                               const float *x);

/* out = x + sigma deviation n, element by element, n the normals of `random`; deviation NULL: 1. */
void attr_add_noise(float *out, const float *x, size_t size, double sigma, const float *deviation,
                    const attr_random *random);

/* out = x with the noise of one copy: x + sigma deviation n, n the normals of stream ATTR_STREAM_INPUT_NOISE, sample
 * `copy`, with a negative sigma for their opposite. */
void attr_noisy_copy(float *out, const float *x, size_t size, double sigma, const float *deviation, uint64_t seed,
                     uint64_t copy);

#endif
