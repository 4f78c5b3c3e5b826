/* Convolution and its transpose as implicit matrix products.
 *
 * A tile is `attr_tile_columns` neighbouring result pixels of one sample and group. The values that they read are
 * gathered into a panel [k][column], a block of values of k = (channel, ky, kx) at a time; the inner kernel (tile.c)
 * multiplies it with `attr_tile_rows` rows of packed weights. The transpose gathers too (each pixel collects from those
 * that it is read by), so nothing is scattered and every result is summed by one thread in one order. */
#include "base/dispatch.h"
#include "kernels/kernels.h"
#include "kernels/packing.h"
#include "layers/real.h"

#include <string.h>

enum {
    tile_columns = attr_tile_columns,
    tile_rows = attr_tile_rows,
    panel_rows = attr_panel_rows,
    rows_at_once = 128 * tile_rows, /* whose sums are kept together */
    line_columns = 512              /* of the direct loop */
};

/* One direction of a convolution: `rows` results a pixel (of a group) from `depth` values, read from a picture of
 * `in_h` x `in_w` for an output of `out_h` x `out_w`. */
typedef struct {
    int transposed, rows, depth;
    int in_h, in_w, out_h, out_w;
    int size, stride, pad;
} direction;

static direction direction_of(const attr_conv_shape *s, int transposed) {
    int area = s->size * s->size, n = s->n / s->groups, c = s->c / s->groups;
    if (transposed) return (direction){1, c, n * area, s->out_h, s->out_w, s->h, s->w, s->size, s->stride, s->pad};
    return (direction){0, n, c * area, s->h, s->w, s->out_h, s->out_w, s->size, s->stride, s->pad};
}

/* The packed weight of row r and depth k of a group. Layout: blocks of tile_rows rows, in them k by k; a plain
 * [rows][depth] where the direct loop is used. */
static size_t packed_index(const direction *d, int r, int k) {
    if (d->rows <= attr_direct_rows) return (size_t)r * d->depth + k;
    return ((size_t)(r / tile_rows) * d->depth + k) * tile_rows + r % tile_rows;
}

void R(attr_conv_pack)(real *packed, const float *weights, const double *factor, const attr_conv_shape *s,
                       int transposed) {
    direction d = direction_of(s, transposed);
    int area = s->size * s->size, n = s->n / s->groups, c = s->c / s->groups;
    size_t group_size = attr_padded_rows(d.rows) * (size_t)d.depth;
    memset(packed, 0, s->groups * group_size * sizeof(real));
#pragma omp parallel for collapse(2) schedule(static)
    for (int g = 0; g < s->groups; ++g) {
        for (int f = 0; f < n; ++f) {
            const float *filter = weights + ((size_t)g * n + f) * c * area;
            real *group = packed + g * group_size;
            for (int channel = 0; channel < c; ++channel) {
                double by = !factor ? 1 : transposed ? factor[g * n + f] : factor[g * c + channel];
                for (int tap = 0; tap < area; ++tap) {
                    int row = transposed ? channel : f, k = (transposed ? f : channel) * area + tap;
                    group[packed_index(&d, row, k)] = (real)(by * filter[channel * area + tap]);
                }
            }
        }
    }
}

/* The part of a picture line that output pixels first .. first+length-1 of a row read for one tap: values
 * line[offset + i * step] for from <= i < to; i advances by `every`. Outside of it they read zeros. */
typedef struct {
    int from, to, every, offset, step;
} line_span;

static line_span span_of(const direction *d, int first, int length, int tap) {
    line_span span = {0, length, 1, 0, 1};
    if (!d->transposed) { /* x = ox stride + kx - pad */
        int start = first * d->stride + tap - d->pad;
        span.offset = start;
        span.step = d->stride;
        if (start < 0) span.from = (-start + d->stride - 1) / d->stride;
        if (start >= d->in_w)
            span.to = 0;
        else if (start + (length - 1) * d->stride >= d->in_w)
            span.to = (d->in_w - 1 - start) / d->stride + 1;
    } else { /* ox = (x + pad - kx) / stride where it divides */
        int start = first + d->pad - tap;
        span.every = d->stride;
        if (start < 0) span.from = -start;
        span.from += (d->stride - (start + span.from) % d->stride) % d->stride;
        int last = (d->in_w - 1) * d->stride - start; /* the largest i that still reads the picture */
        if (last < 0)
            span.to = 0;
        else if (last + 1 < length)
            span.to = last + 1;
        span.offset = start; /* line index (offset + i) / stride */
    }
    return span;
}

/* The picture line that an output row reads for a tap; -1 if there is none. */
static int line_of(const direction *d, int row, int tap) {
    int y;
    if (!d->transposed) {
        y = row * d->stride + tap - d->pad;
    } else {
        y = row + d->pad - tap;
        if (y < 0 || y % d->stride) return -1;
        y /= d->stride;
    }
    return y >= 0 && y < d->in_h ? y : -1;
}

static void gather_line(real *out, const real *line, int length, const line_span *span, const direction *d) {
    if (span->from >= span->to) {
        memset(out, 0, length * sizeof(real));
        return;
    }
    if (d->stride == 1) {
        memset(out, 0, span->from * sizeof(real));
        memcpy(out + span->from, line + span->offset + span->from, (span->to - span->from) * sizeof(real));
        memset(out + span->to, 0, (length - span->to) * sizeof(real));
        return;
    }
    memset(out, 0, length * sizeof(real));
    if (d->transposed) {
        int x = (span->offset + span->from) / d->stride;
        for (int i = span->from; i < span->to; i += span->every) out[i] = line[x++];
    } else {
        for (int i = span->from; i < span->to; ++i) out[i] = line[span->offset + i * span->step];
    }
}

/* Fills the panel for depths k0 .. k0+depth-1 and output pixels pixel .. pixel+columns-1. */
static void gather_panel(real *panel, const real *in, const direction *d, int k0, int depth, int pixel, int columns) {
    int area = d->size * d->size;
    size_t plane = (size_t)d->in_h * d->in_w;
    for (int k = k0; k < k0 + depth; ++k) {
        const real *channel = in + (k / area) * plane;
        int ky = k % area / d->size, kx = k % d->size;
        real *out = panel + (size_t)(k - k0) * tile_columns;
        for (int column = 0; column < columns;) {
            int row = (pixel + column) / d->out_w, first = (pixel + column) % d->out_w;
            int length = d->out_w - first < columns - column ? d->out_w - first : columns - column;
            int y = line_of(d, row, ky);
            if (y < 0) {
                memset(out + column, 0, length * sizeof(real));
            } else {
                line_span span = span_of(d, first, length, kx);
                gather_line(out + column, channel + (size_t)y * d->in_w, length, &span, d);
            }
            column += length;
        }
        if (columns < tile_columns) memset(out + columns, 0, (tile_columns - columns) * sizeof(real));
    }
}

/* What becomes of a sum: forward scale x sum + bias, backward it is added to what is there. */
typedef struct {
    int forward;
    const double *scale, *bias;
} finish_kind;

static void finish(real *out, const double *sums, int n, const finish_kind *f, int channel) {
    if (f->forward) {
        double scale = f->scale ? f->scale[channel] : 1, bias = f->bias[channel];
        for (int i = 0; i < n; ++i) out[i] = (real)(scale * sums[i] + bias);
    } else {
        for (int i = 0; i < n; ++i) out[i] = (real)(out[i] + sums[i]);
    }
}

static inline ATTR_INLINE void widen_body(double *out, const real *in, int n) {
    for (int i = 0; i < n; ++i) out[i] = in[i];
}
ATTR_DISPATCH(widen, widen_body, (double *out, const real *in, int n), (out, in, n))

/* Adds the products of one panel to the sums of rows first .. last-1; with doubles when `wide`. */
static void multiply_panel(double *sums, const real *packed, const real *panel, const direction *d, int k, int depth,
                           int first, int last, int wide) {
    _Alignas(64) double wide_panel[panel_rows * tile_columns], wide_weights[panel_rows * tile_rows];
    if (wide) widen(wide_panel, panel, depth * tile_columns);
    for (int row = first; row < last; row += tile_rows, sums += tile_rows * tile_columns) {
        const real *weights = packed + packed_index(d, row, k);
        if (wide) {
            widen(wide_weights, weights, depth * tile_rows);
            attr_multiply_tile_f64(sums, wide_weights, wide_panel, depth);
        } else {
            R(attr_multiply_tile)(sums, weights, panel, depth);
        }
    }
}

/* Rows first .. last-1 of the result pixels pixel .. pixel+tile_columns-1; `channel` is that of row 0. */
static void convolve_tile(real *out, const real *in, const real *packed, const direction *d, const finish_kind *f,
                          int pixel, int first, int last, int channel) {
    _Alignas(64) real panel[panel_rows * tile_columns];
    _Alignas(64) double sums[rows_at_once * tile_columns];
    int wide = f->forward && sizeof(real) < sizeof(double);
    size_t plane = (size_t)d->out_h * d->out_w;
    int columns = (int)(plane - pixel < (size_t)tile_columns ? plane - pixel : (size_t)tile_columns);
    memset(sums, 0, (size_t)(last - first + tile_rows - 1) / tile_rows * tile_rows * tile_columns * sizeof *sums);
    for (int k = 0; k < d->depth; k += panel_rows) {
        int depth = d->depth - k < panel_rows ? d->depth - k : panel_rows;
        gather_panel(panel, in, d, k, depth, pixel, columns);
        multiply_panel(sums, packed, panel, d, k, depth, first, last, wide);
    }
    for (int row = first; row < last; ++row)
        finish(out + row * plane + pixel, sums + (size_t)(row - first) * tile_columns, columns, f, channel + row);
}

static inline ATTR_INLINE void add_line_body(double *sums, const real *line, double weight, int length) {
    for (int i = 0; i < length; ++i) sums[i] += weight * line[i];
}
ATTR_DISPATCH(add_line, add_line_body, (double *sums, const real *line, double weight, int length),
              (sums, line, weight, length))

/* sums[i] += weight x the value that result pixel first+i of a row reads for tap kx. */
static void add_tap(double *sums, const real *line, double weight, const direction *d, int first, int length, int kx) {
    line_span span = span_of(d, first, length, kx);
    if (span.from >= span.to) return;
    if (d->stride == 1) {
        add_line(sums + span.from, line + span.offset + span.from, weight, span.to - span.from);
    } else if (d->transposed) {
        int x = (span.offset + span.from) / d->stride;
        for (int i = span.from; i < span.to; i += span.every) sums[i] += weight * line[x++];
    } else {
        for (int i = span.from; i < span.to; ++i) sums[i] += weight * line[span.offset + i * span.step];
    }
}

/* The direct loop for groups of one or two rows (depthwise): one row of the result, line by line, tap by tap. */
static void convolve_row(real *out, const real *in, const real *packed, const direction *d, const finish_kind *f,
                         int row, int channel) {
    int area = d->size * d->size;
    size_t in_plane = (size_t)d->in_h * d->in_w, out_plane = (size_t)d->out_h * d->out_w;
    for (int r = 0; r < d->rows; ++r) {
        for (int first = 0; first < d->out_w; first += line_columns) {
            int length = d->out_w - first < line_columns ? d->out_w - first : line_columns;
            double sums[line_columns] = {0};
            for (int k = 0; k < d->depth; ++k) {
                int y = line_of(d, row, k % area / d->size);
                if (y < 0) continue;
                const real *line = in + (k / area) * in_plane + (size_t)y * d->in_w;
                add_tap(sums, line, packed[packed_index(d, r, k)], d, first, length, k % d->size);
            }
            finish(out + r * out_plane + (size_t)row * d->out_w + first, sums, length, f, channel + r);
        }
    }
}

static void convolve(real *out, const real *in, const real *packed, const direction *d, const finish_kind *f,
                     int groups, int count) {
    size_t in_plane = (size_t)d->in_h * d->in_w, out_plane = (size_t)d->out_h * d->out_w;
    size_t in_group = in_plane * (d->depth / (d->size * d->size)), out_group = out_plane * d->rows;
    size_t packed_group = attr_padded_rows(d->rows) * (size_t)d->depth;
    int direct = d->rows <= attr_direct_rows;
    int parts = direct ? d->out_h : (int)((out_plane + tile_columns - 1) / tile_columns);
#pragma omp parallel for collapse(2) schedule(dynamic, 4)
    for (int item = 0; item < count * groups; ++item) {
        for (int part = 0; part < parts; ++part) {
            int group = item % groups, channel = group * d->rows;
            real *target = out + item * out_group;
            const real *source = in + item * in_group, *weights = packed + group * packed_group;
            if (direct) {
                convolve_row(target, source, weights, d, f, part, channel);
                continue;
            }
            for (int row = 0; row < d->rows; row += rows_at_once)
                convolve_tile(target, source, weights, d, f, part * tile_columns, row,
                              d->rows - row < rows_at_once ? d->rows : row + rows_at_once, channel);
        }
    }
}

void R(attr_conv_forward)(real *result, const real *from, const real *packed, const double *scale, const double *bias,
                          const attr_conv_shape *s, int transposed, int count) {
    direction d = direction_of(s, transposed);
    finish_kind affine = {1, scale, bias};
    convolve(result, from, packed, &d, &affine, s->groups, count);
}

void R(attr_conv_add)(real *result, const real *from, const real *packed, const attr_conv_shape *s, int transposed,
                      int count) {
    direction d = direction_of(s, transposed);
    finish_kind added = {0, NULL, NULL};
    convolve(result, from, packed, &d, &added, s->groups, count);
}
