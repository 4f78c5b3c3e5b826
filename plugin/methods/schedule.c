#include "methods/schedule.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "methods/schedule_runner.h"

attr_status attr_runner_report(attr_runner *r, size_t gradients) {
    r->done += gradients;
    if (r->progress && r->progress(r->context, r->done < r->all ? r->done : r->all, r->all))
        return attr_fail(ATTR_INTERRUPTED, "interrupted");
    return ATTR_OK;
}

/* ---- Batches, clones */

static attr_status run_ascending_batch(attr_runner *r, uint64_t clone, size_t first, int count) {
    for (size_t t = 0; t < r->target_count; ++t) {
        if (r->ended[t]) continue;
        attr_runner_set_points(r, clone, first, count);
        ATTR_TRY(attr_runner_ascend(r, t, count));
        for (int b = 0; b < count; ++b) attr_runner_end_point(r, t, first + (size_t)b, b);
    }
    return ATTR_OK;
}

/* One batch of points: a forward, then a backward for each target. */
static attr_status run_batch(attr_runner *r, uint64_t clone, size_t first, int count) {
    if (attr_runner_climbs(r)) return run_ascending_batch(r, clone, first, count);
    attr_runner_set_points(r, clone, first, count);
    if (!r->forward_done) attr_targets_forward(r->targets, r->target_count, r->engine, count);
    r->forward_done = false;
    for (size_t t = 0; t < r->target_count; ++t) {
        if (r->ended[t]) continue;
        attr_target_differentiate(r->targets[t], r->engine, count);
        for (int b = 0; b < count; ++b) attr_runner_end_point(r, t, first + (size_t)b, b);
    }
    return attr_runner_report(r, (size_t)count);
}

static bool all_ended(const attr_runner *r) {
    for (size_t t = 0; t < r->target_count; ++t)
        if (!r->ended[t]) return false;
    return true;
}

/* Whether the mean map should sum to a known number. With a tolerance it is not known beforehand of how many samples.
 */
static bool is_complete(const attr_schedule *s) {
    return s->base.ends > 0 && s->base.join == ATTR_JOIN_SUM && s->reduction == ATTR_REDUCE_MEAN && !s->magnitudes &&
           s->tolerance == 0;
}

/* Adds what the map of a sample should sum to: forwards of the ends of its paths. */
static void add_gain(attr_runner *r, uint64_t sample) {
    const attr_base *base = &r->schedule->base;
    const float *x = attr_runner_input(r, sample);
    for (size_t first = 0; first < base->ends; first += r->batch) {
        int count = (int)(base->ends - first < r->batch ? base->ends - first : r->batch);
        for (int b = 0; b < count; ++b) {
            r->weights[b] = base->end(base, x, first + (size_t)b, r->points);
            attr_engine_set_input_f32(r->engine, b, r->points);
        }
        attr_targets_forward(r->targets, r->target_count, r->engine, count);
        for (size_t t = 0; t < r->target_count; ++t)
            for (int b = 0; b < count; ++b)
                r->gains[t] += r->weights[b] * attr_target_value(r->targets[t], r->engine, b);
    }
}

/* All points of a clone, in batches of nearly one size. */
static attr_status run_clone(attr_runner *r, uint64_t clone) {
    size_t points = r->schedule->samples * r->schedule->base.points, batches = (points + r->batch - 1) / r->batch;
    size_t most = (points + batches - 1) / batches;
    for (size_t j = 0; is_complete(r->schedule) && j < r->schedule->samples; ++j)
        add_gain(r, clone * r->schedule->samples + j);
    for (size_t k = 0; k < points && !all_ended(r); k += most) {
        size_t left = points - k;
        ATTR_TRY(run_batch(r, clone, k, (int)(left < most ? left : most)));
    }
    return ATTR_OK;
}

static attr_status run_clones(attr_runner *r) {
    attr_weight_noise noise = r->schedule->weight_noise;
    if (r->schedule->clones == 0) return run_clone(r, 0);
    attr_status status = ATTR_OK;
    for (uint64_t clone = 0; status == ATTR_OK && clone < r->schedule->clones && !all_ended(r); ++clone) {
        noise.clone = clone;
        status = attr_engine_perturb(r->engine, &noise);
        if (status == ATTR_OK) status = run_clone(r, clone);
    }
    attr_engine_set_parameters(r->engine, NULL);
    return status;
}

/* ---- The whole run */

/* Samples that depend on each other: those of a clone, or antithetic ones. A variance is over all samples. */
static size_t samples_per_unit(const attr_schedule *s) {
    if (s->clones > 1 && s->reduction != ATTR_REDUCE_VARIANCE) return s->samples;
    return s->antithetic ? 2 : 1;
}

static attr_status allocate_maxima(attr_runner *r) {
    ATTR_TRY(attr_allocate(&r->maxima, r->target_count, sizeof *r->maxima, "maxima"));
    for (size_t t = 0; t < r->target_count; ++t) {
        ATTR_TRY(attr_allocate(&r->maxima[t], r->size, sizeof(double), "maxima"));
        for (size_t i = 0; i < r->size; ++i) r->maxima[t][i] = -INFINITY;
    }
    return ATTR_OK;
}

static attr_status allocate(attr_runner *r, const attr_map *maps) {
    const attr_schedule *s = r->schedule;
    bool has_parts = s->base.join == ATTR_JOIN_MAXIMUM && s->base.parts > 1;
    attr_statistics_plan plan = {maps[0].shape, s->reduction,        has_parts ? ATTR_JOIN_SUM : s->base.join,
                                 s->magnitudes, samples_per_unit(s), maps[0].standard_error != NULL};
    if (has_parts) ATTR_TRY(allocate_maxima(r));
    ATTR_TRY(attr_allocate(&r->statistics, r->target_count, sizeof *r->statistics, "statistics"));
    ATTR_TRY(attr_allocate(&r->ended, r->target_count, sizeof *r->ended, "targets"));
    ATTR_TRY(attr_allocate(&r->values, r->target_count, sizeof *r->values, "target values"));
    ATTR_TRY(attr_allocate(&r->gains, r->target_count, sizeof *r->gains, "target values"));
    ATTR_TRY(attr_allocate(&r->gradients, r->target_count, sizeof *r->gradients, "targets"));
    for (size_t t = 0; t < r->target_count; ++t) ATTR_TRY(attr_statistics_make(&r->statistics[t], &plan));
    ATTR_TRY(attr_allocate(&r->points, attr_runner_climbs(r) ? r->batch * r->size : r->size, sizeof(float), "points"));
    ATTR_TRY(attr_allocate(&r->weights, r->batch, sizeof *r->weights, "weights"));
    if (s->base.has_multiplier)
        ATTR_TRY(attr_allocate(&r->multipliers, r->batch * r->size, sizeof(float), "multipliers"));
    if (attr_runner_climbs(r)) ATTR_TRY(attr_allocate(&r->ascents, r->batch * r->size, sizeof(double), "ascents"));
    if (s->sigma != 0) ATTR_TRY(attr_allocate(&r->copy, r->size, sizeof(float), "a noisy copy"));
    return ATTR_OK;
}

static void release(attr_runner *r) {
    for (size_t t = 0; r->statistics && t < r->target_count; ++t) attr_statistics_free(&r->statistics[t]);
    for (size_t t = 0; r->maxima && t < r->target_count; ++t) free(r->maxima[t]);
    free(r->statistics);
    free(r->maxima);
    free(r->ended);
    free(r->gradients);
    free(r->values);
    free(r->gains);
    free(r->points);
    free(r->weights);
    free(r->multipliers);
    free(r->ascents);
    free(r->copy);
}

static attr_status finish(attr_map *map, const attr_runner *r, size_t t) {
    double tolerance = r->schedule->tolerance;
    map->gradients = r->gradients[t];
    ATTR_TRY(attr_statistics_finish(map, &r->statistics[t]));
    double samples = (double)r->statistics[t].samples;
    if (r->schedule->base.points == 1 && !attr_runner_climbs(r) && samples > 1)
        map->mean_target = r->values[t] / samples;
    if (is_complete(r->schedule)) map->expected_sum = r->gains[t] / samples;
    if (tolerance > 0) map->converged = attr_map_error(map, r->schedule->error_side) <= tolerance;
    return ATTR_OK;
}

attr_status attr_schedule_run(attr_map *maps, attr_engine *e, attr_target *const *targets, size_t target_count,
                              const attr_schedule *schedule, attr_progress progress, void *context) {
    size_t clones = schedule->clones ? schedule->clones : 1, steps = schedule->base.ascent_steps;
    size_t points = clones * schedule->samples * schedule->base.points;
    attr_runner r = {.engine = e,
                     .targets = targets,
                     .target_count = target_count,
                     .size = attr_engine_inputs(e),
                     .schedule = schedule,
                     .batch = (size_t)attr_engine_batch(e),
                     .copy_of = UINT64_MAX,
                     .forward_done = schedule->forward_done,
                     .progress = progress,
                     .context = context,
                     .all = steps > 1 ? points * steps * target_count : points};
    attr_status status = allocate(&r, maps);
    if (status == ATTR_OK) status = run_clones(&r);
    for (size_t t = 0; status == ATTR_OK && t < target_count; ++t) status = finish(&maps[t], &r, t);
    release(&r);
    return status;
}

attr_status attr_target_values(double *values, attr_engine *e, attr_target *const *targets, size_t target_count,
                               const float *x) {
    if (x) {
        attr_engine_set_input_f32(e, 0, x);
        attr_targets_forward(targets, target_count, e, 1);
    }
    for (size_t t = 0; t < target_count; ++t) {
        values[t] = attr_target_value(targets[t], e, 0);
        if (!isfinite(values[t])) return attr_fail(ATTR_NUMERIC, "the target is not finite (%g)", values[t]);
    }
    return ATTR_OK;
}
