#include "metrics/gradient_check.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/random.h"
#include "metrics/differences.h"

/* The gradient at the state of the last forward. */
static void gradient_of(double *gradient, attr_engine *e, const attr_target *target) {
    attr_target_differentiate(target, e, 1);
    attr_tensor_read_gradient(gradient, attr_engine_input(e), 0, 0, attr_engine_inputs(e));
}

typedef struct {
    attr_engine *twin;
    const attr_target *target;
    const float *x;
    const double *u; /* the direction */
    double *point;   /* room for x + h u */
} target_line;

static double moved_target(void *context, double h) {
    const target_line *line = context;
    size_t n = attr_engine_inputs(line->twin);
    for (size_t i = 0; i < n; ++i) line->point[i] = line->x[i] + h * line->u[i];
    attr_engine_set_input_f64(line->twin, 0, line->point);
    attr_engine_forward(line->twin, 1);
    return attr_target_value(line->target, line->twin, 0);
}

/* |<gradient, u> - difference along u| / |gradient|, for a u of length sqrt(inputs) or so: of size 1 per element. */
static void check_direction(attr_end_check *out, target_line *line, const double *gradient) {
    size_t n = attr_engine_inputs(line->twin);
    attr_slope slope = attr_slope_of(moved_target, line, 0);
    double size = attr_length(gradient, n) * attr_length(line->u, n) / sqrt((double)n);
    double error = attr_slope_error(&slope, attr_dot(gradient, line->u, n), size, ATTR_CHECK_DIFFERENCE);
    out->difference = attr_worse(out->difference, error);
    out->is_flat |= slope.hidden > ATTR_CHECK_DIFFERENCE * size;
}

attr_status attr_check_end_to_end(attr_end_check *out, double *gradient, attr_engine *single, attr_engine *twin,
                                  const attr_target *target, const float *x, uint64_t seed) {
    size_t n = attr_engine_inputs(twin);
    double *other = NULL, *u = NULL;
    float *normals = NULL;
    attr_status status = attr_allocate(&other, n, sizeof *other, "a gradient");
    if (status == ATTR_OK) status = attr_allocate(&u, n, sizeof *u, "a direction");
    if (status == ATTR_OK) status = attr_allocate(&normals, n, sizeof *normals, "a direction");
    if (status == ATTR_OK) {
        attr_engine_set_input_f32(single, 0, x);
        attr_engine_set_input_f32(twin, 0, x);
        attr_engine_forward(single, 1);
        attr_engine_forward(twin, 1);
        out->value = attr_target_value(target, twin, 0);
        gradient_of(other, single, target);
        gradient_of(gradient, twin, target);
        out->map = attr_relative_distance(other, gradient, n);
        double lengths = attr_length(other, n) * attr_length(gradient, n);
        out->cosine = lengths > 0 ? attr_dot(other, gradient, n) / lengths : 1;
        for (int i = 0; i < attr_engine_layers(twin); ++i)
            attr_take_decisions(attr_engine_op(single, i), attr_engine_op(twin, i));
        gradient_of(u, twin, target);
        out->backward = attr_relative_distance(other, u, n);

        attr_random random = {seed, ATTR_STREAM_CHECK, 0, 1};
        attr_random_normal(normals, &random, 0, n);
        for (size_t i = 0; i < n; ++i) u[i] = normals[i];
        target_line line = {twin, target, x, u, other};
        out->difference = 0;
        out->is_flat = false;
        check_direction(out, &line, gradient);
        out->length = attr_length(gradient, n);
        for (size_t i = 0; i < n; ++i) u[i] = out->length > 0 ? gradient[i] / out->length * sqrt((double)n) : 0;
        check_direction(out, &line, gradient);
        if (!isfinite(out->value) || !isfinite(out->length))
            status = attr_fail(ATTR_NUMERIC, "the target or its gradient is not finite (target %g, gradient %g)",
                               out->value, out->length);
    }
    free(other);
    free(u);
    free(normals);
    return status;
}
