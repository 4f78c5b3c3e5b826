#include "metrics/road.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "metrics/imputation.h"
#include "metrics/input_series.h"

typedef struct {
    const attr_road_settings *settings;
    const float *x;
    size_t pixels, plane, channels;
    bool least;
    size_t *order;          /* [pixels]: places */
    unsigned char *missing; /* [pixels] */
    float *noise;           /* [channels][plane] */
} remover;

static void mark_missing(remover *r, size_t part) {
    size_t count = (size_t)lround((double)(part + 1) * (double)r->pixels / (ATTR_ROAD_PARTS + 1));
    if (count == r->pixels) --count; /* something must be left to impute from */
    memset(r->missing, 0, r->pixels);
    for (size_t i = 0; i < count; ++i) r->missing[attr_picture_number(&r->settings->region, r->order[i])] = 1;
}

static void add_noise(float *input, remover *r, size_t part) {
    attr_random random = {r->settings->seed, ATTR_STREAM_IMPUTATION, r->least, part};
    attr_random_normal(r->noise, &random, 0, r->channels * r->plane);
    for (size_t c = 0; c < r->channels; ++c)
        for (size_t p = 0; p < r->pixels; ++p) {
            size_t at = c * r->plane + attr_picture_place(&r->settings->region, p);
            if (r->missing[p]) input[at] = (float)(input[at] + r->settings->noise * r->noise[at]);
        }
}

static attr_status make(void *context, size_t part, float *input) {
    remover *r = context;
    memcpy(input, r->x, r->channels * r->plane * sizeof *input);
    mark_missing(r, part);
    ATTR_TRY(attr_impute_linear(input, r->missing, &r->settings->region));
    if (r->settings->noise > 0) add_noise(input, r, part);
    return ATTR_OK;
}

static attr_status remove_in_order(double *mean, double *scores, remover *r, attr_engine *e, const attr_target *target,
                                   const double *map, bool least) {
    attr_input_series series = {make, NULL, r};
    r->least = least;
    ATTR_TRY(attr_order_of_picture(r->order, map, &r->settings->region, least));
    ATTR_TRY(attr_score_series(scores, e, target, r->x, ATTR_ROAD_PARTS, &series));
    *mean = 0;
    for (int i = 0; i < ATTR_ROAD_PARTS; ++i) *mean += scores[i] / ATTR_ROAD_PARTS;
    return ATTR_OK;
}

static attr_status allocate(remover *r) {
    ATTR_TRY(attr_allocate(&r->order, r->pixels, sizeof *r->order, "the order of pixels"));
    ATTR_TRY(attr_allocate(&r->missing, r->pixels, 1, "missing pixels"));
    return attr_allocate(&r->noise, r->channels * r->plane, sizeof *r->noise, "noise");
}

attr_status attr_road_of(attr_road *out, attr_engine *e, const attr_target *target, const float *x, const double *map,
                         const attr_road_settings *settings) {
    const attr_tensor *input = attr_engine_input(e);
    *out = (attr_road){.most = NAN, .least = NAN, .combined = NAN};
    for (int i = 0; i < ATTR_ROAD_PARTS; ++i) out->most_scores[i] = out->least_scores[i] = NAN;
    ATTR_TRY(attr_check_region(&settings->region, input->c, input->h, input->w));
    if (attr_map_is_constant(map, &settings->region)) return ATTR_OK;
    remover r = {.settings = settings, .x = x, .pixels = attr_picture_pixels(&settings->region)};
    r.plane = (size_t)input->h * (size_t)input->w;
    r.channels = (size_t)input->c;
    attr_status status = allocate(&r);
    if (status == ATTR_OK) status = remove_in_order(&out->most, out->most_scores, &r, e, target, map, false);
    if (status == ATTR_OK) status = remove_in_order(&out->least, out->least_scores, &r, e, target, map, true);
    if (status == ATTR_OK) out->combined = (out->least - out->most) / 2;
    free(r.order);
    free(r.missing);
    free(r.noise);
    return status;
}
