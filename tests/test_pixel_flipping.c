/* Pixel flipping: cases by hand, a linear network against an independent computation, random maps. */
#include <criterion/criterion.h>
#include <math.h>
#include <omp.h>
#include <string.h>

#include "metric_case.h"
#include "metrics/interval.h"
#include "metrics/pixel_flipping.h"
#include "small_network.h"

static attr_flipping run(double *most, double *least, const metric_case *c, const double *map, int window,
                         size_t regions) {
    attr_flipping_settings s = {c->region, window, regions};
    attr_flipping out;
    cr_assert_eq(attr_pixel_flipping(&out, most, least, c->e, c->t, c->x, c->reference, map, &s), ATTR_OK, "%s",
                 attr_error_message());
    return out;
}

static void expect(const attr_flipping *out, double most, double least, double area, const char *what) {
    cr_expect(fabs(out->most - most) < 1e-12 && fabs(out->least - least) < 1e-12 && fabs(out->area - area) < 1e-12 &&
                  fabs(out->difference - (most - least)) < 1e-12,
              "%s: AOPC %g, %g, difference %g, area %g; expected %g, %g, %g, %g", what, out->most, out->least,
              out->difference, out->area, most, least, most - least, area);
}

/* x = 1, 1, 1, 1, 1 and f = 5 x0 + 4 x1 + 3 x2 + 2 x3 + x4, which is the map, reference 0, f = 15:
 *   window 1   drops 0 5 9 12 14 15 -> 55 / 6; turned 0 1 3 6 10 15 -> 35 / 6; scores 10 6 3 1 0 -> 20 - 5 - 0 = 15
 *   window 2   cells 9 | 5 | 1 with means 4.5, 2.5, 1: drops 0 9 14 15 -> 38 / 4; 0 1 6 15 -> 22 / 4; scores 6 1 0 -> 4
 *   2 regions  drops 0 9 14 -> 23 / 3; 0 1 6 -> 7 / 3; scores 6 1 -> 3.5
 *   window 9   one cell: drops 0 15 -> 7.5, 7.5; one score, 0 - 0 / 2 - 0 / 2 -> 0 */
Test(pixel_flipping, of_a_row_by_hand) {
    metric_case c = row_case(5, (float[]){1, 1, 1, 1, 1}, (float[]){5, 4, 3, 2, 1});
    double map[] = {5, 4, 3, 2, 1}, most[101], least[101];
    attr_flipping out = run(most, least, &c, map, 1, 100);
    expect(&out, 55. / 6, 35. / 6, 15, "window 1");
    cr_expect(out.regions == 5 && most[1] == 10 && most[5] == 0 && isnan(most[6]) && least[1] == 14 && least[2] == 12,
              "%zu regions, scores %g .. %g, %g, %g, %g", out.regions, most[1], most[5], most[6], least[1], least[2]);
    out = run(NULL, NULL, &c, map, 2, 100);
    expect(&out, 38. / 4, 22. / 4, 4, "window 2");
    out = run(NULL, NULL, &c, map, 2, 2);
    expect(&out, 23. / 3, 7. / 3, 3.5, "2 regions");
    out = run(NULL, NULL, &c, map, 9, 100);
    expect(&out, 7.5, 7.5, 0, "window 9");
    metric_case_free(&c);
}

/* Cell (row, column) of the grid of k: what it contributes in all, and on the average. */
static double cell_sum(const metric_case *c, int k, int row, int column, double *mean) {
    const attr_region *r = &c->region;
    double sum = 0;
    int count = 0;
    for (int y = row * k; y < r->h && y < (row + 1) * k; y++)
        for (int x = column * k; x < r->w && x < (column + 1) * k; x++, count++)
            sum += c->parts[(r->y0 + y) * r->width + r->x0 + x];
    *mean = sum / count;
    return sum;
}

Test(pixel_flipping, of_a_linear_network_is_known_from_the_cells_and_touches_no_padding) {
    metric_case c = linear_case(3);
    for (int k = 1; k <= 5; k++) {
        double sums[24], means[24], most[25], least[25];
        int cells = 0;
        for (int row = 0; row * k < 4; row++)
            for (int column = 0; column * k < 6; column++, cells++)
                sums[cells] = cell_sum(&c, k, row, column, &means[cells]);
        attr_flipping out = run(most, least, &c, c.parts, k, 24);
        cr_expect_eq(out.regions, (size_t)cells, "window %d: %zu regions, expected %d", k, out.regions, cells);
        double drop = 0, aopc = 0;
        for (int l = 1; l <= cells; l++) {
            int best = 0;
            for (int i = 1; i < cells; i++)
                if (!(means[i] <= means[best])) best = i;
            drop += sums[best];
            means[best] = -INFINITY;
            aopc += drop / (cells + 1);
            cr_expect(fabs(most[0] - most[l] - drop) < 1e-12, "window %d, step %d: drop %g, expected %g", k, l,
                      most[0] - most[l], drop);
        }
        cr_expect(fabs(out.most - aopc) < 1e-12 && (k > 2 || out.least < out.most),
                  "window %d: %g, expected %g; least %g", k, out.most, aopc, out.least);
        double turned[56];
        turn_map(turned, c.parts, 56);
        attr_flipping back = run(NULL, NULL, &c, turned, k, 24);
        cr_expect(back.most == out.least && back.least == out.most, "window %d, turned: %g, %g, expected %g, %g", k,
                  back.most, back.least, out.least, out.most);
    }
    metric_case_free(&c);
}

Test(pixel_flipping, settings_scale_with_the_input) {
    attr_region small = {3, 32, 48, 0, 0, 48, 32}, paper = {3, 227, 227, 0, 0, 227, 227},
                large = {3, 416, 416, 0, 52, 416, 312};
    cr_expect_eq(attr_flipping_settings_of(&small).window, 1);
    cr_expect_eq(attr_flipping_settings_of(&paper).window, 9);
    cr_expect_eq(attr_flipping_settings_of(&large).window, 16);
    cr_expect_eq(attr_flipping_settings_of(&large).regions, 100);
}

Test(pixel_flipping, of_a_constant_map_is_not_a_number) {
    metric_case c = linear_case(3);
    double map[56], most[101];
    fill_map(map, -2, 56);
    attr_flipping out = run(most, NULL, &c, map, 2, 100);
    cr_expect(isnan(out.most) && isnan(out.least) && isnan(out.difference) && isnan(out.area) && isnan(most[0]),
              "%g, %g, %g, %g", out.most, out.least, out.difference, out.area);
    metric_case_free(&c);
}

Test(pixel_flipping, is_the_same_for_any_batch_and_number_of_threads) {
    attr_flipping first = {0}, out;
    for (int batch = 1; batch <= 5; batch += 2) {
        metric_case c = deep_case(batch);
        omp_set_num_threads(batch);
        out = run(NULL, NULL, &c, c.random_map, 2, 100);
        if (batch == 1) first = out;
        cr_expect(!memcmp(&first, &out, sizeof out), "batch and threads %d: %.17g, alone %.17g", batch, out.difference,
                  first.difference);
        metric_case_free(&c);
    }
}

Test(pixel_flipping, difference_of_random_maps_is_0_in_the_mean) {
    enum { trials = 300 };
    metric_case c = deep_case(8);
    double values[trials];
    for (int trial = 0; trial < trials; trial++) {
        draw_random_map(&c);
        values[trial] = run(NULL, NULL, &c, c.random_map, 1, 24).difference;
    }
    attr_interval mean = attr_mean_interval(values, trials, .999);
    cr_expect(mean.half_width > 0 && fabs(mean.mean) < mean.half_width, "%g +- %g", mean.mean, mean.half_width);
    metric_case_free(&c);
}
