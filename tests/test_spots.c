/* Forwards as far as spots depend on them: the same bits as when all is computed. Backwards from pixels of seeds: the
 * same gradients, but for what Winograd's filtering leaves where they are 0. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/dispatch.h"
#include "engine_compare.h"
#include "engine_pair.h"
#include "sanitizers.h"
#include "small_network.h"

enum { batch = with_sanitizers ? 3 : 5 }; /* odd: its parts differ */

typedef struct {
    const char *cfg;
    int heads[2]; /* layers whose first input is looked at; the second may be 0 */
} spotted;

#define LEAKY "batch_normalize=1 activation=leaky "
#define YOLO  "[yolo] mask=0 anchors=2,3 classes=2 num=1 "
static const spotted networks[] = {
    /* tiles of Winograd's filtering, maxima behind convolutions, an upsampling, two heads */
    {"[net] height=48 width=32 channels=3 [convolutional] filters=16 size=3 pad=1 " LEAKY
     "[maxpool] size=2 stride=2 [convolutional] filters=70 size=3 pad=1 " LEAKY
     "[maxpool] size=2 stride=2 [convolutional] filters=40 size=3 pad=1 " LEAKY
     "[maxpool] size=2 stride=1 [convolutional] filters=70 size=3 pad=1 " LEAKY
     "[convolutional] filters=7 size=1 activation=linear " YOLO
     "[route] layers=-3 [convolutional] filters=24 size=1 " LEAKY
     "[upsample] stride=2 [route] layers=-1,2 [convolutional] filters=40 size=3 pad=1 " LEAKY
     "[convolutional] filters=7 size=1 activation=linear " YOLO,
     {8, 15}},
    /* sums, strides, groups of one channel, gathered kernels */
    {"[net] height=61 width=45 channels=3 [convolutional] filters=32 size=3 pad=1 stride=2 " LEAKY
     "[convolutional] filters=32 size=3 groups=32 pad=1 " LEAKY "[convolutional] filters=80 size=1 " LEAKY
     "[convolutional] filters=33 size=1 " LEAKY "[convolutional] filters=80 size=3 pad=1 " LEAKY
     "[shortcut] from=-3 activation=linear [convolutional] filters=70 size=3 pad=1 stride=2 " LEAKY
     "[convolutional] filters=70 size=3 groups=70 pad=1 stride=2 " LEAKY
     "[convolutional] filters=70 size=5 pad=1 " LEAKY "[shortcut] from=-2 activation=leaky "
     "[convolutional] filters=7 size=1 activation=linear " YOLO,
     {11}},
    /* layers that a row needs all rows of, or whose backwards read values; a wide picture */
    {"[net] height=22 width=150 channels=3 [convolutional] filters=20 size=3 pad=1 activation=relu "
     "[convolutional] filters=64 size=3 pad=1 activation=elu [batchnorm] [convolutional] filters=17 size=3 pad=1 "
     "activation=logistic [activation] activation=leaky [reorg] stride=2 [convolutional] filters=40 size=3 stride=2 "
     "pad=1 activation=relu [upsample] stride=2 [convolutional] filters=64 size=1 stride=1 pad=0 activation=relu "
     "[convolutional] filters=7 size=1 activation=linear " YOLO,
     {10}},
    /* rows longer than a block of units on matrix units; in two of them */
    {"[net] height=4 width=1070 channels=2 [convolutional] filters=17 size=3 pad=1 activation=relu [convolutional] "
     "filters=16 size=3 pad=1 activation=relu [convolutional] filters=66 size=1 activation=leaky [convolutional] "
     "filters=17 size=1 activation=leaky [maxpool] size=3 stride=2 [convolutional] filters=64 size=3 pad=1 "
     "activation=relu [convolutional] filters=7 size=1 activation=linear " YOLO,
     {7}},
    /* rows that read nothing but padding */
    {"[net] height=12 width=10 channels=3 [convolutional] filters=20 size=3 pad=1 activation=relu [convolutional] "
     "filters=20 size=3 padding=7 activation=relu [convolutional] filters=66 size=2 padding=3 activation=leaky "
     "[convolutional] filters=7 size=1 activation=linear " YOLO,
     {4}},
    /* plain tensors */
    {"[net] height=19 width=17 channels=4 [convolutional] filters=6 groups=2 size=3 pad=1 activation=leaky "
     "[maxpool] size=3 stride=2 [deconvolutional] filters=6 size=2 stride=2 activation=leaky [convolutional] "
     "filters=14 groups=2 size=3 pad=1 activation=leaky [convolutional] filters=7 size=1 activation=linear " YOLO,
     {5}},
};
enum { network_count = sizeof networks / sizeof *networks };

static void set_inputs(attr_engine *a, attr_engine *b, int count) {
    for (int s = 0; s < count; s++) {
        double *x = random_seeds(attr_engine_inputs(a));
        attr_engine_set_input_f64(a, s, x);
        if (b) attr_engine_set_input_f64(b, s, x);
        free(x);
    }
}

/* Leaves values in all tensors, so large that a trace of them would be seen. */
static void leave_others(attr_engine *e, int count) {
    for (int s = 0; s < count; s++) {
        double *x = random_seeds(attr_engine_inputs(e));
        for (size_t i = 0; i < attr_engine_inputs(e); i++) x[i] *= 1e12;
        attr_engine_set_input_f64(e, s, x);
        free(x);
    }
    attr_engine_forward(e, count);
}

/* The gradients, of all samples, of seeds in the area `seeded` of what a head reads; `told` is what the engine is. */
static double *gradients(attr_engine *e, const attr_spot *seeded, const attr_spot *told, int count,
                         const double *seeds) {
    attr_tensor *t = attr_engine_op(e, seeded->layer)->reads[0];
    size_t inputs = attr_engine_inputs(e);
    double *all = test_allocate((size_t)count * inputs, sizeof *all);
    attr_engine_clear_at(e, told, 1);
    for (int s = 0; s < count; s++)
        for (int c = 0; c < t->c; c++)
            for (int y = seeded->area.rows.first; y < seeded->area.rows.end; y++) {
                attr_span columns = seeded->area.columns;
                size_t x = (size_t)(columns.first + (y + c) % (columns.end - columns.first));
                size_t at = ((size_t)c * t->h + y) * t->w + x;
                attr_tensor_add_gradient(t, s, at, seeds[at] * (s + 1));
            }
    attr_engine_backward_from(e, told, 1);
    for (int s = 0; s < count; s++) attr_tensor_read_gradient(all + s * inputs, attr_engine_input(e), s, 0, inputs);
    return all;
}

static void expect_same(attr_engine *some, attr_engine *all, const attr_spot *spot, int count, const char *about) {
    attr_tensor *a = attr_engine_op(some, spot->layer)->reads[0], *b = attr_engine_op(all, spot->layer)->reads[0];
    attr_span rows = spot->area.rows, columns = spot->area.columns;
    size_t inputs = attr_engine_inputs(all), length = (size_t)(columns.end - columns.first);
    double *seeds = random_seeds(a->size), *got = test_allocate(length, sizeof *got), *right = test_allocate(length, 8);
    for (int s = 0; s < count; s++)
        for (int c = 0; c < a->c; c++)
            for (int y = rows.first; y < rows.end; y++) {
                size_t at = ((size_t)c * a->h + y) * a->w + columns.first;
                attr_tensor_read(got, a, s, at, length);
                attr_tensor_read(right, b, s, at, length);
                cr_expect_arr_eq(got, right, length * sizeof *got, "%s: values, sample %d, channel %d, row %d", about,
                                 s, c, y);
            }
    double *g = gradients(some, spot, spot, count, seeds);
    double *expected = gradients(all, spot, &(attr_spot){.layer = spot->layer}, count, seeds);
    double error = 0, size = 0;
    for (size_t i = 0; i < count * inputs; i++) {
        error += (g[i] - expected[i]) * (g[i] - expected[i]);
        size += expected[i] * expected[i];
    }
    cr_expect(error <= 1e-10 * size + 1e-14, "%s: gradients are %g off, of %g", about, sqrt(error), sqrt(size));
    free(seeds), free(got), free(right), free(g), free(expected);
}

/* One pixel, two side by side, a whole row; over the picture's width. */
static attr_span columns_at(int step, int width) {
    if (step == 3) return (attr_span){0, width};
    int first = (width - 1) * step / 2;
    return (attr_span){first, first + 1 + (step == 0 && width > 1)};
}

static void compare(const network *net, const spotted *n, int parts, const char *generation) {
    attr_engine *some = NULL, *all = NULL;
    cr_assert_eq(attr_engine_create_in_parts(&some, net, batch, ATTR_KEEP_NEEDED, parts), ATTR_OK);
    cr_assert_eq(attr_engine_create(&all, net, ATTR_F32, batch, ATTR_KEEP_ALL), ATTR_OK);
    for (int count = 1; count <= batch; count += batch - 1)
        for (int k = 0; k < 2 && n->heads[k]; k++) {
            const attr_tensor *t = attr_engine_op(some, n->heads[k])->reads[0];
            for (int row = 0, step = k + count; row < t->h; row += 1 + (t->h - 1) / 3, step++) {
                char about[2048];
                attr_area area = {{row, row + 1 + (row == 0 && count > 1)}, columns_at(step % 4, t->w)};
                attr_spot spot = {n->heads[k], true, area};
                snprintf(about, sizeof about, "%s\n  %s, %d parts, %d samples, head %d, row %d, columns %d to %d",
                         n->cfg, generation, parts, count, n->heads[k], row, area.columns.first, area.columns.end - 1);
                leave_others(some, batch);
                set_inputs(some, all, count);
                attr_engine_want(some, &spot);
                attr_engine_forward(some, count);
                attr_engine_forward(all, count);
                expect_same(some, all, &spot, count, about);
            }
        }
    attr_engine_free(some);
    attr_engine_free(all);
}

Test(spots, give_the_bits_of_whole_passes) {
    static const char *const names[] = {"any", "v3", "v4", "AMX"};
    for (attr_cpu generation = ATTR_CPU_ANY; generation <= ATTR_CPU_AMX; ++generation) {
        attr_cpu_limit = generation;
        for (int i = 0; i < network_count && attr_cpu_newest() == generation; i++) {
            network *net = make_test_network(networks[i].cfg, 1);
            compare(net, &networks[i], 1, names[generation]);
            if (generation >= ATTR_CPU_V4) compare(net, &networks[i], 2, names[generation]);
            free_test_network(net);
        }
    }
}

/* What is left out is added to in place, over and over. */
Test(spots, stay_the_same_after_many_passes) {
    network *net = make_test_network(networks[1].cfg, 1);
    attr_engine *some = NULL, *all = NULL;
    attr_spot spot = {networks[1].heads[0], true, {{1, 2}, {1, 3}}};
    cr_assert_eq(attr_engine_create(&some, net, ATTR_F32, 1, ATTR_KEEP_NEEDED), ATTR_OK);
    cr_assert_eq(attr_engine_create(&all, net, ATTR_F32, 1, ATTR_KEEP_ALL), ATTR_OK);
    set_inputs(some, all, 1);
    attr_engine_forward(all, 1);
    for (int pass = 0; pass < 50; pass++) {
        attr_engine_want(some, &spot);
        attr_engine_forward(some, 1);
    }
    expect_same(some, all, &spot, 1, networks[1].cfg);
    attr_engine_free(some);
    attr_engine_free(all);
    free_test_network(net);
}

/* ---- Targets */

/* The value and the gradient by whole passes. */
static double *whole_gradient(double *value, attr_engine *e, const attr_target *t, const int heads[2]) {
    attr_spot spots[2] = {{.layer = heads[0]}, {.layer = heads[1]}};
    int count = heads[1] && heads[1] != heads[0] ? 2 : 1;
    double *gradient = test_allocate(attr_engine_inputs(e), sizeof *gradient);
    attr_engine_forward(e, 1);
    *value = attr_target_value(t, e, 0);
    attr_engine_clear_at(e, spots, count);
    attr_target_seed(t, e, 0, 1);
    attr_engine_backward_from(e, spots, count);
    attr_tensor_read_gradient(gradient, attr_engine_input(e), 0, 0, attr_engine_inputs(e));
    return gradient;
}

static void expect_same_target(attr_engine *some, attr_engine *all, attr_target *t, const int heads[2],
                               const char *about) {
    size_t inputs = attr_engine_inputs(all);
    double value, *right = whole_gradient(&value, all, t, heads), *got = test_allocate(inputs, sizeof *got);
    double error = 0, size = 0;
    attr_targets_forward(&t, 1, some, 1);
    cr_expect_eq(attr_target_value(t, some, 0), value, "%s", about);
    attr_target_differentiate(t, some, 1);
    attr_tensor_read_gradient(got, attr_engine_input(some), 0, 0, inputs);
    for (size_t i = 0; i < inputs; i++) {
        error += (got[i] - right[i]) * (got[i] - right[i]);
        size += right[i] * right[i];
    }
    cr_expect(size > 0 && sqrt(error / size) < 1e-5, "%s: %g off", about, sqrt(error / size));
    free(right);
    free(got);
}

static attr_target *target_at(attr_engine *e, int head, int row, attr_quantity quantity) {
    attr_target *t = NULL;
    attr_detection d = {.layer = head, .row = row, .column = 1, .class_index = 1};
    cr_assert_eq(attr_target_of_detection(&t, e, quantity, &d), ATTR_OK);
    return t;
}

/* Of one cell, of two of one head or of two heads, of the best box of all. */
static void check_targets(const char *cfg, const int heads[2]) {
    engine_pair n;
    attr_engine *some = NULL;
    engine_pair_make(&n, cfg, 1);
    cr_assert_eq(attr_engine_create(&some, n.net, ATTR_F32, 1, ATTR_KEEP_NEEDED), ATTR_OK);
    for (int row = 0; row < 3; row++)
        for (int other = -1; other < 3; other++)
            for (int head = 0; head < 2 && heads[head]; head++) {
                char about[2048];
                const int of[2] = {heads[0], other < 0 ? 0 : heads[head]};
                attr_target *t = target_at(n.single, of[0], row, ATTR_TARGET_SCORE);
                snprintf(about, sizeof about, "%s\n  row %d of %d less row %d of %d", cfg, row, of[0], other, of[1]);
                if (other >= 0) attr_target_subtract(t, target_at(n.single, of[1], other, ATTR_TARGET_OBJECTNESS));
                leave_others(some, 1);
                set_inputs(some, n.single, 1);
                expect_same_target(some, n.single, t, of, about);
                attr_target_free(t);
            }
    attr_engine_free(some);
    engine_pair_free(&n);
}

Test(spots, are_where_targets_stand) {
    check_targets(networks[0].cfg, networks[0].heads);
    const char *cfg = "[net] height=24 width=24 channels=3 [convolutional] filters=32 size=3 pad=1 " LEAKY
                      "[maxpool] size=2 stride=2 [convolutional] filters=40 size=3 pad=1 " LEAKY
                      "[maxpool] size=2 stride=2 [convolutional] filters=14 size=1 activation=linear "
                      "[region] anchors=1,2,3,4 classes=2 coords=4 num=2 softmax=1";
    check_targets(cfg, (const int[2]){5});
}

Test(spots, of_a_box_looked_for_anew_are_all_heads) {
    engine_pair n;
    attr_target *t, *anew = NULL;
    engine_pair_make(&n, networks[0].cfg, 1);
    t = target_at(n.single, networks[0].heads[0], 1, ATTR_TARGET_SCORE);
    attr_engine_set_input_f32(n.single, 0, n.x);
    attr_engine_forward(n.single, 1);
    cr_assert_eq(attr_target_rematch(&anew, t, n.single, 0), ATTR_OK);
    double value = attr_target_value(anew, n.single, 0);
    set_inputs(n.single, NULL, 1);
    attr_engine_forward(n.single, 1);
    cr_expect_neq(attr_target_value(anew, n.single, 0), value);
    attr_engine_set_input_f32(n.single, 0, n.x);
    attr_target_forward(anew, n.single, 1);
    cr_expect_eq(attr_target_value(anew, n.single, 0), value);
    attr_target_free(anew);
    attr_target_free(t);
    engine_pair_free(&n);
}
