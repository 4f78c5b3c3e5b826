/* Packing weights with noise is packing weights that have had it before, to the bit, for each generation of processors:
 * rows that are whole groups of noise take another way than others. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/dispatch.h"
#include "base/memory.h"
#include "base/random.h"
#include "kernels/blocked.h"
#include "kernels/simd/panel.h"

/* The packed weights, released with free(). */
static float *packed(const attr_conv_shape *s, const attr_noisy_array *weights, size_t size, int threads) {
    attr_blocked_conv *there = NULL, *back = NULL;
    void *scratch = NULL;
    float *copy = NULL;
    cr_assert_eq(attr_blocked_conv_create(&there, s, (attr_conv_direction){.sum = ATTR_SUM_F64}), ATTR_OK);
    cr_assert_eq(attr_blocked_conv_create(&back, s, (attr_conv_direction){.transposed = 1, .sum = ATTR_SUM_F32}),
                 ATTR_OK);
    size_t each = attr_blocked_conv_pack_scratch(there);
    cr_assert_eq(attr_allocate(&scratch, threads, each, "a test"), ATTR_OK);
    cr_assert_eq(attr_allocate(&copy, size, sizeof *copy, "a test"), ATTR_OK);
    attr_blocked_conv_pack(there, back, weights, scratch, each, threads);
    memcpy(copy, there->packed, size * sizeof *copy);
    attr_blocked_conv_free(back);
    attr_blocked_conv_free(there);
    free(scratch);
    return copy;
}

static void check(const attr_conv_shape *s, attr_noise kind) {
    const attr_random drawn = {.seed = 3, .stream = ATTR_STREAM_CHECK, .part = 1};
    const attr_random noise = {.seed = 5, .stream = ATTR_STREAM_WEIGHT_NOISE, .part = 9, .sample = 4};
    size_t n = (size_t)s->n * (s->c / s->groups) * s->size * s->size;
    size_t whole = attr_blocked_size(s->n / s->groups, 1, 1), from = attr_blocked_size(s->c / s->groups, 1, 1);
    size_t size = s->groups * whole * from * s->size * s->size;
    float *values = NULL, *noisy = NULL;
    cr_assert_eq(attr_allocate(&values, n, sizeof *values, "a test"), ATTR_OK);
    cr_assert_eq(attr_allocate(&noisy, n, sizeof *noisy, "a test"), ATTR_OK);
    attr_random_normal(values, &drawn, 0, n);
    attr_random_perturb(noisy, values, &noise, .3f, kind, 0, n);
    float *expected = packed(s, &(attr_noisy_array){.values = noisy}, size, 1);
    for (int threads = 1; threads <= 3; ++threads) {
        float *got = packed(s, &(attr_noisy_array){values, noise, .3f, kind}, size, threads);
        cr_expect_arr_eq(got, expected, size * sizeof *got,
                         "c %d n %d size %d groups %d noise %d generation %d threads %d", s->c, s->n, s->size,
                         s->groups, kind, attr_cpu_limit, threads);
        free(got);
    }
    free(expected);
    free(noisy);
    free(values);
}

Test(blocked_noise, is_that_of_weights_that_have_it_already) {
    static const attr_conv_shape shapes[] = {
        {.groups = 1, .c = 128, .h = 5, .w = 5, .n = 32, .out_h = 5, .out_w = 5, .size = 1, .stride = 1},
        {.groups = 1, .c = 128, .h = 5, .w = 5, .n = 40, .out_h = 5, .out_w = 5, .size = 3, .stride = 1, .pad = 1},
        {.groups = 1, .c = 256, .h = 5, .w = 5, .n = 16, .out_h = 3, .out_w = 3, .size = 3, .stride = 2, .pad = 1},
        {.groups = 2, .c = 256, .h = 5, .w = 5, .n = 64, .out_h = 5, .out_w = 5, .size = 1, .stride = 1},
        {.groups = 1, .c = 64, .h = 5, .w = 5, .n = 32, .out_h = 5, .out_w = 5, .size = 3, .stride = 1, .pad = 1},
        {.groups = 1, .c = 72, .h = 5, .w = 5, .n = 32, .out_h = 5, .out_w = 5, .size = 3, .stride = 1, .pad = 1},
        {.groups = 1, .c = 128, .h = 9, .w = 9, .n = 32, .out_h = 9, .out_w = 9, .size = 5, .stride = 1, .pad = 2}};
    for (int limit = ATTR_CPU_ANY; limit <= ATTR_CPU_AMX; ++limit) {
        if (!attr_cpu_runs((attr_cpu)limit)) continue;
        attr_cpu_limit = (attr_cpu)limit;
        for (size_t i = 0; i < sizeof shapes / sizeof *shapes; ++i)
            for (int kind = ATTR_NOISE_ADDITIVE; kind <= ATTR_NOISE_MULTIPLICATIVE; ++kind)
                check(&shapes[i], (attr_noise)kind);
    }
    attr_cpu_limit = ATTR_CPU_AMX;
}
