#include <criterion/criterion.h>
#include <math.h>

#include "images/colour.h"

static double decode_srgb(double v) {
    return v <= .04045 ? v / 12.92 : pow((v + .055) / 1.055, 2.4);
}

static void oklab_from_linear(double lab[3], const double rgb[3]) {
    double l = cbrt(.4122214708 * rgb[0] + .5363325363 * rgb[1] + .0514459929 * rgb[2]);
    double m = cbrt(.2119034982 * rgb[0] + .6806995451 * rgb[1] + .1073969566 * rgb[2]);
    double s = cbrt(.0883024619 * rgb[0] + .2817188376 * rgb[1] + .6299787005 * rgb[2]);
    lab[0] = .2104542553 * l + .7936177850 * m - .0040720468 * s;
    lab[1] = 1.9779984951 * l - 2.4285922050 * m + .4505937099 * s;
    lab[2] = .0259040371 * l + .7827717662 * m - .8086757660 * s;
}

/* How a palette's colour looks, without (type 0) or with one of the three dichromacies (Machado and others 2009). */
static void look(double lab[3], attr_palette palette, double t, int type) {
    static const double matrices[4][3][3] = {
        {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
        {{.152286, 1.052583, -.204868}, {.114503, .786281, .099216}, {-.003882, -.048116, 1.051998}},
        {{.367322, .860646, -.227968}, {.280085, .672501, .047413}, {-.011820, .042940, .968881}},
        {{1.255528, -.076749, -.178779}, {-.078411, .930809, .147602}, {.004733, .691367, .303900}}};
    double rgb[3], opacity, seen[3];
    attr_colour(rgb, &opacity, palette, t);
    for (int i = 0; i < 3; i++) {
        seen[i] = 0;
        for (int k = 0; k < 3; k++) seen[i] += matrices[type][i][k] * decode_srgb(rgb[k]);
        seen[i] = fmin(fmax(seen[i], 0), 1);
    }
    oklab_from_linear(lab, seen);
}

static double distance(const double a[3], const double b[3]) {
    return sqrt(pow(a[0] - b[0], 2) + pow(a[1] - b[1], 2) + pow(a[2] - b[2], 2));
}

Test(colour, both_signs_look_equally_strong) {
    for (int i = 0; i <= 100; i++) {
        double up[3], down[3], rgb[3], opacity_up, opacity_down, t = i / 100.;
        look(up, ATTR_DIVERGING, t, 0);
        look(down, ATTR_DIVERGING, -t, 0);
        attr_colour(rgb, &opacity_up, ATTR_DIVERGING, t);
        attr_colour(rgb, &opacity_down, ATTR_DIVERGING, -t);
        cr_expect_float_eq(up[0], down[0], .004, "t %g: lightness %g and %g", t, up[0], down[0]);
        cr_expect_float_eq(hypot(up[1], up[2]), hypot(down[1], down[2]), .004, "t %g: chroma %g and %g", t,
                           hypot(up[1], up[2]), hypot(down[1], down[2]));
        cr_expect_eq(opacity_up, opacity_down, "t %g: opacity %g and %g", t, opacity_up, opacity_down);
    }
}

Test(colour, colours_can_be_told_apart_by_everybody) {
    for (int type = 0; type < 4; type++) {
        double before = 0;
        for (int i = 1; i <= 100; i++) {
            double up[3], down[3], heat[3], t = i / 100.;
            look(up, ATTR_DIVERGING, t, type);
            look(down, ATTR_DIVERGING, -t, type);
            cr_expect(distance(up, down) > .1 + .1 * t, "type %d, t %g: distance of the signs %g", type, t,
                      distance(up, down));
            look(heat, ATTR_SEQUENTIAL, t, type);
            cr_expect(heat[0] > before, "type %d, t %g: lightness %g after %g", type, t, heat[0], before);
            before = heat[0];
        }
    }
}

Test(colour, opacity_grows_from_zero) {
    for (int palette = ATTR_DIVERGING; palette <= ATTR_SEQUENTIAL; palette++) {
        double rgb[3], opacity, before;
        attr_colour(rgb, &before, (attr_palette)palette, 0);
        cr_assert_eq(before, 0, "palette %d: opacity %g at 0", palette, before);
        for (int i = 1; i <= 100; i++) {
            attr_colour(rgb, &opacity, (attr_palette)palette, i / 100.);
            cr_assert(opacity > before && opacity < 1, "palette %d, t %g: opacity %g after %g", palette, i / 100.,
                      opacity, before);
            before = opacity;
        }
        attr_colour(rgb, &opacity, (attr_palette)palette, 7);
        cr_assert_eq(opacity, before, "palette %d: opacity %g beyond 1, %g at 1", palette, opacity, before);
    }
}
