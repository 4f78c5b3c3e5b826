#include "attacks/hessian.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

attr_status attr_curvature_make(attr_curvature *out, attr_engine *smooth, const attr_target *target) {
    size_t size = attr_engine_inputs(smooth);
    *out = (attr_curvature){.engine = smooth, .target = target, .reach = ATTR_HESSIAN_REACH, .size = size};
    ATTR_TRY(attr_allocate(&out->x, 4 * size, sizeof *out->x, "second derivatives"));
    out->gradient = out->x + size;
    out->moved = out->gradient + size;
    out->other = out->moved + size;
    return ATTR_OK;
}

void attr_curvature_free(attr_curvature *c) {
    free(c->x);
    *c = (attr_curvature){0};
}

static attr_status read_gradient(double *out, const attr_curvature *c, int sample) {
    attr_tensor_read_gradient(out, attr_engine_input(c->engine), sample, 0, c->size);
    for (size_t i = 0; i < c->size; ++i)
        if (!isfinite(out[i])) return attr_fail(ATTR_NUMERIC, "an attack: the gradient is not finite");
    return ATTR_OK;
}

/* Both samples: the maxima of both are at x. */
attr_status attr_curvature_at(attr_curvature *c, const double *x) {
    memcpy(c->x, x, c->size * sizeof *x);
    for (int k = 0; k < 2; ++k) attr_engine_set_input_f64(c->engine, k, x);
    attr_engine_hold_choices(c->engine, false);
    attr_engine_forward(c->engine, 2);
    attr_target_differentiate(c->target, c->engine, 2);
    return read_gradient(c->gradient, c, 0);
}

static double length(const double *v, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; ++i) sum += v[i] * v[i];
    return sqrt(sum);
}

attr_status attr_curvature_product(double *out, attr_curvature *c, const double *v) {
    double way = length(v, c->size), size = length(c->x, c->size);
    double h = c->reach * (size > 0 ? size : 1) / way;
    if (way == 0) {
        memset(out, 0, c->size * sizeof *out);
        return ATTR_OK;
    }
    for (int k = 0; k < 2; ++k) {
        for (size_t i = 0; i < c->size; ++i) c->moved[i] = c->x[i] + (k == 0 ? h : -h) * v[i];
        attr_engine_set_input_f64(c->engine, k, c->moved);
    }
    attr_engine_hold_choices(c->engine, true);
    attr_engine_forward(c->engine, 2);
    attr_engine_hold_choices(c->engine, false);
    attr_target_differentiate(c->target, c->engine, 2);
    ATTR_TRY(read_gradient(c->moved, c, 0));
    ATTR_TRY(read_gradient(c->other, c, 1));
    for (size_t i = 0; i < c->size; ++i) out[i] = (c->moved[i] - c->other[i]) / (2 * h);
    return ATTR_OK;
}
