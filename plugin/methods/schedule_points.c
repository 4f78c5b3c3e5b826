/* What goes into the engine: the points of samples, and how they climb along their gradients (GGIG, GDA). */
#include <math.h>

#include "methods/schedule_runner.h"

void attr_add_noise(float *out, const float *x, size_t size, double sigma, const float *deviation,
                    const attr_random *random) {
    float s = (float)sigma;
#pragma omp parallel for schedule(static)
    for (size_t first = 0; first < size; first += attr_runner_block) {
        size_t end = size - first < attr_runner_block ? size : first + attr_runner_block;
        attr_random_normal(out + first, random, first, end - first);
        for (size_t i = first; i < end; ++i) out[i] = x[i] + (deviation ? s * deviation[i] : s) * out[i];
    }
}

void attr_noisy_copy(float *out, const float *x, size_t size, double sigma, const float *deviation, uint64_t seed,
                     uint64_t copy) {
    attr_random noise = {seed, ATTR_STREAM_INPUT_NOISE, 0, copy};
    attr_add_noise(out, x, size, sigma, deviation, &noise);
}

const float *attr_runner_input(attr_runner *r, uint64_t sample) {
    const attr_schedule *s = r->schedule;
    if (!r->copy) return s->x;
    if (r->copy_of == sample) return r->copy;
    double sigma = s->antithetic && sample % 2 ? -s->sigma : s->sigma;
    attr_noisy_copy(r->copy, s->x, r->size, sigma, s->deviation, s->seed, s->antithetic ? sample / 2 : sample);
    r->copy_of = sample;
    return r->copy;
}

void attr_runner_set_points(attr_runner *r, uint64_t clone, size_t first, int count) {
    const attr_base *base = &r->schedule->base;
    for (int b = 0; b < count; ++b) {
        size_t k = first + (size_t)b;
        uint64_t sample = clone * r->schedule->samples + k / base->points;
        float *place = attr_runner_climbs(r) ? NULL : attr_engine_input_f32(r->engine, b);
        float *row = attr_runner_climbs(r) ? r->points + (size_t)b * r->size : r->points, *z = place ? place : row;
        float *m = r->multipliers ? r->multipliers + (size_t)b * r->size : NULL;
        r->weights[b] = base->point(base, attr_runner_input(r, sample), sample, k % base->points, z, m);
        if (!place) attr_engine_set_input_f32(r->engine, b, z);
    }
}

/* ---- Ascents */

/* How far an ascent moves element i for what attr_runner_gradient() gave. */
static double ascent_rate(const attr_runner *r, size_t i) {
    const float *deviation = r->schedule->deviation;
    double rate = r->schedule->base.ascent_rate;
    if (!deviation) return rate;
    return rate * deviation[i] * (r->multipliers ? deviation[i] : 1);
}

/* Gathers step j of ascent b and goes on. Returns whether the point has moved. */
static bool climb(attr_runner *r, int b, size_t j) {
    const attr_base *base = &r->schedule->base;
    float *y = r->points + (size_t)b * r->size;
    double *gathered = r->ascents + (size_t)b * r->size;
    bool ends = j == 0 || j == base->ascent_steps - 1;
    double weight = (ends ? 0.5 : 1) / (double)(base->ascent_steps - 1);
    int moved = 0;
#pragma omp parallel for schedule(static) reduction(| : moved)
    for (size_t first = 0; first < r->size; first += attr_runner_block) {
        double g[attr_runner_block];
        size_t n = r->size - first < attr_runner_block ? r->size - first : attr_runner_block;
        attr_runner_gradient(g, r, b, first, n);
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

/* From `count` points upwards, all at once. Where nothing moves any more, all further gradients would be the same. */
attr_status attr_runner_ascend(attr_runner *r, size_t t, int count) {
    const attr_base *base = &r->schedule->base;
    for (size_t j = 0; j < base->ascent_steps; ++j) {
        bool moved = false;
        attr_target_forward(r->targets[t], r->engine, count);
        attr_target_differentiate(r->targets[t], r->engine, count);
        for (int b = 0; b < count; ++b) {
            moved |= climb(r, b, j);
            attr_engine_set_input_f32(r->engine, b, r->points + (size_t)b * r->size);
        }
        if (!moved && base->ascent == ATTR_ASCENT_MAXIMUM)
            return attr_runner_report(r, (base->ascent_steps - j) * (size_t)count);
        ATTR_TRY(attr_runner_report(r, (size_t)count));
    }
    return ATTR_OK;
}
