/* [dropout] does nothing at inference: its output and gradient are those of the layer before. */
#include "layers/kinds.h"
#include "layers/real.h"

const attr_layer_kind R(attr_dropout) = {.type = DROPOUT, .name = "dropout", .is_view = attr_always_view};
