/* Activation maximisation: its objectives against differences, and dreams made again from their formulas. */
#include <criterion/criterion.h>
#include <malloc.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "dreams/canvas.h"
#include "dreams/dream.h"
#include "engine_pair.h"
#include "layer_harness.h"
#include "model/parameters.h"
#include "small_network.h"

#define INPUT "[net] height=6 width=5 channels=3 "
enum { HEIGHT = 6, WIDTH = 5, PIXELS = HEIGHT * WIDTH, SIZE = 3 * PIXELS };

static const char *const linear_net = INPUT "[connected] output=3 activation=linear [softmax]";
static const char *const smooth_net =
    INPUT "[convolutional] filters=6 size=3 pad=1 batch_normalize=1 activation=tanh "
          "[convolutional] filters=4 size=3 pad=1 activation=logistic [connected] output=4 activation=linear [softmax]";
static const char *const detector =
    INPUT "[convolutional] filters=6 size=3 pad=1 batch_normalize=1 activation=tanh "
          "[convolutional] filters=16 size=1 activation=linear [yolo] mask=0,1 anchors=2,3,4,5 num=2 classes=3";

static attr_dream_settings settings_of(size_t steps) {
    return (attr_dream_settings){.channels = 3,
                                 .height = HEIGHT,
                                 .width = WIDTH,
                                 .seed = 0x123456789abcdefu,
                                 .steps = steps,
                                 .rate = 0.05,
                                 .limit = 1,
                                 .views = {0, 1, 1, 0},
                                 .frames = 2};
}

static attr_dream_objective objective_of(attr_engine *e, attr_quantity quantity, int class_index) {
    attr_dream_objective o = {.targets = test_allocate(1, sizeof(attr_target *)), .count = 1};
    o.targets[0] = test_target(e, quantity, class_index);
    return o;
}

static attr_dream dream_of(attr_engine *e, const attr_dream_objective *o, const attr_dream_settings *s) {
    attr_dream d;
    cr_assert_eq(attr_dream_run(&d, e, o, s, NULL, NULL), ATTR_OK, "%s", attr_error_message());
    return d;
}

/* ---- Objectives */

static double value_at(const attr_dream_objective *o, attr_engine *e, const double *x) {
    attr_engine_set_input_f64(e, 0, x);
    attr_engine_forward(e, 1);
    return attr_objective_value(NULL, o, e);
}

/* The gradient of the double engine against differences of its forward, the single engine against the double. */
static void check_objective(const engine_pair *n, const attr_dream_objective *o, const char *what) {
    double x[SIZE], by[SIZE], single[SIZE], expected[SIZE];
    const double h = 1e-5;
    for (int i = 0; i < SIZE; i++) x[i] = n->x[i];
    for (int i = 0; i < SIZE; i++) {
        x[i] = n->x[i] + h;
        double up = value_at(o, n->twin, x);
        x[i] = n->x[i] - h;
        expected[i] = (up - value_at(o, n->twin, x)) / (2 * h);
        x[i] = n->x[i];
    }
    double value = value_at(o, n->twin, x);
    cr_expect_eq(attr_objective_differentiate(o, n->twin), value, "%s", what);
    attr_tensor_read_gradient(by, attr_engine_input(n->twin), 0, 0, SIZE);
    double error = relative_error(by, expected, SIZE);
    cr_expect(error < 1e-7, "%s: %g off differences", what, error);
    value_at(o, n->single, x);
    cr_expect_float_eq(attr_objective_differentiate(o, n->single), value, 1e-5 * (1 + fabs(value)), "%s", what);
    attr_tensor_read_gradient(single, attr_engine_input(n->single), 0, 0, SIZE);
    error = relative_error(single, by, SIZE);
    cr_expect(error < 1e-4, "%s: single precision %g off", what, error);
}

Test(dreams, objectives_of_classes_and_channels_against_differences) {
    engine_pair n;
    char what[64];
    engine_pair_make(&n, smooth_net, 1);
    for (int q = 0; q < 2; q++) {
        attr_dream_objective o = objective_of(n.single, q ? ATTR_TARGET_LOG_PROBABILITY : ATTR_TARGET_LOGIT, 2);
        snprintf(what, sizeof what, "class, quantity %d", q);
        check_objective(&n, &o, what);
        attr_objective_free(&o);
    }
    for (int layer = 0; layer < 2; layer++)
        for (int centre = 0; centre < 2; centre++) {
            attr_dream_objective o;
            cr_assert_eq(attr_objective_of_channel(&o, n.single, layer, 3, centre), ATTR_OK);
            snprintf(what, sizeof what, "layer %d, centre %d", layer, centre);
            check_objective(&n, &o, what);
            attr_objective_free(&o);
        }
    engine_pair_free(&n);
}

Test(dreams, a_channel_s_value_is_its_mean_or_its_middle) {
    engine_pair n;
    double x[SIZE], output[4 * PIXELS], sum = 0;
    attr_dream_objective mean, centre, none;
    engine_pair_make(&n, smooth_net, 1);
    for (int i = 0; i < SIZE; i++) x[i] = n.x[i];
    cr_assert_eq(attr_objective_of_channel(&mean, n.twin, 1, 2, false), ATTR_OK);
    cr_assert_eq(attr_objective_of_channel(&centre, n.twin, 1, 2, true), ATTR_OK);
    double got = value_at(&mean, n.twin, x), middle = value_at(&centre, n.twin, x);
    attr_tensor_read(output, attr_engine_kept(n.twin, 1), 0, 0, 4 * PIXELS);
    for (int i = 0; i < PIXELS; i++) sum += output[2 * PIXELS + i];
    cr_expect_float_eq(got, sum / PIXELS, 1e-12, "%g", got);
    cr_expect_eq(middle, output[2 * PIXELS + HEIGHT / 2 * WIDTH + WIDTH / 2], "%g", middle);
    cr_expect(isnan(attr_objective_probability(&mean, n.twin)));
    cr_expect_eq(attr_objective_of_channel(&none, n.twin, 1, 4, false), ATTR_BAD_INPUT);
    engine_pair_free(&n);
}

/* The largest of all cells and anchors is that of the double loop over single targets. */
Test(dreams, a_detector_s_class_anywhere) {
    engine_pair n;
    double x[SIZE], largest = -INFINITY;
    attr_dream_objective o, scores;
    size_t chosen, expected = 0, number = 0;
    engine_pair_make(&n, detector, 1);
    for (int i = 0; i < SIZE; i++) x[i] = n.x[i];
    cr_assert_eq(attr_objective_anywhere(&o, n.single, ATTR_TARGET_AUTO, 1), ATTR_OK);
    cr_assert_eq(attr_objective_anywhere(&scores, n.single, ATTR_TARGET_SCORE, 1), ATTR_OK);
    cr_assert_eq(o.count, 2 * PIXELS, "%zu", o.count);
    value_at(&o, n.twin, x);
    for (int row = 0; row < HEIGHT; row++)
        for (int column = 0; column < WIDTH; column++)
            for (int anchor = 0; anchor < 2; anchor++, number++) {
                attr_target *t = NULL;
                attr_detection d = {
                    .layer = n.net->n - 1, .class_index = 1, .anchor = anchor, .row = row, .column = column};
                cr_assert_eq(attr_target_of_detection(&t, n.twin, ATTR_TARGET_SCORE, &d), ATTR_OK);
                double score = attr_target_value(t, n.twin, 0);
                if (score > largest) expected = number;
                largest = fmax(largest, score);
                attr_target_free(t);
            }
    double value = attr_objective_value(&chosen, &o, n.twin);
    cr_expect_eq(chosen, expected, "%zu, expected %zu", chosen, expected);
    cr_expect_float_eq(value, log(largest), 1e-12, "%g, expected %g", value, log(largest));
    cr_expect_float_eq(attr_objective_probability(&o, n.twin), largest, 1e-12);
    cr_expect_float_eq(attr_objective_value(NULL, &scores, n.twin), largest, 1e-12);
    check_objective(&n, &o, "log score, anywhere");
    check_objective(&n, &scores, "score, anywhere");
    attr_objective_free(&o);
    attr_objective_free(&scores);
    cr_expect_eq(attr_objective_anywhere(&o, n.single, ATTR_TARGET_AUTO, 3), ATTR_BAD_INPUT);
    engine_pair_free(&n);
}

/* ---- Dreams made again */

/* Gradients by the double engine; spectrum and views have tests of their own. */
typedef struct {
    const attr_dream_settings *settings;
    const attr_dream_objective *objective;
    attr_engine *e;
    double x[SIZE], objectives[64];
} remade;

static void add_gradient(remade *r, double *sum, double *value, const double *view, double part) {
    double by[SIZE];
    attr_engine_set_input_f64(r->e, 0, view);
    attr_engine_forward(r->e, 1);
    *value += part * attr_objective_differentiate(r->objective, r->e);
    attr_tensor_read_gradient(by, attr_engine_input(r->e), 0, 0, SIZE);
    for (int i = 0; i < SIZE; i++) sum[i] += part * by[i];
}

static void mean_gradient(remade *r, double *sum, double *value, const double *view, size_t step) {
    const attr_dream_settings *s = r->settings;
    memset(sum, 0, sizeof(double) * SIZE);
    *value = 0;
    if (s->clones == 0) add_gradient(r, sum, value, view, 1);
    for (size_t i = 0; i < s->clones; i++) {
        attr_weight_noise noise = s->weight_noise;
        noise.clone = i + (s->fresh ? step * s->clones : 0);
        cr_assert_eq(attr_engine_perturb(r->e, &noise), ATTR_OK);
        add_gradient(r, sum, value, view, 1. / (double)s->clones);
        attr_engine_set_parameters(r->e, NULL);
    }
}

static void make_again(remade *r) {
    const attr_dream_settings *s = r->settings;
    attr_canvas c;
    double view[SIZE], by_view[SIZE], by_x[SIZE];
    cr_assert_eq(attr_canvas_make(&c, 3, HEIGHT, WIDTH), ATTR_OK);
    size_t n = c.parameters;
    double *p = test_allocate(n, sizeof *p), *g = test_allocate(n, sizeof *p), *m = test_allocate(n, sizeof *p),
           *v = test_allocate(n, sizeof *p);
    attr_canvas_start(p, &c, s->seed);
    attr_canvas_paint(r->x, &c, p);
    for (size_t step = 0; step < s->steps; step++) {
        attr_augmentation a = attr_augmentation_draw(&s->views, s->seed, step);
        attr_augmentation_apply(view, r->x, 3, HEIGHT, WIDTH, &a);
        mean_gradient(r, by_view, &r->objectives[step], view, step);
        attr_augmentation_transpose(by_x, by_view, 3, HEIGHT, WIDTH, &a);
        attr_canvas_transpose(g, &c, r->x, by_x);
        double length = 0, t = (double)step + 1;
        for (size_t i = 0; i < n; i++) length += g[i] * g[i];
        double part = fmin(1, s->limit / (sqrt(length) + 1e-6));
        for (size_t i = 0; i < n; i++) {
            double d = -part * g[i]; /* of the loss */
            m[i] = .9 * m[i] + .1 * d;
            v[i] = .999 * v[i] + .001 * d * d;
            p[i] -= s->rate * (m[i] / (1 - pow(.9, t))) / (sqrt(v[i] / (1 - pow(.999, t))) + 1e-8);
        }
        attr_canvas_paint(r->x, &c, p);
    }
    free(p);
    free(g);
    free(m);
    free(v);
    attr_canvas_free(&c);
}

static void expect_the_same(const engine_pair *n, const attr_dream_objective *o, const attr_dream_settings *s,
                            const char *what) {
    attr_dream d = dream_of(n->single, o, s);
    remade r = {.settings = s, .objective = o, .e = n->twin};
    double got[SIZE];
    make_again(&r);
    for (int i = 0; i < SIZE; i++) got[i] = d.x[i];
    double error = relative_error(got, r.x, SIZE);
    cr_expect(error < 1e-4, "%s: the picture is %g off", what, error);
    for (size_t i = 0; i < s->steps; i++)
        cr_expect(fabs(d.points[i].objective - r.objectives[i]) < 1e-3 * (1 + fabs(r.objectives[i])),
                  "%s, step %zu: %g, expected %g", what, i, d.points[i].objective, r.objectives[i]);
    cr_expect(isnan(d.points[s->steps].objective));
    cr_expect_float_eq(d.points[s->steps].clean, value_at(o, n->twin, got), 1e-4, "%s", what);
    cr_expect(d.points[s->steps].clean > d.points[0].clean, "%s: from %g to %g", what, d.points[0].clean,
              d.points[s->steps].clean);
    attr_dream_free(&d);
}

Test(dreams, made_again) {
    engine_pair n, of_detector;
    engine_pair_make(&n, smooth_net, 1);
    attr_dream_objective o = objective_of(n.single, ATTR_TARGET_LOGIT, 1), anywhere;
    attr_dream_settings s = settings_of(20);
    expect_the_same(&n, &o, &s, "as it is");
    s.views = (attr_augmentation_range){15, 0.5, 1.2, 1};
    expect_the_same(&n, &o, &s, "views");
    s.clones = 4;
    s.weight_noise = (attr_weight_noise){.seed = 5, .sigma = 0.2f};
    expect_the_same(&n, &o, &s, "clones");
    s.fresh = true;
    expect_the_same(&n, &o, &s, "fresh clones");
    attr_objective_free(&o);
    engine_pair_free(&n);
    engine_pair_make(&of_detector, detector, 1);
    cr_assert_eq(attr_objective_anywhere(&anywhere, of_detector.single, ATTR_TARGET_AUTO, 0), ATTR_OK);
    s = settings_of(20);
    expect_the_same(&of_detector, &anywhere, &s, "detector");
    attr_objective_free(&anywhere);
    engine_pair_free(&of_detector);
}

/* A linear network's logit is w x + b: its gradient by the parameters is the canvas transposed of w, whatever the step;
 * its dream is bright where w is positive and dark where it is negative. The highest frequencies are left out, and
 * colours of planes that go together grow faster, so that not every pixel need be so. */
Test(dreams, of_a_linear_network) {
    engine_pair n;
    engine_pair_make(&n, linear_net, 1);
    const float *w = n.net->layers[0].weights + 2 * SIZE;
    attr_dream_objective o = objective_of(n.single, ATTR_TARGET_LOGIT, 2);
    attr_dream_settings s = settings_of(500);
    attr_dream d = dream_of(n.single, &o, &s);
    double product = 0, squares = 0, lengths = 0, best = n.net->layers[0].biases[2];
    for (int i = 0; i < SIZE; i++) {
        double x = d.x[i] - 0.5;
        product += x * w[i];
        squares += x * x;
        lengths += (double)w[i] * w[i];
        best += fmax(w[i], 0);
    }
    double cosine = product / sqrt(squares * lengths);
    cr_expect(cosine > 0.8, "cosine with the weights %g", cosine);
    for (size_t i = 1; i <= s.steps; i++)
        cr_expect(d.points[i].clean > d.points[i - 1].clean, "step %zu: %g after %g", i, d.points[i].clean,
                  d.points[i - 1].clean);
    cr_expect(d.points[s.steps].clean < best, "%g is more than is possible, %g", d.points[s.steps].clean, best);
    cr_expect(d.points[s.steps].probability > 0.9, "probability %g", d.points[s.steps].probability);
    attr_dream_free(&d);
    s.steps = 20;
    expect_the_same(&n, &o, &s, "linear");
    attr_objective_free(&o);
    engine_pair_free(&n);
}

/* ---- Clones */

Test(dreams, without_noise_clones_are_the_network) {
    engine_pair n;
    engine_pair_make(&n, smooth_net, 1);
    attr_dream_objective o = objective_of(n.single, ATTR_TARGET_LOGIT, 1);
    attr_dream_settings s = settings_of(10);
    attr_dream plain = dream_of(n.single, &o, &s);
    s.clones = 3;
    attr_dream same = dream_of(n.single, &o, &s);
    for (int i = 0; i < SIZE; i++) cr_expect_float_eq(same.x[i], plain.x[i], 1e-5, "%d", i);
    attr_dream_free(&plain);
    attr_dream_free(&same);
    attr_objective_free(&o);
    engine_pair_free(&n);
}

/* The same seed gives the same bits, with one thread and with two; another seed of the noise other ones; and the
 * engine has its own parameters again. */
Test(dreams, clones_repeat_by_their_seeds) {
    engine_pair n;
    engine_pair_make(&n, smooth_net, 1);
    attr_dream_objective o = objective_of(n.single, ATTR_TARGET_LOGIT, 1);
    attr_dream_settings s = settings_of(6);
    double x[SIZE];
    for (int i = 0; i < SIZE; i++) x[i] = n.x[i];
    double before = value_at(&o, n.single, x);
    s.views = (attr_augmentation_range){15, 0.5, 1.2, 0};
    s.clones = 5;
    for (int fresh = 0; fresh < 2; fresh++) {
        s.fresh = fresh;
        s.weight_noise = (attr_weight_noise){.seed = 5, .sigma = 0.2f};
        attr_dream first = dream_of(n.single, &o, &s);
        omp_set_num_threads(2);
        attr_dream again = dream_of(n.single, &o, &s);
        omp_set_num_threads(1);
        s.weight_noise.seed = 6;
        attr_dream other = dream_of(n.single, &o, &s);
        cr_expect_arr_eq(again.x, first.x, sizeof(float) * SIZE, "fresh=%d", fresh);
        cr_expect(memcmp(other.x, first.x, sizeof(float) * SIZE) != 0, "fresh=%d", fresh);
        attr_dream_free(&first);
        attr_dream_free(&again);
        attr_dream_free(&other);
    }
    cr_expect_eq(value_at(&o, n.single, x), before);
    attr_objective_free(&o);
    engine_pair_free(&n);
}

typedef struct {
    size_t largest, calls, all;
} watch;

static int look_at_memory(void *context, size_t done, size_t all) {
    watch *w = context;
    size_t bytes = test_bytes_in_use();
    (void)done;
    if (bytes > w->largest) w->largest = bytes;
    w->calls++;
    w->all = all;
    return 0;
}

/* Copies of this network's 900 parameters would be 3.5 kB each. Malloc's own books, and Criterion's, move by 1 or 2 kB.
 */
Test(dreams, memory_does_not_grow_with_clones) {
    enum { LEEWAY = 8 << 10 };
    engine_pair n;
    size_t first = 0;
    engine_pair_make(&n, smooth_net, 1);
    attr_dream_objective o = objective_of(n.single, ATTR_TARGET_LOGIT, 1);
    attr_dream_settings s = settings_of(3);
    s.weight_noise = (attr_weight_noise){.seed = 5, .sigma = 0.2f};
    for (int warm = 0; warm < 2; warm++)
        for (size_t clones = 1; clones <= 100; clones *= 10) {
            watch w = {0};
            attr_dream d;
            s.clones = clones;
            size_t before = test_bytes_in_use();
            cr_assert_eq(attr_dream_run(&d, n.single, &o, &s, look_at_memory, &w), ATTR_OK);
            attr_dream_free(&d);
            cr_expect_eq(w.calls, s.steps * clones, "%zu", w.calls);
            cr_expect_eq(w.all, s.steps * clones, "%zu", w.all);
            if (!warm) continue; /* the engine's own room for perturbed layers is made once */
            if (clones == 1) first = w.largest;
            cr_expect(w.largest < first + LEEWAY, "%zu clones: %zu bytes, with one %zu", clones, w.largest, first);
            cr_expect(test_bytes_in_use() < before + LEEWAY, "%zu clones", clones);
        }
    attr_objective_free(&o);
    engine_pair_free(&n);
}

/* ---- Frames, and what goes wrong */

Test(dreams, frames_are_evenly_spaced_from_start_to_end) {
    static const size_t cases[][2] = {{1, 2}, {1, 9}, {7, 2}, {8, 9}, {20, 5}, {21, 9}, {3, 3}};
    engine_pair n;
    engine_pair_make(&n, linear_net, 1);
    attr_dream_objective o = objective_of(n.single, ATTR_TARGET_LOGIT, 1);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        size_t steps = cases[k][0], frames = cases[k][1];
        attr_dream_settings s = settings_of(steps);
        s.frames = (int)frames;
        attr_dream d = dream_of(n.single, &o, &s);
        int last = d.frame_count - 1;
        cr_expect_eq((size_t)d.frame_count, steps + 1 < frames ? steps + 1 : frames, "%zu, %zu: %d", steps, frames,
                     d.frame_count);
        cr_expect(d.frame_steps[0] == 0 && d.frame_steps[last] == steps, "%zu, %zu: %zu to %zu", steps, frames,
                  d.frame_steps[0], d.frame_steps[last]);
        for (int i = 1; i <= last; i++) {
            double gap = (double)(d.frame_steps[i] - d.frame_steps[i - 1]), even = (double)steps / last;
            cr_expect(fabs(gap - even) < 1, "%zu, %zu: frame %d at %zu", steps, frames, i, d.frame_steps[i]);
        }
        cr_expect_arr_eq(d.frames[last], d.x, sizeof(float) * SIZE);
        attr_dream_free(&d);
    }
    attr_objective_free(&o);
    engine_pair_free(&n);
}

static int stop_at_three(void *context, size_t done, size_t all) {
    (void)context;
    (void)all;
    return done == 3;
}

Test(dreams, stopped_and_not_finite) {
    engine_pair n;
    attr_dream d;
    engine_pair_make(&n, smooth_net, 1);
    attr_dream_objective o = objective_of(n.single, ATTR_TARGET_LOGIT, 1);
    attr_dream_settings s = settings_of(6);
    cr_expect_eq(attr_dream_run(&d, n.single, &o, &s, stop_at_three, NULL), ATTR_INTERRUPTED);
    attr_dream_free(&d);
    s.clones = 2;
    cr_expect_eq(attr_dream_run(&d, n.single, &o, &s, stop_at_three, NULL), ATTR_INTERRUPTED);
    attr_dream_free(&d);
    s.weight_noise = (attr_weight_noise){.sigma = INFINITY};
    cr_expect_eq(attr_dream_run(&d, n.single, &o, &s, NULL, NULL), ATTR_NUMERIC);
    attr_dream_free(&d);
    attr_objective_free(&o);
    engine_pair_free(&n);
}
