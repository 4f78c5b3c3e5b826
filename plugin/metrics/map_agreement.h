/* How far a map agrees with another, and how far it would by chance: the numbers of the sanity checks. */
#ifndef ATTR_METRICS_MAP_AGREEMENT_H
#define ATTR_METRICS_MAP_AGREEMENT_H

#include <stdint.h>

#include "base/status.h"

/* Of two planes [h][w]. All but the overlap are from -1 to 1; NAN where a plane is the same everywhere, or not finite.
 * Signs and magnitudes are looked at apart, after Adebayo et al.: Sanity checks for saliency maps, NeurIPS 2018: a
 * method can lose the one and keep the other. */
typedef struct {
    double spearman; /* of the values */
    double absolute; /* Spearman's of the absolute values */
    double pearson;  /* of the values */
    double overlap;  /* part of the tenth with the largest absolute values that both have, attr_top_overlap() */
    double ssim; /* structural similarity as grey pictures, attr_ssim_of_maps(); NAN also where a side is below 11 */
} attr_agreement;

/* ATTR_NO_MEMORY is the only failure, here and below. */
attr_status attr_map_agreement(attr_agreement *out, const double *a, const double *b, int w, int h);

/* How many moved copies a range is made of. */
enum { ATTR_CHANCE_DRAWS = 16 };

/* What agrees with a map by chance. */
typedef struct {
    attr_agreement noise;     /* of independent normal numbers with the map: about 0, and .1 for the overlap */
    attr_agreement low, high; /* the least and the most of the map itself, moved cyclically by a quarter to three
                                 quarters of both sides: what has its spots and its spread, but not its places */
} attr_chance;

/* Of a map [h][w]; random numbers are those of `seed`, stream ATTR_STREAM_SANITY_MAPS. */
attr_status attr_map_chance(attr_chance *out, const double *map, int w, int h, uint64_t seed);

/* The larger of |spearman| and |absolute|, a NAN counting as 0: 0 means nothing in common in either respect. */
double attr_agreement_strength(const attr_agreement *a);

/* What strength a map has by chance: the largest of the range's. */
double attr_chance_strength(const attr_chance *chance);

#endif
