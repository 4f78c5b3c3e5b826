/* Integrated Gradients: (x - x') (.) integral over a in [0, 1] of df/dx(x' + a (x - x')) da, averaged over baselines.
 * Sundararajan, Taly, Yan, ICML 2017, equation 1; completeness (the map sums to f(x) - f(x')) is its proposition 1. */
#include "methods/method.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"

enum { first_steps = 16 };

typedef struct {
    const attr_job *job;
    float *baselines; /* [count][size] */
    size_t count, steps;
    double *nodes, *weights; /* [steps] */
} path;

static double path_point(const attr_schedule *schedule, size_t k, float *z, float *m) {
    const path *p = schedule->method;
    size_t size = attr_engine_inputs(p->job->engine), step = k % p->steps;
    const float *x = p->job->x, *baseline = p->baselines + k / p->steps * size;
    float a = (float)p->nodes[step];
    for (size_t i = 0; i < size; ++i) {
        m[i] = x[i] - baseline[i];
        z[i] = baseline[i] + a * m[i];
    }
    return p->weights[step] / (double)p->count;
}

/* Mean of f(x') over the baselines, for each target. */
static attr_status baseline_targets(attr_map *maps, const path *p) {
    const attr_job *job = p->job;
    size_t size = attr_engine_inputs(job->engine);
    double *values = NULL;
    ATTR_TRY(attr_allocate(&values, job->target_count, sizeof *values, "target values"));
    attr_status status = ATTR_OK;
    for (size_t t = 0; t < job->target_count; ++t) maps[t].baseline_target = 0;
    for (size_t k = 0; k < p->count && status == ATTR_OK; ++k) {
        status = attr_target_values(values, job->engine, job->targets, job->target_count, p->baselines + k * size);
        for (size_t t = 0; t < job->target_count; ++t) maps[t].baseline_target += values[t] / (double)p->count;
    }
    free(values);
    return status;
}

static void judge_completeness(attr_map *map, size_t steps, double tolerance) {
    double sum = 0, expected = map->target - map->baseline_target;
    for (size_t i = 0; i < map->size; ++i) sum += map->values[i];
    map->completeness_gap = fabs(sum - expected);
    map->converged = map->completeness_gap <= tolerance * fabs(expected);
    map->steps = steps;
}

/* Runs the rule with p->steps nodes for `count` targets. */
static attr_status integrate(attr_map *maps, attr_target *const *targets, size_t count, path *p) {
    const attr_job *job = p->job;
    attr_schedule schedule = {.points = p->count * p->steps,
                              .has_multiplier = 1,
                              .reduction = ATTR_REDUCE_SUM,
                              .points_per_sample = 1,
                              .point = path_point,
                              .method = p};
    ATTR_TRY(attr_quadrature(p->nodes, p->weights, p->steps, job->settings->rule));
    ATTR_TRY(attr_schedule_run(maps, job->engine, targets, count, &schedule, job->progress, job->context));
    for (size_t t = 0; t < count; ++t) judge_completeness(&maps[t], p->steps, job->settings->tolerance);
    return ATTR_OK;
}

/* Doubles the steps until the gap is within the tolerance. Each target stops on its own, so that its map does not
 * depend on what else is explained. */
static attr_status refine(attr_map *maps, path *p, size_t max_steps) {
    size_t pending = p->job->target_count, gradients = 0;
    attr_map *open_maps = NULL;
    attr_target **open_targets = NULL;
    size_t *index = NULL;
    attr_status status = attr_allocate(&open_maps, pending, sizeof *open_maps, "maps");
    if (status == ATTR_OK) status = attr_allocate(&open_targets, pending, sizeof *open_targets, "targets");
    if (status == ATTR_OK) status = attr_allocate(&index, pending, sizeof *index, "targets");
    for (size_t t = 0; status == ATTR_OK && t < pending; ++t) index[t] = t;
    for (p->steps = first_steps; status == ATTR_OK && pending > 0; p->steps *= 2) {
        if (p->steps > max_steps) p->steps = max_steps;
        for (size_t i = 0; i < pending; ++i) {
            open_maps[i] = maps[index[i]];
            open_targets[i] = p->job->targets[index[i]];
        }
        status = integrate(open_maps, open_targets, pending, p);
        gradients += p->count * p->steps;
        size_t left = 0;
        for (size_t i = 0; status == ATTR_OK && i < pending; ++i) {
            maps[index[i]] = open_maps[i];
            maps[index[i]].gradients = gradients;
            if (!open_maps[i].converged && p->steps < max_steps) index[left++] = index[i];
        }
        pending = left;
    }
    free(open_maps);
    free(open_targets);
    free(index);
    return status;
}

attr_status attr_integrated_gradients(attr_map *maps, const attr_job *job) {
    const attr_method_settings *settings = job->settings;
    size_t size = attr_engine_inputs(job->engine), most = settings->steps ? settings->steps : settings->max_steps;
    path p = {.job = job,
              .count = settings->baseline.kind == ATTR_BASELINE_NOISE ? settings->baseline.count : 1,
              .steps = settings->steps};
    attr_status status = attr_allocate(&p.baselines, p.count * size, sizeof(float), "baselines");
    if (status == ATTR_OK) status = attr_allocate(&p.nodes, most, sizeof(double), "a quadrature rule");
    if (status == ATTR_OK) status = attr_allocate(&p.weights, most, sizeof(double), "a quadrature rule");
    for (size_t k = 0; status == ATTR_OK && k < p.count; ++k)
        status = attr_baseline_make(p.baselines + k * size, job->x, &settings->baseline, settings->seed, k);
    if (status == ATTR_OK) status = baseline_targets(maps, &p);
    if (status == ATTR_OK)
        status = settings->steps ? integrate(maps, job->targets, job->target_count, &p) : refine(maps, &p, most);
    free(p.baselines);
    free(p.nodes);
    free(p.weights);
    return status;
}
