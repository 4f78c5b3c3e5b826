/* Entropy and effective complexity: closed forms and what random maps have. */
#include <criterion/criterion.h>
#include <math.h>

#include "metrics/complexity.h"
#include "small_network.h"

enum { MOST = 5000 };

static void expect(double found, double expected, double within, const char *what) {
    bool same = isnan(expected) ? isnan(found) : fabs(found - expected) <= within;
    cr_expect(same, "%s: %.17g, expected %.17g within %g", what, found, expected, within);
}

/* p = 1/2, 1/4, 1/8, 1/8, 0: (1/2 + 2/4 + 3/8 + 3/8) log 2 = 7/4 log 2. */
Test(complexity, entropy_worked_by_hand) {
    const double a[] = {-4, 2, 1, -1, 0}, scaled[] = {-4e300, 2e300, 1e300, -1e300, 0};
    expect(attr_entropy(a, 5), 1.75 * log(2), 1e-14, "five numbers");
    expect(attr_entropy(scaled, 5), 1.75 * log(2), 1e-14, "large ones");
    expect(attr_relative_entropy(a, 5), 1.75 * log(2) / log(5), 1e-14, "relative");
}

Test(complexity, is_least_for_one_place_and_most_for_all) {
    double a[MOST];
    for (size_t n = 1; n <= MOST; n = 3 * n + 1) {
        for (size_t i = 0; i < n; i++) a[i] = i % 2 ? -.3 : .3;
        expect(attr_entropy(a, n), log((double)n), 1e-11, "all equal");
        expect(attr_relative_entropy(a, n), n > 1 ? 1 : NAN, 1e-12, "all equal, relative");
        expect(attr_effective_complexity(a, n, ATTR_EFFECTIVE_THRESHOLD), (double)n, 0, "all equal, effective");
        for (size_t i = 0; i < n; i++) a[i] = 0;
        expect(attr_entropy(a, n), NAN, 0, "zeros");
        expect(attr_effective_complexity(a, n, 0), NAN, 0, "zeros, effective");
        a[n / 2] = -7;
        expect(attr_entropy(a, n), 0, 0, "one place");
        expect(attr_effective_complexity(a, n, 0), 1, 0, "one place, effective");
        a[n / 2] = NAN;
        expect(attr_entropy(a, n), NAN, 0, "not a number");
    }
}

/* |a| / max: 1, 1e-5 (not above), 1.1e-5, 0, .5. */
Test(complexity, effective_worked_by_hand) {
    const double a[] = {-4, 4e-5, -4.4e-5, 0, 2};
    expect(attr_effective_complexity(a, 5, ATTR_EFFECTIVE_THRESHOLD), 3, 0, "above 1e-5");
    expect(attr_effective_complexity(a, 5, .4), 2, 0, "above .4");
    expect(attr_effective_complexity(a, 5, 0), 4, 0, "above 0");
}

/* E u log u = -1/4 and E u = 1/2 for u uniform on [0, 1]: log n + log 1/2 + 1/2. To first order the entropy moves with
 * the mean of u - 2 u log u, whose variance is 1/3 + 4/9 + 8/27 - 1 = 2/27. */
Test(complexity, of_a_random_map_is_nearly_the_most) {
    double a[MOST];
    for (int i = 0; i < MOST; i++) a[i] = test_uniform(-1, 1);
    expect(attr_entropy(a, MOST), log(MOST) - (log(2) - .5), 4 * sqrt(2. / 27 / MOST), "random map");
}
