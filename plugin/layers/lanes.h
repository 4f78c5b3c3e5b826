/* One source for plain and blocked tensors: both are planes of h x w pixels of `lanes` numbers, a plane being one
 * channel (1 number a pixel) or sixteen of them. */
#ifndef ATTR_LAYERS_LANES_H
#define ATTR_LAYERS_LANES_H

#include "kernels/blocked.h"
#include "layers/op.h"
#include "layers/real.h"

/* Planes of a sample of c channels. */
static inline int attr_planes(int c, int lanes) {
    return (c + lanes - 1) / lanes;
}

/* Calls body(op, lanes) with a constant, so that loops over lanes become vector instructions; body has to be inlined.
 * Only float tensors are blocked. */
#define ATTR_FOR_LANES(body, op)                                                                                       \
    do {                                                                                                               \
        if (sizeof(real) == sizeof(float) && (op)->blocked)                                                            \
            body(op, attr_lanes);                                                                                      \
        else                                                                                                           \
            body(op, 1);                                                                                               \
    } while (0)

/* Into a gradient: adds, or stores where nobody wrote before. */
static inline void attr_give(real *to, real value, int add) {
    *to = (add ? *to : 0) + value;
}

/* For layers that are as good in either layout. */
static inline attr_layout attr_as_input(const attr_op *op) {
    return op->reads[0]->blocked ? ATTR_BLOCKED : ATTR_PLAIN;
}

#endif
