/* [region] (YOLOv2, YOLO9000): for each anchor coords + 1 + classes planes of h x w: x, y, w, h (and further coords),
 * objectness, classes. s is the logistic function; "at each location" a softmax runs over planes.
 *
 *                  x, y   other coords   objectness                      classes
 *   default        s      as it is       s (as it is with `background`)  s
 *   softmax        s      as it is       s                               softmax at each location
 *   softmax,
 *   background     s      as it is       one softmax over objectness and classes at each location
 *   tree           s      as it is       s (as it is with `background`)  softmax in each group of the tree, at each
 *                                                                        location
 *
 *   backward  dx += dy y (1 - y), dx += dy, dx += p (dy - sum p dy)
 *
 * The tree's softmax is the one that networks are trained with (Darknet on a GPU): Darknet on a CPU divides by a
 * temperature of 0 and strides over anchors. */
#include "layers/head_math.h"
#include "layers/kinds.h"

static attr_status prepare(attr_op *op) {
    const layer *l = op->l;
    if (l->coords < 4)
        return attr_fail(ATTR_UNSUPPORTED, "layer %d [region]: coords=%d, a box has 4", op->index, l->coords);
    if (l->softmax_tree && l->softmax_tree->n != l->classes)
        return attr_fail(ATTR_UNSUPPORTED, "layer %d [region]: the tree has %d classes, the layer %d", op->index,
                         l->softmax_tree->n, l->classes);
    return ATTR_OK;
}

/* An anchor's planes are four stretches, some empty: logistic, identity, logistic, softmax. */
typedef struct {
    size_t plane;                              /* elements of a plane, which is also the stride of the softmax */
    size_t identity, logistic, softmax, total; /* where the last three begin and end, in elements */
    int softmax_planes;
} stretches;

static stretches stretches_of(const layer *l) {
    size_t objectness = l->coords, classes = objectness + 1, total = classes + l->classes, logistic, softmax;
    if (l->softmax_tree || (l->softmax && !l->background)) {
        logistic = l->background ? classes : objectness;
        softmax = classes;
    } else if (l->softmax) {
        logistic = softmax = objectness;
    } else {
        logistic = l->background ? classes : objectness;
        softmax = total;
    }
    size_t plane = (size_t)l->w * l->h;
    return (stretches){plane, 2 * plane, logistic * plane, softmax * plane, total * plane, (int)(total - softmax)};
}

static void forward(attr_op *op) {
    const layer *l = op->l;
    const stretches s = stretches_of(l);
    int blocks = op->count * l->n;
#pragma omp parallel for
    for (int i = 0; i < blocks; ++i) {
        const real *in = (const real *)op->in[0] + i * s.total;
        real *out = (real *)op->out + i * s.total;
        R(attr_sigmoid)(out, in, s.identity);
        R(attr_copy)(out + s.identity, in + s.identity, s.logistic - s.identity);
        R(attr_sigmoid)(out + s.logistic, in + s.logistic, s.softmax - s.logistic);
        if (s.softmax_planes == 0) continue;
        for (size_t at = s.softmax; at < s.softmax + s.plane; ++at) {
            if (l->softmax_tree) {
                R(attr_softmax_tree)(out + at, in + at, l->softmax_tree, s.plane, 1);
            } else {
                R(attr_softmax_group)(out + at, in + at, s.softmax_planes, s.plane, 1);
            }
        }
    }
}

static void backward(attr_op *op) {
    const layer *l = op->l;
    const stretches s = stretches_of(l);
    int blocks = op->count * l->n;
    if (!op->din[0]) return;
#pragma omp parallel for
    for (int i = 0; i < blocks; ++i) {
        const real *in = (const real *)op->in[0] + i * s.total, *dout = (const real *)op->dout + i * s.total;
        real *din = (real *)op->din[0] + i * s.total;
        R(attr_sigmoid_backward)(din, dout, in, s.identity);
        R(attr_add)(din + s.identity, dout + s.identity, s.logistic - s.identity);
        R(attr_sigmoid_backward)(din + s.logistic, dout + s.logistic, in + s.logistic, s.softmax - s.logistic);
        if (s.softmax_planes == 0) continue;
        for (size_t at = s.softmax; at < s.softmax + s.plane; ++at) {
            if (l->softmax_tree) {
                R(attr_softmax_tree_backward)(din + at, dout + at, in + at, l->softmax_tree, s.plane, 1);
            } else {
                R(attr_softmax_group_backward)(din + at, dout + at, in + at, s.softmax_planes, s.plane, 1);
            }
        }
    }
}

const attr_layer_kind R(attr_region) = {.type = REGION,
                                        .name = "region",
                                        .prepare = prepare,
                                        .forward = forward,
                                        .backward_reads = attr_reads_inputs,
                                        .backward = backward};
