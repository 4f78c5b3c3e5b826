#include "targets/link.h"

#include <math.h>

attr_head_view attr_view_of(const attr_target *t, attr_engine *e, int sample) {
    attr_op *op = attr_engine_op(e, t->layer);
    return (attr_head_view){t, t->seeds_output ? op->writes : op->reads[0], sample};
}

double attr_head_number(const attr_head_view *v, size_t i) {
    double value;
    attr_tensor_read(&value, v->tensor, v->sample, i, 1);
    return value;
}

double attr_sigmoid(double z) {
    return z >= 0 ? 1 / (1 + exp(-z)) : exp(z) / (1 + exp(z));
}

double attr_log_sigmoid(double z) {
    return z >= 0 ? -log1p(exp(-z)) : z - log1p(exp(z));
}

/* A softmax is the sigmoid of the chosen class's log odds: z_c / T minus the logarithm of the sum of exp(z_j / T) over
 * the others, which *others receives. So 1 - p loses no digits where p is nearly 1. */
static double log_odds(double *others, const attr_head_view *v, const attr_softmax_group *g) {
    double largest = -INFINITY, sum = 0, temperature = v->t->temperature;
    for (int i = 0; i < g->size; ++i)
        if (i != g->chosen) largest = fmax(largest, attr_head_number(v, g->first + i * g->stride) / temperature);
    for (int i = 0; i < g->size; ++i)
        if (i != g->chosen) sum += exp(attr_head_number(v, g->first + i * g->stride) / temperature - largest);
    *others = largest + log(sum);
    return attr_head_number(v, g->first + g->chosen * g->stride) / temperature - *others;
}

double attr_class_log_probability(const attr_head_view *v) {
    const attr_target *t = v->t;
    double z = attr_head_number(v, t->class_entry), total = 0, others;
    if (t->class_link == ATTR_LINK_PLAIN) return log(z);
    if (t->class_link == ATTR_LINK_LOGISTIC) return attr_log_sigmoid(z);
    for (int i = 0; i < t->groups; ++i) total += attr_log_sigmoid(log_odds(&others, v, &t->group[i]));
    return total;
}

double attr_class_probability(const attr_head_view *v) {
    return v->t->class_link == ATTR_LINK_PLAIN ? attr_head_number(v, v->t->class_entry)
                                               : exp(attr_class_log_probability(v));
}

double attr_objectness(const attr_head_view *v) {
    if (v->t->objectness_link == ATTR_LINK_ABSENT) return 1;
    double z = attr_head_number(v, v->t->objectness_entry);
    return v->t->objectness_link == ATTR_LINK_PLAIN ? z : attr_sigmoid(z);
}

void attr_add_to_head(const attr_head_view *v, size_t i, double value) {
    attr_tensor_add_gradient(v->tensor, v->sample, i, value);
}

/* Of log p: 1 / z; 1 - sigmoid; in every group of the path (1 - p) / T for the class and -p_j / T for the others. */
void attr_add_class_log_gradient(const attr_head_view *v, double weight) {
    const attr_target *t = v->t;
    double z = attr_head_number(v, t->class_entry);
    if (t->class_link == ATTR_LINK_PLAIN) {
        attr_add_to_head(v, t->class_entry, weight / z);
    } else if (t->class_link == ATTR_LINK_LOGISTIC) {
        attr_add_to_head(v, t->class_entry, weight * attr_sigmoid(-z));
    } else {
        for (int i = 0; i < t->groups; ++i) {
            const attr_softmax_group *g = &t->group[i];
            double others, rest = attr_sigmoid(-log_odds(&others, v, g)) * weight / t->temperature;
            for (int j = 0; j < g->size; ++j) {
                size_t at = g->first + j * g->stride;
                attr_add_to_head(
                    v, at, j == g->chosen ? rest : -rest * exp(attr_head_number(v, at) / t->temperature - others));
            }
        }
    }
}

void attr_add_class_gradient(const attr_head_view *v, double weight) {
    if (v->t->class_link == ATTR_LINK_PLAIN)
        attr_add_to_head(v, v->t->class_entry, weight);
    else
        attr_add_class_log_gradient(v, weight * attr_class_probability(v));
}

void attr_add_objectness_gradient(const attr_head_view *v, double weight) {
    if (v->t->objectness_link == ATTR_LINK_ABSENT) return;
    double z = attr_head_number(v, v->t->objectness_entry);
    attr_add_to_head(v, v->t->objectness_entry,
                     v->t->objectness_link == ATTR_LINK_PLAIN ? weight : weight * attr_sigmoid(z) * attr_sigmoid(-z));
}

/* ---- The box. [yolo] and [region]: (column + sigmoid(x)) / columns, (row + sigmoid(y)) / rows, exp(w) x anchor,
 * exp(h) x anchor, the anchors in pixels of the network's input or in cells. [detection]: (column + x) / side, w or,
 * with sqrt=1, w^2. */

/* The number is (offset + shape(z)) x factor. */
typedef enum { BOX_PLAIN, BOX_SQUARE, BOX_LOGISTIC, BOX_EXPONENTIAL } box_shape;

typedef struct {
    box_shape shape;
    double z, offset, factor;
} box_part;

static box_part part_of(const attr_head_view *v, attr_engine *e) {
    const attr_target *t = v->t;
    const attr_op *op = attr_engine_op(e, t->layer);
    const layer *l = op->l;
    int k = (int)t->quantity - ATTR_TARGET_X;
    bool is_size = k >= 2, is_row = k % 2 == 1, is_v1 = l->type == DETECTION;
    double cells = is_v1 ? l->side : is_row ? l->h : l->w;
    box_part p = {.shape = is_v1     ? is_size && l->sqrt ? BOX_SQUARE : BOX_PLAIN
                           : is_size ? BOX_EXPONENTIAL
                                     : BOX_LOGISTIC,
                  .z = attr_head_number(v, t->box_entry + (size_t)k * t->box_stride),
                  .offset = is_size  ? 0
                            : is_row ? t->detection.row
                                     : t->detection.column,
                  .factor = is_v1 && is_size ? 1 : 1 / cells};
    if (is_v1 || !is_size) return p;
    const float *anchor = l->biases + 2 * (l->type == YOLO ? l->mask[t->detection.anchor] : t->detection.anchor);
    p.factor = anchor[is_row] / (l->type == YOLO ? (double)(is_row ? op->net_h : op->net_w) : cells);
    return p;
}

static double shape_of(const box_part *p) {
    switch (p->shape) {
    case BOX_SQUARE:
        return p->z * p->z;
    case BOX_LOGISTIC:
        return attr_sigmoid(p->z);
    case BOX_EXPONENTIAL:
        return exp(p->z);
    default:
        return p->z;
    }
}

static double slope_of(const box_part *p) {
    switch (p->shape) {
    case BOX_SQUARE:
        return 2 * p->z;
    case BOX_LOGISTIC:
        return attr_sigmoid(p->z) * attr_sigmoid(-p->z);
    case BOX_EXPONENTIAL:
        return exp(p->z);
    default:
        return 1;
    }
}

double attr_box_number(const attr_head_view *v, attr_engine *e) {
    box_part p = part_of(v, e);
    return (p.offset + shape_of(&p)) * p.factor;
}

void attr_add_box_gradient(const attr_head_view *v, attr_engine *e, double weight) {
    const attr_target *t = v->t;
    box_part p = part_of(v, e);
    size_t entry = t->box_entry + (size_t)(t->quantity - ATTR_TARGET_X) * t->box_stride;
    attr_add_to_head(v, entry, weight * p.factor * slope_of(&p));
}
