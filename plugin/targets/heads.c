#include "targets/heads.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "targets/head_boxes.h"
#include "targets/nms.h"

typedef struct {
    int picture_w, picture_h;
    float lowest, thresh, hier;
} settings;

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

/* The scores and probabilities of all classes of a box; scores that are not above the lowest one become 0. */
static void score_classes(float *scores, float *probabilities, const attr_head *h, const settings *s,
                          const attr_detection *d) {
    const layer *l = h->l;
    int cell = d->row * h->cells_w + d->column;
    for (int c = 0; c < l->classes; ++c) probabilities[c] = attr_head_class(h, d->anchor, cell, c);
    if (l->type == REGION && l->softmax_tree) {
        multiply_paths(probabilities, l->softmax_tree);
        scores[deepest_class(probabilities, l->softmax_tree, s->hier)] = d->objectness;
        return;
    }
    for (int c = 0; c < l->classes; ++c) {
        float score = d->objectness * probabilities[c];
        scores[c] = score > s->lowest ? score : 0;
    }
}

/* The boxes of all heads. Slots are the places that Darknet's list of boxes would have: for [region] and [detection]
 * one for each anchor of each cell, for [yolo] only those above the lowest score. */
typedef struct {
    attr_detection *boxes;
    float *scores, *probabilities; /* [boxes][classes] */
    float *kept;                   /* the scores after suppression */
    int *by;                       /* [boxes][classes] the box that suppresses it */
    int *order;                    /* [slots] the box of a slot, or -1 */
    int box_count, slots, classes;
} candidates;

/* Whether the anchor at a cell is a candidate. */
static int stands(const attr_head *h, const settings *s, int anchor, int cell) {
    float objectness = attr_head_objectness(h, anchor, cell);
    return h->l->type == DETECTION ? objectness != 0 : objectness > s->lowest;
}

static void add_candidates(candidates *c, const attr_head *h, const settings *s) {
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
        c->boxes[c->box_count] = attr_head_box(h, s->picture_w, s->picture_h, anchor, cell);
        score_classes(c->scores + row, c->probabilities + row, h, s, &c->boxes[c->box_count]);
        c->order[c->slots++] = c->box_count++;
    }
}

static attr_status score_boxes(candidates *c, const attr_head *heads, int head_count, const settings *s) {
    size_t slots = 0, boxes = 0;
    for (const attr_head *h = heads; h < heads + head_count; ++h) {
        int cells = h->cells_w * h->cells_h;
        slots += (size_t)cells * h->l->n;
        for (int i = 0; i < cells * h->l->n; ++i) boxes += stands(h, s, i % h->l->n, i / h->l->n);
        if (h->l->classes > c->classes) c->classes = h->l->classes;
    }
    ATTR_TRY(attr_allocate(&c->boxes, boxes, sizeof *c->boxes, "detections"));
    ATTR_TRY(attr_allocate(&c->scores, boxes * c->classes, sizeof *c->scores, "scores of detections"));
    ATTR_TRY(attr_allocate(&c->probabilities, boxes * c->classes, sizeof *c->probabilities, "scores of detections"));
    ATTR_TRY(attr_allocate(&c->order, slots, sizeof *c->order, "detections"));
    for (const attr_head *h = heads; h < heads + head_count; ++h) add_candidates(c, h, s);
    return ATTR_OK;
}

/* A candidate with its place among the scores; `by` is the suppressing one's place as yet. */
typedef struct {
    attr_candidate candidate;
    size_t place;
} placed;

/* Best score first; equal ones by where they come from. */
static int best_first(const void *pa, const void *pb) {
    const attr_detection *a = &((const placed *)pa)->candidate.detection,
                         *b = &((const placed *)pb)->candidate.detection;
    if (a->score != b->score) return a->score > b->score ? -1 : 1;
    if (a->layer != b->layer) return a->layer - b->layer;
    if (a->anchor != b->anchor) return a->anchor - b->anchor;
    if (a->row != b->row) return a->row - b->row;
    if (a->column != b->column) return a->column - b->column;
    return a->class_index - b->class_index;
}

static attr_candidate candidate_at(const candidates *c, size_t at, float thresh) {
    attr_candidate out = {.detection = c->boxes[at / c->classes], .by = -1};
    out.detection.class_index = (int)(at % c->classes);
    out.detection.class_probability = c->probabilities[at];
    out.detection.score = c->scores[at];
    out.fate = c->kept[at] == 0 ? ATTR_FATE_SUPPRESSED : c->scores[at] > thresh ? ATTR_FATE_KEPT : ATTR_FATE_BELOW;
    return out;
}

/* Sorts and makes `by` indexes of the list. rank[boxes][classes]. */
static void put_in_order(attr_candidate *out, placed *list, size_t found, int *rank, const candidates *c) {
    if (found) qsort(list, found, sizeof *list, best_first);
    for (size_t i = 0; i < found; ++i) rank[list[i].place] = (int)i;
    for (size_t i = 0; i < found; ++i) {
        out[i] = list[i].candidate;
        if (out[i].fate == ATTR_FATE_SUPPRESSED)
            out[i].by = rank[(size_t)c->by[list[i].place] * c->classes + list[i].place % c->classes];
    }
}

static attr_status list_candidates(attr_candidate **out, int *count, const candidates *c, float thresh) {
    size_t cells = (size_t)c->box_count * c->classes, found = 0;
    placed *list = NULL;
    int *rank = NULL;
    for (size_t i = 0; i < cells; ++i) found += c->scores[i] != 0;
    attr_status status = attr_allocate(&list, found, sizeof *list, "detections");
    if (status == ATTR_OK) status = attr_allocate(&rank, cells, sizeof *rank, "detections");
    if (status == ATTR_OK) status = attr_allocate(out, found, sizeof **out, "detections");
    if (status == ATTR_OK) {
        size_t used = 0;
        for (size_t i = 0; i < cells; ++i)
            if (c->scores[i] != 0) list[used++] = (placed){candidate_at(c, i, thresh), i};
        put_in_order(*out, list, found, rank, c);
        *count = (int)found;
    }
    free(list);
    free(rank);
    return status;
}

static attr_status find(attr_candidate **out, int *count, candidates *c, const attr_head *heads, int head_count,
                        const settings *s, float nms) {
    ATTR_TRY(score_boxes(c, heads, head_count, s));
    size_t cells = (size_t)c->box_count * c->classes;
    ATTR_TRY(attr_allocate(&c->kept, cells, sizeof *c->kept, "scores of detections"));
    ATTR_TRY(attr_allocate(&c->by, cells, sizeof *c->by, "scores of detections"));
    if (cells) memcpy(c->kept, c->scores, cells * sizeof *c->kept);
    if (nms > 0) ATTR_TRY(attr_suppress(c->kept, c->by, c->order, c->boxes, c->slots, c->classes, nms));
    return list_candidates(out, count, c, s->thresh);
}

attr_status attr_find_candidates(attr_candidate **out, int *count, attr_engine *e, int sample, int picture_w,
                                 int picture_h, float lowest, float thresh, float hier, float nms) {
    const settings s = {picture_w, picture_h, lowest, thresh, hier};
    int head_count = 0;
    attr_head *heads = NULL;
    candidates c = {0};
    *out = NULL;
    *count = 0;
    attr_status status = attr_heads_read(&heads, &head_count, e, sample);
    if (status == ATTR_OK) status = find(out, count, &c, heads, head_count, &s, nms);
    free(c.boxes);
    free(c.scores);
    free(c.probabilities);
    free(c.kept);
    free(c.by);
    free(c.order);
    attr_heads_free(heads, head_count);
    return status;
}

attr_status attr_detect(attr_detection **out, int *count, attr_engine *e, int sample, int picture_w, int picture_h,
                        float thresh, float hier, float nms) {
    attr_candidate *all = NULL;
    int found = 0;
    *out = NULL;
    *count = 0;
    ATTR_TRY(attr_find_candidates(&all, &found, e, sample, picture_w, picture_h, thresh, thresh, hier, nms));
    attr_status status = attr_allocate(out, (size_t)found, sizeof **out, "detections");
    for (int i = 0; status == ATTR_OK && i < found; ++i)
        if (all[i].fate == ATTR_FATE_KEPT) (*out)[(*count)++] = all[i].detection;
    free(all);
    return status;
}
