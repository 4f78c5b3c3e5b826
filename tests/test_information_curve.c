/* SIC and AIC: entropies and curves by hand, a picture's points by an independent computation, aggregates. */
#include <criterion/criterion.h>
#include <math.h>
#include <omp.h>
#include <string.h>

#include "metric_case.h"
#include "metrics/imputation.h"
#include "metrics/information_curve.h"
#include "small_network.h"

enum { points = ATTR_INFORMATION_POINTS };

static attr_information_curve run(const metric_case *c, const double *map, const attr_information_settings *s) {
    attr_information_curve out;
    cr_assert_eq(attr_information_curve_of(&out, c->e, c->t, c->x, map, s), ATTR_OK, "%s", attr_error_message());
    return out;
}

static attr_information_settings settings_of(const metric_case *c, int variant) {
    attr_information_settings s = attr_information_settings_of(&c->region, (attr_information_variant)variant, 17);
    s.least_score = 0;
    return s;
}

/* Grays 0, 0, 255, 255: two of two: log 2. Only the third shown: 3 of 4 and 1 of 4: .75 log(4/3) + .25 log 4 = .56234.
 * In colour .299 + .587 / 2 = .5925: another gray than .299 (76). */
Test(information_curve, gray_entropy_by_hand) {
    attr_region row = {1, 1, 4, 0, 0, 4, 1}, colour = {3, 1, 3, 1, 0, 2, 1};
    float x[] = {0, .001f, 1, 1.5f}, c[] = {7, 1, 1, 7, .5f, 0, 7, 0, 0};
    double all = attr_gray_entropy(x, NULL, &row), one = attr_gray_entropy(x, (unsigned char[]){1, 0, 1, 0}, &row);
    cr_expect(fabs(all - log(2)) < 1e-15, "%.17g, expected log 2", all);
    cr_expect(fabs(one - .56233514461880835) < 1e-15, "%.17g, expected .5623", one);
    cr_expect(fabs(attr_gray_entropy(c, NULL, &colour) - log(2)) < 1e-15, "colour: %g",
              attr_gray_entropy(c, NULL, &colour));
}

/* (0, 0), (.5, .2), (.5, .4), (1, 1): .5 has .3, .25 has .15, .75 has .65; without the ends .3 is level, or with
 * (.5, .3), (1, 1) as a line: -.4 at 0. */
Test(information_curve, a_curve_through_points_by_hand) {
    double at[] = {1, .5, 0, .5}, value[] = {1, .4, 0, .2}, curve[points];
    cr_assert_eq(attr_curve_through(curve, at, value, 4, false), ATTR_OK);
    cr_expect(fabs(curve[0]) < 1e-15 && fabs(curve[25] - .15) < 1e-15 && fabs(curve[50] - .3) < 1e-15 &&
                  fabs(curve[75] - .65) < 1e-15 && fabs(curve[100] - 1) < 1e-15,
              "%g %g %g %g %g", curve[0], curve[25], curve[50], curve[75], curve[100]);
    at[2] = .5, value[2] = .3;
    cr_assert_eq(attr_curve_through(curve, at, value, 4, false), ATTR_OK);
    cr_expect(fabs(curve[0] - .3) < 1e-15 && fabs(curve[100] - 1) < 1e-15, "level: %g %g", curve[0], curve[100]);
    cr_assert_eq(attr_curve_through(curve, at, value, 4, true), ATTR_OK);
    cr_expect(fabs(curve[0] + .4) < 1e-12 && fabs(curve[75] - .65) < 1e-12, "as a line: %g %g", curve[0], curve[75]);
    cr_assert_eq(attr_curve_through(curve, at, value, 1, true), ATTR_OK);
    cr_expect(curve[0] == 1 && curve[100] == 1, "one point: %g %g", curve[0], curve[100]);
}

/* 25 pixels in a row of grays 10 i, f their sum over all, one seed. */
Test(information_curve, points_of_a_row_are_what_the_description_says) {
    enum { n = 25 };
    float x[n], w[n];
    double map[n];
    size_t chosen[n];
    for (int i = 0; i < n; i++) {
        x[i] = (float)(10 * i + 1) / 255;
        w[i] = 1;
        map[i] = (7 * i) % n;
    }
    metric_case c = row_case(n, x, w);
    attr_information_settings s = settings_of(&c, ATTR_INFORMATION_GGIG);
    s.as_published = true;
    attr_information_curve out = run(&c, map, &s);
    cr_assert_eq(attr_draw_subset(chosen, 1, n, 17, ATTR_STREAM_SEEDS, 0, 0), ATTR_OK);
    cr_assert_eq(out.points, 101);
    for (size_t p = 0; p < 101; p++) {
        int shown = (int)lround((double)p / 100 * n), known = 0;
        double f = 0, whole = 0;
        for (int i = 0; i < n; i++) { /* pixel i is shown if fewer than `shown` have more */
            bool own = n - 1 - map[i] < shown || i == (int)chosen[0];
            known += own;
            f += own ? x[i] : x[chosen[0]];
            whole += x[i];
        }
        /* known ones have grays of their own, the others are black */
        double part = 1. / n, black = (double)(n - known) / n, entropy = known * part * log(n), none, all = log(n);
        if (black > 0) entropy -= black * log(black);
        none = part * log(n) - (n - 1.) / n * log((n - 1.) / n);
        double information = (entropy - none) / (all - none);
        cr_expect(fabs(out.part[p] - p / 100.) < 1e-15 && fabs(out.information[p] - information) < 1e-12 &&
                      fabs(out.score[p] - f / whole) < 1e-6,
                  "point %zu: E %g, expected %g; score %g, expected %g", p, out.information[p], information,
                  out.score[p], f / whole);
    }
    cr_expect(out.score[100] == 1 && out.information[0] == 0 && out.information[100] == 1 && out.recognised[100] == 1);
    metric_case_free(&c);
}

/* The nearest seed in the picture, and nothing outside of it. */
Test(information_curve, touches_no_padding) {
    metric_case p = padding_case(4);
    for (int variant = ATTR_INFORMATION_GGIG; variant <= ATTR_INFORMATION_PIC; variant++) {
        attr_information_settings s = settings_of(&p, variant);
        s.as_published = true;
        s.least_score = -INFINITY;
        attr_information_curve out = run(&p, p.random_map, &s);
        for (size_t i = 0; variant == ATTR_INFORMATION_GGIG && i < out.points; i++)
            cr_expect(out.score[i] == 1 && out.recognised[i] == 1, "point %zu: %.17g, %g", i, out.score[i],
                      out.recognised[i]);
        if (variant == ATTR_INFORMATION_PIC) /* f(x) = f(0) */
            cr_expect(isnan(out.sic_area) && isnan(out.score[0]) && out.points == 14, "%g, %g", out.sic_area,
                      out.score[0]);
    }
    metric_case_free(&p);
}

static bool never(void *context, attr_engine *e, int sample) {
    (void)e;
    (void)sample;
    ++*(int *)context;
    return false;
}

Test(information_curve, asks_the_caller_once_a_forward_what_is_recognised) {
    metric_case c = deep_case(4);
    for (int variant = ATTR_INFORMATION_GGIG; variant <= ATTR_INFORMATION_PIC; variant++) {
        int asked = 0;
        attr_information_settings s = settings_of(&c, variant);
        s.recognised = never;
        s.context = &asked;
        attr_information_curve out = run(&c, c.random_map, &s);
        cr_expect_eq((size_t)asked, out.points + 1, "%d times for %zu points", asked, out.points);
        /* pic has (1, 1) as its last point all the same */
        cr_expect(variant == ATTR_INFORMATION_GGIG ? out.aic_area == 0 : out.aic[100] == 1, "variant %d: %g, %g",
                  variant, out.aic_area, out.aic[100]);
    }
    metric_case_free(&c);
}

Test(information_curve, pic_rises_from_0_to_1) {
    metric_case c = deep_case(4);
    for (int published = 0; published < 2; published++) {
        attr_information_settings s = settings_of(&c, ATTR_INFORMATION_PIC);
        s.as_published = published;
        attr_information_curve out = run(&c, c.random_map, &s);
        cr_expect(out.points == 14 && out.part[1] == .005 && out.part[13] == .75 && out.information[0] == 0 &&
                      out.score[0] == 0,
                  "%zu points, %g .. %g, first %g, %g", out.points, out.part[1], out.part[13], out.information[0],
                  out.score[0]);
        cr_expect(out.sic[100] == 1, "published %d: ends at %g", published, out.sic[100]);
        for (int i = 1; i < points; i++)
            cr_expect((published || out.sic[i] >= out.sic[i - 1]) && out.sic[i] >= 0 && out.sic[i] <= 1,
                      "published %d, %d: %g, before %g", published, i, out.sic[i], out.sic[i - 1]);
        s.least_score = 1.1;
        out = run(&c, c.random_map, &s);
        cr_expect(isnan(out.sic_area) && isnan(out.aic_area), "f(x) is too small: %g, %g", out.sic_area, out.aic_area);
    }
    metric_case_free(&c);
}

Test(information_curve, is_not_a_number_where_it_is_undefined) {
    metric_case c = deep_case(4);
    double map[56];
    fill_map(map, .3, 56);
    for (int variant = ATTR_INFORMATION_GGIG; variant <= ATTR_INFORMATION_PIC; variant++) {
        attr_information_settings s = settings_of(&c, variant);
        attr_information_curve out = run(&c, map, &s);
        cr_expect(isnan(out.sic_area) && isnan(out.sic[3]), "a constant map: %g", out.sic_area);
    }
    attr_information_settings s = settings_of(&c, ATTR_INFORMATION_GGIG);
    for (size_t i = 0; i < c.inputs; i++) c.x[i] = 0;
    attr_information_curve out = run(&c, c.random_map, &s);
    cr_expect(isnan(out.sic_area) && isnan(out.information[0]), "a black picture: %g", out.sic_area);
    metric_case_free(&c);
}

Test(information_curve, is_the_same_for_any_batch_and_number_of_threads) {
    for (int variant = ATTR_INFORMATION_GGIG; variant <= ATTR_INFORMATION_PIC; variant++) {
        static attr_information_curve first, out;
        for (int batch = 1; batch <= 5; batch += 2) {
            metric_case c = deep_case(batch);
            attr_information_settings s = settings_of(&c, variant);
            omp_set_num_threads(batch);
            out = run(&c, c.random_map, &s);
            if (batch == 1) first = out;
            cr_expect(!memcmp(first.score, out.score, out.points * sizeof *out.score) &&
                          !memcmp(first.information, out.information, out.points * sizeof *out.score) &&
                          !memcmp(first.sic, out.sic, sizeof out.sic) && !memcmp(first.aic, out.aic, sizeof out.aic),
                      "variant %d, batch and threads %d: %.17g, alone %.17g", variant, batch, out.sic_area,
                      first.sic_area);
            metric_case_free(&c);
        }
    }
}

/* A map that shows what counts first has a larger area than its opposite: a linear f whose parts are positive. The
 * seed is a dark pixel: with the value of a bright one everywhere f would be larger than f(x) from the start. */
Test(information_curve, is_higher_for_a_map_than_for_the_turned_one) {
    enum { n = 60 };
    float x[n], w[n];
    double map[n];
    size_t seeds[n];
    for (int i = 0; i < n; i++) {
        x[i] = (float)(1 + (37 * i) % n) / n;
        w[i] = i % 4 == 0 ? 1 : .01f;
        map[i] = w[i] * x[i];
    }
    metric_case c = row_case(n, x, w);
    attr_information_settings s = settings_of(&c, ATTR_INFORMATION_GGIG);
    do cr_assert_eq(attr_draw_subset(seeds, 1, n, ++s.seed, ATTR_STREAM_SEEDS, 0, 0), ATTR_OK);
    while (x[seeds[0]] > .2f);
    double right = run(&c, map, &s).sic_area;
    turn_map(map, map, n);
    double wrong = run(&c, map, &s).sic_area;
    cr_expect(right > wrong, "%g, turned %g", right, wrong);
    metric_case_free(&c);
}

/* Points of `pic`: what is known, imputed here again, its entropy and a linear f. */
Test(information_curve, pic_shows_what_the_description_says) {
    metric_case c = linear_case(4);
    const float *w = c.net->layers[0].weights + c.inputs;
    attr_information_settings s = settings_of(&c, ATTR_INFORMATION_PIC);
    s.least_score = -INFINITY;
    s.seeds = .1; /* 2 of 24 */
    attr_information_curve out = run(&c, c.random_map, &s);
    size_t chosen[24], order[24];
    cr_assert_eq(attr_draw_subset(chosen, 2, 24, 17, ATTR_STREAM_SEEDS, 0, 0), ATTR_OK);
    cr_assert_eq(attr_order_of_picture(order, c.random_map, &c.region, false), ATTR_OK);
    double none_entropy = 0, none = 0, whole = c.net->layers[0].biases[1];
    double all = attr_gray_entropy(c.x, NULL, &c.region);
    for (size_t i = 0; i < c.inputs; i++) whole += (double)w[i] * c.x[i];
    for (size_t p = 0; p < 14; p++) {
        unsigned char missing[24];
        float shown[168];
        double f = c.net->layers[0].biases[1];
        memset(missing, 1, sizeof missing);
        missing[0] = missing[5] = missing[18] = missing[23] = missing[chosen[0]] = missing[chosen[1]] = 0;
        for (size_t i = 0; i < (size_t)lround(out.part[p] * 24); i++)
            missing[attr_picture_number(&c.region, order[i])] = 0;
        memcpy(shown, c.x, sizeof shown);
        cr_assert_eq(attr_impute_linear(shown, missing, &c.region), ATTR_OK);
        for (size_t i = 0; i < c.inputs; i++) f += (double)w[i] * shown[i];
        double entropy = attr_gray_entropy(shown, NULL, &c.region);
        if (p == 0) none = f, none_entropy = entropy;
        double information = fmin(fmax((entropy - none_entropy) / (all - none_entropy), 0), 1);
        double score = fmin(fmax((f - none) / (whole - none), 0), 1);
        cr_expect(fabs(out.information[p] - information) < 1e-12 && fabs(out.score[p] - score) < 1e-6,
                  "point %zu: E %g, expected %g; score %g, expected %g", p, out.information[p], information,
                  out.score[p], score);
    }
    metric_case_free(&c);
}

/* Largest of the same E, and largest up to it; as published in the order of p. Points after p = 0:
 *   E .5 .2 .5 1 .. 1, values .4 .1 .3 .9 .9 ..: in the order of E (0, 0) (.2, .1) (.5, .4) (1, 1);
 *   as published .4 .4 .4 .9: (0, 0) (.2, .4) (.5, .4) (1, 1) */
Test(information_curve, pic_joins_points_by_hand) {
    static attr_information_curve of = {.variant = ATTR_INFORMATION_PIC, .points = 14};
    double value[points], curve[points];
    for (int i = 0; i < 14; i++) {
        of.information[i] = i == 0 ? .3 : i == 1 || i == 3 ? .5 : i == 2 ? .2 : 1;
        value[i] = i == 0 ? .8 : i == 1 ? .4 : i == 2 ? .1 : i == 3 ? .3 : .9;
    }
    for (int published = 0; published < 2; published++) {
        of.as_published = published;
        double at_20 = published ? .4 : .1;
        cr_assert_eq(attr_information_fit(curve, &of, value), ATTR_OK);
        cr_expect(curve[0] == 0 && fabs(curve[10] - at_20 / 2) < 1e-12 && fabs(curve[20] - at_20) < 1e-12 &&
                      fabs(curve[50] - .4) < 1e-12 && fabs(curve[75] - .7) < 1e-12 && curve[100] == 1,
                  "published %d: %g %g %g %g %g %g", published, curve[0], curve[10], curve[20], curve[50], curve[75],
                  curve[100]);
    }
}

/* Three pictures with level curves .2, .9, .5 (median .5) and one without a curve. E goes 0, .01, .. in two and jumps
 * to 1 at once in the third: mean E at p = i / 100 is (2 i / 100 + 1) / 3 but 0 at p = 0. Recognised from p = .5 on in
 * two, never in the third: 2/3. So AIC is 0 up to E = (.98 + 1) / 3 = .66, 2/3 from (1 + 1) / 3 on: the step lies
 * between .66 and .66667; at .67 it is 2/3. Area: 33 x .01 x 2/3 + .01 / 2 x 2/3 = .22333. */
Test(information_curve, aggregates_by_hand) {
    static attr_information_curve curves[4];
    static const double level[] = {.2, .9, .5};
    for (int k = 0; k < 4; k++) {
        curves[k] =
            (attr_information_curve){.variant = ATTR_INFORMATION_GGIG, .points = 101, .sic_area = k < 3 ? 1 : NAN};
        for (int i = 0; i < points; i++) {
            curves[k].information[i] = k == 3 ? NAN : k == 2 && i > 0 ? 1 : i / 100.;
            curves[k].recognised[i] = k == 3 ? NAN : k < 2 && i >= 50;
            curves[k].sic[i] = k == 3 ? NAN : level[k];
        }
    }
    attr_information_summary out;
    cr_assert_eq(attr_information_summarise(&out, curves, 4), ATTR_OK);
    cr_expect(out.pictures == 3 && out.sic[0] == .5 && fabs(out.sic_area - .5) < 1e-12, "%zu pictures, SIC %g, area %g",
              out.pictures, out.sic[0], out.sic_area);
    cr_expect(fabs(out.aic[65]) < 1e-12 && fabs(out.aic[67] - 2. / 3) < 1e-12 && fabs(out.aic_area - .67 / 3) < 1e-9,
              "AIC %g, %g, area %.9g, expected 0, .667, .22333", out.aic[65], out.aic[67], out.aic_area);
    cr_assert_eq(attr_information_summarise(&out, curves, 2), ATTR_OK);
    cr_expect(fabs(out.sic_area - .55) < 1e-12, "median of two: %g, expected .55", out.sic_area);
    cr_assert_eq(attr_information_summarise(&out, curves + 3, 1), ATTR_OK);
    cr_expect(out.pictures == 0 && isnan(out.sic_area) && isnan(out.aic_area), "none: %zu, %g", out.pictures,
              out.sic_area);
}
