#include "methods/baseline.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"

static float *line_of(float *plane, const attr_region *r, int y) {
    return plane + (size_t)(r->y0 + y) * r->width + r->x0;
}

static void fill(float *plane, const attr_region *r, float value) {
    for (int y = 0; y < r->h; ++y)
        for (int x = 0; x < r->w; ++x) line_of(plane, r, y)[x] = value;
}

static void fill_mean(float *plane, const attr_region *r) {
    double sum = 0;
    for (int y = 0; y < r->h; ++y)
        for (int x = 0; x < r->w; ++x) sum += line_of(plane, r, y)[x];
    fill(plane, r, (float)(sum / ((double)r->w * r->h)));
}

static int clamp(int i, int n) {
    return i < 0 ? 0 : i >= n ? n - 1 : i;
}

/* out[i * step] = sum over j of taps[j] in[(i + j - radius) * step], edges repeated. */
static void blur_line(double *out, const double *in, size_t step, int n, const double *taps, int radius) {
    for (int i = 0; i < n; ++i) {
        double sum = 0;
        for (int j = -radius; j <= radius; ++j) sum += taps[j + radius] * in[clamp(i + j, n) * step];
        out[i * step] = sum;
    }
}

static attr_status fill_blur(float *plane, const attr_region *r, double sigma) {
    int radius = (int)ceil(4 * sigma);
    size_t area = (size_t)r->w * r->h;
    double *taps = NULL, *values = NULL, *rows = NULL, total = 0;
    attr_status status = attr_allocate(&taps, (size_t)(2 * radius + 1), sizeof *taps, "a blur");
    if (status == ATTR_OK) status = attr_allocate(&values, area, sizeof *values, "a blur");
    if (status == ATTR_OK) status = attr_allocate(&rows, area, sizeof *rows, "a blur");
    if (status == ATTR_OK) {
        for (int j = -radius; j <= radius; ++j)
            total += taps[j + radius] = sigma > 0 ? exp(-0.5 * j * j / (sigma * sigma)) : 1;
        for (int j = 0; j <= 2 * radius; ++j) taps[j] /= total;
        for (size_t i = 0; i < area; ++i) values[i] = line_of(plane, r, (int)(i / r->w))[i % r->w];
        for (int y = 0; y < r->h; ++y)
            blur_line(rows + (size_t)y * r->w, values + (size_t)y * r->w, 1, r->w, taps, radius);
        for (int x = 0; x < r->w; ++x) blur_line(values + x, rows + x, (size_t)r->w, r->h, taps, radius);
        for (size_t i = 0; i < area; ++i) line_of(plane, r, (int)(i / r->w))[i % r->w] = (float)values[i];
    }
    free(taps);
    free(values);
    free(rows);
    return status;
}

double attr_colour_channel(const double colour[3], int channel, int channels) {
    return channels == 3 ? colour[channel] : (colour[0] + colour[1] + colour[2]) / 3;
}

attr_status attr_baseline_make(float *baseline, const float *x, const attr_baseline_settings *settings, uint64_t seed,
                               size_t k) {
    const attr_region *r = &settings->region;
    size_t plane = (size_t)r->height * r->width;
    memcpy(baseline, x, (size_t)r->channels * plane * sizeof *baseline);
    for (int c = 0; c < r->channels; ++c) {
        float *channel = baseline + c * plane;
        switch (settings->kind) {
        case ATTR_BASELINE_BLACK:
            fill(channel, r, 0);
            break;
        case ATTR_BASELINE_MEAN:
            fill_mean(channel, r);
            break;
        case ATTR_BASELINE_BLUR:
            ATTR_TRY(fill_blur(channel, r, settings->blur * (r->w > r->h ? r->w : r->h)));
            break;
        case ATTR_BASELINE_COLOUR:
            fill(channel, r, (float)attr_colour_channel(settings->colour, c, r->channels));
            break;
        case ATTR_BASELINE_NOISE: {
            attr_random noise = {seed, ATTR_STREAM_BASELINE, 0, k};
            for (int y = 0; y < r->h; ++y)
                attr_random_uniform(line_of(channel, r, y), &noise, ((uint64_t)c * r->h + y) * r->w, (size_t)r->w);
            break;
        }
        case ATTR_BASELINE_PICTURE:
            for (int y = 0; y < r->h; ++y) {
                size_t start = c * plane + (size_t)(r->y0 + y) * r->width + r->x0;
                memcpy(baseline + start, settings->picture + start, (size_t)r->w * sizeof *baseline);
            }
            break;
        }
    }
    return ATTR_OK;
}
