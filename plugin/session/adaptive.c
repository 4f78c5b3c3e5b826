#include "session/adaptive.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "metrics/perturbation_curve.h"
#include "metrics/total_variation.h"

/* The objective's context. */
typedef struct {
    const attr_job *job;
    const attr_adaptive_settings *settings;
    double *heatmap; /* [height][width] */
    size_t evaluation;
} adaptive;

/* ---- Progress: one count for the whole search */

static int tell(const adaptive *a, size_t maps, size_t gradients) {
    size_t roots = a->job->settings->roots, all = attr_noise_evaluations(&a->settings->search) * roots;
    return a->job->progress ? a->job->progress(a->job->context, maps * roots + gradients, all) : 0;
}

static int tell_map(void *context, size_t done, size_t all) {
    const adaptive *a = context;
    (void)all;
    return tell(a, a->evaluation, done);
}

/* Windows of a perturbation curve are no gradients. */
static int tell_curve(void *context, size_t done, size_t all) {
    const adaptive *a = context;
    (void)done;
    (void)all;
    return tell(a, a->evaluation + 1, 0);
}

/* ---- The objective */

static bool is_zero(const double *plane, const attr_shape_of_map *shape) {
    for (size_t i = 0; i < (size_t)shape->height * (size_t)shape->width; ++i)
        if (plane[i] != 0) return false;
    return true;
}

static attr_status measure_curve(double *area, adaptive *a, uint64_t seed) {
    const attr_job *job = a->job;
    attr_curve_settings settings = attr_curve_settings_of(&job->settings->baseline.region, seed);
    attr_perturbation_curve curve;
    attr_status status = attr_perturbation_curve_make(&curve, job->engine, job->targets[0], job->x, a->heatmap,
                                                      &settings, tell_curve, a);
    *area = curve.area;
    attr_perturbation_curve_free(&curve);
    return status;
}

static attr_status measure_scales(double *area, const adaptive *a, const attr_map *map) {
    int height = map->shape.height, width = map->shape.width;
    attr_scale_settings settings = {.smallest_side = attr_smallest_scale(height < width ? height : width)};
    attr_scales scales;
    attr_status status = attr_total_variation_curve(&scales, a->heatmap, height, width, &settings);
    *area = scales.area;
    return status;
}

static attr_status measure(double *out, adaptive *a, const attr_map *map, uint64_t seed) {
    *out = INFINITY;
    attr_map_reduce(a->heatmap, map->values, &map->shape, -1, ATTR_CHANNELS_SUM);
    if (is_zero(a->heatmap, &map->shape)) return ATTR_OK;
    if (a->settings->objective == ATTR_ADAPTIVE_AUPC) return measure_curve(out, a, seed);
    return measure_scales(out, a, map);
}

static attr_status objective(void *context, double sigma, uint64_t evaluation, double *out) {
    adaptive *a = context;
    attr_method_settings settings = *a->job->settings;
    attr_job job = *a->job;
    attr_map map;
    settings.root_sigma = sigma;
    if (a->settings->redraw) settings.seed += evaluation * UINT64_C(0x9e3779b97f4a7c15);
    job.settings = &settings;
    job.progress = tell_map;
    job.context = a;
    job.forward_done = false;
    a->evaluation = (size_t)evaluation;
    attr_status status = attr_method_run(&map, &job);
    if (status == ATTR_OK) status = measure(out, a, &map, settings.seed);
    attr_map_free(&map);
    return status;
}

/* ---- The search */

/* The mean of |x|, as it is or in the normalised space. */
static double mean_magnitude(const attr_job *job) {
    const attr_method_settings *s = job->settings;
    size_t size = attr_engine_inputs(job->engine);
    double sum = 0;
    for (size_t i = 0; i < size; ++i) sum += fabs(s->origin ? (job->x[i] - s->origin[i]) / s->deviation[i] : job->x[i]);
    return sum / (double)size;
}

attr_status attr_adaptive_search(attr_noise_search *out, const attr_job *job, const attr_adaptive_settings *settings) {
    const attr_tensor *input = attr_engine_input(job->engine);
    adaptive a = {.job = job, .settings = settings};
    ATTR_TRY(attr_allocate(&a.heatmap, (size_t)input->h * (size_t)input->w, sizeof *a.heatmap, "a heat map"));
    attr_status status = attr_noise_search_run(out, NULL, mean_magnitude(job), &settings->search, objective, &a);
    free(a.heatmap);
    return status;
}
