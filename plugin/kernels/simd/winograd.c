/* Winograd's filtering of 3x3 kernels (filtering.h): the steps of a run, compiled for each sort of it. */
#include "kernels/simd/filtering.h"
#include "kernels/simd/steps.h"
#include "kernels/simd/transpose.h"

/* One vector of channels of a tile of values; `at` and `positive` are at pixel (0, 0) of it, which may lie outside. */
ALWAYS_INLINE void read_tile(real *values, size_t point_stride, const float *at, const attr_gate *gate,
                             const attr_signs *positive, int lane, const float *scale, int y0, int x0, int h, int w,
                             const filtering *f) {
    const int size = f->tile->in, points = f->tile->points;
    vector half[most_points][most_in];
    for (int x = 0; x < size; ++x) {
        vector in[most_in], out[most_points];
        for (int y = 0; y < size; ++y) {
            int inside = y0 + y >= 0 && y0 + y < h && x0 + x >= 0 && x0 + x < w;
            ptrdiff_t pixel = (ptrdiff_t)(y0 + y) * w + x0 + x;
            in[y] = inside
                        ? read_values(at + pixel * lanes, positive ? positive + pixel : NULL, lane, gate->slope, scale)
                        : (vector){0};
        }
        f->transform_values(out, in);
        for (int y = 0; y < points; ++y) half[y][x] = out[y];
    }
    for (int y = 0; y < points; ++y) {
        vector out[most_points];
        f->transform_values(out, half[y]);
        for (int x = 0; x < points; ++x) *(vector *)(values + (y * points + x) * point_stride) = out[x];
    }
}

ALWAYS_INLINE void read(real *values, const float *from, const attr_unit_block *u, const attr_gate *gate, int block,
                        int blocks, const filtering *f) {
    const attr_blocked_conv *c = u->conv;
    size_t plane = (size_t)c->from_h * c->from_w * lanes, stride = attr_values_stride(c, 1);
    for (int i = 0; i < u->count; ++i) {
        attr_unit_place place = attr_place_of(u, i);
        int y = place.i * f->tile->advance - c->tile_pad, x = place.j * f->tile->advance - c->tile_pad;
        for (int j = 0; j < blocks; ++j) {
            int channel_block = u->group * c->from_blocks + block + j;
            size_t offset = place.sample * u->from_sample + channel_block * plane;
            for (int lane = 0; lane < c->depth_lanes; lane += vector_lanes)
                read_tile(values + ((size_t)j * c->most_units + i) * lanes + lane, stride, from + offset + lane, gate,
                          SIGNS_AT(gate->positive, offset), lane,
                          gate->scale ? gate->scale + channel_block * lanes + lane : NULL, y, x, c->from_h, c->from_w,
                          f);
        }
    }
}

/* Row `row` of G times g, for a vector of a square of weights. */
ALWAYS_INLINE void weigh_taps(vector half[3], const float *const taps[9], const real row[3], int at) {
    for (int x = 0; x < 3; ++x) {
        half[x] = (vector){0};
        for (int y = 0; y < 3; ++y) half[x] += row[y] * read_floats(taps[y * 3 + x] + at);
    }
}

/* That times G^T: one row of points, from one channel to one vector of channels. */
ALWAYS_INLINE void weigh_row(real *out, size_t point_stride, const vector half[3], const filtering *f) {
    vector points_of_row[most_points];
    f->transform_weights(points_of_row, half);
    for (int x = 0; x < f->tile->weights; ++x) *(vector *)(out + x * point_stride) = points_of_row[x];
}

/* Of squares [from][to] or, `exchanged`, [to][from]; the channels from which are 0 .. depth_lanes-1. */
ALWAYS_INLINE void weigh_squares(real *out, size_t point_stride, const float *const taps[9], const real row[3],
                                 int depth_lanes, int exchanged, const filtering *f) {
    if (!exchanged) {
        for (int d = 0; d < depth_lanes; ++d)
            for (int lane = 0; lane < lanes; lane += vector_lanes) {
                vector half[3];
                weigh_taps(half, taps, row, d * lanes + lane);
                weigh_row(out + d * tile_columns + lane, point_stride, half, f);
            }
        return;
    }
    for (int d = 0; d < depth_lanes; d += vector_lanes)
        for (int lane = 0; lane < lanes; lane += vector_lanes) {
            vector halves[3][vector_lanes];
            for (int i = 0; i < vector_lanes; ++i) {
                vector half[3];
                weigh_taps(half, taps, row, (lane + i) * lanes + d);
                for (int x = 0; x < 3; ++x) halves[x][i] = half[x];
            }
            for (int x = 0; x < 3; ++x) transpose(halves[x]);
            for (int i = 0; i < vector_lanes && d + i < depth_lanes; ++i) {
                const vector half[3] = {halves[0][i], halves[1][i], halves[2][i]};
                weigh_row(out + (d + i) * tile_columns + lane, point_stride, half, f);
            }
        }
}

ALWAYS_INLINE void weigh(real *weights, const attr_unit_block *u, int column, int block, int blocks, int row,
                         const filtering *f) {
    const attr_blocked_conv *c = u->conv;
    const real *of_g = f->weight_rows[row < f->tile->weights ? row : f->tile->weights - 1];
    const real of_row[3] = {of_g[0], of_g[1], of_g[2]};
    size_t stride = attr_weights_stride(c, 1, tile_columns);
    for (int part = 0; part < tile_columns && column + part < c->to_blocks * lanes; part += lanes) {
        for (int j = 0; j < blocks; ++j) {
            const float *taps[9];
            real *out = weights + (size_t)j * c->depth_lanes * tile_columns + part;
            for (int tap = 0; tap < 9; ++tap)
                taps[tap] = attr_packed_square(c, u->group, block + j, (column + part) / lanes, tap);
            if (c->transposed)
                weigh_squares(out, stride, taps, of_row, c->depth_lanes, 1, f);
            else
                weigh_squares(out, stride, taps, of_row, c->depth_lanes, 0, f);
        }
    }
}

ALWAYS_INLINE void write_tile(float *to, attr_signs *positive, const real *sums, size_t point_stride,
                              const vector_finish *finish, int rows, int columns, int w, const filtering *f) {
    const int points = f->tile->points, size = f->tile->out;
    vector half[most_out][most_points];
    for (int x = 0; x < points; ++x) {
        vector in[most_points], out[most_out];
        for (int y = 0; y < points; ++y) in[y] = *(const vector *)(sums + (y * points + x) * point_stride);
        f->transform_sums(out, in);
        for (int y = 0; y < size; ++y) half[y][x] = out[y];
    }
    for (int y = 0; y < rows; ++y) {
        vector out[most_out];
        f->transform_sums(out, half[y]);
        for (int x = 0; x < columns; ++x) {
            size_t pixel = (size_t)y * w + x;
            store_sum(to + pixel * lanes, positive ? positive + pixel : NULL, out[x], finish);
        }
    }
}

ALWAYS_INLINE void write(float *to, const real *sums, const attr_unit_block *u, const attr_finish *finish, int column,
                         const filtering *f) {
    const attr_blocked_conv *c = u->conv;
    const int size = f->tile->out;
    size_t plane = (size_t)c->to_h * c->to_w * lanes, stride = (size_t)c->most_units * tile_columns;
    for (int part = 0; part < tile_columns && column + part < c->to_blocks * lanes; part += vector_lanes) {
        int channel = u->group * c->to_blocks * lanes + column + part;
        vector_finish finished = finish_of(finish, channel);
        for (int i = 0; i < u->count; ++i) {
            attr_unit_place place = attr_place_of(u, i);
            int y = place.i * size, x = place.j * size;
            int rows = c->to_h - y < size ? c->to_h - y : size, columns = c->to_w - x < size ? c->to_w - x : size;
            size_t at = place.sample * u->to_sample + channel / lanes * plane + channel % lanes +
                        ((size_t)y * c->to_w + x) * lanes;
            write_tile(to + at, SIGNS_AT(finish->positive, at), sums + (size_t)i * tile_columns + part, stride,
                       &finished, rows, columns, c->to_w, f);
        }
    }
}

#define STEPS(name, filtering)                                                                                         \
    static void read_##name(real *values, const float *from, const attr_unit_block *u, const attr_gate *gate,          \
                            int block, int blocks) {                                                                   \
        read(values, from, u, gate, block, blocks, &filterings[filtering]);                                            \
    }                                                                                                                  \
    static void weigh_##name(real *weights, const attr_unit_block *u, int column, int block, int blocks, int row) {    \
        weigh(weights, u, column, block, blocks, row, &filterings[filtering]);                                         \
    }                                                                                                                  \
    static void write_##name(float *to, const real *sums, const attr_unit_block *u, const attr_finish *finish,         \
                             int column) {                                                                             \
        write(to, sums, u, finish, column, &filterings[filtering]);                                                    \
    }
STEPS(4, ATTR_WINOGRAD_4)
STEPS(5, ATTR_WINOGRAD_5)
STEPS(6, ATTR_WINOGRAD_6)
STEPS(half, ATTR_WINOGRAD_STRIDE_2)
STEPS(half_back, ATTR_WINOGRAD_STRIDE_2_BACK)

const attr_steps S(attr_winograd_steps)[] = {
    [ATTR_WINOGRAD_4] = {read_4, weigh_4, write_4, NULL},
    [ATTR_WINOGRAD_5] = {read_5, weigh_5, write_5, NULL},
    [ATTR_WINOGRAD_6] = {read_6, weigh_6, write_6, NULL},
    [ATTR_WINOGRAD_STRIDE_2] = {read_half, weigh_half, write_half, NULL},
    [ATTR_WINOGRAD_STRIDE_2_BACK] = {read_half_back, weigh_half_back, write_half_back, NULL}};
