/* Integrated Gradients: (x - x') (.) integral over a in [0, 1] of df/dx(x' + a (x - x')) da, averaged over baselines.
 * Sundararajan, Taly, Yan, ICML 2017, equation 1; completeness (the map sums to f(x) - f(x')) is its proposition 1. */
#include "methods/method.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"

enum { first_steps = 16 };

/* Mean of f(x') over the baselines, for each target. */
static attr_status baseline_targets(attr_map *maps, const attr_path *p) {
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

/* Runs the rule with `steps` nodes for `count` targets. */
static attr_status integrate(attr_map *maps, attr_target *const *targets, size_t count, attr_path *p, size_t steps) {
    const attr_job *job = p->job;
    const attr_method_settings *settings = job->settings;
    attr_schedule schedule = {.x = job->x, .deviation = settings->deviation, .samples = p->count};
    ATTR_TRY(attr_path_set_steps(p, steps, settings->rule));
    attr_base_of_path(&schedule.base, p);
    ATTR_TRY(attr_schedule_run(maps, job->engine, targets, count, &schedule, job->progress, job->context));
    for (size_t t = 0; t < count; ++t) {
        maps[t].steps = steps;
        if (settings->unscaled) continue;
        maps[t].expected_sum = maps[t].target - maps[t].baseline_target;
        attr_map_judge(&maps[t], settings->tolerance);
    }
    return ATTR_OK;
}

/* Doubles the steps until the gap is within the tolerance. Each target stops on its own, so that its map does not
 * depend on what else is explained. */
static attr_status refine(attr_map *maps, attr_path *p, size_t max_steps) {
    size_t pending = p->job->target_count, gradients = 0;
    attr_map *open_maps = NULL;
    attr_target **open_targets = NULL;
    size_t *index = NULL;
    attr_status status = attr_allocate(&open_maps, pending, sizeof *open_maps, "maps");
    if (status == ATTR_OK) status = attr_allocate(&open_targets, pending, sizeof *open_targets, "targets");
    if (status == ATTR_OK) status = attr_allocate(&index, pending, sizeof *index, "targets");
    for (size_t t = 0; status == ATTR_OK && t < pending; ++t) index[t] = t;
    for (size_t steps = first_steps; status == ATTR_OK && pending > 0; steps *= 2) {
        if (steps > max_steps) steps = max_steps;
        for (size_t i = 0; i < pending; ++i) {
            open_maps[i] = maps[index[i]];
            open_targets[i] = p->job->targets[index[i]];
        }
        status = integrate(open_maps, open_targets, pending, p, steps);
        gradients += p->count * steps;
        size_t left = 0;
        for (size_t i = 0; status == ATTR_OK && i < pending; ++i) {
            maps[index[i]] = open_maps[i];
            maps[index[i]].gradients = gradients;
            if (!open_maps[i].converged && steps < max_steps) index[left++] = index[i];
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
    bool doubled = settings->steps == 0 && !settings->unscaled;
    size_t steps = doubled ? settings->max_steps : attr_path_steps(settings, ATTR_METHOD_INTEGRATED_GRADIENTS);
    attr_path p;
    attr_status status = attr_path_make(&p, job, steps);
    p.baseline_is_sample = true;
    if (status == ATTR_OK && !settings->unscaled) status = baseline_targets(maps, &p);
    if (status == ATTR_OK)
        status = doubled ? refine(maps, &p, steps) : integrate(maps, job->targets, job->target_count, &p, steps);
    attr_path_free(&p);
    return status;
}
