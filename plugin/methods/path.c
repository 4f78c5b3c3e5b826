/* Points on straight paths from baselines to the input: integrated_gradients, ig_max, ggig. */
#include "methods/method.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static attr_status find_bars(attr_path *path) {
    const attr_region *r = &path->job->settings->baseline.region;
    if (r->w == r->width && r->h == r->height) return ATTR_OK;
    ATTR_TRY(attr_allocate(&path->is_bar, (size_t)r->channels * r->height * r->width, sizeof *path->is_bar, "bars"));
    for (int line = 0; line < r->channels * r->height; ++line)
        for (int x = 0; x < r->width; ++x) {
            int y = line % r->height;
            path->is_bar[(size_t)line * r->width + x] =
                x < r->x0 || x >= r->x0 + r->w || y < r->y0 || y >= r->y0 + r->h;
        }
    return ATTR_OK;
}

attr_status attr_path_make(attr_path *out, const attr_job *job, size_t most) {
    const attr_baseline_settings *baseline = &job->settings->baseline;
    size_t size = attr_engine_inputs(job->engine);
    *out = (attr_path){.job = job, .count = baseline->kind == ATTR_BASELINE_NOISE ? baseline->count : 1};
    ATTR_TRY(attr_allocate(&out->baselines, out->count * size, sizeof(float), "baselines"));
    ATTR_TRY(attr_allocate(&out->nodes, most, sizeof(double), "a quadrature rule"));
    ATTR_TRY(attr_allocate(&out->weights, most, sizeof(double), "a quadrature rule"));
    for (size_t k = 0; k < out->count; ++k)
        ATTR_TRY(attr_baseline_make(out->baselines + k * size, job->x, baseline, job->settings->seed, k));
    return find_bars(out);
}

attr_status attr_path_set_steps(attr_path *path, size_t steps, attr_rule rule) {
    path->steps = steps;
    return attr_quadrature(path->nodes, path->weights, steps, rule);
}

void attr_path_free(attr_path *path) {
    free(path->baselines);
    free(path->is_bar);
    free(path->nodes);
    free(path->weights);
}

size_t attr_path_steps(const attr_method_settings *settings, attr_method base) {
    if (settings->steps) return settings->steps;
    return base == ATTR_METHOD_INTEGRATED_GRADIENTS ? 50 : 51;
}

/* Where the path of element i to x begins. The bars beside the picture are no part of it: the noise that a copy of the
 * input has there is not to be credited for a score. */
static float start_of(const attr_path *path, const float *baseline, const float *x, size_t i) {
    return path->is_bar && path->is_bar[i] ? x[i] : baseline[i];
}

static double path_point(const attr_base *base, const float *x, uint64_t sample, size_t p, float *z, float *m) {
    const attr_path *path = base->data;
    size_t size = attr_engine_inputs(path->job->engine), step = p % path->steps;
    size_t number = path->baseline_is_sample ? (size_t)sample : p / path->steps;
    const float *baseline = path->baselines + number * size;
    float a = (float)path->nodes[step];
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < size; ++i) {
        float start = start_of(path, baseline, x, i), way = x[i] - start;
        z[i] = start + a * way;
        if (m) m[i] = way;
    }
    return path->weights[step] / (path->baseline_is_sample ? 1 : (double)path->count);
}

/* f(x) - mean of f(x'). */
static double path_end(const attr_base *base, const float *x, size_t end, float *z) {
    const attr_path *path = base->data;
    size_t size = attr_engine_inputs(path->job->engine);
    if (end == 0) {
        memcpy(z, x, size * sizeof *z);
        return 1;
    }
    for (size_t i = 0; i < size; ++i) z[i] = start_of(path, path->baselines + (end - 1) * size, x, i);
    return -1 / (double)path->count;
}

void attr_base_of_path(attr_base *out, const attr_path *path) {
    *out = (attr_base){.points = path->steps * (path->baseline_is_sample ? 1 : path->count),
                       .has_multiplier = !path->job->settings->unscaled,
                       .parts = path->baseline_is_sample ? 1 : path->count,
                       .ascent_steps = 1,
                       .point = path_point,
                       .ends = path->baseline_is_sample || path->job->settings->unscaled ? 0 : 1 + path->count,
                       .end = path_end,
                       .data = path};
}
