/* All rows where they are not defined; that what they give is finite where they are; what chance gives the rows of
 * faithfulness, and that an exact map of a linear target wins them. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "metrics/controls.h"
#include "metrics/picture_pixels.h"
#include "sanitizers.h"
#include "score_case.h"
#include "small_network.h"

enum { WIDTH = 24, HEIGHT = 20, PLANE = WIDTH * HEIGHT };

static score_case s;

static void end(void) {
    score_case_free(&s);
}

TestSuite(score_limits, .fini = end);

static bool is_one_of(const char *name, const char *const *names) {
    for (; *names; names++)
        if (!strcmp(name, *names)) return true;
    return false;
}

/* The map, of a method that makes it whatever is asked. All that a row may need is there. */
static void complete(void) {
    score_case_method(&s, 1);
    memcpy(s.values, s.map, PLANE * sizeof *s.map);
    for (int kind = 0; kind < ATTR_MAKE_KINDS; kind++) s.made[kind] = s.values;
    s.m.has_second = true;
    s.m.partner = s.m.x;
    s.m.partner_reference = s.m.reference;
    s.m.expected_sum = 4;
    attr_score_room_clear(&s.room);
}

/* Rows with a number; all others have none. */
static void expect_defined(const char *const *names, const char *what) {
    for (const attr_metric *row = attr_metrics; row->name; row++) {
        double value = score_by(&s, row);
        cr_expect(!isinf(value) && !isnan(value) == is_one_of(row->name, names), "%s: %s is %g", what, row->name,
                  value);
    }
}

static void expect_undefined(const char *const *names, unsigned traits, const char *what) {
    for (const attr_metric *row = attr_metrics; row->name; row++) {
        double value = score_by(&s, row);
        bool undefined = row->traits & traits || is_one_of(row->name, names);
        cr_expect(!isinf(value) && isnan(value) == undefined, "%s: %s is %g", what, row->name, value);
    }
}

/* The plane has fewer than 1000 pixels, the class less than .8. */
Test(score_limits, all_rows_of_a_random_map_are_finite) {
    static const char *const of_a_class[] = {"top_overlap", "pic", "energy", NULL};
    deep_score_case(&s);
    score_case_random_map(&s, -1, 1);
    score_case_box(&s, 4, 5, 12, 11);
    complete();
    s.m.box = (attr_share_box){0};
    expect_undefined(of_a_class, ATTR_NEEDS_DETECTOR, "a class");
    score_case_free(&s);

    static const char *const of_a_detection[] = {"top_overlap", "pic", NULL};
    detector_score_case(&s);
    score_case_random_map(&s, -1, 1);
    score_case_box(&s, 4, 5, 12, 11);
    complete();
    expect_undefined(of_a_detection, 0, "a detection");
}

/* Zeros, one number everywhere, one in the picture and others on the bars. What promises a sum can be asked for it; the
 * change of a map and how it fits drops are told by formulas that need no order. */
Test(score_limits, a_map_that_says_nothing_of_places_has_no_score) {
    static const char *const of_zeros[] = {"completeness", NULL}, *const of_a_number[] = {"completeness",
                                                                                          "infidelity",
                                                                                          "input_invariance",
                                                                                          "max_sensitivity",
                                                                                          "mean_sensitivity",
                                                                                          "lipschitz",
                                                                                          NULL};
    for (int network = 0; network < 2; network++) {
        if (network)
            detector_score_case(&s);
        else
            deep_score_case(&s);
        score_case_box(&s, 4, 5, 12, 11);
        for (int kind = 0; kind < 4; kind++) {
            char what[64];
            snprintf(what, sizeof what, "network %d, map %d", network, kind);
            for (int i = 0; i < PLANE; i++)
                s.map[i] = kind == 0 ? 0 : kind == 1 ? .3 : kind == 2 ? -.3 : test_uniform(0, 1);
            for (size_t i = 0; kind == 3 && i < attr_picture_pixels(&s.region); i++)
                s.map[attr_picture_place(&s.region, i)] = .3;
            complete();
            if (kind == 3) { /* ranks of the bars are told apart, the picture's are not */
                static const char *const with_bars[] = {
                    "completeness",     "infidelity", "input_invariance", "max_sensitivity",
                    "mean_sensitivity", "lipschitz",  "rank_correlation", NULL};
                expect_defined(with_bars, what);
            } else {
                expect_defined(kind == 0 ? of_zeros : of_a_number, what);
            }
        }
        if (network == 0) score_case_free(&s);
    }
}

Test(score_limits, a_mask_that_is_empty_or_everything_has_no_score) {
    static const char *const of_boxes[] = {"energy", "top_overlap", "pic", NULL};
    detector_score_case(&s);
    score_case_random_map(&s, -1, 1);
    complete();
    for (int kind = 0; kind < 4; kind++) {
        static const char *const names[] = {"empty", "everything", "beside the picture", "unknown"};
        score_case_box(&s, 0, 0, kind == 1 ? WIDTH : kind == 2 ? 1 : 0, kind == 1 || kind == 2 ? HEIGHT : 0);
        if (kind == 3) s.m.mask = NULL;
        expect_undefined(of_boxes, ATTR_NEEDS_MASK, names[kind]);
    }
}

/* A target of 0: where it is 0 at the picture nothing can be divided by it, where it is 0 everywhere nothing can be
 * told at all. */
Test(score_limits, a_target_of_0_has_no_score) {
    static const char *const divided[] = {"deletion",
                                          "insertion",
                                          "preservation",
                                          "pixel_flipping",
                                          "road",
                                          "aupc",
                                          "deletion_matched",
                                          "insertion_matched",
                                          "preservation_matched",
                                          "pixel_flipping_matched",
                                          "road_matched",
                                          "aupc_matched",
                                          "sic",
                                          "aic",
                                          "pic",
                                          "partner_deletion",
                                          "partner_preservation",
                                          "top_overlap",
                                          NULL},
                             *const all[] = {"faithfulness_correlation", "sensitivity_n", "infidelity", NULL};
    linear_score_case(&s);
    network *net = s.n.net;
    s.probability = s.m.probability = test_target(s.m.engine, ATTR_TARGET_LOGIT, 1);
    score_case_random_map(&s, -1, 1);
    score_case_box(&s, 4, 5, 12, 11);
    memset(net->layers[0].weights, 0, 2 * s.n.inputs * sizeof(float));
    net->layers[0].biases[0] = net->layers[0].biases[1] = 0;
    score_case_renew(&s);
    complete();
    for (const attr_metric *row = attr_metrics; row->name; row++) {
        s.m.matched = row->traits & ATTR_NEEDS_DETECTOR ? s.target : NULL;
        double value = score_by(&s, row);
        cr_expect(isnan(value) == (is_one_of(row->name, divided) || is_one_of(row->name, all)),
                  "0 everywhere: %s is %g", row->name, value);
    }
    /* 0 at the picture alone: opposite weights at two pixels of the same value */
    size_t a = attr_picture_place(&s.region, 40), b = attr_picture_place(&s.region, 200);
    s.n.x[a] = s.n.x[b] = .9f;
    s.n.x[b + PLANE] = .1f;
    net->layers[0].weights[s.n.inputs + a] = 1;
    net->layers[0].weights[s.n.inputs + b] = -1;
    score_case_renew(&s);
    cr_assert_eq(s.m.value, 0);
    complete();
    for (const attr_metric *row = attr_metrics; row->name; row++) {
        s.m.matched = row->traits & ATTR_NEEDS_DETECTOR ? s.target : NULL;
        double value = score_by(&s, row);
        cr_expect(isnan(value) == is_one_of(row->name, divided), "0 at the picture: %s is %g", row->name, value);
    }
    s.m.matched = NULL;
}

/* ---- Controls */

static void make_control(attr_control control, uint64_t seed) {
    attr_control_map(s.map, control, s.n.x, 3, WIDTH, HEIGHT, &s.m.fitted, &s.m.box, seed);
}

/* Other parameters, anew. */
static void draw_network(void) {
    for (int i = 0; i < s.n.net->n; i++) {
        layer *l = &s.n.net->layers[i];
        size_t count = l->type == CONNECTED ? (size_t)l->inputs * (size_t)l->outputs : (size_t)l->nweights;
        for (size_t k = 0; l->weights && k < count; k++)
            l->weights[k] = (float)test_uniform(-1, 1) * sqrtf(9.f * (float)l->outputs / (float)count);
    }
    score_case_renew(&s);
}

/* Orders of random numbers and of their opposites are alike, so differences between both are 0 in the mean, and so are
 * correlations. */
Test(score_limits, the_random_control_has_the_faithfulness_of_chance) {
    enum { nets = with_sanitizers ? 1 : 5, trials = 60, rows = 5 };
    static const char *const names[rows] = {"pixel_flipping", "faithfulness_correlation", "sensitivity_n", "road",
                                            "deletion - preservation"};
    deep_score_case(&s);
    for (int net = 0; net < nets; net++) {
        double sums[rows] = {0}, squares[rows] = {0};
        draw_network();
        for (int trial = 0; trial < trials; trial++) {
            s.m.seed = (uint64_t)trial;
            make_control(ATTR_CONTROL_RANDOM, (uint64_t)(1000 * net + trial));
            for (int k = 0; k < rows; k++) {
                double value = k < 4 ? score_of(&s, names[k]) : score_of(&s, "deletion") - score_of(&s, "preservation");
                sums[k] += value;
                squares[k] += value * value;
            }
        }
        for (int k = 0; k < rows; k++) {
            double mean = sums[k] / trials, error = sqrt((squares[k] / trials - mean * mean) / (trials - 1));
            cr_expect(fabs(mean) < 4 * error && error > 0, "network %d, %s: %g +- %g", net, names[k], mean, error);
        }
    }
}

/* Thirty bright pixels make the logit, all others of a darker picture 1/100 of it. All grays differ, so that no imputed
 * picture has more of them. */
static void make_spots(void) {
    network *net = s.n.net;
    float *w = net->layers[0].weights + s.n.inputs;
    for (size_t i = 0; i < s.n.inputs; i++) {
        w[i] = (float)test_uniform(0, .01);
        s.n.x[i] = i < PLANE ? (float)test_uniform(0, .8) : s.n.x[i % PLANE];
    }
    for (size_t k = 0; k < 30; k++) {
        size_t place = attr_picture_place(&s.region, (11 * k + k / 4) % attr_picture_pixels(&s.region));
        for (size_t at = place; at < 3 * PLANE; at += PLANE) {
            w[at] = 1;
            s.n.x[at] = at == place ? (float)test_uniform(.9, 1) : s.n.x[place];
        }
    }
    memset(net->layers[0].weights, 0, s.n.inputs * sizeof *w);
    net->layers[0].biases[0] = 75; /* of about 86 + 2 */
    net->layers[0].biases[1] = 0;
    score_case_renew(&s);
}

Test(score_limits, an_exact_map_of_a_linear_logit_wins_against_all_controls) {
    linear_score_case(&s);
    s.probability = s.m.probability = test_target(s.m.engine, ATTR_TARGET_LOGIT, 1);
    make_spots();
    double exact[PLANE] = {0};
    const float *w = s.n.net->layers[0].weights + s.n.inputs;
    for (size_t i = 0; i < attr_picture_pixels(&s.region); i++) {
        size_t place = attr_picture_place(&s.region, i);
        for (size_t at = place; at < 3 * PLANE; at += PLANE)
            exact[place] += (double)w[at] * ((double)s.n.x[at] - s.reference[at]);
    }
    score_case_box(&s, 4, 5, 12, 11); /* a box that has nothing to do with it */
    for (const attr_metric *row = attr_metrics; row->name; row++) {
        if (strcmp(row->group, "faithfulness") || row->traits & (ATTR_NEEDS_DETECTOR | ATTR_NEEDS_EXPLAINER)) continue;
        if (!strcmp(row->name, "pic")) s.m.value = 1; /* a logit is no probability, .8 or more or not */
        memcpy(s.map, exact, sizeof exact);
        double best = row->direction * score_by(&s, row);
        cr_expect(!isnan(best), "%s", row->name);
        for (int trial = 0; trial < 13; trial++) {
            make_control(trial < 3 ? (attr_control)(trial + 1) : ATTR_CONTROL_RANDOM, (uint64_t)trial);
            double other = row->direction * score_by(&s, row);
            bool may_tie = !strcmp(row->name, "retrieval"); /* 1 or 0 */
            cr_expect(may_tie ? other <= best : other < best, "%s, control %d: %g, exact %g", row->name, trial,
                      row->direction * other, row->direction * best);
        }
    }
    cr_expect_eq(score_of(&s, "retrieval"), 0, "a random map");
    memcpy(s.map, exact, sizeof exact);
    cr_expect_eq(score_of(&s, "retrieval"), 1, "the exact map");
}
