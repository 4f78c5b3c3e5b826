#include "reports/attack.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "images/npy.h"
#include "images/overlay.h"
#include "images/png.h"
#include "reports/files.h"

/* ---- Pictures */

/* The picture's part of a network input, as a picture; released with attr_picture_free(). */
static attr_status cut_picture(attr_picture *out, const attr_explanation *e, const float *input) {
    const attr_letterbox *box = &e->letterbox;
    *out = (attr_picture){.w = box->new_w, .h = box->new_h, .c = e->net_c};
    ATTR_TRY(
        attr_allocate(&out->data, (size_t)out->w * (size_t)out->h * (size_t)out->c, sizeof *out->data, "a picture"));
    float *to = out->data;
    for (int c = 0; c < e->net_c; c++)
        for (int y = 0; y < box->new_h; y++)
            for (int x = 0; x < box->new_w; x++)
                *to++ = input[((size_t)c * (size_t)e->net_h + (size_t)(y + box->y0)) * (size_t)e->net_w +
                              (size_t)(x + box->x0)];
    return ATTR_OK;
}

/* Pixel for pixel: what attr_ball_round() has made is not changed. */
static attr_status write_exact(const attr_picture *p, const char *path) {
    size_t area = (size_t)p->w * (size_t)p->h;
    unsigned char *rgb = NULL;
    ATTR_TRY(attr_allocate(&rgb, area, 3, "a picture"));
    for (size_t i = 0; i < area; i++)
        for (size_t k = 0; k < 3; k++)
            rgb[3 * i + k] = (unsigned char)lrint(255. * p->data[(p->c == 3 ? k : 0) * area + i]);
    attr_status status = attr_png_write(path, rgb, p->w, p->h);
    free(rgb);
    return status;
}

static attr_status write_deceiver(const attr_attack_report *r, const attr_attack_target *t, const char *folder) {
    attr_picture p = {0};
    char *path = NULL;
    attr_status status = cut_picture(&p, r->ex, t->written);
    if (status == ATTR_OK) status = attr_join_path(&path, folder, t->name, ".png");
    if (status == ATTR_OK) status = write_exact(&p, path);
    free(path);
    attr_picture_free(&p);
    return status;
}

double attr_attack_magnification(const attr_attack_target *t) {
    return t->written_distance.largest > 0 ? .5 / t->written_distance.largest : 1;
}

static attr_status write_difference(const attr_attack_report *r, const attr_attack_target *t, const char *folder) {
    size_t size = (size_t)r->ex->net_c * (size_t)r->ex->net_h * (size_t)r->ex->net_w;
    double times = attr_attack_magnification(t);
    attr_picture p = {0};
    unsigned char *rgb = NULL;
    float *grey = NULL;
    char *path = NULL;
    int w, h;
    ATTR_TRY(attr_allocate(&grey, size, sizeof *grey, "a picture"));
    for (size_t i = 0; i < size; i++) grey[i] = (float)(.5 + times * ((double)t->written[i] - r->ex->input[i]));
    attr_status status = cut_picture(&p, r->ex, grey);
    if (status == ATTR_OK) status = attr_small_picture(&rgb, &w, &h, &p, 0);
    if (status == ATTR_OK) status = attr_join_path(&path, folder, t->name, ".difference.png");
    if (status == ATTR_OK) status = attr_png_write(path, rgb, w, h);
    free(path);
    free(rgb);
    free(grey);
    attr_picture_free(&p);
    return status;
}

/* ---- Maps */

/* The picture's part of a map; released with free(). */
static attr_status cut_map(float **out, const attr_explanation *e, const double *plane) {
    const attr_letterbox *box = &e->letterbox;
    ATTR_TRY(attr_allocate(out, (size_t)box->new_w * (size_t)box->new_h, sizeof **out, "a map"));
    float *to = *out;
    for (int y = 0; y < box->new_h; y++)
        for (int x = 0; x < box->new_w; x++)
            *to++ = (float)plane[(size_t)(y + box->y0) * (size_t)e->net_w + (size_t)(x + box->x0)];
    return ATTR_OK;
}

static bool is_signed(const float *map, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (map[i] < 0) return true;
    return false;
}

typedef struct {
    float *map; /* of the picture's part */
    const float *input;
    const char *extension;
} side;

static attr_status draw_map(const attr_attack_report *r, const attr_attack_target *t, const side *of,
                            attr_palette palette, const char *folder) {
    const attr_explanation *e = r->ex;
    attr_overlay_settings settings = {.palette = palette,
                                      .normalisation = (attr_normalisation_word)e->options.normalisation};
    attr_picture p = {0};
    attr_overlay overlay = {0};
    char *path = NULL;
    attr_status status = cut_picture(&p, e, of->input);
    if (status == ATTR_OK) status = attr_overlay_draw(&overlay, &p, of->map, &settings);
    bool drawn = status == ATTR_OK;
    if (status == ATTR_NUMERIC) status = ATTR_OK; /* 0 everywhere */
    if (drawn) status = attr_join_path(&path, folder, t->name, of->extension);
    if (drawn && status == ATTR_OK) status = attr_png_write(path, overlay.rgb, overlay.w, overlay.h);
    free(path);
    free(overlay.rgb);
    attr_picture_free(&p);
    return status;
}

/* Each with its own scale: the gradient of a score that is gone is as small as the score. */
static attr_status draw_maps(const attr_attack_report *r, const attr_attack_target *t, const char *folder) {
    const attr_explanation *e = r->ex;
    const double *const planes[] = {t->map_before, t->map_after};
    size_t n = (size_t)e->letterbox.new_w * (size_t)e->letterbox.new_h;
    side sides[] = {{NULL, e->input, ".before.png"}, {NULL, t->written, ".after.png"}};
    attr_palette palette = ATTR_SEQUENTIAL;
    attr_status status = ATTR_OK;
    for (int k = 0; status == ATTR_OK && k < 2; k++) {
        status = cut_map(&sides[k].map, e, planes[k]);
        if (status == ATTR_OK && is_signed(sides[k].map, n)) palette = ATTR_DIVERGING;
    }
    for (int k = 0; status == ATTR_OK && k < 2; k++) status = draw_map(r, t, &sides[k], palette, folder);
    free(sides[0].map);
    free(sides[1].map);
    return status;
}

static attr_status write_numbers(const attr_attack_report *r, const attr_attack_target *t, const double *plane,
                                 const char *folder, const char *extension) {
    size_t shape[] = {(size_t)r->ex->net_h, (size_t)r->ex->net_w}, n = shape[0] * shape[1];
    float *values = NULL;
    char *path = NULL;
    attr_status status = attr_allocate(&values, n, sizeof *values, "a map");
    for (size_t i = 0; status == ATTR_OK && i < n; i++) values[i] = (float)plane[i];
    if (status == ATTR_OK) status = attr_join_path(&path, folder, t->name, extension);
    if (status == ATTR_OK) status = attr_npy_write(path, values, 2, shape);
    free(path);
    free(values);
    return status;
}

static attr_status write_maps(const attr_attack_report *r, const attr_attack_target *t, const char *folder) {
    const attr_options *o = &r->ex->options;
    if (attr_asked_for(o, ATTR_OUTPUT_NPY) && t->map_before)
        ATTR_TRY(write_numbers(r, t, t->map_before, folder, ".before.npy"));
    if (attr_asked_for(o, ATTR_OUTPUT_NPY) && t->map_after)
        ATTR_TRY(write_numbers(r, t, t->map_after, folder, ".after.npy"));
    return attr_asked_for(o, ATTR_OUTPUT_PNG) && t->map_before && t->map_after ? draw_maps(r, t, folder) : ATTR_OK;
}

/* ---- All */

static attr_status write_record(const attr_attack_report *r, const char *folder) {
    attr_output output;
    char *path = NULL;
    ATTR_TRY(attr_join_path(&path, folder, "attack.cfg", ""));
    attr_status status = attr_write_begin(&output, path);
    if (status == ATTR_OK) status = attr_end_file(&output, attr_write_attack_record(output.file, r->ex, path));
    free(path);
    return status;
}

static attr_status write_summary(const attr_attack_report *r, const char *folder) {
    attr_output output;
    ATTR_TRY(attr_begin_file(&output, folder, "attack.json"));
    attr_write_attack_summary(output.file, r);
    return attr_write_commit(&output);
}

attr_status attr_write_attack(char **folder, const attr_attack_report *r, const char *results) {
    *folder = NULL;
    ATTR_TRY(attr_folder_of(folder, r->ex, results));
    ATTR_TRY(attr_make_folders(*folder));
    if (attr_has_record(*folder, "attack.cfg")) ATTR_TRY(attr_remove_file(*folder, "attack.json", ""));
    ATTR_TRY(write_record(r, *folder));
    for (int i = 0; i < r->count; i++) {
        const attr_attack_target *t = &r->targets[i];
        ATTR_TRY(write_deceiver(r, t, *folder));
        if (attr_asked_for(&r->ex->options, ATTR_OUTPUT_PNG)) ATTR_TRY(write_difference(r, t, *folder));
        ATTR_TRY(write_maps(r, t, *folder));
    }
    return attr_asked_for(&r->ex->options, ATTR_OUTPUT_JSON) ? write_summary(r, *folder) : ATTR_OK;
}
