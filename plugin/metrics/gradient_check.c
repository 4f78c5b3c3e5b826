#include "metrics/gradient_check.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"

/* Steps of the differences; a smaller one crosses fewer kinks, a larger one has less rounding error. */
static const double steps[] = {1e-7, 1e-8, 1e-9, 1e-10};
enum { step_count = sizeof steps / sizeof *steps };

/* Noise that separates ties, as a fraction of a tensor's root mean square. */
static const double spread = 0.05;

static double dot(const double *a, const double *b, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; ++i) sum += a[i] * b[i];
    return sum;
}

static double norm(const double *a, size_t n) {
    return sqrt(dot(a, a, n));
}

/* |a - b| / |b|; 0 when both are zero. */
static double relative_distance(const double *a, const double *b, size_t n) {
    double distance = 0, size = norm(b, n);
    for (size_t i = 0; i < n; ++i) distance += (a[i] - b[i]) * (a[i] - b[i]);
    distance = sqrt(distance);
    return distance == 0 ? 0 : distance / size;
}

/* The larger error; one that is not a number counts as the largest. */
static double worse(double a, double b) {
    return a >= b || isnan(a) ? a : b;
}

/* The central difference of a function known at 0 and at +-steps[i]. Where both one-sided differences agree there is no
 * kink in between: that step is taken. What rounding may hide counts as a disagreement, or the smallest step would win
 * by chance. */
static double central_difference(double here, const double ahead[step_count], const double behind[step_count]) {
    double least = INFINITY, best = NAN;
    for (int i = 0; i < step_count; ++i) {
        double rounding = 8 * DBL_EPSILON * fabs(here);
        double asymmetry = (fabs((ahead[i] - here) - (here - behind[i])) + rounding) / steps[i];
        if (asymmetry < least) {
            least = asymmetry;
            best = (ahead[i] - behind[i]) / (2 * steps[i]);
        }
    }
    return best;
}

/* --- one layer ------------------------------------------------------------------------------------------------ */

/* Distinct tensors that a layer reads; a route may name a layer twice. */
static int is_repeated(const attr_op *op, int j) {
    for (int i = 0; i < j; ++i)
        if (op->in[i] == op->in[j]) return 1;
    return 0;
}

static double root_mean_square(const attr_op *op, int j) {
    return op->in_size[j] ? norm(op->in[j], op->in_size[j]) / sqrt((double)op->in_size[j]) : 0;
}

/* Writes the random output gradient into an op and runs its backward on zeroed input gradients. */
static void backward_of(attr_engine *e, attr_op *op, const float *seed, size_t element) {
    memset(op->dout, 0, op->outputs * element);
    for (size_t i = 0; i < op->outputs; ++i) attr_engine_add(e, op->dout, i, seed[i]);
    for (int j = 0; j < op->input_count; ++j) memset(op->din[j], 0, op->in_size[j] * element);
    if (op->kind->backward) op->kind->backward(op);
}

/* <seed, forward(in + h u)> for the double op, whose inputs are put back afterwards. */
static double moved_output(attr_op *op, double *const *kept, double *const *u, const float *seed, double h) {
    for (int j = 0; j < op->input_count; ++j) {
        double *in = (double *)op->in[j];
        if (is_repeated(op, j)) continue;
        for (size_t i = 0; i < op->in_size[j]; ++i) in[i] = kept[j][i] + h * u[j][i];
    }
    if (op->kind->forward) op->kind->forward(op);
    const double *out = op->out;
    double sum = 0;
    for (size_t i = 0; i < op->outputs; ++i) sum += seed[i] * out[i];
    for (int j = 0; j < op->input_count; ++j)
        if (!is_repeated(op, j)) memcpy((double *)op->in[j], kept[j], op->in_size[j] * sizeof(double));
    return sum;
}

/* The point of the differences: the inputs with a little noise, for a ReLU before a maximum leaves windows full of
 * zeros, where the maximum has no derivative. */
static attr_status leave_ties(attr_op *op, const attr_random *random) {
    for (int j = 0; j < op->input_count; ++j) {
        float *normals = NULL;
        double *in = (double *)op->in[j], scale = root_mean_square(op, j);
        if (is_repeated(op, j)) continue;
        ATTR_TRY(attr_allocate(&normals, op->in_size[j], sizeof *normals, "noise"));
        attr_random noise = *random;
        noise.sample += (uint64_t)(op->input_count + j) + 1;
        attr_random_normal(normals, &noise, 0, op->in_size[j]);
        for (size_t i = 0; i < op->in_size[j]; ++i) in[i] += spread * scale * normals[i];
        free(normals);
    }
    return ATTR_OK;
}

/* The twin's backward against differences of its forward along a random direction. Leaves its inputs moved. */
static attr_status check_difference(double *out, attr_engine *twin, attr_op *op, const float *seed,
                                    const attr_random *random) {
    double **u = NULL, **kept = NULL, expected = 0, size = 0, ahead[step_count], behind[step_count];
    float *normals = NULL;
    ATTR_TRY(leave_ties(op, random));
    if (op->kind->forward) op->kind->forward(op);
    backward_of(twin, op, seed, sizeof(double));
    attr_status status = attr_allocate(&u, (size_t)op->input_count, sizeof *u, "a direction");
    if (status == ATTR_OK) status = attr_allocate(&kept, (size_t)op->input_count, sizeof *kept, "a direction");
    for (int j = 0; j < op->input_count && status == ATTR_OK; ++j) {
        size_t n = op->in_size[j];
        double scale = root_mean_square(op, j);
        status = attr_allocate(&u[j], n, sizeof(double), "a direction");
        if (status == ATTR_OK) status = attr_allocate(&kept[j], n, sizeof(double), "a direction");
        if (status == ATTR_OK) status = attr_allocate(&normals, n, sizeof *normals, "a direction");
        if (status != ATTR_OK) break;
        attr_random direction = *random;
        direction.sample += (uint64_t)j + 1;
        attr_random_normal(normals, &direction, 0, n);
        memcpy(kept[j], op->in[j], n * sizeof(double));
        for (size_t i = 0; i < n; ++i) u[j][i] = (scale > 0 ? scale : 1) * normals[i];
        free(normals);
        normals = NULL;
        if (is_repeated(op, j)) continue;
        expected += dot(op->din[j], u[j], n);
        size += pow(norm(op->din[j], n) * (scale > 0 ? scale : 1), 2);
    }
    for (int s = 0; s < step_count && status == ATTR_OK; ++s) {
        ahead[s] = moved_output(op, kept, u, seed, steps[s]);
        behind[s] = moved_output(op, kept, u, seed, -steps[s]);
    }
    if (status == ATTR_OK) {
        double here = moved_output(op, kept, u, seed, 0);
        double error = fabs(central_difference(here, ahead, behind) - expected);
        *out = size > 0 ? error / sqrt(size) : error;
    }
    for (int j = 0; j < op->input_count; ++j) {
        if (u) free(u[j]);
        if (kept) free(kept[j]);
    }
    free(u);
    free(kept);
    free(normals);
    return status;
}

/* Gives the twin the single engine's output and winners, so that both differentiate the same linear piece: a ReLU or a
 * maximum that rounding decides the other way is no error of the backward. */
static void take_decisions(const attr_engine *single, const attr_op *from, attr_op *to) {
    if (to->kind->is_view) return;
    attr_engine_read(single, to->out, from->out, 0, from->outputs);
    if (to->indexes && from->indexes) memcpy(to->indexes, from->indexes, to->outputs * sizeof *to->indexes);
}

static void take_inputs(const attr_engine *single, const attr_op *from, attr_op *to) {
    for (int j = 0; j < to->input_count; ++j)
        attr_engine_read(single, (double *)to->in[j], from->in[j], 0, to->in_size[j]);
}

static attr_status check_layer(attr_layer_check *out, attr_engine *single, attr_engine *twin, int i, uint64_t seed) {
    attr_op *a = attr_engine_op(single, i), *b = attr_engine_op(twin, i);
    float *gradient = NULL;
    double *values = NULL;
    size_t most = b->outputs;
    for (int j = 0; j < b->input_count; ++j) most = b->in_size[j] > most ? b->in_size[j] : most;
    ATTR_TRY(attr_allocate(&gradient, b->outputs, sizeof *gradient, "a random gradient"));
    attr_status status = attr_allocate(&values, most, sizeof *values, "a tensor");
    if (status == ATTR_OK) {
        for (int j = 0; j < b->input_count; ++j)
            for (size_t k = 0; k < b->in_size[j]; ++k) ((float *)a->in[j])[k] = (float)((const double *)b->in[j])[k];
        take_inputs(single, a, b); /* the same input for both, to the bit */
        if (a->kind->forward) a->kind->forward(a);
        if (b->kind->forward) b->kind->forward(b);
        attr_engine_read(single, values, a->out, 0, a->outputs);
        out->forward = relative_distance(values, b->out, b->outputs);

        attr_random random = {seed, ATTR_STREAM_CHECK, (uint32_t)i + 1, 0};
        attr_random_normal(gradient, &random, 0, b->outputs);
        take_decisions(single, a, b);
        backward_of(single, a, gradient, sizeof(float));
        backward_of(twin, b, gradient, sizeof(double));
        out->backward = 0;
        for (int j = 0; j < b->input_count; ++j) {
            attr_engine_read(single, values, a->din[j], 0, a->in_size[j]);
            out->backward = worse(out->backward, relative_distance(values, b->din[j], b->in_size[j]));
        }
        status = check_difference(&out->difference, twin, b, gradient, &random);
        take_inputs(single, a, b);
        if (b->kind->forward) b->kind->forward(b);
    }
    free(gradient);
    free(values);
    return status;
}

attr_status attr_check_layers(attr_layer_check *out, attr_engine *single, attr_engine *twin, const float *x,
                              uint64_t seed) {
    attr_engine_set_input_f32(single, 0, x);
    attr_engine_set_input_f32(twin, 0, x);
    attr_engine_forward(single, 1);
    attr_engine_forward(twin, 1);
    for (int i = 0; i < attr_engine_layers(twin); ++i) {
        const attr_op *op = attr_engine_op(twin, i);
        out[i] = (attr_layer_check){.layer = i, .name = op->kind->name};
        if (!op->kind->is_view) ATTR_TRY(check_layer(&out[i], single, twin, i, seed));
    }
    return ATTR_OK;
}

/* --- end to end ----------------------------------------------------------------------------------------------- */

/* The gradient at the state of the last forward. */
static void gradient_of(double *gradient, attr_engine *e, const attr_target *target) {
    int layer = attr_target_layer(target);
    attr_engine_clear_gradients(e, layer);
    attr_target_seed(target, e, 0, 1);
    attr_engine_backward(e, layer);
    attr_engine_read(e, gradient, attr_engine_input_gradient(e), 0, attr_engine_inputs(e));
}

static double moved_target(attr_engine *twin, const attr_target *target, double *point, const float *x, const double *u,
                           double h) {
    size_t n = attr_engine_inputs(twin);
    for (size_t i = 0; i < n; ++i) point[i] = x[i] + h * u[i];
    attr_engine_set_input_f64(twin, 0, point);
    attr_engine_forward(twin, 1);
    return attr_target_value(target, twin, 0);
}

/* |<gradient, u> - difference along u| / |gradient|, for a u of length sqrt(inputs) or so: of size 1 per element. */
static double directional_error(attr_engine *twin, const attr_target *target, double *point, const float *x,
                                const double *gradient, const double *u) {
    size_t n = attr_engine_inputs(twin);
    double ahead[step_count], behind[step_count];
    for (int s = 0; s < step_count; ++s) {
        ahead[s] = moved_target(twin, target, point, x, u, steps[s]);
        behind[s] = moved_target(twin, target, point, x, u, -steps[s]);
    }
    double here = moved_target(twin, target, point, x, u, 0);
    double error = fabs(central_difference(here, ahead, behind) - dot(gradient, u, n));
    double size = norm(gradient, n) * norm(u, n) / sqrt((double)n);
    return error == 0 ? 0 : error / size;
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
        out->map = relative_distance(other, gradient, n);
        double lengths = norm(other, n) * norm(gradient, n);
        out->cosine = lengths > 0 ? dot(other, gradient, n) / lengths : 1;
        for (int i = 0; i < attr_engine_layers(twin); ++i)
            take_decisions(single, attr_engine_op(single, i), attr_engine_op(twin, i));
        gradient_of(u, twin, target);
        out->backward = relative_distance(other, u, n);

        attr_random random = {seed, ATTR_STREAM_CHECK, 0, 1};
        attr_random_normal(normals, &random, 0, n);
        for (size_t i = 0; i < n; ++i) u[i] = normals[i];
        out->difference = directional_error(twin, target, other, x, gradient, u);
        out->length = norm(gradient, n);
        for (size_t i = 0; i < n; ++i) u[i] = out->length > 0 ? gradient[i] / out->length * sqrt((double)n) : 0;
        out->difference = worse(out->difference, directional_error(twin, target, other, x, gradient, u));
        if (!isfinite(out->value) || !isfinite(out->length))
            status = attr_fail(ATTR_NUMERIC, "the target or its gradient is not finite (target %g, gradient %g)",
                               out->value, out->length);
    }
    free(other);
    free(u);
    free(normals);
    return status;
}
