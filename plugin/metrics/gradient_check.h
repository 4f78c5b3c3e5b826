/* Is the engine's gradient exact? The proofs behind `darknet attribute check`, on any network.
 *
 * Three witnesses: the single-precision engine, its double-precision twin, and differences of the twin's forward. All
 * errors are relative in the l2 norm; 0 is best. */
#ifndef ATTR_METRICS_GRADIENT_CHECK_H
#define ATTR_METRICS_GRADIENT_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "model/engine.h"
#include "targets/target.h"

/* Limits under which a network passes. */
#define ATTR_CHECK_ROUNDING   1e-5 /* a layer, single against double */
#define ATTR_CHECK_BACKWARD   1e-4 /* end to end, single against double on the same linear piece */
#define ATTR_CHECK_DIFFERENCE 1e-3 /* double against differences */

typedef struct {
    int layer;
    const char *name; /* "convolutional" */
    /* single against double, on the same input */
    double forward;
    /* likewise, for the same random output gradient, with the same winners of maxima and signs of activations */
    double backward;
    /* double backward against central differences along a random direction, relative to |gradient|; at the same input
     * with a little noise, for a maximum of zeros that a ReLU left has no derivative */
    double difference;
} attr_layer_check;

/* Where a network is not differentiable (ties of a maximum in flat parts of a picture) there is nothing to compare:
 * give inputs x with a little noise. */

/* Checks every layer at the tensors that the input x produces; out has attr_engine_layers() rows. Both engines, here
 * and below, must be of the same network and made with ATTR_KEEP_ALL; their tensors are overwritten. Views (see
 * layers/op.h) get zeros. */
attr_status attr_check_layers(attr_layer_check *out, attr_engine *single, attr_engine *twin, const float *x,
                              uint64_t seed);

/* Gives the twin the single engine's output and winners, so that both differentiate the same linear piece: a ReLU or a
 * maximum that rounding decides the other way is no error of the backward. */
void attr_take_decisions(const attr_op *from, attr_op *to);

typedef struct {
    double value; /* the target, double precision */
    /* of the double map, l2; where it is 0 there is nothing to compare, and all errors are 0 if the other maps are 0 */
    double length;
    /* single map against double map, and the cosine between them; where rounding flips a ReLU or a maximum they differ
     * rightly */
    double map, cosine;
    /* single map against the double backward from the single engine's activations: without flips */
    double backward;
    /* double map against central differences, the worse of two directions: random, and the map's own */
    double difference;
    /* the target is so flat (a saturated probability) that differences are mostly rounding: `difference` is what that
     * does not explain */
    bool is_flat;
} attr_end_check;

/* Checks the gradient of one target at x; `gradient` (inputs long) receives the double map. */
attr_status attr_check_end_to_end(attr_end_check *out, double *gradient, attr_engine *single, attr_engine *twin,
                                  const attr_target *target, const float *x, uint64_t seed);

typedef struct {
    const char *cannot_run; /* why stock Darknet cannot run this network's inference; NULL when it ran */
    double cosine, length;  /* its gradient against ours: cosine, and ratio of lengths */
} attr_stock_check;

/* Runs stock Darknet's own forward and backward at inference for the same logit and compares with `gradient` (of that
 * logit). `net` keeps its parameters; its weight updates are cleared. */
attr_status attr_check_stock(attr_stock_check *out, network *net, const double *gradient, int layer, size_t entry,
                             const float *x);

#endif
