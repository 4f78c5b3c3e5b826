/* Which of several methods differ? A test for each pair, on the same pictures, and the correction for having asked more
 * than once. */
#ifndef ATTR_METRICS_PAIRED_TESTS_H
#define ATTR_METRICS_PAIRED_TESTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* Holm: A simple sequentially rejective multiple test procedure, Scand. J. Statist. 1979, as adjusted p: of m of them
 * in rising order
 *
 *   adjusted (i) = max over j <= i of min(1, (m - j) p (j))      j from 0
 *
 * Those below .05 may be called differences with a probability of at most .05 that one of them is none, whatever the
 * tests have to do with each other. Lower is surer; never below p. A p that is NAN (nothing to test) stays so and is
 * not one of the m. `adjusted` may be `p`. ATTR_NO_MEMORY is the only failure. */
attr_status attr_holm(double *adjusted, const double *p, size_t count);

/* Two methods on the same pictures. */
typedef struct {
    double difference; /* mean of first - second */
    double low, high;  /* its attr_bootstrap_mean() */
    double p;          /* attr_sign_flip_test(), for the difference being 0: from 2^(1 - n) to 1 */
    size_t pairs;      /* n: pictures of which both methods have a number */
} attr_paired_test;

/* Of values first[count], second[count]; pictures where either is NAN are left out. All NAN without a pair, the
 * interval with one. Needs at least 6 pairs for a p below .05. ATTR_NO_MEMORY is the only failure. */
attr_status attr_paired_test_of(attr_paired_test *out, const double *first, const double *second, size_t count,
                                double probability, uint64_t seed);

#endif
