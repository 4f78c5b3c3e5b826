/* The two maps that end a network, each with its exact derivative. Used by the layers [softmax], [logistic], [yolo],
 * [region], [detection].
 *
 * All work in double and round once. The backward functions start from the layer's input, not from its rounded output:
 * near saturation (an objectness of 0.99999) 1 - y has lost most of its digits in float, the input has not. Places
 * whose gradient is 0 cost nothing: a seed usually stands in a single cell. */
#ifndef ATTR_LAYERS_HEAD_MATH_H
#define ATTR_LAYERS_HEAD_MATH_H

#include <stddef.h>

#include "darknet.h"
#include "layers/real.h"

/* out[i] = 1 / (1 + exp(-in[i])), i < n, and its derivative: din[i] += dout[i] y (1 - y). */
void R(attr_sigmoid)(real *out, const real *in, size_t n);
void R(attr_sigmoid_backward)(real *din, const real *dout, const real *in, size_t n);

/* p = softmax(in / temperature) over the n elements in[0], in[stride], ..., and its derivative:
 * din += p (dout - sum p dout) / temperature. */
void R(attr_softmax_group)(real *out, const real *in, int n, size_t stride, double temperature);
void R(attr_softmax_group_backward)(real *din, const real *dout, const real *in, int n, size_t stride,
                                    double temperature);

/* The same in each group of a class tree: out[c * stride] is the probability of class c given its parent. */
void R(attr_softmax_tree)(real *out, const real *in, const tree *t, size_t stride, double temperature);
void R(attr_softmax_tree_backward)(real *din, const real *dout, const real *in, const tree *t, size_t stride,
                                   double temperature);

/* Copies n elements; adds n elements. The identity part of a head. */
void R(attr_copy)(real *out, const real *in, size_t n);
void R(attr_add)(real *din, const real *dout, size_t n);

#endif
