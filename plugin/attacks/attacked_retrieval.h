/* Does a map still show what the picture was, when the picture has been attacked? The retrieval rate of Lim, Lee, Kim:
 * Building reliable explanations of unreliable neural networks, CVPR 2021 (RelEx): the part of pictures for which a
 * masked input is seen as the clean picture x was seen. x' is the attacked one, s(.) a map of the class of x, in [0,
 * 1]:
 *
 *   ATTR_RETRIEVE_CLEAN              x (.) s(x)
 *   ATTR_RETRIEVE_ATTACKED_BY_CLEAN  x' (.) s(x)
 *   ATTR_RETRIEVE_ATTACKED           x' (.) s(x')     the paper's headline
 *   ATTR_RETRIEVE_CLEAN_BY_ATTACKED  x (.) s(x')
 *
 * Higher is better, 0 to 1. What a masked pixel shows is the reference: with NULL black, for the paper's zero the mean
 * colour (see metrics/retrieval.h, which counts). The class of x is handed to whatever makes s(x'): an optimised mask
 * can make evidence for any class, so a control with another class belongs beside the number.
 *
 *   attr_retrieved rates[ATTR_RETRIEVALS] = {{0}};
 *   for each picture: make x', s(x), s(x') (attr_mask_of_map()), then
 *       ATTR_TRY(attr_retrieve_attacked(rates, engine, &(attr_retrieval_case){x, attacked, s, attacked_s, &region,
 * NULL})); attr_retrieval_rate(&rates[ATTR_RETRIEVE_ATTACKED], .95) */
#ifndef ATTR_ATTACKS_ATTACKED_RETRIEVAL_H
#define ATTR_ATTACKS_ATTACKED_RETRIEVAL_H

#include "methods/baseline.h"
#include "metrics/retrieval.h"
#include "model/engine.h"

typedef enum {
    ATTR_RETRIEVE_CLEAN,
    ATTR_RETRIEVE_ATTACKED_BY_CLEAN,
    ATTR_RETRIEVE_ATTACKED,
    ATTR_RETRIEVE_CLEAN_BY_ATTACKED,
    ATTR_RETRIEVALS
} attr_retrieval_row;

/* One picture. Inputs and reference are [channels][height][width], masks [height][width]. */
typedef struct {
    const float *x, *attacked;
    const double *mask, *attacked_mask; /* in [0, 1] */
    const attr_region *region;          /* the picture's part; bars are never masked */
    const float *reference;             /* NULL: black */
} attr_retrieval_case;

/* The mask that the paper makes of a map [height][width] of any method but RelEx (whose map is one): magnitudes, the
 * picture's smallest moved to 0 and its 99th percentile to 1 (attr_saliency()); 0 on bars. `map` is one plane: of
 * several, the paper takes the sum of their magnitudes. ATTR_NO_MEMORY is the only failure. */
attr_status attr_mask_of_map(double *mask, const double *map, const attr_region *region);

/* Adds a picture to the four rates, by a classifier's most probable class: five forwards, as many at once as the engine
 * has samples. ATTR_BAD_INPUT for a detector. A class that is not a number is never retrieved. */
attr_status attr_retrieve_attacked(attr_retrieved rates[ATTR_RETRIEVALS], attr_engine *e,
                                   const attr_retrieval_case *picture);

#endif
