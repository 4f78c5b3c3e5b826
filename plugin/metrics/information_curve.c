#include "metrics/information_curve.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "metrics/imputation.h"
#include "metrics/input_series.h"
#include "metrics/pixel_walk.h"
#include "targets/classes.h"

enum { GGIG_POINTS = 101, PIC_POINTS = 14, GRAYS = 256 };
static const double pic_parts[PIC_POINTS] = {0, .005, .01, .02, .03, .04, .05, .07, .10, .13, .21, .34, .5, .75};

attr_information_settings attr_information_settings_of(const attr_region *region, attr_information_variant variant,
                                                       uint64_t seed) {
    bool pic = variant == ATTR_INFORMATION_PIC;
    return (attr_information_settings){.region = *region,
                                       .variant = variant,
                                       .seeds = pic ? ATTR_INFORMATION_PIC_SEEDS : ATTR_INFORMATION_GGIG_SEEDS,
                                       .least_score = pic ? ATTR_INFORMATION_PIC_LEAST : 0,
                                       .seed = seed};
}

static int gray_at(const float *x, size_t place, const attr_region *r) {
    size_t plane = (size_t)r->height * (size_t)r->width;
    double sum = 0;
    if (r->channels == 3) {
        sum = .299 * x[place] + .587 * x[plane + place] + .114 * x[2 * plane + place];
    } else {
        for (size_t c = 0; c < (size_t)r->channels; ++c) sum += x[c * plane + place];
        sum /= r->channels;
    }
    return (int)lround(255 * fmin(fmax(sum, 0), 1));
}

double attr_gray_entropy(const float *x, const unsigned char *shown, const attr_region *r) {
    size_t pixels = attr_picture_pixels(r), counts[GRAYS] = {0};
    double entropy = 0;
    for (size_t i = 0; i < pixels; ++i) ++counts[!shown || shown[i] ? gray_at(x, attr_picture_place(r, i), r) : 0];
    for (int g = 0; g < GRAYS; ++g) {
        double part = (double)counts[g] / (double)pixels;
        if (counts[g] > 0) entropy -= part * log(part);
    }
    return entropy;
}

/* ---- What is shown */

typedef struct {
    const attr_information_settings *settings;
    attr_information_curve *out;
    const float *x;
    size_t pixels, plane, channels, shown;
    size_t *order, *seeds; /* [pixels]: places by the map; numbers, of which `seed_count` are seeds */
    size_t seed_count;
    unsigned char *known, *missing;                   /* [pixels] */
    float *seeded;                                    /* [channels][plane]: ggig, at p = 0 */
    double *probabilities;                            /* [classes] */
    int classes, best;                                /* the class at x */
    double entropies[ATTR_INFORMATION_POINTS], whole; /* at p, and of x */
} shower;

/* Gives every pixel of the picture the value of the nearest seed, of equally near ones the first in reading order. */
static void spread_seeds(shower *s) {
    const attr_region *r = &s->settings->region;
    size_t w = (size_t)r->w;
    memcpy(s->seeded, s->x, s->channels * s->plane * sizeof *s->seeded);
#pragma omp parallel for schedule(static)
    for (size_t p = 0; p < s->pixels; ++p) {
        size_t nearest = 0, least = SIZE_MAX;
        for (size_t k = 0; k < s->seed_count; ++k) {
            size_t q = s->seeds[k], dy = p / w > q / w ? p / w - q / w : q / w - p / w;
            size_t dx = p % w > q % w ? p % w - q % w : q % w - p % w, distance = dy * dy + dx * dx;
            if (distance < least || (distance == least && q < nearest)) {
                least = distance;
                nearest = q;
            }
        }
        for (size_t c = 0; c < s->channels; ++c)
            s->seeded[c * s->plane + attr_picture_place(r, p)] = s->x[c * s->plane + attr_picture_place(r, nearest)];
    }
}

static attr_status choose_seeds(shower *s) {
    const attr_region *r = &s->settings->region;
    double count = round(s->settings->seeds * (double)s->pixels);
    s->seed_count = count < 1 ? 1 : count < (double)s->pixels ? (size_t)count : s->pixels;
    ATTR_TRY(attr_draw_subset(s->seeds, s->seed_count, s->pixels, s->settings->seed, ATTR_STREAM_SEEDS, 0, 0));
    for (size_t k = 0; k < s->seed_count; ++k) s->known[s->seeds[k]] = 1;
    if (s->settings->variant == ATTR_INFORMATION_PIC) {
        size_t last = s->pixels - (size_t)r->w;
        s->known[0] = s->known[r->w - 1] = s->known[last] = s->known[s->pixels - 1] = 1;
    } else {
        spread_seeds(s);
    }
    return ATTR_OK;
}

/* The first part of the pixels by the map are known from now on, and shown in `input` as they are. */
static void show(shower *s, double part, float *input) {
    size_t end = (size_t)lround(part * (double)s->pixels);
    for (; s->shown < end; ++s->shown) {
        s->known[attr_picture_number(&s->settings->region, s->order[s->shown])] = 1;
        for (size_t c = 0; c < s->channels; ++c) {
            size_t at = c * s->plane + s->order[s->shown];
            input[at] = s->x[at];
        }
    }
}

/* Number 0 is x itself, number i that of point i - 1. */
static attr_status make(void *context, size_t i, float *input) {
    shower *s = context;
    if (i == 0) return ATTR_OK;
    bool pic = s->settings->variant == ATTR_INFORMATION_PIC;
    if (pic || i == 1) memcpy(input, pic ? s->x : s->seeded, s->channels * s->plane * sizeof *input);
    show(s, s->out->part[i - 1], input);
    if (pic) {
        for (size_t p = 0; p < s->pixels; ++p) s->missing[p] = !s->known[p];
        ATTR_TRY(attr_impute_linear(input, s->missing, &s->settings->region));
    }
    s->entropies[i - 1] = pic ? attr_gray_entropy(input, NULL, &s->settings->region)
                              : attr_gray_entropy(s->x, s->known, &s->settings->region);
    return ATTR_OK;
}

static bool is_best_class(shower *s, size_t i, attr_engine *e, int sample) {
    attr_class_probabilities(s->probabilities, e, sample);
    int best = attr_best_class(s->probabilities, s->classes);
    if (i == 0) s->best = best;
    return best >= 0 && best == s->best;
}

static void look(void *context, size_t i, attr_engine *e, int sample) {
    shower *s = context;
    const attr_information_settings *settings = s->settings;
    bool yes =
        settings->recognised ? settings->recognised(settings->context, e, sample) : is_best_class(s, i, e, sample);
    if (i > 0) s->out->recognised[i - 1] = yes;
}

/* ---- The curves */

static double cut(double value) {
    return fmin(fmax(value, 0), 1);
}

/* scores[points + 1], the first f(x). False: there is no curve. */
static bool scale(shower *s, const double *scores) {
    attr_information_curve *out = s->out;
    bool pic = out->variant == ATTR_INFORMATION_PIC;
    double none = pic ? scores[1] : 0, range = scores[0] - none, information = s->whole - s->entropies[0];
    if (range == 0 || information == 0 || scores[0] < s->settings->least_score) return false;
    for (size_t i = 0; i < out->points; ++i) {
        double score = (scores[i + 1] - none) / range;
        out->information[i] = cut((s->entropies[i] - s->entropies[0]) / information);
        out->score[i] = out->as_published && !pic ? score : cut(score);
    }
    return true;
}

static void clear(attr_information_curve *out) {
    for (int i = 0; i < ATTR_INFORMATION_POINTS; ++i)
        out->information[i] = out->score[i] = out->recognised[i] = out->sic[i] = out->aic[i] = NAN;
    out->sic_area = out->aic_area = NAN;
}

static attr_status draw(shower *s, attr_engine *e, const attr_target *target, const double *map) {
    attr_information_curve *out = s->out;
    double scores[ATTR_INFORMATION_POINTS + 1];
    attr_input_series series = {make, look, s};
    ATTR_TRY(attr_order_of_picture(s->order, map, &s->settings->region, false));
    ATTR_TRY(choose_seeds(s));
    s->whole = attr_gray_entropy(s->x, NULL, &s->settings->region);
    ATTR_TRY(attr_score_series(scores, e, target, s->x, out->points + 1, &series));
    if (!scale(s, scores)) {
        clear(out);
        return ATTR_OK;
    }
    ATTR_TRY(attr_information_fit(out->sic, out, out->score));
    ATTR_TRY(attr_information_fit(out->aic, out, out->recognised));
    out->sic_area = attr_walk_area(out->sic, ATTR_INFORMATION_POINTS - 1);
    out->aic_area = attr_walk_area(out->aic, ATTR_INFORMATION_POINTS - 1);
    return ATTR_OK;
}

static attr_status allocate(shower *s) {
    ATTR_TRY(attr_allocate(&s->order, s->pixels, sizeof *s->order, "the order of pixels"));
    ATTR_TRY(attr_allocate(&s->seeds, s->pixels, sizeof *s->seeds, "seeds"));
    ATTR_TRY(attr_allocate(&s->known, s->pixels, 1, "seeds"));
    ATTR_TRY(attr_allocate(&s->missing, s->pixels, 1, "seeds"));
    ATTR_TRY(attr_allocate(&s->seeded, s->channels * s->plane, sizeof *s->seeded, "an input"));
    return attr_allocate(&s->probabilities, (size_t)s->classes, sizeof *s->probabilities, "probabilities");
}

static void release(shower *s) {
    free(s->order);
    free(s->seeds);
    free(s->known);
    free(s->missing);
    free(s->seeded);
    free(s->probabilities);
}

attr_status attr_information_curve_of(attr_information_curve *out, attr_engine *e, const attr_target *target,
                                      const float *x, const double *map, const attr_information_settings *settings) {
    const attr_tensor *input = attr_engine_input(e);
    bool pic = settings->variant == ATTR_INFORMATION_PIC;
    *out =
        (attr_information_curve){settings->variant, settings->as_published, .points = pic ? PIC_POINTS : GGIG_POINTS};
    clear(out);
    for (size_t i = 0; i < out->points; ++i) out->part[i] = pic ? pic_parts[i] : (double)i / (GGIG_POINTS - 1);
    ATTR_TRY(attr_check_region(&settings->region, input->c, input->h, input->w));
    if (attr_map_is_constant(map, &settings->region)) return ATTR_OK;
    shower s = {.settings = settings, .out = out, .x = x, .pixels = attr_picture_pixels(&settings->region)};
    s.plane = (size_t)input->h * (size_t)input->w;
    s.channels = (size_t)input->c;
    s.classes = settings->recognised ? 0 : attr_class_count(e);
    attr_status status = allocate(&s);
    if (status == ATTR_OK) status = draw(&s, e, target, map);
    release(&s);
    if (status != ATTR_OK) clear(out);
    return status;
}
