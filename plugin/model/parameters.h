/* The parameters of a network, and those that an engine computes with instead: a clone's. */
#ifndef ATTR_MODEL_PARAMETERS_H
#define ATTR_MODEL_PARAMETERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/random.h"
#include "base/status.h"
#include "model/engine.h"

/* Of all parameters of a network as they are now. */
uint64_t attr_parameters_checksum(const network *net);

/* How many floats a parameter array of a layer holds; 0 where it has none. */
typedef struct {
    size_t weights, biases, statistics; /* statistics: scales, rolling mean and rolling variance have as many each */
} attr_parameter_counts;
attr_parameter_counts attr_count_parameters(const layer *l);

/* The arrays of a layer as Darknet has them. */
attr_parameters attr_parameters_of(const layer *l);

/* Uses other parameters (one per layer, e.g. a perturbed clone's; they must stay valid) and folds them;
 * NULL goes back to the engine's own. */
void attr_engine_set_parameters(attr_engine *e, const attr_parameters *parameters);

/* Lets other parameters stand for the engine's own in all that follows: clones are made of them, and what goes back to
 * the engine's own goes back to these, so that methods run on another network without knowing it. They must stay valid
 * until they are replaced again; NULL: by the network's. The network itself is not changed. */
void attr_engine_replace_parameters(attr_engine *e, const attr_parameters *parameters);

/* Noise on every weight, bias and batch-norm scale of an engine's own parameters (never on the rolling statistics), as
 * NoiseGrad puts it on them before batch norm is folded: element i of array a of layer l gets the normal i of stream
 * ATTR_STREAM_WEIGHT_NOISE, part attr_array_part(l, a), sample `clone` (Bykov et al.: NoiseGrad, AAAI 2022). */
typedef struct {
    uint64_t seed, clone;
    float sigma;
    attr_noise noise;
    const bool *layers; /* [layers] those that get noise; NULL: all */
} attr_weight_noise;

/* Goes over to a clone. Convolutions make the noise while they take in the weights, and keep no perturbed copy; other
 * layers keep one. The engine's own parameters are not changed; attr_engine_set_parameters(e, NULL) goes back to them,
 * as a failure (ATTR_NO_MEMORY) does. */
attr_status attr_engine_perturb(attr_engine *e, const attr_weight_noise *noise);

#endif
