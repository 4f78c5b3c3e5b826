#include "methods/method.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

const char *attr_method_name(attr_method method) {
#define ATTR_WORD_TEXT(name, word, help) word,
    static const char *const names[] = {ATTR_METHOD_WORDS(ATTR_WORD_TEXT)};
#undef ATTR_WORD_TEXT
    return names[method];
}

attr_method attr_method_base(const attr_method_settings *settings) {
    attr_method method = settings->method;
    if (method == ATTR_METHOD_SMOOTHED_IG) return ATTR_METHOD_INTEGRATED_GRADIENTS;
    if (method == ATTR_METHOD_GEG) return ATTR_METHOD_GRADIENT;
    return attr_method_takes_base(method) ? settings->base : method;
}

bool attr_method_has_baseline(const attr_method_settings *settings) {
    attr_method base = attr_method_base(settings);
    return base == ATTR_METHOD_INTEGRATED_GRADIENTS || base == ATTR_METHOD_IG_MAX || base == ATTR_METHOD_GGIG ||
           base == ATTR_METHOD_RELEX;
}

const char *attr_method_label(char label[ATTR_METHOD_LABEL], const attr_options *options) {
    attr_method method = (attr_method)options->method, base = (attr_method)options->base;
    bool is_usual = base == ATTR_METHOD_GRADIENT || method == ATTR_METHOD_SMOOTHED_IG;
    bool told = attr_method_takes_base(method) && !is_usual;
    snprintf(label, ATTR_METHOD_LABEL, "%s%s%s", attr_method_name(method), told ? ":" : "",
             told ? attr_method_name(base) : "");
    return label;
}

static size_t points_of_base(const attr_method_settings *settings) {
    attr_method base = attr_method_base(settings);
    if (base == ATTR_METHOD_SMOOTHTAYLOR) return settings->roots;
    if (base == ATTR_METHOD_RELEX) return attr_relex_copies(settings) * (settings->background > 0 ? 2 : 1);
    if (!attr_method_has_baseline(settings)) return 1;
    bool doubled = settings->method == ATTR_METHOD_INTEGRATED_GRADIENTS && settings->steps == 0;
    size_t steps = doubled ? settings->max_steps : attr_path_steps(settings, base);
    return steps * (settings->baseline.kind == ATTR_BASELINE_NOISE ? settings->baseline.count : 1);
}

size_t attr_method_points(const attr_method_settings *settings) {
    return points_of_base(settings) * (attr_method_has_copies(settings->method) ? settings->samples : 1);
}

/* Whether its maps are means over samples, which have an error. */
static bool has_samples(const attr_method_settings *settings) {
    switch (settings->method) {
    case ATTR_METHOD_SMOOTHTAYLOR:
    case ATTR_METHOD_NOISEGRAD:
    case ATTR_METHOD_FUSIONGRAD:
    case ATTR_METHOD_SMOOTHGRAD:
    case ATTR_METHOD_SMOOTHED_IG:
        return settings->reduction != ATTR_REDUCE_VARIANCE;
    case ATTR_METHOD_SMOOTHGRAD_SQUARED:
        return true;
    case ATTR_METHOD_INTEGRATED_GRADIENTS:
        return settings->baseline.kind == ATTR_BASELINE_NOISE && settings->baseline.count > 1;
    default:
        return false;
    }
}

bool attr_method_is_at_input(attr_method method) {
    return method == ATTR_METHOD_GRADIENT || method == ATTR_METHOD_GRADIENT_X_INPUT || attr_method_has_layers(method);
}

size_t attr_method_maps(const attr_method_settings *settings) {
    return attr_method_has_layers(settings->method) && settings->layer_count > 0 ? settings->layer_count : 1;
}

/* f(x) of each target; x NULL: it is sample 0 of the last forward. */
static attr_status evaluate(attr_map *maps, const attr_job *job, const float *x) {
    double *values = NULL;
    size_t each = attr_method_maps(job->settings);
    ATTR_TRY(attr_allocate(&values, job->target_count, sizeof *values, "target values"));
    attr_status status = attr_target_values(values, job->engine, job->targets, job->target_count, x);
    for (size_t i = 0; status == ATTR_OK && i < job->target_count * each; ++i) maps[i].target = values[i / each];
    free(values);
    return status;
}

static attr_status run(attr_map *maps, const attr_job *job) {
    switch (job->settings->method) {
    case ATTR_METHOD_INTEGRATED_GRADIENTS:
        return attr_integrated_gradients(maps, job);
    case ATTR_METHOD_GEG:
        return attr_geg(maps, job);
    case ATTR_METHOD_RELEX:
        return attr_relex(maps, job);
    case ATTR_METHOD_GRADCAM:
    case ATTR_METHOD_GRADCAM_PP:
    case ATTR_METHOD_LAYERCAM:
    case ATTR_METHOD_GRADIENT_X_ACTIVATION:
        return attr_layer_view(maps, job);
    default:
        return attr_scheduled(maps, job);
    }
}

attr_status attr_method_run(attr_map *maps, const attr_job *job) {
    const attr_tensor *input = attr_engine_input(job->engine);
    const attr_shape_of_map shape = {attr_method_has_layers(job->settings->method) ? 1 : input->c, input->h, input->w};
    size_t count = job->target_count * attr_method_maps(job->settings);
    bool at_input = attr_method_is_at_input(job->settings->method), with_samples = has_samples(job->settings);
    memset(maps, 0, count * sizeof *maps);
    for (size_t i = 0; i < count; ++i) ATTR_TRY(attr_map_allocate(&maps[i], &shape, with_samples));
    if (!at_input) ATTR_TRY(evaluate(maps, job, job->forward_done ? NULL : job->x));
    attr_status status = run(maps, job);
    /* A target that is not finite is the better thing to say than that its gradient is not. */
    if (at_input && (status == ATTR_OK || status == ATTR_NUMERIC)) ATTR_TRY(evaluate(maps, job, NULL));
    return status;
}
