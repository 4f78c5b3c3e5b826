/* A detection looked for anew in another input: the best box for it, whatever its cell. */
#include <stdlib.h>

#include "base/memory.h"
#include "targets/head_boxes.h"
#include "targets/link.h"
#include "targets/nms.h"
#include "targets/probability.h"

/* Boxes here are relative to the network's input: as if the picture filled it. */
static attr_detection box_in_network(const attr_head *h, int anchor, int cell) {
    return attr_head_box(h, h->op->net_w, h->op->net_h, anchor, cell);
}

/* With a tree the product along the path. */
static float class_of(const attr_head *h, int anchor, int cell, int class_index) {
    const tree *t = h->l->type == REGION ? h->l->softmax_tree : NULL;
    float p = 1;
    for (int c = class_index; c >= 0; c = t ? t->parent[c] : -1) p *= attr_head_class(h, anchor, cell, c);
    return p;
}

attr_status attr_target_rematch(attr_target **out, const attr_target *t, attr_engine *e, int sample) {
    int count = 0;
    attr_head *heads = NULL;
    *out = NULL;
    if (!t->is_detection || t->minus)
        return attr_fail(ATTR_BAD_INPUT, "only a detection on its own can be looked for anew");
    attr_status status = attr_target_of_detection(out, e, ATTR_TARGET_SCORE, &t->detection);
    if (status == ATTR_OK) status = attr_heads_read(&heads, &count, e, sample);
    for (int i = 0; status == ATTR_OK && i < count; ++i) {
        if (heads[i].op->index != t->layer) continue;
        int cell = t->detection.row * heads[i].cells_w + t->detection.column;
        (*out)->matched = box_in_network(&heads[i], t->detection.anchor, cell);
        (*out)->rematches = true;
    }
    attr_heads_free(heads, count);
    if (status == ATTR_OK) return ATTR_OK;
    attr_target_free(*out);
    *out = NULL;
    return status;
}

/* The best box for a target that rematches; its IoU x score. `box` is untouched where nothing is above 0. */
static double find_best_of(attr_detection *box, const attr_target *t, const attr_head *heads, int count) {
    double best = 0;
    for (const attr_head *h = heads; h < heads + count; ++h) {
        int boxes = h->cells_w * h->cells_h * h->l->n;
        for (int i = 0; t->class_index < h->l->classes && i < boxes; ++i) {
            int anchor = i % h->l->n, cell = i / h->l->n;
            float objectness = attr_head_objectness(h, anchor, cell);
            if ((double)objectness <= best) continue; /* no box of it can be better */
            attr_detection d = box_in_network(h, anchor, cell);
            double score =
                (double)attr_box_iou(&d, &t->matched) * objectness * class_of(h, anchor, cell, t->class_index);
            if (score <= best) continue;
            best = score;
            *box = d;
            box->class_index = t->class_index;
        }
    }
    return best;
}

/* The same in a sample of the last forward. */
static double find_best(attr_detection *box, const attr_target *t, attr_engine *e, int sample) {
    int count = 0;
    attr_head *heads = NULL;
    double best = attr_heads_read(&heads, &count, e, sample) == ATTR_OK ? find_best_of(box, t, heads, count) : 0;
    attr_heads_free(heads, count);
    return best;
}

double attr_rematched_score(const attr_target *t, attr_engine *e, int sample) {
    attr_detection box;
    return find_best(&box, t, e, sample);
}

attr_status attr_target_of_match(attr_target **out, const attr_target *t, attr_engine *e, int sample, int class_index) {
    attr_detection box = t->detection;
    find_best(&box, t, e, sample);
    if (class_index >= 0) box.class_index = class_index;
    return attr_target_of_detection(out, e, ATTR_TARGET_SCORE, &box);
}

bool attr_target_is_recognised(const attr_target *t, attr_engine *e, int sample, double overlap, double least_score) {
    attr_detection box;
    attr_target *there = NULL;
    double best = find_best(&box, t, e, sample);
    if (best <= 0 || (double)attr_box_iou(&box, &t->matched) < overlap) return false;
    if (attr_target_of_detection(&there, e, ATTR_TARGET_SCORE, &box) != ATTR_OK) return false;
    bool is_recognised =
        attr_target_predicted(there, e, sample) == t->class_index && attr_target_value(there, e, sample) >= least_score;
    attr_target_free(there);
    return is_recognised;
}
