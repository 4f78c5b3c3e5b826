/* The inside of the blocked convolutions: what is prepared once (attr_blocked_conv), and the three steps of a run that
 * an implementation has: read values into a panel, make the weights of a panel, write sums.
 *
 * The result is cut into units: a unit is a tile of pixels (Winograd, 36 to 81 points) or a pixel (gathered, 1 point).
 * For a block of units, for a chunk of channels, for each point p:
 *
 *   sums[p][unit][k] += sum over depth of values[p][depth][unit] x weights[p][depth][k]
 *
 * Depth goes block by block of (up to) 16 channels, for each of them tap by tap (Winograd has no taps left). */
#ifndef ATTR_KERNELS_PANEL_H
#define ATTR_KERNELS_PANEL_H

#include "base/dispatch.h"
#include "kernels/blocked.h"

enum { attr_most_units = 112 };

/* The sorts of Winograd's filtering (see filtering.h); 4, 5, 6: stride 1, named by the results of a tile. A tile reads
 * `in` x `in` values, the next one those `advance` further, multiplies at points x points points, has different weights
 * at weights x weights of them, and gives out x out results. */
typedef enum {
    ATTR_WINOGRAD_4,
    ATTR_WINOGRAD_5,
    ATTR_WINOGRAD_6,
    ATTR_WINOGRAD_STRIDE_2,
    ATTR_WINOGRAD_STRIDE_2_BACK
} attr_winograd;
typedef struct {
    int in, advance, points, weights, out;
} attr_winograd_tile;
static const attr_winograd_tile attr_winograd_tiles[] = {[ATTR_WINOGRAD_4] = {6, 4, 6, 6, 4},
                                                         [ATTR_WINOGRAD_5] = {7, 5, 7, 7, 5},
                                                         [ATTR_WINOGRAD_6] = {8, 6, 8, 8, 6},
                                                         [ATTR_WINOGRAD_STRIDE_2] = {9, 8, 9, 6, 4},
                                                         [ATTR_WINOGRAD_STRIDE_2_BACK] = {5, 4, 9, 6, 8}};

typedef enum {
    ATTR_CONV_WINOGRAD,
    ATTR_CONV_GATHER,
    ATTR_CONV_DEPTHWISE,
    ATTR_CONV_THIN_FROM, /* see thin_from.c, thin_to.c */
    ATTR_CONV_THIN_TO,
    ATTR_CONV_AMX,    /* see amx.h */
    ATTR_CONV_AMX_TO, /* see amx/picture_to.c */
    ATTR_CONV_DNNL    /* all is in `dnnl`; `packed` is for the other direction */
} attr_conv_kind;

static inline int attr_conv_is_to_picture(attr_conv_kind kind) {
    return kind == ATTR_CONV_THIN_TO || kind == ATTR_CONV_AMX_TO;
}

/* A convolution with kernels of its own, in which a panel is not made of squares of weights. */
static inline int attr_conv_is_small(attr_conv_kind kind) {
    return kind == ATTR_CONV_DEPTHWISE || kind == ATTR_CONV_THIN_FROM || attr_conv_is_to_picture(kind);
}

static inline int attr_conv_is_by_amx(attr_conv_kind kind) {
    return kind == ATTR_CONV_AMX || kind == ATTR_CONV_AMX_TO;
}

/* Result pixels that read through the same taps: all of them for a convolution; for the transpose of one with a stride,
 * those of one remainder of (y, x) by the stride. Result pixel (first_y + i step, first_x + j step) reads, for tap t,
 * pixel (i advance + dy[t], j advance + dx[t]). */
typedef struct {
    int first_y, first_x, step, rows, columns;
    int advance, taps;
    int *tap, *dy, *dx; /* [taps]; tap: its place in the packed weights */
} attr_pixel_class;

struct attr_blocked_conv {
    const struct attr_simd *simd;
    attr_conv_kind kind;
    attr_winograd winograd;     /* if that is the kind */
    int tile_pad;               /* likewise: the first tile begins so many values before the first */
    int groups;                 /* 1 for groups of one channel */
    int from_c, from_h, from_w; /* channels of one group */
    int to_c, to_h, to_w;
    int from_blocks, to_blocks; /* of 16 channels, of one group */
    int size, area, stride, pad, transposed;
    int parts;        /* of a float, for matrix units (amx.h) */
    int depth_lanes;  /* channels of a block that are worth multiplying: 16, or all if there are fewer */
    int most_units;   /* of a block */
    int chunk_blocks; /* of 16 channels that are in a panel at a time */
    int most_columns; /* result channels whose sums are kept at a time */
    int row;          /* if a picture's pixels are taken as one long row, those of one of its rows; else 0 */
    int classes;      /* 1 for Winograd */
    attr_pixel_class *class;
    /* Squares of weights, the same for both directions of a shape: [group][blocks of n][blocks of c][area][16 c][16 n].
     * Groups of one channel: [to_blocks][area][16]; thin ones: see there. */
    float *packed;
    int borrows; /* packed belongs to the other direction */
    struct attr_dnnl_conv *dnnl;
};

/* The units first .. first+count-1 of a run and where things are. */
typedef struct {
    const attr_blocked_conv *conv;
    const attr_pixel_class *class;
    int group, first, count;
    int first_row, first_column;   /* of the units of the class that are wanted */
    int columns;                   /* of those, in a row */
    int units_of_sample;           /* so many are wanted */
    size_t from_sample, to_sample; /* elements of a sample, all groups */
} attr_unit_block;

/* On one axis, of `all` units that are `step` long, the first of which begins at `first`, those that have a part in
 * what is wanted. */
static inline attr_span attr_units_of(attr_span wanted, int first, int step, int all) {
    attr_span units = {(wanted.first - first) / step, (wanted.end - first + step - 1) / step};
    if (units.first < 0) units.first = 0;
    if (units.end > all) units.end = all;
    return units;
}

/* The units of a class that have wanted results; all if none is named. Of pixels in one long row those of the picture.
 */
static inline attr_area attr_class_area(const attr_blocked_conv *c, const attr_pixel_class *class, attr_area wanted) {
    int step = c->kind == ATTR_CONV_WINOGRAD ? attr_winograd_tiles[c->winograd].out : class->step;
    int rows = c->row ? c->to_w / c->row : class->rows, columns = c->row ? c->row : class->columns;
    if (!attr_has_pixels(wanted)) return (attr_area){{0, rows}, {0, columns}};
    return (attr_area){attr_units_of(wanted.rows, class->first_y, step, rows),
                       attr_units_of(wanted.columns, class->first_x, step, columns)};
}

static inline int attr_blocks_of(int channels) {
    return (channels + attr_lanes - 1) / attr_lanes;
}

/* A convolution but for what is allocated: the implementation, and how much is done at a time. */
attr_blocked_conv attr_blocked_conv_describe(const attr_conv_shape *s, attr_conv_direction direction);

/* How a run is cut: blocks of units times parts of the columns, for each group. As many columns at a time as there is
 * room for their sums, and at most `most` units. Where blocks of units are too few for the threads, columns are shared
 * out, too: then each thread makes its part of the weights only. */
typedef struct {
    int units, blocks, parts;
} attr_cut;
attr_cut attr_cut_of(const attr_blocked_conv *c, int units, int most, int threads);

/* Elements from one point of a panel to the next. One vector more than there is, or else all points would fall into the
 * same lines of the first-level cache. */
static inline size_t attr_values_stride(const attr_blocked_conv *c, int taps) {
    return (size_t)c->chunk_blocks * taps * c->most_units * attr_lanes + attr_lanes;
}
static inline size_t attr_weights_stride(const attr_blocked_conv *c, int taps, int columns) {
    return (size_t)c->chunk_blocks * taps * c->depth_lanes * columns + attr_lanes;
}

/* Elements of a padded line that a row of results of a picture reads: a tile of pixels may end beyond the row. */
static inline int attr_thin_line(const attr_blocked_conv *c) {
    return ((c->to_w + attr_lanes) * c->stride + c->size + attr_lanes) / attr_lanes * attr_lanes;
}

/* Depthwise convolutions and those towards a picture copy the rows that a band of results reads: of a result in row i
 * of a class those from i x advance + first to i x advance + last, as lines of `length` pixels, `margin` of them before
 * the first of the tensor; results may be summed beyond the end of their row, so many pixels at a time (at most). */
enum { attr_thin_band = 8, attr_thin_pixels = 96, attr_depthwise_band = 8, attr_depthwise_pixels = 8 };
typedef struct {
    int first, last, margin, length;
} attr_band_reach;
attr_band_reach attr_band_reach_of(const attr_blocked_conv *c);

/* How many parts of `by` hold n; none is negative. */
static inline int attr_parts(int n, int by) {
    return (n + by - 1) / by;
}

/* A panel has rows x rows points; the weights of so many of a row are kept, those beyond the last are the last's. */
static inline int attr_panel_rows(const attr_blocked_conv *c) {
    return c->kind == ATTR_CONV_WINOGRAD ? attr_winograd_tiles[c->winograd].points : 1;
}
static inline int attr_panel_weights(const attr_blocked_conv *c) {
    return c->kind == ATTR_CONV_WINOGRAD ? attr_winograd_tiles[c->winograd].weights : 1;
}

/* The packed weights of a tap from block `from` to block `to` of a group: [16 from][16 to], or, if c is transposed, the
 * other way round. A transpose has its kernel flipped. */
static inline const float *attr_packed_square(const attr_blocked_conv *c, int group, int from, int to, int tap) {
    size_t there = ((size_t)group * c->to_blocks + to) * c->from_blocks + from;
    size_t back = ((size_t)group * c->from_blocks + from) * c->to_blocks + to;
    int square = attr_lanes * attr_lanes;
    return c->packed + (c->transposed ? back * c->area + c->area - 1 - tap : there * c->area + tap) * square;
}

/* What a build for one generation of processors and one type of sums offers. */
typedef struct attr_simd {
    size_t element; /* bytes of a number of a panel */
    int columns;    /* result channels at a time */
    void (*run)(float *to, const float *from, const attr_blocked_conv *c, const attr_gate *gate,
                const attr_finish *finish, int count, void *scratch, size_t scratch_each, int threads);
    /* One square of packed weights, from those of `filters` filters, `filter` numbers apart, and `channels` channels
     * (at most 16 of each) of `area` taps. */
    void (*pack)(float *to, const float *weights, size_t filter, int filters, int channels, int area);
    /* Columns column .. column + 15 of [channel, tap] of sixteen filters into squares of whole blocks; area 1 or 9. */
    void (*pack_sixteen)(float *to, const float *weights, size_t filter, int column, int area);
} attr_simd;

/* The build for a generation of processors; NULL if this machine cannot run it. */
const attr_simd *attr_simd_build(attr_sum sum, attr_cpu generation);

#endif
