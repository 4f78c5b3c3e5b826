/* ROAD: the imputation by hand and against elimination, curves by hand, padding, random maps. */
#include <criterion/criterion.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "metric_case.h"
#include "metrics/imputation.h"
#include "metrics/interval.h"
#include "metrics/road.h"
#include "small_network.h"

static void impute(float *input, const unsigned char *missing, const attr_region *r) {
    cr_assert_eq(attr_impute_linear(input, missing, r), ATTR_OK, "%s", attr_error_message());
}

static void expect_values(const float *found, const float *expected, size_t n, const char *what) {
    for (size_t i = 0; i < n; i++)
        cr_expect(fabs(found[i] - expected[i]) < 1e-6, "%s, %zu: %.9g, expected %.9g", what, i, found[i], expected[i]);
}

/*   0 ? ? 3         equal weights in a row: 1, 2
 *   ? ? 5 2 ?       held beyond the ends: 5, 5, 2
 *   ? 1 / 2 4       (2 x 1 + 2 x 2 + 4) / 5 = 2
 *   1 2 3 / 4 ? 6 / 7 8 9    direct 2 4 6 8, diagonal 1 3 7 9: 20 / 6 + 20 / 12 = 5, all 12 parts of 12 */
Test(imputation, by_hand) {
    attr_region four = {1, 1, 4, 0, 0, 4, 1}, five = {1, 1, 5, 0, 0, 5, 1}, corner = {1, 2, 2, 0, 0, 2, 2};
    attr_region nine = {1, 3, 3, 0, 0, 3, 3};
    float a[] = {0, 9, 9, 3}, b[] = {9, 9, 5, 2, 9}, c[] = {9, 1, 2, 4}, d[] = {1, 2, 3, 4, 9, 6, 7, 8, 9};
    impute(a, (unsigned char[]){0, 1, 1, 0}, &four);
    impute(b, (unsigned char[]){1, 1, 0, 0, 1}, &five);
    impute(c, (unsigned char[]){1, 0, 0, 0}, &corner);
    impute(d, (unsigned char[]){0, 0, 0, 0, 1, 0, 0, 0, 0}, &nine);
    expect_values(a, (float[]){0, 1, 2, 3}, 4, "a row");
    expect_values(b, (float[]){5, 5, 5, 2, 2}, 5, "ends");
    expect_values(c, (float[]){2, 1, 2, 4}, 4, "a corner");
    expect_values(d, (float[]){1, 2, 3, 4, 5, 6, 7, 8, 9}, 9, "the middle");
}

/* Gauss-Jordan elimination of n equations with one right side, which stands in the last column. */
static void eliminate(double *m, size_t n) {
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < n; i++) {
            if (i == k) continue;
            double factor = m[i * (n + 1) + k] / m[k * (n + 1) + k];
            for (size_t j = k; j <= n; j++) m[i * (n + 1) + j] -= factor * m[k * (n + 1) + j];
        }
    for (size_t k = 0; k < n; k++) m[k * (n + 1) + n] /= m[k * (n + 1) + k];
}

Test(imputation, solves_its_equations_and_leaves_padding_alone) {
    metric_case c = linear_case(1);
    const attr_region *r = &c.region;
    for (int trial = 0; trial < 20; trial++) {
        unsigned char missing[24];
        size_t variable[24], n = 0;
        double m[24 * 25] = {0};
        float found[168];
        for (size_t i = 0; i < 24; i++) {
            missing[i] = i > 0 && test_uniform(0, 1) < .95;
            if (missing[i]) variable[i] = n++;
        }
        for (size_t i = 0; i < 24; i++) {
            if (!missing[i]) continue;
            double *row = m + variable[i] * (n + 1);
            for (int dy = -1; dy <= 1; dy++)
                for (int dx = -1; dx <= 1; dx++) {
                    int y = (int)i / 6 + dy, x = (int)i % 6 + dx;
                    if (y < 0 || y > 3 || x < 0 || x > 5 || (!dx && !dy)) continue;
                    double w = dx && dy ? 1. / 12 : 1. / 6;
                    size_t q = (size_t)(y * 6 + x);
                    row[variable[i]] += w;
                    if (missing[q])
                        row[variable[q]] -= w;
                    else
                        row[n] += w * c.x[56 + attr_picture_place(r, q)];
                }
        }
        eliminate(m, n);
        memcpy(found, c.x, sizeof found);
        impute(found, missing, r);
        for (size_t i = 0; i < 24; i++) {
            size_t at = 56 + attr_picture_place(r, i);
            double expected = missing[i] ? m[variable[i] * (n + 1) + n] : c.x[at];
            cr_expect(fabs(found[at] - expected) < 1e-6, "trial %d, pixel %zu: %.9g, expected %.9g", trial, i,
                      found[at], expected);
            found[at] = found[at - 56] = found[at + 56] = 0;
            c.reference[at] = c.reference[at - 56] = c.reference[at + 56] = 0;
        }
        for (size_t i = 0; i < 168; i++)
            cr_expect(isnan(c.reference[i]) ? found[i] == c.x[i] : found[i] == 0, "trial %d, padding %zu: %g, was %g",
                      trial, i, found[i], c.x[i]);
    }
    metric_case_free(&c);
}

Test(imputation, of_black_around_is_black_and_infinite_values_are_an_error) {
    attr_region r = {1, 1, 4, 0, 0, 4, 1};
    float black[] = {1, 0, 9, 9}, wrong[] = {INFINITY, 9, 9, 9};
    impute(black, (unsigned char[]){0, 0, 1, 1}, &r);
    expect_values(black, (float[]){1, 0, 0, 0}, 4, "black");
    cr_expect_eq(attr_impute_linear(wrong, (unsigned char[]){0, 1, 1, 1}, &r), ATTR_NUMERIC);
}

/* The whole of a picture of a common size from very few pixels. */
Test(imputation, converges_for_a_large_picture) {
    enum { side = 224 };
    attr_region r = {3, side, side, 0, 0, side, side};
    float *x = test_allocate(3 * side * side, sizeof *x);
    unsigned char *missing = test_allocate(side * side, 1);
    omp_set_num_threads(1);
    for (size_t i = 0; i < 3 * side * side; i++) x[i] = (float)test_uniform(0, 1);
    for (size_t i = 0; i < side * side; i++) missing[i] = i % 5003 != 0;
    impute(x, missing, &r);
    for (size_t i = 0; i < 3 * side * side; i++) cr_assert(x[i] > -.001 && x[i] < 1.001, "element %zu: %g", i, x[i]);
    free(x);
    free(missing);
}

static attr_road run(const metric_case *c, const double *map, double noise) {
    attr_road_settings s = {c->region, noise, 13};
    attr_road out;
    cr_assert_eq(attr_road_of(&out, c->e, c->t, c->x, map, &s), ATTR_OK, "%s", attr_error_message());
    return out;
}

/* A ramp 0, 1, .. 9 of which f is 1 x the first pixel, map 10, 9, .. 1. Without its k most relevant pixels the first
 * known one is k, and so are all before: f = k, mean 5. The least relevant are at the other end: f stays 0.
 * (0 - 5) / 2 = -2.5. With the map turned 2.5. */
Test(road, of_a_ramp_by_hand) {
    metric_case c = row_case(10, (float[]){0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, (float[]){1, 0, 0, 0, 0, 0, 0, 0, 0, 0});
    double map[] = {10, 9, 8, 7, 6, 5, 4, 3, 2, 1};
    attr_road out = run(&c, map, 0);
    cr_expect(fabs(out.most - 5) < 1e-6 && out.least == 0 && fabs(out.combined + 2.5) < 1e-6,
              "most %g, least %g, combined %g, expected 5, 0, -2.5", out.most, out.least, out.combined);
    for (int i = 0; i < ATTR_ROAD_PARTS; i++)
        cr_expect(fabs(out.most_scores[i] - i - 1) < 1e-5 && out.least_scores[i] == 0, "part .%d: %g, %g", i + 1,
                  out.most_scores[i], out.least_scores[i]);
    turn_map(map, map, 10);
    out = run(&c, map, 0);
    cr_expect(out.most == 0 && fabs(out.least - 5) < 1e-6 && fabs(out.combined - 2.5) < 1e-6,
              "turned: most %g, least %g, combined %g, expected 0, 5, 2.5", out.most, out.least, out.combined);
    metric_case_free(&c);
}

/* Of a picture that is the same everywhere nothing but noise changes: f = sum of weights x noise where pixels miss. */
Test(road, adds_its_noise_to_missing_pixels_only) {
    metric_case c = linear_case(4);
    const float *w = c.net->layers[0].weights + c.inputs;
    size_t order[24];
    for (size_t i = 0; i < c.inputs; i++) c.x[i] = .5f;
    attr_road plain = run(&c, c.random_map, 0), noisy = run(&c, c.random_map, ATTR_ROAD_STRONG_NOISE);
    for (uint32_t least = 0; least < 2; least++) {
        cr_assert_eq(attr_order_of_picture(order, c.random_map, &c.region, least), ATTR_OK);
        for (size_t part = 0; part < ATTR_ROAD_PARTS; part++) {
            float noise[168];
            double expected = 0;
            attr_random_normal(noise, &(attr_random){13, ATTR_STREAM_IMPUTATION, least, part}, 0, 168);
            for (size_t i = 0; i < (size_t)lround((part + 1) * 2.4); i++)
                for (size_t k = 0; k < 3; k++) expected += w[k * 56 + order[i]] * .2 * noise[k * 56 + order[i]];
            double found = least ? noisy.least_scores[part] - plain.least_scores[part]
                                 : noisy.most_scores[part] - plain.most_scores[part];
            cr_expect(fabs(found - expected) < 1e-5, "least %u, part %zu: %g, expected %g", least, part, found,
                      expected);
        }
    }
    metric_case_free(&c);
}

Test(road, touches_no_padding_and_knows_no_constant_map) {
    metric_case p = padding_case(4), c = linear_case(4);
    double map[56], value = 0;
    attr_road out = run(&p, p.random_map, .2);
    for (int i = 0; i < ATTR_ROAD_PARTS; i++) {
        value = out.most_scores[0];
        cr_expect(out.most_scores[i] == value && out.least_scores[i] == value, "part .%d: %.17g, %.17g, expected %.17g",
                  i + 1, out.most_scores[i], out.least_scores[i], value);
    }
    fill_map(map, 0, 56);
    out = run(&c, map, .2);
    cr_expect(isnan(out.most) && isnan(out.least) && isnan(out.combined) && isnan(out.most_scores[0]), "%g, %g, %g",
              out.most, out.least, out.combined);
    metric_case_free(&p);
    metric_case_free(&c);
}

Test(road, is_the_same_for_any_batch_and_number_of_threads) {
    attr_road first = {0}, out;
    for (int batch = 1; batch <= 5; batch += 2) {
        metric_case c = deep_case(batch);
        omp_set_num_threads(batch);
        out = run(&c, c.random_map, ATTR_ROAD_NOISE);
        if (batch == 1) first = out;
        cr_expect(!memcmp(&first, &out, sizeof out), "batch and threads %d: %.17g, alone %.17g", batch, out.combined,
                  first.combined);
        metric_case_free(&c);
    }
}

Test(road, of_random_maps_is_0_in_the_mean) {
    enum { trials = 200 };
    metric_case c = deep_case(9);
    double values[trials];
    for (int trial = 0; trial < trials; trial++) {
        draw_random_map(&c);
        values[trial] = run(&c, c.random_map, ATTR_ROAD_NOISE).combined;
    }
    attr_interval mean = attr_mean_interval(values, trials, .999);
    cr_expect(mean.half_width > 0 && fabs(mean.mean) < mean.half_width, "%g +- %g", mean.mean, mean.half_width);
    metric_case_free(&c);
}
