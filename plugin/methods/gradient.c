/* gradient: df/dx.  gradient_x_input: x (.) df/dx. */
#include "methods/method.h"

#include <string.h>

static double only_point(const attr_schedule *schedule, size_t k, float *z, float *m) {
    const attr_job *job = schedule->method;
    size_t bytes = attr_engine_inputs(job->engine) * sizeof *z;
    (void)k;
    memcpy(z, job->x, bytes);
    if (m) memcpy(m, job->x, bytes);
    return 1;
}

static attr_status run(attr_map *maps, const attr_job *job, int times_input) {
    attr_schedule schedule = {.points = 1,
                              .has_multiplier = times_input,
                              .reduction = ATTR_REDUCE_SUM,
                              .points_per_sample = 1,
                              .point = only_point,
                              .method = job,
                              .forward_done = job->forward_done};
    return attr_schedule_run(maps, job->engine, job->targets, job->target_count, &schedule, job->progress,
                             job->context);
}

attr_status attr_gradient(attr_map *maps, const attr_job *job) {
    return run(maps, job, 0);
}

attr_status attr_gradient_x_input(attr_map *maps, const attr_job *job) {
    return run(maps, job, 1);
}
