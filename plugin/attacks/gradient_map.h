/* The maps that attacks on explanations change, and the way of a derivative back through them. With g the gradient of
 * the target and m = g, or m = x (.) g,
 *
 *   A_p = sum over channels of |m|    M = A / (sum over the picture's pixels of A)
 *
 * so M is 0 or more and sums to 1, as the attacks' authors normalise maps; a letterbox's bars are no part of it. For a
 * function L of M
 *
 *   dL/dA_p = (dL/dM_p - sum_q dL/dM_q M_q) / (sum of A)
 *   dL/dx = H (dL/dA sign(m)) + 0                            gradient
 *   dL/dx = H (dL/dA sign(m) x) + dL/dA sign(m) g            gradient x input */
#ifndef ATTR_ATTACKS_GRADIENT_MAP_H
#define ATTR_ATTACKS_GRADIENT_MAP_H

#include <stdbool.h>

#include "attacks/hessian.h"
#include "methods/baseline.h"

typedef struct {
    attr_region region;
    bool times_input;
} attr_gradient_map;

/* map[height][width] = M, 0 outside of the picture, of a gradient at x; returns the sum of A, 0 where there is no
 * gradient at all (M is 0 then). */
double attr_gradient_map_of(double *map, const attr_gradient_map *kind, const double *gradient, const double *x);

/* out[size] = dL/dx at the point where `at` is, given dL/dM [height][width]. Two gradients. */
attr_status attr_gradient_map_pull(double *out, const attr_gradient_map *kind, attr_curvature *at,
                                   const double *derivative);

#endif
