/* What comes out of the engine: gradients are joined to samples, samples go into the statistics. */
#include <math.h>

#include "methods/schedule_runner.h"

void attr_runner_gradient(double *out, const attr_runner *r, int b, size_t first, size_t n) {
    const float *deviation = r->multipliers ? NULL : r->schedule->deviation;
    attr_tensor_read_gradient(out, attr_engine_input(r->engine), b, first, n);
    if (deviation)
        for (size_t i = 0; i < n; ++i) out[i] *= deviation[first + i];
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
static const float *last_multiplier(const attr_runner *r, int b) {
    const attr_base *base = &r->schedule->base;
    bool multiplied_at_last = base->has_multiplier && base->join == ATTR_JOIN_MAXIMUM && !r->maxima;
    return multiplied_at_last ? r->multipliers + (size_t)b * r->size : NULL;
}

/* What point b gives goes into the sample of target t, or its maxima; with `closing` the sample into the statistics,
 * while it is in the caches. */
static void join_point(attr_runner *r, size_t t, int b, const attr_statistics_closing *closing) {
    const attr_base *base = &r->schedule->base;
    attr_statistics *s = &r->statistics[t];
    double *sample = r->maxima ? r->maxima[t] : s->sample;
    const float *m = r->multipliers ? r->multipliers + (size_t)b * r->size : NULL, *last = last_multiplier(r, b);
    bool begins = !r->maxima && !s->begun;
#pragma omp parallel for schedule(static)
    for (size_t first = 0; first < r->size; first += attr_runner_block) {
        double read[attr_runner_block], *values = r->ascents ? r->ascents + (size_t)b * r->size + first : read;
        size_t n = r->size - first < attr_runner_block ? r->size - first : attr_runner_block;
        if (!r->ascents) attr_runner_gradient(read, r, b, first, n);
        if (begins) attr_statistics_clear(s, first, n);
        join(sample + first, base, values, n, r->weights[b], m ? m + first : NULL);
        if (closing) attr_statistics_take(s, closing, last, first, n);
    }
    if (begins) s->begun = true;
}

/* The target has the error that was asked for; that of a variance is not known. Looked at after every eighth unit,
 * whatever the batch. */
static bool is_content(const attr_runner *r, size_t t) {
    const attr_statistics *s = &r->statistics[t];
    if (r->schedule->reduction == ATTR_REDUCE_VARIANCE) return false;
    return r->schedule->tolerance > 0 && s->units >= 8 && s->units % 8 == 0 &&
           attr_statistics_error(s, r->schedule->error_side) <= r->schedule->tolerance;
}

/* A part of the sample is complete with point b, and with `closing` the sample. */
static void end_part(attr_runner *r, size_t t, int b, const attr_statistics_closing *closing) {
    attr_statistics *s = &r->statistics[t];
    double parts = (double)r->schedule->base.parts, *maxima = r->maxima[t];
    const float *m = r->multipliers ? r->multipliers + (size_t)b * r->size : NULL;
    bool begins = !s->begun;
#pragma omp parallel for schedule(static)
    for (size_t first = 0; first < r->size; first += attr_runner_block) {
        size_t n = r->size - first < attr_runner_block ? r->size - first : attr_runner_block;
        if (begins) attr_statistics_clear(s, first, n);
        for (size_t i = first; i < first + n; ++i) {
            s->sample[i] += (m ? m[i] : 1) * maxima[i] / parts;
            maxima[i] = -INFINITY;
        }
        if (closing) attr_statistics_take(s, closing, NULL, first, n);
    }
    s->begun = true;
}

void attr_runner_end_point(attr_runner *r, size_t t, size_t k, int b) {
    const attr_base *base = &r->schedule->base;
    if (r->ended[t]) return;
    r->gradients[t] += base->ascent_steps;
    if (base->points == 1 && !attr_runner_climbs(r)) r->values[t] += attr_target_value(r->targets[t], r->engine, b);
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
