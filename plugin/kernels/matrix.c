/* Matrix times a few vectors: the fully connected layers. Memory bound, so the matrix is read once. */
#include "kernels/kernels.h"
#include "base/dispatch.h"
#include "layers/real.h"

#include <string.h>

enum { lanes = 16, block = 256 /* rows whose sum is kept apart, for accuracy */ };

static inline ATTR_INLINE void dot_body(double *out, const real *a, const real *x, int n) {
    double sum[lanes] = {0}, total = 0;
    int i = 0;
    for (; i + lanes <= n; i += lanes)
        for (int lane = 0; lane < lanes; ++lane) sum[lane] += (double)a[i + lane] * x[i + lane];
    for (int lane = 0; i < n; ++i, ++lane) sum[lane] += (double)a[i] * x[i];
    for (int lane = 0; lane < lanes; ++lane) total += sum[lane];
    *out = total;
}
ATTR_DISPATCH(dot, dot_body, (double *out, const real *a, const real *x, int n), (out, a, x, n))

void R(attr_matrix_product)(double *out, const real *a, const real *x, int m, int k, int count) {
#pragma omp parallel for schedule(static)
    for (int row = 0; row < m; ++row)
        for (int b = 0; b < count; ++b) dot(out + (size_t)b * m + row, a + (size_t)row * k, x + (size_t)b * k, k);
}

/* out[j] += sum over rows first .. last-1 of a[row][j] dy[row], j < columns <= block. */
static inline ATTR_INLINE void add_rows_body(real *out, const real *a, const real *dy, int columns, int first, int last,
                                             size_t k) {
    real sum[block] = {0};
    for (int row = first; row < last; ++row)
        for (int j = 0; j < columns; ++j) sum[j] += a[row * k + j] * dy[row];
    for (int j = 0; j < columns; ++j) out[j] += sum[j];
}
ATTR_DISPATCH(add_rows, add_rows_body,
              (real * out, const real *a, const real *dy, int columns, int first, int last, size_t k),
              (out, a, dy, columns, first, last, k))

void R(attr_matrix_product_transposed)(real *dx, const real *a, const real *dy, int m, int k, int count) {
#pragma omp parallel for schedule(static)
    for (int column = 0; column < k; column += block) {
        int columns = k - column < block ? k - column : block;
        for (int first = 0; first < m; first += block) {
            int last = m - first < block ? m : first + block;
            for (int b = 0; b < count; ++b)
                add_rows(dx + (size_t)b * k + column, a + column, dy + (size_t)b * m, columns, first, last, (size_t)k);
        }
    }
}
