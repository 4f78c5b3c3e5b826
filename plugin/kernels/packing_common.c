#include "kernels/kernels.h"
#include "kernels/packing.h"

size_t attr_conv_packed_size(const attr_conv_shape *s, int transposed) {
    int n = s->n / s->groups, c = s->c / s->groups;
    int rows = transposed ? c : n, depth = (transposed ? n : c) * s->size * s->size;
    return (size_t)s->groups * attr_padded_rows(rows) * (size_t)depth;
}
