/* From options to the settings of an attack. */
#include "session/attack.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/memory.h"
#include "images/npy.h"
#include "methods/method.h"
#include "session/fitting_engine.h"
#include "session/settings.h"

/* What an attack has where the options leave it to it: as published, in units of 0 to 1 (a unit of the papers'
 * normalised space is .225 here). */
static const struct {
    double epsilon, step, beta;
    size_t iterations;
} published[] = {
    [ATTR_ATTACK_PGD] = {.07 * .225, .01 * .225, NAN, 40},
    [ATTR_ATTACK_STRUCTURED] = {INFINITY, 2e-4 * .225, 100, 1500},
    [ATTR_ATTACK_TOPK] = {8 / 255., 1 * .225, 30, 100},
};

/* ---- Checks */

/* Fails if an option is given that this attack does not read. */
static attr_status refuse_of_others(const attr_options *o) {
    static const struct {
        attr_option option;
        const char *name;
        unsigned attacks;
    } rows[] = {
        {ATTR_OPTION_random_start, "random_start", 1u << ATTR_ATTACK_PGD},
        {ATTR_OPTION_attack_class, "attack_class", 1u << ATTR_ATTACK_PGD},
        {ATTR_OPTION_attack_match, "attack_match", 1u << ATTR_ATTACK_PGD},
        {ATTR_OPTION_beta, "beta", 1u << ATTR_ATTACK_STRUCTURED | 1u << ATTR_ATTACK_TOPK},
        {ATTR_OPTION_wanted_map, "wanted_map", 1u << ATTR_ATTACK_STRUCTURED},
        {ATTR_OPTION_map_weight, "map_weight", 1u << ATTR_ATTACK_STRUCTURED},
        {ATTR_OPTION_keep_weight, "keep_weight", 1u << ATTR_ATTACK_STRUCTURED},
    };
    static const char *const words[] = {"pgd", "structured", "topk"};
    char origin[256];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        /* a section may serve several attacks; a flag is meant for this one */
        if (o->given[ATTR_FROM_FLAGS].line[rows[i].option] && !(rows[i].attacks & 1u << o->attack))
            return attr_fail(ATTR_BAD_INPUT, "%s: attack=%s does not use %s",
                             attr_options_origin(origin, o, rows[i].option, sizeof origin), words[o->attack],
                             rows[i].name);
    }
    return ATTR_OK;
}

static attr_status check_layers(const attr_session *s) {
    int *layers;
    size_t count;
    if (!attr_method_has_layers(s->options.method)) return ATTR_OK;
    attr_status status = attr_layers_of(&layers, &count, &s->options, s->model->net->n);
    free(layers);
    if (status != ATTR_OK || count <= 1) return status;
    return attr_fail(ATTR_BAD_INPUT, "layers=%.128s: attack takes one layer for all (test takes several)",
                     s->options.layers);
}

/* Whether the network can be made smooth is asked with an engine of one sample. */
static attr_status check_bends(const attr_session *s) {
    attr_engine *e = NULL;
    ATTR_TRY(attr_engine_create_smooth(&e, s->model->net, ATTR_F64, 2));
    attr_engine_free(e);
    return ATTR_OK;
}

attr_status attr_check_attack(const attr_session *s) {
    const attr_options *o = &s->options;
    bool any = 0 == strcmp(o->attack_class, "any");
    ATTR_TRY(attr_options_validate(o));
    ATTR_TRY(refuse_of_others(o));
    ATTR_TRY(check_layers(s));
    if (o->adaptive != ATTR_ADAPTIVE_NONE)
        return attr_fail(ATTR_BAD_INPUT, "adaptive: attack takes root_sigma as it is, for both maps");
    if (o->attack == ATTR_ATTACK_PGD && !any && attr_find_class(s, o->attack_class, strlen(o->attack_class), false) < 0)
        return attr_fail(ATTR_BAD_INPUT, "attack_class=%.128s: there is no such class", o->attack_class);
    if (o->attack == ATTR_ATTACK_PGD && o->attack_match == ATTR_MATCH_ANEW && !s->is_detector)
        return attr_fail(ATTR_BAD_INPUT, "attack_match=anew is for detections, and this is a classifier");
    if (o->attack == ATTR_ATTACK_STRUCTURED && 0 == strcmp(o->wanted_map, "none"))
        return attr_fail(ATTR_BAD_INPUT, "attack=structured needs wanted_map=FILE: a picture or a .npy");
    return o->attack == ATTR_ATTACK_PGD ? ATTR_OK : check_bends(s);
}

/* ---- Settings */

static size_t top_of(const attr_options *o, const attr_region *r) {
    double pixels = (double)r->w * r->h,
           part = o->attacked_pixels ? (double)o->attacked_pixels : rint(pixels * 1000 / (224 * 224));
    return (size_t)fmax(part, 1);
}

attr_status attr_attack_settings(attr_attack_report *report, const attr_region *r) {
    const attr_options *o = &report->session->options;
    report->attack = (attr_attack_word)o->attack;
    report->epsilon = o->epsilon > 0 ? o->epsilon : published[o->attack].epsilon;
    report->step = o->attack_step > 0 ? o->attack_step : published[o->attack].step;
    report->beta = o->beta > 0 && o->attack != ATTR_ATTACK_PGD ? o->beta : published[o->attack].beta;
    report->iterations = o->attack_iterations ? (size_t)o->attack_iterations : published[o->attack].iterations;
    report->top = top_of(o, r);
    if (report->top <= (size_t)r->w * (size_t)r->h) return ATTR_OK;
    return attr_fail(ATTR_BAD_INPUT, "attacked_pixels=%zu: the picture has %d x %d in the network", report->top, r->w,
                     r->h);
}

/* ---- The wanted map */

/* Makes magnitudes within the picture sum to 1. */
static attr_status make_wanted(double *wanted, const float *values, const attr_region *r, const char *path) {
    double sum = 0;
    for (int y = r->y0; y < r->y0 + r->h; ++y)
        for (int x = r->x0; x < r->x0 + r->w; ++x) {
            size_t at = (size_t)y * (size_t)r->width + (size_t)x;
            sum += wanted[at] = fabs((double)values[at]);
        }
    if (!(sum > 0) || !isfinite(sum))
        return attr_fail(ATTR_BAD_INPUT, "%s: as a wanted map it is %s", path, sum > 0 ? "not finite" : "0 everywhere");
    for (size_t i = 0; i < (size_t)r->height * (size_t)r->width; ++i) wanted[i] /= sum;
    return ATTR_OK;
}

static attr_status read_npy(double *wanted, const attr_region *r, const char *path) {
    float *values = NULL;
    size_t shape[ATTR_NPY_MAX_DIMS];
    int dims;
    ATTR_TRY(attr_npy_read(&values, &dims, shape, attr_find_file(path)));
    attr_status status = dims == 2 && shape[0] == (size_t)r->height && shape[1] == (size_t)r->width
                             ? make_wanted(wanted, values, r, path)
                             : attr_fail(ATTR_BAD_INPUT, "%s: a wanted map is an array of the network's %d x %d", path,
                                         r->height, r->width);
    free(values);
    return status;
}

/* Of another picture's best class or detection; the picture is stretched to where the attacked one is. */
static attr_status make_map_of(double *wanted, const attr_attack_report *report, const attr_region *r, const float *x,
                               const attr_explanation *other) {
    attr_session *s = report->session;
    char class[sizeof s->options.class]; /* the attacked one's */
    int64_t top = s->options.top;
    attr_choice *choices = NULL;
    attr_explanation view = {.letterbox = other->letterbox, .options = s->options};
    int count = 0;
    memcpy(class, s->options.class, sizeof class);
    strcpy(s->options.class, "predicted");
    s->options.top = 1;
    attr_engine_set_input_f32(s->engine, 0, x);
    attr_engine_forward(s->engine, 1);
    attr_status status = attr_choose(&choices, &count, &view, s);
    memcpy(s->options.class, class, sizeof class);
    s->options.top = top;
    if (status == ATTR_OK && count == 0)
        status = attr_fail(ATTR_BAD_INPUT, "%s: nothing is detected there, so it has no map to be wanted",
                           other->picture_path);
    if (status == ATTR_OK)
        status = attr_attacked_map(wanted, s->engine, choices[0].target, r,
                                   s->options.attacked_map == ATTR_ATTACKED_MAP_GRADIENT_X_INPUT, x);
    for (int i = 0; i < view.prediction_count; ++i) free(view.predictions[i].class_name);
    free(view.predictions);
    attr_choices_free(choices, count);
    return status;
}

static attr_status read_picture(double *wanted, const attr_attack_report *report, const attr_region *r,
                                const char *path) {
    attr_session *s = report->session;
    attr_explanation *other = NULL;
    float *x = NULL;
    char crop[sizeof s->options.crop];
    memcpy(crop, s->options.crop, sizeof crop);
    strcpy(s->options.crop, "whole"); /* the attacked picture's */
    attr_status status = attr_prepare(&other, s, path);
    memcpy(s->options.crop, crop, sizeof crop);
    if (status == ATTR_OK) status = attr_allocate(&x, (size_t)s->model->net->inputs, sizeof *x, "a picture");
    if (status == ATTR_OK) {
        attr_letterbox box = report->ex->letterbox;
        box.picture_w = other->picture.w;
        box.picture_h = other->picture.h;
        attr_letterbox_apply(x, &box, &other->picture);
        status = make_map_of(wanted, report, r, x, other);
    }
    free(x);
    attr_explanation_free(other);
    return status;
}

attr_status attr_attack_read_wanted(attr_attack_report *report, const attr_region *r) {
    const char *path = report->session->options.wanted_map, *end = strrchr(path, '.');
    ATTR_TRY(
        attr_allocate(&report->wanted, (size_t)r->height * (size_t)r->width, sizeof *report->wanted, "a wanted map"));
    if (end && 0 == strcmp(end, ".npy")) return read_npy(report->wanted, r, path);
    return read_picture(report->wanted, report, r, path);
}
