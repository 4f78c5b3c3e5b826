/* Batch norm as inference uses it: an affine map of each channel. */
#ifndef ATTR_LAYERS_BATCHNORM_H
#define ATTR_LAYERS_BATCHNORM_H

#include <math.h>

#include "layers/op.h"

typedef struct {
    double scale, bias;
} attr_affine;

/* The factor of channel i: scale / (sqrt(rolling variance) + 1e-6), the denominator of Darknet's forward on the CPU
 * (its GPU code and its denormalize commands use others). */
static inline double attr_batchnorm_factor(const attr_parameters *p, int i) {
    return p->scales[i] / (sqrt(p->rolling_variance[i]) + 1e-6f);
}

/* What happens to channel i between the weights and the activation: y = scale x + bias. */
static inline attr_affine attr_channel_affine(const attr_parameters *p, int batch_normalize, int i) {
    if (!batch_normalize) return (attr_affine){1, p->biases[i]};
    double scale = attr_batchnorm_factor(p, i);
    return (attr_affine){scale, p->biases[i] - p->rolling_mean[i] * scale};
}

#endif
