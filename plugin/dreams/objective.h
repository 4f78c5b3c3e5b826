/* What a dream makes as large as it can: one number of the network, and its derivative.
 *
 *   targets   the largest of some targets (targets/target.h), of equals the first: one, for a class; that of every
 *             cell and anchor, for a detector's class wherever in the picture. With `logarithm` the logarithm of each
 *             one's probability (targets/probability.h), which has a slope where the probability is 0 or 1 by rounding
 *   channel   of a layer's output, before the next layer: the mean over its places, or the unit in the middle (row
 *             height / 2, column width / 2, rounded down) */
#ifndef ATTR_DREAMS_OBJECTIVE_H
#define ATTR_DREAMS_OBJECTIVE_H

#include <stdbool.h>

#include "targets/target.h"

typedef struct {
    attr_target **targets; /* [count], owned; NULL: a channel */
    size_t count;
    bool logarithm;
    int layer;   /* the one that writes the channel (attr_layer_writer); the engine must keep it */
    int channel; /* below the channels of what it writes */
    bool centre; /* the unit in the middle, not the mean */
} attr_dream_objective;

/* The targets of every cell and anchor of all heads that have the class. ATTR_BAD_INPUT if there is none. */
attr_status attr_objective_anywhere(attr_dream_objective *out, attr_engine *e, attr_quantity quantity, int class_index);

/* ATTR_BAD_INPUT if the engine does not keep the layer, or it has no such channel. */
attr_status attr_objective_of_channel(attr_dream_objective *out, attr_engine *e, int layer, int channel, bool centre);

void attr_objective_free(attr_dream_objective *o);

/* Its value for sample 0 of the last forward; *chosen (may be NULL) is the target that it is the value of. */
double attr_objective_value(size_t *chosen, const attr_dream_objective *o, attr_engine *e);

/* The same, and afterwards its derivative is in the gradient of the network's input. The last pass must have been a
 * forward of one sample. */
double attr_objective_differentiate(const attr_dream_objective *o, attr_engine *e);

/* The probability behind the value: the target's; NAN where there is none. */
double attr_objective_probability(const attr_dream_objective *o, attr_engine *e);

#endif
