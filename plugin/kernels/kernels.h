/* Convolution and matrix product, the plain threaded C twin; float (_f32) and double (_f64).
 *
 * All sums run in a fixed order that depends neither on the number of threads nor on the batch, so results are the same
 * bits for any -threads and any batch. Both functions ADD to their output, which the caller has filled (zeros, biases).
 */
#ifndef ATTR_KERNELS_KERNELS_H
#define ATTR_KERNELS_KERNELS_H

#include <stddef.h>

#include "base/status.h"

/* The geometry of a convolution seen from its input (c, h, w) to its output (n, out_h, out_w); square kernels. */
typedef struct {
    int groups;
    int c, h, w;         /* input channels (all groups), height, width */
    int n, out_h, out_w; /* output channels (all groups), height, width */
    int size, stride, pad;
} attr_conv_shape;

/* Weights are Darknet's: [n][c / groups][size][size]. Both functions take them packed by attr_conv_pack. */

/* Elements that the packed weights of one direction need. */
size_t attr_conv_packed_size(const attr_conv_shape *s, int transposed);

#define ATTR_DECLARE_KERNELS(real, R)                                                                                  \
    /* Packs weights (plain layout above, of type real) for attr_conv (transposed 0) or attr_conv_transposed (1). */   \
    void R(attr_conv_pack)(real * packed, const real *weights, const attr_conv_shape *s, int transposed);              \
    /* out[b][n][oy][ox] += sum over c, ky, kx of W[n][c][ky][kx] in[b][c][oy stride + ky - pad][ox stride + kx - pad] \
     * (0 outside), for `count` samples. The forward of a convolution, the backward of a deconvolution. */             \
    void R(attr_conv)(real * out, const real *in, const real *packed, const attr_conv_shape *s, int count);            \
    /* Its transpose (adjoint): in[b][c][y][x] += sum of W[n][c][ky][kx] out[b][n][oy][ox] over all that read (y, x).  \
     * The backward of a convolution, the forward of a deconvolution. */                                                         \
    void R(attr_conv_transposed)(real * in, const real *out, const real *packed, const attr_conv_shape *s, int count); \
    /* out[b][m] += sum over k of a[m][k] x[b][k]; a is [m][k] row-major, x is [count][k], out [count][m]. */          \
    void R(attr_matrix_product)(real * out, const real *a, const real *x, int m, int k, int count);                    \
    /* dx[b][k] += sum over m of a[m][k] dy[b][m]. */                                                                  \
    void R(attr_matrix_product_transposed)(real * dx, const real *a, const real *dy, int m, int k, int count);

#define ATTR_KERNEL_F32(name) name##_f32
#define ATTR_KERNEL_F64(name) name##_f64
ATTR_DECLARE_KERNELS(float, ATTR_KERNEL_F32)
ATTR_DECLARE_KERNELS(double, ATTR_KERNEL_F64)

#endif
