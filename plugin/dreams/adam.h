/* Adam with a limit for the gradient's length (Kingma, Ba: Adam, ICLR 2015, algorithm 1; as PyTorch's AdamW without
 * weight decay behind clip_grad_norm_): steps that make a function smaller.
 *
 *   g <- g min(1, limit / (|g| + 1e-6))
 *   m <- b1 m + (1 - b1) g,  v <- b2 v + (1 - b2) g^2          b1 = 0.9, b2 = 0.999
 *   p <- p - rate (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + 1e-8) */
#ifndef ATTR_DREAMS_ADAM_H
#define ATTR_DREAMS_ADAM_H

#include <stddef.h>

#include "base/status.h"

typedef struct {
    size_t size, steps;
    double rate, limit; /* limit 0: none */
    double *first, *second;
} attr_adam;

/* Released with attr_adam_free, also after a failure. */
attr_status attr_adam_make(attr_adam *out, size_t size, double rate, double limit);
void attr_adam_free(attr_adam *a);

/* One step; the gradient is not changed. */
void attr_adam_step(double *parameters, attr_adam *a, const double *gradient);

#endif
