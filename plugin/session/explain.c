/* From a picture file to maps in the picture's coordinates. */
#include "session/session.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/files.h"
#include "base/memory.h"
#include "methods/method.h"
#include "session/adaptive.h"
#include "session/fitting_engine.h"
#include "session/names.h"
#include "session/place.h"
#include "session/settings.h"

enum { most_targets = 8 };

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static bool is_zero(const attr_result *r) {
    size_t i = 0, n = (size_t)r->width * (size_t)r->height * (size_t)r->channels;
    while (i < n && r->map[i] == 0) ++i;
    return i == n;
}

/* `each`: how many maps each choice has. */
/* With blocks chosen for their error that is to be within the tolerance, too. */
static bool has_converged(const attr_map *map, double error, const attr_options *o) {
    if (o->pool || isnan(error)) return map->converged;
    return error <= o->tolerance && !(map->completeness_gap > o->tolerance * fabs(map->expected_sum));
}

static attr_status fill_item(attr_explained *item, const attr_choice *choice, attr_map *map, size_t each,
                             attr_explanation *ex, const attr_session *s) {
    char number[16];
    attr_result *r = &item->result;
    ATTR_TRY(attr_copy_text(&item->class_name, attr_class_name(s, choice->class_index, number)));
    item->is_detection = choice->is_detection;
    item->detection = choice->detection;
    item->aim = choice->aim;
    item->overlap = ex->options.iou;
    ATTR_TRY(attr_copy_text(&item->target, choice->text));
    ATTR_TRY(attr_name_item(item, ex, choice->part, map, each));
    ATTR_TRY(attr_place_map(item, map, ex));
    item->is_zero = is_zero(r);
    r->name = item->name;
    r->class_name = item->class_name;
    r->class_index = choice->class_index;
    r->score = choice->score;
    r->target = map->target;
    r->relative_error = attr_map_error(map, item->pool);
    r->completeness_gap = map->completeness_gap;
    r->converged = has_converged(map, r->relative_error, &ex->options);
    r->gradients = map->gradients;
    r->samples = map->samples;
    if (choice->is_detection) {
        const attr_detection *d = &choice->detection;
        memcpy(r->box, (double[4]){d->x, d->y, d->w, d->h}, sizeof r->box);
    }
    item->figures = *map;
    attr_mask_report *mask = map->mask;
    attr_map_forget(&item->figures);
    item->figures.mask = mask;
    map->mask = NULL; /* the item's now */
    if (!item->figures.mask || !item->figures.mask->has_control) return ATTR_OK;
    return attr_copy_text(&item->control_name, attr_class_name(s, item->figures.mask->control.class_index, number));
}

/* Explains so many choices. `forward_done`: nothing has run since the forward that they were chosen by. */
static attr_status explain_some(attr_explanation *ex, attr_session *s, const attr_choice *choices, int count,
                                const attr_method_settings *settings, bool forward_done, attr_progress progress,
                                void *context) {
    attr_target *targets[most_targets];
    attr_map *maps = NULL;
    size_t each = attr_method_maps(settings), all = (size_t)count * each;
    ATTR_TRY(attr_allocate(&maps, all, sizeof *maps, "maps"));
    for (int i = 0; i < count; ++i) targets[i] = choices[i].target;
    attr_job job = {.engine = s->engine,
                    .x = ex->input,
                    .targets = targets,
                    .target_count = (size_t)count,
                    .settings = settings,
                    .progress = progress,
                    .context = context,
                    .forward_done = forward_done};
    attr_status status = attr_method_run(maps, &job);
    for (size_t i = 0; status == ATTR_OK && i < all; ++i) {
        status = fill_item(&ex->explained[ex->count], &choices[i / each], &maps[i], each, ex, s);
        ++ex->count;
    }
    for (size_t i = 0; i < all; ++i) attr_map_free(&maps[i]);
    free(maps);
    return status;
}

/* Of what the network predicts: a number that is not finite compares as false everywhere and would just not be seen. */
static attr_status check_output(const attr_session *s) {
    int layers = attr_engine_layers(s->engine);
    for (int i = 0; i < layers; ++i) {
        const attr_op *op = attr_engine_op(s->engine, i);
        if (!attr_is_head(attr_engine_op(s->engine, 0), layers, i)) continue;
        for (size_t k = 0; k < op->outputs; ++k) {
            double value;
            attr_tensor_read(&value, op->writes, 0, k, 1);
            if (!isfinite(value))
                return attr_fail(ATTR_NUMERIC, "%s: output %zu of layer %d [%s] is not finite (%g)", s->weights_path, k,
                                 i, op->kind->name, value);
        }
    }
    return ATTR_OK;
}

static attr_status predict(attr_explanation *ex, attr_session *s) {
    attr_engine_set_input_f32(s->engine, 0, ex->input);
    attr_engine_forward(s->engine, 1);
    return check_output(s);
}

static void use_threads(const attr_session *s) {
    omp_set_num_threads(s->options.threads > 0 ? (int)s->options.threads : omp_get_num_procs());
}

attr_status attr_predict_prepared(attr_explanation *ex, attr_session *s) {
    const attr_method_settings one_point = {.method = ATTR_METHOD_GRADIENT};
    use_threads(s);
    ATTR_TRY(attr_fit_engine(s, ex, &one_point));
    return predict(ex, s);
}

/* Explains one choice with the noise that suits it best. */
static attr_status explain_adaptively(attr_explanation *ex, attr_session *s, const attr_choice *choice,
                                      const attr_settings_holder *held, attr_progress progress, void *context) {
    attr_method_settings settings = held->settings;
    attr_noise_search found;
    attr_job job = {.engine = s->engine,
                    .x = ex->input,
                    .targets = &choice->target,
                    .target_count = 1,
                    .settings = &held->settings,
                    .progress = progress,
                    .context = context};
    ATTR_TRY(attr_adaptive_search(&found, &job, &held->adaptive));
    settings.root_sigma = found.sigma;
    ATTR_TRY(explain_some(ex, s, choice, 1, &settings, false, progress, context));
    ex->explained[ex->count - 1].adaptive = found;
    return ATTR_OK;
}

/* How many targets share their forwards: all, as far as their statistics fit into 256 MiB. */
static int targets_at_once(const attr_session *s, const attr_method_settings *settings) {
    size_t each = 5 * sizeof(double) * (size_t)s->model->net->inputs * attr_method_maps(settings),
           most = ((size_t)256 << 20) / each;
    return most < 1 ? 1 : most < most_targets ? (int)most : most_targets;
}

static attr_status explain_all(attr_explanation *ex, attr_session *s, const attr_chooser *chooser,
                               const attr_settings_holder *held, attr_progress progress, void *context) {
    attr_choice *choices = NULL;
    bool adaptive = held->adaptive.objective != ATTR_ADAPTIVE_NONE;
    int count = 0, at_once = adaptive ? 1 : targets_at_once(s, &held->settings);
    ATTR_TRY(predict(ex, s));
    ATTR_TRY(chooser->choose(&choices, &count, ex, s, chooser->context));
    attr_status status = attr_allocate(&ex->explained, (size_t)count * attr_method_maps(&held->settings),
                                       sizeof *ex->explained, "results");
    for (int i = 0; status == ATTR_OK && i < count; i += at_once) {
        int some = count - i < at_once ? count - i : at_once;
        if (adaptive)
            status = explain_adaptively(ex, s, choices + i, held, progress, context);
        else
            status = explain_some(ex, s, choices + i, some, &held->settings, i == 0, progress, context);
    }
    attr_choices_free(choices, count);
    return status;
}

attr_status attr_explain_chosen(attr_explanation *ex, attr_session *s, const attr_chooser *chooser,
                                attr_progress progress, void *context) {
    attr_settings_holder held = {0};
    use_threads(s);
    attr_status status = attr_settings_make(&held, ex, ex->input, s->model->net->n);
    if (status == ATTR_OK) status = attr_fit_engine(s, ex, &held.settings);
    double start = seconds_now();
    if (status == ATTR_OK) status = explain_all(ex, s, chooser, &held, progress, context);
    ex->seconds = seconds_now() - start;
    attr_settings_release(&held);
    if (status != ATTR_OK) return status;
    free(ex->input);
    ex->input = NULL;
    return attr_check_parameters(&ex->parameters_checksum, s);
}

static attr_status choose_by_options(attr_choice **choices, int *count, attr_explanation *ex, attr_session *s,
                                     void *context) {
    (void)context;
    return attr_choose(choices, count, ex, s);
}

attr_status attr_explain_prepared(attr_explanation *ex, attr_session *s, attr_progress progress, void *context) {
    return attr_explain_chosen(ex, s, &(attr_chooser){choose_by_options, NULL}, progress, context);
}

attr_status attr_explain_picture(attr_explanation **out, attr_session *s, const char *picture, attr_progress progress,
                                 void *context) {
    attr_explanation *ex = NULL;
    *out = NULL;
    ATTR_TRY(attr_prepare(&ex, s, picture));
    attr_status status = attr_explain_prepared(ex, s, progress, context);
    if (status != ATTR_OK) {
        attr_explanation_free(ex);
        return status;
    }
    *out = ex;
    return ATTR_OK;
}

attr_status attr_explain(attr_explanation **out, attr_session *session, const char *picture) {
    return attr_explain_picture(out, session, picture, NULL, NULL);
}
