/* Two engines of one network that must give the same bits. */
#ifndef ATTR_TESTS_ENGINE_COMPARE_H
#define ATTR_TESTS_ENGINE_COMPARE_H

#include "model/engine.h"

/* n numbers from -1 to 1; released with free(). */
double *random_seeds(size_t n);

/* After forwards of the same `count` samples: what targets read of a head, input gradients of a backward from it with
 * random seeds, and values and gradients of what both engines keep. */
void expect_same_head(attr_engine *planned, attr_engine *all, int head, int count, const char *cfg);

#endif
