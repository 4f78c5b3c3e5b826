/* Which implementation of a layer's convolution is the fastest on this machine, measured on random values. */
#ifndef ATTR_METRICS_TUNING_H
#define ATTR_METRICS_TUNING_H

#include "layers/op.h"

/* One direction of a layer. */
typedef struct {
    attr_conv_by rule;                  /* what the layer has */
    attr_conv_by best;                  /* the fastest, if it is so by 5 % at least; else that of the rule */
    double seconds[ATTR_CONV_BY_COUNT]; /* median of a batch; 0: cannot do it, or was not asked */
} attr_tuned_direction;

typedef struct {
    int layer;
    const char *name;
    attr_conv_shape shape;
    attr_tuned_direction forward, backward;
} attr_tuned_layer;

/* Whether there is more than one implementation for a layer of an engine. Fills `layer`, `name`, `shape` and the
 * rules. */
int attr_tuning_can(attr_tuned_layer *out, const attr_op *op);

/* Measures a layer: with the engine's threads, `batch` samples at once; `bf16` asks for what rounds to bf16, too.
 * Rounds are interleaved, so that what else the machine does meets all implementations, and what is better must be so
 * twice. */
attr_status attr_tuning_measure(attr_tuned_layer *layer, const attr_op *op, int batch, int bf16);

#endif
