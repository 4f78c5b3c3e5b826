/* When the values and gradients of a network's tensors are needed, and memory for them.
 *
 * Step i is the forward of layer i (of n), step 2 n - 1 - i its backward. A tensor's values are needed from its
 * writer's forward to its last reader's; to the end, if a backward reads them (see attr_backward_reads) or targets do:
 * the outputs and inputs of heads. A gradient is needed from the backward of its last reader to that of its writer.
 * A layer that works in place (see op.h) may have its output where its input is that nobody reads later, and gradients
 * that are copies of one another in one place, as long as nobody adds to one of them while another is still read.
 * What a layer joined with the next one writes (see op.h) is never there, and what the next one writes is there longer.
 * The gradients of what heads read and write are there from the end of the forward on, for seeds. All this holds for a
 * backward from any heads, and several may follow one forward: what is needed to the end is never
 * overwritten by a backward. The network's input and its gradient are always kept. */
#ifndef ATTR_MODEL_LIFETIMES_H
#define ATTR_MODEL_LIFETIMES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"
#include "layers/op.h"

/* What can be looked at after a pass. */
typedef struct {
    bool all; /* each tensor has memory of its own: every value, and gradients as far as backwards leave them as they
                 were (many multiply theirs by the derivative of the activation); else they share it where their times
                 allow it */
    const bool *layers; /* [layers of the network]: of these there are copies of values and complete gradients
                           (op->kept); NULL: of none. The caller's, read while the engine is made */
} attr_keep;
#define ATTR_KEEP_NEEDED ((attr_keep){false, NULL})
#define ATTR_KEEP_ALL    ((attr_keep){true, NULL})

/* The memory of a network's tensors. Parts of a batch that go through the network by themselves are at different steps,
 * so they share nothing: blocks[0] then has part_bytes for each part. */
typedef struct {
    void **blocks;
    size_t block_count;
    size_t bytes;          /* of all blocks */
    int parts, part_batch; /* part_batch samples at most in a part */
    size_t part_bytes;
} attr_tensor_memory;

/* Gives memory for `batch` samples to the tensors that are described: tensors[0], the network's input, tensors[i + 1],
 * which layer i writes (of size 0 for views), the ops' copies, and what is kept of them. With several `parts`, which
 * keep_all excludes, what can be looked at from outside is there for the whole batch in its own memory, and everything
 * else points at the first part. With `only_planned` only *bytes is set. Released with attr_tensor_memory_free, also
 * after a failure. */
attr_status attr_tensor_memory_make(attr_tensor_memory *out, attr_op *ops, int layers, attr_tensor *tensors, int batch,
                                    int parts, bool keep_all, int only_planned);
void attr_tensor_memory_free(attr_tensor_memory *memory);

/* Whether targets read what the layer reads and writes: [yolo], [region], [detection] and the output layer, the last
 * one that is neither [cost] nor [dropout]. */
int attr_is_head(const attr_op *ops, int layers, int layer);
int attr_find_output_layer(const attr_op *ops, int layers);

#endif
