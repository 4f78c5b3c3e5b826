/* Other parameters in the place of a network's own: what sanity checks of maps run a method on. The network is read
 * only; an engine takes the parameters by attr_engine_replace_parameters(e, r.parameters).
 *
 *   attr_replacement r;
 *   ATTR_TRY(attr_replacement_make(&r, net));
 *   ATTR_TRY(attr_replacement_measure(&r, e, x));             before anything is replaced
 *   ATTR_TRY(attr_replacement_draw(&r, layer, seed));
 *   ATTR_TRY(attr_replacement_calibrate(&r, e, x));           the engine computes with them now
 *   ...
 *   attr_engine_replace_parameters(e, NULL);
 *   attr_replacement_free(&r);
 *
 * Batch norm. A layer with other weights puts out other numbers, so the rolling statistics that were trained fit
 * neither it nor any batch norm behind it: activations explode or die, and then every map changes, whatever its method
 * looks at. So attr_replacement_calibrate() measures the mean m and the variance v of what each of them sums up for x
 * (channel by channel; over all channels where a channel has one value), in the order of the layers, and sets
 *
 *   of a layer that was drawn                 mean = m, variance = v
 *   of one that was not, but reads such ones  variance = variance_0 v / v_0
 *                                             mean = m + (mean_0 - m_0) sqrt(v / v_0)
 *
 * where m_0, v_0 are the trained network's on x: such a layer's normalised numbers keep on x the mean and variance that
 * they have in the trained network. That holds up a prediction that rests on channels' means alone (random from the
 * bottom, a classifier's logit may stay): what is lost is places. A variance below 1e-4 times the layer's mean one
 * counts as that. */
#ifndef ATTR_MODEL_REPLACEMENT_H
#define ATTR_MODEL_REPLACEMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "model/engine.h"

typedef struct {
    const network *net;
    attr_parameters *parameters;  /* [layers] for engines */
    bool *drawn;                  /* [layers] whose parameters are random */
    struct attr_layer_room *room; /* [layers] the arrays that are not the network's; made when first needed */
} attr_replacement;

/* ATTR_NO_MEMORY is the only failure here and below, where no other is named. Release with attr_replacement_free(),
 * after a failure, too. */
attr_status attr_replacement_make(attr_replacement *out, const network *net);
void attr_replacement_free(attr_replacement *r);

/* All parameters are the network's again. */
void attr_replacement_clear(attr_replacement *r);

/* Whether a layer has weights, biases or scales to be replaced. */
bool attr_layer_has_parameters(const layer *l);

/* Gives a layer the parameters that Darknet starts a training with: biases 0, scales 1, weights
 *
 *   [convolutional]    sqrt(2 / (size^2 channels / groups)) N(0, 1)
 *   [deconvolutional]  0.02 N(0, 1)
 *   [connected]        sqrt(2 / inputs) U(-1, 1)
 *   [local]            sqrt(2 / (size^2 channels)) U(-1, 1)
 *
 * Element i is that of stream ATTR_STREAM_RANDOM_WEIGHTS, part attr_array_part(layer, ATTR_ARRAY_WEIGHTS), sample 1. */
attr_status attr_replacement_draw(attr_replacement *r, int layer, uint64_t seed);

/* Measures the trained network on x; makes the engine compute with the network's parameters. */
attr_status attr_replacement_measure(attr_replacement *r, attr_engine *e, const float *x);

/* Sets the statistics as above; makes the engine compute with the parameters of *r. ATTR_NUMERIC when what a layer sums
 * up is not finite. */
attr_status attr_replacement_calibrate(attr_replacement *r, attr_engine *e, const float *x);

/* Puts noise on the network's parameters: every array of weights, biases and scales with two or more elements gets
 * N(0, (percent / 100 std)^2), std being the array's own (unbiased) standard deviation. Rolling statistics stay.
 * Element i is the normal i of stream ATTR_STREAM_SANITY_NOISE, part attr_array_part(layer, array), sample `percent`.
 * From Rahman, Lewis, Plis: Geometrically Guided Integrated Gradients, 2022 (there: drawn anew for each method). */
attr_status attr_replacement_perturb(attr_replacement *r, int percent, uint64_t seed);

/* Makes the network's first layer put out for x + shift what it puts out for x, wherever its window is inside of the
 * input. ATTR_UNSUPPORTED unless the first layer is [convolutional] or
 * [connected]. */
attr_status attr_replacement_shift(attr_replacement *r, double shift);

/* attr_engine_replace_parameters() by these. */
void attr_replacement_use(const attr_replacement *r, attr_engine *e);

#endif
