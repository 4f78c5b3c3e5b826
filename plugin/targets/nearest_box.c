/* The box that came nearest to a detection of an object (heads.h). */
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

static attr_detection nearest_at(float *iou, const attr_head *h, int picture_w, int picture_h, int anchor, int cell,
                                 const attr_true_box *object) {
    attr_detection d = attr_head_box(h, picture_w, picture_h, anchor, cell),
                   truth = {.x = object->x, .y = object->y, .w = object->w, .h = object->h};
    if (h->l->type == DETECTION) attr_head_undo_letterbox(&d, h->op, picture_w, picture_h);
    d.class_index = object->class_index;
    d.class_probability = probability_of(h, anchor, cell, object->class_index);
    d.score = d.objectness * d.class_probability;
    *iou = attr_box_iou(&d, &truth);
    return d;
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
            float here;
            attr_detection d = nearest_at(&here, h, picture_w, picture_h, i % h->l->n, i / h->l->n, object);
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
