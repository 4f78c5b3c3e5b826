/* The probability behind a target, for methods that ask what the network predicts: RelEx (relex.c), Geometric Ensemble
 * Gradients (geg.c).
 *
 *   target                                            its probability p
 *   logit, probability, log_probability (of a class)  the class's: softmax, product over a tree's path, or sigmoid
 *   score                                             objectness x that
 *   objectness, objectness_logit                      the objectness
 *
 * A [detection] layer predicts objectness and, without softmax, classes directly: there p is z between 0 and 1, a
 * constant beyond, and log p goes on along its tangent below z = 0.001, so that neither is ever infinite. Elsewhere
 * log p is exact where p has long been rounded to 0 or 1. Values and derivatives are in double precision. */
#ifndef ATTR_TARGETS_PROBABILITY_H
#define ATTR_TARGETS_PROBABILITY_H

#include "targets/target.h"

/* ATTR_BAD_INPUT, with `method` in the message, when there is none: for a contrast, a number of a box, a classifier's
 * head without probabilities. */
attr_status attr_target_needs_probability(const attr_target *t, attr_engine *e, const char *method);

/* For one sample of the last forward of `e`, as attr_target_value(). */
double attr_target_probability(const attr_target *t, attr_engine *e, int sample);
double attr_target_log_probability(const attr_target *t, attr_engine *e, int sample);

/* Add weight x the derivative of p, or of log p, to the gradient of the head's input, as attr_target_seed(). */
void attr_target_seed_probability(const attr_target *t, attr_engine *e, int sample, double weight);
void attr_target_seed_log_probability(const attr_target *t, attr_engine *e, int sample, double weight);

/* Which class the network predicts where the target stands: the largest of the classes that compete with the target's,
 * the first of equals. These are its softmax's group, the outputs of a [logistic] or plain head, or the classes of its
 * cell and anchor. With a tree it is the first class on the way from the root that is not the target's own path; the
 * target's class, if it wins on every level. -1: the background of a [region] layer. */
int attr_target_predicted(const attr_target *t, attr_engine *e, int sample);

/* The same quantity of another class (of the same cell and anchor), which u in [0, 1) chooses evenly among those that
 * are neither the target's nor, in a tree, above or below it. ATTR_BAD_INPUT when there is none, or when the quantity
 * is one of the objectness, which all classes share. */
attr_status attr_target_of_other_class(attr_target **out, const attr_target *t, attr_engine *e, double u);

/* The most probable of those others, of equals the first. */
attr_status attr_target_runner_up(int *class_index, const attr_target *t, attr_engine *e, int sample);

#endif
