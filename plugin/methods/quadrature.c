#include "methods/quadrature.h"

#include <math.h>
#include <stdbool.h>

/* The Legendre polynomial P_n(x) by its three-term recurrence, and its derivative. */
static double legendre(double *derivative, double x, size_t n) {
    double before = 1, value = x;
    for (size_t k = 2; k <= n; ++k) {
        double next = ((2.0 * (double)k - 1) * x * value - ((double)k - 1) * before) / (double)k;
        before = value;
        value = next;
    }
    *derivative = (double)n * (x * value - before) / (x * x - 1);
    return value;
}

/* Roots of P_n by Newton's method from Tricomi's starting points; weights 2 / ((1 - x^2) P_n'(x)^2). */
static void gauss(double *nodes, double *weights, size_t n) {
    for (size_t i = 0; i < (n + 1) / 2; ++i) {
        double x = cos(M_PI * ((double)i + 0.75) / ((double)n + 0.5)), slope = 1;
        if (2 * i + 1 == n) x = 0; /* the middle root of an odd n */
        for (int iteration = 0; iteration < 100; ++iteration) {
            double step = legendre(&slope, x, n) / slope;
            x -= step;
            if (fabs(step) < 1e-15) break;
        }
        legendre(&slope, x, n);
        double weight = 1 / ((1 - x * x) * slope * slope); /* half: the interval is [0, 1] */
        nodes[i] = (1 - x) / 2;
        nodes[n - 1 - i] = (1 + x) / 2;
        weights[i] = weights[n - 1 - i] = weight;
    }
}

attr_status attr_quadrature(double *nodes, double *weights, size_t n, attr_rule rule) {
    bool has_ends = rule == ATTR_RULE_TRAPEZOID || rule == ATTR_RULE_EVEN;
    if (n < 1 || (has_ends && n < 2))
        return attr_fail(ATTR_BAD_INPUT, "steps=%zu is too few (rules trapezoid and even need 2, the others 1)", n);
    if (rule == ATTR_RULE_GAUSS && n == 1) {
        nodes[0] = 0.5;
        weights[0] = 1;
        return ATTR_OK;
    }
    if (rule == ATTR_RULE_GAUSS) {
        gauss(nodes, weights, n);
        return ATTR_OK;
    }
    for (size_t i = 0; i < n; ++i) {
        int end = i == 0 || i == n - 1;
        double last = (double)n - 1;
        nodes[i] = rule == ATTR_RULE_RIGHT ? (double)(i + 1) / (double)n : (double)i / last;
        weights[i] = rule == ATTR_RULE_TRAPEZOID ? (end ? 0.5 : 1) / last : 1 / (double)n;
    }
    return ATTR_OK;
}
