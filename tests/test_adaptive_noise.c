/* The search for the best noise: on functions whose way was traced by hand, against the algorithm written down anew,
 * and as option adaptive on a small network. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "engine_pair.h"
#include "metrics/adaptive_noise.h"
#include "metrics/perturbation_curve.h"
#include "metrics/total_variation.h"
#include "session/adaptive.h"
#include "small_network.h"

enum { most = 64 };

/* ---- Functions of sigma */

static double bowl(double sigma) {
    return (sigma - 0.62) * (sigma - 0.62);
}

static double rising(double sigma) {
    return 3 * sigma;
}

static double falling(double sigma) {
    return 1 / (1 + sigma);
}

static double constant(double sigma) {
    (void)sigma;
    return 2;
}

static double waves(double sigma) {
    return sin(23 * sigma) + sigma * sigma;
}

/* As an objective without noise: that of no sigma is none. */
static double hole(double sigma) {
    return sigma == 0 ? INFINITY : 1 + sigma;
}

typedef struct {
    const char *name;
    double (*of)(double sigma);
} function;

static const function functions[] = {{"bowl", bowl},         {"rising", rising}, {"falling", falling},
                                     {"constant", constant}, {"waves", waves},   {"hole", hole}};
enum { function_count = sizeof functions / sizeof *functions };

typedef struct {
    const function *f;
    uint64_t expected; /* number of the next evaluation */
    uint64_t fails_at; /* evaluations from this one on fail */
} objective_of_function;

static attr_status evaluate(void *context, double sigma, uint64_t evaluation, double *out) {
    objective_of_function *o = context;
    cr_expect_eq(evaluation, o->expected, "%s: evaluation %llu has number %llu", o->f->name,
                 (unsigned long long)o->expected, (unsigned long long)evaluation);
    o->expected++;
    if (evaluation >= o->fails_at) return attr_fail(ATTR_IO, "it fails");
    *out = o->f->of(sigma);
    return ATTR_OK;
}

static attr_noise_search search(attr_noise_evaluation *trace, const function *f, double start,
                                const attr_noise_search_settings *settings) {
    attr_noise_search found;
    objective_of_function o = {.f = f, .fails_at = UINT64_MAX};
    cr_assert_leq(attr_noise_evaluations(settings), most, "%zu evaluations", attr_noise_evaluations(settings));
    cr_assert_eq(attr_noise_search_run(&found, trace, start, settings, evaluate, &o), ATTR_OK, "%s: %s", f->name,
                 attr_error_message());
    return found;
}

static const attr_noise_search_settings of_paper = {0.1, 0.9, 20, 3};

static void expect_trace(const function *f, double rate, double start, const double *sigmas, size_t count,
                         double best) {
    attr_noise_search_settings settings = {rate, 0.9, 20, 3};
    attr_noise_evaluation trace[most];
    attr_noise_search found = search(trace, f, start, &settings);
    cr_expect_eq(found.evaluations, count, "%s from %g, rate %g: %zu evaluations, expected %zu", f->name, start, rate,
                 found.evaluations, count);
    for (size_t i = 0; i < count && i < found.evaluations; i++)
        cr_expect(fabs(trace[i].sigma - sigmas[i]) < 1e-12 && trace[i].objective == f->of(trace[i].sigma),
                  "%s from %g, rate %g, evaluation %zu: %.12g at %.12g, expected at %.12g", f->name, start, rate, i,
                  trace[i].objective, trace[i].sigma, sigmas[i]);
    cr_expect(found.start == start && fabs(found.sigma - best) < 1e-12 && found.objective == f->of(found.sigma),
              "%s from %g, rate %g: best %g (%g), expected %g", f->name, start, rate, found.sigma, found.objective,
              best);
}

Test(adaptive_noise, traces_made_by_hand) {
    /* A constant is never worse: up twenty times; never better: the start is the best. What falls for ever goes the
     * same way, and the last is the best. */
    double up[21];
    for (int i = 0; i < 21; i++) up[i] = 0.25 + 0.1 * i;
    expect_trace(&functions[3], 0.1, 0.25, up, 21, 0.25);
    expect_trace(&functions[2], 0.1, 0.25, up, 21, up[20]);
    /* What rises: up is worse, down is better; but down of 1/16 is |1/16 - 1/8|, where it is no worse than before: it
     * stays to the twentieth step. These numbers have no rounding. */
    double down[41] = {5. / 16, 7. / 16, 3. / 16, 5. / 16, 1. / 16};
    for (int i = 5; i < 41; i += 2) {
        down[i] = 3. / 16;
        down[i + 1] = 1. / 16;
    }
    expect_trace(&functions[1], 1. / 8, 5. / 16, down, 41, 1. / 16);
    double first[] = {0.3, 0.4, 0.5, 0.6, 0.7, 0.5, 0.59, 0.68, 0.5};
    attr_noise_evaluation trace[most];
    attr_noise_search found = search(trace, &functions[0], 0.3, &of_paper);
    cr_assert_geq(found.evaluations, 9, "bowl: %zu evaluations", found.evaluations);
    /* At .6, up is worse (.0064 > .0004), and so is down, where it goes nevertheless; from .5 on, with a rate of .09,
     * up is better; from .59 both are worse again. */
    for (size_t i = 0; i < 9; i++)
        cr_expect(fabs(trace[i].sigma - first[i]) < 1e-12, "bowl, evaluation %zu: sigma %.12g, expected %.12g", i,
                  trace[i].sigma, first[i]);
}

/* Algorithm 1 written down from the paper's text, goto and all: positions and values of every evaluation. */
static size_t independent(double sigmas[most], double values[most], double *best, double (*f)(double), double sigma,
                          double alpha, double gamma, int i_max, int s_max) {
    size_t n = 0;
    int s = 0, i = 1;
    double auc = f(sigma), lowest = auc;
    sigmas[n] = sigma, values[n++] = auc, *best = sigma;
again:
    if (i > i_max) return n;
    double trial = f(fabs(sigma + alpha));
    sigmas[n] = fabs(sigma + alpha), values[n++] = trial;
    if (!(trial > auc)) {
        sigma = fabs(sigma + alpha);
    } else {
        sigma = fabs(sigma - alpha);
        trial = f(sigma);
        sigmas[n] = sigma, values[n++] = trial;
    }
    if (trial > auc && s == s_max) return n;
    if (trial > auc)
        alpha = alpha * gamma, s++;
    else {
        s = 0;
        if (trial < lowest) lowest = trial, *best = sigma;
    }
    auc = trial;
    i++;
    goto again;
}

Test(adaptive_noise, agrees_with_the_algorithm_written_anew) {
    static const double starts[] = {0, 0.03, 0.3, 0.62, 1.4}, rates[] = {0.01, 0.1, 0.37};
    size_t shortest = most, longest = 0;
    for (int f = 0; f < function_count; f++)
        for (int start = 0; start < 5; start++)
            for (int rate = 0; rate < 3; rate++)
                for (int patience = 0; patience < 5; patience += 3)
                    for (size_t steps = 1; steps < 32; steps += 19) {
                        attr_noise_search_settings settings = {rates[rate], 0.9, steps, patience};
                        attr_noise_evaluation trace[most];
                        double sigmas[most], values[most], best;
                        size_t count = independent(sigmas, values, &best, functions[f].of, starts[start], rates[rate],
                                                   0.9, (int)steps, patience);
                        attr_noise_search found = search(trace, &functions[f], starts[start], &settings);
                        bool same = found.evaluations == count && found.sigma == best;
                        for (size_t i = 0; same && i < count; i++)
                            same = trace[i].sigma == sigmas[i] && trace[i].objective == values[i];
                        cr_expect(same,
                                  "%s from %g, rate %g, patience %d, %zu steps: best %g, %zu evaluations; "
                                  "expected %g, %zu",
                                  functions[f].name, starts[start], rates[rate], patience, steps, found.sigma,
                                  found.evaluations, best, count);
                        if (steps == 20 && count < shortest) shortest = count;
                        if (count > longest) longest = count;
                    }
    cr_expect(shortest < 21 && longest > 21, "all searches were of one kind: %zu to %zu evaluations", shortest,
              longest);
}

static double broken(double sigma) {
    return sigma > 0.55 ? NAN : -sigma;
}

Test(adaptive_noise, failures_end_the_search) {
    static const function nan_function = {"broken", broken};
    for (uint64_t fails_at = 0; fails_at < 5; fails_at++) {
        objective_of_function o = {.f = &functions[0], .fails_at = fails_at};
        attr_noise_search found;
        attr_status status = attr_noise_search_run(&found, NULL, 0.3, &of_paper, evaluate, &o);
        cr_expect(status == ATTR_IO && found.evaluations == fails_at && o.expected == fails_at + 1,
                  "failing at %d: status %d, %zu evaluations", (int)fails_at, status, found.evaluations);
    }
    objective_of_function o = {.f = &nan_function, .fails_at = UINT64_MAX};
    attr_noise_search found;
    cr_expect_eq(attr_noise_search_run(&found, NULL, 0.3, &of_paper, evaluate, &o), ATTR_NUMERIC);
}

/* ---- Option adaptive */

static const char *const net_of_curves =
    "[net] height=10 width=12 channels=3 [convolutional] filters=4 size=3 stride=1 pad=1 activation=leaky [connected] "
    "output=3 activation=linear [softmax]";

typedef struct {
    engine_pair pair;
    attr_target *target;
    attr_method_settings method;
} subject;

static void make_subject(subject *s, int batch) {
    engine_pair_make(&s->pair, net_of_curves, batch);
    s->target = test_target(s->pair.single, ATTR_TARGET_LOGIT, 1);
    s->method = test_path_settings(&s->pair, ATTR_RULE_GAUSS, 1);
    s->method.method = ATTR_METHOD_SMOOTHTAYLOR;
    s->method.roots = 6;
}

static void free_subject(subject *s) {
    attr_target_free(s->target);
    engine_pair_free(&s->pair);
}

static attr_noise_search search_noise(const subject *s, const attr_adaptive_settings *settings) {
    attr_noise_search found;
    attr_job job = {
        .engine = s->pair.single, .x = s->pair.x, .targets = &s->target, .target_count = 1, .settings = &s->method};
    cr_assert_eq(attr_adaptive_search(&found, &job, settings), ATTR_OK, "objective %d: %s", settings->objective,
                 attr_error_message());
    return found;
}

/* The objective of the map with this sigma and seed, from the metrics themselves. */
static double objective_of(const subject *s, attr_adaptive_word objective, double sigma, uint64_t seed) {
    attr_method_settings settings = s->method;
    settings.root_sigma = sigma;
    settings.seed = seed;
    attr_map map = test_map(s->pair.single, s->pair.x, s->target, &settings);
    double plane[120];
    for (int i = 0; i < 120; i++) plane[i] = map.values[i] + map.values[120 + i] + map.values[240 + i];
    attr_map_free(&map);
    if (objective == ATTR_ADAPTIVE_AUTVC) {
        attr_scale_settings scales = {.smallest_side = attr_smallest_scale(10)};
        attr_scales variations;
        cr_assert_eq(attr_total_variation_curve(&variations, plane, 10, 12, &scales), ATTR_OK);
        return variations.area;
    }
    attr_curve_settings of_curve = {
        .window = 1, .windows = 30, .candidates = 50, .seed = seed, .region = settings.baseline.region};
    attr_perturbation_curve curve;
    cr_assert_eq(
        attr_perturbation_curve_make(&curve, s->pair.single, s->target, s->pair.x, plane, &of_curve, NULL, NULL),
        ATTR_OK, "%s", attr_error_message());
    double area = curve.area;
    attr_perturbation_curve_free(&curve);
    return area;
}

Test(adaptive_noise, the_objective_is_that_of_the_map_with_the_best_noise) {
    for (int objective = ATTR_ADAPTIVE_AUPC; objective <= ATTR_ADAPTIVE_AUTVC; objective++) {
        subject s;
        make_subject(&s, 4);
        double start = 0;
        for (size_t i = 0; i < s.pair.inputs; i++) start += s.pair.x[i] / (double)s.pair.inputs;
        attr_adaptive_settings settings = {objective, {0.1, 0.9, 4, 3}, false};
        attr_noise_search found = search_noise(&s, &settings);
        double expected = objective_of(&s, objective, found.sigma, s.method.seed);
        cr_expect_eq(found.objective, expected, "objective %d: %.17g at %g, that of the map is %.17g", objective,
                     found.objective, found.sigma, expected);
        cr_expect(fabs(found.start - start) < 1e-12, "started at %g, the mean of |x| is %g", found.start, start);
        double first = objective_of(&s, objective, found.start, s.method.seed);
        cr_expect(found.objective <= first && found.evaluations >= 5, "objective %d: %g, %g at the start; %zu tried",
                  objective, found.objective, first, found.evaluations);
        free_subject(&s);
    }
}

/* With new random numbers, evaluation n has the seed that the header says. */
Test(adaptive_noise, redrawing_changes_the_seed_of_every_evaluation) {
    subject s;
    make_subject(&s, 4);
    attr_adaptive_settings settings = {ATTR_ADAPTIVE_AUTVC, {0.1, 0.9, 5, 3}, true};
    attr_noise_search found = search_noise(&s, &settings);
    int matches = 0;
    for (uint64_t n = 0; n < found.evaluations; n++)
        matches += found.objective ==
                   objective_of(&s, ATTR_ADAPTIVE_AUTVC, found.sigma, s.method.seed + n * 0x9e3779b97f4a7c15);
    cr_expect_eq(matches, 1, "%zu evaluations, best %g: %d seeds give its objective", found.evaluations, found.sigma,
                 matches);
    settings.redraw = false;
    attr_noise_search common = search_noise(&s, &settings);
    cr_expect_neq(common.objective, found.objective, "drawing anew changed nothing: %g", found.objective);
    free_subject(&s);
}

Test(adaptive_noise, is_the_same_for_any_batch) {
    for (int objective = ATTR_ADAPTIVE_AUPC; objective <= ATTR_ADAPTIVE_AUTVC; objective++) {
        attr_noise_search first = {0};
        for (int batch = 1; batch < 8; batch += 3) {
            subject s;
            make_subject(&s, batch);
            attr_adaptive_settings settings = {objective, {0.1, 0.9, 3, 3}, false};
            attr_noise_search found = search_noise(&s, &settings);
            if (batch == 1) first = found;
            cr_expect(found.sigma == first.sigma && found.objective == first.objective &&
                          found.evaluations == first.evaluations,
                      "objective %d, batch %d: %.17g at %.17g; with batch 1 %.17g at %.17g", objective, batch,
                      found.objective, found.sigma, first.objective, first.sigma);
            free_subject(&s);
        }
    }
}

/* A black picture's search starts at no noise at all, whose map is 0: that must not win. */
Test(adaptive_noise, a_map_of_zeros_is_never_the_best) {
    subject s;
    make_subject(&s, 4);
    memset(s.pair.x, 0, s.pair.inputs * sizeof *s.pair.x);
    attr_adaptive_settings settings = {ATTR_ADAPTIVE_AUTVC, {0.1, 0.9, 3, 3}, false};
    attr_noise_search found = search_noise(&s, &settings);
    cr_expect(found.start == 0 && found.sigma > 0 && isfinite(found.objective), "from %g: %g at %g", found.start,
              found.objective, found.sigma);
    free_subject(&s);
}

/* In the normalised space the search starts at the mean of the normalised input's magnitudes. */
Test(adaptive_noise, the_start_is_in_the_space_of_the_noise) {
    subject s;
    make_subject(&s, 4);
    float *origin = test_allocate(s.pair.inputs, sizeof *origin), *deviation = test_allocate(s.pair.inputs, 4);
    double start = 0;
    for (size_t i = 0; i < s.pair.inputs; i++) {
        origin[i] = 0.4f;
        deviation[i] = 0.25f;
        start += fabs(s.pair.x[i] - 0.4) / 0.25 / (double)s.pair.inputs;
    }
    s.method.origin = origin;
    s.method.deviation = deviation;
    attr_adaptive_settings settings = {ATTR_ADAPTIVE_AUTVC, {0.1, 0.9, 1, 3}, false};
    attr_noise_search found = search_noise(&s, &settings);
    cr_expect(fabs(found.start - start) < 1e-5, "started at %g, expected %g", found.start, start);
    free(origin);
    free(deviation);
    free_subject(&s);
}

typedef struct {
    size_t last, all, stop_at;
    int went_back;
} watcher;

static int watch(void *context, size_t done, size_t all) {
    watcher *w = context;
    w->went_back += done < w->last || done > all;
    w->last = done;
    w->all = all;
    return done >= w->stop_at;
}

Test(adaptive_noise, progress_only_goes_forward_and_can_stop_it) {
    for (int objective = ATTR_ADAPTIVE_AUPC; objective <= ATTR_ADAPTIVE_AUTVC; objective++) {
        subject s;
        make_subject(&s, 4);
        watcher w = {.stop_at = SIZE_MAX};
        attr_adaptive_settings settings = {objective, {0.1, 0.9, 3, 3}, false};
        attr_noise_search found;
        attr_job job = {.engine = s.pair.single,
                        .x = s.pair.x,
                        .targets = &s.target,
                        .target_count = 1,
                        .settings = &s.method,
                        .progress = watch,
                        .context = &w};
        cr_assert_eq(attr_adaptive_search(&found, &job, &settings), ATTR_OK, "%s", attr_error_message());
        cr_expect(w.went_back == 0 && w.all == 7 * 6 && w.last == found.evaluations * 6,
                  "objective %d: %zu of %zu after %zu evaluations, back %d times", objective, w.last, w.all,
                  found.evaluations, w.went_back);
        w = (watcher){.stop_at = 14};
        cr_expect_eq(attr_adaptive_search(&found, &job, &settings), ATTR_INTERRUPTED, "objective %d", objective);
        cr_expect_eq(found.evaluations, 2, "objective %d: stopped after %zu evaluations", objective, found.evaluations);
        free_subject(&s);
    }
}
