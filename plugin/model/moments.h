/* Mean and variance of what a layer sums up, channel by channel: what batch norm's rolling statistics are made of. */
#ifndef ATTR_MODEL_MOMENTS_H
#define ATTR_MODEL_MOMENTS_H

#include "base/status.h"
#include "model/engine.h"

/* Runs a layer for sample 0 without its batch norm and activation, from what its inputs hold, and measures what comes
 * out: mean[channels] and variance[channels], the latter 0 where a channel has one value only. The layer itself is
 * still to be run. Layers go in their order, as for attr_engine_forward_layer(). */
attr_status attr_measure_moments(double *mean, double *variance, attr_engine *e, int layer);

/* Whether a layer normalises: a [batchnorm], or one with batch_normalize. */
int attr_layer_normalises(const layer *l);

#endif
