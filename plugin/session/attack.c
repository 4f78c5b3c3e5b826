#include "session/attack.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "methods/method.h"
#include "metrics/rank.h"
#include "metrics/similarity.h"
#include "session/fitting_engine.h"
#include "session/names.h"
#include "session/settings.h"
#include "targets/classes.h"
#include "targets/probability.h"

/* What the attack of a picture works with. */
typedef struct {
    attr_attack_report *r;
    attr_session *s;
    attr_region region;
    size_t size, plane;
    attr_choice *choice;  /* the present target's */
    attr_target *towards; /* of option attack_class; NULL: any */
    attr_target *rematch; /* of a detection; NULL: of none */
    attr_engine *smooth;  /* for attacks on maps */
    attr_progress progress;
    void *context;
} work;

/* ---- What the network makes of an input */

static attr_status add_prediction(attr_attack_view *v, const attr_session *s, int class_index, double score,
                                  const attr_detection *d) {
    attr_prediction *p = &v->predictions[v->count];
    char number[16];
    ATTR_TRY(attr_copy_text(&p->class_name, attr_class_name(s, class_index, number)));
    p->class_index = class_index;
    p->score = score;
    if (d) memcpy(p->box, (double[4]){d->x, d->y, d->w, d->h}, sizeof p->box);
    ++v->count;
    return ATTR_OK;
}

static attr_status list_detections(attr_attack_view *v, const work *w) {
    attr_detection *found = NULL;
    int count = 0;
    ATTR_TRY(attr_session_detect(&found, &count, w->s, 0, &w->r->ex->letterbox, (float)w->s->options.thresh));
    attr_status status = attr_allocate(&v->predictions, (size_t)count, sizeof *v->predictions, "detections");
    for (int i = 0; status == ATTR_OK && i < count; ++i)
        status = add_prediction(v, w->s, found[i].class_index, found[i].score, &found[i]);
    free(found);
    return status;
}

/* The five best. */
static attr_status list_classes(attr_attack_view *v, const work *w) {
    enum { listed = 5 };
    double *p = NULL;
    int classes = w->s->classes, most = classes < listed ? classes : listed;
    ATTR_TRY(attr_allocate(&v->predictions, (size_t)most, sizeof *v->predictions, "classes"));
    ATTR_TRY(attr_allocate(&p, (size_t)classes, sizeof *p, "classes"));
    attr_class_probabilities(p, w->s->engine, 0);
    attr_status status = ATTR_OK;
    for (int i = 0; status == ATTR_OK && i < most; ++i) {
        int best = 0;
        for (int k = 1; k < classes; ++k)
            if (p[k] > p[best]) best = k;
        status = add_prediction(v, w->s, best, p[best], NULL);
        p[best] = -1;
    }
    free(p);
    return status;
}

static attr_status look(attr_attack_view *v, const work *w, const float *x) {
    attr_engine *e = w->s->engine;
    attr_engine_set_input_f32(e, 0, x);
    attr_engine_forward(e, 1);
    v->probability = attr_target_probability(w->choice->target, e, 0);
    v->towards = w->towards ? attr_target_probability(w->towards, e, 0) : NAN;
    v->rematch = w->rematch ? attr_target_value(w->rematch, e, 0) : NAN;
    v->predicted = attr_target_predicted(w->choice->target, e, 0);
    return w->s->is_detector ? list_detections(v, w) : list_classes(v, w);
}

/* ---- Maps */

/* By the session's method; *plane is NULL if it is not finite. */
static attr_status make_map(double **plane, const work *w, const float *x) {
    const attr_options *o = &w->s->options;
    attr_settings_holder held = {0};
    attr_map map = {0};
    attr_status status = attr_settings_make(&held, w->r->ex, x, w->s->model->net->n);
    attr_job job = {.engine = w->s->engine,
                    .x = x,
                    .targets = &w->choice->target,
                    .target_count = 1,
                    .settings = &held.settings,
                    .progress = w->progress,
                    .context = w->context};
    if (status == ATTR_OK) status = attr_method_run(&map, &job);
    if (status == ATTR_OK) status = attr_allocate(plane, w->plane, sizeof **plane, "a map");
    if (status == ATTR_OK) {
        attr_map_pool(map.values, &map.shape, attr_map_side(&map, o->pool, o->tolerance));
        attr_map_reduce(*plane, map.values, &map.shape, -1, (attr_channels_word)o->channels);
        bool finite = true;
        for (size_t i = 0; i < w->plane; ++i) finite &= isfinite((*plane)[i]) != 0;
        if (!finite) {
            free(*plane);
            *plane = NULL;
        }
    }
    attr_map_free(&map);
    attr_settings_release(&held);
    return status;
}

/* The picture's part of a plane. */
static void cut(double *out, const double *plane, const attr_region *r, bool magnitudes) {
    for (int y = 0; y < r->h; ++y)
        for (int x = 0; x < r->w; ++x) {
            double value = plane[(size_t)(r->y0 + y) * (size_t)r->width + (size_t)(r->x0 + x)];
            *out++ = magnitudes ? fabs(value) : value;
        }
}

static attr_status compare(attr_attack_agreement *out, const work *w, const double *a, const double *b) {
    const attr_region *r = &w->region;
    size_t n = (size_t)r->w * (size_t)r->h, top = w->r->top;
    double *parts = NULL;
    *out = (attr_attack_agreement){NAN, NAN, NAN, NAN};
    if (!a || !b) return ATTR_OK;
    ATTR_TRY(attr_allocate(&parts, 2 * n, sizeof *parts, "maps"));
    cut(parts, a, r, false);
    cut(parts + n, b, r, false);
    attr_status status = attr_spearman(&out->spearman, parts, parts + n, n);
    if (status == ATTR_OK) status = attr_ssim_of_maps(&out->ssim, parts, parts + n, r->h, r->w);
    cut(parts, a, r, true);
    cut(parts + n, b, r, true);
    if (status == ATTR_OK) status = attr_spearman(&out->absolute, parts, parts + n, n);
    if (status == ATTR_OK) status = attr_top_overlap(&out->overlap, parts, parts + n, n, top);
    free(parts);
    return status;
}

/* The maps M of both inputs, and how they agree with each other and with the wanted one. A gradient that is 0
 * everywhere has none. */
static attr_status compare_gradient_maps(attr_attack_target *t, const work *w) {
    bool times_input = w->s->options.attacked_map == ATTR_ATTACKED_MAP_GRADIENT_X_INPUT;
    attr_attack_agreement wanted = {NAN, NAN, NAN, NAN};
    double *maps = NULL;
    t->gradient_maps = wanted;
    t->wanted_before = t->wanted_after = NAN;
    ATTR_TRY(attr_allocate(&maps, 2 * w->plane, sizeof *maps, "maps"));
    double *before = maps, *after = maps + w->plane;
    attr_target *target = w->choice->target;
    attr_status status = attr_attacked_map(before, w->s->engine, target, &w->region, times_input, w->r->ex->input);
    if (status == ATTR_OK) status = attr_attacked_map(after, w->s->engine, target, &w->region, times_input, t->written);
    if (status == ATTR_OK) status = compare(&t->gradient_maps, w, before, after);
    if (status == ATTR_OK && w->r->wanted) {
        status = compare(&wanted, w, before, w->r->wanted);
        t->wanted_before = wanted.spearman;
        if (status == ATTR_OK) status = compare(&wanted, w, after, w->r->wanted);
        t->wanted_after = wanted.spearman;
    }
    free(maps);
    return status == ATTR_NUMERIC ? ATTR_OK : status;
}

/* ---- An attack */

static attr_status attack(attr_attack_target *t, work *w, uint64_t number) {
    const attr_options *o = &w->s->options;
    const attr_attack_report *r = w->r;
    attr_victim victim = {r->ex->input, w->region, w->choice->target, w->towards, number};
    if (r->attack == ATTR_ATTACK_PGD) {
        attr_pgd_settings settings = {.epsilon = r->epsilon,
                                      .step = r->step,
                                      .iterations = r->iterations,
                                      .random_start = o->random_start,
                                      .matches_anew = o->attack_match == ATTR_MATCH_ANEW,
                                      .seed = (uint64_t)o->seed};
        return attr_pgd(&t->trace, w->s->engine, &victim, 1, &settings, w->progress, w->context);
    }
    attr_map_attack_settings settings = {.times_input = o->attacked_map == ATTR_ATTACKED_MAP_GRADIENT_X_INPUT,
                                         .epsilon = r->epsilon,
                                         .step = r->step,
                                         .iterations = r->iterations,
                                         .beta = r->beta,
                                         .wanted = r->wanted,
                                         .map_weight = o->map_weight,
                                         .keep_weight = o->keep_weight,
                                         .top = r->top,
                                         .least_score = w->s->is_detector ? o->thresh : 0};
    return attr_map_attack(&t->trace, w->smooth, &victim, &settings, w->progress, w->context);
}

/* Of what is written. */
static bool has_succeeded(const attr_attack_target *t, const work *w) {
    bool detected = !w->s->is_detector || t->after.probability > w->s->options.thresh;
    bool same = t->after.predicted == t->before.predicted && detected;
    if (w->r->attack == ATTR_ATTACK_TOPK) return same && t->gradient_maps.overlap < 1;
    if (w->r->attack == ATTR_ATTACK_STRUCTURED) return same && t->wanted_after > t->wanted_before;
    if (w->towards)
        return t->after.predicted == t->towards_index &&
               (!w->s->is_detector || t->after.towards > w->s->options.thresh);
    bool seen = !w->s->is_detector && t->after.predicted == t->class_index;
    return w->s->is_detector ? !same : !seen;
}

static attr_status measure(attr_attack_target *t, work *w) {
    attr_ball ball = {w->r->ex->input, w->region, w->r->epsilon};
    ATTR_TRY(attr_allocate(&t->written, w->size, sizeof *t->written, "a picture"));
    memcpy(t->written, t->trace.x, w->size * sizeof *t->written);
    attr_ball_round(t->written, &ball);
    t->exact_distance = attr_ball_distance(t->trace.x, &ball);
    t->written_distance = attr_ball_distance(t->written, &ball);
    ATTR_TRY(look(&t->exact, w, t->trace.x));
    ATTR_TRY(look(&t->after, w, t->written));
    ATTR_TRY(compare_gradient_maps(t, w));
    ATTR_TRY(make_map(&t->map_before, w, w->r->ex->input));
    ATTR_TRY(make_map(&t->map_after, w, t->written));
    ATTR_TRY(compare(&t->maps, w, t->map_before, t->map_after));
    t->succeeded = has_succeeded(t, w);
    return ATTR_OK;
}

/* ---- A target */

static attr_status make_towards(work *w, int class_index) {
    if (!w->choice->is_detection)
        return attr_target_of_class(&w->towards, w->s->engine, ATTR_TARGET_LOGIT, class_index);
    attr_detection d = w->choice->detection;
    d.class_index = class_index;
    return attr_target_of_detection(&w->towards, w->s->engine, ATTR_TARGET_SCORE, &d);
}

/* Among the targets of its class, from 1. */
static int number_of(const attr_attack_target *t, const attr_attack_report *r) {
    int number = 1;
    for (const attr_attack_target *other = r->targets; other != t; ++other)
        number += 0 == strcmp(other->class_name, t->class_name);
    return number;
}

static attr_status describe(attr_attack_target *t, work *w) {
    static const char *const words[] = {"pgd", "structured", "topk"};
    const attr_choice *c = w->choice;
    const char *class = w->s->options.attack_class;
    char number[16];
    bool is_counted = c->part[0] == '\0' || c->part[0] == '-';
    t->class_index = c->class_index;
    t->is_detection = c->is_detection;
    t->detection = c->detection;
    t->towards_index = -1;
    ATTR_TRY(attr_copy_text(&t->class_name, attr_class_name(w->s, c->class_index, number)));
    ATTR_TRY(attr_copy_text(&t->target, c->text));
    int place = number_of(t, w->r);
    if (!is_counted || (!t->is_detection && place == 1)) place = 0;
    ATTR_TRY(attr_name_target(&t->name, t->class_name, place, c->part, words[w->r->attack]));
    if (w->r->attack != ATTR_ATTACK_PGD || 0 == strcmp(class, "any")) return ATTR_OK;
    t->towards_index = attr_find_class(w->s, class, strlen(class), false);
    ATTR_TRY(attr_copy_text(&t->towards_name, attr_class_name(w->s, t->towards_index, number)));
    return make_towards(w, t->towards_index);
}

static attr_status attack_target(attr_attack_target *t, work *w, uint64_t number) {
    ATTR_TRY(attr_target_needs_probability(w->choice->target, w->s->engine, "attack"));
    ATTR_TRY(describe(t, w));
    attr_engine_set_input_f32(w->s->engine, 0, w->r->ex->input);
    attr_engine_forward(w->s->engine, 1);
    if (w->choice->is_detection) ATTR_TRY(attr_target_rematch(&w->rematch, w->choice->target, w->s->engine, 0));
    ATTR_TRY(look(&t->before, w, w->r->ex->input));
    ATTR_TRY(attack(t, w, number));
    return measure(t, w);
}

static void forget_target(work *w) {
    attr_target_free(w->towards);
    attr_target_free(w->rematch);
    w->towards = w->rematch = NULL;
}

/* ---- A picture */

static attr_status attack_choices(work *w, attr_choice *choices, int count) {
    attr_attack_report *r = w->r;
    ATTR_TRY(attr_allocate(&r->targets, (size_t)count, sizeof *r->targets, "attacks"));
    for (int i = 0; i < count; ++i) {
        w->choice = &choices[i];
        ++r->count;
        attr_status status = attack_target(&r->targets[i], w, (uint64_t)i);
        forget_target(w);
        ATTR_TRY(status);
    }
    return ATTR_OK;
}

static attr_status prepare_engines(work *w) {
    attr_settings_holder held = {0};
    attr_status status = attr_settings_make(&held, w->r->ex, w->r->ex->input, w->s->model->net->n);
    if (status == ATTR_OK) status = attr_fit_engine(w->s, w->r->ex, &held.settings);
    attr_settings_release(&held);
    if (status != ATTR_OK || w->r->attack == ATTR_ATTACK_PGD) return status;
    return attr_engine_create_smooth(&w->smooth, w->s->model->net, ATTR_F64, 2);
}

static attr_status run(work *w) {
    attr_attack_report *r = w->r;
    attr_choice *choices = NULL;
    int count = 0;
    ATTR_TRY(attr_predict_prepared(r->ex, w->s));
    ATTR_TRY(attr_choose(&choices, &count, r->ex, w->s));
    attr_status status = attr_attack_settings(r, &w->region);
    if (status == ATTR_OK && count > 0) status = prepare_engines(w);
    if (status == ATTR_OK && count > 0 && r->attack == ATTR_ATTACK_STRUCTURED)
        status = attr_attack_read_wanted(r, &w->region);
    if (status == ATTR_OK) status = attack_choices(w, choices, count);
    attr_engine_free(w->smooth);
    attr_choices_free(choices, count);
    return status == ATTR_OK ? attr_check_parameters(&r->ex->parameters_checksum, w->s) : status;
}

attr_status attr_attack_picture(attr_attack_report *r, const char *path, attr_progress progress, void *context) {
    attr_session *s = r->session;
    ATTR_TRY(attr_prepare(&r->ex, s, path));
    const attr_letterbox *box = &r->ex->letterbox;
    size_t plane = (size_t)r->ex->net_w * (size_t)r->ex->net_h;
    work w = {.r = r,
              .s = s,
              .region = {r->ex->net_c, r->ex->net_h, r->ex->net_w, box->x0, box->y0, box->new_w, box->new_h},
              .plane = plane,
              .size = plane * (size_t)r->ex->net_c,
              .progress = progress,
              .context = context};
    return run(&w);
}

/* ---- The end */

static void free_view(attr_attack_view *v) {
    for (int i = 0; i < v->count; ++i) free(v->predictions[i].class_name);
    free(v->predictions);
}

void attr_attack_free(attr_attack_report *r) {
    for (int i = 0; i < r->count; ++i) {
        attr_attack_target *t = &r->targets[i];
        free(t->name);
        free(t->class_name);
        free(t->target);
        free(t->towards_name);
        free(t->written);
        free(t->map_before);
        free(t->map_after);
        attr_attacked_free(&t->trace);
        free_view(&t->before);
        free_view(&t->exact);
        free_view(&t->after);
    }
    free(r->targets);
    free(r->wanted);
    attr_explanation_free(r->ex);
    *r = (attr_attack_report){.session = r->session};
}
