/* The maps that are measured, and others that measures ask for. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "metrics/controls.h"
#include "model/replacement.h"
#include "session/fitting_engine.h"
#include "session/scoring_job.h"
#include "session/settings.h"

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static size_t area_of(const attr_scoring_job *job) {
    return (size_t)job->ex->net_w * (size_t)job->ex->net_h;
}

/* The session's options, and the explanation's, become those of a row's method. */
static void choose_method(attr_scoring_job *job, int row) {
    job->scoring->session->options = *job->scoring->methods[row].options;
    job->ex->options = job->scoring->session->options;
}

/* What maps are made of by the method in force. */
typedef struct {
    attr_target *const *targets;
    int count;
    const float *x;
    const attr_parameters *parameters; /* NULL: the network's own */
    double *root_sigmas;               /* [count] for option adaptive, which looks for each once: NAN before that */
} map_inputs;

static attr_status run_method(attr_map *maps, const attr_scoring_job *job, const map_inputs *in,
                              const attr_method_settings *settings) {
    const attr_job run = {.engine = job->scoring->session->engine,
                          .x = in->x,
                          .targets = in->targets,
                          .target_count = (size_t)in->count,
                          .settings = settings,
                          .progress = job->progress,
                          .context = job->context};
    return attr_method_run(maps, &run);
}

static attr_status find_root_sigma(double *sigma, const attr_scoring_job *job, const map_inputs *in,
                                   const attr_settings_holder *held) {
    attr_noise_search found;
    const attr_job run = {.engine = job->scoring->session->engine,
                          .x = in->x,
                          .targets = in->targets,
                          .target_count = 1,
                          .settings = &held->settings,
                          .progress = job->progress,
                          .context = job->context};
    if (!isnan(*sigma)) return ATTR_OK;
    ATTR_TRY(attr_adaptive_search(&found, &run, &held->adaptive));
    *sigma = found.sigma;
    return ATTR_OK;
}

/* Each target with the noise that suits it. */
static attr_status run_adaptively(attr_map *maps, const attr_scoring_job *job, const map_inputs *in,
                                  const attr_settings_holder *held) {
    for (int i = 0; i < in->count; ++i) {
        const map_inputs one = {in->targets + i, 1, in->x, in->parameters, in->root_sigmas + i};
        attr_method_settings settings = held->settings;
        ATTR_TRY(find_root_sigma(one.root_sigmas, job, &one, held));
        settings.root_sigma = *one.root_sigmas;
        ATTR_TRY(run_method(&maps[i], job, &one, &settings));
    }
    return ATTR_OK;
}

/* maps[count], zeroed, to be released by attr_map_free() also after a failure. */
static attr_status make_maps(attr_map *maps, attr_scoring_job *job, const map_inputs *in) {
    attr_session *s = job->scoring->session;
    attr_settings_holder held = {0};
    attr_status status = attr_settings_make(&held, job->ex, in->x, s->model->net->n);
    if (status == ATTR_OK) status = attr_fit_engine(s, job->ex, &held.settings);
    if (status == ATTR_OK && attr_method_maps(&held.settings) != 1)
        status = attr_fail(ATTR_BAD_INPUT, "layers=%.128s: valid takes one layer", s->options.layers);
    if (status == ATTR_OK) {
        bool adaptive = held.adaptive.objective != ATTR_ADAPTIVE_NONE;
        if (in->parameters) attr_engine_replace_parameters(s->engine, in->parameters);
        status = adaptive ? run_adaptively(maps, job, in, &held) : run_method(maps, job, in, &held.settings);
        if (in->parameters) attr_engine_replace_parameters(s->engine, NULL);
    }
    attr_settings_release(&held);
    return status;
}

/* ---- All rows */

/* Takes over the values of a method's map. */
static void take_map(attr_row_map *out, attr_map *map) {
    attr_map_reduce(out->plane, map->values, &map->shape, -1, ATTR_CHANNELS_SUM);
    out->values = map->values;
    out->channels = map->shape.channels;
    out->expected_sum = map->expected_sum;
    out->gradients = map->gradients;
    map->values = NULL;
}

static attr_status explain_row(attr_scoring_job *job, int row, attr_target *const *targets) {
    attr_map *maps = NULL;
    const map_inputs in = {targets, job->count, job->ex->input, NULL, job->root_sigmas + row * job->count};
    ATTR_TRY(attr_allocate(&maps, (size_t)job->count, sizeof *maps, "maps"));
    choose_method(job, row);
    attr_status status = make_maps(maps, job, &in);
    for (int i = 0; i < job->count; ++i) {
        if (status == ATTR_OK) take_map(&job->maps[row * job->count + i], &maps[i]);
        attr_map_free(&maps[i]);
    }
    free(maps);
    return status;
}

static attr_status explain_methods(attr_scoring_job *job) {
    attr_target **targets = NULL;
    ATTR_TRY(attr_allocate(&targets, (size_t)job->count, sizeof(attr_target *), "targets"));
    for (int i = 0; i < job->count; ++i) targets[i] = job->choices[i].target;
    attr_status status = ATTR_OK;
    for (int row = 0; status == ATTR_OK && row < job->scoring->method_count; ++row) {
        double begun = seconds_now();
        status = explain_row(job, row, targets);
        job->seconds[row] = seconds_now() - begun;
    }
    free(targets);
    return status;
}

/* A number of the picture's own: were random maps those of another picture, they would miss chance in all alike. */
static uint64_t number_of(const attr_explanation *ex) {
    char digits[17];
    snprintf(digits, sizeof digits, "%.16s", ex->picture_hash);
    return strtoull(digits, NULL, 16);
}

static void make_controls(attr_scoring_job *job) {
    const attr_scoring *s = job->scoring;
    const attr_explanation *ex = job->ex;
    uint64_t seed = (uint64_t)s->given->seed ^ number_of(ex);
    attr_fitted_region fitted = attr_scoring_fitted(ex);
    for (int k = 0; k < attr_scoring_controls(s); ++k)
        for (int i = 0; i < job->count; ++i) {
            attr_share_box box = attr_scoring_box(ex, &job->choices[i]);
            attr_row_map *map = &job->maps[(s->method_count + k) * job->count + i];
            attr_control_map(map->plane, (attr_control)k, ex->input, ex->net_c, ex->net_w, ex->net_h, &fitted, &box,
                             seed + (uint64_t)i);
            map->expected_sum = NAN;
        }
}

attr_status attr_scoring_explain(attr_scoring_job *job) {
    size_t maps = (size_t)attr_scoring_rows(job->scoring) * (size_t)job->count;
    ATTR_TRY(attr_allocate(&job->maps, maps, sizeof *job->maps, "maps"));
    ATTR_TRY(attr_allocate(&job->root_sigmas, maps, sizeof *job->root_sigmas, "maps"));
    for (size_t i = 0; i < maps; ++i) job->root_sigmas[i] = NAN;
    for (size_t i = 0; i < maps; ++i)
        ATTR_TRY(attr_allocate(&job->maps[i].plane, area_of(job), sizeof *job->maps[i].plane, "a map"));
    ATTR_TRY(explain_methods(job));
    make_controls(job);
    return ATTR_OK;
}

void attr_scoring_free_maps(attr_scoring_job *job) {
    for (int i = 0; job->maps && i < attr_scoring_rows(job->scoring) * job->count; ++i) {
        free(job->maps[i].plane);
        free(job->maps[i].values);
    }
    free(job->maps);
    free(job->root_sigmas);
}

/* ---- Other maps of a row */

/* The seed of the other random numbers: one bit differs, so it is never the run's own. */
static const int64_t other_seed = INT64_C(1) << 40;

/* Makes the method in force that of the row, or what it makes means of. */
static attr_status choose_kind(attr_scoring_again *again, attr_made_map kind) {
    attr_scoring_job *job = again->job;
    attr_options *o = &job->scoring->session->options;
    choose_method(job, again->row);
    if (kind == ATTR_MAKE_PLAIN) {
        attr_method_choice plain = {attr_method_takes_base(o->method) ? o->base : ATTR_METHOD_GRADIENT, -1};
        if (attr_method_has_layers(o->method))
            return attr_fail(ATTR_UNSUPPORTED, "a layer's map has no other without noise");
        ATTR_TRY(attr_options_choose(o, &plain));
    }
    if (kind == ATTR_MAKE_AGAIN || kind == ATTR_MAKE_SECOND) o->seed ^= other_seed;
    job->ex->options = *o;
    return ATTR_OK;
}

static attr_status make_again(double *values, attr_scoring_again *again, const map_inputs *in) {
    attr_map map = {0};
    size_t channels = (size_t)again->map->value_channels;
    attr_status status = make_maps(&map, again->job, in);
    if (status == ATTR_OK && (size_t)map.shape.channels != channels)
        status = attr_fail(ATTR_UNSUPPORTED, "the map has another shape");
    if (status == ATTR_OK) memcpy(values, map.values, channels * area_of(again->job) * sizeof *values);
    attr_map_free(&map);
    again->map->engine = again->job->scoring->session->engine;
    return status;
}

static attr_status make_by_second(double *values, attr_scoring_again *again, map_inputs *in) {
    const attr_session *second = again->job->scoring->second;
    const network *net = second->model->net;
    attr_parameters *parameters = NULL;
    ATTR_TRY(attr_allocate(&parameters, (size_t)net->n, sizeof *parameters, "parameters"));
    for (int i = 0; i < net->n; ++i) parameters[i] = attr_parameters_of(&net->layers[i]);
    in->parameters = parameters;
    attr_status status = make_again(values, again, in);
    free(parameters);
    return status;
}

static attr_status make_shifted(double *values, attr_scoring_again *again, map_inputs *in) {
    const attr_session *s = again->job->scoring->session;
    size_t inputs = (size_t)s->model->net->inputs;
    attr_replacement replacement = {0};
    float *shifted = NULL;
    attr_status status = attr_replacement_make(&replacement, s->model->net);
    if (status == ATTR_OK) status = attr_replacement_shift(&replacement, s->options.shift);
    if (status == ATTR_OK) status = attr_allocate(&shifted, inputs, sizeof *shifted, "an input");
    for (size_t i = 0; status == ATTR_OK && i < inputs; ++i)
        shifted[i] = (float)(again->job->ex->input[i] + s->options.shift);
    in->x = shifted;
    in->parameters = replacement.parameters;
    if (status == ATTR_OK) status = make_again(values, again, in);
    free(shifted);
    attr_replacement_free(&replacement);
    return status;
}

attr_status attr_scoring_explain_again(void *context, double *values, attr_made_map kind, attr_target *target,
                                       const float *x) {
    attr_scoring_again *again = context;
    attr_scoring_job *job = again->job;
    attr_target *of = target ? target : job->choices[again->target].target;
    double *root_sigma = &job->root_sigmas[again->row * job->count + again->target];
    map_inputs in = {&of, 1, x ? x : job->ex->input, NULL, root_sigma};
    ATTR_TRY(choose_kind(again, kind));
    switch (kind) {
    case ATTR_MAKE_SECOND:
        return make_by_second(values, again, &in);
    case ATTR_MAKE_PARTNER:
        in.x = job->partner->input;
        return make_again(values, again, &in);
    case ATTR_MAKE_SHIFTED:
        return make_shifted(values, again, &in);
    default:
        return make_again(values, again, &in);
    }
}
