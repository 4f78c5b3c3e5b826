#include "metrics/controls.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/random.h"

const char *attr_control_name(attr_control control) {
    static const char *const names[ATTR_CONTROLS] = {"random", "centre", "edges", "box"};
    return names[control];
}

/* Whether the middle of the pixel at `place` lies between two borders; on the lower one it does. */
static bool is_between(int place, double from, double to) {
    return from <= place + 0.5 && place + 0.5 < to;
}

void attr_box_mask(double *mask, int net_w, int net_h, const attr_fitted_region *fitted, const attr_share_box *box) {
    double left = fmax(box->left, fitted->x0), right = fmin(box->right, fitted->x0 + fitted->w);
    double top = fmax(box->top, fitted->y0), bottom = fmin(box->bottom, fitted->y0 + fitted->h);
    for (int y = 0; y < net_h; ++y)
        for (int x = 0; x < net_w; ++x) *mask++ = is_between(x, left, right) && is_between(y, top, bottom);
}

static void fill_random(double *map, int net_w, int net_h, uint64_t seed) {
    const attr_random random = {seed, ATTR_STREAM_CONTROL_MAP, 0, 0};
    size_t area = (size_t)net_w * (size_t)net_h;
    float block[256];
    for (size_t first = 0; first < area; first += 256) {
        size_t n = area - first < 256 ? area - first : 256;
        attr_random_uniform(block, &random, first, n);
        for (size_t i = 0; i < n; ++i) map[first + i] = block[i];
    }
}

static void fill_centre(double *map, int net_w, int net_h, const attr_fitted_region *f) {
    for (int y = 0; y < net_h; ++y)
        for (int x = 0; x < net_w; ++x) {
            double u = (x + 0.5 - f->x0 - f->w / 2.) / (f->w / 4.), v = (y + 0.5 - f->y0 - f->h / 2.) / (f->h / 4.);
            *map++ = exp(-0.5 * (u * u + v * v));
        }
}

/* The mean over channels; coordinates outside of the region are moved to its border. */
static double grey(const float *x, int channels, int net_w, int net_h, const attr_fitted_region *f, int row,
                   int column) {
    size_t area = (size_t)net_w * (size_t)net_h;
    row = row < f->y0 ? f->y0 : row >= f->y0 + f->h ? f->y0 + f->h - 1 : row;
    column = column < f->x0 ? f->x0 : column >= f->x0 + f->w ? f->x0 + f->w - 1 : column;
    double sum = 0;
    for (int c = 0; c < channels; ++c) sum += x[(size_t)c * area + (size_t)row * (size_t)net_w + (size_t)column];
    return sum / channels;
}

static void fill_edges(double *map, const float *x, int channels, int net_w, int net_h, const attr_fitted_region *f) {
    static const int smooth[3] = {1, 2, 1};
    for (int row = 0; row < net_h; ++row)
        for (int column = 0; column < net_w; ++column) {
            double across = 0, down = 0;
            for (int k = -1; k <= 1; ++k) {
                across += smooth[k + 1] * (grey(x, channels, net_w, net_h, f, row + k, column + 1) -
                                           grey(x, channels, net_w, net_h, f, row + k, column - 1));
                down += smooth[k + 1] * (grey(x, channels, net_w, net_h, f, row + 1, column + k) -
                                         grey(x, channels, net_w, net_h, f, row - 1, column + k));
            }
            *map++ = sqrt(across * across + down * down);
        }
}

void attr_control_map(double *map, attr_control control, const float *x, int channels, int net_w, int net_h,
                      const attr_fitted_region *fitted, const attr_share_box *box, uint64_t seed) {
    switch (control) {
    case ATTR_CONTROL_RANDOM:
        fill_random(map, net_w, net_h, seed);
        break;
    case ATTR_CONTROL_CENTRE:
        fill_centre(map, net_w, net_h, fitted);
        break;
    case ATTR_CONTROL_EDGES:
        fill_edges(map, x, channels, net_w, net_h, fitted);
        break;
    default:
        attr_box_mask(map, net_w, net_h, fitted, box);
    }
    for (int y = 0; y < net_h; ++y)
        for (int c = 0; c < net_w; ++c)
            if (y < fitted->y0 || y >= fitted->y0 + fitted->h || c < fitted->x0 || c >= fitted->x0 + fitted->w)
                map[(size_t)y * (size_t)net_w + (size_t)c] = 0;
}
