/* Between the files of a schedule's run: schedule.c (batches, clones, the whole), schedule_points.c (what goes into the
 * engine), schedule_samples.c (what comes out of it). */
#ifndef ATTR_METHODS_SCHEDULE_RUNNER_H
#define ATTR_METHODS_SCHEDULE_RUNNER_H

#include "methods/schedule.h"

typedef struct {
    attr_engine *engine;
    attr_target *const *targets;
    size_t target_count, size;
    const attr_schedule *schedule;
    attr_statistics *statistics; /* of each target */
    double **maxima;             /* of each target: [size], of the part of the base being made; NULL: it has no parts */
    bool *ended;                 /* of each target: it is within the tolerance */
    size_t *gradients;           /* of each target: that went into its map, whatever else a batch has computed */
    size_t batch;
    double *values, *gains; /* of each target: sums over points of f, and over samples of what a map should sum to */
    float *points;          /* [size], with ascents [batch][size] */
    float *multipliers;     /* [batch][size]; NULL: none */
    double *weights;        /* [batch] */
    double *ascents;        /* [batch][size]: what ascents have gathered; NULL: none */
    float *copy;            /* [size]: the noisy copy of the sample `copy_of`; NULL: there is no noise */
    uint64_t copy_of;
    bool forward_done;
    attr_progress progress;
    void *context;
    size_t done, all;
} attr_runner;

/* Elements that one thread takes at a time. */
enum { attr_runner_block = 4096 };

static inline bool attr_runner_climbs(const attr_runner *r) {
    return r->schedule->base.ascent_steps > 1;
}

/* The input of a sample: the schedule's, or a noisy copy of it that is good until the next call. */
const float *attr_runner_input(attr_runner *r, uint64_t sample);

/* Gives the engine points first .. first + count - 1 of a clone. */
void attr_runner_set_points(attr_runner *r, uint64_t clone, size_t first, int count);

/* Elements first .. first + n - 1 of the gradient of slot b of the batch: with a multiplier that in the input's space,
 * else that in the schedule's. */
void attr_runner_gradient(double *out, const attr_runner *r, int b, size_t first, size_t n);

/* Point number k of a clone, slot b of the batch, is joined to the sample of target t; with the last point of a sample
 * that goes into the statistics. */
void attr_runner_end_point(attr_runner *r, size_t t, size_t k, int b);

/* The ascents for target t of `count` points that are set: afterwards r->ascents has what they gathered.
 * ATTR_INTERRUPTED. */
attr_status attr_runner_ascend(attr_runner *r, size_t t, int count);

/* Tells the progress. ATTR_INTERRUPTED if that says so. */
attr_status attr_runner_report(attr_runner *r, size_t gradients);

#endif
