/* Activations of two lines with their bend rounded off, so that a network has second derivatives everywhere:
 *
 *   f(u) = below u + (above - below) softplus(u)    softplus(u) = log(1 + exp(beta u)) / beta
 *   f'(u) = below + (above - below) / (1 + exp(-beta u))
 *
 * relu (0, 1), leaky (.1, 1), relie (.01, 1), ramp (.1, 1.1). f is above the two lines by log(2) / beta at most, times
 * above - below, and is them for an infinite beta. Dombrowski et al.: Explanations can be manipulated and geometry is
 * to blame, NeurIPS 2019 (relu). The layer itself computes with a linear activation; the engine rounds what it has
 * written and multiplies the gradient before the layer's backward. Private to the engine. */
#ifndef ATTR_MODEL_SOFTPLUS_H
#define ATTR_MODEL_SOFTPLUS_H

#include <stdbool.h>

#include "base/status.h"
#include "layers/op.h"

/* Takes the activation out of an engine's copy of a layer, if it is one of two lines (*bends), and remembers it with an
 * infinite beta. ATTR_UNSUPPORTED for one that has other bends. */
attr_status attr_softplus_take(bool *bends, attr_op *op, layer *l);

/* Of what the op has written, and of its gradient, for op->count samples. */
void attr_softplus_forward(attr_op *op);
void attr_softplus_backward(attr_op *op);

#endif
