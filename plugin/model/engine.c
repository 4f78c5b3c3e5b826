#include "model/engine.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

struct attr_engine {
    attr_precision precision;
    size_t element; /* bytes of a number */
    network net;    /* a copy of the network's description whose layers are hooked */
    float cost;     /* where Darknet's loop leaves its sum of costs */
    attr_op *ops;
    int batch;
    size_t inputs;
    void *input, *input_gradient;
};

static void forward_hook(layer l, network net) {
    (void)net;
    attr_op *op = l.attribution;
    if (op->kind->forward) op->kind->forward(op);
}

static void backward_hook(layer l, network net) {
    (void)net;
    attr_op *op = l.attribution;
    if (op->active && op->kind->backward) op->kind->backward(op);
}

/* The layers that layer i reads; -1 is the network's input. Returns how many there are. */
static int reads_of(int reads[], const network *net, int i, int most) {
    const layer *l = &net->layers[i];
    if (l->type == ROUTE) {
        for (int j = 0; j < l->n && j < most; ++j) reads[j] = l->input_layers[j];
        return l->n;
    }
    reads[0] = i - 1;
    if (l->type == SHORTCUT && most > 1) reads[1] = l->index;
    return l->type == SHORTCUT ? 2 : 1;
}

static attr_parameters parameters_of(const layer *l) {
    return (attr_parameters){l->weights, l->biases, l->scales, l->rolling_mean, l->rolling_variance};
}

/* Points the op at the tensors of the layers that it reads. */
static attr_status connect(attr_engine *e, attr_op *op, const network *net) {
    int most = op->l->type == ROUTE ? op->l->n : 2;
    int *reads = NULL;
    ATTR_TRY(attr_allocate(&reads, (size_t)most, sizeof *reads, "a layer's inputs"));
    op->input_count = reads_of(reads, net, op->index, most);
    attr_status status = attr_allocate(&op->in, (size_t)op->input_count, sizeof *op->in, "a layer's inputs");
    if (status == ATTR_OK) status = attr_allocate(&op->din, (size_t)op->input_count, sizeof *op->din, "gradients");
    if (status == ATTR_OK) status = attr_allocate(&op->in_size, (size_t)op->input_count, sizeof(size_t), "input sizes");
    for (int j = 0; status == ATTR_OK && j < op->input_count; ++j) {
        if (reads[j] >= op->index || reads[j] < -1) {
            status = attr_fail(ATTR_BAD_INPUT, "layer %d reads layer %d, which does not come before it", op->index,
                               reads[j]);
        } else if (reads[j] < 0) {
            op->in[j] = e->input;
            op->din[j] = e->input_gradient;
            op->in_size[j] = e->inputs;
        } else {
            op->in[j] = e->ops[reads[j]].out;
            op->din[j] = e->ops[reads[j]].dout;
            op->in_size[j] = e->ops[reads[j]].outputs;
        }
    }
    free(reads);
    return status;
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
    op->index = i;
    op->net_w = net->w;
    op->net_h = net->h;
    op->batch = e->batch;
    op->outputs = (size_t)l->outputs;
    op->parameters = parameters_of(l);
    ATTR_TRY(connect(e, op, net));
    if (op->kind->is_view) {
        op->out = (void *)op->in[0];
        op->dout = op->din[0];
    } else {
        ATTR_TRY(attr_allocate(&op->out, op->outputs * (size_t)e->batch, e->element, "a layer's output"));
        ATTR_TRY(attr_allocate(&op->dout, op->outputs * (size_t)e->batch, e->element, "a layer's gradient"));
    }
    if (op->kind->prepare) ATTR_TRY(op->kind->prepare(op));
    if (op->kind->fold) op->kind->fold(op);

    l->attribution = op;
    l->forward = forward_hook;
    l->backward = backward_hook;
    l->output = e->precision == ATTR_F32 ? op->out : NULL;
    l->delta = NULL; /* Darknet's loop would zero it at every forward; the engine keeps its own */
    l->cost = NULL;
    l->truth = 0;
    l->stopbackward = 0;
    l->batch = e->batch;
    return ATTR_OK;
}

attr_status attr_engine_create(attr_engine **out, const network *net, attr_precision precision, int batch) {
    attr_engine *e = NULL;
    *out = NULL;
    ATTR_TRY(attr_allocate(&e, 1, sizeof *e, "an engine"));
    e->precision = precision;
    e->element = precision == ATTR_F32 ? sizeof(float) : sizeof(double);
    e->net = *net;
    e->net.layers = NULL;
    e->net.batch = e->batch = batch;
    e->net.truth = e->net.delta = e->net.input = NULL;
    e->net.cost = &e->cost;
    e->net.train = 0;
    e->net.gpu_index = -1;
    e->inputs = (size_t)net->inputs;
    attr_status status = attr_allocate(&e->net.layers, (size_t)net->n, sizeof(layer), "layers");
    if (status == ATTR_OK) status = attr_allocate(&e->ops, (size_t)net->n, sizeof(attr_op), "layers");
    if (status == ATTR_OK) status = attr_allocate(&e->input, e->inputs * (size_t)batch, e->element, "the input");
    if (status == ATTR_OK)
        status = attr_allocate(&e->input_gradient, e->inputs * (size_t)batch, e->element, "gradients");
    if (status == ATTR_OK) memcpy(e->net.layers, net->layers, (size_t)net->n * sizeof(layer));
    for (int i = 0; status == ATTR_OK && i < net->n; ++i) status = make_op(e, net, i);
    if (status != ATTR_OK) {
        attr_engine_free(e);
        return status;
    }
    *out = e;
    return ATTR_OK;
}

void attr_engine_free(attr_engine *e) {
    if (!e) return;
    for (int i = 0; e->ops && i < e->net.n; ++i) {
        attr_op *op = &e->ops[i];
        if (op->kind && !op->kind->is_view) {
            free(op->out);
            free(op->dout);
        }
        for (size_t j = 0; j < sizeof op->memory / sizeof *op->memory; ++j) free(op->memory[j]);
        free(op->indexes);
        free(op->in);
        free(op->din);
        free(op->in_size);
    }
    free(e->ops);
    free(e->net.layers);
    free(e->input);
    free(e->input_gradient);
    free(e);
}

size_t attr_engine_bytes(const network *net, attr_precision precision, int batch) {
    size_t element = precision == ATTR_F32 ? sizeof(float) : sizeof(double);
    size_t per_sample = 2 * (size_t)net->inputs, fixed = 0;
    for (int i = 0; i < net->n; ++i) {
        const layer *l = &net->layers[i];
        if (l->type != DROPOUT && l->type != COST) per_sample += 2 * (size_t)l->outputs;
        if (l->type == MAXPOOL) per_sample += (size_t)l->outputs * sizeof(int) / element;
        if (l->type == NORMALIZATION) per_sample += (size_t)l->outputs;
        if (l->type == CONVOLUTIONAL || l->type == DECONVOLUTIONAL)
            fixed += 2 * (size_t)l->nweights; /* packed for forward and for backward */
        if (l->type == CONNECTED && precision == ATTR_F64) fixed += (size_t)l->inputs * l->outputs;
    }
    return element * (fixed + per_sample * (size_t)batch);
}

int attr_engine_batch(const attr_engine *e) {
    return e->batch;
}

int attr_engine_layers(const attr_engine *e) {
    return e->net.n;
}

size_t attr_engine_inputs(const attr_engine *e) {
    return e->inputs;
}

attr_op *attr_engine_op(attr_engine *e, int layer_index) {
    return &e->ops[layer_index];
}

void attr_engine_set_parameters(attr_engine *e, const attr_parameters *parameters) {
    for (int i = 0; i < e->net.n; ++i) {
        attr_op *op = &e->ops[i];
        op->parameters = parameters ? parameters[i] : parameters_of(op->l);
        if (op->kind->fold) op->kind->fold(op);
    }
}

void attr_engine_set_input_f32(attr_engine *e, int sample, const float *x) {
    if (e->precision == ATTR_F32) {
        memcpy((float *)e->input + sample * e->inputs, x, e->inputs * sizeof *x);
    } else {
        double *target = (double *)e->input + sample * e->inputs;
        for (size_t i = 0; i < e->inputs; ++i) target[i] = x[i];
    }
}

void attr_engine_set_input_f64(attr_engine *e, int sample, const double *x) {
    if (e->precision == ATTR_F64) {
        memcpy((double *)e->input + sample * e->inputs, x, e->inputs * sizeof *x);
    } else {
        float *target = (float *)e->input + sample * e->inputs;
        for (size_t i = 0; i < e->inputs; ++i) target[i] = (float)x[i];
    }
}

void attr_engine_forward(attr_engine *e, int count) {
    for (int i = 0; i < e->net.n; ++i) e->ops[i].count = count;
    forward_network(&e->net);
}

/* Marks the layers that `head` depends on. Layers read only earlier ones, so one sweep down is enough. */
static void mark_active(attr_engine *e, int head) {
    for (int i = 0; i < e->net.n; ++i) e->ops[i].active = i == head;
    for (int i = head; i >= 0; --i) {
        const layer *l = &e->net.layers[i];
        if (!e->ops[i].active) continue;
        if (l->type == ROUTE) {
            for (int j = 0; j < l->n; ++j) e->ops[l->input_layers[j]].active = 1;
            continue;
        }
        if (i > 0) e->ops[i - 1].active = 1;
        if (l->type == SHORTCUT) e->ops[l->index].active = 1;
    }
}

void attr_engine_clear_gradients(attr_engine *e, int head) {
    size_t count = (size_t)e->ops[head].count;
    mark_active(e, head);
    memset(e->input_gradient, 0, e->inputs * count * e->element);
    for (int i = 0; i <= head; ++i)
        if (e->ops[i].active && !e->ops[i].kind->is_view)
            memset(e->ops[i].dout, 0, e->ops[i].outputs * count * e->element);
}

void attr_engine_backward(attr_engine *e, int head) {
    mark_active(e, head);
    backward_network(&e->net);
}

const void *attr_engine_input_gradient(const attr_engine *e) {
    return e->input_gradient;
}

void attr_engine_read(const attr_engine *e, double *out, const void *tensor, size_t offset, size_t n) {
    if (e->precision == ATTR_F64) {
        memcpy(out, (const double *)tensor + offset, n * sizeof *out);
    } else {
        const float *values = (const float *)tensor + offset;
        for (size_t i = 0; i < n; ++i) out[i] = values[i];
    }
}

void attr_engine_add(const attr_engine *e, void *tensor, size_t offset, double value) {
    if (e->precision == ATTR_F64)
        ((double *)tensor)[offset] += value;
    else
        ((float *)tensor)[offset] += (float)value;
}
