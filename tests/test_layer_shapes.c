/* Layers with weights or windows in all sizes, strides and paddings. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "layer_harness.h"
#include "layers/batchnorm.h"

/* ---- Formulas where Darknet reads wrong memory; linear activation */

static double pixel(const double *in, const layer *l, int c, int y, int x) {
    return y < 0 || x < 0 || y >= l->h || x >= l->w ? 0 : in[(c * l->h + y) * l->w + x];
}

static void convolution(double *out, const double *in, const layer *l) {
    attr_parameters p = {l->weights, l->biases, l->scales, l->rolling_mean, l->rolling_variance};
    int c = l->c / l->groups, locations = l->out_h * l->out_w;
    for (int i = 0; i < l->outputs; i++) {
        int n = i / locations, oy = i % locations / l->out_w, ox = i % l->out_w, first = n / (l->n / l->groups) * c;
        const float *w = l->weights + n * c * l->size * l->size;
        out[i] = 0;
        for (int k = 0; k < c * l->size * l->size; k++) {
            int y = oy * l->stride + k / l->size % l->size - l->pad, x = ox * l->stride + k % l->size - l->pad;
            out[i] += w[k] * pixel(in, l, first + k / (l->size * l->size), y, x);
        }
        attr_affine affine = attr_channel_affine(&p, l->batch_normalize, n);
        out[i] = out[i] * affine.scale + affine.bias;
    }
}

static void local_convolution(double *out, const double *in, const layer *l) {
    int locations = l->out_h * l->out_w, window = l->c * l->size * l->size, pad = l->pad ? l->size / 2 : 0;
    for (int i = 0; i < l->outputs; i++) {
        int n = i / locations, location = i % locations, oy = location / l->out_w, ox = location % l->out_w;
        const float *w = l->weights + (location * l->n + n) * window;
        out[i] = l->biases[i];
        for (int k = 0; k < window; k++) {
            int y = oy * l->stride + k / l->size % l->size - pad, x = ox * l->stride + k % l->size - pad;
            out[i] += w[k] * pixel(in, l, k / (l->size * l->size), y, x);
        }
    }
}

/* ---- Shapes: multiples of 16 and others, pictures larger and smaller than the kernel */

static const int lengths[] = {16, 7, 21, 5, 32, 9}, counts[] = {3, 16, 1, 33, 5, 20};

static int one_of(const int values[6], int index) {
    return values[index % 6];
}

static int at_least(int value, int least) {
    return value < least ? least : value;
}

Test(layer_shapes, convolve_with_every_size_stride_and_padding) {
    static const int sizes[] = {1, 2, 3, 5, 7};
    char cfg[256];
    for (int i = 0; i < 5 * 3 * 4; i++) {
        int size = sizes[i / 12], stride = i / 4 % 3 + 1, padding = i % 4;
        snprintf(cfg, sizeof cfg,
                 "[net] height=%d width=%d channels=%d [convolutional] filters=%d size=%d stride=%d padding=%d "
                 "batch_normalize=%d activation=linear",
                 at_least(one_of(lengths, i), size - padding), at_least(one_of(lengths, i / 3 + 1), size - padding),
                 one_of(counts, i / 2), one_of(counts, i / 5 + 3), size, stride, padding, i % 2);
        check_layers(&(layer_row){cfg, size == 1 && (stride > 1 || padding > 0) ? convolution : NULL, 1});
    }
}

Test(layer_shapes, convolve_in_groups) {
    static const int groups[][3] = {/* groups, channels, filters */
                                    {2, 4, 6}, {3, 9, 3}, {3, 3, 9}, {16, 16, 16}, {7, 7, 14}, {2, 34, 40}, {4, 8, 64}};
    char cfg[256];
    for (int i = 0; i < 7 * 4; i++) {
        const int *g = groups[i / 4];
        int size = i % 4 < 2 ? 3 : i % 4 == 2 ? 1 : 5, stride = size > 1 ? i % 2 + 1 : 1;
        snprintf(cfg, sizeof cfg,
                 "[net] height=%d width=%d channels=%d [convolutional] groups=%d filters=%d size=%d stride=%d pad=1 "
                 "batch_normalize=%d activation=leaky",
                 one_of(lengths, i), one_of(lengths, i / 2 + 1), g[1], g[0], g[2], size, stride, i % 3 > 0);
        check_layers(&(layer_row){.cfg = cfg});
    }
    check_layers(&(layer_row){.cfg = "[net] height=5 width=6 channels=4 [convolutional] groups=2 filters=6 stride=2 "
                                     "padding=1 batch_normalize=1 activation=linear",
                              .formula = convolution});
}

Test(layer_shapes, deconvolve_with_every_size_stride_and_padding) {
    char cfg[256];
    for (int i = 0; i < 5 * 3 * 3; i++) {
        int size = i / 9 + 1, stride = i / 3 % 3 + 1, padding = i % 3;
        snprintf(cfg, sizeof cfg,
                 "[net] height=%d width=%d channels=%d [deconvolutional] filters=%d size=%d stride=%d padding=%d "
                 "batch_normalize=%d activation=linear",
                 one_of(lengths, i) / 2 + 2, one_of(lengths, i / 2 + 1) / 2 + 2, one_of(counts, i / 2),
                 one_of(counts, i / 4 + 3), size, stride, padding, i % 2);
        check_layers(&(layer_row){.cfg = cfg});
    }
}

Test(layer_shapes, take_the_maximum_with_every_size_stride_and_padding) {
    char cfg[256];
    for (int i = 0; i < 5 * 3 * 4; i++) {
        int size = i / 12 + 1, stride = i / 4 % 3 + 1, padding = i % 4;
        if ((padding + 1) / 2 >= size) continue; /* some windows would hold no pixel */
        snprintf(cfg, sizeof cfg, "[net] height=%d width=%d channels=%d [maxpool] size=%d stride=%d padding=%d",
                 one_of(lengths, i), one_of(lengths, i / 4 + 1), one_of(counts, i), size, stride, padding);
        check_layers(&(layer_row){.cfg = cfg});
    }
}

Test(layer_shapes, convolve_locally_with_every_size_stride_and_padding) {
    static const int sizes[] = {1, 2, 3, 4, 5};
    char cfg[256];
    for (int i = 0; i < 5 * 3 * 2; i++) {
        int size = sizes[i / 6], stride = i / 2 % 3 + 1, pad = i % 2;
        snprintf(cfg, sizeof cfg,
                 "[net] height=%d width=%d channels=%d [local] filters=%d size=%d stride=%d pad=%d activation=linear",
                 i % 4 + 5, i % 5 + 5, i % 3 * 3 + 1, one_of(counts, i / 2), size, stride, pad);
        check_layers(&(layer_row){cfg, pad && size != 3 ? local_convolution : NULL, 1});
    }
}
