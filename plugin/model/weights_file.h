/* Checks weights files. Darknet reads a file that is too short or too long without a word, and then computes with
 * random numbers.
 *
 * Format, little-endian:
 *   int32 major, minor, revision
 *   seen: pictures seen in training; 8 bytes if major * 10 + minor >= 2 and both are below 1000, else 4
 *   for each layer with parameters, in order, floats:
 *     [convolutional], [deconvolutional]   n biases; with batch norm n scales, n means, n variances; weights
 *     [connected]                          biases; weights; with batch norm scales, means, variances
 *     [local]                              a bias for each output; weights
 *     [batchnorm]                          scales, means, variances
 *
 * The very first files begin with three floats (learning rate, momentum, decay) where versions are now; read as ints
 * these are larger than 1000. */
#ifndef ATTR_MODEL_WEIGHTS_FILE_H
#define ATTR_MODEL_WEIGHTS_FILE_H

#include "base/status.h"
#include "darknet.h"
#include "model/shapes.h"

/* Whether the file (looked for with attr_find_file()) holds to the byte what a network of these shapes needs.
 * ATTR_BAD_INPUT says what is wrong: missing, empty, a text, truncated (and the first layer that gets too little), too
 * long. */
attr_status attr_weights_check(const char *path, const attr_shape *shapes, int count);

/* To be called when Darknet has loaded the file into `net`: every parameter must be finite and no rolling variance
 * negative. ATTR_BAD_INPUT names the layer. `path` is for the message. */
attr_status attr_weights_check_values(const network *net, const char *path);

#endif
