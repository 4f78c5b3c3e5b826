/* Where a map's mass lies: maps of which that is known, and random ones against a sum over small squares. */
#include "metrics/attribution_share.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "small_network.h"

enum { most_pixels = 40 * 40 };

typedef struct {
    int net_w, net_h;
    attr_fitted_region fitted;
    attr_share_box box;
    double factor;
} place;

/* A square network with a wide picture: rows 2 .. 5 of 8. */
static const place wide = {8, 8, {0, 2, 8, 4}, {2, 3, 4, 5}, ATTR_RING_FACTOR};

static attr_shares of_map(const place *p, const double *plane) {
    attr_shares out;
    attr_shares_of_map(&out, plane, p->net_w, p->net_h, &p->fitted, &p->box, p->factor);
    return out;
}

static attr_shares of_area(const place *p) {
    attr_shares out;
    attr_shares_of_area(&out, p->net_w, p->net_h, &p->fitted, &p->box, p->factor);
    return out;
}

static void expect_shares(const char *what, const place *p, attr_shares got, attr_shares expected, double tolerance) {
    bool is_near = fabs(got.box - expected.box) <= tolerance && fabs(got.ring - expected.ring) <= tolerance &&
                   fabs(got.elsewhere - expected.elsewhere) <= tolerance &&
                   fabs(got.padding - expected.padding) <= tolerance;
    cr_expect(is_near,
              "%s: network %d x %d, picture %d %d %d x %d, box %.17g %.17g %.17g %.17g, factor %.17g:\n"
              "  box %.17g ring %.17g elsewhere %.17g padding %.17g, expected\n"
              "  box %.17g ring %.17g elsewhere %.17g padding %.17g",
              what, p->net_w, p->net_h, p->fitted.x0, p->fitted.y0, p->fitted.w, p->fitted.h, p->box.left, p->box.top,
              p->box.right, p->box.bottom, p->factor, got.box, got.ring, got.elsewhere, got.padding, expected.box,
              expected.ring, expected.elsewhere, expected.padding);
}

static void set_all(double *plane, const place *p, double value) {
    for (int i = 0; i < p->net_w * p->net_h; i++) plane[i] = value;
}

Test(attribution_share, areas_by_hand) {
    const struct {
        const char *what;
        attr_share_box box;
        double factor;
        attr_shares expected; /* in pixels of 64 */
    } cases[] = {
        {"inside: a ring of the box's area", {3, 3.5, 4, 4.5}, ATTR_RING_FACTOR, {1, 1, 30, 32}},
        {"twice as large: a ring of three boxes", {3, 3.5, 4, 4.5}, 2, {1, 3, 28, 32}},
        {"no ring", {3, 3, 4, 4}, 1, {1, 0, 31, 32}},
        {"the ring is cut off by the picture's upper edge", {3, 2, 5, 4}, 2, {4, 4 * 3 - 4, 20, 32}},
        {"half of the box is outside", {-1, 3, 1, 5}, 1, {2, 0, 30, 32}},
        {"half outside, with a ring", {-1, 3, 1, 5}, 2, {2, 2 * 4 - 2, 24, 32}},
        {"reaching into the padding", {3, 1, 4, 3}, 1, {1, 0, 31, 32}},
        {"all of the picture", {0, 2, 8, 6}, ATTR_RING_FACTOR, {32, 0, 0, 32}},
        {"larger than the picture", {-5, -5, 20, 20}, ATTR_RING_FACTOR, {32, 0, 0, 32}},
        {"without width", {3, 3, 3, 5}, ATTR_RING_FACTOR, {0, 0, 32, 32}},
        {"the wrong way round", {4, 5, 2, 3}, ATTR_RING_FACTOR, {0, 0, 32, 32}},
        {"beyond the picture, its ring as well", {20, 3, 22, 5}, ATTR_RING_FACTOR, {0, 0, 32, 32}},
        {"beyond the picture, its ring reaches in", {8, 3, 10, 5}, 2, {0, 4, 28, 32}},
        {"in the padding", {3, 0, 4, 1}, ATTR_RING_FACTOR, {0, 0, 32, 32}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        place p = wide;
        p.box = cases[i].box;
        p.factor = cases[i].factor;
        attr_shares e = cases[i].expected;
        e = (attr_shares){e.box / 64, e.ring / 64, e.elsewhere / 64, e.padding / 64};
        expect_shares(cases[i].what, &p, of_area(&p), e, 1e-12);
        double plane[64];
        set_all(plane, &p, -3e-5);
        expect_shares(cases[i].what, &p, of_map(&p, plane), e, 1e-12);
    }
}

Test(attribution_share, a_single_pixel) {
    const struct {
        const char *what;
        int row, column;
        attr_share_box box;
        double factor;
        attr_shares expected;
    } cases[] = {
        {"in the picture's corner, in the box", 2, 0, {0, 2, 1, 3}, 1, {1, 0, 0, 0}},
        {"in the picture's corner, elsewhere", 2, 0, {4, 4, 5, 5}, ATTR_RING_FACTOR, {0, 0, 1, 0}},
        {"in the picture's last corner", 5, 7, {7, 5, 8, 6}, ATTR_RING_FACTOR, {1, 0, 0, 0}},
        {"in the plane's corner", 0, 0, {0, 0, 8, 8}, ATTR_RING_FACTOR, {0, 0, 0, 1}},
        {"in the plane's last corner", 7, 7, {0, 0, 8, 8}, ATTR_RING_FACTOR, {0, 0, 0, 1}},
        {"half covered, across", 3, 3, {3.5, 3, 5, 4}, 1, {.5, 0, .5, 0}},
        {"half covered, down", 3, 3, {2, 2, 6, 3.5}, 1, {.5, 0, .5, 0}},
        {"a quarter", 3, 3, {3.5, 3.5, 6, 6}, 1, {.25, 0, .75, 0}},
        {"a box within the pixel", 3, 3, {3.25, 3.25, 3.75, 3.75}, 1, {.25, 0, .75, 0}},
        {"with its ring within the pixel", 3, 3, {3.375, 3.375, 3.625, 3.625}, 2, {.0625, .1875, .75, 0}},
        {"half in the box, half in the ring", 3, 3, {3.5, 2, 5.5, 6}, 2, {.5, .5, 0, 0}},
        {"a third", 4, 6, {6 + 2. / 3, 4, 8, 5}, 1, {1. / 3, 0, 2. / 3, 0}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        place p = wide;
        double plane[64] = {0};
        p.box = cases[i].box;
        p.factor = cases[i].factor;
        plane[8 * cases[i].row + cases[i].column] = i % 2 ? -7.5 : 1e-300;
        expect_shares(cases[i].what, &p, of_map(&p, plane), cases[i].expected, 1e-12);
    }
}

Test(attribution_share, signs_do_not_cancel) {
    double plane[64] = {0};
    plane[8 * 3 + 2] = 1, plane[8 * 3 + 3] = -1, plane[8 * 5 + 7] = 2;
    expect_shares("1, -1 in the box, 2 elsewhere", &wide, of_map(&wide, plane), (attr_shares){.5, 0, .5, 0}, 1e-12);
}

Test(attribution_share, a_map_of_zeros_has_no_shares) {
    double plane[64] = {0};
    attr_shares s = of_map(&wide, plane);
    cr_expect(isnan(s.box) && isnan(s.ring) && isnan(s.elsewhere) && isnan(s.padding));
    cr_expect(isnan(attr_share_ratio(s.box, of_area(&wide).box)));
}

Test(attribution_share, ratios) {
    cr_expect_eq(attr_share_ratio(.5, .125), 4);
    cr_expect_eq(attr_share_ratio(0, .125), 0);
    cr_expect(isnan(attr_share_ratio(0, 0)));
    cr_expect(isnan(attr_share_ratio(NAN, .5)));
}

/* ---- Random maps. Edges are at multiples of 1/16, so a pixel is 16 x 16 squares that lie in one part each; the test
 * asks of each square's centre where it is. */

static attr_shares by_squares(const place *p, const double *plane) {
    enum { fine = 16 };
    const attr_share_box *b = &p->box;
    double x = (b->left + b->right) / 2, y = (b->top + b->bottom) / 2, w = b->right - b->left, h = b->bottom - b->top;
    attr_shares sums = {0};
    double whole = 0;
    for (int row = 0; row < p->net_h * fine; row++)
        for (int column = 0; column < p->net_w * fine; column++) {
            double value = fabs(plane[row / fine * p->net_w + column / fine]) / (fine * fine);
            double dx = fabs((column + .5) / fine - x), dy = fabs((row + .5) / fine - y);
            int c = column / fine - p->fitted.x0, r = row / fine - p->fitted.y0;
            bool in_picture = c >= 0 && c < p->fitted.w && r >= 0 && r < p->fitted.h;
            double *part = !in_picture                                        ? &sums.padding
                           : dx < w / 2 && dy < h / 2                         ? &sums.box
                           : dx < p->factor * w / 2 && dy < p->factor * h / 2 ? &sums.ring
                                                                              : &sums.elsewhere;
            *part += value;
            whole += value;
        }
    return (attr_shares){sums.box / whole, sums.ring / whole, sums.elsewhere / whole, sums.padding / whole};
}

static int whole_number(int low, int high) {
    return low + (int)test_uniform(0, high - low + 1 - 1e-9);
}

static place random_place(void) {
    place p = {whole_number(1, 12), whole_number(1, 12)};
    p.fitted.w = whole_number(1, p.net_w);
    p.fitted.h = whole_number(1, p.net_h);
    p.fitted.x0 = (p.net_w - p.fitted.w) / 2;
    p.fitted.y0 = (p.net_h - p.fitted.h) / 2;
    p.factor = whole_number(1, 3);
    double left = whole_number(-40, 200) / 16., top = whole_number(-40, 200) / 16.;
    p.box = (attr_share_box){left, top, left + whole_number(1, 80) / 8., top + whole_number(1, 80) / 8.};
    return p;
}

Test(attribution_share, random_maps_are_what_small_squares_add_up_to) {
    int with_all = 0;
    for (int trial = 0; trial < 3000; trial++) {
        place p = random_place();
        double plane[most_pixels];
        for (int i = 0; i < p.net_w * p.net_h; i++) plane[i] = test_uniform(-1, 1);
        attr_shares got = of_map(&p, plane);
        expect_shares("random", &p, got, by_squares(&p, plane), 1e-12);
        double sum = got.box + got.ring + got.elsewhere + got.padding;
        cr_expect(fabs(sum - 1) < 1e-12, "trial %d: a sum of %.17g", trial, sum);
        cr_expect(got.box >= 0 && got.ring >= 0 && got.elsewhere >= 0 && got.padding >= 0, "trial %d", trial);
        with_all += got.box > 0 && got.ring > 0 && got.elsewhere > 0 && got.padding > 0;
        set_all(plane, &p, test_uniform(.001, 1000));
        expect_shares("uniform", &p, of_map(&p, plane), of_area(&p), 1e-12);
    }
    cr_expect_gt(with_all, 50, "only %d with all parts", with_all);
}

Test(attribution_share, a_uniform_map_for_any_edges) {
    for (int trial = 0; trial < 3000; trial++) {
        place p = random_place();
        double plane[most_pixels];
        p.box.left += test_uniform(0, 1), p.box.top += test_uniform(0, 1);
        p.box.right += test_uniform(0, 1), p.box.bottom += test_uniform(0, 1);
        p.factor = test_uniform(1, 2);
        set_all(plane, &p, 1);
        attr_shares area = of_area(&p);
        expect_shares("uniform", &p, of_map(&p, plane), area, 1e-12);
        double sum = area.box + area.ring + area.elsewhere + area.padding;
        cr_expect(fabs(sum - 1) < 1e-12, "trial %d: a sum of %.17g", trial, sum);
        cr_expect(area.box >= 0 && area.ring >= 0 && area.elsewhere >= 0 && area.padding >= 0, "trial %d", trial);
    }
}
