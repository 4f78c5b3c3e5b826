/* Faithfulness correlation and sensitivity-n: Pearson by hand, exact, turned, constant and random maps of a linear
 * network, subsets, replacements. */
#include <criterion/criterion.h>
#include <math.h>
#include <omp.h>
#include <string.h>

#include "metric_case.h"
#include "metrics/faithfulness_correlation.h"
#include "metrics/interval.h"
#include "metrics/pearson.h"
#include "metrics/sensitivity_n.h"
#include "small_network.h"

enum { pixels = 24 };

static attr_subset_settings settings_of(const metric_case *c, size_t size) {
    attr_subset_settings s = attr_faithfulness_settings_of(&c->region, 7);
    s.with = ATTR_REPLACE_REFERENCE;
    s.reference = c->reference;
    s.size = size;
    return s;
}

static double run(const metric_case *c, const double *map, const attr_subset_settings *s) {
    double out;
    cr_assert_eq(attr_faithfulness_correlation(&out, c->e, c->t, c->x, &map, 1, s), ATTR_OK, "%s",
                 attr_error_message());
    return out;
}

/* 1 2 3 4 and 1 3 2 4 about 2.5: products 2.25 - .25 - .25 + 2.25 = 4, squares 5 and 5: 4 / 5. */
Test(pearson, by_hand) {
    double a[] = {1, 2, 3, 4}, b[] = {1, 3, 2, 4}, same[] = {.1, .1, .1, .1}, found = attr_pearson(a, b, 4);
    cr_expect(fabs(found - .8) < 1e-15, "%.17g, expected .8", found);
    cr_expect(isnan(attr_pearson(a, same, 4)) && isnan(attr_pearson(same, b, 4)) && isnan(attr_pearson(a, b, 1)));
    for (int i = 0; i < 4; i++) b[i] = 1e6 - 3 * a[i];
    cr_expect(fabs(attr_pearson(a, b, 4) + 1) < 1e-12, "%.17g, expected -1", attr_pearson(a, b, 4));
}

Test(picture_pixels, subsets_have_different_members_and_each_as_often) {
    enum { n = 10, size = 3, runs = 3000 };
    int often[n] = {0};
    for (int run_number = 0; run_number < runs; run_number++) {
        size_t chosen[n];
        cr_assert_eq(attr_draw_subset(chosen, size, n, 1, ATTR_STREAM_SUBSETS, size, (uint64_t)run_number), ATTR_OK);
        int seen[n] = {0};
        for (int i = 0; i < n; i++) seen[chosen[i]]++;
        for (int i = 0; i < n; i++) cr_assert_eq(seen[i], 1, "run %d: no permutation", run_number);
        for (int i = 0; i < size; i++) often[chosen[i]]++;
    }
    for (int i = 0; i < n; i++) /* 900 +- 25 */
        cr_expect(abs(often[i] - 900) < 125, "number %d: %d times of 900", i, often[i]);
}

/* Two pixels of x = 1, 1 with f = 3 x0 + x1, one removed: sums and drops are (a0, 3) or (a1, 1). Of two different
 * points the correlation is the slope's sign: 1 for a = (2, 1), -1 for a = (1, 2), none for a = (1, 1). */
Test(faithfulness_correlation, of_two_pixels_by_hand) {
    metric_case c = row_case(2, (float[]){1, 1}, (float[]){3, 1});
    attr_subset_settings s = settings_of(&c, 1);
    double up = run(&c, (double[]){2, 1}, &s), down = run(&c, (double[]){1, 2}, &s),
           none = run(&c, (double[]){1, 1}, &s);
    cr_expect(fabs(up - 1) < 1e-15 && fabs(down + 1) < 1e-15 && isnan(none), "%.17g, %.17g, %g", up, down, none);
    metric_case_free(&c);
}

Test(faithfulness_correlation, of_an_exact_map_is_1_and_of_a_turned_one_minus_1_for_every_subset) {
    metric_case c = linear_case(7);
    double turned[56], scaled[56];
    turn_map(turned, c.parts, 56);
    for (int i = 0; i < 56; i++) scaled[i] = 5 * c.parts[i];
    for (size_t size = 1; size < pixels; size++) {
        attr_subset_settings s = settings_of(&c, size);
        double right = run(&c, c.parts, &s), wrong = run(&c, turned, &s), large = run(&c, scaled, &s);
        cr_expect(fabs(right - 1) < 1e-12 && fabs(wrong + 1) < 1e-12 && fabs(large - 1) < 1e-12,
                  "%zu pixels: %.17g, turned %.17g, scaled %.17g", size, right, wrong, large);
    }
    metric_case_free(&c);
}

Test(faithfulness_correlation, is_not_a_number_where_it_is_undefined) {
    metric_case c = linear_case(7), p = padding_case(7);
    double map[56];
    attr_subset_settings s = settings_of(&c, 5), all = settings_of(&c, 24), more = settings_of(&c, 224);
    fill_map(map, .1, 56);
    cr_expect(isnan(run(&c, map, &s)), "constant map: %g", run(&c, map, &s));
    cr_expect(isnan(run(&c, c.parts, &all)), "subset of all: %g", run(&c, c.parts, &all));
    cr_expect(isnan(run(&c, c.parts, &more)), "subset of more: %g", run(&c, c.parts, &more));
    s.reference = p.reference;
    cr_expect(isnan(run(&p, p.random_map, &s)), "a target that looks at padding only: %g", run(&p, p.random_map, &s));
    metric_case_free(&c);
    metric_case_free(&p);
}

/* The value that `with` puts in the place of element `at` in a run. */
static double replaced(const metric_case *c, attr_replacement with, size_t size, size_t run_number, size_t at) {
    double lowest = INFINITY, highest = -INFINITY, mean = 0;
    float noise;
    for (size_t k = 0; k < 3; k++)
        for (size_t i = 0; i < pixels; i++) {
            double v = c->x[k * 56 + attr_picture_place(&c->region, i)];
            lowest = fmin(lowest, v);
            highest = fmax(highest, v);
            mean += v / 72;
        }
    attr_random_uniform(&noise, &(attr_random){7, ATTR_STREAM_REPLACEMENT, (uint32_t)size, run_number}, at, 1);
    double values[] = {c->reference[at], lowest, mean, highest, noise};
    return values[with];
}

Test(faithfulness_correlation, replaces_what_its_settings_say) {
    enum { size = 6 };
    metric_case c = linear_case(4);
    const float *w = c.net->layers[0].weights + c.inputs;
    for (int with = ATTR_REPLACE_REFERENCE; with <= ATTR_REPLACE_UNIFORM; with++) {
        attr_subset_settings s = settings_of(&c, size);
        double sums[30], drops[30];
        s.with = (attr_replacement)with;
        s.runs = 30;
        cr_assert_eq(attr_subset_removal(sums, drops, c.e, c.t, c.x, (const double *[]){c.random_map}, 1, &s), ATTR_OK);
        for (size_t k = 0; k < 30; k++) {
            size_t chosen[pixels];
            double sum = 0, drop = 0;
            cr_assert_eq(attr_draw_subset(chosen, size, pixels, 7, ATTR_STREAM_SUBSETS, size, k), ATTR_OK);
            for (int i = 0; i < size; i++) {
                size_t place = attr_picture_place(&c.region, chosen[i]);
                sum += c.random_map[place];
                for (size_t ch = 0; ch < 3; ch++) {
                    size_t at = ch * 56 + place;
                    drop += w[at] * (c.x[at] - replaced(&c, s.with, size, k, at));
                }
            }
            cr_expect(fabs(sums[k] - sum) < 1e-12 && fabs(drops[k] - drop) < 1e-6,
                      "replacement %d, run %zu: sum %g, drop %g, expected %g, %g", with, k, sums[k], drops[k], sum,
                      drop);
        }
    }
    metric_case_free(&c);
}

Test(faithfulness_correlation, is_the_same_for_any_batch_and_number_of_threads) {
    double first = 0, out;
    for (int batch = 1; batch <= 5; batch += 2) {
        metric_case c = deep_case(batch);
        attr_subset_settings s = settings_of(&c, 8);
        s.with = ATTR_REPLACE_UNIFORM;
        omp_set_num_threads(batch);
        out = run(&c, c.random_map, &s);
        if (batch == 1) first = out;
        cr_expect(out == first, "batch and threads %d: %.17g, alone %.17g", batch, out, first);
        metric_case_free(&c);
    }
}

Test(faithfulness_correlation, of_random_maps_is_0_in_the_mean) {
    enum { trials = 200 };
    metric_case c = linear_case(16);
    double values[trials];
    for (int trial = 0; trial < trials; trial++) {
        attr_subset_settings s = settings_of(&c, 8);
        s.seed = (uint64_t)trial;
        draw_random_map(&c);
        values[trial] = run(&c, c.random_map, &s);
    }
    attr_interval mean = attr_mean_interval(values, trials, .999);
    cr_expect(mean.half_width > 0 && mean.half_width < .1 && fabs(mean.mean) < mean.half_width, "%g +- %g", mean.mean,
              mean.half_width);
    metric_case_free(&c);
}

/* 100 pixels: 80^(i / 9) = 1, 1.63, 2.65, 4.31, 7.01, 11.41, 18.56, 30.20, 49.15, 80. */
Test(sensitivity_n, sizes_are_at_equal_ratios) {
    static const size_t expected[] = {1, 2, 3, 4, 7, 11, 19, 30, 49, 80};
    size_t sizes[ATTR_SENSITIVITY_SIZES];
    attr_region r = {3, 10, 20, 5, 0, 10, 10}, one = {3, 10, 20, 5, 0, 1, 1}, few = {3, 10, 20, 5, 0, 5, 1};
    cr_assert_eq(attr_sensitivity_sizes(sizes, &r), 10);
    for (int i = 0; i < 10; i++) cr_expect_eq(sizes[i], expected[i], "%zu, expected %zu", sizes[i], expected[i]);
    cr_expect_eq(attr_sensitivity_sizes(sizes, &one), 1);
    cr_expect_eq(attr_sensitivity_sizes(sizes, &few), 4);
    cr_expect(sizes[0] == 1 && sizes[3] == 4, "%zu .. %zu", sizes[0], sizes[3]);
}

static double run_all(double *correlations, const metric_case *c, const double *map, size_t *count) {
    size_t sizes[ATTR_SENSITIVITY_SIZES];
    attr_subset_settings s = settings_of(c, 0);
    double mean;
    *count = attr_sensitivity_sizes(sizes, &c->region);
    cr_assert_eq(attr_sensitivity_n(&mean, correlations, c->e, c->t, c->x, &map, 1, sizes, *count, &s), ATTR_OK, "%s",
                 attr_error_message());
    return mean;
}

Test(sensitivity_n, is_1_at_every_n_for_an_exact_map_and_minus_1_for_a_turned_one) {
    metric_case c = linear_case(7);
    double correlations[ATTR_SENSITIVITY_SIZES], turned[56];
    size_t count;
    turn_map(turned, c.parts, 56);
    double mean = run_all(correlations, &c, c.parts, &count);
    cr_expect(fabs(mean - 1) < 1e-12, "mean %.17g", mean);
    for (size_t i = 0; i < count; i++)
        cr_expect(fabs(correlations[i] - 1) < 1e-12, "size %zu: %.17g", i, correlations[i]);
    mean = run_all(correlations, &c, turned, &count);
    cr_expect(fabs(mean + 1) < 1e-12, "turned: mean %.17g", mean);
    fill_map(turned, 3, 56);
    mean = run_all(correlations, &c, turned, &count);
    cr_expect(isnan(mean) && isnan(correlations[0]), "constant: %g, %g", mean, correlations[0]);
    metric_case_free(&c);
}

Test(sensitivity_n, the_mean_leaves_out_an_n_of_all_pixels) {
    metric_case c = deep_case(7);
    double correlations[3], mean;
    size_t sizes[] = {3, 24, 9};
    attr_subset_settings s = settings_of(&c, 0);
    cr_assert_eq(
        attr_sensitivity_n(&mean, correlations, c.e, c.t, c.x, (const double *[]){c.random_map}, 1, sizes, 3, &s),
        ATTR_OK);
    cr_expect(isnan(correlations[1]) && mean == (correlations[0] + correlations[2]) / 2, "%g of %g, %g, %g", mean,
              correlations[0], correlations[1], correlations[2]);
    metric_case_free(&c);
}

/* Of several maps at once each has what it has alone: forwards know nothing of maps. */
Test(faithfulness_correlation, of_several_maps_at_once) {
    metric_case c = deep_case(3);
    attr_subset_settings s = settings_of(&c, 5);
    double turned[56], both[2], means[2], correlations[4];
    size_t sizes[] = {2, 9};
    turn_map(turned, c.random_map, c.plane);
    const double *maps[] = {c.random_map, turned};
    cr_assert_eq(attr_faithfulness_correlation(both, c.e, c.t, c.x, maps, 2, &s), ATTR_OK);
    cr_assert_eq(attr_sensitivity_n(means, correlations, c.e, c.t, c.x, maps, 2, sizes, 2, &s), ATTR_OK);
    for (int k = 0; k < 2; k++) {
        double alone, parts[2];
        cr_expect_eq(both[k], run(&c, maps[k], &s), "map %d: %g", k, both[k]);
        cr_assert_eq(attr_sensitivity_n(&alone, parts, c.e, c.t, c.x, &maps[k], 1, sizes, 2, &s), ATTR_OK);
        cr_expect(means[k] == alone && correlations[k] == parts[0] && correlations[2 + k] == parts[1],
                  "map %d: %g of %g, %g; alone %g of %g, %g", k, means[k], correlations[k], correlations[2 + k], alone,
                  parts[0], parts[1]);
    }
    metric_case_free(&c);
}
