#include "dreams/canvas.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/random.h"

static const double start_deviation = 0.01;

static void fill_colours(double colours[3][3], int channels) {
    static const double natural[3][3] = {{.26, .09, .02}, {.27, 0, -.05}, {.27, -.09, .03}};
    double largest = 0;
    for (int column = 0; column < 3; ++column) {
        double squares = 0;
        for (int row = 0; row < 3; ++row) squares += natural[row][column] * natural[row][column];
        largest = fmax(largest, sqrt(squares));
    }
    for (int row = 0; row < 3; ++row)
        for (int column = 0; column < 3; ++column)
            colours[row][column] = channels == 3 ? natural[row][column] / largest : row == column;
}

attr_status attr_canvas_make(attr_canvas *out, int channels, int height, int width) {
    *out = (attr_canvas){.channels = channels, .height = height, .width = width};
    out->pixels = (size_t)height * (size_t)width;
    fill_colours(out->colours, channels);
    ATTR_TRY(attr_spectrum_make(&out->spectrum, height, width));
    out->parameters = (size_t)channels * attr_spectrum_size(out->spectrum);
    return attr_allocate(&out->planes, (size_t)channels * out->pixels, sizeof *out->planes, "a canvas");
}

void attr_canvas_free(attr_canvas *canvas) {
    attr_spectrum_free(canvas->spectrum);
    free(canvas->planes);
    *canvas = (attr_canvas){0};
}

void attr_canvas_start(double *parameters, const attr_canvas *canvas, uint64_t seed) {
    const attr_random random = {.seed = seed, .stream = ATTR_STREAM_DREAM};
    for (size_t first = 0; first < canvas->parameters; first += 256) {
        float normal[256];
        size_t n = canvas->parameters - first < 256 ? canvas->parameters - first : 256;
        attr_random_normal(normal, &random, first, n);
        for (size_t i = 0; i < n; ++i) parameters[first + i] = start_deviation * normal[i];
    }
}

void attr_canvas_paint(double *x, attr_canvas *canvas, const double *parameters) {
    size_t each = attr_spectrum_size(canvas->spectrum), pixels = canvas->pixels;
    for (int c = 0; c < canvas->channels; ++c)
        attr_spectrum_to_plane(canvas->planes + (size_t)c * pixels, canvas->spectrum, parameters + (size_t)c * each);
    for (int c = 0; c < canvas->channels; ++c)
        for (size_t i = 0; i < pixels; ++i) {
            double z = 0;
            for (int k = 0; k < canvas->channels; ++k)
                z += canvas->colours[c][k] * canvas->planes[(size_t)k * pixels + i];
            x[(size_t)c * pixels + i] = 1 / (1 + exp(-z));
        }
}

void attr_canvas_transpose(double *by_parameters, attr_canvas *canvas, const double *x, const double *by_x) {
    size_t each = attr_spectrum_size(canvas->spectrum), pixels = canvas->pixels;
    for (int k = 0; k < canvas->channels; ++k) {
        double *by_plane = canvas->planes + (size_t)k * pixels;
        for (size_t i = 0; i < pixels; ++i) {
            double sum = 0;
            for (int c = 0; c < canvas->channels; ++c) {
                size_t at = (size_t)c * pixels + i;
                sum += canvas->colours[c][k] * x[at] * (1 - x[at]) * by_x[at];
            }
            by_plane[i] = sum;
        }
        attr_spectrum_transpose(by_parameters + (size_t)k * each, canvas->spectrum, by_plane);
    }
}
