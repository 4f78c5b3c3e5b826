/* Simpson's rule, the pyramid and the total variation of maps, against numbers worked out by hand and the definitions.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine_pair.h"
#include "metrics/simpson.h"
#include "metrics/total_variation.h"
#include "small_network.h"

/* ---- Simpson */

Test(simpson, constants_ramps_and_cubics) {
    double ones[40], ramp[40], cubic[40];
    for (int i = 0; i < 40; i++) {
        ones[i] = 1;
        ramp[i] = 3 - 0.5 * i;
        cubic[i] = (double)i * i * i - 2 * i;
    }
    cr_expect_eq(attr_simpson(ones, 31), 30, "31 ones: %.17g", attr_simpson(ones, 31));
    cr_expect(fabs(attr_simpson(ones, 6) - 5) < 1e-15, "6 ones: %.17g", attr_simpson(ones, 6));
    for (size_t n = 0; n < 40; n++) {
        double last = n ? (double)n - 1 : 0;
        cr_expect(fabs(attr_simpson(ones, n) - last) < 1e-12, "%zu ones: %.17g", n, attr_simpson(ones, n));
        double expected = 3 * last - 0.25 * last * last, area = attr_simpson(ramp, n);
        cr_expect(fabs(area - expected) < 1e-12, "ramp of %zu: %.17g, expected %g", n, area, expected);
        expected = last * last * last * last / 4 - last * last;
        area = attr_simpson(cubic, n);
        if (n % 2)
            cr_expect(fabs(area - expected) < 1e-9 * (1 + expected), "cubic of %zu: %.17g, expected %g", n, area,
                      expected);
    }
}

Test(simpson, six_values_have_the_weights_of_scipy) {
    static const double weights[] = {5. / 12, 13. / 12, 1, 1, 13. / 12, 5. / 12};
    for (int i = 0; i < 6; i++) {
        double one_hot[6] = {0};
        one_hot[i] = 1;
        cr_expect(fabs(attr_simpson(one_hot, 6) - weights[i]) < 1e-15, "weight %d: %.17g, expected %.17g", i,
                  attr_simpson(one_hot, 6), weights[i]);
    }
}

/* ---- The pyramid */

Test(pyramid, taps_are_those_of_the_paper_s_code) {
    static const double expected[] = {2.63865e-4, .10645077, .78657073, .10645077, 2.63865e-4};
    double taps[ATTR_PYRAMID_TAPS], sum = 0;
    attr_pyramid_taps(taps);
    for (int i = 0; i < ATTR_PYRAMID_TAPS; i++) {
        sum += taps[i];
        cr_expect(fabs(taps[i] - expected[i]) < 1e-7, "tap %d: %.9g, expected %.9g", i, taps[i], expected[i]);
    }
    cr_expect(fabs(sum - 1) < 1e-15, "they sum to %.17g", sum);
}

static void expect_sides(int side, int smallest, int count, const int *sides) {
    attr_scale_settings settings = {.smallest_side = smallest};
    double *map = test_allocate((size_t)side * side, sizeof *map);
    attr_scales scales;
    cr_assert_eq(attr_total_variation_curve(&scales, map, side, side, &settings), ATTR_OK);
    cr_expect_eq(scales.scales, count, "side %d down to %d: %d scales, expected %d", side, smallest, scales.scales,
                 count);
    for (int i = 0; i < count && i < scales.scales; i++)
        cr_expect(scales.widths[i] == sides[i] && scales.heights[i] == sides[i],
                  "side %d down to %d, scale %d: %d x %d, expected %d", side, smallest, i, scales.widths[i],
                  scales.heights[i], sides[i]);
    cr_expect_eq(scales.area, 0, "side %d: a map of zeros has %g", side, scales.area);
    free(map);
}

Test(pyramid, sizes) {
    expect_sides(224, 30, 6, (int[]){224, 150, 100, 67, 45, 30});
    expect_sides(224, 31, 5, (int[]){224, 150, 100, 67, 45});
    expect_sides(28, 30, 1, (int[]){28});
    expect_sides(28, attr_smallest_scale(28), 6, (int[]){28, 19, 13, 9, 6, 4});
    expect_sides(7, 0, 5, (int[]){7, 5, 4, 3, 2}); /* 2 does not get shorter */
    cr_expect_eq(attr_smallest_scale(224), 30, "%d", attr_smallest_scale(224));
    for (int side = 1; side < 1000; side++) {
        int expected = (int)ceil(side / 1.5 - 1e-9);
        cr_expect_eq(attr_pyramid_side(side), expected, "side %d: %d, expected %d", side, attr_pyramid_side(side),
                     expected);
    }
}

Test(pyramid, a_map_that_is_no_square_stops_at_its_shorter_side) {
    double map[9 * 40];
    attr_scale_settings settings = {.smallest_side = 5};
    attr_scales scales;
    for (int i = 0; i < 9 * 40; i++) map[i] = test_uniform(-1, 1);
    cr_assert_eq(attr_total_variation_curve(&scales, map, 9, 40, &settings), ATTR_OK);
    cr_expect(scales.scales == 2 && scales.heights[1] == 6 && scales.widths[1] == 27, "%d scales, the second %d x %d",
              scales.scales, scales.heights[1], scales.widths[1]);
}

/* The pixel that is at i in ... b a | a b c d | d c b a ... */
static int reflect(int i, int side) {
    while (i < 0 || i >= side) i = i < 0 ? -1 - i : 2 * side - 1 - i;
    return i;
}

/* One step as the definition has it: all 25 taps at each of the four pixels around each destination. */
static double reduced(const double *in, int height, int width, int y, int x) {
    const double down = (double)height / ceil(height / 1.5), across = (double)width / ceil(width / 1.5);
    double at_y = down * (y + .5) - .5, at_x = across * (x + .5) - .5, sum = 0, norm = 0;
    for (int k = -2; k <= 2; k++) norm += exp(-2. * k * k);
    for (int corner = 0; corner < 4; corner++) {
        int cy = (int)floor(at_y) + corner / 2, cx = (int)floor(at_x) + corner % 2;
        double weight = (1 - fabs(at_y - cy)) * (1 - fabs(at_x - cx));
        for (int dy = -2; dy <= 2; dy++)
            for (int dx = -2; dx <= 2; dx++)
                sum += weight * exp(-2. * (dx * dx + dy * dy)) / (norm * norm) *
                       in[reflect(cy + dy, height) * width + reflect(cx + dx, width)];
    }
    return sum;
}

Test(pyramid, a_step_is_that_of_the_definition) {
    static const int sizes[][2] = {{6, 9}, {7, 5}, {1, 8}, {2, 3}, {17, 4}, {3, 1}};
    for (int s = 0; s < 6; s++) {
        int height = sizes[s][0], width = sizes[s][1], h = attr_pyramid_side(height), w = attr_pyramid_side(width);
        double in[80], out[80];
        for (int i = 0; i < height * width; i++) in[i] = test_uniform(-1, 1);
        cr_assert_eq(attr_pyramid_reduce(out, in, height, width), ATTR_OK);
        for (int y = 0; y < h; y++)
            for (int x = 0; x < w; x++) {
                double expected = reduced(in, height, width, y, x);
                cr_expect(fabs(out[y * w + x] - expected) < 1e-12, "%d x %d, pixel %d, %d: %.15g, expected %.15g",
                          height, width, y, x, out[y * w + x], expected);
            }
    }
}

/* ---- Saliency and total variation */

Test(total_variation, of_a_checkerboard_and_of_a_constant) {
    for (int h = 1; h < 9; h++)
        for (int w = 1; w < 12; w++) {
            double board[96], flat[96];
            for (int i = 0; i < h * w; i++) {
                board[i] = (i / w + i % w) % 2;
                flat[i] = 0.7;
            }
            double expected = (h * (w - 1) + w * (h - 1)) / (double)(h * w), got = attr_total_variation(board, h, w);
            cr_expect(fabs(got - expected) < 1e-12, "%d x %d: %g, expected %g", h, w, got, expected);
            cr_expect_eq(attr_total_variation(flat, h, w), 0, "%d x %d: a constant has %g", h, w,
                         attr_total_variation(flat, h, w));
        }
}

Test(total_variation, of_constant_maps_is_0_at_all_scales) {
    static const double values[] = {0, 0.3, -2};
    for (int of_saliency = 0; of_saliency < 2; of_saliency++)
        for (int v = 0; v < 3; v++) {
            double map[40 * 40];
            attr_scale_settings settings = {.smallest_side = 3, .of_saliency = of_saliency};
            attr_scales scales;
            for (int i = 0; i < 40 * 40; i++) map[i] = values[v];
            cr_assert_eq(attr_total_variation_curve(&scales, map, 40, 40, &settings), ATTR_OK);
            cr_expect_eq(scales.variations[0], 0, "value %g, saliency %d: %g", values[v], of_saliency,
                         scales.variations[0]);
            cr_expect_eq(scales.area, 0, "value %g, saliency %d: AUTVC %g", values[v], of_saliency, scales.area);
        }
}

static int ascending(const void *a, const void *b) {
    return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

Test(total_variation, saliency_ends_at_the_99th_percentile) {
    for (size_t n = 1; n < 330; n += 41) {
        double map[330], saliency[330], sorted[330];
        for (size_t i = 0; i < n; i++) {
            map[i] = test_uniform(-3, 2);
            sorted[i] = fabs(map[i]);
        }
        qsort(sorted, n, sizeof *sorted, ascending);
        double rank = .99 * (n - 1), low = sorted[0];
        size_t i = (size_t)floor(rank);
        double high = i + 1 < n ? (i + 1 - rank) * sorted[i] + (rank - i) * sorted[i + 1] : sorted[i];
        cr_assert_eq(attr_saliency(saliency, map, n), ATTR_OK);
        for (size_t k = 0; k < n; k++) {
            double expected = n == 1 ? 0 : fmin((fabs(map[k]) - low) / (high - low), 1);
            cr_expect(fabs(saliency[k] - expected) < 1e-12, "%zu values, %zu: %g, expected %g", n, k, saliency[k],
                      expected);
        }
    }
    double spike[400] = {[7] = -5};
    cr_assert_eq(attr_saliency(spike, spike, 400), ATTR_OK);
    for (int i = 0; i < 400; i++) cr_expect_eq(spike[i], i == 7, "a single spike: pixel %d is %g", i, spike[i]);
}

/* Both variants, put together from the parts; and neither sign nor size of the heat map changes anything. */
Test(total_variation, curve_of_both_variants) {
    enum { side = 20 };
    double areas[2];
    for (int of_saliency = 0; of_saliency < 2; of_saliency++) {
        double map[side * side], scaled[side * side], plane[side * side], seen[side * side], expected[8];
        attr_scale_settings settings = {.smallest_side = 4, .of_saliency = of_saliency};
        for (int i = 0; i < side * side; i++) {
            map[i] = plane[i] = i / side < 9 ? test_uniform(-1, 1) : 0.1 * (i % side);
            scaled[i] = -37 * map[i];
        }
        int count = 0;
        if (of_saliency) cr_assert_eq(attr_saliency(plane, plane, side * side), ATTR_OK);
        for (int at = side; at >= 4; at = (2 * at + 2) / 3) {
            memcpy(seen, plane, sizeof seen);
            if (!of_saliency) cr_assert_eq(attr_saliency(seen, plane, (size_t)at * at), ATTR_OK);
            expected[count++] = attr_total_variation(seen, at, at);
            double next[side * side] = {0};
            cr_assert_eq(attr_pyramid_reduce(next, plane, at, at), ATTR_OK);
            memcpy(plane, next, sizeof plane);
        }
        attr_scales scales, of_scaled;
        cr_assert_eq(attr_total_variation_curve(&scales, map, side, side, &settings), ATTR_OK);
        cr_assert_eq(attr_total_variation_curve(&of_scaled, scaled, side, side, &settings), ATTR_OK);
        cr_assert_eq(scales.scales, count, "%d scales, expected %d", scales.scales, count);
        for (int i = 0; i < count; i++)
            cr_expect(fabs(scales.variations[i] - expected[i]) < 1e-12 &&
                          fabs(of_scaled.variations[i] - expected[i]) < 1e-12,
                      "of_saliency %d, scale %d: %g, of -37 times the map %g, expected %g", of_saliency, i,
                      scales.variations[i], of_scaled.variations[i], expected[i]);
        cr_expect_eq(scales.area, attr_simpson(scales.variations, (size_t)count));
        areas[of_saliency] = scales.area;
    }
    cr_expect(fabs(areas[0] - areas[1]) > 0.01, "the variants are the same: %g and %g", areas[0], areas[1]);
}
