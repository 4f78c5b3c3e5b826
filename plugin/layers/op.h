/* A layer as the engine sees it: where it reads, where it writes, and the functions of its kind.
 *
 * Tensors are plain NCHW arrays of `real` (float or double, see real.h), sample after sample. `b` below is a sample of
 * the batch, 0 <= b < op->batch; op->count is the number of samples of the current pass (count <= batch).
 *
 *   input i:   in[i]    [batch][in_size[i]]   the output of the layer read (or the network's input)
 *   output:    out      [batch][outputs]
 *   gradients: din[i], dout, of the same shapes. backward() ADDS to din[i] (several layers may read one tensor; the
 *              engine zeroes). din[i] is NULL when nobody asks for it: then nothing is computed for it.
 *
 * Sequential layers have one input, the layer before. [route] has one input for each layer that it joins, [shortcut]
 * has two: in[0] the layer before, in[1] the layer `from`. All derivatives are those of inference: batch norm is affine
 * with the rolling statistics, dropout is the identity. */
#ifndef ATTR_LAYERS_OP_H
#define ATTR_LAYERS_OP_H

#include <stddef.h>

#include "base/status.h"
#include "darknet.h"

/* The parameters that a pass uses: Darknet's own arrays or a perturbed copy (a clone). Never written by a layer. */
typedef struct {
    const float *weights, *biases, *scales, *rolling_mean, *rolling_variance;
} attr_parameters;

typedef struct attr_op attr_op;

/* What a layer type can do; one table row for each type and precision, see registry.c. A NULL function does nothing. */
typedef struct {
    LAYER_TYPE type;
    const char *name; /* as in a cfg section: "convolutional" */
    int is_view;      /* output and delta are those of the layer before: nothing to compute (dropout, cost) */

    /* Allocates what the layer keeps between passes (op->memory, op->indexes) for op->batch samples. */
    attr_status (*prepare)(attr_op *op);
    /* Takes in op->parameters: folds batch norm, reorders weights. Called after prepare and again for each clone. */
    void (*fold)(attr_op *op);
    void (*forward)(attr_op *op);
    void (*backward)(attr_op *op);
} attr_layer_kind;

struct attr_op {
    const attr_layer_kind *kind;
    const layer *l; /* Darknet's description: shapes and settings, read only */
    attr_parameters parameters;
    int index;        /* position in the network */
    int net_w, net_h; /* size of the network's input picture (anchors of [yolo] are in its pixels) */
    int batch, count; /* samples that the buffers hold, samples of this pass */
    int active;       /* takes part in the current backward; the engine's */

    int input_count;
    const void **in;
    void **din;
    size_t *in_size;
    void *out, *dout;
    size_t outputs;

    void *memory[4]; /* the layer's own buffers, made by prepare with attr_allocate, freed by the engine */
    int *indexes;    /* likewise */
};

/* The row for a layer type in single or double precision; NULL when the type is refused. */
const attr_layer_kind *attr_layer_kind_f32(LAYER_TYPE type);
const attr_layer_kind *attr_layer_kind_f64(LAYER_TYPE type);

/* The name of a layer type as written in a cfg section, also for refused ones ("rnn"). */
const char *attr_layer_name(LAYER_TYPE type);

#endif
