#include "targets/head_boxes.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"

static float box_value(const attr_head *h, int anchor, int cell, int entry) {
    const layer *l = h->l;
    size_t cells = (size_t)h->cells_w * h->cells_h;
    if (l->type == DETECTION)
        return h->values[cells * (l->classes + l->n) + ((size_t)cell * l->n + anchor) * 4 + entry];
    int coords = l->type == YOLO ? 4 : l->coords;
    return h->values[((size_t)anchor * (coords + 1 + l->classes) + entry) * cells + cell];
}

float attr_head_objectness(const attr_head *h, int anchor, int cell) {
    const layer *l = h->l;
    if (l->type == DETECTION) return h->values[(size_t)h->cells_w * h->cells_h * l->classes + cell * l->n + anchor];
    if (l->type == REGION && l->background) return 1;
    return box_value(h, anchor, cell, l->type == YOLO ? 4 : l->coords);
}

float attr_head_class(const attr_head *h, int anchor, int cell, int class_index) {
    const layer *l = h->l;
    if (l->type == DETECTION) return h->values[(size_t)cell * l->classes + class_index];
    return box_value(h, anchor, cell, (l->type == YOLO ? 4 : l->coords) + 1 + class_index);
}

/* The part of the network's input that the letterboxed picture fills. */
static void fitted_size(int *w, int *h, const attr_op *op, int picture_w, int picture_h) {
    *w = op->net_w;
    *h = op->net_h;
    if ((float)op->net_w / picture_w < (float)op->net_h / picture_h) {
        *h = (int)((long long)picture_h * op->net_w / picture_w);
        if (*h < 1) *h = 1;
    } else {
        *w = (int)((long long)picture_w * op->net_h / picture_h);
        if (*w < 1) *w = 1;
    }
}

/* Undoes the letterbox for a box relative to the network's input. */
void attr_head_undo_letterbox(attr_detection *d, const attr_op *op, int picture_w, int picture_h) {
    int net_w = op->net_w, net_h = op->net_h, new_w, new_h;
    fitted_size(&new_w, &new_h, op, picture_w, picture_h);
    d->x = (float)((d->x - (net_w - new_w) / 2. / net_w) / ((float)new_w / net_w));
    d->y = (float)((d->y - (net_h - new_h) / 2. / net_h) / ((float)new_h / net_h));
    d->w *= (float)net_w / new_w;
    d->h *= (float)net_h / new_h;
}

attr_detection attr_head_box(const attr_head *h, int picture_w, int picture_h, int anchor, int cell) {
    const layer *l = h->l;
    attr_detection d = {.layer = h->op->index, .anchor = anchor, .row = cell / h->cells_w, .column = cell % h->cells_w};
    float x = box_value(h, anchor, cell, 0), y = box_value(h, anchor, cell, 1);
    float width = box_value(h, anchor, cell, 2), height = box_value(h, anchor, cell, 3);
    d.objectness = attr_head_objectness(h, anchor, cell);
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
    attr_head_undo_letterbox(&d, h->op, picture_w, picture_h);
    return d;
}

static int is_head(const layer *l) {
    return l->type == YOLO || l->type == REGION || l->type == DETECTION;
}

static attr_status read_head(attr_head *out, attr_engine *e, int index, int sample) {
    const attr_op *op = attr_engine_op(e, index);
    const layer *l = op->l;
    attr_head h = {.op = op, .l = l, .cells_w = l->w, .cells_h = l->h};
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

/* All heads of the network. Released with attr_heads_free(), also after a failure. */
attr_status attr_heads_read(attr_head **heads, int *count, attr_engine *e, int sample) {
    int layers = attr_engine_layers(e);
    *count = 0;
    ATTR_TRY(attr_allocate(heads, (size_t)layers, sizeof **heads, "heads"));
    for (int i = 0; i < layers; ++i) {
        if (!is_head(attr_engine_op(e, i)->l)) continue;
        ATTR_TRY(read_head(&(*heads)[*count], e, i, sample));
        ++*count;
    }
    if (*count == 0) return attr_fail(ATTR_BAD_INPUT, "the network has no [yolo], [region] or [detection] layer");
    return ATTR_OK;
}

void attr_heads_free(attr_head *heads, int count) {
    for (int i = 0; i < count; ++i) free(heads[i].values);
    free(heads);
}
