#include "dreams/dream.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "dreams/adam.h"
#include "dreams/canvas.h"

typedef struct {
    attr_dream *dream;
    attr_engine *engine;
    const attr_dream_objective *objective;
    const attr_dream_settings *settings;
    attr_progress progress;
    void *context;
    attr_canvas canvas;
    attr_adam adam;
    size_t size, done;                                         /* of the input; passes */
    double *parameters, *by_parameters, *x, *by_x, *view, *by; /* by: by_view, and what is read of it */
    float *input;
} dreamer;

static attr_status allocate(dreamer *r) {
    const attr_dream_settings *s = r->settings;
    attr_dream *d = r->dream;
    ATTR_TRY(attr_canvas_make(&r->canvas, s->channels, s->height, s->width));
    r->size = (size_t)s->channels * r->canvas.pixels;
    ATTR_TRY(attr_adam_make(&r->adam, r->canvas.parameters, s->rate, s->limit));
    ATTR_TRY(attr_allocate(&r->parameters, r->canvas.parameters, sizeof(double), "a dream"));
    ATTR_TRY(attr_allocate(&r->by_parameters, r->canvas.parameters, sizeof(double), "a dream"));
    ATTR_TRY(attr_allocate(&r->x, r->size, sizeof(double), "a dream"));
    ATTR_TRY(attr_allocate(&r->by_x, r->size, sizeof(double), "a dream"));
    ATTR_TRY(attr_allocate(&r->view, r->size, sizeof(double), "a dream"));
    ATTR_TRY(attr_allocate(&r->by, 2 * r->size, sizeof(double), "a dream"));
    ATTR_TRY(attr_allocate(&r->input, r->size, sizeof(float), "a dream"));
    ATTR_TRY(attr_allocate(&d->x, r->size, sizeof(float), "a dream"));
    ATTR_TRY(attr_allocate(&d->points, s->steps + 1, sizeof *d->points, "a dream"));
    ATTR_TRY(attr_allocate(&d->frames, (size_t)s->frames, sizeof *d->frames, "a dream"));
    return attr_allocate(&d->frame_steps, (size_t)s->frames, sizeof *d->frame_steps, "a dream");
}

static void release(dreamer *r) {
    attr_canvas_free(&r->canvas);
    attr_adam_free(&r->adam);
    free(r->parameters);
    free(r->by_parameters);
    free(r->x);
    free(r->by_x);
    free(r->view);
    free(r->by);
    free(r->input);
}

static void set_input(dreamer *r, const double *x) {
    for (size_t i = 0; i < r->size; ++i) r->input[i] = (float)x[i];
    attr_engine_set_input_f32(r->engine, 0, r->input);
}

/* ---- What is known of a step */

/* Keeps the picture if it is the next of the frames: frame k has about k / (frames - 1) of all steps behind it. */
static attr_status keep_frame(dreamer *r, size_t step) {
    attr_dream *d = r->dream;
    size_t last = (size_t)r->settings->frames - 1, next = (size_t)d->frame_count;
    if (next > last || step < next * r->settings->steps / last) return ATTR_OK;
    ATTR_TRY(attr_allocate(&d->frames[next], r->size, sizeof(float), "a dream"));
    for (size_t i = 0; i < r->size; ++i) d->frames[next][i] = (float)r->x[i];
    d->frame_steps[next] = step;
    ++d->frame_count;
    return ATTR_OK;
}

/* What the network itself makes of the picture as it is. */
static attr_status look(dreamer *r, size_t step) {
    attr_dream_point *p = &r->dream->points[step];
    set_input(r, r->x);
    attr_engine_forward(r->engine, 1);
    p->objective = NAN;
    p->clean = attr_objective_value(NULL, r->objective, r->engine);
    p->probability = attr_objective_probability(r->objective, r->engine);
    if (!isfinite(p->clean)) return attr_fail(ATTR_NUMERIC, "step %zu: the objective is not finite", step);
    return keep_frame(r, step);
}

/* ---- A step */

/* Adds value and derivative of the engine's present network at the view, divided by how many there are. */
static attr_status add_pass(dreamer *r, double *value, size_t networks) {
    double *read = r->by + r->size;
    attr_engine_forward(r->engine, 1);
    *value += attr_objective_differentiate(r->objective, r->engine) / (double)networks;
    attr_tensor_read_gradient(read, attr_engine_input(r->engine), 0, 0, r->size);
    for (size_t i = 0; i < r->size; ++i) r->by[i] += read[i] / (double)networks;
    ++r->done;
    size_t all = r->settings->steps * networks;
    if (r->progress && r->progress(r->context, r->done, all)) return attr_fail(ATTR_INTERRUPTED, "interrupted");
    return ATTR_OK;
}

static attr_status add_clones(dreamer *r, double *value, size_t step) {
    size_t clones = r->settings->clones;
    attr_weight_noise noise = r->settings->weight_noise;
    attr_status status = ATTR_OK;
    for (size_t i = 0; status == ATTR_OK && i < clones; ++i) {
        noise.clone = (r->settings->fresh ? step * clones : 0) + i;
        status = attr_engine_perturb(r->engine, &noise);
        if (status == ATTR_OK) status = add_pass(r, value, clones);
    }
    attr_engine_set_parameters(r->engine, NULL);
    return status;
}

/* Mean value and derivative (in `by`) over the networks, at the view. */
static attr_status differentiate(dreamer *r, double *value, size_t step) {
    *value = 0;
    memset(r->by, 0, r->size * sizeof *r->by);
    set_input(r, r->view);
    ATTR_TRY(r->settings->clones ? add_clones(r, value, step) : add_pass(r, value, 1));
    bool finite = isfinite(*value);
    for (size_t i = 0; finite && i < r->size; ++i) finite = isfinite(r->by[i]);
    return finite ? ATTR_OK
                  : attr_fail(ATTR_NUMERIC, "step %zu: the objective or its gradient is not finite (%g)", step, *value);
}

static attr_status take_step(dreamer *r, size_t step) {
    const attr_dream_settings *s = r->settings;
    double value;
    attr_augmentation a = attr_augmentation_draw(&s->views, s->seed, step);
    attr_augmentation_apply(r->view, r->x, s->channels, s->height, s->width, &a);
    ATTR_TRY(differentiate(r, &value, step));
    r->dream->points[step].objective = value;
    for (size_t i = 0; i < r->size; ++i) r->by[i] = -r->by[i]; /* of the loss */
    attr_augmentation_transpose(r->by_x, r->by, s->channels, s->height, s->width, &a);
    attr_canvas_transpose(r->by_parameters, &r->canvas, r->x, r->by_x);
    attr_adam_step(r->parameters, &r->adam, r->by_parameters);
    return ATTR_OK;
}

static attr_status dream(dreamer *r) {
    attr_canvas_start(r->parameters, &r->canvas, r->settings->seed);
    for (size_t step = 0;; ++step) {
        attr_canvas_paint(r->x, &r->canvas, r->parameters);
        ATTR_TRY(look(r, step));
        if (step == r->settings->steps) break;
        ATTR_TRY(take_step(r, step));
    }
    memcpy(r->dream->x, r->input, r->size * sizeof *r->input);
    return ATTR_OK;
}

attr_status attr_dream_run(attr_dream *out, attr_engine *e, const attr_dream_objective *objective,
                           const attr_dream_settings *settings, attr_progress progress, void *context) {
    *out = (attr_dream){0};
    dreamer r = {.dream = out,
                 .engine = e,
                 .objective = objective,
                 .settings = settings,
                 .progress = progress,
                 .context = context};
    attr_status status = allocate(&r);
    if (status == ATTR_OK) status = dream(&r);
    release(&r);
    return status;
}

void attr_dream_free(attr_dream *d) {
    for (int i = 0; i < d->frame_count; ++i) free(d->frames[i]);
    free(d->frames);
    free(d->frame_steps);
    free(d->points);
    free(d->x);
    *d = (attr_dream){0};
}
