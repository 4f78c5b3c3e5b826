/* How packed convolution weights are laid out; private to this room. */
#ifndef ATTR_KERNELS_PACKING_H
#define ATTR_KERNELS_PACKING_H

#include <stddef.h>

enum {
    attr_tile_rows = 6,  /* rows of weights that the inner kernel multiplies at a time */
    attr_direct_rows = 2 /* up to so many rows a group, a product with a gathered panel does not pay */
};

/* Rows that the packed weights of a group hold for `rows` results a pixel. */
static inline size_t attr_padded_rows(int rows) {
    if (rows <= attr_direct_rows) return (size_t)rows;
    return ((size_t)rows + attr_tile_rows - 1) / attr_tile_rows * attr_tile_rows;
}

#endif
