#include "layers/tensor.h"

#include <string.h>

#include "kernels/blocked.h"

attr_tensor attr_tensor_of(size_t element, int c, int h, int w, int blocked) {
    attr_tensor t = {.element = element, .c = c, .h = h, .w = w, .blocked = blocked};
    t.size = (size_t)c * h * w;
    t.stride = blocked ? attr_blocked_size(c, h, w) : t.size;
    return t;
}

size_t attr_tensor_place(const attr_tensor *t, int sample, size_t i) {
    if (t->blocked) {
        size_t plane = (size_t)t->h * t->w, channel = i / plane, pixel = i % plane;
        i = (channel / attr_lanes * plane + pixel) * attr_lanes + channel % attr_lanes;
    }
    return sample * t->stride + i;
}

static void read_numbers(double *out, const void *numbers, const attr_tensor *t, int sample, size_t first, size_t n) {
    const float *floats = (const float *)numbers + sample * t->stride + first;
    if (!t->blocked && t->element == sizeof(float)) { /* a loop that the compiler can see through */
        for (size_t i = 0; i < n; ++i) out[i] = floats[i];
        return;
    }
    for (size_t i = 0; i < n; ++i) {
        size_t at = attr_tensor_place(t, sample, first + i);
        out[i] = t->element == sizeof(double) ? ((const double *)numbers)[at] : ((const float *)numbers)[at];
    }
}

void attr_tensor_read(double *out, const attr_tensor *t, int sample, size_t first, size_t n) {
    read_numbers(out, t->values, t, sample, first, n);
}

void attr_tensor_read_gradient(double *out, const attr_tensor *t, int sample, size_t first, size_t n) {
    read_numbers(out, t->gradient, t, sample, first, n);
}

void attr_tensor_write(attr_tensor *t, int sample, const double *values, size_t n) {
    for (size_t i = 0; i < n; ++i) {
        size_t at = attr_tensor_place(t, sample, i);
        if (t->element == sizeof(double))
            ((double *)t->values)[at] = values[i];
        else
            ((float *)t->values)[at] = (float)values[i];
    }
}

void attr_tensor_add_gradient(attr_tensor *t, int sample, size_t i, double value) {
    size_t at = attr_tensor_place(t, sample, i);
    if (t->element == sizeof(double))
        ((double *)t->gradient)[at] += value;
    else
        ((float *)t->gradient)[at] += (float)value;
}

void attr_tensor_clear_gradient(attr_tensor *t, int count) {
    size_t bytes = t->stride * t->element;
#pragma omp parallel for schedule(static)
    for (int b = 0; b < count; ++b) memset((char *)t->gradient + b * bytes, 0, bytes);
}

void attr_tensor_clear_gradient_but(attr_tensor *t, attr_area part, int count) {
    const attr_span rows = part.rows, columns = part.columns;
    size_t pixel = (t->blocked ? attr_lanes : 1) * t->element, row = (size_t)t->w * pixel, plane = row * (size_t)t->h;
    int planes = count * (t->blocked ? (t->c + attr_lanes - 1) / attr_lanes : t->c);
    int whole_rows = columns.first <= 0 && columns.end >= t->w;
    if (whole_rows && rows.first <= 0 && rows.end >= t->h) return;
#pragma omp parallel for schedule(static)
    for (int i = 0; i < planes; ++i) {
        char *at = (char *)t->gradient + i * plane;
        memset(at, 0, (size_t)rows.first * row);
        for (int y = rows.first; !whole_rows && y < rows.end; ++y) {
            memset(at + y * row, 0, (size_t)columns.first * pixel);
            memset(at + y * row + (size_t)columns.end * pixel, 0, (size_t)(t->w - columns.end) * pixel);
        }
        memset(at + (size_t)rows.end * row, 0, (size_t)(t->h - rows.end) * row);
    }
}

/* ---- From layout to layout; a piece is the part of one block of channels that one thread moves */

enum { piece = 256 };

static void to_blocked(float *to, const float *from, size_t plane, size_t n, int channels, int add) {
    for (size_t i = 0; i < n; ++i) {
        for (int lane = 0; lane < attr_lanes; ++lane) {
            float value = lane < channels ? from[lane * plane + i] : 0;
            to[i * attr_lanes + lane] = add ? to[i * attr_lanes + lane] + value : value;
        }
    }
}

static void to_plain(float *to, const float *from, size_t plane, size_t n, int channels, int add) {
    for (int lane = 0; lane < channels; ++lane) {
        float *line = to + lane * plane;
        for (size_t i = 0; i < n; ++i) line[i] = (add ? line[i] : 0) + from[i * attr_lanes + lane];
    }
}

static void convert(float *to, const float *from, const attr_tensor *t, int blocked, int count, int add) {
    int blocks = (t->c + attr_lanes - 1) / attr_lanes;
    size_t plane = (size_t)t->h * t->w, pieces = (plane + piece - 1) / piece;
    size_t blocked_stride = attr_blocked_size(t->c, t->h, t->w);
#pragma omp parallel for collapse(2) schedule(static)
    for (int item = 0; item < count * blocks; ++item) {
        for (size_t k = 0; k < pieces; ++k) {
            int sample = item / blocks, block = item % blocks, left = t->c - block * attr_lanes;
            int channels = left < attr_lanes ? left : attr_lanes;
            size_t n = plane - k * piece < piece ? plane - k * piece : piece;
            size_t in_plain = sample * t->size + (size_t)block * attr_lanes * plane + k * piece;
            size_t in_blocked = sample * blocked_stride + ((size_t)block * plane + k * piece) * attr_lanes;
            if (blocked)
                to_blocked(to + in_blocked, from + in_plain, plane, n, channels, add);
            else
                to_plain(to + in_plain, from + in_blocked, plane, n, channels, add);
        }
    }
}

void attr_tensor_convert(attr_tensor *to, const attr_tensor *from, int count) {
    convert(to->values, from->values, from, to->blocked, count, 0);
}

void attr_tensor_convert_gradient(attr_tensor *to, const attr_tensor *from, int count, int add) {
    convert(to->gradient, from->gradient, from, to->blocked, count, add);
}
