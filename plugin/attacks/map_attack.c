#include "attacks/map_attack.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "metrics/picture_pixels.h"
#include "targets/probability.h"

typedef struct {
    attr_engine *engine;
    const attr_victim *victim;
    const attr_map_attack_settings *settings;
    attr_attacked *out;
    attr_ball ball;
    attr_gradient_map kind;
    attr_curvature at;
    size_t size, plane, pixels;
    double *x, *slope;      /* [size] the iterate; dL/dx */
    double *map, *by_map;   /* [plane] M; dL/dM */
    double *first, *second; /* [size] Adam's moments; NULL for topk */
    attr_target **classes;  /* structured: what is to keep its probability */
    double *kept, *now;     /* [class_count] these probabilities at first, and now */
    int class_count;
    unsigned char *is_top; /* [plane] topk: the k pixels */
    size_t *order;         /* [pixels] places, largest M first */
    int predicted;         /* what the target's place is seen as */
} attack;

/* ---- Maps */

attr_status attr_attacked_map(double *map, attr_engine *e, const attr_target *target, const attr_region *region,
                              bool times_input, const float *x) {
    attr_gradient_map kind = {*region, times_input};
    size_t size = attr_engine_inputs(e);
    double *gradient = NULL;
    ATTR_TRY(attr_allocate(&gradient, 2 * size, sizeof *gradient, "a gradient"));
    double *point = gradient + size;
    for (size_t i = 0; i < size; ++i) point[i] = x[i];
    attr_engine_set_input_f32(e, 0, x);
    attr_engine_forward(e, 1);
    attr_target_differentiate(target, e, 1);
    attr_tensor_read_gradient(gradient, attr_engine_input(e), 0, 0, size);
    double sum = attr_gradient_map_of(map, &kind, gradient, point);
    free(gradient);
    if (sum > 0 && isfinite(sum)) return ATTR_OK;
    return attr_fail(ATTR_NUMERIC, "an attack: the gradient of the target is %s",
                     sum > 0 ? "not finite" : "0 everywhere");
}

/* M at the iterate, where the engine is. */
static void make_map(attack *a) {
    attr_gradient_map_of(a->map, &a->kind, a->at.gradient, a->at.x);
}

static attr_status go_to_iterate(attack *a, double beta) {
    for (size_t i = 0; i < a->size; ++i) a->x[i] = a->out->x[i];
    attr_engine_set_sharpness(a->engine, beta);
    ATTR_TRY(attr_curvature_at(&a->at, a->x));
    make_map(a);
    return ATTR_OK;
}

/* ---- Predictions */

static double probability(const attack *a) {
    return attr_target_probability(a->victim->target, a->engine, 0);
}

static bool is_same(const attack *a) {
    return attr_target_predicted(a->victim->target, a->engine, 0) == a->predicted &&
           probability(a) >= a->settings->least_score;
}

/* ---- structured */

static attr_status make_classes(attack *a) {
    attr_engine *e = a->engine;
    const attr_target *t = a->victim->target;
    bool detects = attr_is_detector(e);
    a->class_count = detects ? 1 : attr_class_count(e);
    ATTR_TRY(attr_allocate(&a->classes, (size_t)a->class_count, sizeof *a->classes, "classes"));
    ATTR_TRY(attr_allocate(&a->kept, 2 * (size_t)a->class_count, sizeof *a->kept, "classes"));
    a->now = a->kept + a->class_count;
    for (int k = 0; !detects && k < a->class_count; ++k)
        ATTR_TRY(attr_target_of_class(&a->classes[k], e, ATTR_TARGET_PROBABILITY, k));
    for (int k = 0; k < a->class_count; ++k) a->kept[k] = attr_target_probability(detects ? t : a->classes[k], e, 0);
    return ATTR_OK;
}

static const attr_target *class_of(const attack *a, int k) {
    return a->classes[k] ? a->classes[k] : a->victim->target;
}

/* Adds the derivative of keep_weight sum (p - p(x))^2, of the engine's sample 0, to a->slope; returns that sum. */
static double add_keeping(attack *a) {
    double weight = a->settings->keep_weight, sum = 0, *read = a->at.moved;
    attr_target_clear(a->victim->target, a->engine);
    for (int k = 0; k < a->class_count; ++k) {
        double off = attr_target_probability(class_of(a, k), a->engine, 0) - a->kept[k];
        sum += weight * off * off;
        a->now[k] = 2 * weight * off;
    }
    for (int k = 0; k < a->class_count; ++k)
        if (a->now[k] != 0) attr_target_seed_probability(class_of(a, k), a->engine, 0, a->now[k]);
    attr_target_backward(a->victim->target, a->engine);
    attr_tensor_read_gradient(read, attr_engine_input(a->engine), 0, 0, a->size);
    for (size_t i = 0; i < a->size; ++i) a->slope[i] += read[i];
    return sum;
}

/* What the map loses, and dL/dM. */
static double difference_of_maps(attack *a) {
    const attr_map_attack_settings *s = a->settings;
    double weight = s->map_weight * (double)a->pixels, sum = 0;
    for (size_t p = 0; p < a->plane; ++p) {
        double off = a->map[p] - s->wanted[p];
        sum += weight * off * off;
        a->by_map[p] = 2 * weight * off;
    }
    return sum;
}

static void take_adams_step(attack *a, size_t iteration) {
    const double decay = .9, square_decay = .999, least = 1e-8, t = (double)iteration + 1;
    double unbias = 1 - pow(decay, t), square_unbias = 1 - pow(square_decay, t);
    for (size_t i = 0; i < a->size; ++i) {
        double g = a->slope[i];
        a->first[i] = decay * a->first[i] + (1 - decay) * g;
        a->second[i] = square_decay * a->second[i] + (1 - square_decay) * g * g;
        double step = a->first[i] / unbias / (sqrt(a->second[i] / square_unbias) + least);
        a->out->x[i] = (float)(a->out->x[i] - a->settings->step * step);
    }
    attr_ball_project(a->out->x, &a->ball);
}

/* The loss at the iterate, and its derivative: the keeping is taken first, while the engine is at x. */
static attr_status structured_loss(attack *a, size_t iteration) {
    const attr_map_attack_settings *s = a->settings;
    ATTR_TRY(go_to_iterate(a, s->beta / 10 * pow(10, (double)iteration / (double)s->iterations)));
    a->out->probabilities[iteration] = probability(a);
    double *slope = a->slope;
    memset(slope, 0, a->size * sizeof *slope);
    a->out->losses[iteration] = add_keeping(a) + difference_of_maps(a);
    if (iteration == s->iterations) return ATTR_OK;
    ATTR_TRY(attr_gradient_map_pull(a->x, &a->kind, &a->at, a->by_map));
    for (size_t i = 0; i < a->size; ++i) slope[i] += a->x[i];
    return ATTR_OK;
}

static attr_status run_structured(attack *a, attr_progress progress, void *context) {
    size_t iterations = a->settings->iterations;
    ATTR_TRY(attr_allocate(&a->first, 2 * a->size, sizeof *a->first, "moments"));
    a->second = a->first + a->size;
    ATTR_TRY(make_classes(a));
    for (size_t i = 0; i < iterations; ++i) {
        ATTR_TRY(structured_loss(a, i));
        take_adams_step(a, i);
        if (progress && progress(context, i + 1, iterations)) return attr_fail(ATTR_INTERRUPTED, "interrupted");
    }
    return structured_loss(a, iterations);
}

/* ---- topk */

static attr_status mark_top(attack *a) {
    ATTR_TRY(attr_order_of_picture(a->order, a->map, &a->kind.region, false));
    for (size_t i = 0; i < a->settings->top; ++i) a->is_top[a->order[i]] = 1;
    return ATTR_OK;
}

static attr_status count_left(size_t *left, attack *a) {
    *left = 0;
    ATTR_TRY(attr_order_of_picture(a->order, a->map, &a->kind.region, false));
    for (size_t i = 0; i < a->settings->top; ++i) *left += a->is_top[a->order[i]];
    return ATTR_OK;
}

static attr_status take_sign_step(attack *a) {
    ATTR_TRY(go_to_iterate(a, a->settings->beta));
    for (size_t p = 0; p < a->plane; ++p) a->by_map[p] = a->is_top[p];
    ATTR_TRY(attr_gradient_map_pull(a->slope, &a->kind, &a->at, a->by_map));
    for (size_t i = 0; i < a->size; ++i) {
        double g = a->slope[i];
        a->out->x[i] = (float)(a->out->x[i] - a->settings->step * ((g > 0) - (g < 0)));
    }
    attr_ball_project(a->out->x, &a->ball);
    return ATTR_OK;
}

/* Notes what the network itself makes of iterate i. */
static attr_status look(attack *a, size_t i, size_t *left) {
    ATTR_TRY(go_to_iterate(a, INFINITY));
    a->out->probabilities[i] = probability(a);
    a->out->losses[i] = 0;
    for (size_t p = 0; p < a->plane; ++p)
        if (a->is_top[p]) a->out->losses[i] += a->map[p];
    return count_left(left, a);
}

static attr_status run_topk(attack *a, attr_progress progress, void *context) {
    size_t iterations = a->settings->iterations, least = a->settings->top, left, done = 0;
    float *best = NULL;
    ATTR_TRY(attr_allocate(&best, a->size, sizeof *best, "an attack"));
    memcpy(best, a->victim->x, a->size * sizeof *best);
    attr_status status = mark_top(a);
    if (status == ATTR_OK) status = look(a, 0, &left);
    while (status == ATTR_OK && done < iterations && least > 0) {
        status = take_sign_step(a);
        if (status == ATTR_OK) status = look(a, ++done, &left);
        if (status != ATTR_OK) break;
        if (is_same(a) && left < least) {
            least = left;
            memcpy(best, a->out->x, a->size * sizeof *best);
        }
        if (progress && progress(context, done, iterations)) status = attr_fail(ATTR_INTERRUPTED, "interrupted");
    }
    memcpy(a->out->x, best, a->size * sizeof *best);
    a->out->iterations = done;
    free(best);
    return status;
}

/* ---- Both */

static attr_status check(const attr_victim *v, attr_engine *e, const attr_map_attack_settings *s) {
    size_t pixels = (size_t)v->region.w * (size_t)v->region.h;
    ATTR_TRY(attr_target_needs_probability(v->target, e, "an attack on a map"));
    if (v->towards)
        return attr_fail(ATTR_BAD_INPUT, "an attack on a map keeps the prediction: there is no other class");
    if (!s->wanted && (s->top < 1 || s->top > pixels))
        return attr_fail(ATTR_BAD_INPUT, "an attack on the %zu largest of %zu pixels", s->top, pixels);
    return ATTR_OK;
}

static attr_status allocate(attack *a) {
    ATTR_TRY(attr_curvature_make(&a->at, a->engine, a->victim->target));
    ATTR_TRY(attr_allocate(&a->x, 2 * a->size, sizeof *a->x, "an attack"));
    ATTR_TRY(attr_allocate(&a->map, 2 * a->plane, sizeof *a->map, "an attack"));
    a->slope = a->x + a->size;
    a->by_map = a->map + a->plane;
    ATTR_TRY(attr_allocate(&a->is_top, a->plane, sizeof *a->is_top, "an attack"));
    ATTR_TRY(attr_allocate(&a->order, a->pixels, sizeof *a->order, "an attack"));
    return attr_attacked_allocate(a->out, a->victim, a->settings->iterations, true);
}

static void release(attack *a) {
    for (int k = 0; a->classes && k < a->class_count; ++k) attr_target_free(a->classes[k]);
    attr_curvature_free(&a->at);
    free(a->x);
    free(a->map);
    free(a->first);
    free(a->classes);
    free(a->kept);
    free(a->is_top);
    free(a->order);
}

attr_status attr_map_attack(attr_attacked *out, attr_engine *smooth, const attr_victim *v,
                            const attr_map_attack_settings *settings, attr_progress progress, void *context) {
    const attr_region *r = &v->region;
    attack a = {.engine = smooth,
                .victim = v,
                .settings = settings,
                .out = out,
                .ball = {v->x, *r, settings->epsilon},
                .kind = {*r, settings->times_input},
                .plane = (size_t)r->height * (size_t)r->width,
                .pixels = (size_t)r->h * (size_t)r->w};
    *out = (attr_attacked){0};
    ATTR_TRY(check(v, smooth, settings));
    a.size = a.plane * (size_t)r->channels;
    attr_status status = allocate(&a);
    if (status == ATTR_OK) status = go_to_iterate(&a, INFINITY);
    if (status == ATTR_OK) a.predicted = attr_target_predicted(v->target, smooth, 0);
    if (status == ATTR_OK)
        status = settings->wanted ? run_structured(&a, progress, context) : run_topk(&a, progress, context);
    attr_engine_set_sharpness(smooth, INFINITY);
    release(&a);
    return status;
}
