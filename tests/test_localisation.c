/* Maps against masks: cases worked by hand, other definitions of the same, and what chance gives. */
#include <criterion/criterion.h>
#include <math.h>

#include "metrics/controls.h"
#include "metrics/localisation.h"
#include "small_network.h"

enum { SIDE = 20, AREA = SIDE * SIDE };

static double rank_accuracy(const attr_masked_map *m) {
    double value = -9;
    cr_assert_eq(attr_relevance_rank_accuracy(&value, m), ATTR_OK, "%s", attr_error_message());
    return value;
}

static double roc_area(const attr_masked_map *m) {
    double value = -9;
    cr_assert_eq(attr_roc_area(&value, m), ATTR_OK, "%s", attr_error_message());
    return value;
}

static void expect(double found, double expected, const char *what) {
    bool same = isnan(expected) ? isnan(found) : fabs(found - expected) < 1e-12;
    cr_expect(same, "%s: %.17g, expected %.17g", what, found, expected);
}

/* The plane, 2 x 3, and its mask:     4 -2  1      1  0  0
 *                                    -3  0  2      1  0  .5
 * |a|: sum 12; hard mask 4, 3, 2, so k = 3; mass 4 + 3 + 1 = 8 of 12; localisation 9 / 12, weighted x 6 / 3.
 * Three largest |a|: 4, 3, and of the two 2s the first, outside: rank accuracy 2 / 3. AUC: inside 4, 3 are above all of
 * 2, 1, 0; inside 2 is above 1, 0 and equal to one: (3 + 3 + 2.5) / 9.
 * Signed: sum 2, mass 4 - 3 + 1 = 2; positive 7, inside 4 + 2; three largest 4, 2, 1: two inside; AUC: 4 and 2 are
 * above all of -2, 1, 0, -3 is above none: 6 / 9. */
Test(localisation, of_a_plane_worked_by_hand) {
    const double map[] = {4, -2, 1, -3, 0, 2}, mask[] = {1, 0, 0, 1, 0, .5};
    attr_masked_map m = {map, mask, 2, 3, false};
    expect(attr_pointing_game(&m, 0), 1, "pointing game");
    expect(rank_accuracy(&m), 2. / 3, "rank accuracy");
    expect(attr_relevance_mass_accuracy(&m), 8. / 12, "mass accuracy");
    expect(attr_attribution_localisation(&m), 9. / 12, "localisation");
    expect(attr_weighted_localisation(&m), 1.5, "weighted localisation");
    expect(roc_area(&m), 8.5 / 9, "AUC");
    m.is_signed = true;
    expect(attr_pointing_game(&m, 0), 1, "signed, pointing game");
    expect(rank_accuracy(&m), 2. / 3, "signed, rank accuracy");
    expect(attr_relevance_mass_accuracy(&m), 1, "signed, mass accuracy");
    expect(attr_attribution_localisation(&m), 6. / 7, "signed, localisation");
    expect(attr_weighted_localisation(&m), 12. / 7, "signed, weighted localisation");
    expect(roc_area(&m), 6. / 9, "signed, AUC");
}

/* The only masked pixel is (row 0, column 0); the largest at (3, 4) is 5 away, that at (0, 2) is 2 away. */
Test(localisation, pointing_game_has_a_tolerance_and_shares_hits_among_equals) {
    double map[25] = {0}, mask[25] = {1};
    attr_masked_map m = {map, mask, 5, 5, false};
    map[3 * 5 + 4] = -7;
    expect(attr_pointing_game(&m, 0), 0, "far, tolerance 0");
    expect(attr_pointing_game(&m, 4.99), 0, "far, tolerance 4.99");
    expect(attr_pointing_game(&m, 5), 1, "far, tolerance 5");
    expect(attr_pointing_game(&m, ATTR_POINTING_TOLERANCE), 1, "far, the paper's tolerance");
    expect(attr_pointing_game(&m, 1e300), 1, "far, any tolerance");
    map[2] = 7;
    expect(attr_pointing_game(&m, 2), .5, "two largest, one near");
    m.is_signed = true;
    expect(attr_pointing_game(&m, 2), 1, "signed, the near one alone is largest");
}

static void expect_all_undefined(const attr_masked_map *m, const char *what) {
    expect(attr_pointing_game(m, 0), NAN, what);
    expect(rank_accuracy(m), NAN, what);
    expect(attr_relevance_mass_accuracy(m), NAN, what);
    expect(attr_attribution_localisation(m), NAN, what);
    expect(attr_weighted_localisation(m), NAN, what);
    expect(roc_area(m), NAN, what);
}

Test(localisation, is_undefined_as_the_header_says) {
    double map[6] = {1, 2, 3, 4, 5, 6}, mask[6] = {0};
    attr_masked_map m = {map, mask, 2, 3, false};
    expect_all_undefined(&m, "empty mask");
    for (int i = 0; i < 6; i++) mask[i] = 1;
    expect_all_undefined(&m, "mask that is everything");
    mask[5] = mask[4] = 0;
    map[2] = INFINITY;
    expect_all_undefined(&m, "infinite number");
    map[2] = NAN;
    expect_all_undefined(&m, "not a number");
    for (int sign = -1; sign <= 1; sign += 2) {
        for (int i = 0; i < 6; i++) map[i] = sign * 2 * (i % 2 ? -1 : 1);
        expect(attr_pointing_game(&m, 0), NAN, "constant |map|, pointing game");
        expect(rank_accuracy(&m), NAN, "constant |map|, rank accuracy");
        expect(roc_area(&m), .5, "constant |map|, AUC");
        expect(attr_relevance_mass_accuracy(&m), 4. / 6, "constant |map|, mass accuracy is chance");
        expect(attr_weighted_localisation(&m), 1, "constant |map|, weighted localisation is chance");
    }
    for (int i = 0; i < 6; i++) map[i] = 0;
    expect(attr_relevance_mass_accuracy(&m), NAN, "zeros, mass accuracy");
    expect(attr_attribution_localisation(&m), NAN, "zeros, localisation");
    for (int i = 0; i < 6; i++) map[i] = -1;
    m.is_signed = true;
    expect(attr_relevance_mass_accuracy(&m), NAN, "negative, signed mass accuracy");
    expect(attr_attribution_localisation(&m), NAN, "negative, signed localisation");
}

/* P(inside > outside), equal numbers half, over all pairs one by one. */
static double area_by_pairs(const attr_masked_map *m) {
    double won = 0, pairs = 0;
    for (int i = 0; i < m->height * m->width; i++)
        for (int j = 0; j < m->height * m->width; j++) {
            if (m->mask[i] < .5 || m->mask[j] >= .5) continue;
            double a = m->is_signed ? m->map[i] : fabs(m->map[i]), b = m->is_signed ? m->map[j] : fabs(m->map[j]);
            won += a > b ? 1 : a == b ? .5 : 0;
            pairs++;
        }
    return won / pairs;
}

Test(localisation, area_is_that_of_all_pairs) {
    double map[AREA], mask[AREA];
    for (int trial = 0; trial < 40; trial++) {
        attr_masked_map m = {map, mask, SIDE, SIDE, trial % 2};
        for (int i = 0; i < AREA; i++) {
            map[i] = floor(test_uniform(-1 - trial, 2 + trial)); /* with many ties at first */
            mask[i] = test_uniform(0, 1);
        }
        double found = roc_area(&m), expected = area_by_pairs(&m);
        cr_expect(fabs(found - expected) < 1e-12, "trial %d: %.17g, expected %.17g", trial, found, expected);
    }
}

Test(localisation, of_random_maps_is_chance) {
    enum { trials = 1500, measures = 6 };
    static const char *const names[measures] = {"pointing game", "rank accuracy", "mass accuracy",
                                                "localisation",  "weighted",      "AUC"};
    double map[AREA], mask[AREA] = {0}, sums[measures] = {0}, squares[measures] = {0};
    for (int y = 3; y < 13; y++)
        for (int x = 5; x < 15; x++) mask[y * SIDE + x] = 1;
    const double chance[measures] = {.25, .25, .25, .25, 1, .5};
    for (int trial = 0; trial < trials; trial++) {
        for (int i = 0; i < AREA; i++) map[i] = test_uniform(-1, 1);
        attr_masked_map m = {map, mask, SIDE, SIDE, false};
        const double values[measures] = {attr_pointing_game(&m, 0),        rank_accuracy(&m),
                                         attr_relevance_mass_accuracy(&m), attr_attribution_localisation(&m),
                                         attr_weighted_localisation(&m),   roc_area(&m)};
        for (int k = 0; k < measures; k++) sums[k] += values[k], squares[k] += values[k] * values[k];
    }
    for (int k = 0; k < measures; k++) {
        double mean = sums[k] / trials, error = sqrt((squares[k] / trials - mean * mean) / trials);
        cr_expect(fabs(mean - chance[k]) < 4 * error, "%s: %g +- %g, by chance %g", names[k], mean, error, chance[k]);
    }
}

Test(localisation, the_box_itself_wins) {
    const attr_fitted_region plane = {0, 0, SIDE, SIDE};
    const attr_share_box box = {4, 6, 14, 11};
    double mask[AREA], map[AREA];
    attr_box_mask(mask, SIDE, SIDE, &plane, &box);
    attr_masked_map best = {mask, mask, SIDE, SIDE, false}, other = {map, mask, SIDE, SIDE, false};
    expect(attr_pointing_game(&best, 0), 1, "pointing game");
    expect(rank_accuracy(&best), 1, "rank accuracy");
    expect(attr_relevance_mass_accuracy(&best), 1, "mass accuracy");
    expect(attr_weighted_localisation(&best), 8, "weighted localisation, 400 pixels over 50");
    expect(roc_area(&best), 1, "AUC");
    for (int trial = 0; trial < 100; trial++) {
        for (int i = 0; i < AREA; i++) map[i] = test_uniform(-1, 1);
        cr_expect(rank_accuracy(&other) < 1 && roc_area(&other) < 1 && attr_relevance_mass_accuracy(&other) < 1,
                  "random map %d: rank %g, AUC %g, mass %g", trial, rank_accuracy(&other), roc_area(&other),
                  attr_relevance_mass_accuracy(&other));
    }
}

/* On a plane of 4 x 4 whose pixels are 1 .. 16 in reading order, sum 136: (.5, 1) to (2, 2) has half of 5 and 6; as a
 * box, whose left edge is the middle of 5, both. A box between two middles has none. */
Test(localisation, energy_of_box_and_polygon) {
    double map[16], value;
    for (int i = 0; i < 16; i++) map[i] = i % 3 ? i + 1 : -i - 1;
    attr_masked_map m = {map, NULL, 4, 4, false};
    const attr_share_box box = {.5, 1, 2, 2}, none = {9, 9, 12, 12}, all = {-1, -1, 5, 5}, narrow = {.6, 0, 1.4, 4};
    const attr_corner corners[] = {{.5, 1}, {2, 1}, {2, 2}, {.5, 2}};
    cr_assert_eq(attr_energy_in_box(&value, &m, &box), ATTR_OK);
    expect(value, 11. / 136, "box");
    cr_assert_eq(attr_energy_in_polygon(&value, &m, corners, 4), ATTR_OK);
    expect(value, 8.5 / 136, "the box as a polygon");
    cr_assert_eq(attr_energy_in_box(&value, &m, &none), ATTR_OK);
    expect(value, NAN, "a box outside");
    cr_assert_eq(attr_energy_in_box(&value, &m, &narrow), ATTR_OK);
    expect(value, NAN, "a box between the middles of pixels");
    cr_assert_eq(attr_energy_in_box(&value, &m, &all), ATTR_OK);
    expect(value, NAN, "a box that is everything");
    cr_assert_eq(attr_energy_in_polygon(&value, &m, corners, 2), ATTR_OK);
    expect(value, NAN, "two corners");
}
