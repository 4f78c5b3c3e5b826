/* Convolutions of blocked tensors against the plain twin in double precision. */
#include <criterion/criterion.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "kernels/blocked.h"
#include "kernels/simd/panel.h"

typedef struct {
    attr_conv_shape shape;
    int transposed, plain_input, count;
    int from_c, from_pixels, to_c, to_pixels;
    float *from, *to, *weights, *gate_scale; /* blocked; to holds what is added to */
    attr_signs *positive;
    double *scale, *bias;
} problem;

static float *random_floats(size_t n, int part) {
    float *values = NULL;
    attr_random random = {.seed = 7, .stream = ATTR_STREAM_CHECK, .part = (uint32_t)part};
    cr_assert_eq(attr_allocate(&values, n, sizeof *values, "a test"), ATTR_OK);
    attr_random_normal(values, &random, 0, n);
    return values;
}

static double *random_doubles(size_t n, int part) {
    float *floats = random_floats(n, part);
    double *values = NULL;
    cr_assert_eq(attr_allocate(&values, n, sizeof *values, "a test"), ATTR_OK);
    for (size_t i = 0; i < n; ++i) values[i] = floats[i];
    free(floats);
    return values;
}

static problem make_problem(attr_conv_shape s, int transposed, int plain_input, int count) {
    s.out_h = transposed && s.out_h ? s.out_h : (s.h + 2 * s.pad - s.size) / s.stride + 1;
    s.out_w = transposed && s.out_w ? s.out_w : (s.w + 2 * s.pad - s.size) / s.stride + 1;
    problem p = {.shape = s, .transposed = transposed, .plain_input = plain_input, .count = count};
    p.from_c = transposed ? s.n : s.c;
    p.to_c = transposed ? s.c : s.n;
    p.from_pixels = transposed ? s.out_h * s.out_w : s.h * s.w;
    p.to_pixels = transposed ? s.h * s.w : s.out_h * s.out_w;
    p.from = random_floats(count * attr_blocked_size(p.from_c, p.from_pixels, 1), 1);
    size_t from_size = count * attr_blocked_size(p.from_c, p.from_pixels, 1);
    float *outputs = random_floats(from_size, 2);
    cr_assert_eq(attr_allocate(&p.positive, from_size / attr_lanes, sizeof *p.positive, "a test"), ATTR_OK);
    for (size_t i = 0; i < from_size; ++i)
        p.positive[i / attr_lanes] |= (attr_signs)((outputs[i] > 0) << i % attr_lanes);
    free(outputs);
    p.to = random_floats(count * attr_blocked_size(p.to_c, p.to_pixels, 1), 3);
    p.weights = random_floats((size_t)s.n * s.c / s.groups * s.size * s.size, 4);
    p.gate_scale = random_floats(attr_blocked_size(p.from_c, 1, 1), 5);
    p.scale = random_doubles(attr_blocked_size(p.to_c, 1, 1), 6);
    p.bias = random_doubles(attr_blocked_size(p.to_c, 1, 1), 8);
    return p;
}

static void free_problem(problem *p) {
    free(p->from), free(p->positive), free(p->to), free(p->weights), free(p->gate_scale), free(p->scale), free(p->bias);
}

static size_t blocked_index(int channels, int pixels, int sample, int channel, int pixel) {
    return sample * attr_blocked_size(channels, pixels, 1) +
           ((size_t)channel / attr_lanes * pixels + pixel) * attr_lanes + channel % attr_lanes;
}

static size_t plain_index(int channels, int pixels, int sample, int channel, int pixel) {
    return ((size_t)sample * channels + channel) * pixels + pixel;
}

static size_t from_index(const problem *p, int sample, int channel, int pixel) {
    return (p->plain_input && !p->transposed ? plain_index : blocked_index)(p->from_c, p->from_pixels, sample, channel,
                                                                            pixel);
}

static size_t to_index(const problem *p, int sample, int channel, int pixel) {
    return (p->plain_input && p->transposed ? plain_index : blocked_index)(p->to_c, p->to_pixels, sample, channel,
                                                                           pixel);
}

typedef struct {
    int gated, affine, add;
    double slope;
} dress; /* what is done on the way in and out */

static int is_positive(const attr_signs *signs, size_t i) {
    return signs[i / attr_lanes] >> i % attr_lanes & 1;
}

/* A picture has no signs. */
static int has_signs(const problem *p, const dress *d) {
    return d->gated && (p->transposed || !p->plain_input);
}

/* The plain twin does the sum; what is around it is done here. */
static double *expected_of(const problem *p, const dress *d) {
    double *from = NULL, *packed = NULL, *to = NULL, *one = NULL, *zero = NULL;
    size_t from_size = (size_t)p->count * p->from_c * p->from_pixels,
           to_size = (size_t)p->count * p->to_c * p->to_pixels;
    attr_allocate(&from, from_size, sizeof *from, "a test");
    attr_allocate(&to, to_size, sizeof *to, "a test");
    attr_allocate(&one, p->to_c, sizeof *one, "a test");
    attr_allocate(&zero, p->to_c, sizeof *zero, "a test");
    attr_allocate(&packed, attr_conv_packed_size(&p->shape, p->transposed), sizeof *packed, "a test");
    for (int i = 0; i < p->to_c; ++i) one[i] = 1;
    double *out = from;
    for (int b = 0; b < p->count; ++b)
        for (int c = 0; c < p->from_c; ++c)
            for (int i = 0; i < p->from_pixels; ++i) {
                size_t at = from_index(p, b, c, i);
                double gate = d->gated ? p->gate_scale[c] : 1;
                if (has_signs(p, d) && !is_positive(p->positive, at)) gate *= .25;
                *out++ = gate * p->from[at];
            }
    attr_conv_pack_f64(packed, p->weights, NULL, &p->shape, p->transposed);
    attr_conv_forward_f64(to, from, packed, one, zero, &p->shape, p->transposed, p->count);
    out = to;
    for (int b = 0; b < p->count; ++b)
        for (int c = 0; c < p->to_c; ++c)
            for (int i = 0; i < p->to_pixels; ++i, ++out) {
                if (d->affine) *out = *out * p->scale[c] + p->bias[c];
                if (*out < 0) *out *= d->slope;
                if (d->add) *out += p->to[to_index(p, b, c, i)];
            }
    free(from), free(packed), free(one), free(zero);
    return to;
}

/* Weights are packed for both directions at once: returns the other one. */
static attr_blocked_conv *pack(attr_blocked_conv *c, const problem *p, attr_sum sum) {
    attr_blocked_conv *other = NULL;
    attr_noisy_array weights = {.values = p->weights};
    attr_conv_direction direction = {!p->transposed, p->plain_input, sum};
    cr_assert_eq(attr_blocked_conv_create(&other, &p->shape, direction), ATTR_OK);
    attr_blocked_conv_pack(p->transposed ? other : c, p->transposed ? c : other, &weights, NULL, 0, 2);
    return other;
}

static attr_conv_direction direction_of(const problem *p, attr_sum sum, attr_conv_by by) {
    return (attr_conv_direction){p->transposed, p->plain_input, sum, by};
}

static int can(const problem *p, attr_sum sum, int generation) {
    if (!attr_cpu_runs(generation)) return 0;
    return generation < ATTR_CPU_AMX ||
           attr_blocked_conv_by(&p->shape, direction_of(p, sum, ATTR_CONV_BY_AMX)) == ATTR_CONV_BY_AMX;
}

/* A result of its own, so that p->to can be added to again. `positive` may be NULL. */
static float *run_by(const problem *p, const dress *d, attr_sum sum, attr_cpu generation, attr_conv_by by, int threads,
                     int count, attr_signs *positive) {
    attr_blocked_conv *c = NULL;
    void *scratch = NULL;
    float *to = NULL;
    size_t size = p->count * attr_blocked_size(p->to_c, p->to_pixels, 1);
    attr_cpu_limit = generation;
    cr_assert_eq(attr_blocked_conv_create(&c, &p->shape, direction_of(p, sum, by)), ATTR_OK);
    cr_assert_eq(attr_allocate(&scratch, threads, attr_blocked_conv_scratch(c), "a test"), ATTR_OK);
    cr_assert_eq(attr_allocate(&to, size, sizeof *to, "a test"), ATTR_OK);
    memcpy(to, p->to, size * sizeof *to);
    attr_gate gate = {has_signs(p, d) ? p->positive : NULL, .25f, d->gated ? p->gate_scale : NULL, NULL};
    attr_finish finish = {d->affine ? p->scale : NULL, d->affine ? p->bias : NULL, d->slope, d->add, positive, NULL};
    attr_blocked_conv *other = pack(c, p, sum);
    attr_blocked_conv_run(to, p->from, c, &gate, &finish, count, scratch, threads);
    attr_cpu_limit = ATTR_CPU_AMX;
    attr_blocked_conv_free(other);
    attr_blocked_conv_free(c);
    free(scratch);
    return to;
}

/* generation < 0: as this machine would do it; matrix units are asked for, the rule does not always take them. */
static float *run(const problem *p, const dress *d, attr_sum sum, int generation, int threads, int count,
                  attr_signs *positive) {
    return run_by(p, d, sum, generation < 0 ? ATTR_CPU_AMX : (attr_cpu)generation,
                  generation == ATTR_CPU_AMX ? ATTR_CONV_BY_AMX : ATTR_CONV_BY_RULE, threads, count, positive);
}

static double distance(const problem *p, const float *got, const double *expected) {
    double error = 0, length = 0;
    for (int b = 0; b < p->count; ++b)
        for (int c = 0; c < p->to_c; ++c)
            for (int i = 0; i < p->to_pixels; ++i, ++expected) {
                double e = got[to_index(p, b, c, i)] - *expected;
                error += e * e;
                length += *expected * *expected;
            }
    return length > 0 ? sqrt(error / length) : sqrt(error);
}

static const dress dresses[] = {{0, 0, 0, 1}, {0, 1, 0, .1}, {1, 0, 1, 1}, {1, 1, 1, 0}};

static void check_layout(attr_conv_shape s, int plain_input, int count) {
    for (int transposed = 0; transposed < 2; ++transposed) {
        problem p = make_problem(s, transposed, plain_input, count);
        for (size_t i = 0; i < sizeof dresses / sizeof *dresses; ++i) {
            double *expected = expected_of(&p, &dresses[i]);
            for (int sum = 0; sum < 2; ++sum) {
                for (int generation = ATTR_CPU_ANY; generation <= ATTR_CPU_AMX; ++generation) {
                    if (!can(&p, sum, generation)) continue;
                    float *got = run(&p, &dresses[i], sum, generation, 2, count, NULL);
                    double error = distance(&p, got, expected), most = sum == ATTR_SUM_F64 ? 6e-8 : 5e-6;
                    if (generation == ATTR_CPU_AMX)
                        most = sum == ATTR_SUM_F64 ? 9e-8 : s.size == 3 && s.stride == 1 && !plain_input ? 5e-6 : 1e-6;
                    cr_expect_leq(
                        error, most,
                        "c %d n %d %dx%d size %d stride %d pad %d groups %d plain input %d count %d transposed %d "
                        "dress %zu sum %d generation %d: %g",
                        s.c, s.n, s.h, s.w, s.size, s.stride, s.pad, s.groups, plain_input, count, transposed, i, sum,
                        generation, error);
                    free(got);
                }
            }
            free(expected);
        }
        free_problem(&p);
    }
}

static void check(attr_conv_shape s, int count) {
    check_layout(s, 0, count);
}

static attr_conv_shape shape(int c, int n, int h, int w, int size, int stride, int pad, int groups) {
    return (attr_conv_shape){
        .c = c, .n = n, .h = h, .w = w, .size = size, .stride = stride, .pad = pad, .groups = groups};
}

Test(blocked, winograd_of_any_size) {
    check(shape(3, 20, 17, 9, 3, 1, 1, 1), 3);
    check(shape(16, 32, 8, 8, 3, 1, 1, 1), 1);
    check(shape(40, 17, 5, 30, 3, 1, 0, 1), 2);
    check(shape(1, 1, 1, 1, 3, 1, 1, 1), 1);
    check(shape(20, 20, 13, 15, 3, 1, 1, 1), 2); /* tiles of five, as sums in double precision may have */
    check(shape(20, 20, 26, 17, 3, 1, 1, 1), 2); /* of six */
    check(shape(33, 50, 6, 7, 3, 1, 2, 1), 1);
    check(shape(64, 96, 7, 13, 3, 1, 1, 2), 2);
}

/* Rows and columns of every remainder by the tiles of both directions; all groups of blocks. */
Test(blocked, winograd_of_stride_2) {
    for (int size = 1; size < 20; size += 3) check(shape(20, 33, size, 21 - size, 3, 2, 1, 1), 2);
    check(shape(3, 5, 8, 8, 3, 2, 1, 1), 1);
    check(shape(64, 96, 7, 13, 3, 2, 1, 2), 2);
    check(shape(300, 40, 14, 9, 3, 2, 1, 1), 2);
    check(shape(40, 300, 33, 16, 3, 2, 1, 1), 1);
}

/* One block of channels, which matrix units multiply two pixels at a time: rows with zeros between them and without,
 * kernels of odd and even sizes, several blocks of units. */
Test(blocked, pairs_of_pixels) {
    check(shape(16, 40, 9, 11, 3, 1, 0, 1), 3);
    check(shape(5, 33, 7, 40, 5, 1, 2, 1), 2);
    check(shape(12, 17, 30, 41, 3, 1, 1, 1), 2);
    check(shape(16, 16, 6, 5, 2, 1, 0, 1), 2);
    check(shape(16, 70, 5, 70, 4, 1, 1, 1), 1);
    check(shape(9, 20, 12, 1, 3, 1, 1, 1), 2);
}

Test(blocked, chunks_of_channels) {
    check(shape(300, 40, 7, 9, 3, 1, 1, 1), 2);
    check(shape(600, 33, 3, 5, 2, 1, 0, 1), 1);
    check(shape(1100, 18, 4, 5, 1, 1, 0, 1), 2);
}

Test(blocked, gathered_of_any_size_and_stride) {
    check(shape(64, 48, 13, 11, 1, 1, 0, 1), 2);
    check(shape(20, 33, 15, 14, 3, 2, 0, 1), 2);
    check(shape(20, 33, 15, 14, 3, 2, 2, 1), 2);
    check(shape(17, 5, 12, 13, 5, 3, 2, 1), 1);
    check(shape(3, 7, 30, 31, 11, 4, 2, 1), 2);
    check(shape(32, 16, 14, 15, 1, 2, 0, 1), 1);
    check(shape(5, 6, 9, 9, 1, 3, 1, 1), 1);
    check(shape(32, 32, 9, 8, 4, 2, 1, 2), 1);
}

Test(blocked, depthwise) {
    check(shape(40, 40, 13, 7, 3, 2, 1, 40), 2);
    check(shape(16, 16, 6, 9, 5, 1, 2, 16), 3);
    check(shape(20, 20, 37, 21, 3, 1, 1, 20), 1);
    check(shape(33, 33, 26, 35, 5, 2, 2, 33), 2);
    check(shape(17, 17, 19, 20, 2, 3, 0, 17), 1);
}

/* Every number of channels of a picture; rows shorter and longer than what is summed at a time. */
Test(blocked, of_a_plain_picture) {
    check_layout(shape(3, 32, 13, 200, 3, 1, 1, 1), 1, 2);
    check_layout(shape(1, 20, 9, 7, 3, 1, 1, 1), 1, 3);
    check_layout(shape(3, 40, 33, 30, 7, 2, 3, 1), 1, 1);
    check_layout(shape(4, 17, 20, 41, 3, 2, 1, 1), 1, 2);
    check_layout(shape(2, 5, 11, 110, 1, 1, 0, 1), 1, 1);
    check_layout(shape(3, 8, 23, 22, 11, 4, 2, 1), 1, 2);
    check_layout(shape(3, 8, 12, 13, 2, 3, 0, 1), 1, 1);
    check_layout(shape(1, 1, 1, 1, 3, 1, 1, 1), 1, 1);
    check_layout(shape(3, 16, 6, 5, 5, 1, 4, 1), 1, 2);
}

/* One part of a float has 8 bits. */
Test(blocked, towards_a_picture_in_bf16) {
    if (!attr_cpu_runs(ATTR_CPU_AMX)) cr_skip_test("this processor has no AMX");
    const attr_conv_shape shapes[] = {shape(3, 32, 13, 200, 3, 1, 1, 1), shape(1, 10, 9, 7, 3, 1, 1, 1),
                                      shape(3, 40, 33, 30, 7, 2, 3, 1)};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; ++i) {
        problem p = make_problem(shapes[i], 1, 1, 2);
        double *expected = expected_of(&p, &dresses[2]);
        float *got = run_by(&p, &dresses[2], ATTR_SUM_F32, ATTR_CPU_AMX, ATTR_CONV_BY_AMX_BF16, 2, 2, NULL);
        double error = distance(&p, got, expected);
        cr_expect(error > 1e-4 && error < 4e-3, "shape %zu, n %d size %d: %g", i, p.shape.n, p.shape.size, error);
        free(got), free(expected);
        free_problem(&p);
    }
}

/* Weights 1 from a channel to itself: the parts of a float make the same float again, three to the last bit, one
 * to 8 bits; for numbers of all sizes. */
Test(blocked, matrix_units_take_floats_apart) {
    if (!attr_cpu_runs(ATTR_CPU_AMX)) cr_skip_test("this processor has no AMX");
    const struct {
        attr_sum sum;
        attr_conv_by by;
        double most;
    } ways[] = {{ATTR_SUM_F64, ATTR_CONV_BY_AMX, 0},
                {ATTR_SUM_F32, ATTR_CONV_BY_AMX, ldexp(1, -24)},
                {ATTR_SUM_F32, ATTR_CONV_BY_AMX_BF16, ldexp(1, -8)}};
    enum { channels = 80, side = 9 };
    problem p = make_problem(shape(channels, channels, side, side, 1, 1, 0, 1), 0, 0, 3);
    for (int n = 0; n < channels; ++n)
        for (int c = 0; c < channels; ++c) p.weights[n * channels + c] = n == c;
    size_t size = 3 * attr_blocked_size(channels, side, side);
    for (size_t i = 0; i < size; ++i) p.from[i] = ldexpf(p.from[i], (int)(i * 7919 % 160) - 80);
    for (size_t k = 0; k < sizeof ways / sizeof *ways; ++k) {
        float *got = run_by(&p, &dresses[0], ways[k].sum, ATTR_CPU_AMX, ways[k].by, 2, 3, NULL);
        for (size_t i = 0; i < size; ++i)
            cr_assert(fabs((double)got[i] - p.from[i]) <= ways[k].most * fabs(p.from[i]),
                      "way %zu, element %zu: %.9g of %.9g", k, i, got[i], p.from[i]);
        free(got);
    }
    free_problem(&p);
}

/* Sixteen pixels of a large layer cannot keep many threads busy: then columns are shared out, too. The last one is
 * large enough to go past the caches, but for a single sample. */
Test(blocked, same_bits_for_any_threads_and_batch) {
    attr_conv_shape shapes[] = {shape(48, 130, 13, 13, 3, 1, 1, 1), shape(300, 40, 9, 9, 3, 1, 1, 1),
                                shape(70, 200, 5, 5, 1, 1, 0, 1),   shape(32, 64, 20, 20, 3, 2, 1, 1),
                                shape(3, 64, 40, 30, 3, 1, 1, 1),   shape(3, 24, 50, 60, 7, 2, 3, 1),
                                shape(32, 64, 88, 96, 1, 1, 0, 1)};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; ++i) {
        for (int sum = 0; sum < 2; ++sum) {
            const dress *d = &dresses[i == 6 ? 1 : 3]; /* what is only stored may go past the caches */
            problem p = make_problem(shapes[i], i % 2, shapes[i].c == 3, 5);
            size_t sample = to_index(&p, 1, 0, 0);
            float *one = run(&p, d, sum, -1, 1, 5, NULL);
            for (int threads = 2; threads < 9; threads += 3) {
                float *many = run(&p, d, sum, -1, threads, 5, NULL), *few = run(&p, d, sum, -1, threads, 1, NULL);
                cr_expect_eq(memcmp(one, many, 5 * sample * sizeof *one), 0, "shape %zu sum %d threads %d", i, sum,
                             threads);
                cr_expect_eq(memcmp(one, few, sample * sizeof *one), 0, "shape %zu sum %d threads %d, batch 1", i, sum,
                             threads);
                free(many), free(few);
            }
            free(one);
            free_problem(&p);
        }
    }
}

/* Of every element that exists: lanes beyond the last channel have no meaning. */
static void check_signs(const problem *p, const float *to, const attr_signs *positive, attr_sum sum, int generation) {
    for (int b = 0; b < p->count; ++b)
        for (int c = 0; c < p->to_c; ++c)
            for (int i = 0; i < p->to_pixels; ++i) {
                size_t at = to_index(p, b, c, i);
                cr_assert_eq(is_positive(positive, at), to[at] > 0,
                             "n %d size %d stride %d sum %d generation %d at %zu", p->shape.n, p->shape.size,
                             p->shape.stride, sum, generation, at);
            }
}

Test(blocked, signs_of_the_results) {
    attr_conv_shape shapes[] = {shape(20, 33, 9, 7, 3, 1, 1, 1), shape(20, 33, 9, 7, 3, 2, 1, 1),
                                shape(40, 40, 9, 7, 3, 1, 1, 40), shape(3, 33, 9, 7, 3, 1, 1, 1)};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; ++i) {
        problem p = make_problem(shapes[i], 0, shapes[i].c == 3, 2);
        size_t size = p.count * attr_blocked_size(p.to_c, p.to_pixels, 1);
        for (int sum = 0; sum < 2; ++sum) {
            for (int generation = ATTR_CPU_ANY; generation <= ATTR_CPU_AMX; ++generation) {
                if (!can(&p, sum, generation)) continue;
                attr_signs *positive = NULL;
                cr_assert_eq(attr_allocate(&positive, size / attr_lanes, sizeof *positive, "a test"), ATTR_OK);
                float *to = run(&p, &dresses[1], sum, generation, 2, 2, positive);
                check_signs(&p, to, positive, sum, generation);
                free(positive), free(to);
            }
        }
        free_problem(&p);
    }
}

Test(blocked, refuses_groups_of_odd_blocks) {
    attr_conv_shape s = shape(24, 48, 9, 9, 3, 1, 0, 3);
    cr_expect_not(attr_blocked_conv_can(&s));
    s.c = 48;
    cr_expect(attr_blocked_conv_can(&s));
    s.c = s.n = s.groups = 24;
    cr_expect(attr_blocked_conv_can(&s));
}
