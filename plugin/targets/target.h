/* Targets: the one number that a map explains, and its derivative with respect to the raw input of the head.
 *
 * A head is the network's output layer without [cost]: [softmax], [logistic], [yolo], [region], [detection], or any
 * other layer ("plain": its outputs are taken as they are). All values and derivatives are computed here in double
 * precision from the head's raw inputs z, so that probabilities near 0 and 1 lose no digits.
 *
 *   logit               z of the class
 *   probability         p: softmax, product over a tree's path, or sigmoid (for [detection] without softmax: z itself)
 *   log_probability     log p
 *   objectness          sigmoid of z of the box's objectness (for [detection]: z itself)
 *   objectness_logit    that z
 *   score               objectness x probability of the class, the number that Darknet prints for a detection (but with
 *                       a tree of classes, where it prints the objectness alone)
 *   x, y, w, h          the box's centre and size, relative to the network's input (the letterbox is not undone)
 *
 * A contrast is the difference of two such numbers, which may belong to different heads.
 *
 * A detector's target keeps the layer, anchor, row and column of its detection: that cell stays the target while the
 * input moves (it is "frozen"). */
#ifndef ATTR_TARGETS_TARGET_H
#define ATTR_TARGETS_TARGET_H

#include <stdbool.h>

#include "model/engine.h"
#include "options/target_text.h"
#include "targets/heads.h"

/* ATTR_TARGET_AUTO (logit for classifiers, score for detectors), ATTR_TARGET_LOGIT, ... */
typedef attr_target_word attr_quantity;

typedef struct attr_target attr_target;

/* The layer that holds a classifier's scores: the last one that is neither [cost] nor [dropout]. */
int attr_output_layer(attr_engine *e);

/* True when the network has a [yolo], [region] or [detection] layer. */
int attr_is_detector(attr_engine *e);

/* How many classes a classifier tells apart: the outputs of its output layer. */
int attr_class_count(attr_engine *e);

/* A class of a classifier. ATTR_BAD_INPUT when there is no such class or the quantity needs a detector. */
attr_status attr_target_of_class(attr_target **out, attr_engine *e, attr_quantity quantity, int class_index);

/* A detection's frozen cell and anchor, and its class. */
attr_status attr_target_of_detection(attr_target **out, attr_engine *e, attr_quantity quantity,
                                     const attr_detection *detection);

/* Makes *t the contrast t - other, and takes over `other`. Neither may be a contrast yet. Of a target with itself both
 * the value and the derivative are exactly 0. */
void attr_target_subtract(attr_target *t, attr_target *other);
bool attr_target_is_contrast(const attr_target *t);

/* A target with a value only, for measures that change the input: the largest IoU x objectness x probability of the
 * class over all cells and anchors of all heads, the IoU being that with the box that the detection of `t` has in this
 * sample of the last forward. Where a frozen cell's score falls because the object is found by a neighbour, this one
 * does not. Must not be seeded. ATTR_BAD_INPUT for what is no detection, or a contrast. */
attr_status attr_target_rematch(attr_target **out, const attr_target *t, attr_engine *e, int sample);

/* Whether that best box is still the object: its IoU is `overlap` or more, the most probable class there is the
 * target's, its score (objectness x probability of the class) is least_score or more. */
bool attr_target_is_recognised(const attr_target *rematched, attr_engine *e, int sample, double overlap,
                               double least_score);

/* The score, at the cell and anchor of the box that gives attr_target_rematch()'s target its value in a sample of the
 * last forward, of the same class, or of another (-1: the same); where no box overlaps, at the old place. It can be
 * seeded. ATTR_BAD_INPUT when that head has no such class. */
attr_status attr_target_of_match(attr_target **out, const attr_target *rematch, attr_engine *e, int sample,
                                 int class_index);

void attr_target_free(attr_target *t);

/* The head's layer; of a contrast that of its first number. */
int attr_target_layer(const attr_target *t);
attr_quantity attr_target_quantity(const attr_target *t);

int attr_target_class(const attr_target *t);

/* Where the logit of the class, or of the objectness for the targets objectness and objectness_logit, stands in one
 * sample of the head's input (output, for a plain head). */
size_t attr_target_entry(const attr_target *t);

/* The target's value for one sample of the last forward of `e` (which may be another engine of the same network than
 * the one the target was made with). */
double attr_target_value(const attr_target *t, attr_engine *e, int sample);

/* attr_engine_forward() of samples 0 .. samples-1 as far as these targets depend on it: afterwards the engine has what
 * attr_target_value(), attr_target_seed(), attr_target_backward() and the probabilities of these targets need, and
 * nothing else. Of a detection in a small cell that is a part of the network. */
void attr_targets_forward(attr_target *const *targets, size_t count, attr_engine *e, int samples);
void attr_target_forward(const attr_target *t, attr_engine *e, int samples);

/* Zeroes the gradients that attr_target_seed() adds to. */
void attr_target_clear(const attr_target *t, attr_engine *e);

/* Adds weight x (derivative of the target) to the gradient of the head's input. */
void attr_target_seed(const attr_target *t, attr_engine *e, int sample, double weight);

/* Runs backward from the seeds to the network's input. */
void attr_target_backward(const attr_target *t, attr_engine *e);

/* All three for samples 0 .. count-1 of the last forward, with weight 1: their derivatives are then in the gradient of
 * the network's input. */
void attr_target_differentiate(const attr_target *t, attr_engine *e, int count);

#endif
