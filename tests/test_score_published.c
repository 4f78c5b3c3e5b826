/* What -as_published changes: the value here and the published one, by hand. (Localisation and the similarity with a
 * soft mask are in test_score_places.c, PAIR's order of points is in test_information_curve.c.) */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "base/random.h"
#include "metrics/simpson.h"
#include "score_case.h"
#include "small_network.h"

enum { WIDTH = 24, HEIGHT = 20, PLANE = WIDTH * HEIGHT, LAST = PLANE - 1 };

static score_case s;

static void end(void) {
    score_case_free(&s);
}

/* The picture fills the plane; class 1 has no weights and no bias. */
static void begin(void) {
    linear_score_case(&s);
    s.region = (attr_region){3, HEIGHT, WIDTH, 0, 0, WIDTH, HEIGHT};
    s.m.fitted = (attr_fitted_region){0, 0, WIDTH, HEIGHT};
    memset(s.n.net->layers[0].weights + s.n.inputs, 0, s.n.inputs * sizeof(float));
    s.n.net->layers[0].biases[1] = 0;
}

TestSuite(score_published, .init = begin, .fini = end);

static void expect(const char *row, bool published, double expected, double within) {
    s.m.as_published = published;
    double found = score_of(&s, row);
    cr_expect(fabs(found - expected) <= within, "%s%s: %.17g, expected %.17g", row, published ? " as published" : "",
              found, expected);
}

/* f is the last pixel's first channel, where the map is largest: published windows never reach it, and nothing changes:
 * 30. Here the first window is that pixel: y_1 is the mean of five uniform numbers, then the middle one stays. */
Test(score_published, aupc_reaches_the_last_pixel) {
    double patches[5], curve[31] = {1}, sum = 0;
    s.n.net->layers[0].weights[s.n.inputs + LAST] = 1;
    s.n.x[LAST] = .5f;
    score_case_renew(&s);
    for (int i = 0; i < PLANE; i++) s.map[i] = i;
    for (int k = 0; k < 5; k++) {
        const attr_random random = {5, ATTR_STREAM_PATCHES, 0, (uint64_t)k};
        float u;
        attr_random_uniform(&u, &random, 0, 1);
        sum += u / .5;
        int i = k;
        for (; i > 0 && patches[i - 1] > u / .5; i--) patches[i] = patches[i - 1];
        patches[i] = u / .5;
    }
    curve[1] = sum / 5;
    for (int l = 2; l <= 30; l++) curve[l] = patches[2];
    expect("aupc", true, 30, 1e-12);
    expect("aupc", false, attr_simpson(curve, 31), 1e-6);
    cr_expect(fabs(attr_simpson(curve, 31) - 30) > .1, "a case that shows nothing");
}

/* f is pixel A - pixel B / 2, neighbours, both 1, so f(x) = 1/2. With the seeds alone both have some gray v: f is v /
 * 2, the score v. A is shown first, B last: in between f is 1 - v / 2, the score 2 - v, or cut 1. */
Test(score_published, sic_is_not_cut) {
    double curve[ATTR_METRIC_POINTS];
    s.n.net->layers[0].weights[s.n.inputs + 100] = 1;
    s.n.net->layers[0].weights[s.n.inputs + 101] = -.5f;
    for (int i = 0; i < PLANE; i++) {
        s.map[i] = i == 100 ? 2 : i == 101 ? 0 : 1 + i * 1e-3;
        s.n.x[i] = i == 100 || i == 101 ? 1 : (float)test_uniform(0, .4);
    }
    s.m.probability = s.target;
    score_case_renew(&s);
    s.m.curve = curve;
    expect("aic", false, score_of(&s, "aic"), 0);
    s.m.as_published = true;
    double published = score_of(&s, "sic"), v = curve[0];
    cr_expect(v > 0 && v < .4 && fabs(curve[15] - (2 - v)) < 1e-6, "v = %g, in the middle %g", v, curve[15]);
    s.m.as_published = false;
    double cut = score_of(&s, "sic");
    cr_expect(fabs(curve[0] - v) < 1e-12 && curve[15] == 1, "v = %g, in the middle %g", curve[0], curve[15]);
    cr_expect(published > 1 && cut < 1, "%g, published %g", cut, published);
}

/* All pixels speak against the class, and the map says so: signed it is exact, its magnitudes say the opposite. */
Test(score_published, faithfulness_of_magnitudes) {
    float *w = s.n.net->layers[0].weights + s.n.inputs;
    for (int i = 0; i < 3 * PLANE; i++) s.n.x[i] = i % PLANE == 7 ? 0 : (float)test_uniform(.1, 1);
    for (int i = 0; i < 3 * PLANE; i++) {
        w[i] = (float)test_uniform(-1, 0);
        s.map[i % PLANE] += (double)w[i] * s.n.x[i]; /* against the lowest value, 0 */
    }
    score_case_renew(&s);
    expect("faithfulness_correlation", false, 1, 1e-6);
    expect("faithfulness_correlation", true, -1, 1e-6);
}

/* Rows that it does not touch. */
Test(score_published, nothing_else_changes) {
    static const char *const touched = " aupc aupc_matched sic pic mask_ssim localisation weighted_localisation "
                                       "faithfulness_correlation ";
    score_case_free(&s);
    deep_score_case(&s);
    score_case_random_map(&s, -1, 1);
    score_case_box(&s, 4, 5, 12, 11);
    score_case_method(&s, 1);
    memcpy(s.values, s.map, PLANE * sizeof *s.map);
    for (int kind = 0; kind < ATTR_MAKE_KINDS; kind++) s.made[kind] = s.values;
    for (const attr_metric *row = attr_metrics; row->name; row++) {
        char name[64];
        snprintf(name, sizeof name, " %s ", row->name);
        bool marked = strstr(row->help, "(*)") != NULL;
        cr_expect_eq(marked, strstr(touched, name) != NULL, "%s: help marks it wrongly", row->name);
        if (marked) continue;
        double values[2];
        for (int published = 0; published < 2; published++) {
            s.m.as_published = published;
            attr_score_room_clear(&s.room);
            values[published] = score_by(&s, row);
        }
        cr_expect(values[0] == values[1] || (isnan(values[0]) && isnan(values[1])), "%s: %g, published %g", row->name,
                  values[0], values[1]);
    }
}
