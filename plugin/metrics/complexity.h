/* How many pixels does one have to look at to have seen a map? Gini's coefficient is in rank.h. */
#ifndef ATTR_METRICS_COMPLEXITY_H
#define ATTR_METRICS_COMPLEXITY_H

#include <stddef.h>

/* Entropy of p = |a| / sum |a|, in nats: - sum p log p, 0 log 0 = 0. Lower is simpler: 0 when all is in one place,
 * log n when all |a| are equal; exp() of it is a number of pixels. Does not change when a map is multiplied. NAN for a
 * map of zeros or with a number that is not finite. Bhatt, Weller, Moura: Evaluating and aggregating feature-based
 * model explanations, IJCAI 2020, "complexity". Of a uniform random map, |a| from 0 to 1: log n - (log 2 - 1/2). */
double attr_entropy(const double *a, size_t n);

/* The same over log n: 0 to 1, for maps of different sizes. NAN also for n = 1. */
double attr_relative_entropy(const double *a, size_t n);

/* Effective complexity: how many |a| / max |a| are above the threshold. Lower is simpler: 1 to n. NAN as above.
 * Nguyen, Martinez: On quantitative aspects of model interpretability, 2020, count what can be set aside without
 * changing the prediction; this is the form of Quantus, which looks at the map alone (abs and normalise on, 1e-5). */
#define ATTR_EFFECTIVE_THRESHOLD 1e-5
double attr_effective_complexity(const double *a, size_t n, double threshold);

#endif
