/* [cost] compares with a ground truth, which inference has not: its output and gradient are those of the layer before
 * (Darknet, too, takes the last layer that is not [cost] as the network's output). */
#include "layers/kinds.h"
#include "layers/real.h"

const attr_layer_kind R(attr_cost) = {.type = COST, .name = "cost", .is_view = attr_always_view};
