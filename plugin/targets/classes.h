/* The classes of a classifier, as Darknet ranks them. */
#ifndef ATTR_TARGETS_CLASSES_H
#define ATTR_TARGETS_CLASSES_H

#include "model/engine.h"

/* The probabilities that Darknet prints for one sample of the last forward: p[attr_class_count(e)]. With a tree of
 * classes these are the products along the paths, and 0 for all that are no leaves. */
void attr_class_probabilities(double *p, attr_engine *e, int sample);

/* The most probable one, of equals the first; -1 if a value is not finite. */
int attr_best_class(const double *p, int classes);

#endif
