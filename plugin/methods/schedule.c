#include "methods/schedule.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

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
} runner;

enum { block = 4096 };

static bool climbs(const runner *r) {
    return r->schedule->base.ascent_steps > 1;
}

/* ---- Points */

void attr_add_noise(float *out, const float *x, size_t size, double sigma, const float *deviation,
                    const attr_random *random) {
    float s = (float)sigma;
#pragma omp parallel for schedule(static)
    for (size_t first = 0; first < size; first += block) {
        size_t end = size - first < block ? size : first + block;
        attr_random_normal(out + first, random, first, end - first);
        for (size_t i = first; i < end; ++i) out[i] = x[i] + (deviation ? s * deviation[i] : s) * out[i];
    }
}

void attr_noisy_copy(float *out, const float *x, size_t size, double sigma, const float *deviation, uint64_t seed,
                     uint64_t copy) {
    attr_random noise = {seed, ATTR_STREAM_INPUT_NOISE, 0, copy};
    attr_add_noise(out, x, size, sigma, deviation, &noise);
}

/* The input of a sample. */
static const float *input_of(runner *r, uint64_t sample) {
    const attr_schedule *s = r->schedule;
    if (!r->copy) return s->x;
    if (r->copy_of == sample) return r->copy;
    double sigma = s->antithetic && sample % 2 ? -s->sigma : s->sigma;
    attr_noisy_copy(r->copy, s->x, r->size, sigma, s->deviation, s->seed, s->antithetic ? sample / 2 : sample);
    r->copy_of = sample;
    return r->copy;
}

/* Gives the engine points first .. first + count - 1 of a clone. */
static void set_points(runner *r, uint64_t clone, size_t first, int count) {
    const attr_base *base = &r->schedule->base;
    for (int b = 0; b < count; ++b) {
        size_t k = first + (size_t)b;
        uint64_t sample = clone * r->schedule->samples + k / base->points;
        float *place = climbs(r) ? NULL : attr_engine_input_f32(r->engine, b);
        float *row = climbs(r) ? r->points + (size_t)b * r->size : r->points, *z = place ? place : row;
        float *m = r->multipliers ? r->multipliers + (size_t)b * r->size : NULL;
        r->weights[b] = base->point(base, input_of(r, sample), sample, k % base->points, z, m);
        if (!place) attr_engine_set_input_f32(r->engine, b, z);
    }
}

/* ---- Gradients */

/* The gradient of a sample of the batch: with a multiplier that in the input's space, else that in the schedule's. */
static void read_gradient(double *out, const runner *r, int b, size_t first, size_t n) {
    const float *deviation = r->multipliers ? NULL : r->schedule->deviation;
    attr_tensor_read_gradient(out, attr_engine_input(r->engine), b, first, n);
    if (deviation)
        for (size_t i = 0; i < n; ++i) out[i] *= deviation[first + i];
}

/* How far an ascent moves element i for what read_gradient() gave. */
static double ascent_rate(const runner *r, size_t i) {
    const float *deviation = r->schedule->deviation;
    double rate = r->schedule->base.ascent_rate;
    if (!deviation) return rate;
    return rate * deviation[i] * (r->multipliers ? deviation[i] : 1);
}

static void take_gradients(runner *r, size_t t, int count) {
    attr_target_differentiate(r->targets[t], r->engine, count);
}

/* sample <- sample + weight x multiplier x values, or the mean with them as number `weight`, or the maximum. */
static void join(double *sample, const attr_base *base, double *values, size_t n, double weight, const float *m) {
    if (base->join == ATTR_JOIN_SUM) {
        for (size_t i = 0; i < n; ++i) sample[i] += weight * (m ? m[i] : 1) * values[i];
        return;
    }
    if (base->join == ATTR_JOIN_MEAN) {
        for (size_t i = 0; i < n; ++i) sample[i] += ((m ? m[i] : 1) * values[i] - sample[i]) / weight;
        return;
    }
    for (size_t i = 0; i < n; ++i) {
        double value = base->magnitudes ? fabs(values[i]) : values[i];
        if (value > sample[i] || isnan(value)) sample[i] = value; /* what is not a number stays, to be found */
    }
}

/* The multiplier that a map has when all its points are joined. */
static const float *last_multiplier(const runner *r, int b) {
    const attr_base *base = &r->schedule->base;
    bool multiplied_at_last = base->has_multiplier && base->join == ATTR_JOIN_MAXIMUM && !r->maxima;
    return multiplied_at_last ? r->multipliers + (size_t)b * r->size : NULL;
}

/* What point b gives goes into the sample of target t, or its maxima; with `closing` the sample into the statistics,
 * while it is in the caches. */
static void join_point(runner *r, size_t t, int b, const attr_statistics_closing *closing) {
    const attr_base *base = &r->schedule->base;
    attr_statistics *s = &r->statistics[t];
    double *sample = r->maxima ? r->maxima[t] : s->sample;
    const float *m = r->multipliers ? r->multipliers + (size_t)b * r->size : NULL, *last = last_multiplier(r, b);
    bool begins = !r->maxima && !s->begun;
#pragma omp parallel for schedule(static)
    for (size_t first = 0; first < r->size; first += block) {
        double read[block], *values = r->ascents ? r->ascents + (size_t)b * r->size + first : read;
        size_t n = r->size - first < block ? r->size - first : block;
        if (!r->ascents) read_gradient(read, r, b, first, n);
        if (begins) attr_statistics_clear(s, first, n);
        join(sample + first, base, values, n, r->weights[b], m ? m + first : NULL);
        if (closing) attr_statistics_take(s, closing, last, first, n);
    }
    if (begins) s->begun = true;
}

/* The target has the error that was asked for; that of a variance is not known. Looked at after every eighth unit,
 * whatever the batch. */
static bool is_content(const runner *r, size_t t) {
    const attr_statistics *s = &r->statistics[t];
    if (r->schedule->reduction == ATTR_REDUCE_VARIANCE) return false;
    return r->schedule->tolerance > 0 && s->units >= 8 && s->units % 8 == 0 &&
           attr_statistics_error(s) <= r->schedule->tolerance;
}

/* A part of the sample is complete with point b, and with `closing` the sample. */
static void end_part(runner *r, size_t t, int b, const attr_statistics_closing *closing) {
    attr_statistics *s = &r->statistics[t];
    double parts = (double)r->schedule->base.parts, *maxima = r->maxima[t];
    const float *m = r->multipliers ? r->multipliers + (size_t)b * r->size : NULL;
    bool begins = !s->begun;
#pragma omp parallel for schedule(static)
    for (size_t first = 0; first < r->size; first += block) {
        size_t n = r->size - first < block ? r->size - first : block;
        if (begins) attr_statistics_clear(s, first, n);
        for (size_t i = first; i < first + n; ++i) {
            s->sample[i] += (m ? m[i] : 1) * maxima[i] / parts;
            maxima[i] = -INFINITY;
        }
        if (closing) attr_statistics_take(s, closing, NULL, first, n);
    }
    s->begun = true;
}

/* Point number k of a clone, slot b of the batch, is joined; with the last of a sample that goes into the statistics.
 */
static void end_point(runner *r, size_t t, size_t k, int b) {
    const attr_base *base = &r->schedule->base;
    if (r->ended[t]) return;
    r->gradients[t] += base->ascent_steps;
    if (base->points == 1 && !climbs(r)) r->values[t] += attr_target_value(r->targets[t], r->engine, b);
    attr_statistics *s = &r->statistics[t];
    attr_statistics_closing closing, *closes = NULL;
    if ((k + 1) % base->points == 0) {
        closing = attr_statistics_count(s);
        closes = &closing;
    }
    join_point(r, t, b, r->maxima ? NULL : closes);
    if (r->maxima && (k + 1) % (base->points / base->parts) == 0) end_part(r, t, b, closes);
    if (!closes) return;
    attr_statistics_close(s, closes);
    if (closing.ends && is_content(r, t)) r->ended[t] = true;
}

/* ---- Ascents */

/* Gathers step j of ascent b and goes on. Returns whether the point has moved. */
static bool climb(runner *r, int b, size_t j) {
    const attr_base *base = &r->schedule->base;
    float *y = r->points + (size_t)b * r->size;
    double *gathered = r->ascents + (size_t)b * r->size;
    bool ends = j == 0 || j == base->ascent_steps - 1;
    double weight = (ends ? 0.5 : 1) / (double)(base->ascent_steps - 1);
    int moved = 0;
#pragma omp parallel for schedule(static) reduction(| : moved)
    for (size_t first = 0; first < r->size; first += block) {
        double g[block];
        size_t n = r->size - first < block ? r->size - first : block;
        read_gradient(g, r, b, first, n);
        for (size_t i = 0; i < n; ++i) {
            double *so_far = &gathered[first + i];
            if (base->ascent == ATTR_ASCENT_MEAN)
                *so_far = (j == 0 ? 0 : *so_far) + weight * g[i];
            else if (j == 0 || g[i] > *so_far || isnan(g[i]))
                *so_far = g[i];
            float before = y[first + i];
            y[first + i] = before + (float)(ascent_rate(r, first + i) * g[i]);
            moved |= y[first + i] != before;
        }
    }
    return moved;
}

static attr_status report(runner *r, size_t gradients) {
    r->done += gradients;
    if (r->progress && r->progress(r->context, r->done < r->all ? r->done : r->all, r->all))
        return attr_fail(ATTR_INTERRUPTED, "interrupted");
    return ATTR_OK;
}

/* From `count` points upwards, all at once. Where nothing moves any more, all further gradients would be the same. */
static attr_status run_ascents(runner *r, size_t t, int count) {
    const attr_base *base = &r->schedule->base;
    for (size_t j = 0; j < base->ascent_steps; ++j) {
        bool moved = false;
        attr_target_forward(r->targets[t], r->engine, count);
        take_gradients(r, t, count);
        for (int b = 0; b < count; ++b) {
            moved |= climb(r, b, j);
            attr_engine_set_input_f32(r->engine, b, r->points + (size_t)b * r->size);
        }
        if (!moved && base->ascent == ATTR_ASCENT_MAXIMUM) return report(r, (base->ascent_steps - j) * (size_t)count);
        ATTR_TRY(report(r, (size_t)count));
    }
    return ATTR_OK;
}

/* ---- Batches, clones */

static attr_status run_ascending_batch(runner *r, uint64_t clone, size_t first, int count) {
    for (size_t t = 0; t < r->target_count; ++t) {
        if (r->ended[t]) continue;
        set_points(r, clone, first, count);
        ATTR_TRY(run_ascents(r, t, count));
        for (int b = 0; b < count; ++b) end_point(r, t, first + (size_t)b, b);
    }
    return ATTR_OK;
}

/* One batch of points: a forward, then a backward for each target. */
static attr_status run_batch(runner *r, uint64_t clone, size_t first, int count) {
    if (climbs(r)) return run_ascending_batch(r, clone, first, count);
    set_points(r, clone, first, count);
    if (!r->forward_done) attr_targets_forward(r->targets, r->target_count, r->engine, count);
    r->forward_done = false;
    for (size_t t = 0; t < r->target_count; ++t) {
        if (r->ended[t]) continue;
        take_gradients(r, t, count);
        for (int b = 0; b < count; ++b) end_point(r, t, first + (size_t)b, b);
    }
    return report(r, (size_t)count);
}

static bool all_ended(const runner *r) {
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
static void add_gain(runner *r, uint64_t sample) {
    const attr_base *base = &r->schedule->base;
    const float *x = input_of(r, sample);
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
static attr_status run_clone(runner *r, uint64_t clone) {
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

static attr_status run_clones(runner *r) {
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

static attr_status allocate_maxima(runner *r) {
    ATTR_TRY(attr_allocate(&r->maxima, r->target_count, sizeof *r->maxima, "maxima"));
    for (size_t t = 0; t < r->target_count; ++t) {
        ATTR_TRY(attr_allocate(&r->maxima[t], r->size, sizeof(double), "maxima"));
        for (size_t i = 0; i < r->size; ++i) r->maxima[t][i] = -INFINITY;
    }
    return ATTR_OK;
}

static attr_status allocate(runner *r, const attr_map *maps) {
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
    ATTR_TRY(attr_allocate(&r->points, climbs(r) ? r->batch * r->size : r->size, sizeof(float), "points"));
    ATTR_TRY(attr_allocate(&r->weights, r->batch, sizeof *r->weights, "weights"));
    if (s->base.has_multiplier)
        ATTR_TRY(attr_allocate(&r->multipliers, r->batch * r->size, sizeof(float), "multipliers"));
    if (climbs(r)) ATTR_TRY(attr_allocate(&r->ascents, r->batch * r->size, sizeof(double), "ascents"));
    if (s->sigma != 0) ATTR_TRY(attr_allocate(&r->copy, r->size, sizeof(float), "a noisy copy"));
    return ATTR_OK;
}

static void release(runner *r) {
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

static attr_status finish(attr_map *map, const runner *r, size_t t) {
    double tolerance = r->schedule->tolerance;
    map->gradients = r->gradients[t];
    ATTR_TRY(attr_statistics_finish(map, &r->statistics[t]));
    double samples = (double)r->statistics[t].samples;
    if (r->schedule->base.points == 1 && !climbs(r) && samples > 1) map->mean_target = r->values[t] / samples;
    if (is_complete(r->schedule)) map->expected_sum = r->gains[t] / samples;
    if (tolerance > 0) map->converged = map->relative_error <= tolerance;
    return ATTR_OK;
}

attr_status attr_schedule_run(attr_map *maps, attr_engine *e, attr_target *const *targets, size_t target_count,
                              const attr_schedule *schedule, attr_progress progress, void *context) {
    size_t clones = schedule->clones ? schedule->clones : 1, steps = schedule->base.ascent_steps;
    size_t points = clones * schedule->samples * schedule->base.points;
    runner r = {.engine = e,
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
