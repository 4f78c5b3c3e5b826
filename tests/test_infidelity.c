/* Infidelity: cases by hand, exact maps of a linear network, an independent computation. */
#include <criterion/criterion.h>
#include <math.h>
#include <omp.h>
#include <string.h>

#include "metric_case.h"
#include "metrics/infidelity.h"
#include "small_network.h"

static const char *const names[] = {"gaussian", "noisy_baseline", "square"};

static attr_infidelity_settings settings_of(const metric_case *c, int perturbation) {
    attr_infidelity_settings s =
        attr_infidelity_settings_of(&c->region, (attr_perturbation)perturbation, c->reference, 11);
    s.samples = 60;
    s.side = 3;
    return s;
}

static attr_infidelity run(const metric_case *c, const double *map, const attr_infidelity_settings *s) {
    attr_infidelity out;
    cr_assert_eq(attr_infidelity_of(&out, c->e, c->t, c->x, &map, 1, s), ATTR_OK, "%s", attr_error_message());
    return out;
}

static void expect(const attr_infidelity *out, double infidelity, double scaled, double relative, double beta) {
    cr_expect(fabs(out->infidelity - infidelity) < 1e-12 && fabs(out->scaled - scaled) < 1e-12 &&
                  fabs(out->relative - relative) < 1e-12 && fabs(out->beta - beta) < 1e-12,
              "infidelity %g, scaled %g, relative %g, beta %g; expected %g, %g, %g, %g", out->infidelity, out->scaled,
              out->relative, out->beta, infidelity, scaled, relative, beta);
}

/* Two pixels, x = 1, 1, f = 3 x0 + x1, reference 0, both squares of side 1: drops 3, 1.
 *   a = 2, 2   errors -1, 1: infidelity 1; beta = (6 + 2) / (4 + 4) = 1: scaled 1; of (9 + 1) / 2: .2
 *   a = 1, 0   errors -2, -1: 2.5; beta = 3 / 1 = 3: errors 0, -1: .5; .1
 *   a = 6, 2   errors 3, 1: 5; beta = 1/2: 0; 0 */
Test(infidelity, of_two_pixels_by_hand) {
    metric_case c = row_case(2, (float[]){1, 1}, (float[]){3, 1});
    attr_infidelity_settings s = settings_of(&c, ATTR_PERTURB_SQUARE);
    s.every_square = true;
    attr_infidelity out = run(&c, (double[]){2, 2}, &s);
    cr_expect_eq(out.samples, 2);
    expect(&out, 1, 1, .2, 1);
    out = run(&c, (double[]){1, 0}, &s);
    expect(&out, 2.5, .5, .1, 3);
    out = run(&c, (double[]){6, 2}, &s);
    expect(&out, 5, 0, 0, .5);
    metric_case_free(&c);
}

/* Of 4 x 6 pixels there are 24 squares of side 1, 15 of side 2, 8 of side 3 and 3 of side 4. */
Test(infidelity, every_square_is_taken_once_and_the_side_is_cut) {
    static const size_t expected[] = {24, 39, 47, 50, 50};
    metric_case c = linear_case(4);
    for (int side = 1; side <= 5; side++) {
        attr_infidelity_settings s = settings_of(&c, ATTR_PERTURB_SQUARE);
        s.every_square = true;
        s.side = side;
        attr_infidelity out = run(&c, c.parts, &s);
        cr_expect_eq(out.samples, expected[side - 1], "side %d: %zu squares, expected %zu", side, out.samples,
                     expected[side - 1]);
        cr_expect(out.infidelity < 1e-20, "side %d: %g", side, out.infidelity);
        double sum = 0;
        for (int k = 1; k <= (side < 4 ? side : 4); k++) /* of zeros: the mean of the squares' drops */
            for (int y = 0; y + k <= 4; y++)
                for (int x = 0; x + k <= 6; x++) {
                    double drop = 0;
                    for (int i = 0; i < k * k; i++) drop += c.parts[(2 + y + i / k) * 8 + 1 + x + i % k];
                    sum += drop * drop;
                }
        double zeros[56] = {0};
        out = run(&c, zeros, &s);
        cr_expect(fabs(out.infidelity - sum / (double)out.samples) < 1e-12, "side %d, zeros: %g, expected %g", side,
                  out.infidelity, sum / (double)out.samples);
    }
    metric_case_free(&c);
}

/* What the map has to be for each perturbation; the row of one channel is exact for noise over a baseline, too. */
Test(infidelity, of_an_exact_map_is_0_with_beta_1_and_of_multiples_scaled) {
    metric_case wide = linear_case(7), row = row_case(4, (float[]){.1f, .9f, .4f, .7f}, (float[]){2, -1, .5f, 3});
    for (int p = ATTR_PERTURB_GAUSSIAN; p <= ATTR_PERTURB_SQUARE; p++) {
        const metric_case *c = p == ATTR_PERTURB_NOISY_BASELINE ? &row : &wide;
        attr_infidelity_settings s = settings_of(c, p);
        const double *exact = p == ATTR_PERTURB_SQUARE ? c->parts : c->gradient;
        double map[56];
        for (size_t i = 0; i < c->plane; i++) map[i] = -4 * exact[i];
        attr_infidelity out = run(c, exact, &s), scaled = run(c, map, &s);
        cr_expect(out.samples == 60 && out.infidelity < 1e-12 && out.scaled < 1e-12 && out.relative < 1e-12 &&
                      fabs(out.beta - 1) < 1e-6,
                  "%s: %g, %g, %g, beta %.17g", names[p], out.infidelity, out.scaled, out.relative, out.beta);
        cr_expect(scaled.infidelity > .01 && scaled.scaled < 1e-12 && fabs(scaled.beta + .25) < 1e-6,
                  "%s, times -4: %g, %g, beta %g", names[p], scaled.infidelity, scaled.scaled, scaled.beta);
    }
    metric_case_free(&wide);
    metric_case_free(&row);
}

/* For a linear target and the same perturbations: an independent computation from the numbers themselves. */
Test(infidelity, of_noise_is_what_its_description_says) {
    metric_case c = linear_case(7);
    const float *w = c.net->layers[0].weights + c.inputs;
    for (int p = ATTR_PERTURB_GAUSSIAN; p <= ATTR_PERTURB_NOISY_BASELINE; p++) {
        attr_infidelity_settings s = settings_of(&c, p);
        double expected = 0;
        for (uint64_t k = 0; k < s.samples; k++) {
            float noise[24];
            double product = 0, drop = 0;
            attr_random_normal(noise, &(attr_random){11, ATTR_STREAM_INFIDELITY, 0, k}, 0, 24);
            for (size_t i = 0; i < 24; i++) {
                size_t place = attr_picture_place(&c.region, i);
                for (size_t ch = 0; ch < 3; ch++) {
                    size_t at = ch * 56 + place;
                    double change =
                        p == ATTR_PERTURB_GAUSSIAN ? .2 * noise[i] : c.x[at] - fmin(fmax(.2 * noise[i], 0), 1);
                    product += c.random_map[place] * change / 3;
                    drop += w[at] * change;
                }
            }
            expected += (product - drop) * (product - drop) / (double)s.samples;
        }
        attr_infidelity out = run(&c, c.random_map, &s);
        cr_expect(fabs(out.infidelity - expected) < 1e-6 * expected, "%s: %.9g, expected %.9g", names[p],
                  out.infidelity, expected);
        cr_expect(out.relative > 0 && out.relative <= 1, "%s: relative %g", names[p], out.relative);
    }
    metric_case_free(&c);
}

Test(infidelity, is_not_a_number_only_where_it_is_undefined) {
    metric_case c = linear_case(7), padding = padding_case(7);
    double zeros[56] = {0};
    for (int p = ATTR_PERTURB_GAUSSIAN; p <= ATTR_PERTURB_SQUARE; p++) {
        attr_infidelity_settings s = settings_of(&c, p);
        attr_infidelity out = run(&c, zeros, &s);
        cr_expect(out.infidelity > 0 && isnan(out.scaled) && isnan(out.relative) && isnan(out.beta),
                  "%s of zeros: %g, %g, %g, %g", names[p], out.infidelity, out.scaled, out.relative, out.beta);
        s = settings_of(&padding, p);
        out = run(&padding, padding.random_map, &s);
        cr_expect(out.infidelity > 0 && out.scaled == 0 && isnan(out.relative) && out.beta == 0,
                  "%s, no drops: %g, %g, %g, %g", names[p], out.infidelity, out.scaled, out.relative, out.beta);
    }
    metric_case_free(&c);
    metric_case_free(&padding);
}

/* Drawn squares lie in the picture (else the reference, NAN around it, would be an error) and cover it: a map that is 1
 * at one pixel changes the figure if a square has that pixel. */
Test(infidelity, drawn_squares_reach_every_pixel) {
    metric_case c = linear_case(7);
    attr_infidelity_settings s = settings_of(&c, ATTR_PERTURB_SQUARE);
    s.samples = 600;
    for (size_t i = 0; i < 24; i++) {
        double map[56] = {0}, zeros[56] = {0};
        map[attr_picture_place(&c.region, i)] = 1;
        double with = run(&c, map, &s).infidelity, without = run(&c, zeros, &s).infidelity;
        cr_expect(with != without, "pixel %zu is in no square", i);
    }
    metric_case_free(&c);
}

Test(infidelity, is_the_same_for_any_batch_and_number_of_threads) {
    for (int p = ATTR_PERTURB_GAUSSIAN; p <= ATTR_PERTURB_SQUARE; p++) {
        attr_infidelity first = {0}, out;
        for (int batch = 1; batch <= 5; batch += 2) {
            metric_case c = deep_case(batch);
            attr_infidelity_settings s = settings_of(&c, p);
            omp_set_num_threads(batch);
            out = run(&c, c.random_map, &s);
            if (batch == 1) first = out;
            cr_expect(!memcmp(&first, &out, sizeof out), "%s, batch and threads %d: %.17g, alone %.17g", names[p],
                      batch, out.infidelity, first.infidelity);
            metric_case_free(&c);
        }
    }
}

Test(infidelity, settings_scale_the_side_with_the_picture) {
    attr_region digit = {1, 28, 28, 0, 0, 28, 28}, letterbox = {3, 416, 416, 0, 52, 416, 312},
                tiny = {1, 2, 1, 0, 0, 1, 2};
    attr_infidelity_settings s = attr_infidelity_settings_of(&digit, ATTR_PERTURB_SQUARE, NULL, 3);
    cr_expect(s.side == 10 && s.samples == 1000 && s.sigma == .2 && s.seed == 3 && !s.every_square, "side %d", s.side);
    cr_expect_eq(attr_infidelity_settings_of(&letterbox, ATTR_PERTURB_SQUARE, NULL, 3).side, 111);
    cr_expect_eq(attr_infidelity_settings_of(&tiny, ATTR_PERTURB_SQUARE, NULL, 3).side, 1);
}

Test(infidelity, of_several_maps_at_once) {
    metric_case c = deep_case(4);
    double turned[56];
    turn_map(turned, c.random_map, c.plane);
    const double *maps[] = {turned, c.random_map};
    for (int perturbation = 0; perturbation < 3; perturbation++) {
        attr_infidelity_settings s = settings_of(&c, perturbation);
        attr_infidelity both[2];
        cr_assert_eq(attr_infidelity_of(both, c.e, c.t, c.x, maps, 2, &s), ATTR_OK);
        for (int k = 0; k < 2; k++) {
            attr_infidelity alone = run(&c, maps[k], &s);
            cr_expect(memcmp(&alone, &both[k], sizeof alone) == 0, "%s, map %d: %g, alone %g", names[perturbation], k,
                      both[k].scaled, alone.scaled);
        }
    }
    metric_case_free(&c);
}
