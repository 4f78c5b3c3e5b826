#include "targets/target.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "targets/link.h"

int attr_output_layer(attr_engine *e) {
    return attr_find_output_layer(attr_engine_op(e, 0), attr_engine_layers(e));
}

int attr_is_detector(attr_engine *e) {
    for (int i = 0; i < attr_engine_layers(e); ++i) {
        LAYER_TYPE type = attr_engine_op(e, i)->l->type;
        if (type == YOLO || type == REGION || type == DETECTION) return 1;
    }
    return 0;
}

int attr_class_count(attr_engine *e) {
    return (int)attr_engine_op(e, attr_output_layer(e))->outputs;
}

static attr_status allocate_target(attr_target **out, attr_quantity quantity, int layer, int groups) {
    attr_target *t = NULL;
    ATTR_TRY(attr_allocate(&t, 1, sizeof *t, "a target"));
    t->quantity = quantity;
    t->layer = layer;
    t->temperature = 1;
    t->groups = groups;
    attr_status status = attr_allocate(&t->group, (size_t)groups, sizeof *t->group, "a target");
    if (status != ATTR_OK) {
        free(t);
        return status;
    }
    *out = t;
    return ATTR_OK;
}

void attr_target_free(attr_target *t) {
    if (!t) return;
    attr_target_free(t->minus);
    free(t->group);
    free(t);
}

static int path_length(const tree *hierarchy, int class_index) {
    int length = 0;
    for (int c = class_index; c >= 0; c = hierarchy->parent[c]) ++length;
    return length;
}

/* The softmax of every group on the class's path; the classes' entries start at `first` and are `stride` apart. */
static void fill_path(attr_target *t, const tree *hierarchy, int class_index, size_t first, size_t stride) {
    int i = 0;
    for (int c = class_index; c >= 0; c = hierarchy->parent[c]) {
        int g = hierarchy->group[c], offset = hierarchy->group_offset[g];
        t->group[i++] =
            (attr_softmax_group){first + (size_t)offset * stride, stride, hierarchy->group_size[g], c - offset};
    }
}

attr_status attr_target_of_class(attr_target **out, attr_engine *e, attr_quantity quantity, int class_index) {
    int layer = attr_output_layer(e);
    const attr_op *op = attr_engine_op(e, layer);
    const struct layer *l = op->l;
    *out = NULL;
    if (quantity == ATTR_TARGET_AUTO) quantity = ATTR_TARGET_LOGIT;
    if (quantity >= ATTR_TARGET_OBJECTNESS)
        return attr_fail(ATTR_BAD_INPUT, "target=%s needs a detector ([yolo], [region] or [detection])",
                         attr_quantity_name(quantity));
    if (class_index < 0 || (size_t)class_index >= op->outputs)
        return attr_fail(ATTR_BAD_INPUT, "class %d does not exist (the network has classes 0 to %zu)", class_index,
                         op->outputs - 1);
    const tree *hierarchy = l->type == SOFTMAX ? l->softmax_tree : NULL;
    if (l->type != SOFTMAX && l->type != LOGXENT && quantity != ATTR_TARGET_LOGIT)
        return attr_fail(ATTR_BAD_INPUT,
                         "target=%s needs a network that ends in [softmax] or [logistic]; this one ends in [%s]",
                         attr_quantity_name(quantity), attr_layer_name(l->type));
    attr_target *t = NULL;
    ATTR_TRY(allocate_target(&t, quantity, layer, hierarchy ? path_length(hierarchy, class_index) : 1));
    t->class_entry = (size_t)class_index;
    t->class_index = class_index;
    t->classes = (int)op->outputs;
    t->class_stride = 1;
    if (l->type == SOFTMAX) {
        t->class_link = ATTR_LINK_SOFTMAX;
        t->temperature = l->temperature;
        int size = l->inputs / l->groups;
        if (hierarchy)
            fill_path(t, hierarchy, class_index, 0, 1);
        else
            t->group[0] = (attr_softmax_group){(size_t)(class_index / size * size), 1, size, class_index % size};
    } else {
        t->class_link = l->type == LOGXENT ? ATTR_LINK_LOGISTIC : ATTR_LINK_PLAIN;
        t->seeds_output = l->type != LOGXENT;
    }
    *out = t;
    return ATTR_OK;
}

/* Entries of one box of a [yolo] or [region] head: planes x, y, w, h, (masks), objectness, classes. */
static void fill_planar(attr_target *t, const struct layer *l, const attr_detection *d) {
    int coords = l->type == YOLO ? 4 : l->coords;
    size_t plane = (size_t)l->w * l->h;
    size_t box = (size_t)d->anchor * (coords + 1 + l->classes) * plane + (size_t)d->row * l->w + d->column;
    size_t classes = box + (size_t)(coords + 1) * plane;
    t->box_entry = box;
    t->box_stride = plane;
    t->objectness_entry = box + (size_t)coords * plane;
    t->objectness_link = l->type == REGION && l->background ? ATTR_LINK_ABSENT : ATTR_LINK_LOGISTIC;
    t->class_entry = classes + (size_t)d->class_index * plane;
    t->first_class = classes;
    t->class_stride = plane;
    t->class_link = ATTR_LINK_LOGISTIC;
    if (l->type == YOLO) return;
    if (l->softmax_tree) {
        t->class_link = ATTR_LINK_SOFTMAX;
        fill_path(t, l->softmax_tree, d->class_index, classes, plane);
    } else if (l->softmax) { /* with a background, it stands where the objectness would */
        int background = l->background ? 1 : 0;
        t->class_link = ATTR_LINK_SOFTMAX;
        t->group[0] = (attr_softmax_group){classes - background * plane, plane, l->classes + background,
                                           d->class_index + background};
    }
}

/* Entries of a [detection] head (YOLOv1): classes of all cells, then objectness of all boxes, then boxes. */
static void fill_cells(attr_target *t, const struct layer *l, const attr_detection *d) {
    size_t cell = (size_t)d->row * l->side + d->column, cells = (size_t)l->side * l->side;
    t->class_entry = cell * l->classes + d->class_index;
    t->first_class = cell * l->classes;
    t->class_stride = 1;
    t->objectness_entry = cells * l->classes + cell * l->n + d->anchor;
    t->box_entry = cells * ((size_t)l->classes + l->n) + (cell * l->n + d->anchor) * 4;
    t->box_stride = 1;
    t->objectness_link = ATTR_LINK_PLAIN;
    t->class_link = l->softmax ? ATTR_LINK_SOFTMAX : ATTR_LINK_PLAIN;
    t->group[0] = (attr_softmax_group){cell * l->classes, 1, l->classes, d->class_index};
}

attr_status attr_target_of_detection(attr_target **out, attr_engine *e, attr_quantity quantity,
                                     const attr_detection *d) {
    *out = NULL;
    if (quantity == ATTR_TARGET_AUTO) quantity = ATTR_TARGET_SCORE;
    const struct layer *l = d->layer >= 0 && d->layer < attr_engine_layers(e) ? attr_engine_op(e, d->layer)->l : NULL;
    if (!l || (l->type != YOLO && l->type != REGION && l->type != DETECTION))
        return attr_fail(ATTR_BAD_INPUT, "layer %d is no detection head", d->layer);
    int rows = l->type == DETECTION ? l->side : l->h, columns = l->type == DETECTION ? l->side : l->w;
    if (d->class_index < 0 || d->class_index >= l->classes || d->anchor < 0 || d->anchor >= l->n || d->row < 0 ||
        d->row >= rows || d->column < 0 || d->column >= columns)
        return attr_fail(ATTR_BAD_INPUT, "layer %d has no class %d at anchor %d, row %d, column %d", d->layer,
                         d->class_index, d->anchor, d->row, d->column);
    int objectness = quantity == ATTR_TARGET_OBJECTNESS || quantity == ATTR_TARGET_OBJECTNESS_LOGIT;
    if (objectness && l->type == REGION && l->background)
        return attr_fail(ATTR_BAD_INPUT, "target=%s: a [region] layer with background=1 predicts no objectness",
                         attr_quantity_name(quantity));
    if (quantity == ATTR_TARGET_OBJECTNESS_LOGIT && l->type == DETECTION)
        return attr_fail(ATTR_BAD_INPUT, "target=objectness_logit: a [detection] layer predicts objectness directly");
    attr_target *t = NULL;
    int groups = l->type == REGION && l->softmax_tree ? path_length(l->softmax_tree, d->class_index) : 1;
    ATTR_TRY(allocate_target(&t, quantity, d->layer, groups));
    t->is_detection = true;
    t->detection = *d;
    t->class_index = d->class_index;
    t->classes = l->classes;
    if (l->type == DETECTION)
        fill_cells(t, l, d);
    else
        fill_planar(t, l, d);
    *out = t;
    return ATTR_OK;
}

void attr_target_subtract(attr_target *t, attr_target *other) {
    t->minus = other;
}

bool attr_target_is_contrast(const attr_target *t) {
    return t->minus != NULL;
}

int attr_target_layer(const attr_target *t) {
    return t->layer;
}

attr_quantity attr_target_quantity(const attr_target *t) {
    return t->quantity;
}

int attr_target_class(const attr_target *t) {
    return t->class_index;
}

size_t attr_target_entry(const attr_target *t) {
    bool objectness = t->quantity == ATTR_TARGET_OBJECTNESS || t->quantity == ATTR_TARGET_OBJECTNESS_LOGIT;
    return objectness ? t->objectness_entry : t->class_entry;
}

static double number_of(const attr_target *t, attr_engine *e, int sample) {
    if (t->rematches) return attr_rematched_score(t, e, sample);
    attr_head_view v = attr_view_of(t, e, sample);
    switch (t->quantity) {
    case ATTR_TARGET_AUTO:
    case ATTR_TARGET_LOGIT:
        return attr_head_number(&v, t->class_entry);
    case ATTR_TARGET_PROBABILITY:
        return attr_class_probability(&v);
    case ATTR_TARGET_LOG_PROBABILITY:
        return attr_class_log_probability(&v);
    case ATTR_TARGET_OBJECTNESS:
        return attr_objectness(&v);
    case ATTR_TARGET_OBJECTNESS_LOGIT:
        return attr_head_number(&v, t->objectness_entry);
    case ATTR_TARGET_SCORE:
        return attr_objectness(&v) * attr_class_probability(&v);
    case ATTR_TARGET_X:
    case ATTR_TARGET_Y:
    case ATTR_TARGET_W:
    case ATTR_TARGET_H:
        return attr_box_number(&v, e);
    }
    return NAN;
}

double attr_target_value(const attr_target *t, attr_engine *e, int sample) {
    return number_of(t, e, sample) - (t->minus ? number_of(t->minus, e, sample) : 0);
}

static void seed_number(const attr_target *t, attr_engine *e, int sample, double weight) {
    attr_head_view v = attr_view_of(t, e, sample);
    switch (t->quantity) {
    case ATTR_TARGET_AUTO:
    case ATTR_TARGET_LOGIT:
        attr_add_to_head(&v, t->class_entry, weight);
        break;
    case ATTR_TARGET_PROBABILITY:
        attr_add_class_gradient(&v, weight);
        break;
    case ATTR_TARGET_LOG_PROBABILITY:
        attr_add_class_log_gradient(&v, weight);
        break;
    case ATTR_TARGET_OBJECTNESS:
        attr_add_objectness_gradient(&v, weight);
        break;
    case ATTR_TARGET_OBJECTNESS_LOGIT:
        attr_add_to_head(&v, t->objectness_entry, weight);
        break;
    case ATTR_TARGET_SCORE:
        attr_add_class_gradient(&v, weight * attr_objectness(&v));
        attr_add_objectness_gradient(&v, weight * attr_class_probability(&v));
        break;
    case ATTR_TARGET_X:
    case ATTR_TARGET_Y:
    case ATTR_TARGET_W:
    case ATTR_TARGET_H:
        attr_add_box_gradient(&v, e, weight);
        break;
    }
}

void attr_target_seed(const attr_target *t, attr_engine *e, int sample, double weight) {
    seed_number(t, e, sample, weight);
    if (t->minus) seed_number(t->minus, e, sample, -weight);
}

/* ---- Where it stands */

/* Of one number. A cell of [yolo] and [region] is a pixel of what the head reads. */
static attr_spot spot_of(const attr_target *t, attr_engine *e) {
    const attr_op *op = attr_engine_op(e, t->layer);
    attr_spot spot = {.layer = t->layer, .is_input = !t->seeds_output};
    bool has_cells = op->l->type == YOLO || op->l->type == REGION;
    if (has_cells && op->reads[0]->h == op->l->h && op->reads[0]->w == op->l->w)
        spot.area =
            (attr_area){{t->detection.row, t->detection.row + 1}, {t->detection.column, t->detection.column + 1}};
    return spot;
}

/* Returns how many there are. Two of one head are one. */
static int spots_of(attr_spot spots[2], const attr_target *t, attr_engine *e) {
    spots[0] = spot_of(t, e);
    if (!t->minus) return 1;
    spots[1] = spot_of(t->minus, e);
    if (spots[0].layer != spots[1].layer) return 2;
    attr_join_areas(&spots[0].area, spots[1].area);
    return 1;
}

void attr_target_clear(const attr_target *t, attr_engine *e) {
    attr_spot spots[2];
    int count = spots_of(spots, t, e);
    attr_engine_clear_at(e, spots, count);
}

void attr_target_backward(const attr_target *t, attr_engine *e) {
    attr_spot spots[2];
    int count = spots_of(spots, t, e);
    attr_engine_backward_from(e, spots, count);
}

/* What it looks at; one that rematches looks at all heads. */
static void want(const attr_target *t, attr_engine *e) {
    attr_spot spots[2];
    int count = spots_of(spots, t, e);
    for (int k = 0; k < count; ++k) attr_engine_want(e, &spots[k]);
    for (int i = 0; t->rematches && i < attr_engine_layers(e); ++i)
        if (attr_is_head(attr_engine_op(e, 0), attr_engine_layers(e), i)) attr_engine_want(e, &(attr_spot){.layer = i});
}

void attr_targets_forward(attr_target *const *targets, size_t count, attr_engine *e, int samples) {
    for (size_t i = 0; i < count; ++i) want(targets[i], e);
    attr_engine_forward(e, samples);
}

void attr_target_forward(const attr_target *t, attr_engine *e, int samples) {
    want(t, e);
    attr_engine_forward(e, samples);
}

void attr_target_differentiate(const attr_target *t, attr_engine *e, int count) {
    attr_target_clear(t, e);
    for (int b = 0; b < count; ++b) attr_target_seed(t, e, b, 1);
    attr_target_backward(t, e);
}
