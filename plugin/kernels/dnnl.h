/* Convolutions of blocked tensors through oneDNN (oneapi-src.github.io/oneDNN), for backwards: another implementation
 * behind kernels/blocked.h, whose names for shapes, gates and weights it shares. Nobody but blocked_common.c, its
 * packing and those who ask whether there is oneDNN need to know this header.
 *
 * Everything is a convolution with stride and flipped weights where a transpose is wanted: towards an input that was
 * read with a stride one for each remainder of (y, x) by the stride. In single precision, or with values and weights
 * rounded to bf16 (8 bits of precision, to nearest) and sums in single precision. Values are gated on their way into
 * a tensor of pixels (channels last), which is what oneDNN's newest kernels want; results come back as small tensors
 * of pixels and are stored from there.
 *
 * The work is cut into parts (channels and rows of a result) that depend on the shape only; each is one call of oneDNN
 * with one thread: so the results are the same bits for any number of threads and any batch.
 *
 * The library is loaded when it is first asked for: linked to it, every start of the program would take 5 ms longer.
 * Built with `make DNNL=0` there is none: then attr_dnnl_ready() says so and no shape can be done. */
#ifndef ATTR_KERNELS_DNNL_H
#define ATTR_KERNELS_DNNL_H

#include <stddef.h>

#include "base/status.h"
#include "kernels/blocked.h"

/* ATTR_UNSUPPORTED with the reason if there is no oneDNN. */
attr_status attr_dnnl_ready(void);

typedef struct attr_dnnl_conv attr_dnnl_conv;

/* Whether a direction can be done as its `by` says: ATTR_CONV_BY_DNNL or ATTR_CONV_BY_DNNL_BF16. Sums must be single
 * (ATTR_SUM_F32), tensors blocked, groups whole blocks or one, and oneDNN must have one of its fast kernels for it. */
int attr_dnnl_can(const attr_conv_shape *s, attr_conv_direction direction);

/* Owned by the caller. For what can be done only. */
attr_status attr_dnnl_create(attr_dnnl_conv **out, const attr_conv_shape *s, attr_conv_direction direction);
void attr_dnnl_free(attr_dnnl_conv *c);

/* Of weights that are kept, and of what a run needs for each thread; zeros for what cannot be done. */
attr_blocked_conv_bytes attr_dnnl_needs(const attr_conv_shape *s, attr_conv_direction direction);

/* attr_dnnl_needs(...).scratch of what was made. */
size_t attr_dnnl_scratch_of(const attr_dnnl_conv *c);

/* Takes in filters first .. first+count-1 of all groups, a block of 16 of one group or what is left of it: their
 * weights are [count][c / groups][size][size]. Several threads may bring different blocks. */
void attr_dnnl_pack(attr_dnnl_conv *c, const float *weights, int first, int count);

/* As attr_blocked_conv_run; of `finish` nothing but `add` is heeded. Thread t uses scratch + t x scratch_each. A result
 * that oneDNN failed to compute is not a number. */
void attr_dnnl_run(float *to, const float *from, const attr_dnnl_conv *c, const attr_gate *gate,
                   const attr_finish *finish, int count, void *scratch, size_t scratch_each, int threads);

#endif
