#include "attacks/pgd.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "targets/probability.h"

/* ---- Results */

attr_status attr_attacked_allocate(attr_attacked *out, const attr_victim *v, size_t iterations, bool has_losses) {
    attr_ball ball = {v->x, v->region, 0};
    size_t size = attr_ball_numbers(&ball), points = iterations + 1;
    *out = (attr_attacked){.iterations = iterations};
    ATTR_TRY(attr_allocate(&out->x, size, sizeof *out->x, "an attack"));
    ATTR_TRY(attr_allocate(&out->probabilities, points, sizeof *out->probabilities, "an attack"));
    if (v->towards) ATTR_TRY(attr_allocate(&out->towards, points, sizeof *out->towards, "an attack"));
    if (has_losses) ATTR_TRY(attr_allocate(&out->losses, points, sizeof *out->losses, "an attack"));
    memcpy(out->x, v->x, size * sizeof *out->x);
    return ATTR_OK;
}

void attr_attacked_free(attr_attacked *a) {
    free(a->x);
    free(a->probabilities);
    free(a->towards);
    free(a->losses);
    *a = (attr_attacked){0};
}

/* ---- One victim in a slot of the batch */

typedef struct {
    const attr_victim *victim;
    attr_attacked *out;
    attr_ball ball;
    attr_target *rematch;     /* NULL: the cell is frozen */
    attr_target *found, *led; /* of this step, where it is matched anew; owned */
} slot;

typedef struct {
    attr_engine *engine;
    const attr_pgd_settings *settings;
    slot *slots;
    attr_spot *heads; /* [2 x slots] */
    double *gradient;
    int count;
} batch;

static void forget_match(slot *s) {
    attr_target_free(s->found);
    attr_target_free(s->led);
    s->found = s->led = NULL;
}

static const attr_target *target_of(const slot *s) {
    return s->found ? s->found : s->victim->target;
}

static const attr_target *towards_of(const slot *s) {
    return s->led ? s->led : s->victim->towards;
}

static const attr_target *seeded(const slot *s) {
    return s->victim->towards ? towards_of(s) : target_of(s);
}

static void start(slot *s, const attr_pgd_settings *settings) {
    size_t size = attr_ball_numbers(&s->ball);
    if (!settings->random_start) return;
    attr_random random = {settings->seed, ATTR_STREAM_ATTACK, 0, s->victim->number};
    attr_random_uniform(s->out->x, &random, 0, size);
    for (size_t i = 0; i < size; ++i)
        s->out->x[i] = (float)(s->victim->x[i] + settings->epsilon * (2. * s->out->x[i] - 1));
    attr_ball_project(s->out->x, &s->ball);
}

static attr_status match(slot *s, attr_engine *e, int sample) {
    forget_match(s);
    if (!s->rematch) return ATTR_OK;
    ATTR_TRY(attr_target_of_match(&s->found, s->rematch, e, sample, -1));
    if (!s->victim->towards) return ATTR_OK;
    return attr_target_of_match(&s->led, s->rematch, e, sample, attr_target_class(s->victim->towards));
}

/* ---- Steps of all victims of a batch */

static attr_status look(batch *b, size_t iteration) {
    for (int k = 0; k < b->count; ++k) attr_engine_set_input_f32(b->engine, k, b->slots[k].out->x);
    attr_engine_forward(b->engine, b->count);
    for (int k = 0; k < b->count; ++k) {
        slot *s = &b->slots[k];
        ATTR_TRY(match(s, b->engine, k));
        s->out->probabilities[iteration] = attr_target_probability(target_of(s), b->engine, k);
        if (s->out->towards) s->out->towards[iteration] = attr_target_probability(towards_of(s), b->engine, k);
    }
    return ATTR_OK;
}

static void differentiate(batch *b) {
    int n = 0;
    for (int k = 0; k < b->count; ++k) {
        int head = attr_target_layer(seeded(&b->slots[k])), j = 0;
        while (j < n && b->heads[j].layer != head) ++j;
        if (j == n) b->heads[n++] = (attr_spot){.layer = head};
    }
    attr_engine_clear_at(b->engine, b->heads, n);
    for (int k = 0; k < b->count; ++k)
        attr_target_seed_log_probability(seeded(&b->slots[k]), b->engine, k, b->slots[k].victim->towards ? 1 : -1);
    attr_engine_backward_from(b->engine, b->heads, n);
}

static attr_status step(batch *b, int k) {
    slot *s = &b->slots[k];
    size_t size = attr_ball_numbers(&s->ball);
    attr_tensor_read_gradient(b->gradient, attr_engine_input(b->engine), k, 0, size);
    for (size_t i = 0; i < size; ++i) {
        double g = b->gradient[i];
        if (!isfinite(g)) return attr_fail(ATTR_NUMERIC, "an attack: the gradient is not finite");
        s->out->x[i] = (float)(s->out->x[i] + b->settings->step * ((g > 0) - (g < 0)));
    }
    attr_ball_project(s->out->x, &s->ball);
    return ATTR_OK;
}

static attr_status run_batch(batch *b, size_t done, size_t all, attr_progress progress, void *context) {
    for (int k = 0; k < b->count; ++k) start(&b->slots[k], b->settings);
    for (size_t i = 0; i < b->settings->iterations; ++i) {
        ATTR_TRY(look(b, i));
        differentiate(b);
        for (int k = 0; k < b->count; ++k) ATTR_TRY(step(b, k));
        done += (size_t)b->count;
        if (progress && progress(context, done, all)) return attr_fail(ATTR_INTERRUPTED, "interrupted");
    }
    return look(b, b->settings->iterations);
}

/* ---- All */

/* Where a detection is looked for is what it is in the picture as it was. */
static attr_status fill_slot(slot *s, attr_attacked *out, attr_engine *e, const attr_victim *v,
                             const attr_pgd_settings *settings) {
    *s = (slot){.victim = v, .out = out, .ball = {v->x, v->region, settings->epsilon}};
    ATTR_TRY(attr_target_needs_probability(v->target, e, "an attack"));
    if (v->towards) ATTR_TRY(attr_target_needs_probability(v->towards, e, "an attack"));
    ATTR_TRY(attr_attacked_allocate(out, v, settings->iterations, false));
    if (!settings->matches_anew) return ATTR_OK;
    attr_engine_set_input_f32(e, 0, v->x);
    attr_engine_forward(e, 1);
    return attr_target_rematch(&s->rematch, v->target, e, 0);
}

attr_status attr_pgd(attr_attacked *out, attr_engine *e, const attr_victim *victims, size_t count,
                     const attr_pgd_settings *settings, attr_progress progress, void *context) {
    batch b = {.engine = e, .settings = settings};
    size_t most = (size_t)attr_engine_batch(e), done = 0;
    memset(out, 0, count * sizeof *out);
    attr_status status = attr_allocate(&b.slots, most, sizeof *b.slots, "an attack");
    if (status == ATTR_OK) status = attr_allocate(&b.heads, most, sizeof *b.heads, "an attack");
    if (status == ATTR_OK) status = attr_allocate(&b.gradient, attr_engine_inputs(e), sizeof *b.gradient, "an attack");
    while (status == ATTR_OK && done < count) {
        b.count = (int)(count - done < most ? count - done : most);
        for (int k = 0; status == ATTR_OK && k < b.count; ++k)
            status = fill_slot(&b.slots[k], &out[done + (size_t)k], e, &victims[done + (size_t)k], settings);
        if (status == ATTR_OK)
            status = run_batch(&b, done * settings->iterations, count * settings->iterations, progress, context);
        for (int k = 0; k < b.count; ++k) {
            forget_match(&b.slots[k]);
            attr_target_free(b.slots[k].rematch);
        }
        memset(b.slots, 0, most * sizeof *b.slots);
        done += (size_t)b.count;
    }
    free(b.slots);
    free(b.heads);
    free(b.gradient);
    return status;
}
