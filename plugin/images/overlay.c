#include "images/overlay.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "images/shrink.h"

static const int smallest_side = 256;
enum { shades = 1024 }; /* of each sign */

static attr_status shrink(attr_picture *small, float **small_map, const attr_picture *p, const float *map, int side,
                          bool absolute) {
    *small = (attr_picture){.w = attr_shrunk(p->w, side), .h = attr_shrunk(p->h, side), .c = p->c};
    size_t plane = (size_t)small->w * (size_t)small->h, from = (size_t)p->w * (size_t)p->h;
    ATTR_TRY(attr_allocate(&small->data, plane * (size_t)p->c, sizeof(float), "an overlay"));
    ATTR_TRY(attr_allocate(small_map, plane, sizeof(float), "an overlay"));
    for (size_t k = 0; k < (size_t)p->c; k++)
        attr_shrink_plane(small->data + k * plane, p->data + k * from, p->w, p->h, side, false);
    attr_shrink_plane(*small_map, map, p->w, p->h, side, absolute);
    return ATTR_OK;
}

/* The palette, ready to be mixed: colour times opacity, and what is left of the picture. */
typedef struct {
    float rgb[3], rest;
} shade;

static void make_shades(shade table[2 * shades + 1], attr_palette palette) {
    for (int i = -shades; i <= shades; i++) {
        double rgb[3], opacity;
        attr_colour(rgb, &opacity, palette, palette == ATTR_SEQUENTIAL ? abs(i) / (double)shades : i / (double)shades);
        for (int k = 0; k < 3; k++) table[i + shades].rgb[k] = (float)(rgb[k] * opacity);
        table[i + shades].rest = (float)(1 - opacity);
    }
}

/* The picture under the map: most of its colour taken out, contrast lowered, so that the map's colours stand out. */
static void background(float rgb[3], const attr_picture *p, size_t i) {
    const float colour_kept = .2f, darkest = .12f, range = .68f;
    size_t plane = (size_t)p->w * (size_t)p->h;
    for (size_t k = 0; k < 3; k++) rgb[k] = p->data[(p->c >= 3 ? k : 0) * plane + i];
    float grey = .2126f * rgb[0] + .7152f * rgb[1] + .0722f * rgb[2];
    for (int k = 0; k < 3; k++) rgb[k] = darkest + range * (grey + colour_kept * (rgb[k] - grey));
}

static void paint(unsigned char rgb[3], const attr_picture *p, size_t i, const shade *s) {
    float under[3];
    background(under, p, i);
    for (int k = 0; k < 3; k++) rgb[k] = (unsigned char)lrintf(255 * (s->rgb[k] + s->rest * under[k]));
}

/* Draws every pixel as a square of `times` x `times`. */
static void paint_all(attr_overlay *out, const attr_picture *p, const float *map, const shade *table, int times) {
    size_t line = (size_t)out->w * 3;
    for (size_t y = 0; y < (size_t)p->h; y++) {
        unsigned char *to = out->rgb + y * (size_t)times * line, *start = to;
        for (size_t x = 0; x < (size_t)p->w; x++) {
            size_t i = y * (size_t)p->w + x;
            double t = attr_scale_place(&out->scale, map[i]);
            paint(to, p, i, &table[shades + (int)lrint(t * shades)]);
            for (int k = 1; k < times; k++) memcpy(to + 3 * k, to, 3);
            to += 3 * times;
        }
        for (int k = 1; k < times; k++) memcpy(start + (size_t)k * line, start, line);
    }
}

static void fill(attr_overlay *out, int left, int top, int right, int bottom, unsigned char value) {
    for (int y = top < 0 ? 0 : top; y < bottom && y < out->h; y++)
        for (int x = left < 0 ? 0 : left; x < right && x < out->w; x++)
            memset(out->rgb + ((size_t)y * (size_t)out->w + (size_t)x) * 3, value, 3);
}

/* A frame of `thick` pixels inwards from these edges. */
static void frame(attr_overlay *out, int left, int top, int right, int bottom, int thick, unsigned char value) {
    fill(out, left, top, right, top + thick, value);
    fill(out, left, bottom - thick, right, bottom, value);
    fill(out, left, top, left + thick, bottom, value);
    fill(out, right - thick, top, right, bottom, value);
}

static int to_pixels(double position, double factor, int limit) {
    return (int)lrint(fmin(fmax(position * factor, 0), limit));
}

static void draw_box(attr_overlay *out, const attr_overlay_box *box, double factor) {
    int longer = out->w > out->h ? out->w : out->h, line = longer / 400 > 2 ? longer / 400 : 2, rim = (line + 1) / 2;
    int left = to_pixels(box->left, factor, out->w), right = to_pixels(box->right, factor, out->w);
    int top = to_pixels(box->top, factor, out->h), bottom = to_pixels(box->bottom, factor, out->h);
    frame(out, left, top, right, bottom, line + 2 * rim, 0);
    frame(out, left + rim, top + rim, right - rim, bottom - rim, line, 255);
}

/* `factor` is the size of a picture's pixel in the overlay; a whole number enlarges the picture. */
static attr_status draw(attr_overlay *out, const attr_picture *p, const float *map, const attr_overlay_settings *s,
                        double factor) {
    shade table[2 * shades + 1];
    int times = factor > 1 ? (int)factor : 1;
    out->w = p->w * times;
    out->h = p->h * times;
    ATTR_TRY(attr_scale_of(&out->scale, map, (size_t)p->w * (size_t)p->h, s->normalisation));
    if (s->scale.positive > 0) out->scale = s->scale;
    ATTR_TRY(attr_allocate(&out->rgb, (size_t)out->w * (size_t)out->h, 3, "an overlay"));
    make_shades(table, s->palette);
    paint_all(out, p, map, table, times);
    for (int i = 0; i < s->box_count; i++) draw_box(out, &s->boxes[i], factor);
    return ATTR_OK;
}

static attr_status check(const attr_overlay_settings *s) {
    const attr_scale *scale = &s->scale;
    bool own = scale->zero == 0 && scale->positive == 0 && scale->negative == 0;
    bool good = scale->zero >= 0 && scale->zero < scale->positive && scale->zero < scale->negative &&
                isfinite(scale->positive) && isfinite(scale->negative);
    if (!own && !good)
        return attr_fail(ATTR_BAD_INPUT, "an overlay's scale ends at %g and %g, with %g as its zero", -scale->negative,
                         scale->positive, scale->zero);
    for (int i = 0; i < s->box_count; i++) {
        const attr_overlay_box *b = &s->boxes[i];
        if (!isfinite(b->left) || !isfinite(b->top) || !isfinite(b->right) || !isfinite(b->bottom))
            return attr_fail(ATTR_NUMERIC, "box %d of an overlay is not finite: not drawn", i + 1);
    }
    return ATTR_OK;
}

attr_status attr_overlay_draw(attr_overlay *out, const attr_picture *picture, const float *map,
                              const attr_overlay_settings *settings) {
    attr_picture small = {0};
    float *small_map = NULL;
    int longer = picture->w > picture->h ? picture->w : picture->h;
    int side = attr_shrink_factor(picture->w, picture->h, settings->largest_side);
    memset(out, 0, sizeof *out);
    ATTR_TRY(check(settings));
    if (side == 1) return draw(out, picture, map, settings, (smallest_side + longer - 1) / longer);
    attr_status status = shrink(&small, &small_map, picture, map, side, settings->palette == ATTR_SEQUENTIAL);
    if (status == ATTR_OK) status = draw(out, &small, small_map, settings, 1. / side);
    attr_picture_free(&small);
    free(small_map);
    return status;
}
