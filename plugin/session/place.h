/* From a map of the network's input to the map that the user gets, and what says how far to trust it. */
#ifndef ATTR_SESSION_PLACE_H
#define ATTR_SESSION_PLACE_H

#include "session/explanation.h"

/* Below this rank correlation between the maps of two halves of the samples a map is called noise. */
#define ATTR_NOISE_CORRELATION 0.1

/* Makes item->map, item->plane and, if option `output` asks for it, item->error; sets the part of item->result that
 * tells of them, and its split_half. The values of `map` are pooled in place. In the picture's coordinates a map
 * keeps its sum, but the mask of relex its values (0 to 1). */
attr_status attr_place_map(attr_explained *item, attr_map *map, const attr_explanation *ex);

#endif
