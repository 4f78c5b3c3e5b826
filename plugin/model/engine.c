#include "model/engine.h"

#include <string.h>

#include "model/engine_state.h"
#include "model/graph.h"
#include "model/softplus.h"

static size_t kept_bytes(const attr_op *op) {
    return op->kept.stride * (size_t)op->count * op->kept.element;
}

static void run_forward(attr_op *op) {
    if (!attr_has_pixels(op->wanted)) return;
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
    if (attr_has_pixels(op->seeded)) run_backward(op);
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

/* ---- Areas: of each tensor what spots depend on, e->areas */

static attr_area *area_of(attr_engine *e, const attr_tensor *t) {
    return &e->areas[t - e->tensors];
}

static attr_area all_of(const attr_tensor *t) {
    return (attr_area){{0, t->h}, {0, t->w}};
}

static void add_spot(attr_engine *e, const attr_spot *spot) {
    const attr_op *op = &e->ops[spot->layer];
    const attr_tensor *t = spot->is_input ? op->reads[0] : op->writes;
    attr_join_areas(area_of(e, t), attr_has_pixels(spot->area) ? spot->area : all_of(t));
    for (int j = 0; !spot->is_input && j < op->input_count; ++j)
        attr_join_areas(area_of(e, op->reads[j]), all_of(op->reads[j]));
}

static void forget_spots(attr_engine *e) {
    memset(e->areas, 0, ((size_t)e->net.n + 1) * sizeof *e->areas);
    e->has_wishes = false;
}

/* Whole groups of `some`, of `all` that there are. */
static attr_span whole_groups(attr_span span, int some, int all) {
    int groups = some > 1 ? some : 1, end = (span.end + groups - 1) / groups * groups;
    return (attr_span){span.first / groups * groups, end > all ? all : end};
}

/* Pixels that are made together all need what they read to be there, and so do those whose values a backward multiplies
 * gradients with, even if these are 0. */
static attr_area computed_area(const attr_op *op, attr_area area) {
    if (!attr_has_pixels(area)) return area;
    if (attr_op_backward_reads(op) != ATTR_READS_NOTHING || op->softplus.slopes) return all_of(op->writes);
    return (attr_area){whole_groups(area.rows, op->together.rows, op->writes->h),
                       whole_groups(area.columns, op->together.columns, op->writes->w)};
}

/* From the spots to the input: what a forward has to compute, or where a backward finds gradients other than 0. */
static void find_areas(attr_engine *e, bool is_forward) {
    for (int i = e->net.n - 1; i >= 0; --i) {
        attr_op *op = &e->ops[i];
        attr_area area = *area_of(e, op->writes);
        if (is_forward) area = computed_area(op, area);
        *(is_forward ? &op->wanted : &op->seeded) = area;
        for (int j = 0; attr_has_pixels(area) && j < op->input_count; ++j)
            attr_join_areas(area_of(e, op->reads[j]), attr_op_reads_area(op, j, area));
    }
    forget_spots(e);
}

/* ---- Passes */

void attr_engine_want(attr_engine *e, const attr_spot *spot) {
    add_spot(e, spot);
    e->has_wishes = true;
}

void attr_engine_forward(attr_engine *e, int count) {
    for (int i = 0; i < e->net.n; ++i) {
        e->ops[i].count = count;
        e->ops[i].wanted = all_of(e->ops[i].writes);
    }
    if (e->has_wishes) find_areas(e, true);
    run(e, forward_network);
}

/* Backward runs from the last layer to the first: of the active readers of a tensor the last writes its gradient first.
 * Seeds may stand in what a head reads and writes, so those were zeroed before. */
static void mark_first_writers(attr_engine *e, const attr_spot *spots, int count) {
    for (int i = 0; i <= e->net.n; ++i) e->tensors[i].written = 0;
    for (int k = 0; k < count; ++k) {
        attr_op *head = &e->ops[spots[k].layer];
        if (spots[k].is_input) {
            head->reads[0]->written = 1;
            continue;
        }
        head->writes->written = 1;
        for (int j = 0; j < head->input_count; ++j) head->reads[j]->written = 1;
    }
    for (int i = e->net.n - 1; i >= 0; --i) {
        attr_op *op = &e->ops[i];
        bool takes_part = attr_has_pixels(op->seeded) && op->kind->backward && !op->is_view;
        for (int j = 0; takes_part && j < op->input_count; ++j) {
            op->first[j] = !op->reads[j]->written;
            op->reads[j]->written = 1;
        }
    }
}

void attr_engine_clear_at(attr_engine *e, const attr_spot *spots, int count) {
    for (int k = 0; k < count; ++k) {
        attr_op *op = &e->ops[spots[k].layer];
        if (!spots[k].is_input) attr_tensor_clear_gradient(op->writes, op->count);
        int inputs = spots[k].is_input ? 1 : op->input_count;
        for (int j = 0; j < inputs; ++j) attr_tensor_clear_gradient(op->reads[j], op->count);
    }
}

void attr_engine_backward_from(attr_engine *e, const attr_spot *spots, int count) {
    forget_spots(e);
    for (int k = 0; k < count; ++k) add_spot(e, &spots[k]);
    find_areas(e, false);
    mark_first_writers(e, spots, count);
    run(e, backward_network);
}

void attr_engine_clear_gradients(attr_engine *e, int head) {
    attr_engine_clear_at(e, &(attr_spot){.layer = head}, 1);
}

void attr_engine_backward(attr_engine *e, int head) {
    attr_engine_backward_from(e, &(attr_spot){.layer = head}, 1);
}

void attr_engine_forward_layer(attr_engine *e, int i) {
    e->ops[i].wanted = all_of(e->ops[i].writes);
    run_forward(&e->ops[i]);
}

void attr_engine_backward_layer(attr_engine *e, int i) {
    attr_op *op = &e->ops[i];
    op->seeded = all_of(op->writes);
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
