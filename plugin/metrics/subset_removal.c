#include "metrics/subset_removal.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "metrics/input_series.h"

typedef struct {
    const attr_subset_settings *settings;
    const float *x;
    const double *const *maps;
    size_t map_count;
    size_t pixels, size, plane, channels;
    float value;           /* of lowest, mean, highest */
    size_t *chosen;        /* [pixels] */
    unsigned char *marked; /* [pixels] */
    float *noise;          /* [inputs], uniform only */
    double *sums;          /* [map_count][runs] */
} remover;

static float find_value(const remover *r) {
    const attr_region *region = &r->settings->region;
    float lowest = r->x[attr_picture_place(region, 0)], highest = lowest;
    double sum = 0;
    for (size_t c = 0; c < r->channels; ++c)
        for (size_t i = 0; i < r->pixels; ++i) {
            float value = r->x[c * r->plane + attr_picture_place(region, i)];
            if (value < lowest) lowest = value;
            if (value > highest) highest = value;
            sum += value;
        }
    if (r->settings->with == ATTR_REPLACE_MEAN) return (float)(sum / ((double)r->pixels * (double)r->channels));
    return r->settings->with == ATTR_REPLACE_HIGHEST ? highest : lowest;
}

static float replacement(const remover *r, size_t at) {
    if (r->settings->with == ATTR_REPLACE_REFERENCE) return r->settings->reference[at];
    return r->settings->with == ATTR_REPLACE_UNIFORM ? r->noise[at] : r->value;
}

static attr_status draw(remover *r, size_t run) {
    const attr_subset_settings *s = r->settings;
    ATTR_TRY(attr_draw_subset(r->chosen, r->size, r->pixels, s->seed, ATTR_STREAM_SUBSETS, (uint32_t)r->size, run));
    memset(r->marked, 0, r->pixels);
    for (size_t i = 0; i < r->size; ++i) r->marked[r->chosen[i]] = 1;
    if (s->with == ATTR_REPLACE_UNIFORM) {
        attr_random random = {s->seed, ATTR_STREAM_REPLACEMENT, (uint32_t)r->size, run};
        attr_random_uniform(r->noise, &random, 0, r->channels * r->plane);
    }
    return ATTR_OK;
}

/* Number 0 is x itself, number i that without subset i - 1. */
static attr_status make(void *context, size_t i, float *input) {
    remover *r = context;
    memcpy(input, r->x, r->channels * r->plane * sizeof *input);
    if (i == 0) return ATTR_OK;
    ATTR_TRY(draw(r, i - 1));
    for (size_t k = 0; k < r->map_count; ++k) r->sums[k * r->settings->runs + i - 1] = 0;
    for (size_t p = 0; p < r->pixels; ++p) {
        if (!r->marked[p]) continue;
        size_t place = attr_picture_place(&r->settings->region, p);
        for (size_t k = 0; k < r->map_count; ++k) r->sums[k * r->settings->runs + i - 1] += r->maps[k][place];
        for (size_t c = 0; c < r->channels; ++c) input[c * r->plane + place] = replacement(r, c * r->plane + place);
    }
    return ATTR_OK;
}

static attr_status run_all(double *drops, remover *r, attr_engine *e, const attr_target *target) {
    size_t runs = r->settings->runs;
    double *scores = NULL;
    attr_input_series series = {make, NULL, r};
    ATTR_TRY(attr_allocate(&scores, runs + 1, sizeof *scores, "scores"));
    attr_status status = attr_score_series(scores, e, target, r->x, runs + 1, &series);
    for (size_t i = 0; status == ATTR_OK && i < runs; ++i) drops[i] = scores[0] - scores[i + 1];
    free(scores);
    return status;
}

attr_status attr_subset_removal(double *sums, double *drops, attr_engine *e, const attr_target *target, const float *x,
                                const double *const *maps, size_t count, const attr_subset_settings *settings) {
    const attr_tensor *input = attr_engine_input(e);
    ATTR_TRY(attr_check_region(&settings->region, input->c, input->h, input->w));
    remover r = {.settings = settings, .x = x, .maps = maps, .map_count = count, .sums = sums};
    r.pixels = attr_picture_pixels(&settings->region);
    r.size = settings->size < r.pixels ? settings->size : r.pixels;
    r.plane = (size_t)input->h * (size_t)input->w;
    r.channels = (size_t)input->c;
    r.value = find_value(&r);
    attr_status status = attr_allocate(&r.chosen, r.pixels, sizeof *r.chosen, "a subset of pixels");
    if (status == ATTR_OK) status = attr_allocate(&r.marked, r.pixels, 1, "a subset of pixels");
    if (status == ATTR_OK) status = attr_allocate(&r.noise, input->size, sizeof *r.noise, "replacements");
    if (status == ATTR_OK) status = run_all(drops, &r, e, target);
    free(r.chosen);
    free(r.marked);
    free(r.noise);
    return status;
}
