/* [normalization]: local response normalization across channels, exactly as Darknet computes it.
 *
 *   n_k = kappa + alpha sum_j A[k][j] x_j^2        y_k = x_k n_k^-beta
 *
 * Darknet slides a sum over the channels. With `behind` = size / 2 and `ahead` = (size - 1) / 2 + 1, it begins at
 * channel 0 with the sum of the first `behind` channels, and at each channel k > 0 adds channel k + behind and takes
 * away channel k - ahead. So channel `behind` is never added, but taken away like the others, and A is
 *
 *   A[k][j] =  1   for max(j - behind, 0) <= k < j + ahead,   j != behind     (an ordinary window)
 *   A[k][j] = -1   for k >= j + ahead,                        j == behind     (the mistake; trained nets live with it)
 *
 *   backward  dx_j += dy_j n_j^-beta - 2 alpha beta x_j sum_k A[k][j] dy_k y_k / n_k
 *
 * memory[0] keeps n, [batch][outputs]. */
#include <math.h>

#include "layers/kinds.h"
#include "layers/real.h"

enum { CHUNK = 64 };

static attr_status prepare(attr_op *op) {
    return attr_op_allocate_each(op, 0, op->outputs, sizeof(real), "norms of a [normalization] layer");
}

static void add_squares(double *sum, const real *x, int n, double sign) {
    for (int i = 0; i < n; ++i) sum[i] += sign * ((double)x[i] * x[i]);
}

/* `n` neighbouring locations (at most CHUNK) of one sample; x, y and norms point to the first of them in channel 0. */
static void forward_chunk(real *y, real *norms, const real *x, const layer *l, int n) {
    const size_t plane = (size_t)l->w * l->h;
    const int behind = l->size / 2, ahead = (l->size - 1) / 2 + 1;
    double sum[CHUNK] = {0};
    for (int k = 0; k < behind && k < l->c; ++k) add_squares(sum, x + k * plane, n, 1);
    for (int k = 0; k < l->c; ++k) {
        if (k > 0 && k - ahead >= 0) add_squares(sum, x + (k - ahead) * plane, n, -1);
        if (k > 0 && k + behind < l->c) add_squares(sum, x + (k + behind) * plane, n, 1);
        for (int i = 0; i < n; ++i) {
            double norm = l->kappa + l->alpha * sum[i];
            norms[k * plane + i] = (real)norm;
            y[k * plane + i] = (real)(x[k * plane + i] * pow(norm, -l->beta));
        }
    }
}

static void forward(attr_op *op) {
    const layer *l = op->l;
    const int plane = l->w * l->h;
#pragma omp parallel for collapse(2)
    for (int b = 0; b < op->count; ++b) {
        for (int first = 0; first < plane; first += CHUNK) {
            size_t at = b * op->outputs + first;
            int n = plane - first < CHUNK ? plane - first : CHUNK;
            forward_chunk((real *)op->out + at, (real *)op->memory[0] + at, (const real *)op->in[0] + at, l, n);
        }
    }
}

static void backward(attr_op *op) {
    const layer *l = op->l;
    const int plane = l->w * l->h, behind = l->size / 2, ahead = (l->size - 1) / 2 + 1;
    const double factor = 2.0 * l->alpha * l->beta;
    if (!op->din[0]) return;
#pragma omp parallel for collapse(2)
    for (int b = 0; b < op->count; ++b) {
        for (int j = 0; j < l->c; ++j) {
            const size_t sample = b * op->outputs;
            const real *x = (const real *)op->in[0] + sample, *y = (const real *)op->out + sample;
            const real *norms = (const real *)op->memory[0] + sample, *dy = (const real *)op->dout + sample;
            real *dx = (real *)op->din[0] + sample;
            int begin = j > behind ? j - behind : 0, end = j + ahead;
            double sign = 1;
            if (j == behind) begin = end, end = l->c, sign = -1;
            if (end > l->c) end = l->c;
            for (int i = 0; i < plane; ++i) {
                double sum = 0;
                for (int k = begin; k < end; ++k) {
                    size_t at = (size_t)k * plane + i;
                    sum += (double)dy[at] * y[at] / norms[at];
                }
                size_t at = (size_t)j * plane + i;
                dx[at] += (real)(dy[at] * pow(norms[at], -l->beta) - sign * factor * x[at] * sum);
            }
        }
    }
}

const attr_layer_kind R(attr_normalization) = {
    .type = NORMALIZATION, .name = "normalization", .prepare = prepare, .forward = forward, .backward = backward};
