/* Darknet's 14 activation functions and their derivatives, single (_f32) and double (_f64) precision. */
#ifndef ATTR_LAYERS_ACTIVATIONS_H
#define ATTR_LAYERS_ACTIVATIONS_H

#include <stddef.h>

#include "darknet.h"
#include "layers/real.h"

/* values[i] = f(values[i]), n of them. NaN stays NaN; large arguments do not overflow. Many are shared among the
 * threads, unless the caller is one of several already. */
void R(attr_activate)(real *values, size_t n, ACTIVATION activation);

/* delta[i] *= f'(x[i]), expressed through outputs[i] = f(x[i]). Where f has a kink the value is the one that Darknet's
 * gradient() takes: 0 for relu, the small slope for leaky, the flat side for hardtan and stair. */
void R(attr_activation_gradient)(real *delta, const real *outputs, size_t n, ACTIVATION activation);

#endif
