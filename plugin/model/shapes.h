/* The sizes of a network's layers, worked out from its cfg before Darknet sees it, by Darknet's own rules. */
#ifndef ATTR_MODEL_SHAPES_H
#define ATTR_MODEL_SHAPES_H

#include <stddef.h>

#include "base/status.h"
#include "darknet.h"
#include "model/cfg.h"

typedef struct {
    LAYER_TYPE type;
    const char *name; /* "convolutional" */
    int line;         /* of the section in the cfg file */

    /* What comes from the layer before, and what goes on. w, h, c are 0 for a plain list of numbers; otherwise
     * w * h * c is the number of inputs (outputs). Of [route] and [shortcut]: inputs = outputs, as in Darknet. */
    int w, h, c, inputs;
    int out_w, out_h, out_c, outputs;

    size_t weights;    /* floats in the layer's weight array; biases, scales and statistics not counted */
    size_t parameters; /* floats that a weights file holds for it; 0 with dontload=1 */
} attr_shape;

/* Sets *out to one shape a layer (net mode; released with free()) and *count to their number.
 *
 * ATTR_BAD_INPUT with file and line for what would make Darknet abort, divide by zero, read or write outside its
 * memory, or overflow an int: sizes that do not fit each other, layers that do not exist, missing files.
 * ATTR_UNSUPPORTED for a layer that Darknet's code computes otherwise than its cfg says.
 * ATTR_NO_MEMORY if parameters and outputs alone are larger than this computer's memory. */
attr_status attr_cfg_shapes(attr_shape **out, int *count, const attr_cfg *cfg);

#endif
