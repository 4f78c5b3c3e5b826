#include "engine_compare.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "engine_pair.h"
#include "small_network.h"

double *random_seeds(size_t n) {
    double *seeds = test_allocate(n, sizeof *seeds);
    for (size_t i = 0; i < n; i++) seeds[i] = test_uniform(-1, 1);
    return seeds;
}

/* The input gradients of `count` samples after a backward from `head`. */
static double *gradients_of(attr_engine *e, int head, int count, const double *seeds) {
    const attr_op *op = attr_engine_op(e, head);
    size_t inputs = attr_engine_inputs(e);
    double *gradients = test_allocate(count * inputs, sizeof *gradients);
    attr_engine_clear_gradients(e, head);
    for (int b = 0; b < count; b++)
        for (size_t i = 0; i < op->outputs; i++) attr_tensor_add_gradient(op->writes, b, i, seeds[i] * (b + 1));
    attr_engine_backward(e, head);
    for (int b = 0; b < count; b++)
        attr_tensor_read_gradient(gradients + b * inputs, attr_engine_input(e), b, 0, inputs);
    return gradients;
}

/* What targets read of a head. */
static void expect_same_values(const attr_tensor *a, const attr_tensor *b, int count, const char *cfg, int head) {
    double *got = test_allocate(a->size, sizeof *got), *expected = test_allocate(a->size, sizeof *expected);
    for (int s = 0; s < count; s++) {
        attr_tensor_read(got, a, s, 0, a->size);
        attr_tensor_read(expected, b, s, 0, a->size);
        cr_expect_arr_eq(got, expected, a->size * sizeof *got, "%s\n  values at head %d, sample %d", cfg, head, s);
    }
    free(got);
    free(expected);
}

/* Of layers that are kept: what they wrote, and the gradient of those that the head depends on. */
static void expect_same_kept(attr_engine *planned, attr_engine *all, int head, int count, const char *cfg) {
    for (int i = 0; i < head; i++) {
        const attr_tensor *a = attr_engine_kept(planned, i), *b = attr_engine_kept(all, i);
        if (!a || !attr_has_pixels(attr_engine_op(all, i)->seeded)) continue;
        double *got = test_allocate(a->size, sizeof *got), *expected = test_allocate(a->size, sizeof *expected);
        expect_same_values(a, attr_engine_op(all, i)->writes, count, cfg, i);
        for (int s = 0; s < count; s++) {
            attr_tensor_read_gradient(got, a, s, 0, a->size);
            attr_tensor_read_gradient(expected, b, s, 0, a->size);
            size_t k = 0; /* equal as numbers: zeros may differ in sign */
            while (k < a->size && got[k] == expected[k]) k++;
            cr_expect_eq(k, a->size, "%s\n  head %d, gradient kept of layer %d, element %zu", cfg, head, i, k);
        }
        free(got);
        free(expected);
    }
}

void expect_same_head(attr_engine *planned, attr_engine *all, int head, int count, const char *cfg) {
    const attr_op *a = attr_engine_op(planned, head), *b = attr_engine_op(all, head);
    size_t inputs = attr_engine_inputs(all);
    double *seeds = random_seeds(a->outputs);
    if (attr_is_head(attr_engine_op(all, 0), attr_engine_layers(all), head)) {
        expect_same_values(a->writes, b->writes, count, cfg, head);
        expect_same_values(a->reads[0], b->reads[0], count, cfg, head);
    }
    double *gradients = gradients_of(planned, head, count, seeds), *right = gradients_of(all, head, count, seeds);
    cr_expect_arr_eq(gradients, right, count * inputs * sizeof *right, "%s\n  gradient from layer %d", cfg, head);
    expect_same_kept(planned, all, head, count, cfg);
    free(seeds);
    free(gradients);
    free(right);
}
