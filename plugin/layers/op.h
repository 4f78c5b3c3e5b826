/* A layer as the engine sees it: where it reads, where it writes, and the functions of its kind.
 *
 * Tensors are arrays of `real` (float or double, see real.h), sample after sample. `b` below is a sample of the batch,
 * 0 <= b < op->batch; op->count is the number of samples of the current pass (count <= batch). They are plain (NCHW),
 * or, if the layer asked for it (op->layout, float only), blocked (see tensor.h).
 *
 *   input i:   in[i]    [batch][in_stride[i]]   in_size[i] numbers each: the output of the layer read (or the input)
 *   output:    out      [batch][out_stride]     outputs numbers each
 *   gradients: din[i], dout, of the same shapes. backward() ADDS to din[i] (several layers may read one tensor), or
 *              stores where din_fresh[i] says that nobody wrote before; for kinds without `stores` the engine zeroes
 *              and they only add. din[i] is NULL when nobody asks for it: then nothing is computed for it.
 *
 * Tensors share memory (see model/lifetimes.h): a tensor's values are there from its writer's forward to its last
 * reader's, and through the backward if a layer's `backward_reads` asks for it; gradients during the backward.
 *
 * Sequential layers have one input, the layer before. [route] has one input for each layer that it joins, [shortcut]
 * has two: in[0] the layer before, in[1] the layer `from`. All derivatives are those of inference: batch norm is affine
 * with the rolling statistics, dropout is the identity. */
#ifndef ATTR_LAYERS_OP_H
#define ATTR_LAYERS_OP_H

#include <stddef.h>

#include "base/random.h"
#include "base/status.h"
#include "darknet.h"
#include "kernels/blocked.h"
#include "layers/tensor.h"

/* The parameters that a pass uses: Darknet's own arrays or a perturbed copy (a clone). Never written by a layer. */
typedef struct {
    const float *weights, *biases, *scales, *rolling_mean, *rolling_variance;
} attr_parameters;

typedef struct attr_op attr_op;
enum { ATTR_OP_MEMORIES = 4 };

/* Of an engine with smooth activations (model/softplus.h): what an activation of two lines became. */
typedef struct {
    double below, above; /* the slopes of the two lines */
    double beta;         /* how sharp the bend is; infinite: as sharp as it was */
    void *slopes;        /* [batch][out_stride] the derivative in the last forward; NULL: the layer has no such one */
} attr_softplus;

typedef enum {
    ATTR_PLAIN,
    ATTR_BLOCKED,
    ATTR_BLOCKED_OF_PLAIN /* what it reads is plain, what it writes is blocked */
} attr_layout;

/* The values that a backward reads; gradients it reads always. Others may be gone by then. */
typedef enum {
    ATTR_READS_NOTHING = 0,
    ATTR_READS_INPUTS = 1,
    ATTR_READS_OUTPUT = 2,
    ATTR_READS_BOTH = ATTR_READS_INPUTS | ATTR_READS_OUTPUT
} attr_backward_reads;

/* What a layer type can do; one table row for each type and precision, see registry.c. A NULL function does nothing. */
typedef struct {
    LAYER_TYPE type;
    const char *name; /* as in a cfg section: "convolutional" */
    int stores;       /* backward heeds din_fresh, for every input */

    /* Whether forward may write its output over in[0], and backward finds din[0], or both of two, at dout: all of one
     * shape, and each gradient is what dout becomes. NULL: no. */
    int (*in_place)(const attr_op *op);
    /* Whether backward leaves dout as it was. NULL: no. */
    int (*keeps_gradient)(const attr_op *op);

    /* Whether it can do forward and backward of the next layer, which alone reads what it writes, together with its
     * own: op->joined tells it to, what lies between the two is never stored then. NULL: no. */
    int (*joins)(const attr_op *op, const attr_op *next);
    /* Whether its forward can do that of the next layer, a sum that is written over what it writes itself and nobody
     * else reads: op->added tells it to. NULL: no. */
    int (*adds)(const attr_op *op, const attr_op *next);

    /* Whether its output and gradient are those of the one tensor that it reads: nothing to compute. NULL: never. */
    int (*is_view)(const attr_op *op);

    /* The rows of input j, of `length`, that these rows of the output depend on; they may lie beyond the picture. The
     * same is asked for columns. NULL: all. See attr_op_reads_area(). */
    attr_span (*reads_span)(const attr_op *op, int j, attr_span of_output, int length);

    /* The layout that it wants; asked for float engines, when op->reads is known. NULL: plain. */
    attr_layout (*layout)(const attr_op *op);
    /* Asked when op->layout is known. NULL: both, to be on the safe side. */
    attr_backward_reads (*backward_reads)(const attr_op *op);

    /* Allocates what the layer keeps between passes (op->memory, op->indexes, op->state) for op->batch samples, by
     * attr_op_allocate or counting in op->bytes; nothing when op->only_planned. */
    attr_status (*prepare)(attr_op *op);
    void (*release)(attr_op *op); /* of op->state */
    /* Takes in op->parameters: folds batch norm, reorders weights. Called when the engine is complete and again for
     * each clone. */
    void (*fold)(attr_op *op);
    /* Whether fold reads the weights through op->weights, so that a clone's are made on the way. NULL: no. */
    int (*folds_noise)(const attr_op *op);
    void (*forward)(attr_op *op);
    void (*backward)(attr_op *op);
} attr_layer_kind;

struct attr_op {
    const attr_layer_kind *kind;
    const layer *l; /* Darknet's description: shapes and settings, read only */
    attr_parameters
        own; /* what it computes with unless the engine is told otherwise: the network's, or what replaces them */
    attr_parameters parameters;
    attr_noisy_array weights;  /* parameters.weights, and the noise on them if the kind folds noise */
    float *noisy[ATTR_ARRAYS]; /* a clone's arrays that parameters points to; the engine's */
    int index;                 /* position in the network */
    int net_w, net_h;          /* size of the network's input picture (anchors of [yolo] are in its pixels) */
    int batch, count;          /* samples that the buffers hold, samples of this pass */
    int only_planned;          /* to learn what it would need: nothing is allocated */
    size_t bytes;              /* that the layer has allocated, or would */
    attr_area wanted;          /* of the output, what the current forward has to compute; the engine's */
    attr_area seeded;          /* beyond it dout is 0; no pixel: not part of the current backward; the engine's */
    int is_view;
    attr_op *joined; /* the next layer, if this one does it, too: it has the tensor and the choices; the engine's */
    int is_joined;   /* the layer before does this one */
    attr_op *added;  /* the next layer, a sum, if this one does its forward, too; the engine's */
    int is_added;    /* the layer before does its forward */
    attr_layout layout;
    int blocked;             /* what it writes */
    attr_softplus softplus;  /* the engine's */
    int holds_choices;       /* maxima take the pixel that they took in the forward before, be it the largest or not */
    attr_conv_choice choice; /* of a convolution in blocked tensors */

    int input_count;
    attr_tensor **reads; /* the tensors read, as their writers made them */
    attr_tensor *copies; /* in this layer's layout, where that is another, else of size 0; the engine's */
    attr_tensor *writes; /* the tensor written */
    /* A copy of its values after the layer's forward, and of its gradient before the layer's backward, when all readers
     * have added theirs: the layer may change it then. Of size 0: not kept. The engine's. */
    attr_tensor kept;
    const void **in; /* reads[i]->values or copies[i].values */
    void **din;
    size_t *in_size, *in_stride;
    int *first; /* by input: nobody has written that gradient in this backward; the engine's */
    int *din_fresh;
    void *out, *dout;
    size_t outputs, out_stride;

    void *memory[ATTR_OP_MEMORIES];       /* the layer's own buffers, made by prepare, freed by the engine */
    size_t memory_each[ATTR_OP_MEMORIES]; /* bytes of a sample, one after the other; 0: it is for all samples */
    int *indexes;                         /* [batch][out_stride], likewise */
    void *state;                          /* nothing of samples; likewise, freed by release */
    int can_pool, can_add;  /* set by prepare: its kernels can do the maxima, and the sum, of the next layer */
    attr_together together; /* set by prepare: of the output, what a forward makes together; 0: each alone */
    int is_indivisible;     /* set by prepare: samples of a batch cannot go through the layer independently */

    size_t scratch_bytes; /* set by prepare: working memory that each thread needs during a pass */
    void *scratch;        /* for `threads` threads, shared by all layers: scratch_each bytes each */
    size_t scratch_each;
    int threads;
};

/* Input j in the op's own layout. */
static inline attr_tensor *attr_op_input(attr_op *op, int j) {
    return op->copies[j].size ? &op->copies[j] : op->reads[j];
}

/* Of what input j reads that which a part of the output depends on; all, unless the kind knows better; one pixel at
 * least, even if it reads nothing but padding. */
attr_area attr_op_reads_area(const attr_op *op, int j, attr_area of_output);

/* For reads_span: each pixel reads the same one. */
attr_span attr_reads_same(const attr_op *op, int j, attr_span of_output, int length);

/* attr_allocate for a layer's prepare. */
attr_status attr_op_allocate(attr_op *op, void *out, size_t count, size_t size, const char *what);

/* The same for op->memory[k] with `count` numbers for each sample of the batch. */
attr_status attr_op_allocate_each(attr_op *op, int k, size_t count, size_t size, const char *what);

/* What its backward reads; nothing, of a view. */
attr_backward_reads attr_op_backward_reads(const attr_op *op);

/* For backward_reads: nothing; the inputs; the output unless the activation is linear. */
attr_backward_reads attr_reads_nothing(const attr_op *op);
attr_backward_reads attr_reads_inputs(const attr_op *op);
attr_backward_reads attr_reads_activated(const attr_op *op);

/* For is_view. */
int attr_always_view(const attr_op *op);

/* The row for a layer type in single or double precision; NULL when the type is refused. */
const attr_layer_kind *attr_layer_kind_f32(LAYER_TYPE type);
const attr_layer_kind *attr_layer_kind_f64(LAYER_TYPE type);

/* The name of a layer type as written in a cfg section, also for refused ones ("rnn"). */
const char *attr_layer_name(LAYER_TYPE type);

#endif
