/* Rules for an integral over [0, 1]: sum of weights[i] f(nodes[i]). */
#ifndef ATTR_METHODS_QUADRATURE_H
#define ATTR_METHODS_QUADRATURE_H

#include <stddef.h>

#include "base/status.h"
#include "options/options.h"

/* The words of option rule:
 *   ATTR_RULE_GAUSS      Gauss-Legendre, exact for polynomials up to degree 2 n - 1
 *   ATTR_RULE_TRAPEZOID  n nodes with both ends, weights 1/2, 1, ..., 1, 1/2 over n - 1
 *   ATTR_RULE_RIGHT      nodes 1/n, 2/n, ..., 1: the sum of the SmoothTaylor paper's code
 *   ATTR_RULE_EVEN       the trapezoid's nodes, each weighing 1/n: RelEx's and the smoothing study's code */
typedef attr_rule_word attr_rule;

/* Nodes ascending; weights sum to 1. n >= 1, with both ends n >= 2. */
attr_status attr_quadrature(double *nodes, double *weights, size_t n, attr_rule rule);

#endif
