/* Making an engine: ops on Darknet's layers, tensors, their memory. */
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/engine_state.h"
#include "model/graph.h"
#include "model/parameters.h"
#include "model/softplus.h"

static attr_status allocate_inputs(attr_op *op) {
    size_t n = (size_t)op->input_count;
    ATTR_TRY(attr_allocate(&op->reads, n, sizeof *op->reads, "a layer's inputs"));
    ATTR_TRY(attr_allocate(&op->copies, n, sizeof *op->copies, "a layer's inputs"));
    ATTR_TRY(attr_allocate(&op->in, n, sizeof *op->in, "a layer's inputs"));
    ATTR_TRY(attr_allocate(&op->din, n, sizeof *op->din, "gradients"));
    ATTR_TRY(attr_allocate(&op->in_size, n, sizeof *op->in_size, "input sizes"));
    ATTR_TRY(attr_allocate(&op->in_stride, n, sizeof *op->in_stride, "input sizes"));
    ATTR_TRY(attr_allocate(&op->first, n, sizeof *op->first, "flags"));
    return attr_allocate(&op->din_fresh, n, sizeof *op->din_fresh, "flags");
}

/* Finds the tensors that the op reads. */
static attr_status find_inputs(attr_engine *e, attr_op *op, const network *net) {
    int most = op->l->type == ROUTE ? op->l->n : 2;
    int *reads = NULL;
    ATTR_TRY(attr_allocate(&reads, (size_t)most, sizeof *reads, "a layer's inputs"));
    op->input_count = attr_layer_reads(reads, net->layers, op->index, most);
    attr_status status = allocate_inputs(op);
    for (int j = 0; status == ATTR_OK && j < op->input_count; ++j) {
        if (reads[j] >= op->index || reads[j] < -1)
            status = attr_fail(ATTR_BAD_INPUT, "layer %d reads layer %d, which does not come before it", op->index,
                               reads[j]);
        else
            op->reads[j] = reads[j] < 0 ? &e->tensors[0] : e->ops[reads[j]].writes;
    }
    free(reads);
    return status;
}

static void describe_inputs(const attr_engine *e, attr_op *op) {
    for (int j = 0; j < op->input_count; ++j) {
        const attr_tensor *t = op->reads[j];
        int blocked = op->layout == ATTR_BLOCKED;
        if (t->blocked != blocked && !op->is_view)
            op->copies[j] = attr_tensor_of(e->element, t->c, t->h, t->w, blocked);
        op->in_size[j] = t->size;
        op->in_stride[j] = attr_op_input(op, j)->stride;
    }
}

static void describe_output(const attr_engine *e, attr_op *op) {
    attr_layer_shape shape = attr_shape_of_layer(op->l);
    if (op->is_view) {
        op->writes = op->reads[0];
    } else {
        op->writes = &e->tensors[op->index + 1];
        *op->writes = attr_tensor_of(e->element, shape.channels, shape.height, shape.width, op->blocked);
    }
    op->out_stride = op->writes->stride;
}

static attr_status make_op(attr_engine *e, const network *net, int i) {
    layer *l = &e->net.layers[i];
    attr_op *op = &e->ops[i];
    op->kind = e->precision == ATTR_F32 ? attr_layer_kind_f32(l->type) : attr_layer_kind_f64(l->type);
    if (!op->kind)
        return attr_fail(ATTR_UNSUPPORTED, "layer %d is [%s], which cannot be attributed exactly", i,
                         attr_layer_name(l->type));
    if (l->binary || l->xnor)
        return attr_fail(ATTR_UNSUPPORTED, "layer %d has %s=1, which cannot be attributed exactly", i,
                         l->xnor ? "xnor" : "binary");
    op->l = l;
    op->own = attr_parameters_of(l);
    op->index = i;
    op->net_w = net->w;
    op->net_h = net->h;
    op->batch = e->batch;
    op->threads = e->threads;
    op->outputs = (size_t)l->outputs;
    bool bends = false;
    if (e->is_smooth) ATTR_TRY(attr_softplus_take(&bends, op, l));
    ATTR_TRY(find_inputs(e, op, net));
    op->is_view = op->kind->is_view && op->kind->is_view(op);
    if (!op->is_view && e->precision == ATTR_F32 && op->kind->layout) op->layout = op->kind->layout(op);
    op->blocked = op->layout != ATTR_PLAIN;
    describe_inputs(e, op);
    describe_output(e, op);
    op->only_planned = e->only_planned;
    if (e->choices) op->choice = e->choices[i];
    if (op->kind->prepare) ATTR_TRY(op->kind->prepare(op));
    if (bends)
        ATTR_TRY(attr_op_allocate(op, &op->softplus.slopes, (size_t)op->batch * op->out_stride, e->element, "slopes"));
    e->bytes += op->bytes;

    l->attribution = op;
    l->forward = attr_forward_hook;
    l->backward = attr_backward_hook;
    /* Darknet's loop would zero delta at every forward; ops know their tensors. */
    l->output = l->delta = l->cost = NULL;
    l->truth = 0;
    l->stopbackward = 0;
    l->batch = e->batch;
    return ATTR_OK;
}

/* The tensor of a layer that only passes on is kept by the one that writes it. */
static void describe_kept(attr_engine *e, const bool *layers) {
    for (int i = 0; layers && i < e->net.n; ++i) {
        int writer = layers[i] ? attr_layer_writer(e->net.layers, i) : -1;
        if (writer < 0) continue;
        attr_op *op = &e->ops[writer];
        op->kept = *op->writes;
    }
}

static int count_readers(const attr_engine *e, const attr_tensor *t) {
    int count = 0;
    for (int i = 0; i < e->net.n; ++i)
        for (int j = 0; j < e->ops[i].input_count; ++j) count += e->ops[i].reads[j] == t;
    return count;
}

/* Whether a layer may do what the next one does: nobody else looks at what lies between them. Seeds may stand in what a
 * head reads. */
static bool may_do_the_next(const attr_engine *e, int i) {
    const attr_op *op = &e->ops[i], *next = op + 1;
    if (i + 1 == e->net.n || op->kept.size || attr_is_head(e->ops, e->net.n, next->index)) return false;
    for (int j = 0; j < next->input_count; ++j)
        if (next->copies[j].size) return false;
    return next->reads[0] == op->writes && count_readers(e, op->writes) == 1;
}

static void join_layers(attr_engine *e) {
    for (int i = 0; i < e->net.n; ++i) {
        attr_op *op = &e->ops[i], *next = op + 1;
        if (!may_do_the_next(e, i) || !op->kind->joins || !op->kind->joins(op, next)) continue;
        op->joined = next;
        next->is_joined = 1;
    }
}

/* When memory is given: sums that stand where their first part stood. */
static void add_layers(attr_engine *e) {
    for (int i = 0; i < e->net.n; ++i) {
        attr_op *op = &e->ops[i], *next = op + 1;
        if (!may_do_the_next(e, i) || !op->kind->adds || !op->kind->adds(op, next) || op->out != next->out) continue;
        op->added = next;
        next->is_added = 1;
    }
}

/* Points the ops at their tensors. */
static attr_status give_memory(attr_engine *e, attr_keep keep, int parts) {
    if (e->precision != ATTR_F32 || keep.all) parts = 1;
    if (!parts) parts = attr_parts_that_pay(e->ops, e->net.n, e->batch, e->threads);
    describe_kept(e, keep.layers);
    if (!keep.all && !e->is_smooth) join_layers(e);
    ATTR_TRY(
        attr_tensor_memory_make(&e->memory, e->ops, e->net.n, e->tensors, e->batch, parts, keep.all, e->only_planned));
    e->bytes += e->memory.bytes;
    for (int i = 0; i < e->net.n; ++i) {
        attr_op *op = &e->ops[i];
        op->out = op->writes->values;
        op->dout = op->writes->gradient;
        for (int j = 0; j < op->input_count; ++j) {
            op->in[j] = attr_op_input(op, j)->values;
            op->din[j] = attr_op_input(op, j)->gradient;
        }
    }
    if (!keep.all && !e->is_smooth && !e->only_planned) add_layers(e);
    return ATTR_OK;
}

static attr_status allocate_scratch(attr_engine *e) {
    size_t most = 0;
    for (int i = 0; i < e->net.n; ++i) most = e->ops[i].scratch_bytes > most ? e->ops[i].scratch_bytes : most;
    e->bytes += (size_t)e->threads * most;
    if (e->only_planned) return ATTR_OK;
    ATTR_TRY(attr_allocate(&e->scratch, (size_t)e->threads, most, "working memory"));
    for (int i = 0; i < e->net.n; ++i) {
        e->ops[i].scratch = e->scratch;
        e->ops[i].scratch_each = most;
    }
    return ATTR_OK;
}

/* What an engine is made of. */
typedef struct {
    attr_precision precision;
    const attr_conv_choice *choices; /* NULL: all by the rule */
    attr_keep keep;
    bool is_smooth;
    int parts; /* 0: as many as pay */
} recipe;

static attr_status make_engine(attr_engine **out, const network *net, const recipe *r, int batch, int only_planned) {
    attr_engine *e = NULL;
    *out = NULL;
    ATTR_TRY(attr_allocate(&e, 1, sizeof *e, "an engine"));
    e->precision = r->precision;
    e->choices = r->choices;
    e->only_planned = only_planned;
    e->is_smooth = r->is_smooth;
    e->element = r->precision == ATTR_F32 ? sizeof(float) : sizeof(double);
    e->net = *net;
    e->net.layers = NULL;
    e->net.batch = e->batch = batch;
    e->net.truth = e->net.delta = e->net.input = NULL;
    e->net.cost = &e->cost;
    e->net.train = 0;
    e->net.gpu_index = -1;
    e->inputs = (size_t)net->inputs;
    e->threads = r->parts > omp_get_max_threads() ? r->parts : omp_get_max_threads();
    int is_picture = net->c * net->h * net->w == net->inputs;
    attr_tensor input = attr_tensor_of(e->element, is_picture ? net->c : net->inputs, is_picture ? net->h : 1,
                                       is_picture ? net->w : 1, 0);
    attr_status status = attr_allocate(&e->net.layers, (size_t)net->n, sizeof(layer), "layers");
    if (status == ATTR_OK) status = attr_allocate(&e->ops, (size_t)net->n, sizeof(attr_op), "layers");
    if (status == ATTR_OK) status = attr_allocate(&e->areas, (size_t)net->n + 1, sizeof *e->areas, "layers");
    if (status == ATTR_OK) status = attr_allocate(&e->tensors, (size_t)net->n + 1, sizeof *e->tensors, "tensors");
    if (status == ATTR_OK) e->tensors[0] = input;
    if (status == ATTR_OK) memcpy(e->net.layers, net->layers, (size_t)net->n * sizeof(layer));
    for (int i = 0; status == ATTR_OK && i < net->n; ++i) status = make_op(e, net, i);
    if (status == ATTR_OK) status = give_memory(e, r->keep, r->parts);
    if (status == ATTR_OK) status = allocate_scratch(e);
    if (status == ATTR_OK && e->memory.parts > 1 && !only_planned)
        status = attr_parts_make(&e->parts, &e->net, e->ops, e->tensors, &e->memory, e->threads);
    e->choices = NULL;
    if (status != ATTR_OK) {
        attr_engine_free(e);
        return status;
    }
    if (!only_planned) attr_engine_set_parameters(e, NULL);
    *out = e;
    return ATTR_OK;
}

static void free_op(attr_op *op) {
    if (op->kind && op->kind->release) op->kind->release(op);
    for (size_t j = 0; j < sizeof op->memory / sizeof *op->memory; ++j) free(op->memory[j]);
    for (int k = 0; k < ATTR_ARRAYS; ++k) free(op->noisy[k]);
    free(op->softplus.slopes);
    free(op->indexes);
    free(op->reads);
    free(op->copies);
    free(op->in);
    free(op->din);
    free(op->in_size);
    free(op->in_stride);
    free(op->first);
    free(op->din_fresh);
}

void attr_engine_free(attr_engine *e) {
    if (!e) return;
    for (int i = 0; e->ops && i < e->net.n; ++i) free_op(&e->ops[i]);
    attr_parts_free(e->parts);
    attr_tensor_memory_free(&e->memory);
    free(e->tensors);
    free(e->ops);
    free(e->areas);
    free(e->net.layers);
    free(e->scratch);
    free(e);
}

static size_t bytes_of(const network *net, const recipe *r, int batch) {
    attr_engine *e = NULL;
    if (make_engine(&e, net, r, batch, 1) != ATTR_OK) return 0;
    size_t bytes = e->bytes;
    attr_engine_free(e);
    return bytes;
}

static int largest_batch(const network *net, const recipe *r, size_t bytes, int most) {
    int batch = most;
    while (batch > 1 && bytes_of(net, r, batch) > bytes) --batch;
    return batch > 1 ? batch : 1;
}

size_t attr_engine_bytes(const network *net, attr_precision precision, int batch, attr_keep keep) {
    return bytes_of(net, &(recipe){precision, NULL, keep, false, 0}, batch);
}

size_t attr_engine_bytes_chosen(const network *net, const attr_conv_choice *choices, int batch, attr_keep keep) {
    return bytes_of(net, &(recipe){ATTR_F32, choices, keep, false, 0}, batch);
}

attr_status attr_engine_create(attr_engine **out, const network *net, attr_precision precision, int batch,
                               attr_keep keep) {
    return make_engine(out, net, &(recipe){precision, NULL, keep, false, 0}, batch, 0);
}

attr_status attr_engine_create_chosen(attr_engine **out, const network *net, const attr_conv_choice *choices, int batch,
                                      attr_keep keep) {
    return make_engine(out, net, &(recipe){ATTR_F32, choices, keep, false, 0}, batch, 0);
}

attr_status attr_engine_create_smooth(attr_engine **out, const network *net, attr_precision precision, int batch) {
    return make_engine(out, net, &(recipe){precision, NULL, ATTR_KEEP_ALL, true, 0}, batch, 0);
}

attr_status attr_engine_create_in_parts(attr_engine **out, const network *net, int batch, attr_keep keep, int parts) {
    return make_engine(out, net, &(recipe){ATTR_F32, NULL, keep, false, parts}, batch, 0);
}

int attr_engine_largest_batch(const network *net, attr_precision precision, attr_keep keep, size_t bytes, int most) {
    return largest_batch(net, &(recipe){precision, NULL, keep, false, 0}, bytes, most);
}

int attr_engine_largest_batch_chosen(const network *net, const attr_conv_choice *choices, attr_keep keep, size_t bytes,
                                     int most) {
    return largest_batch(net, &(recipe){ATTR_F32, choices, keep, false, 0}, bytes, most);
}
