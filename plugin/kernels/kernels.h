/* Convolution and matrix product, the plain threaded C twin; float (_f32) and double (_f64).
 *
 * Forward functions multiply and sum in double precision whatever the type of the tensors, and round once, when they
 * store: there rounding decides which side of a ReLU and which element of a maximum wins, and one decision that falls
 * the other way changes a map by 1e-3 and more. Backward nothing is decided, and products are made in the tensors'
 * type.
 *
 * All sums run in a fixed order that depends neither on the number of threads nor on the batch, so results are the same
 * bits for any -threads and any batch. */
#ifndef ATTR_KERNELS_KERNELS_H
#define ATTR_KERNELS_KERNELS_H

#include <stddef.h>

#include "base/status.h"

/* The numbers first .. end-1; none unless end is larger. */
typedef struct {
    int first, end;
} attr_span;

/* The pixels of a picture that are in one of the rows and in one of the columns. */
typedef struct {
    attr_span rows, columns;
} attr_area;

static inline int attr_has_pixels(attr_area a) {
    return a.rows.end > a.rows.first && a.columns.end > a.columns.first;
}

static inline attr_span attr_joined_span(attr_span a, attr_span b) {
    return (attr_span){a.first < b.first ? a.first : b.first, a.end > b.end ? a.end : b.end};
}

/* The smallest area that has both; either may have no pixel. */
static inline void attr_join_areas(attr_area *area, attr_area other) {
    if (!attr_has_pixels(*area)) *area = other;
    if (!attr_has_pixels(other)) return;
    *area = (attr_area){attr_joined_span(area->rows, other.rows), attr_joined_span(area->columns, other.columns)};
}

/* The geometry of a convolution seen from its input (c, h, w) to its output (n, out_h, out_w); square kernels. With
 * weights W[n][c / groups][size][size] (Darknet's order) it is out[n][oy][ox] = sum over c, ky, kx of W[n][c][ky][kx]
 * in[c][oy stride + ky - pad][ox stride + kx - pad] (0 outside); its transpose goes from out to in: in[c][y][x] = sum
 * of W[n][c][ky][kx] out[n][oy][ox] over all n, oy, ox, ky, kx that read (c, y, x). The transpose is the backward of a
 * convolution and the forward of a deconvolution. */
typedef struct {
    int groups;
    int c, h, w;         /* input channels (all groups), height, width */
    int n, out_h, out_w; /* output channels (all groups), height, width */
    int size, stride, pad;
} attr_conv_shape;

/* Elements that the packed weights of one direction need. */
size_t attr_conv_packed_size(const attr_conv_shape *s, int transposed);

/* clang-format off */
#define ATTR_DECLARE_KERNELS(real, R)                                                                                  \
    /* Packs weights for one direction. factor (may be NULL) multiplies the weights of each channel that is summed over:  \
     * of each c, or of each n when transposed. */                                                                      \
    void R(attr_conv_pack)(real *packed, const float *weights, const double *factor, const attr_conv_shape *s,          \
                           int transposed);                                                                             \
    /* result = scale[channel] x sum + bias[channel], summed in double precision, for `count` samples. scale may be     \
     * NULL for 1. */                                                                                                   \
    void R(attr_conv_forward)(real *result, const real *from, const real *packed, const double *scale,                  \
                              const double *bias, const attr_conv_shape *s, int transposed, int count);                 \
    /* result += sum. */                                                                                                \
    void R(attr_conv_add)(real *result, const real *from, const real *packed, const attr_conv_shape *s,                 \
                          int transposed, int count);                                                                   \
    /* out[b][m] = sum over k of a[m][k] x[b][k]; a is [m][k] row-major, x is [count][k], out [count][m]. */            \
    void R(attr_matrix_product)(double *out, const real *a, const real *x, int m, int k, int count);                    \
    /* dx[b][k] += sum over m of a[m][k] dy[b][m]. */                                                                   \
    void R(attr_matrix_product_transposed)(real *dx, const real *a, const real *dy, int m, int k, int count);

#define ATTR_KERNEL_F32(name) name##_f32
#define ATTR_KERNEL_F64(name) name##_f64
ATTR_DECLARE_KERNELS(float, ATTR_KERNEL_F32)
ATTR_DECLARE_KERNELS(double, ATTR_KERNEL_F64)
/* clang-format on */

#endif
