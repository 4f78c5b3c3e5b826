/* SmoothGrad: mean over samples of df/dx(x + sigma n), n ~ N(0, I); also the mean of squares and the variance.
 * Smilkov, Thorat, Kim, Viegas, Wattenberg: SmoothGrad: removing noise by adding noise, 2017. With antithetic pairs,
 * samples 2 j and 2 j + 1 use the noise +n_j and -n_j, and a pair counts as one sample of the statistics. */
#include "methods/method.h"

#include "base/random.h"

static double noisy_point(const attr_schedule *schedule, size_t k, float *z, float *m) {
    const attr_job *job = schedule->method;
    const attr_method_settings *settings = job->settings;
    size_t size = attr_engine_inputs(job->engine);
    (void)m;
    attr_random noise = {settings->seed, ATTR_STREAM_INPUT_NOISE, 0, settings->antithetic ? k / 2 : k};
    float sigma = (float)(settings->antithetic && k % 2 ? -settings->sigma : settings->sigma);
    attr_random_normal(z, &noise, 0, size);
    for (size_t i = 0; i < size; ++i) z[i] = job->x[i] + sigma * z[i];
    return 1;
}

attr_status attr_smoothgrad(attr_map *maps, const attr_job *job) {
    const attr_method_settings *settings = job->settings;
    if (settings->antithetic && settings->samples % 2)
        return attr_fail(ATTR_BAD_INPUT, "samples=%zu is odd (antithetic=1 needs pairs)", settings->samples);
    if (settings->reduction == ATTR_REDUCE_VARIANCE && settings->samples < (settings->antithetic ? 4 : 2))
        return attr_fail(ATTR_BAD_INPUT, "samples=%zu is too few for reduction=variance", settings->samples);
    attr_schedule schedule = {.points = settings->samples,
                              .reduction = settings->reduction,
                              .points_per_sample = settings->antithetic ? 2 : 1,
                              .point = noisy_point,
                              .method = job};
    return attr_schedule_run(maps, job->engine, job->targets, job->target_count, &schedule, job->progress,
                             job->context);
}
