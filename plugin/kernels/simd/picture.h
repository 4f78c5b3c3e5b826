/* How convolutions towards a picture store, on matrix units and without. */
#ifndef ATTR_KERNELS_PICTURE_H
#define ATTR_KERNELS_PICTURE_H

#include "kernels/simd/simd.h"

ALWAYS_INLINE void store_pixels(float *to, const real *sum, const attr_finish *f, int channel, int n, int step,
                                int add) {
    double scale = f->scale ? f->scale[channel] : 1, bias = f->bias ? f->bias[channel] : 0, slope = f->slope;
    for (int i = 0; i < n; ++i) {
        double value = scale * sum[i] + bias;
        value = value < 0 ? value * slope : value;
        to[i * step] = (float)(add ? value + to[i * step] : value);
    }
}

/* n neighbours of a row and a class, `step` pixels apart. */
static inline void store_row(float *to, const real *sum, const attr_finish *f, int channel, int n, int step) {
    if (step > 1)
        store_pixels(to, sum, f, channel, n, step, f->add);
    else if (f->add)
        store_pixels(to, sum, f, channel, n, 1, 1);
    else
        store_pixels(to, sum, f, channel, n, 1, 0);
}

#endif
