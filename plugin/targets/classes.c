#include "targets/classes.h"

#include <math.h>

#include "targets/target.h"

void attr_class_probabilities(double *p, attr_engine *e, int sample) {
    const attr_op *op = attr_engine_op(e, attr_output_layer(e));
    const tree *hierarchy = op->l->type == SOFTMAX ? op->l->softmax_tree : NULL;
    int classes = attr_class_count(e);
    attr_tensor_read(p, op->writes, sample, 0, (size_t)classes);
    if (!hierarchy) return;
    for (int i = 0; i < classes; ++i)
        if (hierarchy->parent[i] >= 0) p[i] *= p[hierarchy->parent[i]];
    for (int i = 0; i < classes; ++i)
        if (!hierarchy->leaf[i]) p[i] = 0;
}

int attr_best_class(const double *p, int classes) {
    int best = 0;
    for (int i = 0; i < classes; ++i) {
        if (!isfinite(p[i])) return -1;
        if (p[i] > p[best]) best = i;
    }
    return classes > 0 ? best : -1;
}
