/* The inside of a target, for the files of this room: where it stands among a head's raw numbers z, and what the head
 * makes of them. */
#ifndef ATTR_TARGETS_LINK_H
#define ATTR_TARGETS_LINK_H

#include <stdbool.h>

#include "targets/target.h"

/* From a raw number z to a probability: there is none (it counts as 1), z itself, sigmoid, softmax. */
typedef enum { ATTR_LINK_ABSENT, ATTR_LINK_PLAIN, ATTR_LINK_LOGISTIC, ATTR_LINK_SOFTMAX } attr_link;

/* A softmax over entries first, first + stride, ... of which one is the class (or its ancestor in a tree). */
typedef struct {
    size_t first, stride;
    int size, chosen;
} attr_softmax_group;

struct attr_target {
    attr_quantity quantity;
    int layer;
    int seeds_output; /* plain head: seeds go to the layer's output, else to its input */
    attr_link class_link, objectness_link;
    size_t class_entry, objectness_entry; /* within one sample of the head's input */
    int class_index, classes;             /* of the classifier, or of the detection's cell and anchor */
    size_t first_class, class_stride;     /* class k stands at entry first_class + k class_stride */
    bool is_detection;
    attr_detection detection; /* as given */
    double temperature;
    size_t box_entry; /* of x; y, w, h stand at box_entry + k x box_stride */
    size_t box_stride;
    bool rematches; /* its value is that of the best box for `matched`, which is relative to the network's input */
    attr_detection matched;
    attr_target *minus; /* of a contrast, owned; else NULL */
    int groups;         /* of the class: 1, or the length of its path in a tree, from the class up to the root */
    attr_softmax_group *group;
};

/* The head's numbers of one sample: raw inputs, or outputs of a plain head. */
typedef struct {
    const attr_target *t;
    attr_tensor *tensor;
    int sample;
} attr_head_view;

attr_head_view attr_view_of(const attr_target *t, attr_engine *e, int sample);
double attr_head_number(const attr_head_view *v, size_t i);
void attr_add_to_head(const attr_head_view *v, size_t i, double value); /* to the gradient of number i */

double attr_sigmoid(double z);
double attr_log_sigmoid(double z);

/* The class's probability (a tree: the product along its path), its logarithm, and the box's objectness. */
double attr_class_probability(const attr_head_view *v);
double attr_class_log_probability(const attr_head_view *v);
double attr_objectness(const attr_head_view *v);

/* One number of the box: quantity ATTR_TARGET_X, _Y, _W or _H. */
double attr_box_number(const attr_head_view *v, attr_engine *e);
void attr_add_box_gradient(const attr_head_view *v, attr_engine *e, double weight);

/* The value of a target that rematches (rematch.c). */
double attr_rematched_score(const attr_target *t, attr_engine *e, int sample);

/* Each adds weight x its derivative to the gradient of the head's numbers. */
void attr_add_class_gradient(const attr_head_view *v, double weight);
void attr_add_class_log_gradient(const attr_head_view *v, double weight);
void attr_add_objectness_gradient(const attr_head_view *v, double weight);

#endif
