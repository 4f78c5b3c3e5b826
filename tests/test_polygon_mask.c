/* Outlines as masks: against boxes, areas, winding by angles, and each other. */
#include <criterion/criterion.h>
#include <math.h>

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

/* Length of what two intervals have in common. */
static double common(double a, double b, double c, double d) {
    return fmax(0, fmin(b, d) - fmax(a, c));
}

Test(polygon_mask, of_a_box_on_quarters_of_pixels_is_exact) {
    double mask[AREA];
    for (int trial = 0; trial < 200; trial++) {
        double left = floor(test_uniform(-8, 40)) / 4, right = left + ceil(test_uniform(0, 30)) / 4;
        double top = floor(test_uniform(-8, 30)) / 4, bottom = top + ceil(test_uniform(0, 30)) / 4;
        const attr_corner corners[] = {{left, top}, {left, bottom}, {right, bottom}, {right, top}};
        make(mask, corners, 4);
        for (int i = 0; i < AREA; i++) {
            int x = i % WIDTH, y = i / WIDTH;
            double expected = common(x, x + 1, left, right) * common(y, y + 1, top, bottom);
            cr_assert_float_eq(mask[i], expected, 1e-12, "box %g %g %g %g, pixel %d: %g, expected %g", left, top, right,
                               bottom, i, mask[i], expected);
        }
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

/* Legs of 8 and 6 pixels on the pixels' edges: area 24. Of each row of samples, k quarters below the top, those left of
 * the slope are inside: what a row has of samples is the integer part of its length in quarters and 1/2. */
Test(polygon_mask, of_a_triangle_is_known) {
    const attr_corner corners[] = {{2, 1}, {2, 7}, {10, 7}};
    double mask[AREA], samples = 0;
    make(mask, corners, 3);
    for (int k = 0; k < 24; k++) samples += floor((k + .5) / 4 * 8 / 6 * 4 + .5);
    cr_expect_float_eq(sum(mask), samples / 16, 1e-12, "%g, expected %g", sum(mask), samples / 16);
    cr_expect_float_eq(sum(mask), 24, .25, "area %g", sum(mask));
    cr_expect(mask[6 * WIDTH + 2] == 1 && mask[1 * WIDTH + 9] == 0 && mask[0] == 0, "%g, %g", mask[6 * WIDTH + 2],
              mask[1 * WIDTH + 9]);
}

/* Outer 8 x 6 pixels, hole 3 x 2.5, joined by a seam there and back: 48 - 7.5, whichever way around the hole goes; two
 * boxes joined by a seam have both areas, as an object in two parts has. */
Test(polygon_mask, of_a_ring_has_a_hole) {
    const attr_corner outer[] = {{1, 1}, {9, 1}, {9, 7}, {1, 7}, {1, 1}};
    for (int way = 0; way < 2; way++) {
        double mask[AREA];
        attr_corner ring[10];
        for (int i = 0; i < 5; i++) ring[i] = outer[i];
        for (int i = 0; i < 5; i++) {
            int k = way ? (5 - i) % 4 : i % 4;
            ring[5 + i] = (attr_corner){k == 1 || k == 2 ? 6 : 3, k >= 2 ? 5 : 2.5};
        }
        make(mask, ring, 10);
        cr_expect_float_eq(sum(mask), 48 - 7.5, 1e-12, "way %d: %g", way, sum(mask));
        cr_expect(mask[3 * WIDTH + 4] == 0 && mask[2 * WIDTH + 4] == .5 && mask[1 * WIDTH + 1] == 1, "way %d: %g %g %g",
                  way, mask[3 * WIDTH + 4], mask[2 * WIDTH + 4], mask[1 * WIDTH + 1]);
        for (int i = 0; i < 5; i++) ring[5 + i].x += 7, ring[5 + i].y += 3;
        make(mask, ring, 10); /* (10, 5.5) to (13, 8) */
        cr_expect_float_eq(sum(mask), 48 + 7.5, 1e-12, "two parts, way %d: %g", way, sum(mask));
    }
}
