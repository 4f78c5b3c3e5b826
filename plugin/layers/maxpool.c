/* y[c][oy][ox] = maximum of x[c] over the size x size window that starts at (oy, ox) stride - pad / 2, clipped to the
 * picture; dx gets dy at the first maximum in reading order. A window without a pixel is -FLT_MAX and has no gradient.
 *
 * op->indexes [batch][outputs]: position of the maximum in its sample, -1 for none. */
#include "base/memory.h"
#include "layers/kinds.h"
#include "layers/real.h"

#include <float.h>

static attr_status prepare(attr_op *op) {
    return attr_allocate(&op->indexes, op->batch * op->outputs, sizeof(int), "maxpool indexes");
}

/* The part first .. last-1 of a window starting at `start` that lies on an axis of the given length. */
static inline int first_inside(int start) {
    return start < 0 ? 0 : start;
}
static inline int last_inside(int start, int size, int length) {
    return start + size < length ? start + size : length;
}

static void forward(attr_op *op) {
    const layer *l = op->l;
    int size = l->size, offset = -(l->pad / 2);
    size_t in_plane = (size_t)l->h * l->w, out_plane = (size_t)l->out_h * l->out_w;
#pragma omp parallel for collapse(2)
    for (int b = 0; b < op->count; b++) {
        for (int c = 0; c < l->c; c++) {
            const real *sample = (const real *)op->in[0] + b * op->in_size[0];
            real *out = (real *)op->out + b * op->outputs + c * out_plane;
            int *indexes = op->indexes + b * op->outputs + c * out_plane;
            for (int oy = 0; oy < l->out_h; oy++) {
                int top = oy * l->stride + offset;
                for (int ox = 0; ox < l->out_w; ox++) {
                    int left = ox * l->stride + offset, right = last_inside(left, size, l->w), best = -1;
                    real maximum = -FLT_MAX;
                    for (int y = first_inside(top); y < last_inside(top, size, l->h); y++) {
                        size_t row = c * in_plane + (size_t)y * l->w;
                        for (int x = first_inside(left); x < right; x++) {
                            if (sample[row + x] > maximum) {
                                maximum = sample[row + x];
                                best = (int)(row + x);
                            }
                        }
                    }
                    *out++ = maximum;
                    *indexes++ = best;
                }
            }
        }
    }
}

static void backward(attr_op *op) {
    const layer *l = op->l;
    size_t out_plane = (size_t)l->out_h * l->out_w;
    if (!op->din[0]) return;
#pragma omp parallel for collapse(2)
    for (int b = 0; b < op->count; b++) {
        for (int c = 0; c < l->c; c++) {
            real *dsample = (real *)op->din[0] + b * op->in_size[0];
            size_t first = b * op->outputs + c * out_plane;
            for (size_t i = first; i < first + out_plane; i++)
                if (op->indexes[i] >= 0) dsample[op->indexes[i]] += ((const real *)op->dout)[i];
        }
    }
}

const attr_layer_kind R(attr_maxpool) = {
    .type = MAXPOOL, .name = "maxpool", .prepare = prepare, .forward = forward, .backward = backward};
