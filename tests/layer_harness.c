#include "layer_harness.h"

#include <criterion/criterion.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "model/engine.h"

enum { BATCH = 3 };

#define SINGLE_TOLERANCE     1e-5
#define DIFFERENCE_TOLERANCE 1e-6

double relative_error(const double *a, const double *b, size_t n) {
    double difference = 0, norm = 0;
    for (size_t i = 0; i < n; i++) {
        difference += (a[i] - b[i]) * (a[i] - b[i]);
        norm += b[i] * b[i];
    }
    return norm > 0 ? sqrt(difference / norm) : sqrt(difference);
}

static void *allocate(size_t count, size_t size) {
    void *memory = calloc(count + !count, size);
    cr_assert(memory, "out of memory");
    return memory;
}

/* ---- A run: what the engine computes, as doubles */

typedef struct {
    const layer_row *row;
    network *net;
    attr_engine *single, *twin, *alone; /* single and double precision, single precision with a batch of 1 */
    int head;
    size_t inputs, outputs; /* of the network, of the head */
    size_t record;          /* numbers that a run leaves for each sample: all outputs, the input's gradient */
    float *x;               /* [BATCH][inputs] */
    double *seeds;          /* [BATCH][outputs]: weights of the sum whose gradient is taken */
} setting;

static void forward(const setting *s, attr_engine *e, const double *x, int count) {
    for (int b = 0; b < count; b++) attr_engine_set_input_f64(e, b, x + b * s->inputs);
    attr_engine_forward(e, count);
}

static void put_seeds(const setting *s, attr_engine *e, const double *seeds, int count) {
    attr_op *op = attr_engine_op(e, s->head);
    for (size_t i = 0; i < count * s->outputs; i++)
        attr_tensor_add_gradient(op->writes, (int)(i / s->outputs), i % s->outputs, seeds[i]);
}

/* Forward and backward of samples first .. first+count-1; returns [count][record], released by the caller. */
static double *run(const setting *s, attr_engine *e, int first, int count) {
    double *record = allocate(count * s->record, sizeof *record), *at = record;
    for (int b = 0; b < count; b++) attr_engine_set_input_f32(e, b, s->x + (first + b) * s->inputs);
    attr_engine_forward(e, count);
    attr_engine_clear_gradients(e, s->head);
    put_seeds(s, e, s->seeds + first * s->outputs, count);
    attr_engine_backward(e, s->head);
    for (int b = 0; b < count; b++) {
        for (int i = 0; i < s->net->n; i++) {
            const attr_op *op = attr_engine_op(e, i);
            if (!op->joined) attr_tensor_read(at, op->writes, b, 0, op->outputs); /* else it is nowhere */
            at += op->outputs;
        }
        attr_tensor_read_gradient(at, attr_engine_input(e), b, 0, s->inputs);
        at += s->inputs;
    }
    return record;
}

static const double *gradient_in(const setting *s, const double *record, int sample) {
    return record + (sample + 1) * s->record - s->inputs;
}

/* ---- The claims */

static void create(attr_engine **e, const setting *s, attr_precision precision, int batch, attr_keep keep) {
    cr_assert_eq(attr_engine_create(e, s->net, precision, batch, keep), ATTR_OK, "%s: %s", s->row->cfg,
                 attr_error_message());
}

static void expect_small(const setting *s, double error, double tolerance, int i, const char *claim) {
    cr_expect(error <= tolerance, "%s (gain %g)\n  layer %d [%s]: %s: relative error %.3g, expected at most %g",
              s->row->cfg, s->row->gain, i, attr_layer_name(s->net->layers[i].type), claim, error, tolerance);
}

static void expect_same(const setting *s, const double *a, const double *b, const char *claim) {
    size_t i = 0;
    while (i < s->record && memcmp(&a[i], &b[i], sizeof *a) == 0) i++;
    cr_expect(i == s->record, "%s (gain %g)\n  %s: number %zu of %zu (%zu inputs) is %.17g and %.17g", s->row->cfg,
              s->row->gain, claim, i, s->record, s->inputs, i < s->record ? a[i] : 0, i < s->record ? b[i] : 0);
}

static void check_forward(const setting *s, const double *single, const double *twin) {
    for (int b = 0; b < BATCH; b++) {
        size_t at = b * s->record;
        if (!s->row->formula) network_predict(s->net, s->x + b * s->inputs);
        for (int i = 0; i < s->net->n; i++) {
            const layer *l = &s->net->layers[i];
            size_t n = attr_engine_op(s->single, i)->outputs;
            double *expected = allocate(n, sizeof *expected);
            if (!s->row->formula && !attr_engine_op(s->single, i)->is_view) {
                for (size_t j = 0; j < n; j++) expected[j] = l->output[j];
                expect_small(s, relative_error(single + at, expected, n), SINGLE_TOLERANCE, i, "forward, Darknet's");
            }
            if (s->row->formula && i == s->head) {
                double *in = allocate(s->inputs, sizeof *in);
                for (size_t j = 0; j < s->inputs; j++) in[j] = s->x[b * s->inputs + j];
                s->row->formula(expected, in, l);
                expect_small(s, relative_error(single + at, expected, n), SINGLE_TOLERANCE, i, "forward, formula");
                expect_small(s, relative_error(twin + at, expected, n), 1e-12, i, "forward in double, formula");
                free(in);
            }
            expect_small(s, relative_error(single + at, twin + at, n), SINGLE_TOLERANCE, i, "forward, double");
            free(expected);
            at += n;
        }
    }
}

static void check_backward(const setting *s, const double *single, const double *twin) {
    for (int b = 0; b < BATCH; b++) {
        const double *expected = gradient_in(s, twin, b);
        double error = relative_error(gradient_in(s, single, b), expected, s->inputs);
        expect_small(s, error, SINGLE_TOLERANCE, s->head, "backward, single and double");
    }
}

/* The weighted sum of the head's outputs at x + step * direction, over all samples. */
static double sum_at(const setting *s, double *x, const double *direction, double step) {
    size_t n = BATCH * s->inputs;
    for (size_t i = 0; i < n; i++) x[i] = s->x[i] + step * direction[i];
    forward(s, s->twin, x, BATCH);
    const double *out = attr_engine_op(s->twin, s->head)->out;
    double sum = 0;
    for (size_t i = 0; i < BATCH * s->outputs; i++) sum += s->seeds[i] * out[i];
    return sum;
}

/* The gradient against fourth-order central differences in random directions. The step that agrees best counts: large
 * ones may cross a kink, small ones round. The error is relative to what a random direction can be expected to give. */
static void check_differences(const setting *s, const double *twin) {
    size_t n = BATCH * s->inputs;
    double *direction = allocate(n, sizeof *direction), *x = allocate(n, sizeof *x);
    for (int trial = 0; trial < 3; trial++) {
        double slope = 0, square = 0, best = INFINITY;
        for (size_t i = 0; i < n; i++) {
            double g = gradient_in(s, twin, (int)(i / s->inputs))[i % s->inputs];
            direction[i] = test_uniform(-1, 1);
            slope += g * direction[i];
            square += g * g / 3;
        }
        double size = fmax(fabs(slope), sqrt(square));
        cr_expect(size > 0, "%s (gain %g)\n  the gradient is zero", s->row->cfg, s->row->gain);
        for (double h = 1e-3; h > 1e-7 && !(best <= DIFFERENCE_TOLERANCE); h /= 10) {
            double near = sum_at(s, x, direction, h) - sum_at(s, x, direction, -h);
            double far = sum_at(s, x, direction, 2 * h) - sum_at(s, x, direction, -2 * h);
            double error = fabs((8 * near - far) / (12 * h) - slope);
            best = fmin(best, error / size);
        }
        expect_small(s, best, DIFFERENCE_TOLERANCE, s->head, "backward, finite differences");
    }
    free(direction);
    free(x);
}

/* One layer's backward, in double precision, with random gradients of its output. Fills input j's gradient with
 * start[j] and copies what is there afterwards to result[j]; input `skipped` is not asked for. `fresh`: what is there
 * was written by nobody. */
static void run_backward(attr_op *op, double **result, double *const *start, const double *dout, int skipped,
                         int fresh) {
    memcpy(op->dout, dout, op->batch * op->outputs * sizeof(double));
    for (int j = 0; j < op->input_count; j++) {
        memcpy(op->din[j], start[j], op->batch * op->in_size[j] * sizeof(double));
        op->din_fresh[j] = fresh;
        for (int k = 0; k < j; k++) op->din_fresh[j] &= op->din[k] != op->din[j];
    }
    void *kept = skipped >= 0 ? op->din[skipped] : NULL;
    if (skipped >= 0) op->din[skipped] = NULL;
    op->kind->backward(op);
    if (skipped >= 0) op->din[skipped] = kept;
    for (int j = 0; j < op->input_count; j++)
        memcpy(result[j], op->din[j], op->batch * op->in_size[j] * sizeof(double));
}

static int reads_twice(const attr_op *op, int input) {
    int readers = 0;
    for (int j = 0; j < op->input_count; j++) readers += op->din[j] == op->din[input];
    return readers > 1;
}

static void check_accumulation_of(const setting *s, attr_op *op) {
    int inputs = op->input_count;
    double **zero = allocate(inputs, sizeof *zero), **start = allocate(inputs, sizeof *start);
    double **plain = allocate(inputs, sizeof *plain), **added = allocate(inputs, sizeof *added);
    double *dout = allocate(op->batch * op->outputs, sizeof *dout);
    for (size_t i = 0; i < op->batch * op->outputs; i++) dout[i] = test_uniform(-1, 1);
    for (int j = 0; j < inputs; j++) {
        size_t n = op->batch * op->in_size[j];
        zero[j] = allocate(n, sizeof(double));
        plain[j] = allocate(n, sizeof(double));
        added[j] = allocate(n, sizeof(double));
        start[j] = allocate(n, sizeof(double));
        for (size_t i = 0; i < n; i++) start[j][i] = test_uniform(-1, 1);
        for (int k = 0; k < j; k++) /* a layer may read one tensor twice */
            if (op->din[k] == op->din[j]) memcpy(start[j], start[k], n * sizeof(double));
    }
    run_backward(op, plain, zero, dout, -1, 0);
    if (op->kind->stores) run_backward(op, added, start, dout, -1, 1);
    for (int j = 0; op->kind->stores && j < inputs; j++) {
        double error = relative_error(added[j], plain[j], op->batch * op->in_size[j]);
        expect_small(s, error, 0, op->index, "backward stores where nobody wrote");
    }
    run_backward(op, added, start, dout, -1, 0);
    for (int j = 0; j < inputs; j++) {
        size_t n = op->batch * op->in_size[j];
        for (size_t i = 0; i < n; i++) start[j][i] += plain[j][i];
        expect_small(s, relative_error(added[j], start[j], n), 1e-13, op->index, "backward adds to the gradient");
    }
    for (int skipped = 0; skipped < inputs; skipped++) {
        if (reads_twice(op, skipped)) continue; /* the other one asks for it */
        run_backward(op, added, zero, dout, skipped, 0);
        for (int j = 0; j < inputs; j++) {
            const double *expected = j == skipped ? zero[j] : plain[j];
            double error = relative_error(added[j], expected, op->batch * op->in_size[j]);
            expect_small(s, error, 0, op->index, "backward without the gradient of an input");
        }
    }
    for (int j = 0; j < inputs; j++) {
        free(zero[j]);
        free(start[j]);
        free(plain[j]);
        free(added[j]);
    }
    free(zero);
    free(start);
    free(plain);
    free(added);
    free(dout);
}

static void check_accumulation(const setting *s) {
    free(run(s, s->twin, 0, BATCH));
    for (int i = 0; i < s->net->n; i++) {
        attr_op *op = attr_engine_op(s->twin, i);
        if (op->kind->backward && !op->is_view) check_accumulation_of(s, op);
    }
}

static void check_bits(const setting *s, const double *single) {
    omp_set_num_threads(2);
    double *threads = run(s, s->single, 0, BATCH);
    omp_set_num_threads(1);
    double *fewer = run(s, s->single, 1, BATCH - 1);
    for (int b = 0; b < BATCH; b++) {
        double *alone = run(s, s->alone, b, 1);
        expect_same(s, single + b * s->record, threads + b * s->record, "one and two threads");
        expect_same(s, single + b * s->record, alone, "batch of three and of one");
        if (b > 0) expect_same(s, single + b * s->record, fewer + (b - 1) * s->record, "three samples and two");
        free(alone);
    }
    free(threads);
    free(fewer);
}

/* A layer that does not say what its backward reads would find something else there. */
static void check_sharing(const setting *s, attr_precision precision, const double *expected) {
    attr_engine *sharing;
    create(&sharing, s, precision, BATCH, ATTR_KEEP_NEEDED);
    double *got = run(s, sharing, 0, BATCH);
    for (int b = 0; b < BATCH; b++)
        cr_expect_arr_eq(gradient_in(s, got, b), gradient_in(s, expected, b), s->inputs * sizeof *got,
                         "%s (gain %g)\n  precision %d, sample %d: another gradient when tensors share memory",
                         s->row->cfg, s->row->gain, precision, b);
    free(got);
    attr_engine_free(sharing);
}

/* ---- All of it */

void check_layers(const layer_row *row) {
    setting s = {.row = row, .net = make_test_network(row->cfg, row->gain > 0 ? row->gain : 1)};
    cr_assert(!row->formula || s.net->n == 1, "%s: a formula is for one layer", row->cfg);
    omp_set_num_threads(1);
    create(&s.single, &s, ATTR_F32, BATCH, ATTR_KEEP_ALL);
    create(&s.twin, &s, ATTR_F64, BATCH, ATTR_KEEP_ALL);
    create(&s.alone, &s, ATTR_F32, 1, ATTR_KEEP_ALL);
    s.head = s.net->n - 1;
    s.inputs = attr_engine_inputs(s.single);
    s.outputs = attr_engine_op(s.single, s.head)->outputs;
    s.record = s.inputs;
    for (int i = 0; i < s.net->n; i++) s.record += attr_engine_op(s.single, i)->outputs;
    s.x = allocate(BATCH * s.inputs, sizeof *s.x);
    for (size_t i = 0; i < BATCH * s.inputs; i++) s.x[i] = (float)test_uniform(-1.7, 1.7);
    s.seeds = allocate(BATCH * s.outputs, sizeof *s.seeds);
    for (size_t i = 0; i < BATCH * s.outputs; i++) s.seeds[i] = test_uniform(-1, 1);

    double *single = run(&s, s.single, 0, BATCH), *twin = run(&s, s.twin, 0, BATCH);
    check_forward(&s, single, twin);
    check_backward(&s, single, twin);
    check_differences(&s, twin);
    check_accumulation(&s);
    check_bits(&s, single);
    check_sharing(&s, ATTR_F32, single);
    check_sharing(&s, ATTR_F64, twin);

    free(single);
    free(twin);
    free(s.x);
    free(s.seeds);
    attr_engine_free(s.single);
    attr_engine_free(s.twin);
    attr_engine_free(s.alone);
    free_test_network(s.net);
}
