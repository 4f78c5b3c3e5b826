#include "images/colour.h"

#include <math.h>
#include <stddef.h>

/* A colour in Oklab: lightness, chroma, hue in degrees. All of them, and what lies between, are colours that a screen
 * can show. */
typedef struct {
    double at, l, c, h;
} control_point;

static const control_point red[] = {{0, .72, .10, 40}, {1, .50, .19, 27}};
static const control_point blue[] = {{0, .72, .10, 250}, {1, .50, .19, 262}};
static const control_point heat[] = {{0, .32, .14, 305}, {.35, .46, .19, 355}, {.65, .65, .20, 40}, {1, .93, .16, 103}};

static void oklab_from_point(double lab[3], const control_point *p) {
    double angle = p->h * acos(-1) / 180;
    lab[0] = p->l;
    lab[1] = p->c * cos(angle);
    lab[2] = p->c * sin(angle);
}

static double encode_srgb(double linear) {
    if (linear <= .0031308) return 12.92 * linear;
    return 1.055 * pow(linear, 1 / 2.4) - .055;
}

static void srgb_from_oklab(double rgb[3], const double lab[3]) {
    double l = pow(lab[0] + .3963377774 * lab[1] + .2158037573 * lab[2], 3);
    double m = pow(lab[0] - .1055613458 * lab[1] - .0638541728 * lab[2], 3);
    double s = pow(lab[0] - .0894841775 * lab[1] - 1.2914855480 * lab[2], 3);
    rgb[0] = encode_srgb(4.0767416621 * l - 3.3077115913 * m + .2309699292 * s);
    rgb[1] = encode_srgb(-1.2684380046 * l + 2.6097574011 * m - .3413193965 * s);
    rgb[2] = encode_srgb(-.0041960863 * l - .7034186147 * m + 1.7076147010 * s);
}

static void interpolate(double rgb[3], const control_point *points, size_t count, double t) {
    size_t i = 0;
    double from[3], to[3], lab[3];
    while (i + 2 < count && t > points[i + 1].at) i++;
    double part = (t - points[i].at) / (points[i + 1].at - points[i].at);
    oklab_from_point(from, &points[i]);
    oklab_from_point(to, &points[i + 1]);
    for (int k = 0; k < 3; k++) lab[k] = (1 - part) * from[k] + part * to[k];
    srgb_from_oklab(rgb, lab);
}

void attr_colour(double rgb[3], double *opacity, attr_palette palette, double t) {
    t = fmin(fmax(t, palette == ATTR_DIVERGING ? -1 : 0), 1);
    *opacity = .94 * pow(fabs(t), .8);
    if (palette == ATTR_SEQUENTIAL)
        interpolate(rgb, heat, sizeof heat / sizeof *heat, t);
    else
        interpolate(rgb, t < 0 ? blue : red, 2, fabs(t));
    for (int k = 0; k < 3; k++) rgb[k] = fmin(fmax(rgb[k], 0), 1);
}
