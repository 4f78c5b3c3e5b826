/* [shortcut]: adds the output of the layer `from` (z, size l->c x l->h x l->w) to that of the layer before (x, our
 * size). When the sizes differ, only places that both have take part, as in Darknet: channels up to the smaller number;
 * of a larger z every (w / out_w)-th element is read, into a larger y every (out_w / w)-th is written.
 *
 *   forward   y = f(alpha x + beta z) at the places that take part, y = f(x) at the others
 *   backward  d = dy f'; dx += alpha d or d; dz += beta d
 *
 * (Darknet's backward uses alpha everywhere.) */
#include <string.h>

#include "layers/activations.h"
#include "layers/kinds.h"

enum { CHUNK = 256 };

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

static void forward(attr_op *op) {
    const layer *l = op->l;
    const overlap o = overlap_of(l);
    const real alpha = l->alpha, beta = l->beta;
    int planes = op->count * l->out_c;
#pragma omp parallel for
    for (int p = 0; p < planes; ++p) {
        int b = p / l->out_c, k = p % l->out_c;
        real *out = (real *)op->out + p * o.out_plane;
        memcpy(out, (const real *)op->in[0] + p * o.out_plane, o.out_plane * sizeof *out);
        if (k >= o.c) continue;
        const real *add = (const real *)op->in[1] + ((size_t)b * l->c + k) * o.add_plane;
        for (int i = 0; i < o.h; ++i) {
            real *to = out + (size_t)i * o.out_step * o.row;
            const real *from = add + (size_t)i * o.add_step * o.add_row;
            for (int j = 0; j < o.w; ++j) {
                to[j * o.out_step] = alpha * to[j * o.out_step] + beta * from[j * o.add_step];
            }
        }
    }
    R(attr_activate)(op->out, op->count * op->outputs, l->activation);
}

/* Adds n elements of d, which belong to row i of a plane from column `first` on, to dx and dz. Changes d. */
static void add_row(real *din, real *dadd, real *d, const layer *l, const overlap *o, int i, int first, int n) {
    const int step = o->out_step, begin = (first + step - 1) / step;
    const real alpha = l->alpha, beta = l->beta;
    if (i % step == 0 && i / step < o->h) {
        real *to = dadd ? dadd + (size_t)(i / step) * o->add_step * o->add_row : NULL;
        for (int j = begin; j < o->w && j * step < first + n; ++j) {
            real *at = &d[j * step - first];
            if (to) to[j * o->add_step] += beta * *at;
            *at *= alpha;
        }
    }
    if (din) {
        din += (size_t)i * o->row + first;
        for (int m = 0; m < n; ++m) din[m] += d[m];
    }
}

static void backward(attr_op *op) {
    const layer *l = op->l;
    const overlap o = overlap_of(l);
    int planes = op->count * l->out_c;
#pragma omp parallel for
    for (int p = 0; p < planes; ++p) {
        int b = p / l->out_c, k = p % l->out_c;
        const real *dout = (const real *)op->dout + p * o.out_plane, *out = (const real *)op->out + p * o.out_plane;
        real *din = op->din[0] ? (real *)op->din[0] + p * o.out_plane : NULL;
        real *dadd = op->din[1] && k < o.c ? (real *)op->din[1] + ((size_t)b * l->c + k) * o.add_plane : NULL;
        overlap here = o;
        if (k >= o.c) here.h = 0;
        for (int i = 0; i < o.rows; ++i) {
            for (int j = 0; j < o.row; j += CHUNK) {
                real d[CHUNK]; /* dy itself is kept: methods read the gradient of a layer's output */
                int n = smaller(CHUNK, o.row - j);
                size_t first = (size_t)i * o.row + j;
                memcpy(d, dout + first, n * sizeof *d);
                R(attr_activation_gradient)(d, out + first, n, l->activation);
                add_row(din, dadd, d, l, &here, i, j, n);
            }
        }
    }
}

const attr_layer_kind R(attr_shortcut) = {
    .type = SHORTCUT, .name = "shortcut", .forward = forward, .backward = backward};
