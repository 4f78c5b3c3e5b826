#include "session/scoring.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "metrics/matching.h"
#include "session/fitting_engine.h"
#include "session/names.h"
#include "session/settings.h"

/* A picture that is being scored. */
typedef struct {
    const attr_scoring *scoring;
    attr_explanation *ex;
    attr_choice *choices;
    int count;
    double **planes; /* [rows][targets], each [net_h][net_w] */
    double *seconds; /* [rows] for all targets */
    float *reference;
    attr_picture_scores *out;
    attr_progress progress;
    void *context;
} scored_picture;

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* ---- Rows */

static int controls_of(const attr_scoring *s) {
    if (s->without_controls) return 0;
    return s->session->is_detector ? ATTR_CONTROLS : ATTR_CONTROL_BOX; /* the box comes last */
}

int attr_scoring_rows(const attr_scoring *s) {
    return s->method_count + controls_of(s);
}

void attr_scoring_label(char *out, size_t size, const attr_scoring *s, int row) {
    if (row >= s->method_count) {
        snprintf(out, size, "control: %s", attr_control_name((attr_control)(row - s->method_count)));
        return;
    }
    const attr_method_choice *by = &s->methods[row];
    snprintf(out, size, "%s%s%s", attr_method_name((attr_method)by->method), by->base >= 0 ? ":" : "",
             by->base >= 0 ? attr_method_name((attr_method)by->base) : "");
}

/* ---- Maps */

/* The session's options, and the explanation's, become those of method k. */
static attr_status choose_method(scored_picture *p, int k) {
    attr_options *o = &p->scoring->session->options;
    *o = *p->scoring->given;
    ATTR_TRY(attr_options_choose(o, &p->scoring->methods[k]));
    p->ex->options = *o;
    return ATTR_OK;
}

/* Maps of `targets` at x by the method in force, as planes. */
static attr_status make_planes(double **planes, scored_picture *p, attr_target *const *targets, int count,
                               const float *x) {
    attr_session *s = p->scoring->session;
    attr_settings_holder held = {0};
    attr_map *maps = NULL;
    attr_status status = attr_settings_make(&held, p->ex, x, s->model->net->n);
    if (status == ATTR_OK) status = attr_fit_engine(s, p->ex, &held.settings);
    size_t each = status == ATTR_OK ? attr_method_maps(&held.settings) : 0;
    if (status == ATTR_OK && each != 1)
        status = attr_fail(ATTR_BAD_INPUT, "layers=%.128s: valid takes one layer", s->options.layers);
    if (status == ATTR_OK) status = attr_allocate(&maps, (size_t)count, sizeof *maps, "maps");
    attr_job job = {.engine = s->engine,
                    .x = x,
                    .targets = targets,
                    .target_count = (size_t)count,
                    .settings = &held.settings,
                    .progress = p->progress,
                    .context = p->context};
    if (status == ATTR_OK) {
        status = attr_method_run(maps, &job);
        for (int i = 0; i < count; ++i) {
            if (status == ATTR_OK) attr_map_reduce(planes[i], maps[i].values, &maps[i].shape, -1, ATTR_CHANNELS_SUM);
            attr_map_free(&maps[i]);
        }
    }
    free(maps);
    attr_settings_release(&held);
    return status;
}

static attr_status explain_all(scored_picture *p) {
    const attr_scoring *s = p->scoring;
    attr_target **targets = NULL;
    ATTR_TRY(attr_allocate(&targets, (size_t)p->count, sizeof(attr_target *), "targets"));
    for (int i = 0; i < p->count; ++i) targets[i] = p->choices[i].target;
    attr_status status = ATTR_OK;
    for (int k = 0; status == ATTR_OK && k < s->method_count; ++k) {
        double begun = seconds_now();
        status = choose_method(p, k);
        if (status == ATTR_OK) status = make_planes(p->planes + k * p->count, p, targets, p->count, p->ex->input);
        p->seconds[k] = seconds_now() - begun;
    }
    free(targets);
    return status;
}

/* ---- What metrics get */

static attr_fitted_region fitted_of(const attr_explanation *ex) {
    return (attr_fitted_region){ex->letterbox.x0, ex->letterbox.y0, ex->letterbox.new_w, ex->letterbox.new_h};
}

/* Where a detection's object is: the label that it took, or else its own box. */
static attr_share_box box_of(const attr_explanation *ex, const attr_choice *c) {
    const attr_letterbox *l = &ex->letterbox;
    const attr_detection *d = &c->detection;
    double x = d->x, y = d->y, w = d->w, h = d->h;
    if (c->aim.has_object) x = c->aim.object.x, y = c->aim.object.y, w = c->aim.object.w, h = c->aim.object.h;
    return (attr_share_box){l->x0 + (x - w / 2) * l->new_w, l->y0 + (y - h / 2) * l->new_h,
                            l->x0 + (x + w / 2) * l->new_w, l->y0 + (y + h / 2) * l->new_h};
}

static attr_status make_reference(scored_picture *p) {
    const attr_explanation *ex = p->ex;
    const attr_letterbox *l = &ex->letterbox;
    const attr_baseline_settings mean = {.kind = ATTR_BASELINE_MEAN,
                                         .region = {ex->net_c, ex->net_h, ex->net_w, l->x0, l->y0, l->new_w, l->new_h},
                                         .count = 1};
    size_t size = (size_t)ex->net_c * (size_t)ex->net_h * (size_t)ex->net_w;
    ATTR_TRY(attr_allocate(&p->reference, size, sizeof *p->reference, "a reference"));
    return attr_baseline_make(p->reference, ex->input, &mean, 0, 0);
}

static attr_status make_controls(scored_picture *p) {
    const attr_scoring *s = p->scoring;
    const attr_explanation *ex = p->ex;
    attr_fitted_region fitted = fitted_of(ex);
    for (int k = 0; k < controls_of(s); ++k)
        for (int i = 0; i < p->count; ++i) {
            attr_share_box box = box_of(ex, &p->choices[i]);
            attr_control_map(p->planes[(s->method_count + k) * p->count + i], (attr_control)k, ex->input, ex->net_c,
                             ex->net_w, ex->net_h, &fitted, &box, (uint64_t)s->given->seed + (uint64_t)i);
        }
    return ATTR_OK;
}

/* ---- Measuring */

typedef struct {
    scored_picture *picture;
    attr_target *target;
} explaining;

static attr_status explain_again(void *context, double *map, const float *x) {
    explaining *e = context;
    return make_planes(&map, e->picture, &e->target, 1, x);
}

/* Many inputs at once, for forwards only. */
static attr_status fit_for_forwards(scored_picture *p) {
    const attr_method_settings many = {.method = ATTR_METHOD_SMOOTHGRAD, .samples = 64};
    return attr_fit_engine(p->scoring->session, p->ex, &many);
}

static bool lacks(const attr_metric *metric, const attr_scored_map *m) {
    return (metric->traits & ATTR_NEEDS_MASK && !m->mask) || (metric->traits & ATTR_NEEDS_EXPLAINER && !m->explain) ||
           (metric->traits & ATTR_NEEDS_DETECTOR && !m->matched);
}

/* Metric k of one map. */
static attr_status measure(scored_picture *p, int row, int i, int k, attr_scored_map *m) {
    const attr_scoring *s = p->scoring;
    attr_target_scores *scores = &p->out->targets[i];
    size_t cell = (size_t)(row * s->metric_count + k);
    m->map = p->planes[row * p->count + i];
    m->engine = s->session->engine;
    m->curve = scores->curves + cell * ATTR_METRIC_POINTS;
    if (!lacks(s->metrics[k], m)) ATTR_TRY(s->metrics[k]->measure(&scores->values[cell], m));
    if (p->progress && p->progress(p->context, 0, 1)) return attr_fail(ATTR_INTERRUPTED, "interrupted");
    return ATTR_OK;
}

/* Metric k of the maps of all rows. */
static attr_status measure_rows(scored_picture *p, int i, int k, attr_scored_map *m) {
    const attr_scoring *s = p->scoring;
    size_t rows = (size_t)attr_scoring_rows(s);
    const double **maps = NULL;
    double *values = NULL;
    ATTR_TRY(attr_allocate(&maps, rows, sizeof *maps, "maps"));
    attr_status status = attr_allocate(&values, rows, sizeof *values, "scores");
    for (size_t row = 0; status == ATTR_OK && row < rows; ++row) {
        maps[row] = p->planes[row * (size_t)p->count + (size_t)i];
        values[row] = NAN;
    }
    m->engine = s->session->engine;
    if (status == ATTR_OK && !lacks(s->metrics[k], m)) status = s->metrics[k]->measure_all(values, m, maps, rows);
    for (size_t row = 0; status == ATTR_OK && row < rows; ++row)
        p->out->targets[i].values[row * (size_t)s->metric_count + (size_t)k] = values[row];
    free(maps);
    free(values);
    return status;
}

/* All that forwards alone measure. */
static attr_status measure_by_forwards(scored_picture *p, int i, attr_scored_map *m) {
    const attr_scoring *s = p->scoring;
    attr_status status = ATTR_OK;
    for (int k = 0; status == ATTR_OK && k < s->metric_count; ++k) {
        if (s->metrics[k]->traits & ATTR_NEEDS_EXPLAINER) continue;
        if (s->metrics[k]->measure_all) status = measure_rows(p, i, k, m);
        for (int row = 0; status == ATTR_OK && s->metrics[k]->measure && row < attr_scoring_rows(s); ++row)
            status = measure(p, row, i, k, m);
    }
    return status;
}

/* What makes maps of other inputs. */
static attr_status measure_by_maps(scored_picture *p, int i, attr_scored_map *m) {
    const attr_scoring *s = p->scoring;
    explaining context = {p, p->choices[i].target};
    attr_robustness robustness;
    attr_status status = ATTR_OK;
    m->explain = explain_again;
    m->context = &context;
    m->robustness = &robustness;
    for (int row = 0; status == ATTR_OK && row < s->method_count; ++row) {
        robustness.max_sensitivity = -1;
        status = choose_method(p, row);
        for (int k = 0; status == ATTR_OK && k < s->metric_count; ++k)
            if (s->metrics[k]->traits & ATTR_NEEDS_EXPLAINER) status = measure(p, row, i, k, m);
    }
    return status;
}

static attr_status measure_target(scored_picture *p, int i, const double *mask) {
    const attr_scoring *s = p->scoring;
    attr_explanation *ex = p->ex;
    attr_scored_map m = {.engine = s->session->engine,
                         .target = p->choices[i].target,
                         .x = ex->input,
                         .channels = ex->net_c,
                         .net_w = ex->net_w,
                         .net_h = ex->net_h,
                         .fitted = fitted_of(ex),
                         .reference = p->reference,
                         .mask = mask,
                         .box = box_of(ex, &p->choices[i]),
                         .seed = (uint64_t)s->given->seed};
    ATTR_TRY(fit_for_forwards(p));
    m.engine = s->session->engine;
    attr_engine_set_input_f32(m.engine, 0, ex->input);
    attr_engine_forward(m.engine, 1);
    m.value = attr_target_value(m.target, m.engine, 0);
    if (s->session->is_detector) ATTR_TRY(attr_target_rematch(&m.matched, m.target, m.engine, 0));
    attr_status status = measure_by_forwards(p, i, &m);
    if (status == ATTR_OK) status = measure_by_maps(p, i, &m);
    attr_target_free(m.matched);
    return status;
}

static attr_status measure_all(scored_picture *p) {
    const attr_explanation *ex = p->ex;
    attr_fitted_region fitted = fitted_of(ex);
    double *mask = NULL;
    ATTR_TRY(attr_allocate(&mask, (size_t)ex->net_w * (size_t)ex->net_h, sizeof *mask, "a mask"));
    attr_status status = ATTR_OK;
    for (int i = 0; status == ATTR_OK && i < p->count; ++i) {
        attr_share_box box = box_of(ex, &p->choices[i]);
        attr_box_mask(mask, ex->net_w, ex->net_h, &fitted, &box);
        status = measure_target(p, i, p->scoring->session->is_detector ? mask : NULL);
    }
    free(mask);
    return status;
}

/* ---- One picture */

/* The label of the object that a detection took, if there are labels. */
static attr_status find_objects(scored_picture *p) {
    const attr_session *s = p->scoring->session;
    attr_true_box *objects = NULL;
    int count = 0;
    bool found = false, *taken = NULL;
    if (!s->is_detector || attr_true_boxes_read(&objects, &count, &found, p->ex->picture_path, s->classes) != ATTR_OK)
        return ATTR_OK; /* broken labels are for triage to tell */
    attr_status status = attr_allocate(&taken, (size_t)count, sizeof *taken, "labels");
    for (int i = 0; status == ATTR_OK && i < p->count; ++i) {
        attr_aim *aim = &p->choices[i].aim;
        int k = attr_take_object(taken, &p->choices[i].detection, objects, count, s->options.iou);
        aim->has_object = k >= 0;
        if (k >= 0) aim->object = objects[k];
    }
    free(objects);
    free(taken);
    return status;
}

static attr_status name_target(char **out, const scored_picture *p, int i) {
    char number[16], text[256];
    const char *name = attr_class_name(p->scoring->session, p->choices[i].class_index, number);
    snprintf(text, sizeof text, p->choices[i].is_detection ? "%.200s %d" : "%.200s", name, i + 1);
    return attr_copy_text(out, text);
}

static attr_status make_room(scored_picture *p) {
    const attr_scoring *s = p->scoring;
    size_t rows = (size_t)attr_scoring_rows(s), area = (size_t)p->ex->net_w * (size_t)p->ex->net_h;
    ATTR_TRY(attr_allocate(&p->planes, rows * (size_t)p->count, sizeof *p->planes, "maps"));
    ATTR_TRY(attr_allocate(&p->seconds, rows, sizeof *p->seconds, "times"));
    for (size_t i = 0; i < rows * (size_t)p->count; ++i)
        ATTR_TRY(attr_allocate(&p->planes[i], area, sizeof(double), "a map"));
    ATTR_TRY(attr_allocate(&p->out->targets, (size_t)p->count, sizeof *p->out->targets, "scores"));
    p->out->count = p->count;
    for (int i = 0; i < p->count; ++i) {
        attr_target_scores *t = &p->out->targets[i];
        ATTR_TRY(name_target(&t->name, p, i));
        size_t cells = rows * (size_t)s->metric_count, points = cells * ATTR_METRIC_POINTS;
        ATTR_TRY(attr_allocate(&t->values, cells, sizeof *t->values, "scores"));
        ATTR_TRY(attr_allocate(&t->curves, points, sizeof *t->curves, "curves"));
        for (size_t k = 0; k < cells; ++k) t->values[k] = NAN;
        for (size_t k = 0; k < points; ++k) t->curves[k] = NAN;
        ATTR_TRY(attr_allocate(&t->seconds, rows, sizeof *t->seconds, "times"));
    }
    return ATTR_OK;
}

static attr_status score(scored_picture *p) {
    ATTR_TRY(attr_predict_prepared(p->ex, p->scoring->session));
    ATTR_TRY(attr_choose(&p->choices, &p->count, p->ex, p->scoring->session));
    if (p->count == 0) return ATTR_OK;
    ATTR_TRY(find_objects(p));
    ATTR_TRY(make_room(p));
    ATTR_TRY(make_reference(p));
    ATTR_TRY(explain_all(p));
    ATTR_TRY(make_controls(p));
    ATTR_TRY(measure_all(p));
    for (int i = 0; i < p->count; ++i)
        memcpy(p->out->targets[i].seconds, p->seconds, (size_t)attr_scoring_rows(p->scoring) * sizeof *p->seconds);
    return ATTR_OK;
}

attr_status attr_score_picture(attr_picture_scores *out, const attr_scoring *s, const char *path,
                               attr_progress progress, void *context) {
    scored_picture p = {.scoring = s, .out = out, .progress = progress, .context = context};
    uint64_t checksum;
    *out = (attr_picture_scores){0};
    s->session->options = *s->given;
    ATTR_TRY(attr_prepare(&p.ex, s->session, path));
    attr_status status = score(&p);
    if (status == ATTR_OK) status = attr_check_parameters(&checksum, s->session);
    for (int i = 0; p.planes && i < attr_scoring_rows(s) * p.count; ++i) free(p.planes[i]);
    free(p.planes);
    free(p.seconds);
    free(p.reference);
    attr_choices_free(p.choices, p.count);
    attr_explanation_free(p.ex);
    return status;
}

void attr_picture_scores_free(attr_picture_scores *scores) {
    for (int i = 0; i < scores->count; ++i) {
        free(scores->targets[i].name);
        free(scores->targets[i].values);
        free(scores->targets[i].curves);
        free(scores->targets[i].seconds);
    }
    free(scores->targets);
    *scores = (attr_picture_scores){0};
}
