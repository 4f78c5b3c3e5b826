/* The engine: a Darknet network taken over by layer hooks.
 *
 * attr_engine_create copies the network's description, points every layer's forward and backward at the plugin's hooks,
 * and gives the layers tensors of their own for `batch` samples. Darknet's forward_network() and backward_network()
 * then drive the hooks. The network given is not changed and can still be run by stock Darknet; its parameters are
 * read, never written. Several engines, single and double precision, can share one network.
 *
 *   attr_engine_set_input_f32(e, 0, x);               count samples, each `inputs` long
 *   attr_engine_forward(e, count);
 *   attr_engine_clear_gradients(e, head);             then add seeds to the gradient of the tensor that the head
 *                                                     writes or of those that it reads (attr_tensor_add_gradient)
 *   attr_engine_backward(e, head);                    exact derivative at inference
 *   attr_tensor_read_gradient(g, attr_engine_input(e), sample, 0, inputs);
 *
 * Several backwards, from any layers, may follow one forward. With ATTR_KEEP_NEEDED tensors share memory: after a
 * forward the values of heads (see lifetimes.h), of what they read and of the input are there, after a backward the
 * gradient of the input, and of layers that are kept both (attr_engine_kept), and nothing else. */
#ifndef ATTR_MODEL_ENGINE_H
#define ATTR_MODEL_ENGINE_H

#include <stddef.h>

#include "base/status.h"
#include "darknet.h"
#include "layers/op.h"
#include "model/lifetimes.h"

typedef enum { ATTR_F32, ATTR_F64 } attr_precision;

typedef struct attr_engine attr_engine;

/* Takes over `net` (which must outlive the engine). ATTR_UNSUPPORTED names the layer that cannot be done exactly. */
attr_status attr_engine_create(attr_engine **out, const network *net, attr_precision precision, int batch,
                               attr_keep keep);
void attr_engine_free(attr_engine *e);

/* The same network with its bends rounded, for methods that need second derivatives: every relu, leaky, relie and ramp
 * is a softplus (model/softplus.h) of sharpness beta, which attr_engine_set_sharpness() sets and which is infinite at
 * first: then it is the network itself, up to the rounding of its activations. Keeps all. ATTR_UNSUPPORTED names the
 * layer whose activation (plse, stair, hardtan, lhtan, selu) has bends of another kind. */
attr_status attr_engine_create_smooth(attr_engine **out, const network *net, attr_precision precision, int batch);
void attr_engine_set_sharpness(attr_engine *e, double beta);

/* Whether each maximum of the forwards to come takes the pixel that it took, in the same sample, in the forward before:
 * held, a smooth network is smooth all over, and differences of its gradients see no jump. The engine has to keep all.
 */
void attr_engine_hold_choices(attr_engine *e, bool hold);

/* Bytes that an engine of this batch allocates, so that a caller can choose the batch from a memory limit; 0 if there
 * can be no such engine. */
size_t attr_engine_bytes(const network *net, attr_precision precision, int batch, attr_keep keep);

/* The largest batch up to `most` whose engine fits into so many bytes; 1 if none does. */
int attr_engine_largest_batch(const network *net, attr_precision precision, attr_keep keep, size_t bytes, int most);

/* The same for single precision with an implementation chosen for convolutions: choices[layer], NULL: all by the rule.
 */
attr_status attr_engine_create_chosen(attr_engine **out, const network *net, const attr_conv_choice *choices, int batch,
                                      attr_keep keep);
size_t attr_engine_bytes_chosen(const network *net, const attr_conv_choice *choices, int batch, attr_keep keep);
int attr_engine_largest_batch_chosen(const network *net, const attr_conv_choice *choices, attr_keep keep, size_t bytes,
                                     int most);

/* The same in so many parts (parts.h), whether they pay or not. */
attr_status attr_engine_create_in_parts(attr_engine **out, const network *net, int batch, attr_keep keep, int parts);

int attr_engine_batch(const attr_engine *e);
int attr_engine_layers(const attr_engine *e);
size_t attr_engine_inputs(const attr_engine *e);

/* The layer's tensors and kind. */
attr_op *attr_engine_op(attr_engine *e, int layer);

void attr_engine_set_input_f32(attr_engine *e, int sample, const float *x);

/* Where a sample of a single-precision engine stands, to be written; NULL in double precision. */
float *attr_engine_input_f32(attr_engine *e, int sample);
void attr_engine_set_input_f64(attr_engine *e, int sample, const double *x);

/* Runs samples 0 .. count-1 through the network. */
void attr_engine_forward(attr_engine *e, int count);

/* A place that somebody looks at or seeds: pixels of what a layer writes or, `is_input`, of the first that it reads. No
 * pixel: all of them. */
typedef struct {
    int layer;
    bool is_input;
    attr_area area;
} attr_spot;

/* The next forward need not compute but what this spot, and others that were wanted before it, depend on: what else
 * stands in tensors then means nothing, and backwards may start from these spots only. They have the same bits. */
void attr_engine_want(attr_engine *e, const attr_spot *spot);

/* Zeroes the gradients that seeds may be added to: of what layer `head` writes and reads. */
void attr_engine_clear_gradients(attr_engine *e, int head);

/* Runs backward from layer `head` (its own backward included, so seeds may stand in its dout or in its din) to the
 * network's input, for the samples of the last forward. */
void attr_engine_backward(attr_engine *e, int head);

/* The same for seeds in several spots, in their areas only, and in the tensor that they name unless all is meant.
 * Unless the engine keeps all, layers of several must be heads (see lifetimes.h), and one that is neither a head nor
 * kept has room for the seeds of one sample. Gradients that are 0 for there is no seed they depend on are not computed.
 */
void attr_engine_clear_at(attr_engine *e, const attr_spot *spots, int count);
void attr_engine_backward_from(attr_engine *e, const attr_spot *spots, int count);

/* One layer alone: forward from what its inputs hold; backward from the gradient of its output to zeroed gradients of
 * its inputs. Unless the engine keeps all, only forwards in the order of the layers make sense. */
void attr_engine_forward_layer(attr_engine *e, int layer);
void attr_engine_backward_layer(attr_engine *e, int layer);

/* What a layer wrote in the last forward, and the derivative by it in the last backward in which it took part; NULL:
 * the engine was not made to keep it. Of a layer that only passes on (graph.h) it is what that passes on. */
const attr_tensor *attr_engine_kept(attr_engine *e, int layer);

/* The network's input. The tensors of a layer are attr_engine_op(e, layer)->reads and ->writes. */
attr_tensor *attr_engine_input(attr_engine *e);

#endif
