#include "session/dreaming.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "session/dream_wishes.h"
#include "session/fitting_engine.h"
#include "session/settings.h"
#include "targets/classes.h"

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

attr_status attr_blank_explanation(attr_explanation **out, const attr_session *s) {
    const network *net = s->model->net;
    *out = NULL;
    attr_explanation *ex = NULL;
    ATTR_TRY(attr_allocate(&ex, 1, sizeof *ex, "an explanation"));
    attr_status status = attr_copy_text(&ex->picture_path, "a dream");
    if (status == ATTR_OK) status = attr_copy_text(&ex->picture_name, "dream");
    if (status != ATTR_OK) {
        attr_explanation_free(ex);
        return status;
    }
    ex->net_w = net->w;
    ex->net_h = net->h;
    ex->net_c = net->c;
    ex->is_detector = s->is_detector;
    ex->options = s->options;
    attr_letterbox_make(&ex->letterbox, net->w, net->h, net->w, net->h);
    *out = ex;
    return ATTR_OK;
}

attr_status attr_dream_engine(attr_session *s, attr_explanation *ex, int layer) {
    attr_method_settings settings = {.method = ATTR_METHOD_GRADIENT};
    if (layer >= 0) {
        settings.method = ATTR_METHOD_GRADIENT_X_ACTIVATION; /* one that has layers kept */
        settings.layers = &layer;
        settings.layer_count = 1;
    }
    omp_set_num_threads(s->options.threads > 0 ? (int)s->options.threads : omp_get_num_procs());
    return attr_fit_engine(s, ex, &settings);
}

/* ---- What is seen in it */

static void judge_class(attr_dreamed *out, const attr_dream_wish *wish, attr_session *s, double *p) {
    const attr_explanation *ex = out->seen;
    attr_class_probabilities(p, s->engine, 0);
    out->probability = p[wish->class_index];
    out->is_seen = ex->prediction_count > 0 && ex->predictions[0].class_index == wish->class_index;
}

/* Predictions are best first. */
static void judge_detections(attr_dreamed *out, const attr_dream_wish *wish) {
    const attr_explanation *ex = out->seen;
    out->probability = 0;
    for (int i = ex->prediction_count - 1; i >= 0; --i)
        if (ex->predictions[i].class_index == wish->class_index) out->probability = ex->predictions[i].score;
    out->is_seen = out->probability > 0;
}

static attr_status take_picture(attr_explanation *ex, const attr_dream *dream) {
    size_t size = (size_t)ex->net_c * (size_t)ex->net_h * (size_t)ex->net_w;
    ATTR_TRY(attr_allocate(&ex->picture.data, size, sizeof(float), "a dream"));
    memcpy(ex->picture.data, dream->x, size * sizeof(float));
    ex->picture.w = ex->net_w;
    ex->picture.h = ex->net_h;
    ex->picture.c = ex->net_c;
    return ATTR_OK;
}

/* Sample 0 of the engine is the dream. */
static attr_status look_at(attr_dreamed *out, attr_session *s, const attr_dream_wish *wish) {
    double *p = NULL;
    ATTR_TRY(take_picture(out->seen, &out->dream));
    ATTR_TRY(attr_list_predictions(out->seen, s));
    if (wish->class_index < 0) return ATTR_OK;
    if (s->is_detector) {
        judge_detections(out, wish);
        return ATTR_OK;
    }
    ATTR_TRY(attr_allocate(&p, (size_t)s->classes, sizeof *p, "probabilities"));
    judge_class(out, wish, s, p);
    free(p);
    return ATTR_OK;
}

/* ---- The dream */

static attr_status settle(attr_dream_settings *out, bool **layers, const attr_session *s, int frames) {
    const attr_options *o = &s->options;
    const network *net = s->model->net;
    bool noisy = attr_option_is_given(o, ATTR_OPTION_clones);
    *out = (attr_dream_settings){.channels = net->c,
                                 .height = net->h,
                                 .width = net->w,
                                 .seed = (uint64_t)o->seed,
                                 .steps = (size_t)o->dream_steps,
                                 .rate = o->dream_rate,
                                 .limit = ATTR_DREAM_GRADIENT_LIMIT,
                                 .views = {o->rotation, o->smallest_scale, o->largest_scale, o->jitter},
                                 .clones = noisy ? (size_t)o->clones : 0,
                                 .fresh = o->fresh_clones,
                                 .frames = frames};
    return attr_weight_noise_of(&out->weight_noise, layers, o, net->n);
}

attr_status attr_dream_of(attr_dreamed *out, attr_session *s, const attr_dream_wish *wish, int frames,
                          attr_progress progress, void *context) {
    attr_dream_settings settings;
    bool *layers = NULL;
    double begun = seconds_now();
    *out = (attr_dreamed){.probability = NAN};
    ATTR_TRY(attr_blank_explanation(&out->seen, s));
    attr_status status = attr_dream_engine(s, out->seen, wish->class_index < 0 ? wish->objective.layer : -1);
    if (status == ATTR_OK) status = settle(&settings, &layers, s, frames);
    if (status == ATTR_OK)
        status = attr_dream_run(&out->dream, s->engine, &wish->objective, &settings, progress, context);
    if (status == ATTR_OK) status = look_at(out, s, wish);
    if (status == ATTR_OK) status = attr_check_parameters(&out->seen->parameters_checksum, s);
    if (status == ATTR_OK) out->networks = (int)settings.clones;
    out->seen->seconds = seconds_now() - begun;
    free(layers);
    return status;
}

void attr_dreamed_free(attr_dreamed *d) {
    attr_dream_free(&d->dream);
    attr_explanation_free(d->seen);
    *d = (attr_dreamed){0};
}
