#include "methods/method.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static const struct {
    attr_status (*run)(attr_map *maps, const attr_job *job);
    int has_samples; /* its mean has a standard error */
    int at_input;    /* its only point is the input: then the target's value needs no forward of its own */
} methods[] = {
    [ATTR_METHOD_GRADIENT] = {attr_gradient, 0, 1},
    [ATTR_METHOD_GRADIENT_X_INPUT] = {attr_gradient_x_input, 0, 1},
    [ATTR_METHOD_INTEGRATED_GRADIENTS] = {attr_integrated_gradients, 0, 0},
    [ATTR_METHOD_SMOOTHGRAD] = {attr_smoothgrad, 1, 0},
};

const char *attr_method_name(attr_method method) {
#define ATTR_WORD_TEXT(name, word, help) word,
    static const char *const names[] = {ATTR_METHOD_WORDS(ATTR_WORD_TEXT)};
#undef ATTR_WORD_TEXT
    return names[method];
}

/* f(x) of each target; x NULL: it is sample 0 of the last forward. */
static attr_status evaluate(attr_map *maps, const attr_job *job, const float *x) {
    double *values = NULL;
    ATTR_TRY(attr_allocate(&values, job->target_count, sizeof *values, "target values"));
    attr_status status = attr_target_values(values, job->engine, job->targets, job->target_count, x);
    for (size_t t = 0; status == ATTR_OK && t < job->target_count; ++t) maps[t].target = values[t];
    free(values);
    return status;
}

attr_status attr_method_run(attr_map *maps, const attr_job *job) {
    const attr_method_settings *settings = job->settings;
    size_t size = attr_engine_inputs(job->engine);
    int with_error = methods[settings->method].has_samples && settings->reduction == ATTR_REDUCE_MEAN;
    int at_input = methods[settings->method].at_input;
    memset(maps, 0, job->target_count * sizeof *maps);
    for (size_t t = 0; t < job->target_count; ++t) ATTR_TRY(attr_map_allocate(&maps[t], size, with_error));
    if (!at_input) ATTR_TRY(evaluate(maps, job, job->forward_done ? NULL : job->x));
    attr_status status = methods[settings->method].run(maps, job);
    /* A target that is not finite is the better thing to say than that its gradient is not. */
    if (at_input && (status == ATTR_OK || status == ATTR_NUMERIC)) ATTR_TRY(evaluate(maps, job, NULL));
    return status;
}
