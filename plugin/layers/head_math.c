#include "layers/head_math.h"

#include <math.h>
#include <string.h>

void R(attr_sigmoid)(real *out, const real *in, size_t n) {
    for (size_t i = 0; i < n; ++i) out[i] = (real)(1 / (1 + exp(-(double)in[i])));
}

void R(attr_sigmoid_backward)(real *din, const real *dout, const real *in, size_t n) {
    for (size_t i = 0; i < n; ++i) {
        if (dout[i] == 0) continue;
        double e = exp(-fabs((double)in[i])); /* y (1 - y) is even in x; this form neither overflows nor cancels */
        din[i] += (real)(dout[i] * e / ((1 + e) * (1 + e)));
    }
}

static int largest_of(const real *in, int n, size_t stride) {
    int largest = 0;
    for (int i = 1; i < n; ++i) {
        if (in[i * stride] > in[largest * stride]) largest = i;
    }
    return largest;
}

void R(attr_softmax_group)(real *out, const real *in, int n, size_t stride, double temperature) {
    double top = in[largest_of(in, n, stride) * stride], sum = 0;
    for (int i = 0; i < n; ++i) {
        double e = exp((in[i * stride] - top) / temperature);
        sum += e;
        out[i * stride] = (real)e;
    }
    for (int i = 0; i < n; ++i) out[i * stride] = (real)(out[i * stride] / sum);
}

void R(attr_softmax_group_backward)(real *din, const real *dout, const real *in, int n, size_t stride,
                                    double temperature) {
    int used = 0;
    for (int i = 0; i < n && !used; ++i) used = dout[i * stride] != 0;
    if (!used) return;

    /* The rows of the Jacobian sum to 0, so a constant can be taken from dout: taking the one of the largest input
     * keeps the small difference 1 - p of a sure class from cancelling. */
    int largest = largest_of(in, n, stride);
    double top = in[largest * stride], shift = dout[largest * stride], sum = 0, mean = 0;
    for (int i = 0; i < n; ++i) {
        double e = exp((in[i * stride] - top) / temperature);
        sum += e;
        mean += e * (dout[i * stride] - shift);
    }
    mean /= sum;
    for (int i = 0; i < n; ++i) {
        double p = exp((in[i * stride] - top) / temperature) / sum;
        din[i * stride] += (real)(p * (dout[i * stride] - shift - mean) / temperature);
    }
}

void R(attr_softmax_tree)(real *out, const real *in, const tree *t, size_t stride, double temperature) {
    for (int g = 0; g < t->groups; ++g) {
        size_t first = t->group_offset[g] * stride;
        R(attr_softmax_group)(out + first, in + first, t->group_size[g], stride, temperature);
    }
}

void R(attr_softmax_tree_backward)(real *din, const real *dout, const real *in, const tree *t, size_t stride,
                                   double temperature) {
    for (int g = 0; g < t->groups; ++g) {
        size_t first = t->group_offset[g] * stride;
        R(attr_softmax_group_backward)(din + first, dout + first, in + first, t->group_size[g], stride, temperature);
    }
}

void R(attr_copy)(real *out, const real *in, size_t n) {
    memcpy(out, in, n * sizeof *out);
}

void R(attr_add)(real *din, const real *dout, size_t n) {
    for (size_t i = 0; i < n; ++i) din[i] += dout[i];
}
