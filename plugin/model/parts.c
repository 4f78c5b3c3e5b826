#include "model/parts.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

typedef struct {
    network net; /* whose layers are hooked to these ops */
    float cost;
    attr_op *ops;
    attr_tensor *tensors, *copies; /* of this part's samples; copies of all ops, one after the other */
    attr_tensor **reads;
    const void **in;
    void **din;
    int *din_fresh;
} part;

struct attr_parts {
    attr_op *ops; /* of the whole batch */
    const attr_tensor *tensors;
    const attr_tensor_memory *memory;
    int layers, inputs, count, threads; /* inputs of all layers; parts */
    part *of;
};

/* ---- Making */

static attr_status make_part(part *s, const network *net, const attr_parts *p) {
    size_t layers = (size_t)p->layers, inputs = (size_t)p->inputs;
    s->net = *net;
    s->net.layers = NULL;
    s->net.cost = &s->cost;
    ATTR_TRY(attr_allocate(&s->net.layers, layers, sizeof *s->net.layers, "layers"));
    ATTR_TRY(attr_allocate(&s->ops, layers, sizeof *s->ops, "layers"));
    ATTR_TRY(attr_allocate(&s->tensors, layers + 1, sizeof *s->tensors, "tensors"));
    ATTR_TRY(attr_allocate(&s->copies, inputs, sizeof *s->copies, "tensors"));
    ATTR_TRY(attr_allocate(&s->reads, inputs, sizeof *s->reads, "tensors"));
    ATTR_TRY(attr_allocate(&s->in, inputs, sizeof *s->in, "tensors"));
    ATTR_TRY(attr_allocate(&s->din, inputs, sizeof *s->din, "tensors"));
    ATTR_TRY(attr_allocate(&s->din_fresh, inputs, sizeof *s->din_fresh, "flags"));
    memcpy(s->net.layers, net->layers, layers * sizeof *s->net.layers);
    for (size_t i = 0; i < layers; ++i) s->net.layers[i].attribution = &s->ops[i];
    return ATTR_OK;
}

attr_status attr_parts_make(attr_parts **out, const network *net, attr_op *ops, const attr_tensor *tensors,
                            const attr_tensor_memory *memory, int threads) {
    attr_parts *p = NULL;
    *out = NULL;
    ATTR_TRY(attr_allocate(&p, 1, sizeof *p, "parts of a batch"));
    *p = (attr_parts){
        .ops = ops, .tensors = tensors, .memory = memory, .layers = net->n, .count = memory->parts, .threads = threads};
    for (int i = 0; i < net->n; ++i) p->inputs += ops[i].input_count;
    attr_status status = attr_allocate(&p->of, (size_t)p->count, sizeof *p->of, "parts of a batch");
    for (int k = 0; status == ATTR_OK && k < p->count; ++k) status = make_part(&p->of[k], net, p);
    if (status == ATTR_OK)
        *out = p;
    else
        attr_parts_free(p);
    return status;
}

void attr_parts_free(attr_parts *p) {
    if (!p) return;
    for (int k = 0; p->of && k < p->count; ++k) {
        part *s = &p->of[k];
        free(s->net.layers);
        free(s->ops);
        free(s->tensors);
        free(s->copies);
        free(s->reads);
        free(s->in);
        free(s->din);
        free(s->din_fresh);
    }
    free(p->of);
    free(p);
}

/* ---- Pointing at samples */

/* The samples first .. of a part, and its threads. */
typedef struct {
    int index, first, count, threads;
} range;

static void *move(void *base, size_t bytes) {
    return base ? (char *)base + bytes : NULL;
}

/* Tensors that nobody looks at from outside have room for a part's samples in each part's own memory. */
static void *place(const attr_parts *p, const range *r, const attr_tensor *t, void *base) {
    const attr_tensor_memory *m = p->memory;
    const char *own = m->blocks[0], *at = base;
    bool is_own = base && at >= own && at < own + m->part_bytes;
    return move(base, is_own ? (size_t)r->index * m->part_bytes : (size_t)r->first * t->stride * t->element);
}

static attr_tensor tensor_of(const attr_parts *p, const range *r, const attr_tensor *t) {
    attr_tensor mine = *t;
    mine.values = place(p, r, t, t->values);
    mine.gradient = place(p, r, t, t->gradient);
    return mine;
}

/* `input` is the number of the op's first one among those of all ops. */
static void point_op(part *s, const attr_parts *p, const range *r, const attr_op *op, int input) {
    attr_op *mine = &s->ops[op->index];
    *mine = *op;
    mine->reads = s->reads + input;
    mine->copies = s->copies + input;
    mine->in = s->in + input;
    mine->din = s->din + input;
    mine->din_fresh = s->din_fresh + input;
    for (int j = 0; j < op->input_count; ++j) {
        mine->reads[j] = &s->tensors[op->reads[j] - p->tensors];
        mine->copies[j] = tensor_of(p, r, &op->copies[j]);
        mine->in[j] = attr_op_input(mine, j)->values;
        mine->din[j] = attr_op_input(mine, j)->gradient;
    }
    mine->joined = op->joined ? &s->ops[op->joined->index] : NULL;
    mine->added = op->added ? &s->ops[op->added->index] : NULL;
    mine->writes = &s->tensors[op->writes - p->tensors];
    mine->kept = tensor_of(p, r, &op->kept);
    mine->out = mine->writes->values;
    mine->dout = mine->writes->gradient;
    for (int k = 0; k < ATTR_OP_MEMORIES; ++k)
        mine->memory[k] = move(op->memory[k], (size_t)r->first * op->memory_each[k]);
    mine->indexes = op->indexes ? op->indexes + (size_t)r->first * op->out_stride : NULL;
    mine->scratch = move(op->scratch, (size_t)(r->threads > 1 ? 0 : r->index) * op->scratch_each);
    mine->threads = r->threads;
    mine->count = r->count;
}

static void run_part(const attr_parts *p, const range *r, void (*pass)(network *net)) {
    part *s = &p->of[r->index];
    int input = 0;
    if (r->count == 0) return;
    for (int i = 0; i <= p->layers; ++i) s->tensors[i] = tensor_of(p, r, &p->tensors[i]);
    for (int i = 0; i < p->layers; input += p->ops[i++].input_count) point_op(s, p, r, &p->ops[i], input);
    pass(&s->net);
}

/* Side by side, unless threads would have nothing to do: then the samples go through one after the other's part, and
 * each layer is shared among all threads. */
void attr_parts_run(attr_parts *p, void (*pass)(network *net)) {
    int count = p->ops[0].count, each = p->memory->part_batch;
    if (count >= p->count) {
#pragma omp parallel for num_threads(p->count) schedule(static, 1)
        for (int k = 0; k < p->count; ++k) {
            int first = count * k / p->count;
            run_part(p, &(range){k, first, count * (k + 1) / p->count - first, 1}, pass);
        }
        return;
    }
    for (int k = 0; k * each < count; ++k) {
        int left = count - k * each;
        run_part(p, &(range){k, k * each, left < each ? left : each, p->threads}, pass);
    }
}

/* ---- Whether they pay */

/* Weights, their products for one sample, and what a sample has to multiply each weight with: tiles of Winograd's
 * filtering, pixels. */
typedef struct {
    double weights, products, units;
} work;

static work work_of(const layer *l) {
    double pixels = (double)l->out_h * l->out_w,
           weights = l->type == CONNECTED ? (double)l->inputs * l->outputs : l->nweights;
    if (l->type == CONNECTED) return (work){weights, weights, 1};
    if (l->type != CONVOLUTIONAL) return (work){0};
    double tiles = (double)((l->out_h + 5) / 6) * ((l->out_w + 5) / 6);
    return (work){weights, weights * pixels, l->size == 3 ? tiles : pixels};
}

/* Where samples have few units, threads that share a layer make a part of its weights each; in parts each makes them
 * all, which costs about as much as 64 products a weight. Waiting costs 2 to 8 % (measured: Yolo-Fastest 8, Tiny
 * Darknet 4, ResNet-50 3, YOLOv3 2; Darknet-19 with its 1024 channels of 8 x 8 pixels loses 2 in parts). */
int attr_parts_that_pay(const attr_op *ops, int layers, int batch, int threads) {
    enum { few = 32, handling = 64 };
    double extra = 0, products = 0;
    int samples = batch / threads;
    if (threads == 1 || samples == 0) return 1;
    for (int i = 0; i < layers; ++i) {
        work w = work_of(ops[i].l);
        if (ops[i].is_indivisible) return 1;
        if (w.units * samples < few) extra += handling * w.weights;
        products += w.products * samples;
    }
    return extra <= .05 * products ? threads : 1;
}
