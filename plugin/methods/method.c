#include "methods/method.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static const struct {
    attr_status (*run)(attr_map *maps, const attr_job *job);
    int has_samples; /* its mean has a standard error */
} methods[] = {
    [ATTR_METHOD_GRADIENT] = {attr_gradient, 0},
    [ATTR_METHOD_GRADIENT_X_INPUT] = {attr_gradient_x_input, 0},
    [ATTR_METHOD_INTEGRATED_GRADIENTS] = {attr_integrated_gradients, 0},
    [ATTR_METHOD_SMOOTHGRAD] = {attr_smoothgrad, 1},
};

const char *attr_method_name(attr_method method) {
#define ATTR_WORD_TEXT(name, word, help) word,
    static const char *const names[] = {ATTR_METHOD_WORDS(ATTR_WORD_TEXT)};
#undef ATTR_WORD_TEXT
    return names[method];
}

attr_status attr_method_run(attr_map *maps, const attr_job *job) {
    const attr_method_settings *settings = job->settings;
    size_t size = attr_engine_inputs(job->engine);
    int with_error = methods[settings->method].has_samples && settings->reduction == ATTR_REDUCE_MEAN;
    double *values = NULL;
    memset(maps, 0, job->target_count * sizeof *maps);
    for (size_t t = 0; t < job->target_count; ++t) ATTR_TRY(attr_map_allocate(&maps[t], size, with_error));
    ATTR_TRY(attr_allocate(&values, job->target_count, sizeof *values, "target values"));
    attr_status status = attr_target_values(values, job->engine, job->targets, job->target_count, job->x);
    for (size_t t = 0; status == ATTR_OK && t < job->target_count; ++t) maps[t].target = values[t];
    free(values);
    if (status != ATTR_OK) return status;
    return methods[settings->method].run(maps, job);
}
