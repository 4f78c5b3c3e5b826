/* How packed convolution weights are laid out, and the inner kernel that reads them; private to this room. */
#ifndef ATTR_KERNELS_PACKING_H
#define ATTR_KERNELS_PACKING_H

#include <stddef.h>

enum {
    attr_tile_rows = 6,     /* rows of weights that the inner kernel multiplies at a time */
    attr_tile_columns = 32, /* neighbouring results of each */
    attr_panel_rows = 128,  /* products that are summed before the sum is put away */
    attr_direct_rows = 2    /* up to so many rows a group, a product with a gathered panel does not pay */
};

/* Rows that the packed weights of a group hold for `rows` results a pixel. */
static inline size_t attr_padded_rows(int rows) {
    if (rows <= attr_direct_rows) return (size_t)rows;
    return ((size_t)rows + attr_tile_rows - 1) / attr_tile_rows * attr_tile_rows;
}

/* sums[row][column] += sum over k of weights[k][row] panel[k][column]; panel aligned to 64 bytes. */
void attr_multiply_tile_f32(double *sums, const float *weights, const float *panel, int depth);
void attr_multiply_tile_f64(double *sums, const double *weights, const double *panel, int depth);

#endif
