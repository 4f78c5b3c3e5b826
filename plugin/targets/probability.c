#include "targets/probability.h"

#include <math.h>

#include "targets/link.h"

/* Where the logarithm of a number that is taken as a probability becomes a straight line. */
static const double least_plain = 1e-3;

static bool is_of_objectness(const attr_target *t) {
    return t->quantity == ATTR_TARGET_OBJECTNESS || t->quantity == ATTR_TARGET_OBJECTNESS_LOGIT;
}

attr_status attr_target_needs_probability(const attr_target *t, attr_engine *e, const char *method) {
    if (t->minus)
        return attr_fail(ATTR_BAD_INPUT, "method=%s needs a probability: a difference of two targets has none", method);
    if (t->quantity >= ATTR_TARGET_X)
        return attr_fail(ATTR_BAD_INPUT, "method=%s needs a probability: target=%s of a box has none", method,
                         attr_quantity_name(t->quantity));
    if (t->is_detection || t->class_link != ATTR_LINK_PLAIN) return ATTR_OK;
    return attr_fail(ATTR_BAD_INPUT,
                     "method=%s needs probabilities: a network that ends in [softmax] or [logistic], or a detector; "
                     "this one ends in [%s]",
                     method, attr_layer_name(attr_engine_op(e, t->layer)->l->type));
}

/* ---- The two factors of a probability: the objectness and the class's */

typedef enum { OBJECTNESS, CLASS } factor;

static bool has_factor(const attr_target *t, factor f) {
    if (f == OBJECTNESS) return is_of_objectness(t) || t->quantity == ATTR_TARGET_SCORE;
    return !is_of_objectness(t);
}

static attr_link link_of(const attr_target *t, factor f) {
    return f == OBJECTNESS ? t->objectness_link : t->class_link;
}

static size_t entry_of(const attr_target *t, factor f) {
    return f == OBJECTNESS ? t->objectness_entry : t->class_entry;
}

static double factor_value(const attr_head_view *v, factor f) {
    if (!has_factor(v->t, f)) return 1;
    double p = f == OBJECTNESS ? attr_objectness(v) : attr_class_probability(v);
    return link_of(v->t, f) == ATTR_LINK_PLAIN ? fmin(fmax(p, 0), 1) : p;
}

static double plain_log(double z) {
    if (z >= 1) return 0;
    return z >= least_plain ? log(z) : log(least_plain) + (z - least_plain) / least_plain;
}

static double plain_log_slope(double z) {
    return z >= 1 ? 0 : 1 / fmax(z, least_plain);
}

static double factor_log(const attr_head_view *v, factor f) {
    attr_link link = link_of(v->t, f);
    if (!has_factor(v->t, f) || link == ATTR_LINK_ABSENT) return 0;
    if (link == ATTR_LINK_PLAIN) return plain_log(attr_head_number(v, entry_of(v->t, f)));
    return f == OBJECTNESS ? attr_log_sigmoid(attr_head_number(v, entry_of(v->t, f))) : attr_class_log_probability(v);
}

static void add_factor_gradient(const attr_head_view *v, factor f, double weight) {
    if (!has_factor(v->t, f)) return;
    if (link_of(v->t, f) == ATTR_LINK_PLAIN) {
        double z = attr_head_number(v, entry_of(v->t, f));
        if (z < 0 || z > 1) return;
    }
    if (f == OBJECTNESS)
        attr_add_objectness_gradient(v, weight);
    else
        attr_add_class_gradient(v, weight);
}

static void add_factor_log_gradient(const attr_head_view *v, factor f, double weight) {
    attr_link link = link_of(v->t, f);
    if (!has_factor(v->t, f) || link == ATTR_LINK_ABSENT) return;
    size_t at = entry_of(v->t, f);
    if (link == ATTR_LINK_PLAIN)
        attr_add_to_head(v, at, weight * plain_log_slope(attr_head_number(v, at)));
    else if (f == OBJECTNESS)
        attr_add_to_head(v, at, weight * attr_sigmoid(-attr_head_number(v, at)));
    else
        attr_add_class_log_gradient(v, weight);
}

double attr_target_probability(const attr_target *t, attr_engine *e, int sample) {
    attr_head_view v = attr_view_of(t, e, sample);
    return factor_value(&v, OBJECTNESS) * factor_value(&v, CLASS);
}

double attr_target_log_probability(const attr_target *t, attr_engine *e, int sample) {
    attr_head_view v = attr_view_of(t, e, sample);
    return factor_log(&v, OBJECTNESS) + factor_log(&v, CLASS);
}

void attr_target_seed_probability(const attr_target *t, attr_engine *e, int sample, double weight) {
    attr_head_view v = attr_view_of(t, e, sample);
    add_factor_gradient(&v, OBJECTNESS, weight * factor_value(&v, CLASS));
    add_factor_gradient(&v, CLASS, weight * factor_value(&v, OBJECTNESS));
}

void attr_target_seed_log_probability(const attr_target *t, attr_engine *e, int sample, double weight) {
    attr_head_view v = attr_view_of(t, e, sample);
    add_factor_log_gradient(&v, OBJECTNESS, weight);
    add_factor_log_gradient(&v, CLASS, weight);
}

/* ---- Which class wins */

static int largest_of(const attr_head_view *v, size_t first, size_t stride, int count) {
    int best = 0;
    for (int i = 1; i < count; ++i)
        if (attr_head_number(v, first + i * stride) > attr_head_number(v, first + best * stride)) best = i;
    return best;
}

int attr_target_predicted(const attr_target *t, attr_engine *e, int sample) {
    attr_head_view v = attr_view_of(t, e, sample);
    if (t->class_link != ATTR_LINK_SOFTMAX) return largest_of(&v, t->first_class, t->class_stride, t->classes);
    for (int i = t->groups - 1; i >= 0; --i) {
        const attr_softmax_group *g = &t->group[i];
        int best = largest_of(&v, g->first, g->stride, g->size);
        if (best == g->chosen) continue;
        /* A background stands one place before the classes. */
        return (int)(((ptrdiff_t)g->first - (ptrdiff_t)t->first_class) / (ptrdiff_t)t->class_stride) + best;
    }
    return t->class_index;
}

/* ---- Another class */

static const tree *tree_of(const attr_target *t, attr_engine *e) {
    const struct layer *l = attr_engine_op(e, t->layer)->l;
    return l->type == SOFTMAX || l->type == REGION ? l->softmax_tree : NULL;
}

static bool is_above(const tree *hierarchy, int above, int class_index) {
    for (int c = class_index; c >= 0; c = hierarchy->parent[c])
        if (c == above) return true;
    return false;
}

static bool is_other(const attr_target *t, const tree *hierarchy, int class_index) {
    if (!hierarchy) return class_index != t->class_index;
    return !is_above(hierarchy, class_index, t->class_index) && !is_above(hierarchy, t->class_index, class_index);
}

/* The same quantity of a class, of the same cell and anchor. */
static attr_status of_class(attr_target **out, const attr_target *t, attr_engine *e, int class_index) {
    if (!t->is_detection) return attr_target_of_class(out, e, t->quantity, class_index);
    attr_detection detection = t->detection;
    detection.class_index = class_index;
    return attr_target_of_detection(out, e, t->quantity, &detection);
}

attr_status attr_target_of_other_class(attr_target **out, const attr_target *t, attr_engine *e, double u) {
    const tree *hierarchy = tree_of(t, e);
    int others = 0, class_index = 0;
    *out = NULL;
    if (is_of_objectness(t))
        return attr_fail(ATTR_BAD_INPUT, "target=%s is the same for all classes: there is no other to compare with",
                         attr_quantity_name(t->quantity));
    for (int k = 0; k < t->classes; ++k) others += is_other(t, hierarchy, k);
    if (others == 0) return attr_fail(ATTR_BAD_INPUT, "the network has no other class to compare with");
    int left = (int)(u * others);
    while (!is_other(t, hierarchy, class_index) || left-- > 0) ++class_index;
    return of_class(out, t, e, class_index);
}

/* How probable a class is: a number that orders them. */
static attr_status rank_of(double *out, const attr_target *t, attr_engine *e, int sample, int class_index) {
    attr_target *other = NULL;
    attr_head_view v = attr_view_of(t, e, sample);
    *out = attr_head_number(&v, t->first_class + (size_t)class_index * t->class_stride);
    if (!tree_of(t, e)) return ATTR_OK;
    ATTR_TRY(of_class(&other, t, e, class_index));
    v = attr_view_of(other, e, sample);
    *out = attr_class_log_probability(&v);
    attr_target_free(other);
    return ATTR_OK;
}

attr_status attr_target_runner_up(int *class_index, const attr_target *t, attr_engine *e, int sample) {
    const tree *hierarchy = tree_of(t, e);
    double most = -INFINITY, rank;
    *class_index = -1;
    for (int k = 0; k < t->classes; ++k) {
        if (!is_other(t, hierarchy, k)) continue;
        ATTR_TRY(rank_of(&rank, t, e, sample, k));
        if (*class_index >= 0 && !(rank > most)) continue;
        most = rank;
        *class_index = k;
    }
    return *class_index >= 0 ? ATTR_OK : attr_fail(ATTR_BAD_INPUT, "the network has no other class to compare with");
}
