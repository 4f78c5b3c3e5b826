/* [crop]: at inference the window of out_h x out_w in the middle, moved from [0, 1] to [-1, 1] unless `noadjust`.
 *
 *   forward   y[i][j] = 2 x[i + top][j + left] - 1     (noadjust: x itself)
 *   backward  dx[i + top][j + left] += 2 dy[i][j]      (noadjust: dy itself) */
#include "layers/kinds.h"
#include "layers/real.h"

/* Where row i of output plane p begins in the input. */
static size_t row_start(const layer *l, int p, int i) {
    int top = (l->h - l->out_h) / 2, left = (l->w - l->out_w) / 2;
    return ((size_t)p * l->h + i + top) * l->w + left;
}

static void forward(attr_op *op) {
    const layer *l = op->l;
    int planes = op->count * l->c;
    real scale = l->noadjust ? 1 : 2, shift = l->noadjust ? 0 : -1;
#pragma omp parallel for
    for (int p = 0; p < planes; ++p) {
        for (int i = 0; i < l->out_h; ++i) {
            const real *in = (const real *)op->in[0] + row_start(l, p, i);
            real *out = (real *)op->out + ((size_t)p * l->out_h + i) * l->out_w;
            for (int j = 0; j < l->out_w; ++j) out[j] = scale * in[j] + shift;
        }
    }
}

static void backward(attr_op *op) {
    const layer *l = op->l;
    int planes = op->count * l->c;
    real scale = l->noadjust ? 1 : 2;
    if (!op->din[0]) return;
#pragma omp parallel for
    for (int p = 0; p < planes; ++p) {
        for (int i = 0; i < l->out_h; ++i) {
            real *din = (real *)op->din[0] + row_start(l, p, i);
            const real *dout = (const real *)op->dout + ((size_t)p * l->out_h + i) * l->out_w;
            for (int j = 0; j < l->out_w; ++j) din[j] += scale * dout[j];
        }
    }
}

const attr_layer_kind R(attr_crop) = {
    .type = CROP, .name = "crop", .forward = forward, .backward_reads = attr_reads_nothing, .backward = backward};
