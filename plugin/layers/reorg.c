/* [reorg]: moves elements, changes none. Four forms:
 *
 *   plain            y[n] = x[m(n)], n the natural NCHW index, where m is Darknet's own permutation: it looks at the
 * data as if they were c / s^2 planes of (h s) x (w s), and element (k, i, j) of the natural order stands at plane k
 * mod (c / s^2), row i s + o / s, column j s + o mod s, with o = k / (c / s^2) reverse          y[m(n)] = x[n] flatten
 * y[m(n)] = x[n] with m from channel-major to channel-minor order (NCHW to NHWC); with reverse, back extra            y
 * = (x, 0, ..., 0), `extra` zeros
 *
 *   backward         dx[..] += dy[..] between the same places */
#include "layers/kinds.h"
#include "layers/real.h"

/* Row (k, i) of the natural order, elements j = 0 .. w - 1, stands at first + j * step in the other order. */
static size_t other_order(size_t *step, const layer *l, int k, int i) {
    size_t w = l->w, h = l->h, s = l->stride;
    if (l->flatten) {
        *step = l->c;
        return i * w * l->c + k;
    }
    size_t planes = l->c / (s * s), o = k / planes;
    *step = s;
    return ((k % planes) * h * s + i * s + o / s) * w * s + o % s;
}

static int natural_to_other(const layer *l) {
    return l->flatten ? !l->reverse : l->reverse;
}

static int pads_only(const layer *l) {
    return l->extra && !l->flatten;
}

static void forward(attr_op *op) {
    const layer *l = op->l;
    size_t inputs = op->in_size[0], w = l->w;
#pragma omp parallel for
    for (int b = 0; b < op->count; ++b) {
        const real *in = (const real *)op->in[0] + b * inputs;
        real *out = (real *)op->out + b * op->outputs;
        if (pads_only(l)) {
            for (size_t n = 0; n < op->outputs; ++n) out[n] = n < inputs ? in[n] : 0;
            continue;
        }
        for (int row = 0; row < l->c * l->h; ++row) {
            size_t step, first = other_order(&step, l, row / l->h, row % l->h), n = row * w;
            if (natural_to_other(l)) {
                for (size_t j = 0; j < w; ++j) out[first + j * step] = in[n + j];
            } else {
                for (size_t j = 0; j < w; ++j) out[n + j] = in[first + j * step];
            }
        }
    }
}

static void backward(attr_op *op) {
    const layer *l = op->l;
    size_t inputs = op->in_size[0], w = l->w;
    if (!op->din[0]) return;
#pragma omp parallel for
    for (int b = 0; b < op->count; ++b) {
        const real *dout = (const real *)op->dout + b * op->outputs;
        real *din = (real *)op->din[0] + b * inputs;
        if (pads_only(l)) {
            for (size_t n = 0; n < inputs; ++n) din[n] += dout[n];
            continue;
        }
        for (int row = 0; row < l->c * l->h; ++row) {
            size_t step, first = other_order(&step, l, row / l->h, row % l->h), n = row * w;
            if (natural_to_other(l)) {
                for (size_t j = 0; j < w; ++j) din[n + j] += dout[first + j * step];
            } else {
                for (size_t j = 0; j < w; ++j) din[first + j * step] += dout[n + j];
            }
        }
    }
}

const attr_layer_kind R(attr_reorg) = {
    .type = REORG, .name = "reorg", .forward = forward, .backward_reads = attr_reads_nothing, .backward = backward};
