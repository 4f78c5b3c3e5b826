#include "targets/target.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"

/* What a head makes of a raw number z. */
typedef enum { ABSENT, PLAIN, LOGISTIC_OF_Z, SOFTMAX_OF_GROUP } link_kind;

/* A softmax over entries first, first + stride, ... of which one is the class (or its ancestor in a tree). */
typedef struct {
    size_t first, stride;
    int size, chosen;
} softmax_group;

struct attr_target {
    attr_quantity quantity;
    int layer;
    int seeds_output; /* plain head: seeds go to the layer's output, else to its input */
    link_kind class_link, objectness_link;
    size_t class_entry, objectness_entry; /* within one sample of the head's input */
    double temperature;
    int groups; /* of the class: 1, or the length of its path in a tree */
    softmax_group *group;
};

const char *attr_quantity_name(attr_quantity quantity) {
#define ATTR_WORD_TEXT(name, word, help) word,
    static const char *const names[] = {ATTR_TARGET_WORDS(ATTR_WORD_TEXT)};
#undef ATTR_WORD_TEXT
    return names[quantity];
}

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
        t->group[i++] = (softmax_group){first + (size_t)offset * stride, stride, hierarchy->group_size[g], c - offset};
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
    if (l->type == SOFTMAX) {
        t->class_link = SOFTMAX_OF_GROUP;
        t->temperature = l->temperature;
        int size = l->inputs / l->groups;
        if (hierarchy)
            fill_path(t, hierarchy, class_index, 0, 1);
        else
            t->group[0] = (softmax_group){(size_t)(class_index / size * size), 1, size, class_index % size};
    } else {
        t->class_link = l->type == LOGXENT ? LOGISTIC_OF_Z : PLAIN;
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
    t->objectness_entry = box + (size_t)coords * plane;
    t->objectness_link = l->type == REGION && l->background ? ABSENT : LOGISTIC_OF_Z;
    t->class_entry = classes + (size_t)d->class_index * plane;
    t->class_link = LOGISTIC_OF_Z;
    if (l->type == YOLO) return;
    if (l->softmax_tree) {
        t->class_link = SOFTMAX_OF_GROUP;
        fill_path(t, l->softmax_tree, d->class_index, classes, plane);
    } else if (l->softmax) { /* with a background, it stands where the objectness would */
        int background = l->background ? 1 : 0;
        t->class_link = SOFTMAX_OF_GROUP;
        t->group[0] =
            (softmax_group){classes - background * plane, plane, l->classes + background, d->class_index + background};
    }
}

/* Entries of a [detection] head (YOLOv1): classes of all cells, then objectness of all boxes, then boxes. */
static void fill_cells(attr_target *t, const struct layer *l, const attr_detection *d) {
    size_t cell = (size_t)d->row * l->side + d->column, cells = (size_t)l->side * l->side;
    t->class_entry = cell * l->classes + d->class_index;
    t->objectness_entry = cells * l->classes + cell * l->n + d->anchor;
    t->objectness_link = PLAIN;
    t->class_link = l->softmax ? SOFTMAX_OF_GROUP : PLAIN;
    t->group[0] = (softmax_group){cell * l->classes, 1, l->classes, d->class_index};
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
    if (l->type == DETECTION)
        fill_cells(t, l, d);
    else
        fill_planar(t, l, d);
    *out = t;
    return ATTR_OK;
}

int attr_target_layer(const attr_target *t) {
    return t->layer;
}

attr_quantity attr_target_quantity(const attr_target *t) {
    return t->quantity;
}

size_t attr_target_entry(const attr_target *t) {
    bool objectness = t->quantity == ATTR_TARGET_OBJECTNESS || t->quantity == ATTR_TARGET_OBJECTNESS_LOGIT;
    return objectness ? t->objectness_entry : t->class_entry;
}

/* The head's numbers of one sample: raw inputs, or outputs of a plain head. */
typedef struct {
    const attr_target *t;
    attr_tensor *tensor;
    int sample;
} head_view;

static head_view view_of(const attr_target *t, attr_engine *e, int sample) {
    attr_op *op = attr_engine_op(e, t->layer);
    return (head_view){t, t->seeds_output ? op->writes : op->reads[0], sample};
}

static double entry(const head_view *v, size_t i) {
    double value;
    attr_tensor_read(&value, v->tensor, v->sample, i, 1);
    return value;
}

static double sigmoid(double z) {
    return z >= 0 ? 1 / (1 + exp(-z)) : exp(z) / (1 + exp(z));
}

static double log_sigmoid(double z) {
    return z >= 0 ? -log1p(exp(-z)) : z - log1p(exp(z));
}

/* A softmax is the sigmoid of the chosen class's log odds: z_c / T minus the logarithm of the sum of exp(z_j / T) over
 * the others, which *others receives. So 1 - p loses no digits where p is nearly 1. */
static double log_odds(double *others, const head_view *v, const softmax_group *g) {
    double largest = -INFINITY, sum = 0, temperature = v->t->temperature;
    for (int i = 0; i < g->size; ++i)
        if (i != g->chosen) largest = fmax(largest, entry(v, g->first + i * g->stride) / temperature);
    for (int i = 0; i < g->size; ++i)
        if (i != g->chosen) sum += exp(entry(v, g->first + i * g->stride) / temperature - largest);
    *others = largest + log(sum);
    return entry(v, g->first + g->chosen * g->stride) / temperature - *others;
}

static double class_log_probability(const head_view *v) {
    const attr_target *t = v->t;
    double z = entry(v, t->class_entry), total = 0, others;
    if (t->class_link == PLAIN) return log(z);
    if (t->class_link == LOGISTIC_OF_Z) return log_sigmoid(z);
    for (int i = 0; i < t->groups; ++i) total += log_sigmoid(log_odds(&others, v, &t->group[i]));
    return total;
}

static double class_probability(const head_view *v) {
    return v->t->class_link == PLAIN ? entry(v, v->t->class_entry) : exp(class_log_probability(v));
}

static double objectness(const head_view *v) {
    if (v->t->objectness_link == ABSENT) return 1;
    double z = entry(v, v->t->objectness_entry);
    return v->t->objectness_link == PLAIN ? z : sigmoid(z);
}

double attr_target_value(const attr_target *t, attr_engine *e, int sample) {
    head_view v = view_of(t, e, sample);
    switch (t->quantity) {
    case ATTR_TARGET_AUTO:
    case ATTR_TARGET_LOGIT:
        return entry(&v, t->class_entry);
    case ATTR_TARGET_PROBABILITY:
        return class_probability(&v);
    case ATTR_TARGET_LOG_PROBABILITY:
        return class_log_probability(&v);
    case ATTR_TARGET_OBJECTNESS:
        return objectness(&v);
    case ATTR_TARGET_OBJECTNESS_LOGIT:
        return entry(&v, t->objectness_entry);
    case ATTR_TARGET_SCORE:
        return objectness(&v) * class_probability(&v);
    }
    return NAN;
}

static void add(const head_view *v, size_t i, double value) {
    attr_tensor_add_gradient(v->tensor, v->sample, i, value);
}

/* Of log p: 1 / z; 1 - sigmoid; in every group of the path (1 - p) / T for the class and -p_j / T for the others. */
static void add_class_log_gradient(const head_view *v, double weight) {
    const attr_target *t = v->t;
    double z = entry(v, t->class_entry);
    if (t->class_link == PLAIN) {
        add(v, t->class_entry, weight / z);
    } else if (t->class_link == LOGISTIC_OF_Z) {
        add(v, t->class_entry, weight * sigmoid(-z));
    } else {
        for (int i = 0; i < t->groups; ++i) {
            const softmax_group *g = &t->group[i];
            double others, rest = sigmoid(-log_odds(&others, v, g)) * weight / t->temperature;
            for (int j = 0; j < g->size; ++j) {
                size_t at = g->first + j * g->stride;
                add(v, at, j == g->chosen ? rest : -rest * exp(entry(v, at) / t->temperature - others));
            }
        }
    }
}

static void add_class_gradient(const head_view *v, double weight) {
    if (v->t->class_link == PLAIN)
        add(v, v->t->class_entry, weight);
    else
        add_class_log_gradient(v, weight * class_probability(v));
}

static void add_objectness_gradient(const head_view *v, double weight) {
    if (v->t->objectness_link == ABSENT) return;
    double z = entry(v, v->t->objectness_entry);
    add(v, v->t->objectness_entry, v->t->objectness_link == PLAIN ? weight : weight * sigmoid(z) * sigmoid(-z));
}

void attr_target_seed(const attr_target *t, attr_engine *e, int sample, double weight) {
    head_view v = view_of(t, e, sample);
    switch (t->quantity) {
    case ATTR_TARGET_AUTO:
    case ATTR_TARGET_LOGIT:
        add(&v, t->class_entry, weight);
        break;
    case ATTR_TARGET_PROBABILITY:
        add_class_gradient(&v, weight);
        break;
    case ATTR_TARGET_LOG_PROBABILITY:
        add_class_log_gradient(&v, weight);
        break;
    case ATTR_TARGET_OBJECTNESS:
        add_objectness_gradient(&v, weight);
        break;
    case ATTR_TARGET_OBJECTNESS_LOGIT:
        add(&v, t->objectness_entry, weight);
        break;
    case ATTR_TARGET_SCORE:
        add_class_gradient(&v, weight * objectness(&v));
        add_objectness_gradient(&v, weight * class_probability(&v));
        break;
    }
}
