/* The tensors between layers: values and gradients of a batch.
 *
 * A plain tensor is [batch][c][h][w]; a blocked one [batch][c / 16, rounded up][h][w][16], see kernels/blocked.h: what
 * stands in the lanes beyond channel c is finite and means nothing. Numbers are floats or doubles; double tensors are
 * plain. Everything outside of the layers goes through these functions, which count elements of a sample in the plain
 * order whatever the layout. */
#ifndef ATTR_LAYERS_TENSOR_H
#define ATTR_LAYERS_TENSOR_H

#include <stddef.h>

#include "base/status.h"
#include "kernels/kernels.h"

typedef struct {
    size_t element; /* bytes of a number */
    int c, h, w;
    int blocked;
    size_t size;             /* elements of a sample */
    size_t stride;           /* elements from a sample to the next as stored */
    void *values, *gradient; /* the engine's; shared with tensors that are needed at other times */
    int written;             /* the engine's: some layer of this backward has written the gradient */
} attr_tensor;

/* Describes a tensor; allocates nothing. */
attr_tensor attr_tensor_of(size_t element, int c, int h, int w, int blocked);

/* Where element i of a sample is stored. */
size_t attr_tensor_place(const attr_tensor *t, int sample, size_t i);

/* Elements first .. first+n-1 of a sample. */
void attr_tensor_read(double *out, const attr_tensor *t, int sample, size_t first, size_t n);
void attr_tensor_read_gradient(double *out, const attr_tensor *t, int sample, size_t first, size_t n);
void attr_tensor_write(attr_tensor *t, int sample, const double *values, size_t n);
void attr_tensor_add_gradient(attr_tensor *t, int sample, size_t i, double value);

/* Zeroes the gradients of samples 0 .. count-1. */
void attr_tensor_clear_gradient(attr_tensor *t, int count);

/* The same, but for a part of them. */
void attr_tensor_clear_gradient_but(attr_tensor *t, attr_area part, int count);

/* Copies values of float tensors of one shape and two layouts; adds gradients, or copies them. */
void attr_tensor_convert(attr_tensor *to, const attr_tensor *from, int count);
void attr_tensor_convert_gradient(attr_tensor *to, const attr_tensor *from, int count, int add);

#endif
