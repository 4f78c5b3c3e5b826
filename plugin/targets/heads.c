#include "targets/heads.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "targets/nms.h"

/* A head's output for one sample. All three kinds are read alike: number `entry` of anchor a at a cell. */
typedef struct {
    const attr_op *op;
    const layer *l;
    int cells_w, cells_h;
    float *values;
} head;

typedef struct {
    int picture_w, picture_h;
    float thresh, hier;
} settings;

static float box_value(const head *h, int anchor, int cell, int entry) {
    const layer *l = h->l;
    size_t cells = (size_t)h->cells_w * h->cells_h;
    if (l->type == DETECTION)
        return h->values[cells * (l->classes + l->n) + ((size_t)cell * l->n + anchor) * 4 + entry];
    int coords = l->type == YOLO ? 4 : l->coords;
    return h->values[((size_t)anchor * (coords + 1 + l->classes) + entry) * cells + cell];
}

static float objectness_of(const head *h, int anchor, int cell) {
    const layer *l = h->l;
    if (l->type == DETECTION) return h->values[(size_t)h->cells_w * h->cells_h * l->classes + cell * l->n + anchor];
    if (l->type == REGION && l->background) return 1;
    return box_value(h, anchor, cell, l->type == YOLO ? 4 : l->coords);
}

static float class_value(const head *h, int anchor, int cell, int class_index) {
    const layer *l = h->l;
    if (l->type == DETECTION) return h->values[(size_t)cell * l->classes + class_index];
    return box_value(h, anchor, cell, (l->type == YOLO ? 4 : l->coords) + 1 + class_index);
}

/* Undoes the letterbox for a box relative to the network's input. */
static void undo_letterbox(attr_detection *d, const attr_op *op, const settings *s) {
    int net_w = op->net_w, net_h = op->net_h, new_w = net_w, new_h = net_h;
    if ((float)net_w / s->picture_w < (float)net_h / s->picture_h) {
        new_h = (int)((long long)s->picture_h * net_w / s->picture_w);
        if (new_h < 1) new_h = 1;
    } else {
        new_w = (int)((long long)s->picture_w * net_h / s->picture_h);
        if (new_w < 1) new_w = 1;
    }
    d->x = (float)((d->x - (net_w - new_w) / 2. / net_w) / ((float)new_w / net_w));
    d->y = (float)((d->y - (net_h - new_h) / 2. / net_h) / ((float)new_h / net_h));
    d->w *= (float)net_w / new_w;
    d->h *= (float)net_h / new_h;
}

static attr_detection box_of(const head *h, const settings *s, int anchor, int cell) {
    const layer *l = h->l;
    attr_detection d = {.layer = h->op->index, .anchor = anchor, .row = cell / h->cells_w, .column = cell % h->cells_w};
    float x = box_value(h, anchor, cell, 0), y = box_value(h, anchor, cell, 1);
    float width = box_value(h, anchor, cell, 2), height = box_value(h, anchor, cell, 3);
    d.objectness = objectness_of(h, anchor, cell);
    d.x = (d.column + x) / h->cells_w;
    d.y = (d.row + y) / h->cells_h;
    if (l->type == DETECTION) {
        d.w = l->sqrt ? width * width : width;
        d.h = l->sqrt ? height * height : height;
        return d;
    }
    /* [yolo] has its anchors in pixels of the network's input, [region] in cells. */
    const float *bias = l->biases + 2 * (l->type == YOLO ? l->mask[anchor] : anchor);
    d.w = (float)(exp(width) * bias[0] / (l->type == YOLO ? h->op->net_w : h->cells_w));
    d.h = (float)(exp(height) * bias[1] / (l->type == YOLO ? h->op->net_h : h->cells_h));
    undo_letterbox(&d, h->op, s);
    return d;
}

/* Turns probabilities given the parent into absolute ones; parents stand before their children. */
static void multiply_paths(float *p, const tree *t) {
    for (int c = 0; c < t->n; ++c) {
        if (t->parent[c] >= 0) p[c] *= p[t->parent[c]];
    }
}

/* Walks down from the root to the best child while the product of the absolute probabilities met stays above `hier`
 * (Darknet multiplies absolute ones, so it is stricter than a probability). */
static int deepest_class(const float *p, const tree *t, float hier) {
    float product = 1;
    for (int group = 0;;) {
        int best = 0;
        float most = 0;
        for (int c = t->group_offset[group]; c < t->group_offset[group] + t->group_size[group]; ++c) {
            if (p[c] > most) most = p[c], best = c;
        }
        if (!(product * most > hier)) return group == 0 ? best : t->parent[t->group_offset[group]];
        product *= most;
        group = t->child[best];
        if (group < 0) return best;
    }
}

/* The scores and probabilities of all classes of a box; scores that are not above the threshold become 0. */
static void score_classes(float *scores, float *probabilities, const head *h, const settings *s,
                          const attr_detection *d) {
    const layer *l = h->l;
    int cell = d->row * h->cells_w + d->column;
    for (int c = 0; c < l->classes; ++c) probabilities[c] = class_value(h, d->anchor, cell, c);
    if (l->type == REGION && l->softmax_tree) {
        multiply_paths(probabilities, l->softmax_tree);
        scores[deepest_class(probabilities, l->softmax_tree, s->hier)] = d->objectness;
        return;
    }
    for (int c = 0; c < l->classes; ++c) {
        float score = d->objectness * probabilities[c];
        scores[c] = score > s->thresh ? score : 0;
    }
}

static int is_head(const layer *l) {
    return l->type == YOLO || l->type == REGION || l->type == DETECTION;
}

static attr_status read_head(head *out, attr_engine *e, int index, int sample) {
    const attr_op *op = attr_engine_op(e, index);
    const layer *l = op->l;
    head h = {.op = op, .l = l, .cells_w = l->w, .cells_h = l->h};
    if (l->type != YOLO && (l->coords < 4 || (l->type == DETECTION && l->coords > 4))) {
        return attr_fail(ATTR_UNSUPPORTED, "layer %d [%s]: coords=%d, a box has 4", index, op->kind->name, l->coords);
    }
    double *values = NULL;
    ATTR_TRY(attr_allocate(&values, op->outputs, sizeof *values, "a head's output"));
    attr_status status = attr_allocate(&h.values, op->outputs, sizeof *h.values, "a head's output");
    if (status == ATTR_OK) {
        attr_tensor_read(values, op->writes, sample, 0, op->outputs);
        for (size_t i = 0; i < op->outputs; ++i) h.values[i] = (float)values[i];
        *out = h;
    }
    free(values);
    return status;
}

/* The boxes of all heads. Slots are the places that Darknet's list of boxes would have: for [region] and [detection]
 * one for each anchor of each cell, for [yolo] only those above the threshold. */
typedef struct {
    attr_detection *boxes;
    float *scores, *probabilities; /* [boxes][classes] */
    int *order;                    /* [slots] the box of a slot, or -1 */
    int box_count, slots, classes;
} candidates;

/* Whether the anchor at a cell is a candidate. */
static int stands(const head *h, const settings *s, int anchor, int cell) {
    float objectness = objectness_of(h, anchor, cell);
    return h->l->type == DETECTION ? objectness != 0 : objectness > s->thresh;
}

static void add_candidates(candidates *c, const head *h, const settings *s) {
    int cells = h->cells_w * h->cells_h, anchors = h->l->n;
    for (int i = 0; i < cells * anchors; ++i) {
        /* Darknet lists the boxes of [region] anchor by anchor, the others cell by cell. */
        int anchor = h->l->type == REGION ? i / cells : i % anchors;
        int cell = h->l->type == REGION ? i % cells : i / anchors;
        if (!stands(h, s, anchor, cell)) {
            if (h->l->type != YOLO) c->order[c->slots++] = -1;
            continue;
        }
        size_t row = (size_t)c->box_count * c->classes;
        c->boxes[c->box_count] = box_of(h, s, anchor, cell);
        score_classes(c->scores + row, c->probabilities + row, h, s, &c->boxes[c->box_count]);
        c->order[c->slots++] = c->box_count++;
    }
}

static attr_status find_candidates(candidates *c, const head *heads, int head_count, const settings *s) {
    size_t slots = 0, boxes = 0;
    for (const head *h = heads; h < heads + head_count; ++h) {
        int cells = h->cells_w * h->cells_h;
        slots += (size_t)cells * h->l->n;
        for (int i = 0; i < cells * h->l->n; ++i) boxes += stands(h, s, i % h->l->n, i / h->l->n);
        if (h->l->classes > c->classes) c->classes = h->l->classes;
    }
    ATTR_TRY(attr_allocate(&c->boxes, boxes, sizeof *c->boxes, "detections"));
    ATTR_TRY(attr_allocate(&c->scores, boxes * c->classes, sizeof *c->scores, "scores of detections"));
    ATTR_TRY(attr_allocate(&c->probabilities, boxes * c->classes, sizeof *c->probabilities, "scores of detections"));
    ATTR_TRY(attr_allocate(&c->order, slots, sizeof *c->order, "detections"));
    for (const head *h = heads; h < heads + head_count; ++h) add_candidates(c, h, s);
    return ATTR_OK;
}

/* Best score first; equal ones by where they come from. */
static int best_first(const void *pa, const void *pb) {
    const attr_detection *a = pa, *b = pb;
    if (a->score != b->score) return a->score > b->score ? -1 : 1;
    if (a->layer != b->layer) return a->layer - b->layer;
    if (a->anchor != b->anchor) return a->anchor - b->anchor;
    if (a->row != b->row) return a->row - b->row;
    if (a->column != b->column) return a->column - b->column;
    return a->class_index - b->class_index;
}

static attr_status list_detections(attr_detection **out, int *count, const candidates *c) {
    size_t cells = (size_t)c->box_count * c->classes, found = 0;
    for (size_t i = 0; i < cells; ++i) found += c->scores[i] != 0;
    attr_detection *list = NULL;
    ATTR_TRY(attr_allocate(&list, found, sizeof *list, "detections"));
    found = 0;
    for (size_t i = 0; i < cells; ++i) {
        if (c->scores[i] == 0) continue;
        list[found] = c->boxes[i / c->classes];
        list[found].class_index = (int)(i % c->classes);
        list[found].class_probability = c->probabilities[i];
        list[found++].score = c->scores[i];
    }
    if (found) qsort(list, found, sizeof *list, best_first);
    *out = list;
    *count = (int)found;
    return ATTR_OK;
}

static attr_status detect(attr_detection **out, int *count, candidates *c, const head *heads, int head_count,
                          const settings *s, float nms) {
    ATTR_TRY(find_candidates(c, heads, head_count, s));
    if (nms > 0) ATTR_TRY(attr_suppress(c->scores, c->order, c->boxes, c->slots, c->classes, nms));
    return list_detections(out, count, c);
}

attr_status attr_detect(attr_detection **out, int *count, attr_engine *e, int sample, int picture_w, int picture_h,
                        float thresh, float hier, float nms) {
    const settings s = {picture_w, picture_h, thresh, hier};
    int layers = attr_engine_layers(e), head_count = 0;
    head *heads = NULL;
    *out = NULL;
    *count = 0;
    ATTR_TRY(attr_allocate(&heads, (size_t)layers, sizeof *heads, "heads"));
    attr_status status = ATTR_OK;
    for (int i = 0; status == ATTR_OK && i < layers; ++i) {
        if (!is_head(attr_engine_op(e, i)->l)) continue;
        status = read_head(&heads[head_count], e, i, sample);
        if (status == ATTR_OK) ++head_count;
    }
    if (status == ATTR_OK && head_count == 0) {
        status = attr_fail(ATTR_BAD_INPUT, "the network has no [yolo], [region] or [detection] layer");
    }
    candidates c = {0};
    if (status == ATTR_OK) status = detect(out, count, &c, heads, head_count, &s, nms);
    free(c.boxes);
    free(c.scores);
    free(c.probabilities);
    free(c.order);
    for (int i = 0; i < head_count; ++i) free(heads[i].values);
    free(heads);
    return status;
}
