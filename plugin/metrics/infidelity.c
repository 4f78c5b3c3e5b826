#include "metrics/infidelity.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "metrics/input_series.h"

static int shorter_side(const attr_region *r) {
    return r->w < r->h ? r->w : r->h;
}

attr_infidelity_settings attr_infidelity_settings_of(const attr_region *region, attr_perturbation perturbation,
                                                     const float *reference, uint64_t seed) {
    int side = (int)lround((double)ATTR_INFIDELITY_SIDE * shorter_side(region) / ATTR_INFIDELITY_OF_SIDE);
    return (attr_infidelity_settings){.region = *region,
                                      .perturbation = perturbation,
                                      .sigma = ATTR_INFIDELITY_SIGMA,
                                      .side = side < 1 ? 1 : side,
                                      .reference = reference,
                                      .samples = ATTR_INFIDELITY_SAMPLES,
                                      .seed = seed};
}

/* In pixels of the picture. */
typedef struct {
    int y, x, side;
} square;

typedef struct {
    const attr_infidelity_settings *settings;
    const float *x;
    const double *const *maps;
    size_t map_count, samples, pixels, plane, channels;
    int largest;      /* side of a square */
    float *noise;     /* [pixels] */
    double *products; /* I.a: [map_count][samples] */
} perturber;

static size_t places_of_side(const attr_region *r, int side) {
    return (size_t)(r->w - side + 1) * (size_t)(r->h - side + 1);
}

static size_t count_squares(const attr_region *r, int largest) {
    size_t count = 0;
    for (int side = 1; side <= largest; ++side) count += places_of_side(r, side);
    return count;
}

/* Number i of all squares: by side, then in reading order. */
static square listed_square(const attr_region *r, size_t i) {
    int side = 1;
    for (; i >= places_of_side(r, side); ++side) i -= places_of_side(r, side);
    size_t columns = (size_t)(r->w - side + 1);
    return (square){(int)(i / columns), (int)(i % columns), side};
}

static int draw_below(uint32_t bits, int n) {
    return (int)(((uint64_t)bits * (uint64_t)n) >> 32);
}

static square drawn_square(const perturber *p, size_t i) {
    attr_random random = {p->settings->seed, ATTR_STREAM_INFIDELITY, 0, i};
    uint32_t bits[3];
    attr_random_bits(bits, &random, 0, 3);
    int side = 1 + draw_below(bits[0], p->largest);
    return (square){draw_below(bits[1], p->settings->region.h - side + 1),
                    draw_below(bits[2], p->settings->region.w - side + 1), side};
}

/* Puts x - I of a square into the input; adds up I.a. */
static void put_square(const perturber *p, size_t i, float *input) {
    const attr_region *r = &p->settings->region;
    square s = p->settings->every_square ? listed_square(r, i) : drawn_square(p, i);
    for (int y = s.y; y < s.y + s.side; ++y)
        for (int x = s.x; x < s.x + s.side; ++x) {
            size_t place = attr_picture_place(r, (size_t)y * (size_t)r->w + (size_t)x);
            for (size_t k = 0; k < p->map_count; ++k) p->products[k * p->samples + i] += p->maps[k][place];
            for (size_t c = 0; c < p->channels; ++c) {
                size_t at = c * p->plane + place;
                input[at] = p->settings->reference[at];
            }
        }
}

/* Puts x - I of noise into the input; adds up I.a. */
static void put_noise(const perturber *p, size_t i, float *input) {
    const attr_region *r = &p->settings->region;
    attr_random random = {p->settings->seed, ATTR_STREAM_INFIDELITY, 0, i};
    attr_random_normal(p->noise, &random, 0, p->pixels);
    for (size_t pixel = 0; pixel < p->pixels; ++pixel) {
        size_t place = attr_picture_place(r, pixel);
        double noise = p->settings->sigma * p->noise[pixel], change = 0;
        for (size_t c = 0; c < p->channels; ++c) {
            float *value = &input[c * p->plane + place];
            double before = *value;
            *value =
                (float)(p->settings->perturbation == ATTR_PERTURB_GAUSSIAN ? before - noise : fmin(fmax(noise, 0), 1));
            change += before - *value;
        }
        for (size_t k = 0; k < p->map_count; ++k)
            p->products[k * p->samples + i] += p->maps[k][place] * change / (double)p->channels;
    }
}

/* Number 0 is x itself, number i that with perturbation i - 1. */
static attr_status make(void *context, size_t i, float *input) {
    const perturber *p = context;
    memcpy(input, p->x, p->channels * p->plane * sizeof *input);
    if (i == 0) return ATTR_OK;
    for (size_t k = 0; k < p->map_count; ++k) p->products[k * p->samples + i - 1] = 0;
    if (p->settings->perturbation == ATTR_PERTURB_SQUARE)
        put_square(p, i - 1, input);
    else
        put_noise(p, i - 1, input);
    return ATTR_OK;
}

static void measure(attr_infidelity *out, const double *products, const double *scores) {
    double both = 0, squares = 0, drops = 0, n = (double)out->samples;
    double plain = 0, scaled = 0;
    for (size_t i = 0; i < out->samples; ++i) {
        double drop = scores[0] - scores[i + 1];
        both += products[i] * drop;
        squares += products[i] * products[i];
        drops += drop * drop;
        plain += (products[i] - drop) * (products[i] - drop);
    }
    out->infidelity = plain / n;
    if (!(squares > 0)) return;
    out->beta = both / squares;
    for (size_t i = 0; i < out->samples; ++i) {
        double error = out->beta * products[i] - (scores[0] - scores[i + 1]);
        scaled += error * error;
    }
    out->scaled = scaled / n;
    if (drops > 0) out->relative = scaled / drops;
}

attr_status attr_infidelity_of(attr_infidelity *out, attr_engine *e, const attr_target *target, const float *x,
                               const double *const *maps, size_t count, const attr_infidelity_settings *settings) {
    const attr_tensor *input = attr_engine_input(e);
    const attr_region *r = &settings->region;
    for (size_t k = 0; k < count; ++k) out[k] = (attr_infidelity){0, NAN, NAN, NAN, NAN};
    ATTR_TRY(attr_check_region(r, input->c, input->h, input->w));
    perturber p = {.settings = settings, .x = x, .maps = maps, .map_count = count, .pixels = attr_picture_pixels(r)};
    p.plane = (size_t)input->h * (size_t)input->w;
    p.channels = (size_t)input->c;
    p.largest = settings->side < shorter_side(r) ? settings->side : shorter_side(r);
    bool listed = settings->perturbation == ATTR_PERTURB_SQUARE && settings->every_square;
    p.samples = listed ? count_squares(r, p.largest) : settings->samples;
    double *scores = NULL;
    attr_input_series series = {make, NULL, &p};
    attr_status status = attr_allocate(&p.noise, p.pixels, sizeof *p.noise, "a perturbation");
    if (status == ATTR_OK)
        status = attr_allocate(&p.products, count * p.samples, sizeof *p.products, "predicted drops");
    if (status == ATTR_OK) status = attr_allocate(&scores, p.samples + 1, sizeof *scores, "scores");
    if (status == ATTR_OK) status = attr_score_series(scores, e, target, x, p.samples + 1, &series);
    for (size_t k = 0; status == ATTR_OK && k < count; ++k) {
        out[k].samples = p.samples;
        measure(&out[k], p.products + k * p.samples, scores);
    }
    free(p.noise);
    free(p.products);
    free(scores);
    return status;
}
