#include "dreams/augmentation.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "base/random.h"

static const double outside = 0.5;

attr_augmentation attr_augmentation_draw(const attr_augmentation_range *range, uint64_t seed, uint64_t step) {
    const attr_random random = {.seed = seed, .stream = ATTR_STREAM_DREAM, .part = 1, .sample = step};
    const double degree = 3.14159265358979323846 / 180;
    float u[5];
    attr_random_uniform(u, &random, 0, 5);
    double span = range->largest_scale - range->smallest_scale;
    return (attr_augmentation){.angle = degree * range->rotation * (2 * u[0] - 1),
                               .scale_y = range->smallest_scale + span * u[1],
                               .scale_x = range->smallest_scale + span * u[2],
                               .shift_y = range->jitter * (2 * u[3] - 1),
                               .shift_x = range->jitter * (2 * u[4] - 1)};
}

/* The four pixels that a pixel of the view is read from. */
typedef struct {
    size_t place[4];
    double weight[4]; /* 0 for those outside */
    double missing;   /* sum of the weights of those outside */
} reading;

static reading read_at(int height, int width, double y, double x) {
    reading r = {.missing = 0};
    double top = floor(y), left = floor(x), down = y - top, right = x - left;
    const double weights[4] = {(1 - down) * (1 - right), (1 - down) * right, down * (1 - right), down * right};
    for (int k = 0; k < 4; ++k) {
        double row = top + k / 2, column = left + k % 2;
        if (row < 0 || row > height - 1 || column < 0 || column > width - 1) {
            r.missing += weights[k];
            continue;
        }
        r.weight[k] = weights[k];
        r.place[k] = (size_t)row * (size_t)width + (size_t)column;
    }
    return r;
}

/* A view of a picture of some size, made ready. */
typedef struct {
    int height, width;
    double centre_y, centre_x, cosine, sine;
    attr_augmentation a;
} view;

static view view_of(const attr_augmentation *a, int height, int width) {
    return (view){height, width, (height - 1) / 2., (width - 1) / 2., cos(a->angle), sin(a->angle), *a};
}

/* Where pixel (row, column) of the view is read. */
static reading reading_of(const view *v, int row, int column) {
    double y = (row - v->a.shift_y - v->centre_y) / v->a.scale_y;
    double x = (column - v->a.shift_x - v->centre_x) / v->a.scale_x;
    return read_at(v->height, v->width, v->centre_y + v->cosine * y - v->sine * x,
                   v->centre_x + v->cosine * x + v->sine * y);
}

void attr_augmentation_apply(double *out, const double *in, int channels, int height, int width,
                             const attr_augmentation *a) {
    size_t pixels = (size_t)height * (size_t)width;
    view v = view_of(a, height, width);
    for (int row = 0; row < height; ++row)
        for (int column = 0; column < width; ++column) {
            reading r = reading_of(&v, row, column);
            size_t at = (size_t)row * (size_t)width + (size_t)column;
            for (size_t c = 0; c < (size_t)channels; ++c) {
                double sum = r.missing * outside;
                for (int k = 0; k < 4; ++k) sum += r.weight[k] * in[c * pixels + r.place[k]];
                out[c * pixels + at] = sum;
            }
        }
}

void attr_augmentation_transpose(double *by_in, const double *by_out, int channels, int height, int width,
                                 const attr_augmentation *a) {
    size_t pixels = (size_t)height * (size_t)width;
    view v = view_of(a, height, width);
    memset(by_in, 0, (size_t)channels * pixels * sizeof *by_in);
    for (int row = 0; row < height; ++row)
        for (int column = 0; column < width; ++column) {
            reading r = reading_of(&v, row, column);
            size_t at = (size_t)row * (size_t)width + (size_t)column;
            for (size_t c = 0; c < (size_t)channels; ++c)
                for (int k = 0; k < 4; ++k) by_in[c * pixels + r.place[k]] += r.weight[k] * by_out[c * pixels + at];
        }
}
