#include "metrics/pixel_removal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "metrics/rank.h"

size_t attr_removal_steps(size_t pixels, size_t pixels_per_step) {
    return (pixels + pixels_per_step - 1) / pixels_per_step;
}

typedef struct {
    attr_engine *engine;
    const attr_target *target;
    const float *reference;
    size_t pixels, channels, pixels_per_step;
    size_t *order; /* [pixels] */
    float *rest;   /* the input without what is removed so far */
} removal;

static void remove_step(removal *r, size_t step) {
    size_t first = step * r->pixels_per_step, end = first + r->pixels_per_step;
    for (size_t i = first; i < end && i < r->pixels; ++i)
        for (size_t c = 0; c < r->channels; ++c) {
            size_t at = c * r->pixels + r->order[i];
            r->rest[at] = r->reference[at];
        }
}

/* Score l is of what is left after l steps. */
static attr_status score_all(double *scores, removal *r) {
    size_t count = attr_removal_steps(r->pixels, r->pixels_per_step) + 1, batch = (size_t)attr_engine_batch(r->engine);
    for (size_t first = 0; first < count; first += batch) {
        int some = (int)(count - first < batch ? count - first : batch);
        for (int b = 0; b < some; ++b) {
            if (first + (size_t)b > 0) remove_step(r, first + (size_t)b - 1);
            attr_engine_set_input_f32(r->engine, b, r->rest);
        }
        attr_engine_forward(r->engine, some);
        for (int b = 0; b < some; ++b) {
            double value = attr_target_value(r->target, r->engine, b);
            if (!isfinite(value)) return attr_fail(ATTR_NUMERIC, "a score is not finite (%g)", value);
            scores[first + (size_t)b] = value;
        }
    }
    return ATTR_OK;
}

attr_status attr_pixel_removal(double *scores, double *area, attr_engine *e, const attr_target *target, const float *x,
                               const float *reference, const double *map, attr_removal_order order,
                               size_t pixels_per_step) {
    const attr_tensor *input = attr_engine_input(e);
    size_t pixels = (size_t)input->h * input->w, steps = attr_removal_steps(pixels, pixels_per_step);
    removal r = {e, target, reference, pixels, (size_t)input->c, pixels_per_step, NULL, NULL};
    double *keys = NULL;
    attr_status status = attr_allocate(&r.order, pixels, sizeof *r.order, "the order of pixels");
    if (status == ATTR_OK) status = attr_allocate(&keys, pixels, sizeof *keys, "the order of pixels");
    if (status == ATTR_OK) status = attr_allocate(&r.rest, input->size, sizeof *r.rest, "an input");
    for (size_t i = 0; status == ATTR_OK && i < pixels; ++i) keys[i] = order == ATTR_DELETION ? map[i] : -map[i];
    if (status == ATTR_OK) status = attr_order_falling(r.order, keys, pixels);
    if (status == ATTR_OK) {
        memcpy(r.rest, x, input->size * sizeof *x);
        status = score_all(scores, &r);
    }
    free(r.order);
    free(r.rest);
    free(keys);
    if (status != ATTR_OK) return status;
    *area = -(scores[0] + scores[steps]) / 2;
    for (size_t i = 0; i <= steps; ++i) *area += scores[i];
    *area /= (double)steps;
    return ATTR_OK;
}
