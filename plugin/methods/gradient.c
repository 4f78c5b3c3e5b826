/* gradient: df/dx.  gradient_x_input: x (.) df/dx.  gda: the maximum, or the mean, over an ascent from x; Rahman,
 * Lewis, Plis 2022, a comparison method of their code. */
#include "methods/method.h"

static double only_point(const attr_base *base, const float *x, uint64_t sample, size_t p, float *z, float *m) {
    const attr_job *job = base->data;
    const float *origin = job->settings->origin;
    size_t size = attr_engine_inputs(job->engine);
    (void)sample;
    (void)p;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < size; ++i) z[i] = x[i];
    for (size_t i = 0; m && i < size; ++i) m[i] = origin ? x[i] - origin[i] : x[i];
    return 1;
}

void attr_base_of_gradient(attr_base *out, const attr_job *job, bool times_input) {
    *out = (attr_base){.points = 1, .has_multiplier = times_input, .ascent_steps = 1, .point = only_point, .data = job};
}
