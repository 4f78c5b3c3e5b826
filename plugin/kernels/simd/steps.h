/* The steps of the implementations, and the product between them. Panels, in elements of `real`:
 *   values  [point][block of 16 channels][tap][most_units][16]       point stride attr_values_stride
 *   weights [weights of a row][block][tap][depth_lanes][tile_columns]  point stride attr_weights_stride
 *   sums    [columns / tile_columns][point][most_units][tile_columns] */
#ifndef ATTR_KERNELS_STEPS_H
#define ATTR_KERNELS_STEPS_H

#include "kernels/simd/simd.h"

typedef struct {
    /* Blocks block .. block+blocks-1 of the channels read. */
    void (*read)(real *values, const float *from, const attr_unit_block *u, const attr_gate *gate, int block,
                 int blocks);
    /* Weights of result channels column .. column+tile_columns-1 for these blocks and the points of a row: they are in
     * a panel a row at a time. */
    void (*weigh)(real *weights, const attr_unit_block *u, int column, int block, int blocks, int row);
    void (*write)(float *to, const real *sums, const attr_unit_block *u, const attr_finish *finish, int column);
    /* May be NULL: multiplies all channels and writes, without a panel of sums. */
    void (*multiply_and_write)(float *to, const real *values, const real *weights, const attr_unit_block *u,
                               const attr_finish *finish, int column);
} attr_steps;

extern const attr_steps S(attr_winograd_steps)[], S(attr_gather_steps); /* the first by attr_winograd */

/* Where a unit is: in the class, the pixels of which may be in one long row. */
typedef struct {
    int sample, i, j;
} attr_unit_place;
static inline attr_unit_place attr_place_of(const attr_unit_block *u, int unit) {
    int in_sample = (u->first + unit) % u->units_of_sample, row = u->conv->row;
    attr_unit_place place = {(u->first + unit) / u->units_of_sample, u->first_row + in_sample / u->columns,
                             u->first_column + in_sample % u->columns};
    return row ? (attr_unit_place){place.sample, 0, place.i * row + place.j} : place;
}

/* sums[row][column] (+)= sum over d < depth blocks, lane < depth_lanes of values[d][row][lane] weights[d][lane][column]
 * for `rows` <= tile_rows rows; `fresh` stores, else adds. values_block: elements from a block of values to the next;
 * vectors: how many of tile_vectors vectors of columns are wanted. */
void S(attr_multiply)(real *sums, const real *values, const real *weights, int depth_blocks, int depth_lanes,
                      size_t values_block, int rows, int vectors, int fresh);

/* How many of the vectors of columns column .. column+tile_columns-1 there are. */
static inline int attr_vectors_of(const attr_blocked_conv *c, int column) {
    int wanted = (c->to_blocks * lanes - column + vector_lanes - 1) / vector_lanes;
    return wanted < tile_vectors ? wanted : tile_vectors;
}

/* Where one vector of the columns goes: that of the first row, the next `step` pixels further. */
typedef struct {
    float *first;
    attr_signs *positive; /* may be NULL */
    size_t step;
    vector_finish finish;
} attr_stored;

/* The same product of all the depth, stored as results: to[vectors]. */
void S(attr_multiply_and_store)(const attr_stored *to, const real *values, const real *weights, int depth_blocks,
                                int depth_lanes, size_t values_block, int rows, int vectors);

/* From and to a plain tensor of at most attr_thin channels. */
void S(attr_thin_from_run)(float *to, const float *from, const attr_blocked_conv *c, const attr_gate *gate,
                           const attr_finish *finish, int count, void *scratch, size_t scratch_each, int threads);
void S(attr_thin_to_run)(float *to, const float *from, const attr_blocked_conv *c, const attr_gate *gate,
                         const attr_finish *finish, int count, void *scratch, size_t scratch_each, int threads);

/* See attr_simd. */
void S(attr_pack)(float *to, const float *weights, size_t filter, int filters, int channels, int area);
/* Sixteen columns from `column` on of sixteen filters, all whole blocks of channels; area is 1 or 9. */
void S(attr_pack_sixteen)(float *to, const float *weights, size_t filter, int column, int area);

/* Groups of one channel. */
void S(attr_depthwise_run)(float *to, const float *from, const attr_blocked_conv *c, const attr_gate *gate,
                           const attr_finish *finish, int count, void *scratch, size_t scratch_each, int threads);

#endif
