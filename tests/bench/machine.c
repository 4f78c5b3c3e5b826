#include "machine.h"

#include <omp.h>

#include "base/dispatch.h"
#include "worker.h"

/* More chains than any processor needs to hide a multiply-add's latency (4 cycles, 2 a cycle), few enough for the 16
 * registers of older ones. */
enum { chains = 12, steps = 20000 };

/* All chains go to 1, so that no number becomes denormal. From a call to the next goes a number, or the compiler would
 * call once. */
#define MULTIPLY_ADD_LOOP(name, attributes, width)                                                                     \
    typedef float name##_vector __attribute__((vector_size(4 * (width))));                                             \
    attributes static float name(float start) {                                                                        \
        name##_vector sums[chains], factor = (name##_vector){0} + 0.999f, term = (name##_vector){0} + 0.001f;          \
        float sum = 0;                                                                                                 \
        for (int i = 0; i < chains; ++i) sums[i] = (name##_vector){0} + start + (float)i;                              \
        for (int step = 0; step < steps; ++step)                                                                       \
            for (int i = 0; i < chains; ++i) sums[i] = sums[i] * factor + term;                                        \
        for (int i = 0; i < chains; ++i) sum += sums[i][0];                                                            \
        return sum;                                                                                                    \
    }

MULTIPLY_ADD_LOOP(multiply_add_4, , 4)
#ifdef ATTR_CPU_GENERATIONS
MULTIPLY_ADD_LOOP(multiply_add_8, __attribute__((target("arch=x86-64-v3"))), 8)
MULTIPLY_ADD_LOOP(multiply_add_16, __attribute__((target("arch=x86-64-v4"))), 16)
#endif

/* Runs `steps` steps; returns how many numbers a vector has. */
static int multiply_add(float *number) {
#ifdef ATTR_CPU_GENERATIONS
    if (attr_cpu_newest() >= ATTR_CPU_V4) {
        *number = multiply_add_16(*number);
        return 16;
    }
    if (attr_cpu_newest() == ATTR_CPU_V3) {
        *number = multiply_add_8(*number);
        return 8;
    }
#endif
    *number = multiply_add_4(*number);
    return 4;
}

double bench_peak_gflops(int threads, double milliseconds) {
    double rate = 0;
#pragma omp parallel num_threads(threads) reduction(+ : rate)
    {
        double begun = bench_now(), elapsed = 0, flops = 0;
        float number = 0;
        for (; elapsed < milliseconds; elapsed = bench_now() - begun)
            flops += 2.0 * steps * chains * multiply_add(&number);
        if (number > 0) rate += flops / elapsed * 1e-6; /* it always is, which the compiler cannot know */
    }
    return rate;
}

void bench_scale(float *out, const float *in, float factor, size_t n) {
#pragma omp parallel for simd schedule(static)
    for (size_t i = 0; i < n; ++i) out[i] = factor * in[i];
}
