/* The perturbation curve: which windows, and the curve against one computed anew, in double precision, from the paper's
 * description and the network's parameters. */
#include <criterion/criterion.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "engine_pair.h"
#include "metrics/perturbation_curve.h"
#include "small_network.h"

enum { height = 11, width = 13, area = height * width, hidden = 6 };

static const char *const net_of_curves = "[net] height=11 width=13 channels=3 [connected] output=6 activation=relu "
                                         "[connected] output=3 activation=linear [softmax]";

static const attr_region whole = {3, height, width, 0, 0, width, height};

static void random_map(double *map) {
    for (int i = 0; i < area; i++) map[i] = test_uniform(-1, 1);
}

static attr_perturbation_curve curve_of(attr_engine *e, attr_target *t, const float *x, const double *map,
                                        const attr_curve_settings *s) {
    attr_perturbation_curve curve;
    cr_assert_eq(attr_perturbation_curve_make(&curve, e, t, x, map, s, NULL, NULL), ATTR_OK, "%s",
                 attr_error_message());
    return curve;
}

/* ---- Windows */

static size_t windows_of(attr_window *windows, const double *map, const attr_curve_settings *s) {
    size_t count;
    cr_assert_eq(attr_choose_windows(windows, &count, map, s), ATTR_OK, "%s", attr_error_message());
    return count;
}

Test(perturbation_curve, the_paper_s_window_is_scaled_with_the_input) {
    static const int cases[][2] = {{224, 15}, {28, 2}, {1, 1}, {416, 28}, {320, 21}, {10, 1}, {256, 17}};
    for (int i = 0; i < 7; i++)
        cr_expect_eq(attr_curve_window(cases[i][0]), cases[i][1], "side %d: %d, expected %d", cases[i][0],
                     attr_curve_window(cases[i][0]), cases[i][1]);
    attr_region region = {3, 448, 224, 0, 0, 224, 448};
    attr_curve_settings s = attr_curve_settings_of(&region, 9);
    cr_expect(s.window == 15 && s.windows == 30 && s.candidates == 50 && s.seed == 9 && !s.last_position);
}

Test(perturbation_curve, the_last_position_is_left_out_unless_asked_for) {
    double map[area] = {0};
    attr_curve_settings s = {.window = 3, .windows = 1, .region = whole};
    attr_window first;
    map[area - 1] = -7; /* only the window in the lower right corner has it */
    cr_expect_eq(windows_of(&first, map, &s), 1);
    cr_expect(first.y == 0 && first.x == 0, "a map of zeros: %d, %d, expected 0, 0", first.y, first.x);
    s.last_position = true;
    windows_of(&first, map, &s);
    cr_expect(first.y == height - 3 && first.x == width - 3, "%d, %d, expected %d, %d", first.y, first.x, height - 3,
              width - 3);
}

Test(perturbation_curve, windows_are_chosen_by_saliency_and_do_not_overlap) {
    for (int k = 1; k <= 12; k++)
        for (int last = 0; last < 2; last++) {
            double map[area];
            attr_window chosen[200];
            attr_curve_settings s = {.window = k, .windows = 200, .last_position = last, .region = whole};
            random_map(map);
            size_t count = windows_of(chosen, map, &s);
            int rows = height - k + last, columns = width - k + last, free_places = 0;
            cr_expect((count > 0) == (rows > 0 && columns > 0), "k %d: %zu windows", k, count);
            double before = INFINITY;
            for (size_t i = 0; i < count; i++) {
                double sum = 0;
                for (int y = 0; y < k; y++)
                    for (int x = 0; x < k; x++) sum += fabs(map[(chosen[i].y + y) * width + chosen[i].x + x]);
                cr_expect(sum <= before + 1e-12 && chosen[i].y < rows && chosen[i].x < columns,
                          "k %d, last %d, window %zu at %d, %d: %g, before %g", k, last, i, chosen[i].y, chosen[i].x,
                          sum, before);
                before = sum;
                for (size_t j = 0; j < i; j++)
                    cr_expect(abs(chosen[i].y - chosen[j].y) >= k || abs(chosen[i].x - chosen[j].x) >= k,
                              "k %d: windows %zu and %zu overlap", k, j, i);
            }
            for (int y = 0; y < rows; y++)
                for (int x = 0; x < columns; x++) {
                    int taken = 0;
                    for (size_t j = 0; j < count; j++) taken |= abs(y - chosen[j].y) < k && abs(x - chosen[j].x) < k;
                    free_places += !taken;
                }
            cr_expect_eq(free_places, 0, "k %d, last %d: %d places were left", k, last, free_places);
        }
}

Test(perturbation_curve, windows_on_the_bars_alone_are_left_out) {
    attr_region region = {3, height, width, 0, 4, width, 3}; /* rows 4 to 6 */
    attr_curve_settings s = {.window = 2, .windows = 100, .region = region};
    double map[area];
    attr_window chosen[100];
    for (int i = 0; i < area; i++) map[i] = 1;
    size_t count = windows_of(chosen, map, &s);
    cr_expect_eq(count, 12, "%zu windows, expected 12: rows 3 and 5", count);
    for (size_t i = 0; i < count; i++)
        cr_expect(chosen[i].y == (i < 6 ? 3 : 5) && chosen[i].x == (int)(i % 6) * 2, "window %zu at %d, %d", i,
                  chosen[i].y, chosen[i].x);
    region = (attr_region){3, height, width, 5, 0, 2, height}; /* columns 5 and 6 */
    s.region = region;
    count = windows_of(chosen, map, &s);
    cr_expect_eq(count, 10, "%zu windows, expected 10: columns 4 and 6", count);
    for (size_t i = 0; i < count; i++)
        cr_expect(chosen[i].y == (int)(i / 2) * 2 && chosen[i].x == (i % 2 ? 6 : 4), "window %zu at %d, %d", i,
                  chosen[i].y, chosen[i].x);
}

/* ---- The curve computed anew */

typedef struct {
    int y, x;
    double saliency;
} place;

static int by_saliency(const void *a, const void *b) {
    const place *left = a, *right = b;
    return left->saliency != right->saliency ? (left->saliency < right->saliency) - (left->saliency > right->saliency)
                                             : (left->y - right->y) * width + left->x - right->x;
}

/* The logit of class 1. */
static double logit(const network *net, const double *x) {
    const layer *first = &net->layers[0], *last = &net->layers[1];
    double value = last->biases[1];
    for (int h = 0; h < hidden; h++) {
        double sum = first->biases[h];
        for (int i = 0; i < 3 * area; i++) sum += first->weights[h * 3 * area + i] * x[i];
        value += last->weights[hidden + h] * (sum > 0 ? sum : 0);
    }
    return value;
}

static void fill_window(double *x, place at, int k, uint64_t seed, int window, int candidate) {
    for (int c = 0; c < 3; c++)
        for (int dy = 0; dy < k; dy++)
            for (int dx = 0; dx < k; dx++) {
                attr_random random = {seed, ATTR_STREAM_PATCHES, (uint32_t)window, (uint64_t)candidate};
                float value;
                attr_random_uniform(&value, &random, (uint64_t)((c * k + dy) * k + dx), 1);
                x[c * area + (at.y + dy) * width + at.x + dx] = value;
            }
}

/* The score that has as many scores above as below (half of an even number's two), and who has it first. */
static int middle(const double *scores, int count) {
    for (int i = 0; i < count; i++) {
        int below = 0, above = 0;
        for (int j = 0; j < count; j++) {
            below += scores[j] < scores[i];
            above += scores[j] > scores[i];
        }
        if (below <= count / 2 && above <= count / 2 && abs(below - above) <= 1) return i;
    }
    return -1;
}

/* Also returns how many windows there were. */
static int curve_anew(double *curve, const network *net, const float *input, const double *map,
                      const attr_curve_settings *s) {
    double x[3 * area], trial[3 * area], scores[64];
    place places[area], chosen[area];
    int count = 0, taken = 0, k = s->window, P = (int)s->candidates;
    for (int i = 0; i < 3 * area; i++) x[i] = input[i];
    double original = logit(net, x);
    for (int y = 0; y < height - k; y++)
        for (int xx = 0; xx < width - k; xx++) {
            places[count] = (place){y, xx, 0};
            for (int i = 0; i < k * k; i++)
                places[count].saliency += fabs(map[(y + i / k) * width + xx + i % k]) / (k * k);
            count++;
        }
    qsort(places, (size_t)count, sizeof *places, by_saliency);
    curve[0] = original / fabs(original);
    for (int i = 0; i < count && taken < (int)s->windows; i++) {
        int overlaps = 0;
        for (int j = 0; j < taken; j++)
            overlaps |= abs(places[i].y - chosen[j].y) < k && abs(places[i].x - chosen[j].x) < k;
        if (overlaps) continue;
        double mean = 0;
        for (int p = 0; p < P; p++) {
            memcpy(trial, x, sizeof x);
            fill_window(trial, places[i], k, s->seed, taken, p);
            scores[p] = logit(net, trial);
            mean += scores[p] / P;
        }
        int accepted = middle(scores, P);
        cr_assert_geq(accepted, 0);
        fill_window(x, places[i], k, s->seed, taken, accepted);
        chosen[taken++] = places[i];
        curve[taken] = mean / fabs(original);
    }
    for (int i = taken + 1; i <= (int)s->windows; i++) curve[i] = curve[taken];
    return taken;
}

static double simpson_anew(const double *v, int n) {
    double sum = v[0] + v[n - 1];
    for (int i = 1; i < n - 1; i++) sum += (i % 2 ? 4 : 2) * v[i];
    return sum / 3;
}

Test(perturbation_curve, agrees_with_one_computed_anew) {
    static const int cases[][3] = {{2, 8, 7}, {3, 4, 50}, {1, 30, 50}, {4, 6, 1}, {3, 30, 2}, {2, 10, 9}};
    engine_pair n;
    engine_pair_make(&n, net_of_curves, 4);
    /* Were all of the hidden layer 0, candidates would have the same score. */
    for (int h = 0; h < hidden; h++) n.net->layers[0].biases[h] += 2;
    attr_engine_set_parameters(n.single, NULL);
    attr_engine_set_parameters(n.twin, NULL);
    attr_target *t = test_target(n.twin, ATTR_TARGET_LOGIT, 1);
    double largest = 0;
    for (int i = 0; i < 6; i++) {
        attr_curve_settings s = {.window = cases[i][0],
                                 .windows = (size_t)cases[i][1],
                                 .candidates = (size_t)cases[i][2],
                                 .seed = 40 + (uint64_t)i,
                                 .region = whole};
        double map[area], expected[31];
        random_map(map);
        int windows = curve_anew(expected, n.net, n.x, map, &s);
        attr_perturbation_curve twin = curve_of(n.twin, t, n.x, map, &s);
        attr_perturbation_curve single = curve_of(n.single, t, n.x, map, &s);
        cr_expect_eq(twin.windows, (size_t)windows, "k %d, L %d: %zu windows, expected %d", cases[i][0], cases[i][1],
                     twin.windows, windows);
        for (int w = 0; w <= cases[i][1]; w++) {
            cr_expect(fabs(twin.values[w] - expected[w]) < 1e-6 && fabs(single.values[w] - expected[w]) < 1e-4,
                      "k %d, L %d, P %d, window %d: twin %.9g, single %.9g, expected %.9g", cases[i][0], cases[i][1],
                      cases[i][2], w, twin.values[w], single.values[w], expected[w]);
            largest = fmax(largest, fabs(expected[w] - expected[0]));
        }
        double by_simpson = simpson_anew(expected, cases[i][1] + 1);
        cr_expect(fabs(twin.area - by_simpson) < 1e-6, "k %d, L %d, P %d: area %.9g, expected %.9g", cases[i][0],
                  cases[i][1], cases[i][2], twin.area, by_simpson);
        attr_perturbation_curve_free(&twin);
        attr_perturbation_curve_free(&single);
    }
    cr_expect(largest > 0.1, "the curves hardly leave their start: by %g", largest);
    attr_target_free(t);
    engine_pair_free(&n);
}

Test(perturbation_curve, a_short_one_holds_its_last_value) {
    engine_pair n;
    engine_pair_make(&n, net_of_curves, 4);
    attr_target *t = test_target(n.single, ATTR_TARGET_LOGIT, 0);
    attr_curve_settings s = {.window = 5, .windows = 30, .candidates = 4, .seed = 3, .region = whole};
    double map[area];
    random_map(map);
    attr_perturbation_curve curve = curve_of(n.single, t, n.x, map, &s);
    cr_assert(curve.windows > 0 && curve.windows < 5, "%zu windows", curve.windows);
    for (size_t i = curve.windows; i <= 30; i++)
        cr_expect_eq(curve.values[i], curve.values[curve.windows], "value %zu: %g", i, curve.values[i]);
    attr_perturbation_curve_free(&curve);
    s.window = 11; /* range(11 - 11) is empty */
    curve = curve_of(n.single, t, n.x, map, &s);
    cr_expect(curve.windows == 0 && fabs(curve.area) == 30, "%zu windows, area %g", curve.windows, curve.area);
    attr_perturbation_curve_free(&curve);
    attr_target_free(t);
    engine_pair_free(&n);
}

/* ---- Oracles */

/* A network whose last layer has no weights has a score that no input changes: its bias. */
static void make_blind(engine_pair *n, float bias) {
    engine_pair_make(n, net_of_curves, 4);
    layer *last = &n->net->layers[1];
    for (int i = 0; i < 3 * hidden; i++) last->weights[i] = 0;
    for (int i = 0; i < 3; i++) last->biases[i] = bias;
    attr_engine_set_parameters(n->single, NULL);
    attr_engine_set_parameters(n->twin, NULL);
}

Test(perturbation_curve, of_a_model_that_ignores_its_input_is_30) {
    static const float biases[] = {0.3f, -1.7f, 1e-20f};
    for (int b = 0; b < 3; b++) {
        engine_pair n;
        make_blind(&n, biases[b]);
        attr_target *t = test_target(n.single, ATTR_TARGET_LOGIT, 1);
        attr_curve_settings s = {.window = 1, .windows = 30, .candidates = 50, .seed = 3, .region = whole};
        double map[area], expected = biases[b] < 0 ? -30 : 30;
        random_map(map);
        for (int twin = 0; twin < 2; twin++) {
            attr_perturbation_curve curve = curve_of(twin ? n.twin : n.single, t, n.x, map, &s);
            cr_expect(curve.area == expected && curve.windows == 30 && curve.target == biases[b],
                      "bias %g, twin %d: area %.17g, expected %g; %zu windows, f(x) %g", biases[b], twin, curve.area,
                      expected, curve.windows, curve.target);
            attr_perturbation_curve_free(&curve);
        }
        attr_target_free(t);
        engine_pair_free(&n);
    }
}

Test(perturbation_curve, is_undefined_where_the_target_is_0) {
    engine_pair n;
    make_blind(&n, 0);
    attr_target *t = test_target(n.single, ATTR_TARGET_LOGIT, 1);
    attr_curve_settings s = attr_curve_settings_of(&whole, 3);
    double map[area];
    attr_perturbation_curve curve;
    random_map(map);
    cr_expect_eq(attr_perturbation_curve_make(&curve, n.single, t, n.x, map, &s, NULL, NULL), ATTR_NUMERIC);
    cr_expect(strstr(attr_error_message(), "undefined"), "%s", attr_error_message());
    attr_perturbation_curve_free(&curve);
    attr_target_free(t);
    engine_pair_free(&n);
}

Test(perturbation_curve, is_the_same_for_any_batch_and_threads) {
    uint64_t first = 0;
    for (int batch = 1; batch <= 64; batch = batch * 3 + 1)
        for (int threads = 1; threads < 4; threads += 2) {
            engine_pair n;
            engine_pair_make(&n,
                             "[net] height=11 width=13 channels=3 [convolutional] batch_normalize=1 filters=8 size=3 "
                             "stride=1 pad=1 activation=leaky [maxpool] size=2 stride=2 [connected] output=3 "
                             "activation=linear [softmax]",
                             batch);
            omp_set_num_threads(threads);
            attr_target *t = test_target(n.single, ATTR_TARGET_PROBABILITY, 2);
            attr_curve_settings s = {.window = 2, .windows = 12, .candidates = 50, .seed = 8, .region = whole};
            double map[area];
            random_map(map);
            attr_perturbation_curve curve = curve_of(n.single, t, n.x, map, &s);
            uint64_t hash = test_hash(test_hash(0, curve.values, 13 * sizeof *curve.values), &curve.area, 8);
            if (first == 0) first = hash;
            cr_expect_eq(hash, first, "batch %d, %d threads: another curve, area %.17g", batch, threads, curve.area);
            attr_perturbation_curve_free(&curve);
            attr_target_free(t);
            engine_pair_free(&n);
        }
}

static int stop_at_3(void *context, size_t done, size_t all) {
    *(size_t *)context = all;
    return done == 3;
}

Test(perturbation_curve, can_be_stopped) {
    engine_pair n;
    engine_pair_make(&n, net_of_curves, 4);
    attr_target *t = test_target(n.single, ATTR_TARGET_LOGIT, 1);
    attr_curve_settings s = {.window = 2, .windows = 12, .candidates = 5, .seed = 8, .region = whole};
    double map[area];
    size_t all = 0;
    attr_perturbation_curve curve;
    random_map(map);
    cr_expect_eq(attr_perturbation_curve_make(&curve, n.single, t, n.x, map, &s, stop_at_3, &all), ATTR_INTERRUPTED);
    cr_expect_eq(all, 12, "progress is out of %zu", all);
    attr_perturbation_curve_free(&curve);
    attr_target_free(t);
    engine_pair_free(&n);
}
