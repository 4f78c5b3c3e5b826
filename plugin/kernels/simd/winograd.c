/* Winograd's F(4x4, 3x3): a 4x4 tile Y of results from a 6x6 tile d of values and 3x3 weights g is
 *
 *   Y = A^T [ (G g G^T) . (B^T d B) ] A
 *
 * with the matrices of Lavin and Gray for the points 0, 1, -1, 2, -2 and infinity. The products (the dots) of all
 * channels are summed between the transforms. */
#include "kernels/simd/steps.h"

enum { in_tile = attr_winograd_row, out_tile = attr_winograd_tile, points = attr_winograd_points };

/* o = B^T i */
static inline void transform_values(vector o[6], const vector i[6]) {
    vector even = i[4] - 4 * i[2], odd = i[3] - 4 * i[1], even2 = i[4] - i[2], odd2 = 2 * (i[3] - i[1]);
    o[0] = 4 * i[0] - 5 * i[2] + i[4];
    o[1] = even + odd;
    o[2] = even - odd;
    o[3] = even2 + odd2;
    o[4] = even2 - odd2;
    o[5] = 4 * i[1] - 5 * i[3] + i[5];
}

/* Row y of G. */
static const real weight_rows[in_tile][3] = {{.25, 0, 0},
                                             {(real)(-1 / 6.), (real)(-1 / 6.), (real)(-1 / 6.)},
                                             {(real)(-1 / 6.), (real)(1 / 6.), (real)(-1 / 6.)},
                                             {(real)(1 / 24.), (real)(1 / 12.), (real)(1 / 6.)},
                                             {(real)(1 / 24.), (real)(-1 / 12.), (real)(1 / 6.)},
                                             {0, 0, 1}};

/* o = G i */
static inline void transform_weights(vector o[6], const vector i[3]) {
    const real sixth = (real)(1 / 6.), twelfth = (real)(1 / 12.), twenty_fourth = (real)(1 / 24.);
    vector even = (i[0] + i[2]) * sixth, odd = i[1] * sixth;
    vector even2 = i[0] * twenty_fourth + i[2] * sixth, odd2 = i[1] * twelfth;
    o[0] = i[0] * (real).25;
    o[1] = -(even + odd);
    o[2] = odd - even;
    o[3] = even2 + odd2;
    o[4] = even2 - odd2;
    o[5] = i[2];
}

/* o = A^T i */
static inline void transform_sums(vector o[4], const vector i[6]) {
    vector sum = i[1] + i[2], difference = i[1] - i[2], sum2 = i[3] + i[4], difference2 = i[3] - i[4];
    o[0] = i[0] + sum + sum2;
    o[1] = difference + 2 * difference2;
    o[2] = sum + 4 * sum2;
    o[3] = difference + 8 * difference2 + i[5];
}

typedef struct {
    int sample, y, x; /* of the tile's first result pixel */
} tile_place;

static inline tile_place place_of(const attr_unit_block *u, int i) {
    int unit = u->first + i, in_sample = unit % u->units_of_sample;
    return (tile_place){unit / u->units_of_sample, in_sample / u->tile_columns * out_tile,
                        in_sample % u->tile_columns * out_tile};
}

/* One vector of channels of a tile of values; `at` and `positive` are at pixel (0, 0), which may lie outside. */
static inline void read_tile(real *values, size_t point_stride, const float *at, const attr_gate *gate,
                             const signed char *positive, const float *scale, int y0, int x0, int h, int w) {
    vector half[in_tile][in_tile];
    for (int x = 0; x < in_tile; ++x) {
        vector in[in_tile], out[in_tile];
        for (int y = 0; y < in_tile; ++y) {
            int inside = y0 + y >= 0 && y0 + y < h && x0 + x >= 0 && x0 + x < w;
            ptrdiff_t pixel = ((ptrdiff_t)(y0 + y) * w + x0 + x) * lanes;
            in[y] =
                inside ? read_values(at + pixel, positive ? positive + pixel : NULL, gate->slope, scale) : (vector){0};
        }
        transform_values(out, in);
        for (int y = 0; y < in_tile; ++y) half[y][x] = out[y];
    }
    for (int y = 0; y < in_tile; ++y) {
        vector out[in_tile];
        transform_values(out, half[y]);
        for (int x = 0; x < in_tile; ++x) *(vector *)(values + (y * in_tile + x) * point_stride) = out[x];
    }
}

static void read(real *values, const float *from, const attr_unit_block *u, const attr_gate *gate, int block,
                 int blocks) {
    const attr_blocked_conv *c = u->conv;
    size_t plane = (size_t)c->from_h * c->from_w * lanes, stride = attr_values_stride(c, 1);
    for (int i = 0; i < u->count; ++i) {
        tile_place place = place_of(u, i);
        for (int j = 0; j < blocks; ++j) {
            int channel_block = u->group * c->from_blocks + block + j;
            size_t offset = place.sample * u->from_sample + channel_block * plane;
            for (int lane = 0; lane < c->depth_lanes; lane += vector_lanes)
                read_tile(values + ((size_t)j * c->most_units + i) * lanes + lane, stride, from + offset + lane, gate,
                          gate->positive ? gate->positive + offset + lane : NULL,
                          gate->scale ? gate->scale + channel_block * lanes + lane : NULL, place.y - c->pad,
                          place.x - c->pad, c->from_h, c->from_w);
        }
    }
}

/* One row of points of the weights from one channel to one vector of channels: row `row` of G g, then times G^T. */
static inline void weigh_row(real *out, size_t point_stride, const float *taps, const real row[3]) {
    const int tap = lanes * lanes;
    vector half[3], points_of_row[in_tile];
    for (int x = 0; x < 3; ++x) {
        half[x] = (vector){0};
        for (int y = 0; y < 3; ++y)
            half[x] += row[y] * __builtin_convertvector(*(const float_vector *)(taps + (y * 3 + x) * tap), vector);
    }
    transform_weights(points_of_row, half);
    for (int x = 0; x < in_tile; ++x) *(vector *)(out + x * point_stride) = points_of_row[x];
}

static void weigh(real *weights, const attr_unit_block *u, int column, int block, int blocks, int row) {
    const attr_blocked_conv *c = u->conv;
    const int area = 9, tap = lanes * lanes;
    const real of_row[3] = {weight_rows[row][0], weight_rows[row][1], weight_rows[row][2]};
    size_t stride = attr_weights_stride(c, 1, tile_columns);
    for (int part = 0; part < tile_columns && column + part < c->to_blocks * lanes; part += lanes) {
        size_t to_block = (size_t)u->group * c->to_blocks + (column + part) / lanes;
        const float *packed = c->packed + (to_block * c->from_blocks + block) * area * tap;
        for (int i = 0; i < blocks * c->depth_lanes; ++i) {
            const float *of_channel = packed + (size_t)(i / c->depth_lanes) * area * tap + i % c->depth_lanes * lanes;
            for (int lane = 0; lane < lanes; lane += vector_lanes)
                weigh_row(weights + (size_t)i * tile_columns + part + lane, stride, of_channel + lane, of_row);
        }
    }
}

static inline void write_tile(float *to, signed char *positive, const real *sums, size_t point_stride,
                              const vector_finish *finish, int rows, int columns, int w) {
    vector half[out_tile][in_tile];
    for (int x = 0; x < in_tile; ++x) {
        vector in[in_tile], out[out_tile];
        for (int y = 0; y < in_tile; ++y) in[y] = *(const vector *)(sums + (y * in_tile + x) * point_stride);
        transform_sums(out, in);
        for (int y = 0; y < out_tile; ++y) half[y][x] = out[y];
    }
    for (int y = 0; y < rows; ++y) {
        vector out[out_tile];
        transform_sums(out, half[y]);
        for (int x = 0; x < columns; ++x) {
            size_t pixel = ((size_t)y * w + x) * lanes;
            store_sum(to + pixel, positive ? positive + pixel : NULL, out[x], finish);
        }
    }
}

static void write(float *to, const real *sums, const attr_unit_block *u, const attr_finish *finish, int column) {
    const attr_blocked_conv *c = u->conv;
    size_t plane = (size_t)c->to_h * c->to_w * lanes, stride = (size_t)c->most_units * tile_columns;
    for (int part = 0; part < tile_columns && column + part < c->to_blocks * lanes; part += vector_lanes) {
        int channel = u->group * c->to_blocks * lanes + column + part;
        vector_finish f = finish_of(finish, channel);
        for (int i = 0; i < u->count; ++i) {
            tile_place place = place_of(u, i);
            int rows = c->to_h - place.y < out_tile ? c->to_h - place.y : out_tile;
            int columns = c->to_w - place.x < out_tile ? c->to_w - place.x : out_tile;
            size_t at = place.sample * u->to_sample + channel / lanes * plane + channel % lanes +
                        ((size_t)place.y * c->to_w + place.x) * lanes;
            write_tile(to + at, finish->positive ? finish->positive + at : NULL, sums + (size_t)i * tile_columns + part,
                       stride, &f, rows, columns, c->to_w);
        }
    }
}

const attr_steps S(attr_winograd_steps) = {points, in_tile, read, weigh, write};
