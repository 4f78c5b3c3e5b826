/* PGD: the ball, steps by hand on a linear network, what it does to small random ones, and that nothing depends on the
 * batch. Attacks on maps: they lower what they are to lower and keep the prediction. */
#include <criterion/criterion.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "attacks/attacked_retrieval.h"
#include "attacks/map_attack.h"
#include "attacks/pgd.h"
#include "base/random.h"
#include "engine_pair.h"
#include "small_network.h"
#include "targets/probability.h"

enum { H = 6, W = 5, INPUTS = 3 * H * W };
#define NET "[net] height=6 width=5 channels=3 "
static const char classifier[] =
    NET "[convolutional] filters=8 size=3 pad=1 batch_normalize=1 activation=leaky [maxpool] size=2 stride=2 "
        "[convolutional] filters=16 size=3 pad=1 activation=relu [connected] output=4 activation=linear [softmax]";
static const char detector[] =
    NET "[convolutional] filters=16 size=3 pad=1 activation=leaky [convolutional] filters=16 size=1 activation=linear "
        "[yolo] mask=0,1 anchors=2,3,4,5 num=2 classes=3";

static const attr_region whole = {3, H, W, 0, 0, W, H};
static const attr_region part = {3, H, W, 1, 2, 3, 3};

static bool is_inside(const attr_region *r, int i) {
    int x = i % W, y = i / W % H;
    return x >= r->x0 && x < r->x0 + r->w && y >= r->y0 && y < r->y0 + r->h;
}

/* ---- The ball */

Test(attacks, ball_keeps_epsilon_the_picture_and_the_bars) {
    for (double epsilon = 0.001; epsilon < 2; epsilon *= 3)
        for (int with_bars = 0; with_bars < 2; with_bars++) {
            float x[INPUTS], y[INPUTS], z[INPUTS];
            const attr_region *r = with_bars ? &part : &whole;
            attr_ball ball = {x, *r, epsilon};
            for (int i = 0; i < INPUTS; i++) {
                x[i] = (float)test_uniform(0, 1);
                z[i] = y[i] = (float)test_uniform(-1, 2);
            }
            attr_ball_project(y, &ball);
            for (int i = 0; i < INPUTS; i++) {
                double low = fmax(0, x[i] - epsilon), high = fmin(1, x[i] + epsilon);
                double expected = is_inside(r, i) ? fmin(fmax(z[i], low), high) : x[i];
                cr_assert_float_eq(y[i], expected, 1e-7, "epsilon %g, %d: %g of %g", epsilon, i, y[i], x[i]);
            }
            memcpy(z, y, sizeof z); /* what is in it stays */
            attr_ball_project(y, &ball);
            cr_assert_arr_eq(y, z, sizeof z);
        }
}

Test(attacks, ball_rounds_to_bytes_within_itself) {
    for (double epsilon = 1 / 509.; epsilon < 0.2; epsilon *= 1.3) {
        float x[INPUTS], y[INPUTS], z[INPUTS];
        attr_ball ball = {x, whole, epsilon};
        for (int i = 0; i < INPUTS; i++) x[i] = (float)test_uniform(0, 1);
        for (int i = 0; i < INPUTS; i++) z[i] = y[i] = (float)(x[i] + test_uniform(-1, 1) * epsilon);
        attr_ball_project(z, &ball);
        memcpy(y, z, sizeof y);
        attr_ball_round(y, &ball);
        for (int i = 0; i < INPUTS; i++) {
            double byte = rint(255. * y[i]);
            cr_assert_eq(y[i], (float)(byte / 255), "%g is no byte", y[i]);
            cr_assert_leq(fabs((double)y[i] - x[i]), epsilon + 1e-7, "epsilon %g: %g of %g", epsilon, y[i], x[i]);
            cr_assert_lt(fabs(y[i] - z[i]), 1 / 255., "%g became %g", z[i], y[i]);
        }
    }
    float x[1] = {0.3f}, y[1] = {0.3f}; /* 76.5 / 255: no byte is near enough */
    attr_ball ball = {x, {1, 1, 1, 0, 0, 1, 1}, 0.001};
    attr_ball_round(y, &ball);
    cr_assert(fabs(255 * (double)y[0] - 76.5) < 0.51, "%g", 255 * y[0]);
}

Test(attacks, distance_by_hand) {
    float x[INPUTS] = {0}, y[INPUTS] = {0};
    attr_ball ball = {x, whole, 1};
    y[3] = 0.25f;
    y[50] = -0.5f;
    attr_distance d = attr_ball_distance(y, &ball);
    cr_assert_float_eq(d.largest, 0.5, 1e-12);
    cr_assert_float_eq(d.euclidean, sqrt(0.3125), 1e-12);
}

/* ---- PGD */

static attr_attacked pgd(attr_engine *e, const attr_victim *v, const attr_pgd_settings *s) {
    attr_attacked out;
    cr_assert_eq(attr_pgd(&out, e, v, 1, s, NULL, NULL), ATTR_OK, "%s", attr_error_message());
    return out;
}

/* z = W x: the sign of the gradient of log p_0 - in two classes - is that of W_0 - W_1, at every x. */
Test(attacks, pgd_on_a_linear_network_by_hand) {
    engine_pair n;
    engine_pair_make(&n, NET "[connected] output=2 activation=linear [softmax]", 1);
    const float *w = n.net->layers[0].weights;
    for (int targeted = 0; targeted < 2; targeted++)
        for (int steps = 1; steps < 8; steps++) {
            attr_target *t = test_target(n.single, ATTR_TARGET_LOGIT, 0),
                        *to = test_target(n.single, ATTR_TARGET_LOGIT, 1);
            attr_pgd_settings s = {.epsilon = 0.05, .step = 0.02, .iterations = (size_t)steps};
            attr_victim v = {n.x, part, t, targeted ? to : NULL, 0};
            attr_attacked a = pgd(n.single, &v, &s);
            for (int i = 0; i < INPUTS; i++) {
                double slope = w[i] - w[INPUTS + i], moved = fmin(0.02 * steps, 0.05);
                double expected = n.x[i] - (slope > 0 ? moved : -moved);
                expected = is_inside(&part, i) ? fmin(fmax(expected, 0), 1) : n.x[i];
                cr_assert_float_eq(a.x[i], expected, 1e-6, "%d steps, %d: %g", steps, i, a.x[i] - n.x[i]);
            }
            for (int k = 0; k < steps; k++)
                cr_assert(a.probabilities[k + 1] <= a.probabilities[k] &&
                          (!targeted || a.towards[k + 1] >= a.towards[k]));
            cr_assert_eq(a.towards != NULL, targeted);
            attr_attacked_free(&a);
            attr_target_free(t);
            attr_target_free(to);
        }
    engine_pair_free(&n);
}

Test(attacks, pgd_starts_where_the_stream_says) {
    engine_pair n;
    engine_pair_make(&n, classifier, 1);
    attr_target *t = test_target(n.single, ATTR_TARGET_LOGIT, 1);
    attr_pgd_settings s = {.epsilon = 0.1, .step = 0.1, .iterations = 0, .random_start = true, .seed = 7};
    attr_victim v = {n.x, whole, t, NULL, 5};
    attr_attacked a = pgd(n.single, &v, &s);
    attr_random random = {7, ATTR_STREAM_ATTACK, 0, 5};
    float u[INPUTS];
    attr_random_uniform(u, &random, 0, INPUTS);
    for (int i = 0; i < INPUTS; i++)
        cr_assert_float_eq(a.x[i], fmin(fmax(n.x[i] + 0.1 * (2 * u[i] - 1), 0), 1), 1e-6, "%d", i);
    attr_attacked_free(&a);
    attr_target_free(t);
    engine_pair_free(&n);
}

Test(attacks, pgd_lowers_the_class_and_raises_another) {
    for (int gain = 1; gain < 4; gain++) {
        network *net = make_test_network(classifier, gain);
        attr_engine *e = NULL;
        float x[INPUTS];
        omp_set_num_threads(1);
        cr_assert_eq(attr_engine_create(&e, net, ATTR_F32, 2, ATTR_KEEP_NEEDED), ATTR_OK);
        for (int i = 0; i < INPUTS; i++) x[i] = (float)test_uniform(0, 1);
        for (int c = 0; c < 4; c++) {
            attr_target *t = test_target(e, ATTR_TARGET_LOGIT, c), *to = test_target(e, ATTR_TARGET_LOGIT, (c + 1) % 4);
            attr_pgd_settings s = {.epsilon = 0.06, .step = 0.01, .iterations = 20};
            attr_victim v = {x, whole, t, NULL, 0};
            attr_attacked away = pgd(e, &v, &s);
            cr_assert_lt(away.probabilities[20], away.probabilities[0], "gain %d, class %d", gain, c);
            v.towards = to;
            attr_attacked towards = pgd(e, &v, &s);
            cr_assert_gt(towards.towards[20], towards.towards[0], "gain %d, class %d", gain, c);
            attr_engine_set_input_f32(e, 0, away.x);
            attr_engine_forward(e, 1);
            cr_assert_geq(towards.towards[20], attr_target_probability(to, e, 0) - 1e-3, "gain %d, class %d", gain, c);
            attr_attacked_free(&away);
            attr_attacked_free(&towards);
            attr_target_free(t);
            attr_target_free(to);
        }
        attr_engine_free(e);
        free_test_network(net);
    }
}

static attr_target *detection_at(attr_engine *e, const network *net, int anchor, int row, int column) {
    attr_target *t = NULL;
    attr_detection d = {.layer = net->n - 1, .class_index = 1, .anchor = anchor, .row = row, .column = column};
    cr_assert_eq(attr_target_of_detection(&t, e, ATTR_TARGET_SCORE, &d), ATTR_OK, "%s", attr_error_message());
    return t;
}

Test(attacks, pgd_lowers_the_score_of_a_detection_at_its_cell_and_anew) {
    engine_pair n;
    engine_pair_make(&n, detector, 1);
    for (int anew = 0; anew < 2; anew++) {
        attr_target *t = detection_at(n.single, n.net, 1, 3, 2);
        attr_pgd_settings s = {.epsilon = 0.05, .step = 0.01, .iterations = 12, .matches_anew = anew};
        attr_victim v = {n.x, whole, t, NULL, 0};
        attr_attacked a = pgd(n.single, &v, &s);
        attr_engine_set_input_f32(n.single, 0, n.x);
        attr_engine_forward(n.single, 1);
        attr_target *rematch = NULL;
        cr_assert_eq(attr_target_rematch(&rematch, t, n.single, 0), ATTR_OK);
        double frozen = attr_target_value(t, n.single, 0), best = attr_target_value(rematch, n.single, 0);
        attr_engine_set_input_f32(n.single, 0, a.x);
        attr_engine_forward(n.single, 1);
        if (!anew) cr_assert_lt(attr_target_value(t, n.single, 0), frozen);
        if (anew) cr_assert_lt(attr_target_value(rematch, n.single, 0), best);
        attr_attacked_free(&a);
        attr_target_free(rematch);
        attr_target_free(t);
    }
    engine_pair_free(&n);
}

/* The best box's own cell: the value of the rematch is its IoU x score there. */
Test(attacks, a_match_is_found_where_the_rematch_is_best) {
    engine_pair n;
    engine_pair_make(&n, detector, 1);
    attr_target *t = detection_at(n.single, n.net, 0, 2, 2), *rematch = NULL, *found = NULL;
    attr_engine_set_input_f32(n.single, 0, n.x);
    attr_engine_forward(n.single, 1);
    cr_assert_eq(attr_target_rematch(&rematch, t, n.single, 0), ATTR_OK);
    cr_assert_eq(attr_target_of_match(&found, rematch, n.single, 0, -1), ATTR_OK);
    double best = attr_target_value(rematch, n.single, 0), score = attr_target_value(found, n.single, 0);
    cr_assert(score >= best && best >= attr_target_value(t, n.single, 0) - 1e-6, "%g, %g", score, best);
    attr_target_free(found);
    cr_assert_eq(attr_target_of_match(&found, rematch, n.single, 0, 2), ATTR_OK);
    cr_assert_eq(attr_target_class(found), 2);
    attr_target_free(found);
    cr_assert_eq(attr_target_of_match(&found, rematch, n.single, 0, 3), ATTR_BAD_INPUT);
    attr_target_free(rematch);
    attr_target_free(t);
    engine_pair_free(&n);
}

Test(attacks, pgd_depends_neither_on_the_batch_nor_on_other_victims) {
    enum { VICTIMS = 5 };
    for (int detects = 0; detects < 2; detects++) {
        network *net = make_test_network(detects ? detector : classifier, 1);
        float x[VICTIMS][INPUTS], alone[VICTIMS][INPUTS];
        attr_pgd_settings s = {
            .epsilon = 0.05, .step = 0.01, .iterations = 6, .random_start = true, .seed = 3, .matches_anew = detects};
        omp_set_num_threads(1);
        for (int i = 0; i < VICTIMS * INPUTS; i++) x[i / INPUTS][i % INPUTS] = (float)test_uniform(0, 1);
        for (int batch = 1; batch <= 4; batch++) {
            attr_engine *e = NULL;
            attr_victim v[VICTIMS];
            attr_attacked a[VICTIMS];
            cr_assert_eq(attr_engine_create(&e, net, ATTR_F32, batch, ATTR_KEEP_NEEDED), ATTR_OK);
            for (int k = 0; k < VICTIMS; k++) {
                attr_target *t =
                    detects ? detection_at(e, net, k % 2, k, k % 3) : test_target(e, ATTR_TARGET_LOGIT, k % 4);
                v[k] = (attr_victim){x[k], whole, t, NULL, (uint64_t)k};
            }
            cr_assert_eq(attr_pgd(a, e, v, VICTIMS, &s, NULL, NULL), ATTR_OK, "%s", attr_error_message());
            for (int k = 0; k < VICTIMS; k++) {
                if (batch == 1) memcpy(alone[k], a[k].x, sizeof alone[k]);
                cr_assert_arr_eq(a[k].x, alone[k], sizeof alone[k], "batch %d, victim %d", batch, k);
                attr_attacked_free(&a[k]);
                attr_target_free(v[k].target);
            }
            attr_engine_free(e);
        }
        free_test_network(net);
    }
}

static int stop(void *context, size_t done, size_t all) {
    int *calls = context;
    cr_assert(done <= all);
    return ++*calls == 3;
}

Test(attacks, pgd_can_be_refused_and_stopped) {
    engine_pair n;
    engine_pair_make(&n, classifier, 1);
    attr_target *t = test_target(n.single, ATTR_TARGET_LOGIT, 0), *other = test_target(n.single, ATTR_TARGET_LOGIT, 1);
    attr_pgd_settings s = {.epsilon = 0.05, .step = 0.01, .iterations = 6};
    attr_victim v = {n.x, whole, t, NULL, 0};
    attr_attacked a;
    int calls = 0;
    cr_assert_eq(attr_pgd(&a, n.single, &v, 1, &s, stop, &calls), ATTR_INTERRUPTED);
    attr_attacked_free(&a);
    s.matches_anew = true;
    cr_assert_eq(attr_pgd(&a, n.single, &v, 1, &s, NULL, NULL), ATTR_BAD_INPUT);
    attr_attacked_free(&a);
    s.matches_anew = false;
    attr_target_subtract(t, other);
    cr_assert_eq(attr_pgd(&a, n.single, &v, 1, &s, NULL, NULL), ATTR_BAD_INPUT);
    attr_attacked_free(&a);
    attr_target_free(t);
    engine_pair_free(&n);
}

/* ---- Maps */

typedef struct {
    network *net;
    attr_engine *smooth;
    float x[INPUTS];
    attr_target *target;
    int predicted;
} subject;

static void make_subject(subject *out, const char *cfg) {
    omp_set_num_threads(1);
    out->net = make_test_network(cfg, 1);
    cr_assert_eq(attr_engine_create_smooth(&out->smooth, out->net, ATTR_F64, 2), ATTR_OK, "%s", attr_error_message());
    for (int i = 0; i < INPUTS; i++) out->x[i] = (float)test_uniform(0.2, 0.8);
    bool detects = attr_is_detector(out->smooth);
    out->target =
        detects ? detection_at(out->smooth, out->net, 1, 3, 2) : test_target(out->smooth, ATTR_TARGET_LOGIT, 0);
    attr_engine_set_input_f32(out->smooth, 0, out->x);
    attr_engine_forward(out->smooth, 1);
    out->predicted = attr_target_predicted(out->target, out->smooth, 0);
    attr_target_free(out->target);
    if (detects) {
        attr_detection d = {
            .layer = out->net->n - 1, .class_index = out->predicted, .anchor = 1, .row = 3, .column = 2};
        cr_assert_eq(attr_target_of_detection(&out->target, out->smooth, ATTR_TARGET_SCORE, &d), ATTR_OK);
    } else
        out->target = test_target(out->smooth, ATTR_TARGET_LOGIT, out->predicted);
}

static void free_subject(subject *s) {
    attr_target_free(s->target);
    attr_engine_free(s->smooth);
    free_test_network(s->net);
}

static double squares(const double *a, const double *b) {
    double sum = 0;
    for (int p = 0; p < H * W; p++) sum += (a[p] - b[p]) * (a[p] - b[p]);
    return sum;
}

Test(attacks, structured_brings_the_map_to_another_and_keeps_the_prediction) {
    for (int k = 0; k < 4; k++) {
        subject s;
        make_subject(&s, k / 2 ? detector : classifier);
        double before[H * W], after[H * W], wanted[H * W] = {0};
        for (int p = 0; p < H * W; p++)
            if (p % W < 2) wanted[p] = 1. / (2 * H);
        attr_map_attack_settings settings = {.times_input = k % 2,
                                             .epsilon = INFINITY,
                                             .step = 3e-3,
                                             .iterations = 150,
                                             .beta = 100,
                                             .wanted = wanted,
                                             .map_weight = ATTR_MAP_WEIGHT,
                                             .keep_weight = ATTR_KEEP_WEIGHT};
        attr_victim v = {s.x, whole, s.target, NULL, 0};
        attr_attacked a;
        cr_assert_eq(attr_attacked_map(before, s.smooth, s.target, &whole, k % 2, s.x), ATTR_OK);
        cr_assert_eq(attr_map_attack(&a, s.smooth, &v, &settings, NULL, NULL), ATTR_OK, "%s", attr_error_message());
        cr_assert_eq(attr_attacked_map(after, s.smooth, s.target, &whole, k % 2, a.x), ATTR_OK);
        cr_log_info("structured %d: %g to %g, p %g to %g\n", k, squares(before, wanted), squares(after, wanted),
                    a.probabilities[0], a.probabilities[150]);
        cr_assert_lt(squares(after, wanted), (k / 2 ? 0.95 : 0.7) * squares(before, wanted), "%d: %g", k,
                     squares(before, wanted));
        cr_assert_eq(attr_target_predicted(s.target, s.smooth, 0), s.predicted);
        cr_assert_lt(a.losses[150], a.losses[0]);
        for (int i = 0; i < INPUTS; i++) cr_assert(a.x[i] >= 0 && a.x[i] <= 1);
        attr_attacked_free(&a);
        free_subject(&s);
    }
}

Test(attacks, topk_takes_the_map_from_its_largest_pixels) {
    for (int k = 0; k < 4; k++) {
        subject s;
        make_subject(&s, k / 2 ? detector : classifier);
        attr_map_attack_settings settings = {
            .times_input = k % 2, .epsilon = 0.1, .step = 0.02, .iterations = 60, .beta = 30, .top = 6};
        attr_victim v = {s.x, part, s.target, NULL, 0};
        double before[H * W], after[H * W];
        attr_attacked a;
        cr_assert_eq(attr_attacked_map(before, s.smooth, s.target, &part, k % 2, s.x), ATTR_OK);
        cr_assert_eq(attr_map_attack(&a, s.smooth, &v, &settings, NULL, NULL), ATTR_OK, "%s", attr_error_message());
        cr_assert_eq(attr_attacked_map(after, s.smooth, s.target, &part, k % 2, a.x), ATTR_OK);
        cr_assert_eq(attr_target_predicted(s.target, s.smooth, 0), s.predicted);
        double least = 1;
        for (size_t i = 0; i <= a.iterations; i++) least = fmin(least, a.losses[i]);
        cr_log_info("topk %d: %g to %g in %zu\n", k, a.losses[0], least, a.iterations);
        cr_assert_lt(least, a.losses[0]);
        for (int i = 0; i < INPUTS; i++) {
            cr_assert_leq(fabs((double)a.x[i] - s.x[i]), 0.1 + 1e-6);
            if (!is_inside(&part, i)) cr_assert_eq(a.x[i], s.x[i]);
        }
        attr_attacked_free(&a);
        free_subject(&s);
    }
}

Test(attacks, on_maps_can_be_refused) {
    subject s;
    make_subject(&s, classifier);
    attr_map_attack_settings settings = {.epsilon = 0.1, .step = 0.02, .iterations = 5, .beta = 30, .top = 0};
    attr_victim v = {s.x, part, s.target, NULL, 0};
    attr_attacked a;
    cr_assert_eq(attr_map_attack(&a, s.smooth, &v, &settings, NULL, NULL), ATTR_BAD_INPUT);
    settings.top = 10;
    cr_assert_eq(attr_map_attack(&a, s.smooth, &v, &settings, NULL, NULL), ATTR_BAD_INPUT);
    settings.top = 9;
    v.towards = s.target;
    cr_assert_eq(attr_map_attack(&a, s.smooth, &v, &settings, NULL, NULL), ATTR_BAD_INPUT);
    free_subject(&s);
}

/* ---- Retrieval */

/* A network that says which of four pixels is the brightest: what is retrieved can be read off the masks. */
Test(attacks, retrieval_of_attacked_pictures_by_hand) {
    network *net =
        make_test_network("[net] height=2 width=2 channels=1 [connected] output=4 activation=linear [softmax]", 1);
    for (int i = 0; i < 16; i++) net->layers[0].weights[i] = i % 5 == 0;
    for (int i = 0; i < 4; i++) net->layers[0].biases[i] = 0;
    const attr_region all = {1, 2, 2, 0, 0, 2, 2}, left = {1, 2, 2, 0, 0, 1, 2};
    const float x[4] = {0.9f, 0.5f, 0.4f, 0.1f}, attacked[4] = {0.6f, 0.8f, 0.4f, 0.1f}, white[4] = {1, 1, 1, 1};
    const double on_it[4] = {1, 0, 0, 0}, beside[4] = {0, 0, 1, 0};
    omp_set_num_threads(1);
    for (int batch = 1; batch < 7; batch++) {
        attr_engine *e = NULL;
        attr_retrieved rates[ATTR_RETRIEVALS] = {{0}};
        cr_assert_eq(attr_engine_create(&e, net, ATTR_F32, batch, ATTR_KEEP_NEEDED), ATTR_OK);
        attr_retrieval_case c = {x, attacked, on_it, beside, &all, NULL};
        cr_assert_eq(attr_retrieve_attacked(rates, e, &c), ATTR_OK, "%s", attr_error_message());
        const size_t first[ATTR_RETRIEVALS] = {1, 1, 0, 0};
        for (int k = 0; k < ATTR_RETRIEVALS; k++)
            cr_assert(rates[k].pictures == 1 && rates[k].retrieved == first[k], "row %d: %zu", k, rates[k].retrieved);
        c.reference = white; /* what is not shown is the brightest */
        cr_assert_eq(attr_retrieve_attacked(rates, e, &c), ATTR_OK);
        for (int k = 0; k < ATTR_RETRIEVALS; k++) /* beside: pixel 0 is white, the first of three equal ones */
            cr_assert_eq(rates[k].retrieved, first[k] + (k >= ATTR_RETRIEVE_ATTACKED), "row %d: %zu", k,
                         rates[k].retrieved);
        c = (attr_retrieval_case){x, attacked, on_it, on_it, &left, NULL}; /* bars are there whatever the mask says */
        memset(rates, 0, sizeof rates);
        cr_assert_eq(attr_retrieve_attacked(rates, e, &c), ATTR_OK);
        const size_t bars[ATTR_RETRIEVALS] = {1, 0, 0, 1};
        for (int k = 0; k < ATTR_RETRIEVALS; k++) cr_assert_eq(rates[k].retrieved, bars[k], "row %d", k);
        attr_engine_free(e);
    }
    free_test_network(net);
}

Test(attacks, mask_of_a_map_by_hand) {
    const attr_region middle = {1, 3, 3, 1, 0, 2, 2};
    const double map[9] = {9, -3, 1, 9, 2, 1, 9, 9, 9}, expected[9] = {0, 1, 0, 0, 1 / 1.97, 0, 0, 0, 0};
    double mask[9];
    cr_assert_eq(attr_mask_of_map(mask, map, &middle), ATTR_OK);
    for (int i = 0; i < 9; i++) cr_assert_float_eq(mask[i], expected[i], 1e-12, "%d: %g", i, mask[i]);
}
