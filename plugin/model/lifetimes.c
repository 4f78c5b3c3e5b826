#include "model/lifetimes.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/graph.h"
#include "model/plan.h"

/* A buffer and the pointer that is to hold its address. */
typedef struct {
    attr_plan_buffer *buffers;
    void ***addresses;
    size_t count;
} wanted;

typedef struct {
    int first, last;
} span;

/* Of each tensor. Where its numbers are kept together with those of another tensor, that one's index (which, of
 * gradients, may be kept elsewhere itself), and the span that is told there is the one of all. */
typedef struct {
    span values, gradient;
    int values_in, gradient_in;
    bool is_absent; /* it is never stored */
    bool is_seen;   /* from outside: the input, what heads read and write, what layers that are kept write */
    bool values_seen, gradient_seen; /* of the places: some tensor that has its numbers there is */
} lifetime;

int attr_find_output_layer(const attr_op *ops, int layers) {
    return attr_output_of_layers(ops[0].l, layers);
}

int attr_is_head(const attr_op *ops, int layers, int layer) {
    LAYER_TYPE type = ops[layer].l->type;
    return type == YOLO || type == REGION || type == DETECTION || layer == attr_find_output_layer(ops, layers);
}

static void find_lifetimes(lifetime *of, const attr_op *ops, int layers, const attr_tensor *tensors) {
    int end = 2 * layers - 1;
    of[0] = (lifetime){{0, end}, {0, end}, 0, 0, .is_seen = true};
    for (int i = 0; i < layers; ++i) {
        const attr_op *op = &ops[i];
        int back = end - i, is_head = attr_is_head(ops, layers, i), reads = attr_op_backward_reads(op);
        of[i + 1] = (lifetime){{i, reads & ATTR_READS_OUTPUT ? end : i}, {back, back}, i + 1, i + 1, .is_seen = false};
        of[op->writes - tensors].is_seen |= op->kept.size > 0;
        for (int j = 0; j < op->input_count; ++j) {
            lifetime *read = &of[op->reads[j] - tensors];
            int in_backward = (reads & ATTR_READS_INPUTS) && !op->copies[j].size;
            int last = in_backward || is_head ? end : i;
            if (last > read->values.last) read->values.last = last;
            int first = is_head ? layers : back;
            if (first < read->gradient.first) read->gradient.first = first;
            read->is_seen |= is_head;
        }
        if (is_head) {
            of[op->writes - tensors].values.last = end;
            of[op->writes - tensors].gradient.first = layers;
            of[op->writes - tensors].is_seen = true;
        }
    }
    for (int i = 0; i < layers; ++i) {
        if (!ops[i].joined) continue;
        lifetime *written = &of[ops[i].joined->writes - tensors];
        of[i + 1].is_absent = true;
        written->values.first = i;
        written->gradient.last = end - i;
    }
}

/* ---- Layers that work in place */

static span join(span a, span b) {
    return (span){a.first < b.first ? a.first : b.first, a.last > b.last ? a.last : b.last};
}

static int gradient_root(const lifetime *of, int tensor) {
    while (of[tensor].gradient_in != tensor) tensor = of[tensor].gradient_in;
    return tensor;
}

static void keep_gradient_in(lifetime *of, int tensor, int other) {
    int from = gradient_root(of, tensor), to = gradient_root(of, other);
    of[from].gradient_in = to;
    of[to].gradient = join(of[to].gradient, of[from].gradient);
}

/* The last layer but `reader` that reads a tensor; -1 if there is none. A head counts as the end of the network, for
 * its seeds stand in the gradient before the backward begins. */
static int last_other_reader(const attr_op *ops, int layers, const attr_tensor *tensor, int reader) {
    int last = -1;
    for (int i = 0; i < layers; ++i)
        for (int j = 0; i != reader && j < ops[i].input_count; ++j)
            if (ops[i].reads[j] == tensor && last < layers) last = attr_is_head(ops, layers, i) ? layers : i;
    return last;
}

/* The gradient of the first input is read by its writer. Until that has been, nobody may change what it shares: neither
 * the writer itself nor those that add to the gradient of the second input. */
static void share_gradients(lifetime *of, const attr_op *ops, int layers, const attr_tensor *tensors, int i) {
    const attr_op *op = &ops[i];
    int first = (int)(op->reads[0] - tensors), writer = first - 1;
    if (last_other_reader(ops, layers, op->reads[0], i) >= 0) return;
    keep_gradient_in(of, first, i + 1);
    for (int j = 1; j < op->input_count; ++j) {
        int other = (int)(op->reads[j] - tensors), last = last_other_reader(ops, layers, op->reads[j], i);
        int kept = ops[writer].kind->keeps_gradient && ops[writer].kind->keeps_gradient(&ops[writer]);
        if (kept && other > 0 && last < writer) keep_gradient_in(of, other, i + 1);
    }
}

static int works_in_place(const attr_op *op, const attr_tensor *input) {
    if (op->is_view || !op->kind->in_place || !op->kind->in_place(op)) return 0;
    for (int j = 0; j < op->input_count; ++j)
        if (op->copies[j].size || op->reads[j] == input) return 0;
    return op->input_count < 2 || op->reads[0] != op->reads[1];
}

static void share_in_place(lifetime *of, const attr_op *ops, int layers, const attr_tensor *tensors) {
    for (int i = 0; i < layers; ++i) {
        if (!works_in_place(&ops[i], tensors)) continue;
        int first = (int)(ops[i].reads[0] - tensors);
        if (of[first].values.last == i) {
            int root = of[first].values_in;
            of[i + 1].values_in = root;
            of[root].values = join(of[root].values, of[i + 1].values);
        }
        share_gradients(of, ops, layers, tensors, i);
    }
}

/* ---- Memory */

/* A place is seen if a tensor that has its numbers there is. */
static void mark_places(lifetime *of, int layers) {
    for (int i = 0; i <= layers; ++i) {
        of[of[i].values_in].values_seen |= of[i].is_seen;
        of[gradient_root(of, i)].gradient_seen |= of[i].is_seen;
    }
}

/* What is wanted for the whole batch by itself, and for each part in its arena. */
typedef struct {
    wanted whole, shared;
    int batch, part_batch;
} wishes;

static void want(wishes *all, bool is_whole, void **address, const attr_tensor *t, span needed) {
    wanted *w = is_whole ? &all->whole : &all->shared;
    size_t samples = (size_t)(is_whole ? all->batch : all->part_batch);
    w->buffers[w->count] = (attr_plan_buffer){t->stride * samples * t->element, needed.first, needed.last, 0};
    w->addresses[w->count++] = address;
}

/* `seen_apart`: what is seen from outside is whole. */
static void want_all(wishes *w, const lifetime *of, attr_op *ops, int layers, attr_tensor *tensors, bool keep_all,
                     bool seen_apart) {
    int end = 2 * layers - 1;
    for (int i = 0; i <= layers; ++i) {
        bool values_whole = keep_all || (seen_apart && of[i].values_seen);
        bool gradient_whole = keep_all || (seen_apart && of[i].gradient_seen);
        if (tensors[i].size == 0 || of[i].is_absent) continue;
        if (of[i].values_in == i) want(w, values_whole, &tensors[i].values, &tensors[i], of[i].values);
        if (of[i].gradient_in == i) want(w, gradient_whole, &tensors[i].gradient, &tensors[i], of[i].gradient);
    }
    for (int i = 0; i < layers; ++i) {
        int last = attr_op_backward_reads(&ops[i]) & ATTR_READS_INPUTS ? end : i;
        for (int j = 0; j < ops[i].input_count; ++j) {
            attr_tensor *copy = &ops[i].copies[j];
            if (copy->size == 0) continue;
            want(w, keep_all, &copy->values, copy, (span){i, last});
            want(w, keep_all, &copy->gradient, copy, (span){end - i, end - i});
        }
        attr_tensor *kept = &ops[i].kept;
        if (kept->size == 0) continue;
        want(w, keep_all || seen_apart, &kept->values, kept, (span){i, end});
        want(w, keep_all || seen_apart, &kept->gradient, kept, (span){end - i, end});
    }
}

static attr_status share(attr_tensor_memory *m, const wanted *w, int only_planned) {
    ATTR_TRY(attr_plan(&m->part_bytes, w->buffers, w->count));
    m->part_bytes = (m->part_bytes + 63) / 64 * 64;
    m->bytes += (size_t)m->parts * m->part_bytes;
    if (only_planned) return ATTR_OK;
    ATTR_TRY(attr_allocate(&m->blocks[m->block_count++], (size_t)m->parts, m->part_bytes, "tensors"));
    for (size_t i = 0; i < w->count; ++i) *w->addresses[i] = (char *)m->blocks[0] + w->buffers[i].offset;
    return ATTR_OK;
}

static attr_status give_each_its_own(attr_tensor_memory *m, const wanted *w, int only_planned) {
    for (size_t i = 0; i < w->count; ++i) m->bytes += w->buffers[i].bytes;
    for (size_t i = 0; i < w->count && !only_planned; ++i) {
        void **block = &m->blocks[m->block_count++];
        ATTR_TRY(attr_allocate(block, w->buffers[i].bytes, 1, "a tensor"));
        *w->addresses[i] = *block;
    }
    return ATTR_OK;
}

static void take_shared(const lifetime *of, attr_tensor *tensors, int layers) {
    for (int i = 0; i <= layers; ++i) {
        tensors[i].values = tensors[of[i].values_in].values;
        tensors[i].gradient = tensors[gradient_root(of, i)].gradient;
    }
}

static attr_status allocate_wanted(wanted *w, size_t most) {
    ATTR_TRY(attr_allocate(&w->buffers, most, sizeof *w->buffers, "a plan"));
    return attr_allocate(&w->addresses, most, sizeof *w->addresses, "a plan");
}

static void free_wanted(wanted *w) {
    free(w->buffers);
    free(w->addresses);
}

attr_status attr_tensor_memory_make(attr_tensor_memory *out, attr_op *ops, int layers, attr_tensor *tensors, int batch,
                                    int parts, bool keep_all, int only_planned) {
    wishes w = {.batch = batch, .part_batch = (batch + parts - 1) / parts};
    lifetime *of = NULL;
    size_t most = 4 * ((size_t)layers + 1); /* what layers write, what is kept of it, and the copies that they read */
    for (int i = 0; i < layers; ++i) most += 2 * (size_t)ops[i].input_count;
    *out = (attr_tensor_memory){.parts = parts, .part_batch = w.part_batch};
    attr_status status = attr_allocate(&of, (size_t)layers + 1, sizeof *of, "a plan");
    if (status == ATTR_OK) status = allocate_wanted(&w.whole, most);
    if (status == ATTR_OK) status = allocate_wanted(&w.shared, most);
    if (status == ATTR_OK) status = attr_allocate(&out->blocks, most + 1, sizeof *out->blocks, "tensors");
    if (status == ATTR_OK) {
        find_lifetimes(of, ops, layers, tensors);
        if (!keep_all) share_in_place(of, ops, layers, tensors);
        mark_places(of, layers);
        want_all(&w, of, ops, layers, tensors, keep_all, parts > 1);
        if (!keep_all) status = share(out, &w.shared, only_planned);
        if (status == ATTR_OK) status = give_each_its_own(out, &w.whole, only_planned);
        if (status == ATTR_OK && !only_planned) take_shared(of, tensors, layers);
    }
    free(of);
    free_wanted(&w.whole);
    free_wanted(&w.shared);
    return status;
}

void attr_tensor_memory_free(attr_tensor_memory *memory) {
    for (size_t i = 0; i < memory->block_count; ++i) free(memory->blocks[i]);
    free(memory->blocks);
    memset(memory, 0, sizeof *memory);
}
