/* The inner kernel: a tile of results stays in registers while k runs. */
#include "base/dispatch.h"
#include "kernels/packing.h"
#include "layers/real.h"

#include <string.h>

typedef real vector __attribute__((vector_size(64), aligned(64)));

enum { rows = attr_tile_rows, columns = attr_tile_columns, vectors = columns * (int)sizeof(real) / 64 };

static inline ATTR_INLINE void multiply_body(double *sums, const real *weights, const real *panel, int depth) {
    vector sum[rows][vectors] = {{{0}}};
    _Alignas(64) real tile[rows * columns];
    for (int k = 0; k < depth; ++k) {
        const vector *values = (const vector *)(panel + (size_t)k * columns);
        for (int r = 0; r < rows; ++r)
            for (int v = 0; v < vectors; ++v) sum[r][v] += weights[k * rows + r] * values[v];
    }
    memcpy(tile, sum, sizeof sum);
    for (int i = 0; i < rows * columns; ++i) sums[i] += tile[i];
}
ATTR_DISPATCH(multiply, multiply_body, (double *sums, const real *weights, const real *panel, int depth),
              (sums, weights, panel, depth))

void R(attr_multiply_tile)(double *sums, const real *weights, const real *panel, int depth) {
    multiply(sums, weights, panel, depth);
}
