/* [shortcut]: adds the output of the layer `from` (z, size l->c x l->h x l->w) to that of the layer before (x, our
 * size). When the sizes differ, only places that both have take part, as in Darknet: channels up to the smaller number;
 * of a larger z every (w / out_w)-th element is read, into a larger y every (out_w / w)-th is written.
 *
 *   forward   y = f(alpha x + beta z) at the places that take part, y = f(x) at the others
 *   backward  d = dy f'; dx += alpha d or d; dz += beta d
 *
 * (Darknet's backward uses alpha everywhere.) */
#include <string.h>

#include "base/dispatch.h"
#include "layers/activations.h"
#include "layers/kinds.h"
#include "layers/lanes.h"

enum {
    CHUNK = 256, /* pixels */
    PIECE = 2048 /* numbers */
};

/* The places that take part. Planes of equal size are taken as one long row. */
typedef struct {
    int rows, row;               /* of a channel of y: rows, elements of a row */
    int add_row;                 /* elements of a row of z */
    int w, h, c;                 /* how many columns, rows, channels take part */
    int out_step, add_step;      /* their distance in y and in z */
    size_t out_plane, add_plane; /* elements of a channel of y and of z */
} overlap;

static int smaller(int a, int b) {
    return a < b ? a : b;
}

static int ratio(int a, int b) {
    return a / b > 1 ? a / b : 1;
}

static overlap overlap_of(const layer *l) {
    overlap o = {.rows = l->out_h,
                 .row = l->out_w,
                 .add_row = l->w,
                 .w = smaller(l->w, l->out_w),
                 .h = smaller(l->h, l->out_h),
                 .c = smaller(l->c, l->out_c),
                 .out_step = ratio(l->out_w, l->w),
                 .add_step = ratio(l->w, l->out_w),
                 .out_plane = (size_t)l->out_w * l->out_h,
                 .add_plane = (size_t)l->w * l->h};
    if (l->w == l->out_w && l->h == l->out_h) {
        o.rows = o.h = 1;
        o.row = o.add_row = o.w = l->w * l->h;
    }
    return o;
}

/* Both inputs and the output have one shape. */
static int has_equal_shapes(const layer *l) {
    return l->w == l->out_w && l->h == l->out_h && l->c == l->out_c;
}

/* Channels of plane k that take part. */
static int lanes_that_take_part(const overlap *o, int k, int lanes) {
    int left = o->c - k * lanes;
    return left < 0 ? 0 : left < lanes ? left : lanes;
}

static inline ATTR_INLINE void forward_lanes(attr_op *op, int lanes) {
    const layer *l = op->l;
    const overlap o = overlap_of(l);
    const real alpha = l->alpha, beta = l->beta;
    int out_planes = attr_planes(l->out_c, lanes), add_planes = attr_planes(l->c, lanes);
    size_t size = o.out_plane * lanes;
#pragma omp parallel for
    for (int p = 0; p < op->count * out_planes; ++p) {
        int b = p / out_planes, k = p % out_planes, parts = lanes_that_take_part(&o, k, lanes);
        real *out = (real *)op->out + p * size;
        memcpy(out, (const real *)op->in[0] + p * size, size * sizeof *out);
        if (!parts) continue;
        const real *add = (const real *)op->in[1] + ((size_t)b * add_planes + k) * o.add_plane * lanes;
        for (int i = 0; i < o.h; ++i) {
            real *to = out + (size_t)i * o.out_step * o.row * lanes;
            const real *from = add + (size_t)i * o.add_step * o.add_row * lanes;
            for (int j = 0; j < o.w; ++j, to += o.out_step * lanes, from += o.add_step * lanes)
                for (int lane = 0; lane < lanes; ++lane)
                    to[lane] = lane < parts ? alpha * to[lane] + beta * from[lane] : to[lane];
        }
    }
    R(attr_activate)(op->out, op->count * op->out_stride, l->activation);
}

static void forward_equal(attr_op *op) {
    const real *x = op->in[0], *z = op->in[1], alpha = op->l->alpha, beta = op->l->beta;
    real *y = op->out;
    size_t n = op->count * op->out_stride;
#pragma omp parallel for
    for (size_t i = 0; i < n; i += PIECE) {
        size_t end = n - i < PIECE ? n : i + PIECE;
        for (size_t k = i; k < end; ++k) y[k] = alpha * x[k] + beta * z[k];
        R(attr_activate)(y + i, end - i, op->l->activation);
    }
}

static void forward(attr_op *op) {
    if (has_equal_shapes(op->l))
        forward_equal(op);
    else
        ATTR_FOR_LANES(forward_lanes, op);
}

static int in_place(const attr_op *op) {
    return has_equal_shapes(op->l) && op->l->alpha == 1 && op->l->beta == 1;
}

/* Adds n pixels of d, which belong to row i of a plane from column `first` on, to dx and dz. Changes d. */
static inline ATTR_INLINE void add_row(real *din, real *dadd, real *d, const layer *l, const overlap *o, int i,
                                       int first, int n, int parts, int lanes) {
    const int step = o->out_step, begin = (first + step - 1) / step;
    const real alpha = l->alpha, beta = l->beta;
    if (i % step == 0 && i / step < o->h) {
        real *to = dadd ? dadd + (size_t)(i / step) * o->add_step * o->add_row * lanes : NULL;
        for (int j = begin; j < o->w && j * step < first + n; ++j) {
            real *at = &d[(j * step - first) * lanes], *z = to ? to + (size_t)j * o->add_step * lanes : NULL;
            for (int lane = 0; z && lane < lanes; ++lane) z[lane] += lane < parts ? beta * at[lane] : 0;
            for (int lane = 0; lane < lanes; ++lane) at[lane] *= lane < parts ? alpha : 1;
        }
    }
    if (din) {
        din += ((size_t)i * o->row + first) * lanes;
        for (int m = 0; m < n * lanes; ++m) din[m] += d[m];
    }
}

static inline ATTR_INLINE void backward_lanes(attr_op *op, int lanes) {
    const layer *l = op->l;
    const overlap o = overlap_of(l);
    int out_planes = attr_planes(l->out_c, lanes), add_planes = attr_planes(l->c, lanes);
    size_t size = o.out_plane * lanes;
#pragma omp parallel for
    for (int p = 0; p < op->count * out_planes; ++p) {
        int b = p / out_planes, k = p % out_planes, parts = lanes_that_take_part(&o, k, lanes);
        const real *dout = (const real *)op->dout + p * size, *out = (const real *)op->out + p * size;
        real *din = op->din[0] ? (real *)op->din[0] + p * size : NULL;
        real *dadd =
            op->din[1] && parts ? (real *)op->din[1] + ((size_t)b * add_planes + k) * o.add_plane * lanes : NULL;
        overlap here = o;
        if (!parts) here.h = 0;
        for (int i = 0; i < o.rows; ++i) {
            for (int j = 0; j < o.row; j += CHUNK) {
                real d[CHUNK * attr_lanes]; /* dy itself is kept */
                int n = smaller(CHUNK, o.row - j);
                size_t first = ((size_t)i * o.row + j) * lanes;
                memcpy(d, dout + first, n * lanes * sizeof *d);
                R(attr_activation_gradient)(d, out + first, n * lanes, l->activation);
                add_row(din, dadd, d, l, &here, i, j, n, parts, lanes);
            }
        }
    }
}

static void give_all(real *to, const real *d, real factor, size_t n, int add) {
    for (size_t i = 0; i < n; ++i) attr_give(&to[i], factor * d[i], add);
}

/* Where gradients have one place, the derivative is multiplied in there. */
static void backward_in_place(attr_op *op) {
    R(attr_activation_gradient)(op->dout, op->out, op->count * op->out_stride, op->l->activation);
    if (op->din[1] == op->dout || !op->din[1]) return;
    const real *d = op->dout;
    real *dz = op->din[1];
    size_t n = op->count * op->out_stride;
#pragma omp parallel for
    for (size_t i = 0; i < n; i += PIECE) give_all(dz + i, d + i, 1, n - i < PIECE ? n - i : PIECE, !op->din_fresh[1]);
}

static void backward_equal(attr_op *op) {
    const real *dout = op->dout, *out = op->out;
    real *dx = op->din[0], *dz = op->din[1];
    size_t n = op->count * op->out_stride;
    if (dx == dout) {
        backward_in_place(op);
        return;
    }
#pragma omp parallel for
    for (size_t i = 0; i < n; i += PIECE) {
        real d[PIECE]; /* dy itself is kept */
        size_t some = n - i < PIECE ? n - i : PIECE;
        memcpy(d, dout + i, some * sizeof *d);
        R(attr_activation_gradient)(d, out + i, some, op->l->activation);
        if (dx) give_all(dx + i, d, op->l->alpha, some, !op->din_fresh[0]);
        if (dz) give_all(dz + i, d, op->l->beta, some, !op->din_fresh[1]);
    }
}

static void backward(attr_op *op) {
    if (has_equal_shapes(op->l)) {
        backward_equal(op);
        return;
    }
    for (int j = 0; j < 2; ++j)
        if (op->din[j] && op->din_fresh[j]) memset(op->din[j], 0, op->count * op->in_stride[j] * sizeof(real));
    ATTR_FOR_LANES(backward_lanes, op);
}

const attr_layer_kind R(attr_shortcut) = {.type = SHORTCUT,
                                          .name = "shortcut",
                                          .layout = attr_as_input,
                                          .reads_span = attr_reads_same,
                                          .in_place = in_place,
                                          .forward = forward,
                                          .backward_reads = attr_reads_activated,
                                          .stores = 1,
                                          .backward = backward};
