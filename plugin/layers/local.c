/* A convolution with weights of its own for each location p = (oy, ox):
 * z[n][p] = bias[n][p] + sum over c, ky, kx of W[p][n][c][ky][kx] x[c][oy stride + ky - pad][ox stride + kx - pad]
 * y = f(z);  dz = dy f'(z);  dx[c][y][x] = sum of W[p][n][c][ky][kx] dz[n][p] over all n, p that read (c, y, x).
 *
 * The padding is size / 2 when the cfg says pad=1. (Darknet pads by 1 whatever the size, which its own output size
 * contradicts unless size is 3, and its workspace is a quarter of what it writes.)
 *
 * One location at a time is a matrix product; samples pass through two small buffers:
 *   op->memory[0]  [batch][c size size]   the window of the location, or its gradient
 *   op->memory[1]  [batch][n]             gradients of its outputs
 *   op->memory[2]  [n][c size size]       its weights, in double precision only
 *   op->memory[3]  [batch][n]             its outputs, in double precision */
#include "kernels/kernels.h"
#include "layers/activations.h"
#include "layers/kinds.h"
#include "layers/real.h"

#include <string.h>

static int window_of(const layer *l) {
    return l->c * l->size * l->size;
}

static attr_status prepare(attr_op *op) {
    size_t window = window_of(op->l), n = op->l->n;
    ATTR_TRY(attr_op_allocate_each(op, 0, window, sizeof(real), "windows"));
    ATTR_TRY(attr_op_allocate_each(op, 1, n, sizeof(real), "outputs of a location"));
    ATTR_TRY(attr_op_allocate_each(op, 3, n, sizeof(double), "outputs of a location"));
    if (sizeof(real) == sizeof(float)) return ATTR_OK;
    return attr_op_allocate(op, &op->memory[2], n * window, sizeof(real), "weights of a location");
}

static const real *weights_of(attr_op *op, int location) {
    size_t count = (size_t)op->l->n * window_of(op->l);
    const float *weights = op->parameters.weights + location * count;
    real *copy = op->memory[2];
    if (!copy) return (const void *)weights;
    for (size_t i = 0; i < count; i++) copy[i] = weights[i];
    return copy;
}

/* Between a channel of a picture and its part of a window, [size][size]. Outside the picture the window is 0. */
typedef struct {
    int top, left, size, h, w;
} window_place;

static window_place place_of(const layer *l, int location) {
    int pad = l->pad ? l->size / 2 : 0;
    return (window_place){.top = location / l->out_w * l->stride - pad,
                          .left = location % l->out_w * l->stride - pad,
                          .size = l->size,
                          .h = l->h,
                          .w = l->w};
}

static inline int inside(const window_place *p, int ky, int kx) {
    int y = p->top + ky, x = p->left + kx;
    return y >= 0 && y < p->h && x >= 0 && x < p->w;
}

static inline size_t pixel_of(const window_place *p, int ky, int kx) {
    return (size_t)(p->top + ky) * p->w + p->left + kx;
}

static void read_windows(attr_op *op, int location) {
    const layer *l = op->l;
    window_place place = place_of(l, location);
    size_t plane = (size_t)l->h * l->w;
#pragma omp parallel for
    for (int item = 0; item < op->count * l->c; item++) {
        const real *channel = (const real *)op->in[0] + item * plane;
        real *window = (real *)op->memory[0] + (size_t)item * l->size * l->size;
        for (int ky = 0; ky < l->size; ky++)
            for (int kx = 0; kx < l->size; kx++)
                *window++ = inside(&place, ky, kx) ? channel[pixel_of(&place, ky, kx)] : 0;
    }
}

static void add_window_gradients(attr_op *op, int location) {
    const layer *l = op->l;
    window_place place = place_of(l, location);
    size_t plane = (size_t)l->h * l->w;
#pragma omp parallel for
    for (int item = 0; item < op->count * l->c; item++) {
        real *dchannel = (real *)op->din[0] + item * plane;
        const real *dwindow = (const real *)op->memory[0] + (size_t)item * l->size * l->size;
        for (int ky = 0; ky < l->size; ky++)
            for (int kx = 0; kx < l->size; kx++, dwindow++)
                if (inside(&place, ky, kx)) dchannel[pixel_of(&place, ky, kx)] += *dwindow;
    }
}

static void forward(attr_op *op) {
    const layer *l = op->l;
    int n = l->n, locations = l->out_h * l->out_w;
    real *out = op->out;
    double *z = op->memory[3];
    for (int location = 0; location < locations; location++) {
        read_windows(op, location);
        R(attr_matrix_product)(z, weights_of(op, location), op->memory[0], n, window_of(l), op->count);
        for (int b = 0; b < op->count; b++)
            for (int f = 0; f < n; f++) {
                size_t place = f * locations + location;
                out[b * op->outputs + place] = z[b * n + f] + op->parameters.biases[place];
            }
    }
    R(attr_activate)(out, op->count * op->outputs, l->activation);
}

static void backward(attr_op *op) {
    const layer *l = op->l;
    int n = l->n, window = window_of(l), locations = l->out_h * l->out_w;
    real *dout = op->dout, *dz = op->memory[1];
    if (!op->din[0]) return;
    R(attr_activation_gradient)(dout, op->out, op->count * op->outputs, l->activation);
    for (int location = 0; location < locations; location++) {
        for (int b = 0; b < op->count; b++)
            for (int f = 0; f < n; f++) dz[b * n + f] = dout[b * op->outputs + f * locations + location];
        memset(op->memory[0], 0, (size_t)op->count * window * sizeof(real));
        R(attr_matrix_product_transposed)(op->memory[0], weights_of(op, location), dz, n, window, op->count);
        add_window_gradients(op, location);
    }
}

const attr_layer_kind R(attr_local) = {.type = LOCAL,
                                       .name = "local",
                                       .prepare = prepare,
                                       .forward = forward,
                                       .backward_reads = attr_reads_activated,
                                       .backward = backward};
