#include "metrics/total_variation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "metrics/simpson.h"

/* ---- Saliency */

static int compare(const void *a, const void *b) {
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

/* The 99th percentile of sorted values. */
static double percentile(const double *sorted, size_t n) {
    double rank = .99 * (double)(n - 1);
    size_t below = (size_t)rank;
    double above = sorted[below + 1 < n ? below + 1 : below];
    return sorted[below] + (rank - (double)below) * (above - sorted[below]);
}

attr_status attr_saliency(double *saliency, const double *heatmap, size_t n) {
    double *sorted = NULL;
    if (n == 0) return ATTR_OK;
    ATTR_TRY(attr_allocate(&sorted, n, sizeof *sorted, "a sorted map"));
    for (size_t i = 0; i < n; ++i) sorted[i] = saliency[i] = fabs(heatmap[i]);
    qsort(sorted, n, sizeof *sorted, compare);
    double low = sorted[0], range = percentile(sorted, n) - low;
    free(sorted);
    for (size_t i = 0; i < n; ++i) {
        double above = saliency[i] - low;
        /* Few pixels that differ leave the percentile where the smallest value is: then they are 1. */
        saliency[i] = range > 0 ? fmin(above / range, 1) : above > 0;
    }
    return ATTR_OK;
}

double attr_total_variation(const double *plane, int height, int width) {
    double sum = 0;
    for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
            const double *here = plane + (size_t)y * (size_t)width + x;
            if (x + 1 < width) sum += fabs(here[1] - here[0]);
            if (y + 1 < height) sum += fabs(here[width] - here[0]);
        }
    }
    return sum / ((double)height * width);
}

/* ---- The pyramid */

enum { radius = ATTR_PYRAMID_TAPS / 2 };

void attr_pyramid_taps(double taps[ATTR_PYRAMID_TAPS]) {
    const double factor = 1.5, sigma = 2 * factor / 6; /* covers 99.7 % of the Gaussian within the factor */
    double sum = 0;
    for (int i = -radius; i <= radius; ++i) sum += taps[i + radius] = exp(-i * i / (2 * sigma * sigma));
    for (int i = 0; i < ATTR_PYRAMID_TAPS; ++i) taps[i] /= sum;
}

int attr_pyramid_side(int side) {
    return side / 3 * 2 + side % 3;
}

/* The pixel that is seen at i, which may be outside: d c b a | a b c d | d c b a. */
static int mirrored(int i, int side) {
    int period = 2 * side, at = (i % period + period) % period;
    return at < side ? at : period - 1 - at;
}

/* A line of `side` pixels, `step` apart in memory. */
static void smooth_line(double *out, const double *in, int side, size_t step, const double *taps) {
    for (int i = 0; i < side; ++i) {
        double sum = 0;
        for (int k = -radius; k <= radius; ++k) sum += taps[k + radius] * in[(size_t)mirrored(i + k, side) * step];
        out[(size_t)i * step] = sum;
    }
}

static void smooth(double *plane, double *room, int height, int width) {
    double taps[ATTR_PYRAMID_TAPS];
    attr_pyramid_taps(taps);
    for (int x = 0; x < width; ++x) smooth_line(room + x, plane + x, height, (size_t)width, taps);
    for (int y = 0; y < height; ++y) {
        size_t row = (size_t)y * (size_t)width;
        smooth_line(plane + row, room + row, width, 1, taps);
    }
}

/* The two pixels around a destination and the part of the second. */
static double source(int *first, int *second, int at, int in, int out) {
    double place = (double)in / out * (at + .5) - .5;
    *first = (int)place;
    *second = *first + 1 < in ? *first + 1 : *first;
    return place - *first;
}

static void shrink(double *out, int out_height, int out_width, const double *in, int height, int width) {
    for (int y = 0; y < out_height; ++y) {
        int top, bottom, left, right;
        double down = source(&top, &bottom, y, height, out_height);
        const double *upper = in + (size_t)top * (size_t)width, *lower = in + (size_t)bottom * (size_t)width;
        for (int x = 0; x < out_width; ++x) {
            double along = source(&left, &right, x, width, out_width);
            double above = upper[left] + along * (upper[right] - upper[left]);
            double below = lower[left] + along * (lower[right] - lower[left]);
            out[(size_t)y * (size_t)out_width + x] = above + down * (below - above);
        }
    }
}

attr_status attr_pyramid_reduce(double *out, const double *in, int height, int width) {
    size_t area = (size_t)height * (size_t)width;
    double *planes = NULL;
    ATTR_TRY(attr_allocate(&planes, 2 * area, sizeof *planes, "a smoothed map"));
    memcpy(planes, in, area * sizeof *planes);
    smooth(planes, planes + area, height, width);
    shrink(out, attr_pyramid_side(height), attr_pyramid_side(width), planes, height, width);
    free(planes);
    return ATTR_OK;
}

/* ---- All scales */

int attr_smallest_scale(int side) {
    for (int step = 0; step < 5; ++step) side = attr_pyramid_side(side);
    return side;
}

static bool has_next(int height, int width, const attr_scale_settings *settings) {
    int next_height = attr_pyramid_side(height), next_width = attr_pyramid_side(width);
    bool shorter = next_height < height || next_width < width;
    return shorter && next_height >= settings->smallest_side && next_width >= settings->smallest_side;
}

/* Adds the scale whose heat map is `plane` (with of_saliency: whose saliency); room has its size. */
static attr_status measure(attr_scales *out, const double *plane, double *room, int height, int width,
                           const attr_scale_settings *settings) {
    const double *seen = settings->of_saliency ? plane : room;
    if (!settings->of_saliency) ATTR_TRY(attr_saliency(room, plane, (size_t)height * (size_t)width));
    out->heights[out->scales] = height;
    out->widths[out->scales] = width;
    out->variations[out->scales] = attr_total_variation(seen, height, width);
    ++out->scales;
    return ATTR_OK;
}

/* `plane` holds the first scale and is overwritten; room has its size. */
static attr_status measure_all(attr_scales *out, double *plane, double *room, int height, int width,
                               const attr_scale_settings *settings) {
    ATTR_TRY(measure(out, plane, room, height, width, settings));
    while (out->scales < ATTR_MOST_SCALES && has_next(height, width, settings)) {
        ATTR_TRY(attr_pyramid_reduce(room, plane, height, width));
        height = attr_pyramid_side(height);
        width = attr_pyramid_side(width);
        memcpy(plane, room, (size_t)height * (size_t)width * sizeof *plane);
        ATTR_TRY(measure(out, plane, room, height, width, settings));
    }
    return ATTR_OK;
}

attr_status attr_total_variation_curve(attr_scales *out, const double *heatmap, int height, int width,
                                       const attr_scale_settings *settings) {
    size_t area = (size_t)height * (size_t)width;
    double *planes = NULL;
    *out = (attr_scales){0};
    ATTR_TRY(attr_allocate(&planes, 2 * area, sizeof *planes, "a map"));
    memcpy(planes, heatmap, area * sizeof *planes);
    attr_status status = ATTR_OK;
    if (settings->of_saliency) status = attr_saliency(planes, heatmap, area);
    if (status == ATTR_OK) status = measure_all(out, planes, planes + area, height, width, settings);
    free(planes);
    out->area = attr_simpson(out->variations, (size_t)out->scales);
    return status;
}
