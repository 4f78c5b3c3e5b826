/* Pictures as PNG data: the plain one and the maps over it. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "images/overlay.h"
#include "images/png.h"
#include "methods/method.h"
#include "reports/reports.h"
#include "session/place.h"

static attr_status encode(attr_drawing *out, const unsigned char *rgb, int w, int h, const char *comment) {
    const attr_png_text texts[] = {{"Software", "Attribution for Darknet " ATTR_VERSION}, {"Comment", comment}};
    out->w = w;
    out->h = h;
    return attr_png_encode(&out->png, &out->size, rgb, w, h, texts, comment ? 2 : 0);
}

/* The mean of a rectangle of one plane. */
static double mean(const float *plane, int line, int left, int top, int right, int bottom) {
    double sum = 0;
    for (int y = top; y < bottom; y++)
        for (int x = left; x < right; x++) sum += plane[(size_t)y * (size_t)line + (size_t)x];
    return sum / (right - left) / (bottom - top);
}

static int at_most(int value, int limit) {
    return value < limit ? value : limit;
}

/* Each pixel is the mean of a square of `side` pixels, or a pixel becomes a square of `times`; one of both is 1. */
static void resample(unsigned char *rgb, const attr_picture *p, int w, int h, int side, int times) {
    size_t plane = (size_t)p->w * (size_t)p->h;
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++)
            for (size_t k = 0; k < 3; k++) {
                int left = x / times * side, top = y / times * side;
                double value = mean(p->data + (p->c >= 3 ? k * plane : 0), p->w, left, top, at_most(left + side, p->w),
                                    at_most(top + side, p->h));
                *rgb++ = (unsigned char)lrint(255 * fmin(fmax(value, 0), 1));
            }
}

attr_status attr_small_picture(unsigned char **rgb, int *w, int *h, const attr_picture *p, int largest_side) {
    enum { smallest_side = 256 };
    int longer = p->w > p->h ? p->w : p->h, times = (smallest_side + longer - 1) / longer;
    int side = largest_side > 0 ? (longer + largest_side - 1) / largest_side : 1;
    *w = (p->w * times + side - 1) / side;
    *h = (p->h * times + side - 1) / side;
    ATTR_TRY(attr_allocate(rgb, (size_t)*w * (size_t)*h, 3, "a picture"));
    resample(*rgb, p, *w, *h, side, times);
    return ATTR_OK;
}

attr_status attr_draw_picture(attr_drawing *out, const attr_picture *p, int largest_side) {
    unsigned char *rgb = NULL;
    int w, h;
    *out = (attr_drawing){0};
    ATTR_TRY(attr_small_picture(&rgb, &w, &h, p, largest_side));
    attr_status status = encode(out, rgb, w, h, NULL);
    free(rgb);
    return status;
}

/* False if there is none, or none that can be drawn: an untrained network's boxes may be infinite, to both sides. */
static bool find_box(attr_overlay_box *out, const attr_explanation *e, const attr_explained *item) {
    const double *b = item->result.box;
    *out = (attr_overlay_box){(b[0] - b[2] / 2) * e->picture.w, (b[1] - b[3] / 2) * e->picture.h,
                              (b[0] + b[2] / 2) * e->picture.w, (b[1] + b[3] / 2) * e->picture.h};
    return item->is_detection && isfinite(out->left) && isfinite(out->top);
}

/* What a map is and what it is worth: a picture goes on alone. *text is released with free(). */
static attr_status make_comment(char **text, const attr_explanation *e, const attr_explained *item) {
    char label[ATTR_METHOD_LABEL];
    size_t size = 0;
    FILE *memory = open_memstream(text, &size);
    if (!memory) return attr_fail(ATTR_NO_MEMORY, "out of memory for a comment");
    fprintf(memory, "%s, %s: ", item->class_name, attr_method_label(label, &e->options));
    attr_describe_map(memory, item);
    if (item->result.split_half >= ATTR_NOISE_CORRELATION)
        fprintf(memory, ", rank correlation of two halves of the samples %.2f", item->result.split_half);
    if (fclose(memory) == 0) return ATTR_OK;
    free(*text);
    *text = NULL;
    return attr_fail(ATTR_NO_MEMORY, "out of memory for a comment");
}

attr_status attr_draw_map(attr_drawing *out, const attr_explanation *e, const attr_explained *item,
                          const attr_map_figures *figures, int largest_side) {
    attr_overlay overlay;
    attr_overlay_box box;
    attr_overlay_settings settings = {.palette = figures->palette,
                                      .normalisation = (attr_normalisation_word)e->options.normalisation,
                                      .largest_side = largest_side,
                                      .boxes = &box};
    char *comment = NULL;
    if (figures->shares_scale) settings.scale = figures->scale;
    settings.box_count = find_box(&box, e, item);
    *out = (attr_drawing){0};
    ATTR_TRY(attr_overlay_draw(&overlay, &e->picture, item->plane, &settings));
    out->scale = overlay.scale;
    attr_status status = make_comment(&comment, e, item);
    if (status == ATTR_OK) status = encode(out, overlay.rgb, overlay.w, overlay.h, comment);
    free(comment);
    free(overlay.rgb);
    return status;
}
