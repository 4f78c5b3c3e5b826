/* Winograd's minimal filtering of 3x3 kernels, on one axis after the other: a tile Y of results is
 *
 *   Y = A^T [ (G g G^T) . (B^T d B) ] A
 *
 * of a tile d of values and weights g; the products (the dots) of all channels are summed between the transforms. The
 * matrices are those of Toom and Cook: A holds powers of points p_i, row i of B^T the coefficients of prod (x - p_j)
 * without its factor i, G what that product is at p_i.
 *
 * Stride 1: F(4, 3), four results of six values by six products, with the points 0, 1, -1, 2, -2 and infinity (the
 * matrices of Lavin and Gray). Likewise F(5, 3) with the points 0, 1, -1, 2, -2, 1/2, -1/2, and F(6, 3) with infinity,
 * too: fewer products a result (1.96 and 1.78 on both axes instead of 2.25), where sums in double precision can afford
 * the larger factors.
 *
 * Stride 2: a result is a sum over pairs of every second value, g0 d[2i] + g2 d[2i + 2], and a product g1 d[2i + 1].
 * The pairs are F(4, 2), five products with the points 0, 1, -1, 2 and infinity; the others are four products: nine
 * where the sum has twelve, and on both axes 5.06 a result instead of 9. In the transpose pairs give the odd results,
 * single products the even ones. */
#include "kernels/simd/steps.h"
#include "kernels/simd/transpose.h"

enum { most_in = 9, most_points = 9, most_out = 8 };

/* On one axis. Point i has the weights of row i of G; those beyond the last row have the last's. */
typedef struct {
    const attr_winograd_tile *tile;
    const real (*weight_rows)[3]; /* G */
    void (*transform_values)(vector *o, const vector *i);
    void (*transform_weights)(vector *o, const vector *i);
    void (*transform_sums)(vector *o, const vector *i);
} filtering;

/* ---- Stride 1 */

/* o = B^T i */
ALWAYS_INLINE void values_of_six(vector *o, const vector *i) {
    vector even = i[4] - 4 * i[2], odd = i[3] - 4 * i[1], even2 = i[4] - i[2], odd2 = 2 * (i[3] - i[1]);
    o[0] = 4 * i[0] - 5 * i[2] + i[4];
    o[1] = even + odd;
    o[2] = even - odd;
    o[3] = even2 + odd2;
    o[4] = even2 - odd2;
    o[5] = 4 * i[1] - 5 * i[3] + i[5];
}

static const real rows_of_six[6][3] = {{.25, 0, 0},
                                       {(real)(-1 / 6.), (real)(-1 / 6.), (real)(-1 / 6.)},
                                       {(real)(-1 / 6.), (real)(1 / 6.), (real)(-1 / 6.)},
                                       {(real)(1 / 24.), (real)(1 / 12.), (real)(1 / 6.)},
                                       {(real)(1 / 24.), (real)(-1 / 12.), (real)(1 / 6.)},
                                       {0, 0, 1}};

/* o = G i */
ALWAYS_INLINE void weights_of_six(vector *o, const vector *i) {
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
ALWAYS_INLINE void sums_of_six(vector *o, const vector *i) {
    vector sum = i[1] + i[2], difference = i[1] - i[2], sum2 = i[3] + i[4], difference2 = i[3] - i[4];
    o[0] = i[0] + sum + sum2;
    o[1] = difference + 2 * difference2;
    o[2] = sum + 4 * sum2;
    o[3] = difference + 8 * difference2 + i[5];
}

/* The first seven of F(6, 3), which are all of F(5, 3); i has seven numbers. */
ALWAYS_INLINE void values_of_seven(vector *o, const vector *i) {
    vector even = i[2] - (real)4.25 * i[4] + i[6], odd = i[1] - (real)4.25 * i[3] + i[5];
    vector even2 = (real).25 * i[2] - (real)1.25 * i[4] + i[6], odd2 = (real).5 * i[1] - (real)2.5 * i[3] + 2 * i[5];
    vector even_half = 4 * i[2] - 5 * i[4] + i[6], odd_half = 2 * i[1] - (real)2.5 * i[3] + (real).5 * i[5];
    o[0] = i[0] - i[6] + (real)5.25 * (i[4] - i[2]);
    o[1] = even + odd;
    o[2] = even - odd;
    o[3] = even2 + odd2;
    o[4] = even2 - odd2;
    o[5] = even_half + odd_half;
    o[6] = even_half - odd_half;
}

ALWAYS_INLINE void values_of_eight(vector *o, const vector *i) {
    values_of_seven(o, i);
    o[7] = i[7] - i[1] + (real)5.25 * (i[3] - i[5]);
}

static const real rows_of_eight[8][3] = {{1, 0, 0},
                                         {(real)(-2 / 9.), (real)(-2 / 9.), (real)(-2 / 9.)},
                                         {(real)(-2 / 9.), (real)(2 / 9.), (real)(-2 / 9.)},
                                         {(real)(1 / 90.), (real)(1 / 45.), (real)(2 / 45.)},
                                         {(real)(1 / 90.), (real)(-1 / 45.), (real)(2 / 45.)},
                                         {(real)(32 / 45.), (real)(16 / 45.), (real)(8 / 45.)},
                                         {(real)(32 / 45.), (real)(-16 / 45.), (real)(8 / 45.)},
                                         {0, 0, 1}};

ALWAYS_INLINE void weights_of_seven(vector *o, const vector *i) {
    const real two_ninths = (real)(2 / 9.), unit = (real)(1 / 90.);
    vector even = (i[0] + i[2]) * two_ninths, odd = i[1] * two_ninths;
    vector even2 = (i[0] + 4 * i[2]) * unit, odd2 = i[1] * (2 * unit);
    vector even_half = (4 * i[0] + i[2]) * (16 * unit), odd_half = i[1] * (32 * unit);
    o[0] = i[0];
    o[1] = -(even + odd);
    o[2] = odd - even;
    o[3] = even2 + odd2;
    o[4] = even2 - odd2;
    o[5] = even_half + odd_half;
    o[6] = even_half - odd_half;
}

ALWAYS_INLINE void weights_of_eight(vector *o, const vector *i) {
    weights_of_seven(o, i);
    o[7] = i[2];
}

ALWAYS_INLINE void sums_of_seven(vector *o, const vector *i) {
    vector sum = i[1] + i[2], difference = i[1] - i[2], sum2 = i[3] + i[4], difference2 = i[3] - i[4];
    vector sum_half = i[5] + i[6], difference_half = i[5] - i[6];
    o[0] = i[0] + sum + sum2 + sum_half;
    o[1] = difference + 2 * difference2 + (real).5 * difference_half;
    o[2] = sum + 4 * sum2 + (real).25 * sum_half;
    o[3] = difference + 8 * difference2 + (real).125 * difference_half;
    o[4] = sum + 16 * sum2 + (real).0625 * sum_half;
}

ALWAYS_INLINE void sums_of_eight(vector *o, const vector *i) {
    sums_of_seven(o, i);
    o[5] = i[1] - i[2] + 32 * (i[3] - i[4]) + (real).03125 * (i[5] - i[6]) + i[7];
}

/* ---- Stride 2: five points of pairs, four single products */

/* Values `step` apart. */
ALWAYS_INLINE void values_of_pairs(vector *o, const vector *i, int step) {
    vector difference = i[3 * step] - i[step];
    o[0] = 2 * (i[0] - i[2 * step]) + difference;
    o[1] = difference - i[step] - i[2 * step];
    o[2] = i[3 * step] - 3 * i[2 * step] + 2 * i[step];
    o[3] = difference;
    o[4] = i[4 * step] - i[2 * step] - 2 * difference;
}

ALWAYS_INLINE void values_there(vector *o, const vector *i) {
    values_of_pairs(o, i, 2);
    UNROLL for (int k = 0; k < 4; ++k) o[5 + k] = i[2 * k + 1];
}

ALWAYS_INLINE void values_back(vector *o, const vector *i) {
    values_of_pairs(o, i, 1);
    UNROLL for (int k = 0; k < 4; ++k) o[5 + k] = i[k];
}

static const real rows_of_pairs[6][3] = {
    {.5, 0, 0}, {-.5, 0, -.5}, {(real)(-1 / 6.), 0, (real)(1 / 6.)}, {(real)(1 / 6.), 0, (real)(1 / 3.)},
    {0, 0, 1},  {0, 1, 0}};

ALWAYS_INLINE void weights_of_pairs(vector *o, const vector *i) {
    const real sixth = (real)(1 / 6.);
    vector first = i[0] * sixth, last = i[2] * sixth;
    o[0] = i[0] * (real).5;
    o[1] = (i[0] + i[2]) * (real)-.5;
    o[2] = last - first;
    o[3] = first + 2 * last;
    o[4] = i[2];
    o[5] = i[1];
}

/* Results `step` apart. */
ALWAYS_INLINE void sums_of_pairs(vector *o, const vector *i, int step) {
    vector sum = i[1] + i[2], difference = i[1] - i[2];
    o[0] = i[0] + sum + i[3];
    o[step] = difference + 2 * i[3];
    o[2 * step] = sum + 4 * i[3];
    o[3 * step] = difference + 8 * i[3] + i[4];
}

ALWAYS_INLINE void sums_there(vector *o, const vector *i) {
    sums_of_pairs(o, i, 1);
    UNROLL for (int k = 0; k < 4; ++k) o[k] += i[5 + k];
}

ALWAYS_INLINE void sums_back(vector *o, const vector *i) {
    sums_of_pairs(o + 1, i, 2);
    UNROLL for (int k = 0; k < 4; ++k) o[2 * k] = i[5 + k];
}

static const filtering filterings[] = {
    [ATTR_WINOGRAD_4] = {&attr_winograd_tiles[ATTR_WINOGRAD_4], rows_of_six, values_of_six, weights_of_six,
                         sums_of_six},
    [ATTR_WINOGRAD_5] = {&attr_winograd_tiles[ATTR_WINOGRAD_5], rows_of_eight, values_of_seven, weights_of_seven,
                         sums_of_seven},
    [ATTR_WINOGRAD_6] = {&attr_winograd_tiles[ATTR_WINOGRAD_6], rows_of_eight, values_of_eight, weights_of_eight,
                         sums_of_eight},
    [ATTR_WINOGRAD_STRIDE_2] = {&attr_winograd_tiles[ATTR_WINOGRAD_STRIDE_2], rows_of_pairs, values_there,
                                weights_of_pairs, sums_there},
    [ATTR_WINOGRAD_STRIDE_2_BACK] = {&attr_winograd_tiles[ATTR_WINOGRAD_STRIDE_2_BACK], rows_of_pairs, values_back,
                                     weights_of_pairs, sums_back}};

/* ---- The steps, compiled for each filtering */

typedef struct {
    int sample, y, x; /* of the tile */
} tile_place;

ALWAYS_INLINE tile_place place_of(const attr_unit_block *u, int i) {
    int unit = u->first + i, in_sample = u->first_of_sample + unit % u->units_of_sample;
    return (tile_place){unit / u->units_of_sample, in_sample / u->tile_columns, in_sample % u->tile_columns};
}

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
        tile_place place = place_of(u, i);
        int y = place.y * f->tile->advance - c->tile_pad, x = place.x * f->tile->advance - c->tile_pad;
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
            tile_place place = place_of(u, i);
            int y = place.y * size, x = place.x * size;
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
