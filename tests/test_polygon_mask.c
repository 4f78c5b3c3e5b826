/* Outlines as masks: against boxes, areas, winding by angles, and each other. */
#include <criterion/criterion.h>
#include <math.h>

#include "metrics/controls.h"
#include "metrics/polygon_mask.h"
#include "small_network.h"

enum { HEIGHT = 9, WIDTH = 13, AREA = HEIGHT * WIDTH };

static void make(double *mask, const attr_corner *corners, size_t count) {
    cr_assert_eq(attr_polygon_mask(mask, HEIGHT, WIDTH, corners, count), ATTR_OK, "%s", attr_error_message());
}

static double sum(const double *mask) {
    double total = 0;
    for (int i = 0; i < AREA; i++) total += mask[i];
    return total;
}

Test(polygon_mask, of_a_box_on_quarters_of_pixels_is_exact) {
    const attr_fitted_region plane = {0, 0, WIDTH, HEIGHT};
    double mask[AREA], expected[AREA];
    for (int trial = 0; trial < 200; trial++) {
        double left = floor(test_uniform(-8, 40)) / 4, right = left + ceil(test_uniform(0, 30)) / 4;
        double top = floor(test_uniform(-8, 30)) / 4, bottom = top + ceil(test_uniform(0, 30)) / 4;
        const attr_share_box box = {left, top, right, bottom};
        const attr_corner corners[] = {{left, top}, {left, bottom}, {right, bottom}, {right, top}};
        attr_box_mask(expected, WIDTH, HEIGHT, &plane, &box);
        make(mask, corners, 4);
        for (int i = 0; i < AREA; i++)
            cr_assert_float_eq(mask[i], expected[i], 1e-12, "box %g %g %g %g, pixel %d: %g, expected %g", left, top,
                               right, bottom, i, mask[i], expected[i]);
    }
}

/* Half of a pixel: samples at 1/8, 3/8, 5/8, 7/8 below the diagonal y = x; those on it are left edges, hence inside:
 * 4 + 3 + 2 + 1 of 16 for the upper right triangle and the 6 others for the lower left. */
Test(polygon_mask, of_two_halves_shares_no_sample) {
    const attr_corner upper[] = {{2, 3}, {3, 3}, {3, 4}}, lower[] = {{2, 3}, {3, 4}, {2, 4}};
    double mask[AREA];
    make(mask, upper, 3);
    cr_expect_float_eq(mask[3 * WIDTH + 2], 10. / 16, 1e-12, "upper right: %g", mask[3 * WIDTH + 2]);
    cr_expect_float_eq(sum(mask), 10. / 16, 1e-12, "elsewhere: %g", sum(mask));
    make(mask, lower, 3);
    cr_expect_float_eq(mask[3 * WIDTH + 2], 6. / 16, 1e-12, "lower left: %g", mask[3 * WIDTH + 2]);
}

/* Inside if a ray down from the sample passes an odd number of edges: another ray than the code's. */
static double coverage_by_rays(int row, int column, const attr_corner *corners, int count) {
    int inside = 0;
    for (int k = 0; k < 16; k++) {
        double x = column + (k % 4 + .5) / 4, y = row + (k / 4 + .5) / 4;
        int passed = 0;
        for (int i = 0; i < count; i++) {
            attr_corner a = corners[i], b = corners[(i + 1) % count];
            if ((a.x <= x) != (b.x <= x)) passed += a.y + (x - a.x) / (b.x - a.x) * (b.y - a.y) > y;
        }
        inside += passed % 2;
    }
    return inside / 16.;
}

Test(polygon_mask, of_random_outlines_is_what_rays_say) {
    double mask[AREA];
    attr_corner corners[12];
    for (int trial = 0; trial < 300; trial++) {
        int count = 3 + trial % 10;
        for (int i = 0; i < count; i++) /* off the samples, crossing each other and the plane's edges */
            corners[i] = (attr_corner){test_uniform(-4, WIDTH + 4), test_uniform(-4, HEIGHT + 4)};
        make(mask, corners, count);
        for (int i = 0; i < AREA; i++) {
            double expected = coverage_by_rays(i / WIDTH, i % WIDTH, corners, count);
            cr_assert_float_eq(mask[i], expected, 1e-12, "outline %d of %d corners, pixel %d: %g, expected %g", trial,
                               count, i, mask[i], expected);
        }
    }
}

/* A box cut into four triangles about a point, with all corners on lines of samples: nothing is lost or taken twice. */
Test(polygon_mask, of_parts_adds_up_to_the_whole) {
    double parts[AREA], mask[AREA], whole[AREA];
    for (int trial = 0; trial < 200; trial++) {
        double left = .125 + floor(test_uniform(0, 20)) / 4, right = left + floor(test_uniform(1, 20)) / 4;
        double top = .125 + floor(test_uniform(0, 15)) / 4, bottom = top + floor(test_uniform(1, 15)) / 4;
        const attr_corner middle = {left + floor(test_uniform(0, 8)) / 4, top + floor(test_uniform(0, 8)) / 4};
        const attr_corner box[] = {{left, top}, {right, top}, {right, bottom}, {left, bottom}};
        if (middle.x > right || middle.y > bottom) continue;
        make(whole, box, 4);
        for (int i = 0; i < AREA; i++) parts[i] = 0;
        for (int side = 0; side < 4; side++) {
            const attr_corner triangle[] = {box[side], box[(side + 1) % 4], middle};
            make(mask, triangle, 3);
            for (int i = 0; i < AREA; i++) parts[i] += mask[i];
        }
        cr_expect_float_eq(sum(whole), (right - left) * (bottom - top), 1e-12, "box %g %g %g %g: %g", left, top, right,
                           bottom, sum(whole));
        for (int i = 0; i < AREA; i++)
            cr_assert_float_eq(parts[i], whole[i], 1e-12, "box %g %g %g %g about %g %g, pixel %d: %g, expected %g",
                               left, top, right, bottom, middle.x, middle.y, i, parts[i], whole[i]);
    }
}

/* A pentagram's middle is surrounded twice; a circle's area is pi r^2. */
Test(polygon_mask, of_star_and_circle) {
    double mask[AREA];
    attr_corner star[5], circle[100];
    for (int i = 0; i < 5; i++)
        star[i] = (attr_corner){6.5 + 4 * sin(2 * i * 2 * M_PI / 5), 4.5 - 4 * cos(2 * i * 2 * M_PI / 5)};
    make(mask, star, 5);
    cr_expect_eq(mask[4 * WIDTH + 6], 0, "the star's middle: %g", mask[4 * WIDTH + 6]);
    cr_expect_gt(sum(mask), 5, "its points: %g", sum(mask));
    for (int i = 0; i < 100; i++)
        circle[i] = (attr_corner){6.3 + 3.7 * cos(i * M_PI / 50), 4.4 + 3.7 * sin(i * M_PI / 50)};
    make(mask, circle, 100);
    cr_expect_float_eq(sum(mask), M_PI * 3.7 * 3.7, .4, "circle: %g, expected %g", sum(mask), M_PI * 3.7 * 3.7);
    make(mask, circle, 0);
    cr_expect_eq(sum(mask), 0, "no corner");
}
