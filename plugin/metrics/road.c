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
    size_t *order; /* [pixels]: places */
    float *inputs; /* [ATTR_ROAD_PARTS][channels][plane] */
} remover;

static void mark_missing(unsigned char *missing, const remover *r, size_t part) {
    size_t count = (size_t)lround((double)(part + 1) * (double)r->pixels / (ATTR_ROAD_PARTS + 1));
    if (count == r->pixels) --count; /* something must be left to impute from */
    for (size_t i = 0; i < count; ++i) missing[attr_picture_number(&r->settings->region, r->order[i])] = 1;
}

static attr_status add_noise(float *input, const unsigned char *missing, const remover *r, size_t part) {
    attr_random random = {r->settings->seed, ATTR_STREAM_IMPUTATION, r->least, part};
    float *noise = NULL;
    ATTR_TRY(attr_allocate(&noise, r->channels * r->plane, sizeof *noise, "noise"));
    attr_random_normal(noise, &random, 0, r->channels * r->plane);
    for (size_t c = 0; c < r->channels; ++c)
        for (size_t p = 0; p < r->pixels; ++p) {
            size_t at = c * r->plane + attr_picture_place(&r->settings->region, p);
            if (missing[p]) input[at] = (float)(input[at] + r->settings->noise * noise[at]);
        }
    free(noise);
    return ATTR_OK;
}

static attr_status remove_part(const remover *r, size_t part) {
    float *input = r->inputs + part * r->channels * r->plane;
    unsigned char *missing = NULL;
    ATTR_TRY(attr_allocate(&missing, r->pixels, 1, "missing pixels"));
    memcpy(input, r->x, r->channels * r->plane * sizeof *input);
    mark_missing(missing, r, part);
    attr_status status = attr_impute_linear(input, missing, &r->settings->region);
    if (status == ATTR_OK && r->settings->noise > 0) status = add_noise(input, missing, r, part);
    free(missing);
    return status;
}

/* Messages belong to threads, so that there must be another one here. The largest part takes longest and is first. */
static attr_status remove_parts(const remover *r) {
    attr_status status[ATTR_ROAD_PARTS];
#pragma omp parallel for schedule(dynamic)
    for (int i = 0; i < ATTR_ROAD_PARTS; ++i) {
        int part = ATTR_ROAD_PARTS - 1 - i;
        status[part] = remove_part(r, (size_t)part);
    }
    for (int part = 0; part < ATTR_ROAD_PARTS; ++part)
        if (status[part] != ATTR_OK)
            return attr_fail(status[part], "ROAD: no imputation without .%d of the pixels", part + 1);
    return ATTR_OK;
}

static attr_status make(void *context, size_t part, float *input) {
    const remover *r = context;
    memcpy(input, r->inputs + part * r->channels * r->plane, r->channels * r->plane * sizeof *input);
    return ATTR_OK;
}

static attr_status remove_in_order(double *mean, double *scores, remover *r, attr_engine *e, const attr_target *target,
                                   const double *map, bool least) {
    attr_input_series series = {make, NULL, r};
    r->least = least;
    ATTR_TRY(attr_order_of_picture(r->order, map, &r->settings->region, least));
    ATTR_TRY(remove_parts(r));
    ATTR_TRY(attr_score_series(scores, e, target, r->x, ATTR_ROAD_PARTS, &series));
    *mean = 0;
    for (int i = 0; i < ATTR_ROAD_PARTS; ++i) *mean += scores[i] / ATTR_ROAD_PARTS;
    return ATTR_OK;
}

static attr_status allocate(remover *r) {
    ATTR_TRY(attr_allocate(&r->order, r->pixels, sizeof *r->order, "the order of pixels"));
    return attr_allocate(&r->inputs, ATTR_ROAD_PARTS * r->channels * r->plane, sizeof *r->inputs, "inputs");
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
    free(r.inputs);
    return status;
}
