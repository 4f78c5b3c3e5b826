#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "metrics/differences.h"
#include "metrics/gradient_check.h"

/* Noise that separates ties, as a fraction of a tensor's root mean square. */
static const double spread = 0.05;

void attr_take_decisions(const attr_op *from, attr_op *to) {
    if (to->is_view) return;
    attr_tensor_read(to->out, from->writes, 0, 0, from->outputs);
    for (size_t i = 0; to->indexes && from->indexes && i < to->outputs; ++i)
        to->indexes[i] = from->indexes[attr_tensor_place(from->writes, 0, i)];
}

/* Distinct tensors that a layer reads; a route may name a layer twice. */
static int is_repeated(const attr_op *op, int j) {
    for (int i = 0; i < j; ++i)
        if (op->in[i] == op->in[j]) return 1;
    return 0;
}

static double root_mean_square(const attr_op *op, int j) {
    return op->in_size[j] ? attr_length(op->in[j], op->in_size[j]) / sqrt((double)op->in_size[j]) : 0;
}

/* Writes the random output gradient into an op and runs its backward on zeroed input gradients. */
static void backward_of(attr_engine *e, attr_op *op, const float *seed) {
    attr_tensor_clear_gradient(op->writes, 1);
    for (size_t i = 0; i < op->outputs; ++i) attr_tensor_add_gradient(op->writes, 0, i, seed[i]);
    attr_engine_backward_layer(e, op->index);
}

typedef struct {
    attr_op *op;       /* double */
    double **point;    /* of each input */
    double **u;        /* the direction */
    double *values;    /* forward(point) */
    const float *seed; /* the output gradient */
} layer_line;

/* <seed, forward(point + h u) - forward(point)>: the difference first, or a large bias would hide it in the sum. Leaves
 * the inputs there. */
static double moved_output(void *context, double h) {
    const layer_line *line = context;
    attr_op *op = line->op;
    for (int j = 0; j < op->input_count; ++j) {
        double *in = (double *)op->in[j];
        if (is_repeated(op, j)) continue;
        for (size_t i = 0; i < op->in_size[j]; ++i) in[i] = line->point[j][i] + h * line->u[j][i];
    }
    if (op->kind->forward) op->kind->forward(op);
    const double *out = op->out;
    double sum = 0;
    for (size_t i = 0; i < op->outputs; ++i) sum += line->seed[i] * (out[i] - line->values[i]);
    return sum;
}

/* Outputs are rounded each by itself, so that a sum of them is off by the root of the sum of squares. */
static double rounded_size(const layer_line *line) {
    double square = 0;
    for (size_t i = 0; i < line->op->outputs; ++i) square += pow(line->seed[i] * line->values[i], 2);
    return sqrt(square);
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

/* Makes the direction for input j, as large as the input. Adds the derivative along it by the twin's backward, and the
 * square of how large that is for a direction that is not random. */
static attr_status aim(double *expected, double *square, layer_line *line, int j, const attr_random *random) {
    attr_op *op = line->op;
    size_t n = op->in_size[j];
    double size = root_mean_square(op, j), scale = size > 0 ? size : 1;
    float *normals = NULL;
    ATTR_TRY(attr_allocate(&line->u[j], n, sizeof(double), "a direction"));
    ATTR_TRY(attr_allocate(&line->point[j], n, sizeof(double), "an input"));
    ATTR_TRY(attr_allocate(&normals, n, sizeof *normals, "a direction"));
    attr_random direction = *random;
    direction.sample += (uint64_t)j + 1;
    attr_random_normal(normals, &direction, 0, n);
    memcpy(line->point[j], op->in[j], n * sizeof(double));
    for (size_t i = 0; i < n; ++i) line->u[j][i] = scale * normals[i];
    free(normals);
    *expected += attr_dot(op->din[j], line->u[j], n);
    *square += pow(attr_length(op->din[j], n) * scale, 2);
    return ATTR_OK;
}

/* The twin's backward against differences of its forward along a random direction. Leaves its inputs moved. */
static attr_status check_difference(double *out, attr_engine *twin, attr_op *op, const float *seed,
                                    const attr_random *random) {
    layer_line line = {.op = op, .seed = seed};
    double expected = 0, square = 0;
    ATTR_TRY(leave_ties(op, random));
    if (op->kind->forward) op->kind->forward(op);
    backward_of(twin, op, seed);
    attr_status status = attr_allocate(&line.u, (size_t)op->input_count, sizeof *line.u, "directions");
    if (status == ATTR_OK) status = attr_allocate(&line.point, (size_t)op->input_count, sizeof *line.point, "inputs");
    if (status == ATTR_OK) status = attr_allocate(&line.values, op->outputs, sizeof *line.values, "an output");
    if (status == ATTR_OK) memcpy(line.values, op->out, op->outputs * sizeof *line.values);
    for (int j = 0; j < op->input_count && status == ATTR_OK; ++j)
        if (!is_repeated(op, j)) status = aim(&expected, &square, &line, j, random);
    if (status == ATTR_OK) {
        attr_slope slope = attr_slope_of(moved_output, &line, rounded_size(&line));
        *out = attr_slope_error(&slope, expected, square > 0 ? sqrt(square) : 1, ATTR_CHECK_DIFFERENCE);
    }
    for (int j = 0; j < op->input_count; ++j) {
        if (line.u) free(line.u[j]);
        if (line.point) free(line.point[j]);
    }
    free(line.values);
    free(line.u);
    free(line.point);
    return status;
}

static void take_inputs(const attr_op *from, attr_op *to) {
    for (int j = 0; j < to->input_count; ++j)
        attr_tensor_read((double *)to->in[j], from->reads[j], 0, 0, to->in_size[j]);
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
        for (int j = 0; j < b->input_count; ++j) attr_tensor_write(a->reads[j], 0, b->in[j], b->in_size[j]);
        take_inputs(a, b); /* the same input for both, to the bit */
        attr_engine_forward_layer(single, i);
        if (b->kind->forward) b->kind->forward(b);
        attr_tensor_read(values, a->writes, 0, 0, a->outputs);
        out->forward = attr_relative_distance(values, b->out, b->outputs);

        attr_random random = {seed, ATTR_STREAM_CHECK, (uint32_t)i + 1, 0};
        attr_random_normal(gradient, &random, 0, b->outputs);
        attr_take_decisions(a, b);
        backward_of(single, a, gradient);
        backward_of(twin, b, gradient);
        out->backward = 0;
        for (int j = 0; j < b->input_count; ++j) {
            attr_tensor_read_gradient(values, a->reads[j], 0, 0, a->in_size[j]);
            out->backward = attr_worse(out->backward, attr_relative_distance(values, b->din[j], b->in_size[j]));
        }
        status = check_difference(&out->difference, twin, b, gradient, &random);
        take_inputs(a, b);
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
        if (!op->is_view) ATTR_TRY(check_layer(&out[i], single, twin, i, seed));
    }
    return ATTR_OK;
}
