/* One box, whatever its score: at a place, or the one that came nearest to a detection of an object (heads.h). */
#include "targets/head_boxes.h"

#include <stdbool.h>

#include "targets/nms.h"

/* Of the class itself: with a tree the product along its path. */
static float probability_of(const attr_head *h, int anchor, int cell, int class_index) {
    const tree *t = h->l->type == REGION ? h->l->softmax_tree : NULL;
    float p = 1;
    for (int c = class_index; c >= 0; c = t ? t->parent[c] : -1) p *= attr_head_class(h, anchor, cell, c);
    return p;
}

static attr_detection box_of_class(const attr_head *h, int picture_w, int picture_h, int anchor, int cell,
                                   int class_index) {
    attr_detection d = attr_head_box(h, picture_w, picture_h, anchor, cell);
    if (h->l->type == DETECTION) attr_head_undo_letterbox(&d, h->op, picture_w, picture_h);
    d.class_index = class_index;
    d.class_probability = probability_of(h, anchor, cell, class_index);
    d.score = d.objectness * d.class_probability;
    return d;
}

/* Of equals the first; with a tree its leaves compete. */
static int most_probable(const attr_head *h, int anchor, int cell) {
    const tree *t = h->l->type == REGION ? h->l->softmax_tree : NULL;
    int best = -1;
    float most = 0;
    for (int c = 0; c < h->l->classes; ++c) {
        if (t && t->child[c] >= 0) continue;
        float p = probability_of(h, anchor, cell, c);
        if (best < 0 || p > most) best = c, most = p;
    }
    return best;
}

attr_status attr_box_at(attr_detection *out, attr_engine *e, int sample, int picture_w, int picture_h,
                        const attr_detection *place) {
    int head_count = 0, found = 0;
    attr_head *heads = NULL;
    attr_status status = attr_heads_read(&heads, &head_count, e, sample);
    for (const attr_head *h = heads; status == ATTR_OK && h < heads + head_count; ++h) {
        if (h->op->index != place->layer) continue;
        if (place->anchor < 0 || place->anchor >= h->l->n || place->row < 0 || place->row >= h->cells_h ||
            place->column < 0 || place->column >= h->cells_w || place->class_index >= h->l->classes)
            continue;
        int cell = place->row * h->cells_w + place->column, class_index = place->class_index;
        if (class_index < 0) class_index = most_probable(h, place->anchor, cell);
        *out = box_of_class(h, picture_w, picture_h, place->anchor, cell, class_index);
        found = 1;
    }
    attr_heads_free(heads, head_count);
    if (status == ATTR_OK && !found)
        return attr_fail(ATTR_BAD_INPUT, "no detection head has an anchor %d, row %d, column %d in layer %d",
                         place->anchor, place->row, place->column, place->layer);
    return status;
}

static float overlap_with(const attr_detection *d, const attr_true_box *object) {
    attr_detection truth = {.x = object->x, .y = object->y, .w = object->w, .h = object->h};
    return attr_box_iou(d, &truth);
}

attr_status attr_nearest_box(attr_detection *out, float *iou, attr_engine *e, int sample, int picture_w, int picture_h,
                             const attr_true_box *object, float overlap) {
    int head_count = 0, found = 0;
    attr_head *heads = NULL;
    attr_status status = attr_heads_read(&heads, &head_count, e, sample);
    for (const attr_head *h = heads; status == ATTR_OK && h < heads + head_count; ++h) {
        int boxes = h->cells_w * h->cells_h * h->l->n;
        if (object->class_index < 0 || object->class_index >= h->l->classes) continue;
        for (int i = 0; i < boxes; ++i) {
            attr_detection d = box_of_class(h, picture_w, picture_h, i % h->l->n, i / h->l->n, object->class_index);
            float here = overlap_with(&d, object);
            bool matches = here >= overlap, matched = found && *iou >= overlap;
            bool better = matches && matched ? d.score > out->score : matches || (!matched && here > *iou);
            if (found && !better) continue;
            *out = d;
            *iou = here;
            found = 1;
        }
    }
    attr_heads_free(heads, head_count);
    if (status == ATTR_OK && !found)
        return attr_fail(ATTR_BAD_INPUT, "no detection head has a class %d", object->class_index);
    return status;
}
