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
