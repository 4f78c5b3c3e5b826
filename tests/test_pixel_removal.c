/* Deletion, preservation and insertion: a case by hand, a linear network, whose curves are known, an independent
 * computation, and random maps. */
#include <criterion/criterion.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "metric_case.h"
#include "metrics/pixel_removal.h"
#include "small_network.h"

enum { pixels = 24, orders = 3 };
static const char *const names[orders] = {"deletion", "preservation", "insertion"};

static attr_removal_settings settings_of(const metric_case *c, int order, size_t each) {
    return (attr_removal_settings){c->region, (attr_removal_order)order, each};
}

static attr_removal_area run(double *scores, const metric_case *c, const double *map, int order, size_t each) {
    attr_removal_settings s = settings_of(c, order, each);
    attr_removal_area area;
    cr_assert_eq(attr_pixel_removal(scores, &area, c->e, c->t, c->x, c->reference, map, &s), ATTR_OK, "%s, %zu: %s",
                 names[order], each, attr_error_message());
    return area;
}

/* x = 1, 1, 1, 1 and f = 4 x0 + 3 x1 + 2 x2 + x3, map 4, 3, 2, 1, reference 0:
 *   deletion      10 6 3 1 0   area (5 + 6 + 3 + 1 + 0) / 4 = 3.75, of 10: .375
 *   preservation  10 9 7 4 0   area (5 + 9 + 7 + 4 + 0) / 4 = 6.25, of 10: .625
 *   insertion     0 4 7 9 10   the same
 * With the map turned, deletion and preservation change places, and insertion has .375. */
Test(pixel_removal, of_a_row_by_hand) {
    metric_case c = row_case(4, (float[]){1, 1, 1, 1}, (float[]){4, 3, 2, 1});
    static const double expected[orders][5] = {{10, 6, 3, 1, 0}, {10, 9, 7, 4, 0}, {0, 4, 7, 9, 10}};
    double scores[5], map[4] = {4, 3, 2, 1};
    for (int turned = 0; turned < 2; turned++)
        for (int order = 0; order < orders; order++) {
            attr_removal_area area = run(scores, &c, map, order, 1);
            double part = (order == ATTR_DELETION) != turned ? .375 : .625;
            cr_expect(area.area == 10 * part && area.normalised == part, "%s, turned %d: %g, %g, expected %g, %g",
                      names[order], turned, area.area, area.normalised, 10 * part, part);
            for (int l = 0; !turned && l < 5; l++)
                cr_expect(scores[l] == expected[order][l], "%s, step %d: %g, expected %g", names[order], l, scores[l],
                          expected[order][l]);
            if (order == orders - 1) turn_map(map, map, 4);
        }
    metric_case_free(&c);
}

/* The picture's pixel that comes next, of those that are left. */
static size_t next_of(const double *left, const attr_region *r, bool largest) {
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < pixels; i++) {
        size_t place = attr_picture_place(r, i);
        if (isnan(left[place])) continue;
        if (best == SIZE_MAX || (largest ? left[place] > left[best] : left[place] < left[best])) best = place;
    }
    return best;
}

Test(pixel_removal, of_a_linear_network_takes_away_the_parts_in_their_order_and_no_padding) {
    metric_case c = linear_case(4);
    double scores[pixels + 1], left[56];
    for (int order = 0; order < orders; order++)
        for (size_t each = 1; each <= 7; each += 3) {
            attr_removal_settings s = settings_of(&c, order, each);
            size_t steps = attr_removal_steps(&s);
            attr_removal_area area = run(scores, &c, c.parts, order, each);
            double expected = scores[0], sum = scores[0] / 2;
            memcpy(left, c.parts, sizeof left);
            for (size_t l = 1; l <= steps; l++) {
                for (size_t k = 0; k < each && (l - 1) * each + k < pixels; k++) {
                    size_t best = next_of(left, &c.region, order != ATTR_PRESERVATION);
                    expected += order == ATTR_INSERTION ? left[best] : -left[best];
                    left[best] = NAN;
                }
                cr_expect(fabs(scores[l] - expected) < 1e-9, "%s, %zu a step, step %zu: %g, expected %g", names[order],
                          each, l, scores[l], expected);
                sum += l == steps ? expected / 2 : expected;
            }
            double none = scores[order == ATTR_INSERTION ? 0 : steps],
                   whole = scores[order == ATTR_INSERTION ? steps : 0];
            double normalised = (sum / (double)steps - none) / (whole - none);
            cr_expect(fabs(area.area - sum / (double)steps) < 1e-9 && fabs(area.normalised - normalised) < 1e-9,
                      "%s, %zu a step: area %g, expected %g; normalised %g, expected %g", names[order], each, area.area,
                      sum / (double)steps, area.normalised, normalised);
        }
    metric_case_free(&c);
}

Test(pixel_removal, insertion_is_preservation_backwards) {
    metric_case c = deep_case(5);
    double there[pixels + 1], back[pixels + 1];
    double shown = run(there, &c, c.random_map, ATTR_INSERTION, 2).area;
    double kept = run(back, &c, c.random_map, ATTR_PRESERVATION, 2).area;
    for (int l = 0; l <= pixels / 2; l++)
        cr_expect(there[l] == back[pixels / 2 - l], "step %d: %g, %g", l, there[l], back[pixels / 2 - l]);
    cr_expect(fabs(shown - kept) < 1e-12, "%g, %g", shown, kept);
    metric_case_free(&c);
}

Test(pixel_removal, is_the_same_for_any_batch_and_number_of_threads) {
    for (int order = 0; order < orders; order++) {
        double first[pixels + 1], scores[pixels + 1];
        attr_removal_area first_area = {0, 0}, area;
        for (int batch = 1; batch <= 5; batch += 2) {
            metric_case c = deep_case(batch);
            omp_set_num_threads(batch);
            area = run(batch == 1 ? first : scores, &c, c.random_map, order, 4);
            if (batch == 1) first_area = area;
            cr_expect(batch == 1 || (!memcmp(first, scores, 7 * sizeof *first) && area.area == first_area.area),
                      "%s, batch and threads %d: %.17g, alone %.17g", names[order], batch, area.area, first_area.area);
            metric_case_free(&c);
        }
    }
}

Test(pixel_removal, of_a_constant_map_or_without_a_change_is_not_a_number) {
    metric_case c = linear_case(2), p = padding_case(2);
    double map[56], scores[pixels + 1];
    fill_map(map, .1, 56);
    for (int order = 0; order < orders; order++) {
        attr_removal_area area = run(scores, &c, map, order, 5);
        cr_expect(isnan(area.area) && isnan(area.normalised) && isnan(scores[0]) && isnan(scores[5]),
                  "%s of a constant map: %g, %g", names[order], area.area, area.normalised);
        area = run(scores, &p, p.random_map, order, 5);
        cr_expect(isnan(area.normalised) && fabs(area.area - scores[0]) < 1e-12,
                  "%s, nothing changes: %g, %g, score %g", names[order], area.area, area.normalised, scores[0]);
    }
    metric_case_free(&c);
    metric_case_free(&p);
}

Test(pixel_removal, refuses_a_region_of_another_input) {
    metric_case c = linear_case(2);
    double scores[pixels + 1];
    attr_removal_area area;
    attr_removal_settings s = settings_of(&c, ATTR_DELETION, 24);
    attr_region wrong[] = {c.region, c.region, c.region, c.region, c.region};
    wrong[0].x0 = 3;
    wrong[1].height = 6;
    wrong[2].channels = 1;
    wrong[3].w = 0;
    wrong[4].y0 = -1;
    for (int i = 0; i < 5; i++) {
        s.region = wrong[i];
        s.pixels_per_step = 1000;
        cr_expect_eq(attr_pixel_removal(scores, &area, c.e, c.t, c.x, c.reference, c.parts, &s), ATTR_BAD_INPUT,
                     "region %d", i);
    }
    metric_case_free(&c);
}

/* Methods paper 3, oracle 10: a map of no use removes the same in either order. */
Test(pixel_removal, deletion_and_insertion_of_random_maps_are_the_same_in_the_mean) {
    enum { trials = 400 };
    metric_case c = deep_case(8);
    double scores[pixels + 1], mean = 0, squares = 0;
    for (int trial = 0; trial < trials; trial++) {
        draw_random_map(&c);
        double difference = run(scores, &c, c.random_map, ATTR_DELETION, 3).area;
        difference -= run(scores, &c, c.random_map, ATTR_INSERTION, 3).area;
        mean += difference / trials;
        squares += difference * difference / trials;
    }
    double error = sqrt((squares - mean * mean) / trials);
    cr_expect(error > 0 && fabs(mean) < 4 * error, "mean difference %g +- %g", mean, error);
    metric_case_free(&c);
}
