/* The methods that are a schedule of a base map: the base maps alone, their means over noisy inputs (SmoothGrad, its
 * square, VarGrad, smoothed Integrated Gradients: Ye and Farnia, 2025), over noisy networks (NoiseGrad), and over both
 * (FusionGrad: Bykov, Hedstroem, Nakajima, Hoehne, AAAI 2022, equations 3 and 4). */
#include "methods/method.h"

#include <math.h>

static attr_reduction reduction_of(const attr_method_settings *settings) {
    if (settings->method == ATTR_METHOD_SMOOTHGRAD_SQUARED) return ATTR_REDUCE_SQUARE;
    return settings->method == ATTR_METHOD_VARGRAD ? ATTR_REDUCE_VARIANCE : settings->reduction;
}

/* ---- Base maps */

static attr_status make_path(attr_path *path, const attr_job *job, attr_method method) {
    size_t steps = attr_path_steps(job->settings, method);
    ATTR_TRY(attr_path_make(path, job, steps));
    bool is_mean = method == ATTR_METHOD_INTEGRATED_GRADIENTS;
    return attr_path_set_steps(path, steps, is_mean ? job->settings->rule : ATTR_RULE_TRAPEZOID);
}

/* ig_max, ggig, gda: maxima instead of means, ascents from the points. */
static void make_geometric(attr_base *base, const attr_method_settings *settings, attr_method method) {
    bool is_mean = settings->maximum == ATTR_MAXIMUM_TRAPEZOID;
    base->join = is_mean ? ATTR_JOIN_SUM : ATTR_JOIN_MAXIMUM;
    base->magnitudes = settings->maximum == ATTR_MAXIMUM_MAGNITUDE;
    if (method == ATTR_METHOD_IG_MAX) return;
    base->ascent_steps = settings->ascent_steps;
    base->ascent_rate = settings->ascent_rate;
    base->ascent = is_mean && method == ATTR_METHOD_GDA ? ATTR_ASCENT_MEAN : ATTR_ASCENT_MAXIMUM;
}

/* *path is used, and then to be freed, if the base is one of a path. */
static attr_status make_base(attr_base *base, attr_path *path, const attr_job *job) {
    const attr_method_settings *settings = job->settings;
    attr_method method = attr_method_base(settings);
    switch (method) {
    case ATTR_METHOD_INTEGRATED_GRADIENTS:
    case ATTR_METHOD_IG_MAX:
    case ATTR_METHOD_GGIG:
        ATTR_TRY(make_path(path, job, method));
        attr_base_of_path(base, path);
        break;
    case ATTR_METHOD_SMOOTHTAYLOR:
        attr_base_of_roots(base, job, settings->method == ATTR_METHOD_SMOOTHTAYLOR);
        break;
    default:
        attr_base_of_gradient(base, job, method == ATTR_METHOD_GRADIENT_X_INPUT);
    }
    if (method == ATTR_METHOD_IG_MAX || method == ATTR_METHOD_GGIG || method == ATTR_METHOD_GDA)
        make_geometric(base, settings, method);
    return ATTR_OK;
}

/* ---- What is wrapped around them */

static void add_noise(attr_schedule *s, const attr_method_settings *settings) {
    if (settings->method == ATTR_METHOD_SMOOTHTAYLOR) s->samples = settings->roots;
    if (attr_method_has_copies(settings->method)) {
        s->samples = settings->samples;
        s->sigma = settings->sigma;
        s->antithetic = settings->antithetic;
    }
    if (attr_method_has_clones(settings->method)) {
        s->clones = settings->clones;
        s->weight_noise = settings->weight_noise;
        s->weight_noise.seed = settings->seed;
    }
    s->reduction = reduction_of(settings);
    s->magnitudes = settings->magnitudes;
    s->tolerance = settings->error_tolerance;
    s->error_side = settings->error_side;
}

static attr_status check(const attr_schedule *s) {
    size_t samples = s->samples * (s->clones ? s->clones : 1);
    if (s->antithetic && s->samples % 2)
        return attr_fail(ATTR_BAD_INPUT, "samples=%zu is odd (antithetic=1 needs pairs)", s->samples);
    if (s->reduction == ATTR_REDUCE_VARIANCE && samples < (s->antithetic ? 4 : 2))
        return attr_fail(ATTR_BAD_INPUT, "samples=%zu is too few for a variance", samples);
    return ATTR_OK;
}

attr_status attr_scheduled(attr_map *maps, const attr_job *job) {
    const attr_method_settings *settings = job->settings;
    attr_path path = {0};
    attr_schedule schedule = {.x = job->x, .deviation = settings->deviation, .seed = settings->seed, .samples = 1};
    attr_status status = make_base(&schedule.base, &path, job);
    if (attr_method_takes_base(settings->method) || settings->method == ATTR_METHOD_SMOOTHTAYLOR)
        add_noise(&schedule, settings);
    schedule.forward_done = job->forward_done && attr_method_is_at_input(settings->method);
    if (status == ATTR_OK) status = check(&schedule);
    if (status == ATTR_OK)
        status = attr_schedule_run(maps, job->engine, job->targets, job->target_count, &schedule, job->progress,
                                   job->context);
    for (size_t t = 0; t < job->target_count; ++t) {
        maps[t].steps = path.steps;
        if (status == ATTR_OK && !isnan(maps[t].expected_sum)) attr_map_judge(&maps[t], settings->tolerance);
    }
    attr_path_free(&path);
    return status;
}
