#include "model/engine.h"

#include <string.h>

#include "model/engine_state.h"
#include "model/graph.h"
#include "model/softplus.h"

static size_t kept_bytes(const attr_op *op) {
    return op->kept.stride * (size_t)op->count * op->kept.element;
}

static void run_forward(attr_op *op) {
    for (int j = 0; j < op->input_count; ++j)
        if (op->copies[j].size) attr_tensor_convert(&op->copies[j], op->reads[j], op->count);
    if (op->kind->forward && !op->is_view && !op->is_joined && !op->is_added) op->kind->forward(op);
    if (op->softplus.slopes) attr_softplus_forward(op);
    if (op->kept.size) memcpy(op->kept.values, op->writes->values, kept_bytes(op));
}

/* Zeroes what a layer only adds to and nobody has written, and brings gradients back into their writers' layout. */
static void run_backward(attr_op *op) {
    if (op->kept.size) memcpy(op->kept.gradient, op->writes->gradient, kept_bytes(op));
    if (!op->kind->backward || op->is_view || op->is_joined) return;
    if (op->softplus.slopes) attr_softplus_backward(op);
    for (int j = 0; j < op->input_count; ++j) {
        int fresh = op->copies[j].size || op->first[j];
        op->din_fresh[j] = fresh && op->kind->stores;
        if (fresh && !op->kind->stores) attr_tensor_clear_gradient(attr_op_input(op, j), op->count);
    }
    op->kind->backward(op);
    for (int j = 0; j < op->input_count; ++j)
        if (op->copies[j].size) attr_tensor_convert_gradient(op->reads[j], &op->copies[j], op->count, !op->first[j]);
}

void attr_forward_hook(layer l, network net) {
    (void)net;
    run_forward(l.attribution);
}

void attr_backward_hook(layer l, network net) {
    (void)net;
    attr_op *op = l.attribution;
    if (op->active) run_backward(op);
}

void attr_engine_set_sharpness(attr_engine *e, double beta) {
    for (int i = 0; i < e->net.n; ++i) e->ops[i].softplus.beta = beta;
}

void attr_engine_hold_choices(attr_engine *e, bool hold) {
    for (int i = 0; i < e->net.n; ++i) e->ops[i].holds_choices = hold;
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

float *attr_engine_input_f32(attr_engine *e, int sample) {
    return e->precision == ATTR_F32 ? (float *)e->tensors[0].values + sample * e->inputs : NULL;
}

void attr_engine_set_input_f32(attr_engine *e, int sample, const float *x) {
    if (e->precision == ATTR_F32) {
        memcpy((float *)e->tensors[0].values + sample * e->inputs, x, e->inputs * sizeof *x);
    } else {
        double *target = (double *)e->tensors[0].values + sample * e->inputs;
        for (size_t i = 0; i < e->inputs; ++i) target[i] = x[i];
    }
}

void attr_engine_set_input_f64(attr_engine *e, int sample, const double *x) {
    if (e->precision == ATTR_F64) {
        memcpy((double *)e->tensors[0].values + sample * e->inputs, x, e->inputs * sizeof *x);
    } else {
        float *target = (float *)e->tensors[0].values + sample * e->inputs;
        for (size_t i = 0; i < e->inputs; ++i) target[i] = (float)x[i];
    }
}

/* Darknet's loop over the layers. */
static void run(attr_engine *e, void (*pass)(network *net)) {
    if (e->parts)
        attr_parts_run(e->parts, pass);
    else
        pass(&e->net);
}

void attr_engine_forward(attr_engine *e, int count) {
    for (int i = 0; i < e->net.n; ++i) e->ops[i].count = count;
    run(e, forward_network);
}

/* Marks the layers that the heads depend on. */
static void mark_active(attr_engine *e, const int *heads, int count) {
    for (int i = 0; i < e->net.n; ++i) e->ops[i].active = 0;
    for (int k = 0; k < count; ++k) {
        attr_layer_dependencies(e->depends, e->net.layers, heads[k]);
        for (int i = 0; i <= heads[k]; ++i) e->ops[i].active |= e->depends[i];
    }
}

/* Backward runs from the last layer to the first: of the active readers of a tensor the last writes its gradient first.
 * Seeds may stand in what a head reads and writes, so those were zeroed before. */
static void mark_first_writers(attr_engine *e, const int *heads, int count) {
    for (int i = 0; i <= e->net.n; ++i) e->tensors[i].written = 0;
    for (int k = 0; k < count; ++k) {
        attr_op *head = &e->ops[heads[k]];
        head->writes->written = 1;
        for (int j = 0; j < head->input_count; ++j) head->reads[j]->written = 1;
    }
    for (int i = e->net.n - 1; i >= 0; --i) {
        attr_op *op = &e->ops[i];
        for (int j = 0; op->active && op->kind->backward && !op->is_view && j < op->input_count; ++j) {
            op->first[j] = !op->reads[j]->written;
            op->reads[j]->written = 1;
        }
    }
}

void attr_engine_clear_gradients_of(attr_engine *e, const int *heads, int count) {
    for (int k = 0; k < count; ++k) {
        attr_op *op = &e->ops[heads[k]];
        attr_tensor_clear_gradient(op->writes, op->count);
        for (int j = 0; j < op->input_count; ++j) attr_tensor_clear_gradient(op->reads[j], op->count);
    }
}

void attr_engine_backward_from(attr_engine *e, const int *heads, int count) {
    mark_active(e, heads, count);
    mark_first_writers(e, heads, count);
    run(e, backward_network);
}

void attr_engine_clear_gradients(attr_engine *e, int head) {
    attr_engine_clear_gradients_of(e, &head, 1);
}

void attr_engine_backward(attr_engine *e, int head) {
    attr_engine_backward_from(e, &head, 1);
}

void attr_engine_forward_layer(attr_engine *e, int i) {
    run_forward(&e->ops[i]);
}

void attr_engine_backward_layer(attr_engine *e, int i) {
    attr_op *op = &e->ops[i];
    for (int j = 0; j < op->input_count; ++j) {
        op->first[j] = 0;
        attr_tensor_clear_gradient(op->reads[j], op->count);
    }
    run_backward(op);
}

const attr_tensor *attr_engine_kept(attr_engine *e, int layer_index) {
    int writer = attr_layer_writer(e->net.layers, layer_index);
    return writer >= 0 && e->ops[writer].kept.size ? &e->ops[writer].kept : NULL;
}

attr_tensor *attr_engine_input(attr_engine *e) {
    return &e->tensors[0];
}
