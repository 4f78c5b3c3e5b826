#include "layers/head_math.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/dispatch.h"

/* ---- Logistic function */

static inline ATTR_INLINE uint64_t bits_of(double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline ATTR_INLINE double double_of(uint64_t bits) {
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* exp(x) without branches, or ?: on doubles, which compilers may make branches of, so that loops over it are
 * vectorised: 2^k times the Taylor series for what is left, which is ln 2 / 2 at most; 4e-18 is missing after the 13th
 * power. Beyond 708 it stays where it is. */
static inline ATTR_INLINE double exponential(double x) {
    const uint64_t sign = (uint64_t)1 << 63, magnitude = bits_of(x) & ~sign, most = 0x4086200000000000; /* of 708 */
    const uint64_t nan = -(uint64_t)(magnitude > 0x7FF0000000000000);
    const double limited = double_of((magnitude < most ? magnitude : most) | (bits_of(x) & sign));
    const double integers = 0x1.8p52; /* a double of this size has no fraction, and an integer in its last bits */
    const double shifted = limited * 0x1.71547652b82fep0 + integers, k = shifted - integers;
    const double r = limited - k * 0x1.62e42feep-1 - k * 0x1.a39ef35793c76p-33;
    const double power = double_of((bits_of(shifted) + 1023) << 52 | nan);
    double sum = 1.0 / 6227020800;
    sum = sum * r + 1.0 / 479001600;
    sum = sum * r + 1.0 / 39916800;
    sum = sum * r + 1.0 / 3628800;
    sum = sum * r + 1.0 / 362880;
    sum = sum * r + 1.0 / 40320;
    sum = sum * r + 1.0 / 5040;
    sum = sum * r + 1.0 / 720;
    sum = sum * r + 1.0 / 120;
    sum = sum * r + 1.0 / 24;
    sum = sum * r + 1.0 / 6;
    sum = sum * r + .5;
    sum = sum * r + 1;
    return (sum * r + 1) * power;
}

static inline ATTR_INLINE void sigmoid_body(real *out, const real *in, size_t n) {
    for (size_t i = 0; i < n; ++i) out[i] = (real)(1 / (1 + exponential(-(double)in[i])));
}
ATTR_DISPATCH(sigmoid, sigmoid_body, (real * out, const real *in, size_t n), (out, in, n))

void R(attr_sigmoid)(real *out, const real *in, size_t n) {
    sigmoid(out, in, n);
}

/* Whether any of n numbers is other than 0. */
static int is_used(const real *dout, size_t n) {
    int used = 0;
    for (size_t i = 0; i < n; ++i) used |= dout[i] != 0;
    return used;
}

void R(attr_sigmoid_backward)(real *din, const real *dout, const real *in, size_t n) {
    enum { piece = 256 };
    for (size_t first = 0; first < n; first += piece) {
        size_t end = n - first < piece ? n : first + piece;
        if (!is_used(dout + first, end - first)) continue;
        for (size_t i = first; i < end; ++i) {
            if (dout[i] == 0) continue;
            double e = exp(-fabs((double)in[i])); /* y (1 - y) is even in x; this form neither overflows nor cancels */
            din[i] += (real)(dout[i] * e / ((1 + e) * (1 + e)));
        }
    }
}

/* ---- Softmax */

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

/* ---- Identity */

void R(attr_copy)(real *out, const real *in, size_t n) {
    memcpy(out, in, n * sizeof *out);
}

void R(attr_add)(real *din, const real *dout, size_t n) {
    for (size_t i = 0; i < n; ++i) din[i] += dout[i];
}
