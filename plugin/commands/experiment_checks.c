/* Sanity checks as numbers. Each check has three, by what map_t is like beside map_0 (metrics/map_agreement.h):
 * Spearman's correlation of magnitudes, SSIM, the overlap of the largest tenth. One map's number is
 *
 *   cascade, bottom_up   the last stage's, with all layers random; its curve is that of the stages
 *   independent, logit   the mean of the stages
 *   perturbation         Spearman's correlation of likeness and p_t / p_0 over t: does the map go as the probability
 *                        goes? Its curve is that of likeness over t. NAN where the probability never falls below half
 *   shift                the method's likeness
 *
 * and perturbation_probability the mean of p_t / p_0, with its curve, the same for all methods. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "commands/experiment.h"
#include "metrics/rank.h"

enum { MEASURES = 3, PROBABILITY = MEASURES * ATTR_SANITY_CHECKS, METRICS };

#define CURVE_OF_STAGES "part of the layers that are random"
#define CURVE_OF_NOISE  "noise on the parameters, of their standard deviation"
#define THREE(check, direction, help, curve)                                                                           \
    {check "_spearman",                                                                                                \
     "sanity",                                                                                                         \
     help ": Spearman, of magnitudes",                                                                                 \
     direction,                                                                                                        \
     ATTR_CURVE_OF_MAPS | ATTR_AROUND_ZERO,                                                                            \
     NULL,                                                                                                             \
     NULL,                                                                                                             \
     curve},                                                                                                           \
        {check "_ssim", "sanity", help ": SSIM", direction, ATTR_CURVE_OF_MAPS | ATTR_AROUND_ZERO, NULL, NULL, curve}, \
    {                                                                                                                  \
        check "_overlap", "sanity", help ": overlap of the largest tenth", direction, ATTR_CURVE_OF_MAPS, NULL, NULL,  \
            curve                                                                                                      \
    }

/* In the order of ATTR_CHECK_CASCADE, .. */
static const attr_metric all_metrics[METRICS] = {
    THREE("cascade", -1, "likeness to the map of a network random from the top", CURVE_OF_STAGES),
    THREE("bottom_up", -1, "likeness to the map of a network random from the bottom", CURVE_OF_STAGES),
    THREE("independent", -1, "mean likeness to maps of a network with one random layer", NULL),
    THREE("logit", -1, "mean likeness to maps of other classes", NULL),
    THREE("perturbation", 1, "does likeness under noise on the parameters go as the probability goes", CURVE_OF_NOISE),
    THREE("shift", 1, "likeness of the map of a shifted input", NULL),
    {"perturbation_probability", "sanity", "probability under noise on the parameters, of what it was", 0,
     ATTR_CURVE_OF_MAPS, NULL, NULL, CURVE_OF_NOISE},
};

/* ---- Numbers of one map */

static double measure_of(const attr_sanity_stage *stage, int measure) {
    const attr_agreement *a = &stage->agreement;
    return measure == 0 ? a->absolute : measure == 1 ? a->ssim : a->overlap;
}

static double mean_of(const attr_sanity_series *s, int measure) {
    double sum = 0;
    int n = 0;
    for (int i = 0; i < s->count; ++i) {
        double value = s->stages[i].number == 0 && s->stages[i].layer < 0 && !s->stages[i].name
                           ? NAN /* map_0 itself */
                           : measure_of(&s->stages[i], measure);
        if (isnan(value)) continue;
        sum += value;
        ++n;
    }
    return n > 0 ? sum / n : NAN;
}

/* y at equally spaced points between stages, which lie at x. */
static void interpolate(double *curve, const double *x, const double *y, int count) {
    for (int i = 0; i < ATTR_METRIC_POINTS; ++i) {
        double at = (double)i / (ATTR_METRIC_POINTS - 1);
        int k = 0;
        while (k < count - 2 && x[k + 1] < at) ++k;
        double part = fmin((at - x[k]) / (x[k + 1] - x[k]), 1);
        curve[i] = y[k] + part * (y[k + 1] - y[k]);
    }
}

enum { most_stages = 1024 };

static void curve_of(double *curve, const attr_sanity_series *s, int check, int measure) {
    double x[most_stages], y[most_stages];
    int count = s->count < most_stages ? s->count : most_stages;
    if (count < 2) return;
    for (int i = 0; i < count; ++i) {
        x[i] = check == ATTR_CHECK_PERTURBATION ? s->stages[i].number / 100. : (double)i / (s->count - 1);
        y[i] = measure < MEASURES ? measure_of(&s->stages[i], measure) : s->stages[i].ratio;
    }
    interpolate(curve, x, y, count);
}

static attr_status in_step(double *out, const attr_sanity_series *s, int measure) {
    double x[most_stages], y[most_stages], least = 1;
    int n = 0;
    for (int i = 0; i < s->count && n < most_stages; ++i) {
        double value = measure_of(&s->stages[i], measure);
        least = fmin(least, s->stages[i].ratio);
        if (isnan(value)) continue;
        x[n] = s->stages[i].ratio;
        y[n++] = value;
    }
    return n >= 5 && least < .5 ? attr_spearman(out, x, y, (size_t)n) : ATTR_OK;
}

static attr_status number_of(double *out, const attr_sanity_series *s, int check, int measure) {
    double sum = 0;
    *out = NAN;
    if (s->problem || s->count == 0) return ATTR_OK;
    switch (check) {
    case ATTR_CHECK_CASCADE:
    case ATTR_CHECK_BOTTOM_UP:
        *out = measure_of(&s->stages[s->count - 1], measure);
        return ATTR_OK;
    case ATTR_CHECK_PERTURBATION:
        if (measure < MEASURES) return in_step(out, s, measure);
        for (int i = 1; i < s->count; ++i) sum += s->stages[i].ratio;
        *out = sum / (s->count - 1);
        return ATTR_OK;
    case ATTR_CHECK_SHIFT:
        *out = measure_of(&s->stages[0], measure);
        return ATTR_OK;
    default:
        *out = mean_of(s, measure);
        return ATTR_OK;
    }
}

/* ---- Pictures */

typedef struct {
    attr_check_study *study;
    attr_validating *network;
    char label[ATTR_TEXT_SIZE];
} checking;

/* The check and the measure of a metric. */
static void split(int *check, int *measure, const attr_metric *metric) {
    int k = (int)(metric - all_metrics);
    *check = k == PROBABILITY ? ATTR_CHECK_PERTURBATION : k / MEASURES;
    *measure = k == PROBABILITY ? MEASURES : k % MEASURES;
}

static attr_status fill_target(attr_target_scores *out, const attr_check_study *c, const attr_sanity_map *map) {
    for (int k = 0; k < c->scoring.metric_count; ++k) {
        int check, measure, cell = map->method * c->scoring.metric_count + k;
        split(&check, &measure, c->metrics[k]);
        ATTR_TRY(number_of(&out->values[cell], &map->series[check], check, measure));
        if (c->metrics[k]->curve && !map->series[check].problem)
            curve_of(out->curves + (size_t)cell * ATTR_METRIC_POINTS, &map->series[check], check, measure);
    }
    return ATTR_OK;
}

static attr_status make_target(attr_target_scores *out, const attr_check_study *c, const attr_sanity_map *map) {
    size_t cells = (size_t)c->scoring.method_count * (size_t)c->scoring.metric_count;
    ATTR_TRY(attr_allocate(&out->name, 1, ATTR_TEXT_SIZE, "a name"));
    snprintf(out->name, ATTR_TEXT_SIZE, "%s %d", map->class_name, map->number + 1);
    ATTR_TRY(attr_allocate(&out->values, cells, sizeof(double), "scores"));
    ATTR_TRY(attr_allocate(&out->curves, cells * ATTR_METRIC_POINTS, sizeof(double), "curves"));
    for (size_t i = 0; i < cells; ++i) out->values[i] = NAN;
    for (size_t i = 0; i < cells * ATTR_METRIC_POINTS; ++i) out->curves[i] = NAN;
    return ATTR_OK;
}

/* The maps from number `first` on are one picture's. */
static attr_status add_scores(attr_check_study *c, int picture, const char *path, int first) {
    const attr_sanity *all = &c->checks;
    attr_picture_scores scores = {0};
    for (int i = first; i < all->map_count; ++i)
        if (all->maps[i].number >= scores.count) scores.count = all->maps[i].number + 1;
    ATTR_TRY(attr_allocate(&scores.targets, (size_t)scores.count, sizeof *scores.targets, "scores"));
    attr_status status = ATTR_OK;
    for (int i = first; status == ATTR_OK && i < all->map_count; ++i) {
        attr_target_scores *target = &scores.targets[all->maps[i].number];
        if (!target->values) status = make_target(target, c, &all->maps[i]);
        if (status == ATTR_OK) status = fill_target(target, c, &all->maps[i]);
    }
    if (status == ATTR_OK) status = attr_valid_add(&c->valid, picture, path, &scores);
    attr_picture_scores_free(&scores);
    return status;
}

static int show_maps(void *context, size_t done, size_t all) {
    (void)context;
    return attr_show_count(done, all, "maps");
}

static attr_status check_picture(checking *w, int picture, const char *path) {
    attr_check_study *c = w->study;
    bool is_done = c->valid.is_done[picture], is_shown = picture < c->shown;
    int first = c->checks.map_count, pictures = c->checks.picture_count;
    if (is_done && !is_shown) return ATTR_OK;
    for (int k = 0; k < c->scoring.method_count; ++k) {
        if (attr_was_interrupted()) return attr_fail(ATTR_INTERRUPTED, "%s: interrupted", c->valid.folder);
        w->network->session->options = *w->network->methods[k].options;
        attr_status status = attr_sanity_add(&c->checks, path, k);
        attr_hide_progress();
        ATTR_TRY(status);
    }
    if (!is_done) ATTR_TRY(add_scores(c, picture, path, first));
    if (!is_shown) attr_sanity_keep(&c->checks, first, pictures);
    return ATTR_OK;
}

/* ---- All */

/* The page of the pictures that are shown. */
static attr_status write_page(attr_check_study *c, const attr_validating *network) {
    char folder[2 * ATTR_TEXT_SIZE];
    attr_sanity_report r = {.checks = &c->checks,
                            .options = &c->given,
                            .pictures = network->valid.list,
                            .command = network->valid.command,
                            .methods = network->methods,
                            .method_count = c->scoring.method_count};
    snprintf(folder, sizeof folder, "%s/%s/sanity", c->given.results, network->valid.name);
    ATTR_TRY(attr_allocate(&r.verdicts, (size_t)r.method_count, sizeof *r.verdicts, "verdicts"));
    attr_status status = ATTR_OK;
    for (int m = 0; m < r.method_count; ++m)
        for (int k = 0; status == ATTR_OK && k < ATTR_SANITY_CHECKS; ++k)
            status = attr_sanity_judge(&r.verdicts[m][k], &c->checks, m, k);
    if (status == ATTR_OK) status = attr_write_sanity(&r, folder);
    free(r.verdicts);
    return status;
}

static attr_status begin(attr_check_study *c, attr_validating *network, int pictures) {
    c->given = network->given;
    ATTR_TRY(attr_allocate(&c->name, 1, ATTR_TEXT_SIZE, "a name"));
    snprintf(c->name, ATTR_TEXT_SIZE, "%s/checks", network->valid.name);
    ATTR_TRY(attr_allocate(&c->metrics, METRICS, sizeof *c->metrics, "metrics"));
    c->scoring = (attr_scoring){.session = network->session,
                                .given = &c->given,
                                .methods = network->methods,
                                .method_count = network->scoring.method_count,
                                .metrics = c->metrics,
                                .without_controls = true};
    for (int k = 0; k < METRICS; ++k) {
        int check, measure;
        split(&check, &measure, &all_metrics[k]);
        if (c->given.checks & 1u << check) c->metrics[c->scoring.metric_count++] = &all_metrics[k];
    }
    if (c->scoring.metric_count == 0) return attr_fail(ATTR_BAD_INPUT, "[checks] needs checks=");
    c->valid = (attr_valid){.scoring = &c->scoring,
                            .list = network->valid.list ? network->valid.list : network->session->valid_path,
                            .metrics = "sanity checks",
                            .name = c->name,
                            .command = network->valid.command};
    return attr_valid_begin(&c->valid, pictures);
}

attr_status attr_check_study_run(attr_check_study *out, attr_validating *network, int pictures, int shown) {
    checking w = {.study = out, .network = network};
    if (!network->paths) ATTR_TRY(attr_validating_prepare(network));
    int all = network->picture_count;
    if (pictures > all) pictures = all;
    out->shown = shown;
    out->checks = (attr_sanity){.session = network->session, .progress = show_maps};
    ATTR_TRY(begin(out, network, pictures));
    for (int i = 0; i < pictures; ++i) ATTR_TRY(check_picture(&w, i, network->paths[(int64_t)i * all / pictures]));
    ATTR_TRY(attr_valid_finish(&out->valid));
    return write_page(out, network);
}

void attr_check_study_free(attr_check_study *c) {
    attr_valid_free(&c->valid);
    attr_sanity_free(&c->checks);
    free(c->metrics);
    free(c->name);
    *c = (attr_check_study){0};
}
