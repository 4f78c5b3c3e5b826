/* Convolution and its transpose as implicit matrix products.
 *
 * A tile is `tile_columns` neighbouring output pixels of one sample and group. The input values that they read are
 * gathered into a panel [k][tile_columns], a block of `panel_rows` values of k = (channel, ky, kx) at a time; a small
 * kernel multiplies it with `tile_rows` rows of packed weights. The transpose gathers too (each input pixel collects
 * from the output pixels that read it), so nothing is scattered and every element is summed by one thread in one order.
 */
#include "kernels/kernels.h"
#include "kernels/dispatch.h"
#include "kernels/packing.h"
#include "layers/real.h"

#include <string.h>

typedef real vector __attribute__((vector_size(64), aligned(64)));

enum {
    lanes = 64 / sizeof(real),
    tile_vectors = 2,
    tile_columns = tile_vectors * lanes,
    tile_rows = attr_tile_rows,
    panel_rows = 256
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

void R(attr_conv_pack)(real *packed, const real *weights, const attr_conv_shape *s, int transposed) {
    direction d = direction_of(s, transposed);
    int area = s->size * s->size, n = s->n / s->groups, c = s->c / s->groups;
    size_t group_size = attr_padded_rows(d.rows) * (size_t)d.depth;
    memset(packed, 0, s->groups * group_size * sizeof(real));
#pragma omp parallel for collapse(2) schedule(static)
    for (int g = 0; g < s->groups; ++g) {
        for (int f = 0; f < n; ++f) {
            const real *filter = weights + ((size_t)g * n + f) * c * area;
            real *group = packed + g * group_size;
            for (int channel = 0; channel < c; ++channel) {
                for (int tap = 0; tap < area; ++tap) {
                    int row = transposed ? channel : f, k = (transposed ? f : channel) * area + tap;
                    group[packed_index(&d, row, k)] = filter[channel * area + tap];
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

/* tile[row][column] = sum over k of weights[k][row] panel[k][column]. */
static inline ATTR_INLINE void multiply_tile_body(real *tile, const real *weights, const real *panel, int depth) {
    vector sum[tile_rows][tile_vectors] = {{{0}}};
    for (int k = 0; k < depth; ++k) {
        const vector *values = (const vector *)(panel + (size_t)k * tile_columns);
        for (int r = 0; r < tile_rows; ++r)
            for (int v = 0; v < tile_vectors; ++v) sum[r][v] += weights[k * tile_rows + r] * values[v];
    }
    memcpy(tile, sum, sizeof sum);
}
ATTR_DISPATCH(multiply_tile, multiply_tile_body, (real * tile, const real *weights, const real *panel, int depth),
              (tile, weights, panel, depth))

static void convolve_tile(real *out, const real *in, const real *packed, const direction *d, int pixel) {
    _Alignas(64) real panel[panel_rows * tile_columns], tile[tile_rows * tile_columns];
    size_t plane = (size_t)d->out_h * d->out_w;
    int columns = (int)(plane - pixel < (size_t)tile_columns ? plane - pixel : (size_t)tile_columns);
    for (int k = 0; k < d->depth; k += panel_rows) {
        int depth = d->depth - k < panel_rows ? d->depth - k : panel_rows;
        gather_panel(panel, in, d, k, depth, pixel, columns);
        for (int row = 0; row < d->rows; row += tile_rows) {
            multiply_tile(tile, packed + packed_index(d, row, k), panel, depth);
            for (int r = 0; r < tile_rows && row + r < d->rows; ++r) {
                real *target = out + (row + r) * plane + pixel;
                for (int j = 0; j < columns; ++j) target[j] += tile[r * tile_columns + j];
            }
        }
    }
}

static inline ATTR_INLINE void add_line_body(real *out, const real *line, real weight, int length) {
    for (int i = 0; i < length; ++i) out[i] += weight * line[i];
}
ATTR_DISPATCH(add_line, add_line_body, (real * out, const real *line, real weight, int length),
              (out, line, weight, length))

/* The direct loop for groups of one or two rows (depthwise): line by line, tap by tap. */
static void convolve_row(real *out, const real *in, const real *packed, const direction *d, int row) {
    int area = d->size * d->size;
    size_t in_plane = (size_t)d->in_h * d->in_w, out_plane = (size_t)d->out_h * d->out_w;
    for (int r = 0; r < d->rows; ++r) {
        real *target = out + r * out_plane + (size_t)row * d->out_w;
        for (int k = 0; k < d->depth; ++k) {
            int y = line_of(d, row, k % area / d->size);
            if (y < 0) continue;
            real weight = packed[packed_index(d, r, k)];
            const real *line = in + (k / area) * in_plane + (size_t)y * d->in_w;
            line_span span = span_of(d, 0, d->out_w, k % d->size);
            if (span.from >= span.to) continue;
            if (d->stride == 1) {
                add_line(target + span.from, line + span.offset + span.from, weight, span.to - span.from);
            } else if (d->transposed) {
                int x = (span.offset + span.from) / d->stride;
                for (int i = span.from; i < span.to; i += span.every) target[i] += weight * line[x++];
            } else {
                for (int i = span.from; i < span.to; ++i) target[i] += weight * line[span.offset + i * span.step];
            }
        }
    }
}

static void convolve(real *out, const real *in, const real *packed, const direction *d, int groups, int count) {
    size_t in_plane = (size_t)d->in_h * d->in_w, out_plane = (size_t)d->out_h * d->out_w;
    size_t in_group = in_plane * (d->depth / (d->size * d->size)), out_group = out_plane * d->rows;
    size_t packed_group = attr_padded_rows(d->rows) * (size_t)d->depth;
    int direct = d->rows <= attr_direct_rows;
    int parts = direct ? d->out_h : (int)((out_plane + tile_columns - 1) / tile_columns);
#pragma omp parallel for collapse(2) schedule(dynamic, 4)
    for (int item = 0; item < count * groups; ++item) {
        for (int part = 0; part < parts; ++part) {
            real *target = out + item * out_group;
            const real *source = in + item * in_group, *weights = packed + (item % groups) * packed_group;
            if (direct)
                convolve_row(target, source, weights, d, part);
            else
                convolve_tile(target, source, weights, d, part * tile_columns);
        }
    }
}

void R(attr_conv)(real *out, const real *in, const real *packed, const attr_conv_shape *s, int count) {
    direction d = direction_of(s, 0);
    convolve(out, in, packed, &d, s->groups, count);
}

void R(attr_conv_transposed)(real *in, const real *out, const real *packed, const attr_conv_shape *s, int count) {
    direction d = direction_of(s, 1);
    convolve(in, out, packed, &d, s->groups, count);
}
