/* Which layers the methods look at that look at activations (layer_view.c): option `layers`.
 *
 * A layer is possible if it comes before the head that the target hangs on, the head depends on it, and what it writes
 * has more than one place (width x height > 1). One that only passes on ([dropout], [cost], a [route] of one layer) is
 * as possible as what it passes on.
 *
 * `auto` is the last possible layer that holds activations, not scores. So it is searched from the head down, and left
 * out are
 *   - layers that only pass on: what they pass on is taken instead;
 *   - the layer that makes the scores: the one with weights ([convolutional], [deconvolutional], [connected], [local])
 *     nearest to the head, or the head itself, if the head is [yolo], [region] or [detection], or if its
 *     activation is linear.
 * That is
 *   - for [yolo] and [region]: what the last 1x1 convolution before the head reads, two layers before the head;
 *   - for [detection]: what its last [connected] reads;
 *   - where a linear convolution with a channel for each class is averaged (Tiny Darknet: [convolutional] [avgpool]
 *     [softmax]): what that convolution reads; where it comes behind the [avgpool] (resnets): what that averages;
 *   - before layers of [connected]: the last layer that has the shape of a picture, often a [maxpool].
 * Where only the layer of the scores is possible, it is taken. */
#ifndef ATTR_METHODS_LAYER_CHOICE_H
#define ATTR_METHODS_LAYER_CHOICE_H

#include "methods/method.h"

/* The layer that `auto` means for a head. ATTR_BAD_INPUT if none is possible. */
attr_status attr_layer_of_head(int *out, const layer *layers, int head);

/* ATTR_BAD_INPUT if layer `index` is not possible for a head; the message says which are. */
attr_status attr_layer_check(const layer *layers, int head, int index);

/* Marks the layers whose values and gradients the engine must keep for a method: keep[count], those that write what is
 * looked at, of every head that a target may hang on. None for other methods. */
void attr_layers_to_keep(bool *keep, const layer *layers, int count, const attr_method_settings *settings);

#endif
