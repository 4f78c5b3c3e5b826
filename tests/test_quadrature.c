#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "methods/quadrature.h"

enum { MOST = 128 };

static const char *const rule_names[] = {"gauss", "trapezoid", "right"};

static void make(double *nodes, double *weights, int n, attr_rule rule) {
    cr_assert_eq(attr_quadrature(nodes, weights, (size_t)n, rule), ATTR_OK, "%s, n = %d: %s", rule_names[rule], n,
                 attr_error_message());
}

Test(quadrature, has_ascending_nodes_and_weights_that_sum_to_one) {
    double nodes[MOST], weights[MOST];
    for (int rule = ATTR_RULE_GAUSS; rule <= ATTR_RULE_RIGHT; rule++) {
        for (int n = rule == ATTR_RULE_TRAPEZOID ? 2 : 1; n <= MOST; n++) {
            double sum = 0;
            make(nodes, weights, n, rule);
            for (int i = 0; i < n; i++) {
                sum += weights[i];
                cr_expect(weights[i] > 0 && nodes[i] >= 0 && nodes[i] <= 1 && (i == 0 || nodes[i] > nodes[i - 1]),
                          "%s, n = %d: node %d is %g, its weight %g", rule_names[rule], n, i, nodes[i], weights[i]);
            }
            cr_expect(fabs(sum - 1) < 1e-14, "%s, n = %d: the weights sum to 1 %+g", rule_names[rule], n, sum - 1);
        }
    }
}

/* P_k(2 x - 1) by its power series in x - 1, which cancels for large k. */
static double shifted_legendre(int k, double x) {
    double value = 0, term = 1;
    for (int j = 0; j <= k; j++) {
        value += term;
        term *= (double)(k - j) * (k + j + 1) / ((j + 1.) * (j + 1.)) * (x - 1);
    }
    return value;
}

Test(quadrature, of_gauss_is_exact_up_to_degree_2n_minus_1) {
    double nodes[MOST], weights[MOST];
    for (int n = 1; n <= 64; n++) {
        make(nodes, weights, n, ATTR_RULE_GAUSS);
        for (int degree = 0; degree < 2 * n; degree++) { /* x^degree, and its mirror image (1 - x)^degree */
            double sum = 0, mirrored = 0;
            for (int i = 0; i < n; i++) {
                sum += weights[i] * pow(nodes[i], degree);
                mirrored += weights[i] * pow(1 - nodes[i], degree);
            }
            double expected = 1. / (degree + 1);
            cr_expect(fabs(sum - expected) < 1e-14 && fabs(mirrored - expected) < 1e-14,
                      "n = %d, degree %d: %.17g and %.17g, expected %.17g", n, degree, sum, mirrored, expected);
        }
    }
}

Test(quadrature, of_gauss_keeps_low_legendre_polynomials_orthogonal) {
    double nodes[MOST], weights[MOST];
    for (int n = 1; n <= 64; n++) {
        make(nodes, weights, n, ATTR_RULE_GAUSS);
        for (int a = 0; a <= 5; a++) {
            for (int b = 0; b <= 5 && a + b < 2 * n; b++) {
                double sum = 0, expected = a == b ? 1. / (2 * a + 1) : 0;
                for (int i = 0; i < n; i++)
                    sum += weights[i] * shifted_legendre(a, nodes[i]) * shifted_legendre(b, nodes[i]);
                cr_expect(fabs(sum - expected) < 1e-13, "n = %d: P_%d P_%d gives %g, expected %g", n, a, b, sum,
                          expected);
            }
        }
    }
}

/* The error for x^(2 n) is known: (n!)^4 / ((2 n + 1) ((2 n)!)^2). */
Test(quadrature, of_gauss_is_not_exact_for_degree_2n) {
    double nodes[MOST], weights[MOST], factorial = 1, twice = 1;
    for (int n = 1; n <= 6; n++) {
        factorial *= n;
        twice *= (2. * n - 1) * (2. * n);
        make(nodes, weights, n, ATTR_RULE_GAUSS);
        double sum = 0, expected = pow(factorial, 4) / ((2 * n + 1) * twice * twice);
        for (int i = 0; i < n; i++) sum += weights[i] * pow(nodes[i], 2 * n);
        cr_expect(fabs(1. / (2 * n + 1) - sum - expected) < 1e-6 * expected + 1e-15, "n = %d: error %g, expected %g", n,
                  1. / (2 * n + 1) - sum, expected);
    }
}

/* Published values of the rules with 2, 3 and 5 nodes on [-1, 1] in closed form. */
Test(quadrature, of_gauss_has_the_known_nodes) {
    double nodes[MOST], weights[MOST];
    make(nodes, weights, 2, ATTR_RULE_GAUSS);
    cr_expect(fabs(nodes[0] - (0.5 - sqrt(1. / 12))) < 1e-15 && fabs(weights[0] - 0.5) < 1e-15, "n = 2: %g, %g",
              nodes[0], weights[0]);
    make(nodes, weights, 3, ATTR_RULE_GAUSS);
    cr_expect(fabs(nodes[2] - (0.5 + sqrt(0.15))) < 1e-15 && fabs(weights[2] - 5. / 18) < 1e-15, "n = 3: %g, %g",
              nodes[2], weights[2]);
    cr_expect(nodes[1] == 0.5 && fabs(weights[1] - 4. / 9) < 1e-15, "n = 3, middle: %g, %g", nodes[1], weights[1]);
    make(nodes, weights, 5, ATTR_RULE_GAUSS);
    double root = sqrt(5 + 2 * sqrt(10. / 7)) / 3;
    cr_expect(fabs(nodes[4] - (1 + root) / 2) < 1e-15 && fabs(weights[4] - (322 - 13 * sqrt(70)) / 1800) < 1e-15,
              "n = 5: %g, %g", nodes[4], weights[4]);
}

Test(quadrature, of_even_steps_has_the_nodes_of_its_name) {
    double nodes[MOST], weights[MOST];
    for (int n = 2; n <= MOST; n++) {
        make(nodes, weights, n, ATTR_RULE_RIGHT);
        for (int i = 0; i < n; i++)
            cr_expect(fabs(nodes[i] * n - (i + 1)) < 1e-12 && fabs(weights[i] * n - 1) < 1e-12,
                      "right, n = %d: node %d is %g, its weight %g", n, i, nodes[i], weights[i]);
        cr_expect_eq(nodes[n - 1], 1, "right, n = %d: the last node is not 1", n);
        make(nodes, weights, n, ATTR_RULE_TRAPEZOID);
        for (int i = 0; i < n; i++)
            cr_expect(fabs(nodes[i] * (n - 1) - i) < 1e-12 &&
                          fabs(weights[i] * (n - 1) - (i == 0 || i == n - 1 ? 0.5 : 1)) < 1e-12,
                      "trapezoid, n = %d: node %d is %g, its weight %g", n, i, nodes[i], weights[i]);
        cr_expect(nodes[0] == 0 && nodes[n - 1] == 1, "trapezoid, n = %d: the ends are not 0 and 1", n);
    }
}

Test(quadrature, refuses_too_few_nodes) {
    double node, weight;
    for (int rule = ATTR_RULE_GAUSS; rule <= ATTR_RULE_RIGHT; rule++) {
        cr_expect_eq(attr_quadrature(&node, &weight, 0, rule), ATTR_BAD_INPUT, "%s takes 0 nodes", rule_names[rule]);
        cr_expect(strstr(attr_error_message(), "steps=0"), "%s: message \"%s\"", rule_names[rule],
                  attr_error_message());
    }
    cr_expect_eq(attr_quadrature(&node, &weight, 1, ATTR_RULE_TRAPEZOID), ATTR_BAD_INPUT, "trapezoid takes 1 node");
    cr_expect(strstr(attr_error_message(), "steps=1"), "message \"%s\"", attr_error_message());
}
