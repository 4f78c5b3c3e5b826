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
#ifndef ATTR_KERNELS_FILTERING_H
#define ATTR_KERNELS_FILTERING_H

#include "kernels/simd/simd.h"

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

#endif
