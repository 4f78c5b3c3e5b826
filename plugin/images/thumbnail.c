#include "images/thumbnail.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "images/colour.h"
#include "images/png.h"
#include "images/scale.h"
#include "images/shrink.h"
#include "metrics/rank.h"

static const unsigned char not_finite = 160; /* a grey */

static unsigned char to_byte(double value) {
    return (unsigned char)(value < 0 ? 0 : value > 1 ? 255 : 255 * value + .5);
}

/* ---- Maps */

static void colour_pixel(unsigned char rgb[3], const attr_scale *scale, double value) {
    double colour[3], opacity;
    attr_colour(colour, &opacity, ATTR_DIVERGING, attr_scale_place(scale, value));
    for (int k = 0; k < 3; ++k) rgb[k] = to_byte(1 - opacity + opacity * colour[k]);
}

static void colour_map(unsigned char *rgb, const float *map, size_t n) {
    attr_scale scale;
    bool finite = true, zero = true;
    for (size_t i = 0; i < n; ++i) {
        finite &= isfinite(map[i]) != 0;
        zero &= map[i] == 0;
    }
    bool drawn = finite && !zero && attr_scale_of(&scale, map, n, ATTR_NORMALISATION_PERCENTILE) == ATTR_OK;
    for (size_t i = 0; i < n; ++i)
        if (drawn)
            colour_pixel(rgb + 3 * i, &scale, map[i]);
        else
            for (int k = 0; k < 3; ++k) rgb[3 * i + (size_t)k] = finite ? 255 : not_finite;
}

attr_status attr_draw_thumbnail(attr_thumbnail *out, const double *map, int w, int h, int side) {
    size_t n = (size_t)w * h;
    int factor = attr_shrink_factor(w, h, side);
    float *plane = NULL;
    unsigned char *rgb = NULL;
    *out = (attr_thumbnail){.w = attr_shrunk(w, factor), .h = attr_shrunk(h, factor)};
    size_t small = (size_t)out->w * out->h;
    attr_status status = attr_allocate(&plane, n + small, sizeof *plane, "a drawing");
    if (status == ATTR_OK) status = attr_allocate(&rgb, 3 * small, 1, "a drawing");
    if (status == ATTR_OK) {
        for (size_t i = 0; i < n; ++i) plane[i] = (float)map[i];
        attr_shrink_plane(plane + n, plane, w, h, factor, false);
        colour_map(rgb, plane + n, small);
        status = attr_png_encode(&out->png, &out->size, rgb, out->w, out->h, NULL, 0);
    }
    free(plane);
    free(rgb);
    return status;
}

/* ---- What a map would keep of its picture */

/* shown[i]: is among the largest magnitudes. */
static attr_status find_shown(bool *shown, const double *map, size_t n, double part) {
    double *magnitudes = NULL;
    size_t *order = NULL, count = (size_t)ceil(part * (double)n);
    attr_status status = attr_allocate(&magnitudes, n, sizeof *magnitudes, "a drawing");
    if (status == ATTR_OK) status = attr_allocate(&order, n, sizeof *order, "a drawing");
    for (size_t i = 0; status == ATTR_OK && i < n; ++i) magnitudes[i] = isfinite(map[i]) ? fabs(map[i]) : 0;
    if (status == ATTR_OK) status = attr_order_falling(order, magnitudes, n);
    for (size_t i = 0; status == ATTR_OK && i < count; ++i) shown[order[i]] = true;
    free(magnitudes);
    free(order);
    return status;
}

/* One colour of what is to be seen; room holds a plane. */
static void reveal_plane(unsigned char *rgb, float *room, const float *x, const bool *shown, int w, int h, int factor) {
    size_t n = (size_t)w * h, small = (size_t)attr_shrunk(w, factor) * attr_shrunk(h, factor);
    double mean = 0;
    for (size_t i = 0; i < n; ++i) mean += x[i] / (double)n;
    for (size_t i = 0; i < n; ++i) room[i] = shown[i] ? x[i] : (float)mean;
    attr_shrink_plane(room + n, room, w, h, factor, false);
    for (size_t i = 0; i < small; ++i) rgb[3 * i] = to_byte(room[n + i]);
}

attr_status attr_draw_revealed(attr_thumbnail *out, const float *x, int channels, const double *map, int w, int h,
                               double part, int side) {
    size_t n = (size_t)w * h;
    int factor = attr_shrink_factor(w, h, side);
    bool *shown = NULL;
    float *room = NULL;
    unsigned char *rgb = NULL;
    *out = (attr_thumbnail){.w = attr_shrunk(w, factor), .h = attr_shrunk(h, factor)};
    size_t small = (size_t)out->w * out->h;
    attr_status status = attr_allocate(&shown, n, sizeof *shown, "a drawing");
    if (status == ATTR_OK) status = attr_allocate(&room, n + small, sizeof *room, "a drawing");
    if (status == ATTR_OK) status = attr_allocate(&rgb, 3 * small, 1, "a drawing");
    if (status == ATTR_OK) status = find_shown(shown, map, n, part);
    for (int k = 0; status == ATTR_OK && k < 3; ++k)
        reveal_plane(rgb + k, room, x + (channels == 3 ? (size_t)k * n : 0), shown, w, h, factor);
    if (status == ATTR_OK) status = attr_png_encode(&out->png, &out->size, rgb, out->w, out->h, NULL, 0);
    free(shown);
    free(room);
    free(rgb);
    return status;
}
