/* Structural similarity and distances: closed forms, cases worked by hand, and the same by scikit-image's way. */
#include <criterion/criterion.h>
#include <math.h>

#include "metrics/pearson.h"
#include "metrics/similarity.h"
#include "metrics/total_variation.h"
#include "small_network.h"

enum { HEIGHT = 17, WIDTH = 14, AREA = HEIGHT * WIDTH };

static void expect(double found, double expected, double within, const char *what) {
    bool same = isnan(expected) ? isnan(found) : fabs(found - expected) <= within;
    cr_expect(same, "%s: %.17g, expected %.17g within %g", what, found, expected, within);
}

static void fill(double *values, size_t n, double low, double high) {
    for (size_t i = 0; i < n; i++) values[i] = test_uniform(low, high);
}

/* The taps of the paper's code, to eight digits. */
static const double taps[11] = {.00102838, .00759876, .03600077, .10936069, .21300554, .26601172,
                                .21300554, .10936069, .03600077, .00759876, .00102838};

/* One way of filtering: `side` weights along one direction, then along the other; only where the window fits. */
static double filtered(const double *values, int y, int x, int side, const double *weights) {
    double sum = 0;
    for (int column = 0; column < side; column++) {
        double along = 0;
        for (int row = 0; row < side; row++) along += weights[row] * values[(y + row) * WIDTH + x + column];
        sum += weights[column] * along;
    }
    return sum;
}

/* Means of squares less squares of means, as scikit-image: E a^2 - (E a)^2. */
static double ssim_by_filters(const double *a, const double *b, int side, const double *weights, double factor,
                              double range) {
    double aa[AREA], bb[AREA], ab[AREA], sum = 0, c1 = pow(.01 * range, 2), c2 = pow(.03 * range, 2);
    for (int i = 0; i < AREA; i++) aa[i] = a[i] * a[i], bb[i] = b[i] * b[i], ab[i] = a[i] * b[i];
    for (int y = 0; y + side <= HEIGHT; y++)
        for (int x = 0; x + side <= WIDTH; x++) {
            double ua = filtered(a, y, x, side, weights), ub = filtered(b, y, x, side, weights);
            double va = factor * (filtered(aa, y, x, side, weights) - ua * ua);
            double vb = factor * (filtered(bb, y, x, side, weights) - ub * ub);
            double vab = factor * (filtered(ab, y, x, side, weights) - ua * ub);
            sum += (2 * ua * ub + c1) * (2 * vab + c2) / ((ua * ua + ub * ub + c1) * (va + vb + c2));
        }
    return sum / ((HEIGHT - side + 1) * (WIDTH - side + 1));
}

Test(similarity, is_what_filters_give) {
    double a[AREA], b[AREA], equal[7];
    for (int i = 0; i < 7; i++) equal[i] = 1. / 7;
    for (int trial = 0; trial < 30; trial++) {
        double range = trial % 3 ? test_uniform(.1, 3) : 2;
        fill(a, AREA, 0, 1);
        fill(b, AREA, -trial / 10., 1);
        for (int i = 0; i < AREA; i++) b[i] = trial % 4 ? b[i] : .7 * a[i] + .3 * b[i];
        double uniform = attr_ssim_uniform(a, b, HEIGHT, WIDTH, range);
        double gaussian = attr_ssim_gaussian(a, b, HEIGHT, WIDTH, range);
        double uniform_too = ssim_by_filters(a, b, 7, equal, 49. / 48, range);
        double gaussian_too = ssim_by_filters(a, b, 11, taps, 1, range);
        cr_expect(fabs(uniform - uniform_too) < 1e-11, "trial %d, R = %g: %.15g, expected %.15g", trial, range, uniform,
                  uniform_too);
        cr_expect(fabs(gaussian - gaussian_too) < 2e-6, "trial %d, R = %g, taps of 8 digits: %.15g, expected %.15g",
                  trial, range, gaussian, gaussian_too);
    }
}

/* A plane and its negative about a mean of 0 in every window: a = +-1 like a chessboard, window 7 x 7 with 25 of one
 * and 24 of the other sign: mean s / 49 (s = +-1), sample variance 49 / 48 (1 - 1 / 49^2) = v. With R = 2, C1 = 4e-4,
 * C2 = 3.6e-3: of a and -a (-2 / 49^2 + C1) (-2 v + C2) / ((2 / 49^2 + C1) (2 v + C2)). */
Test(similarity, of_a_chessboard_and_its_negative_worked_by_hand) {
    double a[AREA], b[AREA], m = 1. / (49 * 49), v = 49. / 48 * (1 - m);
    for (int i = 0; i < AREA; i++) a[i] = (i / WIDTH + i % WIDTH) % 2 ? 1 : -1, b[i] = -a[i];
    double expected = (-2 * m + 4e-4) * (-2 * v + 3.6e-3) / ((2 * m + 4e-4) * (2 * v + 3.6e-3));
    expect(attr_ssim_uniform(a, b, HEIGHT, WIDTH, 2), expected, 1e-12, "R = 2");
    expect(attr_ssim_uniform(a, a, HEIGHT, WIDTH, 2), 1, 1e-12, "of itself");
}

/* Constants p and q have no variance: (2 p q + C1) / (p^2 + q^2 + C1): for .2 and .6 with R = 1, C1 = 1e-4: .2401 /
 * .4001.
 */
Test(similarity, of_constant_planes_looks_at_means_alone) {
    double a[AREA], b[AREA];
    for (int i = 0; i < AREA; i++) a[i] = .2, b[i] = .6;
    expect(attr_ssim_uniform(a, b, HEIGHT, WIDTH, 1), .2401 / .4001, 1e-12, "uniform");
    expect(attr_ssim_gaussian(a, b, HEIGHT, WIDTH, 1), .2401 / .4001, 1e-12, "gaussian");
    expect(attr_ssim_flat(a, b, AREA), (.24 + 1.6e-5) / (.4 + 1.6e-5), 1e-12, "flat, R = .4");
    expect(attr_ssim_flat(a, a, AREA), NAN, 0, "flat, R = 0");
    expect(attr_ssim_uniform(a, b, 6, WIDTH, 1), NAN, 0, "uniform, 6 rows");
    expect(attr_ssim_uniform(a, b, HEIGHT, 6, 1), NAN, 0, "uniform, 6 columns");
    expect(attr_ssim_gaussian(a, b, 10, WIDTH, 1), NAN, 0, "gaussian, 10 rows");
    expect(attr_ssim_flat(a, b, 6), NAN, 0, "flat, 6 numbers");
}

/* Seven numbers, one window: a = 0 .. 6, mean 3, sample variance 28 / 6; b = 6 .. 0, covariance -28 / 6; R = 6, C1 =
 * .0036, C2 = .0324: (18 + C1) (-56 / 6 + C2) / ((18 + C1) (56 / 6 + C2)). */
Test(similarity, of_series_worked_by_hand) {
    const double a[] = {0, 1, 2, 3, 4, 5, 6, 7}, b[] = {6, 5, 4, 3, 2, 1, 0, -1};
    expect(attr_ssim_flat(a, b, 7), (-56. / 6 + .0324) / (56. / 6 + .0324), 1e-12, "one window");
    /* R = 8, C1 = .0064, C2 = .0576; the second window has the means 4 and 2. */
    double c1 = .0064, c2 = .0576, structure = (-56. / 6 + c2) / (56. / 6 + c2);
    expect(attr_ssim_flat(a, b, 8), structure * (1 + (16 + c1) / (20 + c1)) / 2, 1e-12, "two windows");
}

Test(similarity, of_independent_planes_is_about_0) {
    enum { trials = 200 };
    double a[AREA], b[AREA], sums[3] = {0}, squares[3] = {0};
    for (int trial = 0; trial < trials; trial++) {
        fill(a, AREA, -1, 1);
        fill(b, AREA, -1, 1);
        /* means near 0 that agree by C1 have one sign as often as the other, like the covariances */
        const double values[] = {attr_ssim_uniform(a, b, HEIGHT, WIDTH, 2), attr_ssim_gaussian(a, b, HEIGHT, WIDTH, 2),
                                 attr_ssim_flat(a, b, AREA)};
        for (int k = 0; k < 3; k++) sums[k] += values[k], squares[k] += values[k] * values[k];
    }
    for (int k = 0; k < 3; k++) {
        double mean = sums[k] / trials, error = sqrt((squares[k] / trials - mean * mean) / trials);
        cr_expect(fabs(mean) < 4 * error + .002, "form %d: %g +- %g", k, mean, error);
    }
}

Test(similarity, of_maps_does_not_change_with_their_scale) {
    double a[AREA], b[AREA], c[AREA], grey_a[AREA], grey_b[AREA], found, scaled;
    fill(a, AREA, -1, 1);
    fill(b, AREA, -2, 1);
    for (int i = 0; i < AREA; i++) c[i] = -300 * b[i];
    cr_assert_eq(attr_ssim_of_maps(&found, a, b, HEIGHT, WIDTH), ATTR_OK);
    cr_assert_eq(attr_ssim_of_maps(&scaled, a, c, HEIGHT, WIDTH), ATTR_OK);
    expect(scaled, found, 1e-12, "times -300");
    cr_assert_eq(attr_saliency(grey_a, a, AREA), ATTR_OK);
    cr_assert_eq(attr_saliency(grey_b, b, AREA), ATTR_OK);
    expect(found, ssim_by_filters(grey_a, grey_b, 11, taps, 1, 1), 2e-6, "by filters");
    cr_assert_eq(attr_ssim_of_maps(&found, b, c, HEIGHT, WIDTH), ATTR_OK);
    expect(found, 1, 1e-12, "of itself, scaled");
}

/* ||(3, 4) - (0, 0)|| = 5; (3, 4) / 5 less (4, 3) / 5 = (-1, 1) / 5. */
Test(similarity, distances_worked_by_hand) {
    const double a[] = {3, 4}, b[] = {4, 3}, zero[] = {0, 0}, across[] = {-8, 6}, against[] = {-.3, -.4};
    expect(attr_map_distance(a, zero, 2), 5, 1e-12, "distance");
    expect(attr_normalised_difference(a, b, 2), sqrt(2) / 5, 1e-12, "normalised");
    expect(attr_normalised_difference(a, across, 2), sqrt(2), 1e-12, "orthogonal");
    expect(attr_normalised_difference(a, against, 2), 2, 1e-12, "opposite");
    expect(attr_normalised_difference(a, zero, 2), NAN, 0, "with a map of zeros");
    const double *const first[] = {a, a, b}, *const second[] = {zero, b, b};
    expect(attr_stability_error(first, second, 3, 2), (5 + sqrt(2) + 0) / 3, 1e-12, "stability error");
    expect(attr_fidelity_error(first, second, 2, 2), (5 + sqrt(2)) / 2, 1e-12, "fidelity error");
    expect(attr_stability_error(first, second, 0, 2), NAN, 0, "of no picture");
}

/* Differences from means -1, 0, 1 and -2, -1, 3: 5 over the root of 2 x 14. */
Test(similarity, pearson_worked_by_hand) {
    const double a[] = {1, 2, 3}, b[] = {10, 11, 15}, same[] = {4, 4, 4};
    expect(attr_pearson(a, b, 3), 5 / sqrt(28), 1e-12, "three numbers");
    expect(attr_pearson(a, same, 3), NAN, 0, "constant");
}
