#include "metrics/tuning.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "kernels/blocked.h"
#include "layers/blocked.h"

enum { least_rounds = 7, most_rounds = 31, least_gain_percent = 5 };
static const double enough_seconds = 0.15; /* of an implementation */

/* What runs need, and what is measured. */
typedef struct {
    attr_conv_shape shape;
    attr_conv_direction direction;
    int batch, threads;
    attr_blocked_conv *conv[ATTR_CONV_BY_COUNT], *reverse[ATTR_CONV_BY_COUNT]; /* NULL: cannot */
    float *from, *to, *gate_scale;
    attr_signs *from_positive, *to_positive;
    double *scale, *bias;
    void *scratch;
} bench;

int attr_tuning_can(attr_tuned_layer *out, const attr_op *op) {
    attr_conv_direction forward, backward;
    *out = (attr_tuned_layer){.layer = op->index, .name = op->kind->name};
    if (!attr_blocked_describe(&out->shape, &forward, &backward, op)) return 0;
    out->forward.rule = out->forward.best = attr_blocked_conv_by(&out->shape, forward);
    out->backward.rule = out->backward.best = attr_blocked_conv_by(&out->shape, backward);
    return out->forward.rule != ATTR_CONV_BY_RULE && out->backward.rule != ATTR_CONV_BY_RULE;
}

/* ---- Making */

static attr_status fill(float **out, size_t n, uint32_t part) {
    attr_random random = {.seed = 1, .stream = ATTR_STREAM_CHECK, .part = part};
    ATTR_TRY(attr_allocate(out, n, sizeof **out, "values to measure with"));
    attr_random_normal(*out, &random, 0, n);
    return ATTR_OK;
}

static attr_status make_tensors(bench *b) {
    const attr_conv_shape *s = &b->shape;
    int transposed = b->direction.transposed;
    size_t input = (size_t)b->batch * attr_blocked_size(s->c, s->h, s->w),
           output = (size_t)b->batch * attr_blocked_size(s->n, s->out_h, s->out_w);
    size_t from = transposed ? output : input, to = transposed ? input : output;
    size_t from_channels = attr_blocked_size(transposed ? s->n : s->c, 1, 1),
           to_channels = attr_blocked_size(transposed ? s->c : s->n, 1, 1);
    ATTR_TRY(fill(&b->from, from, 0));
    ATTR_TRY(fill(&b->gate_scale, from_channels, 1));
    ATTR_TRY(attr_allocate(&b->to, to, sizeof *b->to, "values to measure with"));
    ATTR_TRY(attr_allocate(&b->from_positive, from / attr_lanes, sizeof *b->from_positive, "signs"));
    ATTR_TRY(attr_allocate(&b->to_positive, to / attr_lanes, sizeof *b->to_positive, "signs"));
    ATTR_TRY(attr_allocate(&b->scale, to_channels, sizeof *b->scale, "scales"));
    ATTR_TRY(attr_allocate(&b->bias, to_channels, sizeof *b->bias, "biases"));
    for (size_t i = 0; i < from; ++i)
        b->from_positive[i / attr_lanes] |= (attr_signs)((b->from[i] > 0) << i % attr_lanes);
    for (size_t i = 0; i < to_channels; ++i) b->scale[i] = 1;
    return ATTR_OK;
}

/* The implementation `by` with the layer's weights, if it can do the shape. Both directions may share them. */
static attr_status make_conv(bench *b, attr_conv_by by, const attr_op *op) {
    attr_conv_direction mine = b->direction, other = {!mine.transposed, mine.plain_input, mine.sum, ATTR_CONV_BY_RULE};
    void *scratch = NULL;
    mine.by = by;
    if (attr_blocked_conv_by(&b->shape, mine) != by) return ATTR_OK;
    attr_blocked_conv_bytes a = attr_blocked_conv_needs(&b->shape, mine), c = attr_blocked_conv_needs(&b->shape, other);
    size_t each = a.scratch > c.scratch ? a.scratch : c.scratch;
    attr_status status = attr_allocate(&scratch, (size_t)b->threads, each, "working memory");
    if (status == ATTR_OK) status = attr_blocked_conv_create(&b->conv[by], &b->shape, mine);
    if (status == ATTR_OK) status = attr_blocked_conv_create(&b->reverse[by], &b->shape, other);
    if (status == ATTR_OK)
        attr_blocked_conv_pack(mine.transposed ? b->reverse[by] : b->conv[by],
                               mine.transposed ? b->conv[by] : b->reverse[by], &op->weights, scratch, each, b->threads);
    free(scratch);
    return status;
}

static attr_status make_bench(bench *b, const attr_op *op, int bf16) {
    size_t most = 0;
    ATTR_TRY(make_tensors(b));
    for (int by = ATTR_CONV_BY_WINOGRAD; by < ATTR_CONV_BY_COUNT; ++by)
        if (bf16 || by < ATTR_CONV_BY_DNNL_BF16) ATTR_TRY(make_conv(b, (attr_conv_by)by, op));
    for (int by = 0; by < ATTR_CONV_BY_COUNT; ++by) {
        size_t need = b->conv[by] ? attr_blocked_conv_scratch(b->conv[by]) : 0;
        if (need > most) most = need;
    }
    return attr_allocate(&b->scratch, (size_t)b->threads, most, "working memory");
}

static void free_bench(bench *b) {
    for (int by = 0; by < ATTR_CONV_BY_COUNT; ++by) {
        attr_blocked_conv_free(b->conv[by]);
        attr_blocked_conv_free(b->reverse[by]);
    }
    free(b->from);
    free(b->to);
    free(b->gate_scale);
    free(b->from_positive);
    free(b->to_positive);
    free(b->scale);
    free(b->bias);
    free(b->scratch);
}

/* ---- Measuring */

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* As a layer with batch norm and leaky does it: see layers/blocked_common.c. */
static double time_once(const bench *b, const attr_blocked_conv *conv, int is_backward) {
    attr_gate gate = {.slope = .1f};
    if (is_backward) gate.positive = b->from_positive, gate.scale = b->gate_scale;
    attr_finish finish = {.slope = 1};
    if (!is_backward)
        finish = (attr_finish){.scale = b->scale, .bias = b->bias, .slope = .1, .positive = b->to_positive};
    double begin = seconds_now();
    attr_blocked_conv_run(b->to, b->from, conv, &gate, &finish, b->batch, b->scratch, b->threads);
    return seconds_now() - begin;
}

static int compare(const void *a, const void *b) {
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

/* Short runs are hit harder by what else the machine does, and get more rounds. */
static int rounds_for(double seconds) {
    double many = enough_seconds / seconds;
    return many < least_rounds ? least_rounds : many > most_rounds ? most_rounds : (int)many;
}

/* The first round is not counted. */
static void measure_once(attr_tuned_direction *d, const bench *b, int is_backward) {
    double times[ATTR_CONV_BY_COUNT][most_rounds], slowest = 0;
    for (int by = 0; by < ATTR_CONV_BY_COUNT; ++by) {
        double first = b->conv[by] ? time_once(b, b->conv[by], is_backward) : 0;
        if (first > slowest) slowest = first;
    }
    int rounds = rounds_for(slowest);
    for (int round = 0; round < rounds; ++round)
        for (int by = 0; by < ATTR_CONV_BY_COUNT; ++by)
            if (b->conv[by]) times[by][round] = time_once(b, b->conv[by], is_backward);
    for (int by = 0; by < ATTR_CONV_BY_COUNT; ++by) {
        if (!b->conv[by]) continue;
        qsort(times[by], (size_t)rounds, sizeof times[by][0], compare);
        d->seconds[by] = times[by][rounds / 2];
    }
    double limit = d->seconds[d->rule] * (100 - least_gain_percent) / 100;
    d->best = d->rule;
    for (int by = 0; by < ATTR_CONV_BY_COUNT; ++by)
        if (d->seconds[by] > 0 && d->seconds[by] <= limit) {
            d->best = (attr_conv_by)by;
            limit = d->seconds[by];
        }
}

/* What is found to be better has to be so twice. */
static void measure(attr_tuned_direction *d, const bench *b, int is_backward) {
    measure_once(d, b, is_backward);
    attr_conv_by found = d->best;
    if (found == d->rule) return;
    measure_once(d, b, is_backward);
    if (d->best != found) d->best = d->rule;
}

static attr_status measure_direction(attr_tuned_direction *d, const attr_op *op, const attr_conv_shape *shape,
                                     const attr_conv_direction *direction, int is_backward, int batch, int bf16) {
    bench b = {.shape = *shape, .direction = *direction, .batch = batch, .threads = op->threads};
    attr_status status = make_bench(&b, op, bf16);
    if (status == ATTR_OK) measure(d, &b, is_backward);
    free_bench(&b);
    return status;
}

attr_status attr_tuning_measure(attr_tuned_layer *layer, const attr_op *op, int batch, int bf16) {
    attr_conv_shape shape;
    attr_conv_direction forward, backward;
    attr_blocked_describe(&shape, &forward, &backward, op);
    ATTR_TRY(measure_direction(&layer->forward, op, &shape, &forward, 0, batch, bf16));
    return measure_direction(&layer->backward, op, &shape, &backward, 1, batch, bf16);
}
