/* A batch cut into parts, one for each thread, which takes its part through all layers by itself: threads wait for each
 * other once in a pass, not in every layer. What small networks lose by waiting is more than what they do in between.
 *
 * The ops of the engine describe the whole batch; each part has a copy of them that points at its own samples. Numbers
 * are the same bits, for no layer's sums depend on the samples beside. */
#ifndef ATTR_MODEL_PARTS_H
#define ATTR_MODEL_PARTS_H

#include "base/status.h"
#include "darknet.h"
#include "layers/op.h"
#include "model/lifetimes.h"

typedef struct attr_parts attr_parts;

/* How many parts pay for a network whose ops are described (attr_op.layout, choices): `threads`, or 1: none. */
int attr_parts_that_pay(const attr_op *ops, int layers, int batch, int threads);

/* For an engine's network, ops, tensors (which have memory of so many parts) and threads; all stay the engine's.
 * Released with attr_parts_free. */
attr_status attr_parts_make(attr_parts **out, const network *net, attr_op *ops, const attr_tensor *tensors,
                            const attr_tensor_memory *memory, int threads);
void attr_parts_free(attr_parts *p);

/* Darknet's forward_network() or backward_network() over the first op->count samples. A backward takes the same samples
 * to the same parts as the forward before. */
void attr_parts_run(attr_parts *p, void (*pass)(network *net));

#endif
