/* SmoothTaylor: mean over roots z = x + sigma n, n ~ N(0, I), of (x - z) (.) df/dx(z).
 * Goh, Lapuschkin, Weber, Samek, Binder: Understanding Integrated Gradients with SmoothTaylor for deep neural network
 * attribution, ICPR 2020, equation 8. Its expectation is -sigma^2 d2f/dx2 (Stein's identity): curvature, and 0 for a
 * linear network. Root p of sample s has the noise of stream ATTR_STREAM_ROOTS, sample s x roots + p. */
#include "methods/method.h"

#include "base/random.h"

static double root(const attr_base *base, const float *x, uint64_t sample, size_t p, float *z, float *m) {
    const attr_job *job = base->data;
    const attr_method_settings *settings = job->settings;
    size_t size = attr_engine_inputs(job->engine);
    attr_random noise = {settings->seed, ATTR_STREAM_ROOTS, 0, sample * base->points + p};
    attr_add_noise(z, x, size, settings->root_sigma, settings->deviation, &noise);
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < size; ++i) m[i] = x[i] - z[i];
    return (double)(p + 1);
}

void attr_base_of_roots(attr_base *out, const attr_job *job, bool root_is_sample) {
    *out = (attr_base){.points = root_is_sample ? 1 : job->settings->roots,
                       .has_multiplier = true,
                       .join = ATTR_JOIN_MEAN,
                       .ascent_steps = 1,
                       .point = root,
                       .data = job};
}
