/* Random parameters for a network without a weights file, such that signals neither die nor explode. */
#ifndef ATTR_MODEL_RANDOM_WEIGHTS_H
#define ATTR_MODEL_RANDOM_WEIGHTS_H

#include <stdint.h>

#include "base/status.h"
#include "darknet.h"

/* Overwrites all parameters of `net`: weights normal with variance 2 / fan-in (He et al. 2015), small biases,
 * batch-norm scales near 1, and rolling statistics measured, layer by layer, on one input of uniform noise (with the
 * zeros that Darknet starts from, every batch norm would divide by 1e-6). The same seed gives the same parameters. */
attr_status attr_random_weights(network *net, uint64_t seed);

#endif
