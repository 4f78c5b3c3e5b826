/* When the values and gradients of a network's tensors are needed, and memory for them.
 *
 * Step i is the forward of layer i (of n), step 2 n - 1 - i its backward. A tensor's values are needed from its
 * writer's forward to its last reader's; to the end, if a backward reads them (see attr_backward_reads) or targets do:
 * the outputs and inputs of heads. A gradient is needed from the backward of its last reader to that of its writer.
 * A layer that works in place (see op.h) may have its output where its input is that nobody reads later, and gradients
 * that are copies of one another in one place, as long as nobody adds to one of them while another is still read.
 * The gradients of what heads read and write are there from the end of the forward on, for seeds. All this holds for a
 * backward from any heads, and several may follow one forward: what is needed to the end is never
 * overwritten by a backward. The network's input and its gradient are always kept. */
#ifndef ATTR_MODEL_LIFETIMES_H
#define ATTR_MODEL_LIFETIMES_H

#include <stddef.h>

#include "base/status.h"
#include "layers/op.h"

typedef enum {
    ATTR_KEEP_NEEDED, /* tensors share memory where their times allow it */
    ATTR_KEEP_ALL     /* each has its own: every value and gradient can be looked at after a pass */
} attr_keep;

/* The memory of a network's tensors. */
typedef struct {
    void **blocks;
    size_t block_count;
    size_t bytes; /* of all blocks */
} attr_tensor_memory;

/* Gives memory for `batch` samples to the tensors that are described: tensors[0], the network's input, tensors[i + 1],
 * which layer i writes (of size 0 for views), and the ops' copies. With `only_planned` only *bytes is set. Released
 * with attr_tensor_memory_free, also after a failure. */
attr_status attr_tensor_memory_make(attr_tensor_memory *out, attr_op *ops, int layers, attr_tensor *tensors, int batch,
                                    attr_keep keep, int only_planned);
void attr_tensor_memory_free(attr_tensor_memory *memory);

/* Whether targets read what the layer reads and writes: [yolo], [region], [detection] and the output layer, the last
 * one that is neither [cost] nor [dropout]. */
int attr_is_head(const attr_op *ops, int layers, int layer);
int attr_find_output_layer(const attr_op *ops, int layers);

#endif
