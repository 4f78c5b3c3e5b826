/* Convolutions through oneDNN against the plugin's own, whose sums are in double precision. */
#include <criterion/criterion.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "base/dispatch.h"
#include "base/memory.h"
#include "base/random.h"
#include "kernels/blocked.h"
#include "kernels/dnnl.h"

typedef struct {
    attr_conv_shape shape;
    int transposed, count, from_c, to_c, to_pixels;
    size_t from_size, to_size; /* of all samples */
    float *from, *to, *weights, *gate_scale;
    attr_signs *positive;
} problem;

static float *random_floats(size_t n, int part) {
    float *values = NULL;
    attr_random random = {.seed = 11, .stream = ATTR_STREAM_CHECK, .part = (uint32_t)part};
    cr_assert_eq(attr_allocate(&values, n, sizeof *values, "a test"), ATTR_OK);
    attr_random_normal(values, &random, 0, n);
    return values;
}

static problem make_problem(attr_conv_shape s, int transposed, int count) {
    s.out_h = (s.h + 2 * s.pad - s.size) / s.stride + 1;
    s.out_w = (s.w + 2 * s.pad - s.size) / s.stride + 1;
    problem p = {.shape = s, .transposed = transposed, .count = count};
    p.from_c = transposed ? s.n : s.c;
    p.to_c = transposed ? s.c : s.n;
    p.to_pixels = transposed ? s.h * s.w : s.out_h * s.out_w;
    p.from_size = count * attr_blocked_size(p.from_c, transposed ? s.out_h : s.h, transposed ? s.out_w : s.w);
    p.to_size = count * attr_blocked_size(p.to_c, p.to_pixels, 1);
    p.from = random_floats(p.from_size, 1);
    p.to = random_floats(p.to_size, 2);
    p.weights = random_floats((size_t)s.n * s.c / s.groups * s.size * s.size, 3);
    p.gate_scale = random_floats(attr_blocked_size(p.from_c, 1, 1), 4);
    cr_assert_eq(attr_allocate(&p.positive, p.from_size / attr_lanes, sizeof *p.positive, "a test"), ATTR_OK);
    for (size_t i = 0; i < p.from_size; ++i)
        p.positive[i / attr_lanes] |= (attr_signs)((p.from[p.from_size - 1 - i] > 0) << i % attr_lanes);
    return p;
}

static void free_problem(problem *p) {
    free(p->from), free(p->to), free(p->weights), free(p->gate_scale), free(p->positive);
}

/* A result of its own. */
static float *run(const problem *p, attr_conv_by by, int gated, int add, int threads, int count) {
    attr_blocked_conv *c = NULL, *other = NULL;
    void *scratch = NULL;
    float *to = NULL;
    attr_sum sum = by == ATTR_CONV_BY_RULE ? ATTR_SUM_F64 : ATTR_SUM_F32;
    attr_conv_direction direction = {p->transposed, 0, sum, by}, reverse = {!p->transposed, 0, sum};
    cr_assert_eq(attr_blocked_conv_create(&c, &p->shape, direction), ATTR_OK, "%s", attr_error_message());
    cr_assert_eq(attr_blocked_conv_create(&other, &p->shape, reverse), ATTR_OK);
    attr_blocked_conv *there = p->transposed ? other : c, *back = p->transposed ? c : other;
    size_t each = attr_blocked_conv_scratch(c), pack = attr_blocked_conv_pack_scratch(there);
    each = ((each > pack ? each : pack) + 4095) / 4096 * 4096;
    cr_assert_eq(attr_allocate(&scratch, threads, each, "a test"), ATTR_OK);
    memset(scratch, 0xff, threads * each); /* not a number */
    cr_assert_eq(attr_allocate(&to, p->to_size, sizeof *to, "a test"), ATTR_OK);
    memcpy(to, p->to, p->to_size * sizeof *to);
    attr_noisy_array weights = {.values = p->weights};
    attr_gate gate = {gated ? p->positive : NULL, .25f, gated ? p->gate_scale : NULL, NULL};
    attr_finish finish = {.slope = 1, .add = add};
    attr_blocked_conv_pack(there, back, &weights, scratch, each, threads);
    attr_blocked_conv_run(to, p->from, c, &gate, &finish, count, scratch, threads);
    attr_blocked_conv_free(c);
    attr_blocked_conv_free(other);
    free(scratch);
    return to;
}

/* Of the elements that exist. */
static double distance(const problem *p, const float *got, const float *expected) {
    double error = 0, length = 0;
    for (size_t i = 0; i < p->to_size; ++i) {
        size_t block = i / attr_lanes / p->to_pixels, blocks = (p->to_c + attr_lanes - 1) / attr_lanes;
        cr_assert(isfinite(got[i]), "element %zu is %g", i, got[i]);
        if (block % blocks * attr_lanes + i % attr_lanes >= (size_t)p->to_c) continue;
        error += pow((double)got[i] - expected[i], 2);
        length += pow(expected[i], 2);
    }
    return length > 0 ? sqrt(error / length) : sqrt(error);
}

static attr_conv_shape shape(int c, int n, int h, int w, int size, int stride, int pad, int groups) {
    return (attr_conv_shape){
        .c = c, .n = n, .h = h, .w = w, .size = size, .stride = stride, .pad = pad, .groups = groups};
}

static const attr_conv_shape shapes[] = {
    {1, 64, 13, 11, 48, 0, 0, 1, 1, 0},  {1, 20, 17, 9, 33, 0, 0, 3, 1, 1},    {1, 16, 8, 8, 32, 0, 0, 3, 1, 1},
    {1, 40, 5, 30, 17, 0, 0, 3, 1, 0},   {1, 33, 6, 7, 50, 0, 0, 3, 1, 2},     {2, 64, 7, 13, 96, 0, 0, 3, 1, 1},
    {1, 20, 15, 14, 33, 0, 0, 3, 2, 1},  {1, 64, 16, 16, 128, 0, 0, 3, 2, 1},  {1, 32, 14, 15, 16, 0, 0, 1, 2, 0},
    {2, 32, 9, 8, 32, 0, 0, 4, 2, 1},    {1, 17, 12, 13, 5, 0, 0, 5, 3, 2},    {1, 300, 7, 9, 40, 0, 0, 3, 1, 1},
    {1, 32, 70, 150, 64, 0, 0, 3, 1, 1}, {1, 32, 130, 100, 64, 0, 0, 3, 2, 1}, {1, 640, 5, 5, 255, 0, 0, 1, 1, 0},
    {1, 144, 10, 11, 80, 0, 0, 2, 2, 0}, {1, 48, 9, 9, 32, 0, 0, 1, 3, 0},
};
enum { shape_count = sizeof shapes / sizeof *shapes };

static void skip_without_library(void) {
    if (attr_dnnl_ready() != ATTR_OK) cr_skip_test("%s", attr_error_message());
}

/* Whether a processor without the instructions has kernels for a type is its own affair. */
static int can(const problem *p, attr_conv_by by) {
    attr_conv_direction direction = {p->transposed, 0, ATTR_SUM_F32, by};
    return attr_dnnl_can(&p->shape, direction);
}

Test(dnnl, agrees_with_our_own) {
    skip_without_library();
    int done[ATTR_CONV_BY_COUNT] = {0};
    for (int i = 0; i < shape_count; ++i)
        for (int transposed = 0; transposed < 2; ++transposed) {
            problem p = make_problem(shapes[i], transposed, 3);
            for (int dress = 0; dress < 4; ++dress) {
                float *expected = run(&p, ATTR_CONV_BY_RULE, dress & 1, dress & 2, 2, 3);
                for (attr_conv_by by = ATTR_CONV_BY_DNNL; by <= ATTR_CONV_BY_DNNL_BF16; ++by) {
                    if (!can(&p, by)) continue;
                    float *got = run(&p, by, dress & 1, dress & 2, 2, 3);
                    double error = distance(&p, got, expected), most = by == ATTR_CONV_BY_DNNL ? 2e-6 : 6e-3;
                    cr_expect_leq(error, most, "shape %d transposed %d dress %d by %d: %g", i, transposed, dress, by,
                                  error);
                    if (by == ATTR_CONV_BY_DNNL_BF16) cr_expect_geq(error, 1e-5, "shape %d: no rounding", i);
                    ++done[by];
                    free(got);
                }
                free(expected);
            }
            free_problem(&p);
        }
    if (attr_cpu_runs(ATTR_CPU_V4))
        cr_expect_eq(done[ATTR_CONV_BY_DNNL], shape_count * 8, "some shapes cannot be done");
}

Test(dnnl, same_bits_for_any_threads_and_batch) {
    skip_without_library();
    for (int i = 0; i < shape_count; ++i)
        for (attr_conv_by by = ATTR_CONV_BY_DNNL; by <= ATTR_CONV_BY_DNNL_BF16; ++by) {
            problem p = make_problem(shapes[i], 1, 5);
            if (!can(&p, by)) {
                free_problem(&p);
                continue;
            }
            float *one = run(&p, by, 1, 1, 1, 5);
            for (int threads = 1; threads < 8; threads = threads * 2 + 1) {
                omp_set_num_threads(threads); /* when it is made, too */
                float *many = run(&p, by, 1, 1, threads, 5), *few = run(&p, by, 1, 1, threads, 1);
                cr_expect_eq(memcmp(one, many, p.to_size * sizeof *one), 0, "shape %d by %d threads %d", i, by,
                             threads);
                cr_expect_eq(memcmp(one, few, p.to_size / 5 * sizeof *one), 0, "shape %d by %d threads %d, one sample",
                             i, by, threads);
                cr_expect_eq(omp_get_max_threads(), threads, "the number of threads has changed");
                free(many), free(few);
            }
            free(one);
            free_problem(&p);
        }
}

Test(dnnl, leaves_to_the_rule_what_it_cannot_do) {
    attr_conv_shape depthwise = shape(40, 40, 9, 7, 3, 1, 1, 40), odd = shape(24, 48, 9, 9, 3, 1, 0, 3),
                    usual = shape(32, 32, 9, 9, 3, 1, 1, 1);
    usual.out_h = usual.out_w = 9;
    depthwise.out_h = 9, depthwise.out_w = 7;
    attr_conv_direction back = {1, 0, ATTR_SUM_F32, ATTR_CONV_BY_DNNL},
                        forward = {0, 0, ATTR_SUM_F64, ATTR_CONV_BY_DNNL};
    cr_expect_not(attr_dnnl_can(&depthwise, back));
    cr_expect_not(attr_dnnl_can(&odd, back));
    cr_expect_not(attr_dnnl_can(&usual, forward));
    cr_expect_eq(attr_blocked_conv_by(&depthwise, back), ATTR_CONV_BY_RULE);
    cr_expect_eq(attr_blocked_conv_by(&usual, forward), ATTR_CONV_BY_WINOGRAD);
    forward.by = ATTR_CONV_BY_GATHER;
    cr_expect_eq(attr_blocked_conv_by(&usual, forward), ATTR_CONV_BY_GATHER);
    back.by = ATTR_CONV_BY_RULE;
    cr_expect_eq(attr_blocked_conv_by(&usual, back), ATTR_CONV_BY_WINOGRAD);
}
