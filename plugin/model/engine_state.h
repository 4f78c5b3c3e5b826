/* What an engine is. Private to engine.c, which runs it, and engine_make.c, which makes it. */
#ifndef ATTR_MODEL_ENGINE_STATE_H
#define ATTR_MODEL_ENGINE_STATE_H

#include "model/engine.h"
#include "model/parts.h"

struct attr_engine {
    attr_precision precision;
    size_t element; /* bytes of a number */
    network net;    /* a copy of the network's description whose layers are hooked */
    float cost;     /* where Darknet's loop leaves its sum of costs */
    attr_op *ops;
    attr_area *areas; /* [layers + 1] of each tensor; none but between a wish and its forward */
    bool has_wishes;
    int batch;
    size_t inputs;
    attr_tensor *tensors; /* [0] the network's input, [i + 1] what layer i writes; empty for views */
    attr_tensor_memory memory;
    attr_parts *parts; /* NULL: the whole batch goes through each layer */
    void *scratch;     /* shared by all layers, for `threads` threads */
    int threads;
    int only_planned; /* nothing big is allocated: bytes tells what would be */
    bool is_smooth;
    const attr_conv_choice *choices; /* the caller's, while the engine is made */
    size_t bytes;
};

/* What Darknet's loop calls for each layer. */
void attr_forward_hook(layer l, network net);
void attr_backward_hook(layer l, network net);

#endif
