/* Top-1 accuracy: the part of the pictures whose most probable class is the right one. 0 to 1, higher is better. */
#ifndef ATTR_METRICS_ACCURACY_H
#define ATTR_METRICS_ACCURACY_H

#include <stddef.h>

/* found[count], truth[count]: classes; what is negative is never right. 0 for no picture. */
double attr_top1_accuracy(const int *found, const int *truth, size_t count);

#endif
