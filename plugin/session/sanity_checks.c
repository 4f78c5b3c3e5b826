/* The checks of sanity.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/graph.h"
#include "model/parameters.h"
#include "session/fitting_engine.h"
#include "session/sanity_job.h"
#include "targets/probability.h"

/* The part of a picture that the perturbation's strip shows. */
static const double shown_part = 0.1;

enum { most_percent = 100, part_of_classes = 2 /* of the stream of random maps */ };

static attr_engine *engine_of(const attr_sanity_job *job) {
    return job->v->session->engine;
}

/* ---- Stages */

/* Compares job->plane with map_0, and draws it. */
static attr_status finish_stage(attr_sanity_job *job, attr_sanity_stage *stage) {
    ATTR_TRY(attr_sanity_compare(&stage->agreement, job, job->first, &job->window));
    attr_sanity_cut(job->parts, job, job->plane, &job->window);
    return attr_draw_thumbnail(&stage->drawing, job->parts, job->window.w, job->window.h, ATTR_SANITY_SIDE);
}

/* map_0 as a stage: job->plane becomes it. */
static attr_status add_first(attr_sanity_job *job, attr_sanity_series *series, double ratio) {
    attr_sanity_stage stage = {.layer = -1, .value = job->map->value, .ratio = ratio};
    memcpy(job->plane, job->first, (size_t)job->ex->net_w * job->ex->net_h * sizeof *job->plane);
    ATTR_TRY(finish_stage(job, &stage));
    return attr_sanity_add_stage(series, &stage);
}

static void drop_stage(attr_sanity_stage *stage) {
    free(stage->name);
    free(stage->drawing.png);
}

/* ---- Random parameters */

attr_status attr_sanity_layers(int **layers, int *count, const attr_sanity_job *job) {
    const network *net = job->v->session->model->net;
    const attr_target *target = job->choice->target;
    int head = attr_target_is_contrast(target) ? net->n - 1 : attr_target_layer(target);
    bool *depends = NULL;
    *layers = NULL;
    *count = 0;
    ATTR_TRY(attr_allocate(&depends, (size_t)net->n, sizeof *depends, "layers"));
    attr_status status = attr_allocate(layers, (size_t)net->n, sizeof **layers, "layers");
    attr_layer_dependencies(depends, net->layers, head);
    for (int i = 0; status == ATTR_OK && i <= head; ++i)
        if ((depends[i] || attr_target_is_contrast(target)) && attr_layer_has_parameters(&net->layers[i]))
            (*layers)[(*count)++] = i;
    free(depends);
    return status;
}

static int stages_of(const attr_options *o, int layers) {
    return o->stages > 0 && o->stages < layers ? (int)o->stages : layers;
}

/* Draws the layers of stage k of `stages`; returns the one replaced last, -1 after a failure, whose status is *status.
 */
static int draw_stage(attr_status *status, attr_sanity_job *job, int check, const int *layers, int count, int k,
                      int stages) {
    uint64_t seed = job->held->settings.seed;
    int from = (int)((int64_t)(k - 1) * count / stages), to = (int)((int64_t)k * count / stages), last = -1;
    if (check == ATTR_CHECK_INDEPENDENT) {
        attr_replacement_clear(job->replacement);
        from = to - 1;
    }
    for (int i = from; i < to && *status == ATTR_OK; ++i) {
        last = layers[check == ATTR_CHECK_CASCADE ? count - 1 - i : i];
        *status = attr_replacement_draw(job->replacement, last, seed);
    }
    return last;
}

static attr_status randomised_stage(attr_sanity_job *job, attr_sanity_stage *stage) {
    const layer *l = &job->v->session->model->net->layers[stage->layer];
    ATTR_TRY(attr_replacement_calibrate(job->replacement, engine_of(job), job->ex->input));
    ATTR_TRY(attr_copy_text(&stage->name, attr_layer_name(l->type)));
    ATTR_TRY(attr_sanity_make_map(job, &stage->value, job->choice->target, &job->held->settings, job->ex->input));
    return finish_stage(job, stage);
}

static attr_status randomise(attr_sanity_job *job, attr_sanity_series *series, int check) {
    int *layers = NULL, count = 0;
    ATTR_TRY(attr_sanity_layers(&layers, &count, job));
    int stages = stages_of(&job->ex->options, count);
    attr_status status = add_first(job, series, NAN);
    for (int k = 1; k <= stages && status == ATTR_OK; ++k) {
        attr_sanity_stage stage = {.number = check == ATTR_CHECK_INDEPENDENT ? 1 : (int)((int64_t)k * count / stages),
                                   .ratio = NAN};
        stage.layer = draw_stage(&status, job, check, layers, count, k, stages);
        if (status == ATTR_OK) status = randomised_stage(job, &stage);
        if (status == ATTR_OK) status = attr_sanity_add_stage(series, &stage);
        drop_stage(&stage);
    }
    free(layers);
    return status;
}

/* ---- Other classes */

static bool has_class(const attr_sanity_series *series, const char *name) {
    for (int i = 0; i < series->count; ++i)
        if (0 == strcmp(series->stages[i].name, name)) return true;
    return false;
}

static attr_status other_stage(attr_sanity_job *job, attr_sanity_series *series, attr_target *other) {
    char number[16];
    attr_sanity_stage stage = {.number = series->count + 1, .layer = -1, .ratio = NAN};
    const char *name = attr_class_name(job->v->session, attr_target_class(other), number);
    if (has_class(series, name)) return ATTR_OK;
    attr_status status = attr_copy_text(&stage.name, name);
    if (status == ATTR_OK)
        status = attr_sanity_make_map(job, &stage.value, other, &job->held->settings, job->ex->input);
    if (status == ATTR_OK) status = finish_stage(job, &stage);
    if (status == ATTR_OK) status = attr_sanity_add_stage(series, &stage);
    drop_stage(&stage);
    return status;
}

/* Classes are drawn until there are enough different ones, or it has been tried often enough. */
static attr_status compare_classes(attr_sanity_job *job, attr_sanity_series *series) {
    const attr_target *target = job->choice->target;
    int wanted = (int)job->ex->options.other_classes;
    const attr_random random = {job->held->settings.seed, ATTR_STREAM_SANITY_MAPS, part_of_classes, 0};
    if (attr_target_is_contrast(target) || attr_target_quantity(target) >= ATTR_TARGET_X)
        return attr_fail(ATTR_BAD_INPUT, "target %s is not that of one class", job->choice->text);
    for (int k = 0; k < 16 * wanted && series->count < wanted; ++k) {
        float u;
        attr_target *other = NULL;
        attr_random_uniform(&u, &random, (uint64_t)k, 1);
        ATTR_TRY(attr_target_of_other_class(&other, target, engine_of(job), u));
        attr_status status = other_stage(job, series, other);
        attr_target_free(other);
        ATTR_TRY(status);
    }
    return ATTR_OK;
}

/* ---- Noise on the parameters */

static attr_status draw_revealed(attr_thumbnail *out, attr_sanity_job *job) {
    const attr_sanity_window *window = &job->window;
    size_t area = (size_t)job->ex->net_w * job->ex->net_h, n = (size_t)window->w * window->h;
    int channels = job->ex->net_c;
    float *x = NULL;
    ATTR_TRY(attr_allocate(&x, (size_t)channels * n, sizeof *x, "a drawing"));
    for (int c = 0; c < channels; ++c)
        for (int y = 0; y < window->h; ++y)
            memcpy(x + (size_t)c * n + (size_t)y * window->w,
                   job->ex->input + (size_t)c * area + (size_t)(window->y + y) * job->ex->net_w + window->x,
                   (size_t)window->w * sizeof *x);
    attr_sanity_cut(job->parts, job, job->plane, window);
    attr_status status =
        attr_draw_revealed(out, x, channels, job->parts, window->w, window->h, shown_part, ATTR_SANITY_SIDE);
    free(x);
    return status;
}

static double ratio_of(double p, double p0) {
    return fmin(fmax(p / p0, 0), 1);
}

static attr_status perturbed_stage(attr_sanity_job *job, attr_sanity_stage *stage) {
    attr_engine *e = engine_of(job);
    ATTR_TRY(attr_replacement_perturb(job->replacement, stage->number, job->held->settings.seed));
    attr_replacement_use(job->replacement, e);
    attr_engine_set_input_f32(e, 0, job->ex->input);
    attr_engine_forward(e, 1);
    stage->ratio = ratio_of(attr_target_probability(job->choice->target, e, 0), job->map->probability);
    ATTR_TRY(attr_sanity_make_map(job, &stage->value, job->choice->target, &job->held->settings, job->ex->input));
    ATTR_TRY(attr_sanity_compare(&stage->agreement, job, job->first, &job->window));
    return draw_revealed(&stage->drawing, job);
}

static attr_status perturb(attr_sanity_job *job, attr_sanity_series *series) {
    int step = (int)job->ex->options.perturbation_step;
    ATTR_TRY(attr_target_needs_probability(job->choice->target, engine_of(job),
                                           attr_method_name(job->held->settings.method)));
    ATTR_TRY(add_first(job, series, 1));
    free(series->stages[0].drawing.png);
    series->stages[0].drawing.png = NULL;
    ATTR_TRY(draw_revealed(&series->stages[0].drawing, job));
    for (int percent = 1; percent <= most_percent; percent += step) {
        attr_sanity_stage stage = {.number = percent, .layer = -1};
        attr_status status = perturbed_stage(job, &stage);
        if (status == ATTR_OK) status = attr_sanity_add_stage(series, &stage);
        drop_stage(&stage);
        ATTR_TRY(status);
    }
    return ATTR_OK;
}

/* ---- A shifted input */

/* The window without what the first layer sees together with its padding. */
static attr_sanity_window inside(const attr_sanity_job *job) {
    const layer *l = &job->v->session->model->net->layers[0];
    int margin = l->type == CONVOLUTIONAL ? l->size - 1 : 0;
    attr_sanity_window in = job->window;
    int left = in.x > margin ? in.x : margin, top = in.y > margin ? in.y : margin;
    int right = in.x + in.w < job->ex->net_w - margin ? in.x + in.w : job->ex->net_w - margin;
    int bottom = in.y + in.h < job->ex->net_h - margin ? in.y + in.h : job->ex->net_h - margin;
    return (attr_sanity_window){left, top, right - left, bottom - top};
}

/* By one method: the map of x + shift against that of x, which is job->plane. */
static attr_status shifted_stage(attr_sanity_job *job, attr_sanity_series *series, const float *shifted,
                                 const attr_method_settings *settings, const double *first) {
    const attr_sanity_window window = inside(job);
    attr_sanity_stage stage = {.layer = -1, .ratio = NAN};
    attr_replacement_use(job->replacement, engine_of(job));
    ATTR_TRY(attr_sanity_make_map(job, &stage.value, job->choice->target, settings, shifted));
    ATTR_TRY(attr_sanity_compare(&stage.agreement, job, first, &window));
    attr_sanity_cut(job->parts, job, job->plane, &window);
    ATTR_TRY(attr_draw_thumbnail(&stage.drawing, job->parts, window.w, window.h, ATTR_SANITY_SIDE));
    attr_status status = attr_copy_text(&stage.name, attr_method_name(settings->method));
    if (status == ATTR_OK) status = attr_sanity_add_stage(series, &stage);
    drop_stage(&stage);
    return status;
}

/* The plain gradient differs by the borders alone. */
static attr_status shift_of_gradient(attr_sanity_job *job, attr_sanity_series *series, const float *shifted) {
    const attr_method_settings gradient = {.method = ATTR_METHOD_GRADIENT};
    size_t area = (size_t)job->ex->net_w * job->ex->net_h;
    double *first = NULL;
    ATTR_TRY(attr_allocate(&first, area, sizeof *first, "a map"));
    attr_engine_replace_parameters(engine_of(job), NULL);
    attr_status status = attr_sanity_make_map(job, NULL, job->choice->target, &gradient, job->ex->input);
    memcpy(first, job->plane, area * sizeof *first);
    if (status == ATTR_OK) status = shifted_stage(job, series, shifted, &gradient, first);
    free(first);
    return status;
}

static attr_status shift_all(attr_sanity_job *job, attr_sanity_series *series, const float *shifted) {
    const attr_sanity_window window = inside(job);
    attr_settings_holder held = {0};
    if (window.w < 2 || window.h < 2)
        return attr_fail(ATTR_UNSUPPORTED, "the picture is too small to have an interior");
    ATTR_TRY(attr_replacement_shift(job->replacement, job->ex->options.shift));
    attr_status status = attr_settings_make(&held, job->ex, shifted, job->v->session->model->net->n);
    held.settings.root_sigma = job->held->settings.root_sigma; /* as option adaptive found it */
    if (status == ATTR_OK) status = shifted_stage(job, series, shifted, &held.settings, job->first);
    attr_settings_release(&held);
    return status == ATTR_OK ? shift_of_gradient(job, series, shifted) : status;
}

static attr_status shift(attr_sanity_job *job, attr_sanity_series *series) {
    size_t size = (size_t)job->ex->net_w * job->ex->net_h * job->ex->net_c;
    float *shifted = NULL;
    ATTR_TRY(attr_allocate(&shifted, size, sizeof *shifted, "an input"));
    for (size_t i = 0; i < size; ++i) shifted[i] = (float)(job->ex->input[i] + job->ex->options.shift);
    attr_status status = shift_all(job, series, shifted);
    free(shifted);
    return status;
}

/* ---- All */

int attr_sanity_count(const attr_sanity_job *job, int check) {
    const attr_options *o = &job->ex->options;
    int *layers = NULL, count = 0;
    switch (check) {
    case ATTR_CHECK_LOGIT:
        return (int)o->other_classes;
    case ATTR_CHECK_PERTURBATION:
        return (most_percent - 1) / (int)o->perturbation_step + 1;
    case ATTR_CHECK_SHIFT:
        return 3;
    default:
        if (attr_sanity_layers(&layers, &count, job) != ATTR_OK) count = 0;
        free(layers);
        return stages_of(o, count);
    }
}

static attr_status run_check(attr_sanity_job *job, attr_sanity_series *series, int check) {
    switch (check) {
    case ATTR_CHECK_LOGIT:
        return compare_classes(job, series);
    case ATTR_CHECK_PERTURBATION:
        return perturb(job, series);
    case ATTR_CHECK_SHIFT:
        return shift(job, series);
    default:
        return randomise(job, series, check);
    }
}

/* A check that this network or target does not allow, or that ends where numbers are not finite, is told. */
attr_status attr_sanity_check(attr_sanity_job *job, int check) {
    attr_sanity_series *series = &job->map->series[check];
    attr_replacement_clear(job->replacement);
    attr_engine_replace_parameters(engine_of(job), NULL);
    attr_status status = run_check(job, series, check);
    attr_replacement_clear(job->replacement);
    attr_engine_replace_parameters(engine_of(job), NULL);
    bool is_told = status == ATTR_NUMERIC || status == ATTR_UNSUPPORTED || status == ATTR_BAD_INPUT;
    return is_told ? attr_copy_text(&series->problem, attr_error_message()) : status;
}
