/* How far maps agree, and by chance. */
#include <criterion/criterion.h>
#include <math.h>

#include "metrics/map_agreement.h"

enum { W = 24, H = 20, N = W * H };

static void fill(double *map, double (*f)(int x, int y)) {
    for (int i = 0; i < N; i++) map[i] = f(i % W, i / W);
}

static double spot(int x, int y) {
    return exp(-(pow(x - 6, 2) + pow(y - 7, 2)) / 18) * ((x + y) % 2 ? 1 : -1);
}

Test(map_agreement, a_map_agrees_with_itself_and_with_its_negative_in_magnitude) {
    double map[N], negative[N];
    attr_agreement a;
    fill(map, spot);
    cr_assert_eq(attr_map_agreement(&a, map, map, W, H), ATTR_OK);
    cr_expect_float_eq(a.spearman, 1, 1e-12);
    cr_expect_float_eq(a.absolute, 1, 1e-12);
    cr_expect_float_eq(a.pearson, 1, 1e-12);
    cr_expect_float_eq(a.overlap, 1, 0);
    cr_expect_float_eq(a.ssim, 1, 1e-12);
    for (int i = 0; i < N; i++) negative[i] = -3 * map[i];
    cr_assert_eq(attr_map_agreement(&a, map, negative, W, H), ATTR_OK);
    cr_expect_float_eq(a.spearman, -1, 1e-12);
    cr_expect_float_eq(a.absolute, 1, 1e-12);
    cr_expect_float_eq(a.pearson, -1, 1e-12);
    cr_expect_float_eq(a.overlap, 1, 0);
    cr_expect_float_eq(a.ssim, 1, 1e-12);
    cr_expect_float_eq(attr_agreement_strength(&a), 1, 1e-12);
}

Test(map_agreement, what_is_the_same_everywhere_or_not_finite_agrees_with_nothing) {
    double map[N], other[N] = {0};
    attr_agreement a;
    fill(map, spot);
    for (int k = 0; k < 2; k++) {
        cr_assert_eq(attr_map_agreement(&a, map, other, W, H), ATTR_OK);
        cr_expect(isnan(a.spearman) && isnan(a.absolute) && isnan(a.pearson) && isnan(a.overlap) && isnan(a.ssim));
        cr_expect_eq(attr_agreement_strength(&a), 0);
        for (int i = 0; i < N; i++) other[i] = i;
        other[N / 2] = INFINITY;
    }
}

Test(map_agreement, by_chance_noise_is_near_0_and_a_spot_elsewhere_is_not_there) {
    double map[N];
    attr_chance c, again, other;
    fill(map, spot);
    cr_assert_eq(attr_map_chance(&c, map, W, H, 1), ATTR_OK);
    cr_assert_eq(attr_map_chance(&again, map, W, H, 1), ATTR_OK);
    cr_assert_eq(attr_map_chance(&other, map, W, H, 2), ATTR_OK);
    cr_expect_lt(fabs(c.noise.spearman), 4 / sqrt(N));
    cr_expect_lt(fabs(c.noise.absolute), 4 / sqrt(N));
    cr_expect_lt(fabs(c.noise.overlap - 0.1), 0.12);
    cr_expect_leq(c.low.absolute, c.high.absolute);
    cr_expect_lt(c.high.absolute, 0.5);
    cr_expect_lt(c.high.overlap, 0.5);
    cr_expect_eq(c.low.spearman, again.low.spearman);
    cr_expect_eq(c.noise.spearman, again.noise.spearman);
    cr_expect_neq(c.noise.spearman, other.noise.spearman);
    cr_expect_eq(attr_chance_strength(&c), fmax(fmax(fabs(c.low.spearman), fabs(c.low.absolute)),
                                                fmax(fabs(c.high.spearman), fabs(c.high.absolute))));
}
