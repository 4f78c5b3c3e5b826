/* What a method returns for one target, and the figures that say how far to trust it. */
#ifndef ATTR_METHODS_MAP_H
#define ATTR_METHODS_MAP_H

#include <stddef.h>

#include "base/status.h"

typedef struct {
    size_t size;             /* numbers of the network's input: channels x height x width */
    double *values;          /* [size], network coordinates, all channels */
    double *standard_error;  /* [size], of the mean over noise samples; NULL when the method has no samples */
    double target;           /* f(x) */
    size_t gradients;        /* gradients that went into the map */
    double relative_error;   /* |standard error| / |values| (l2); NAN when the method has no samples */
    double baseline_target;  /* Integrated Gradients: mean of f(x') over the baselines, else NAN */
    double completeness_gap; /* |sum of values - (f(x) - f(x'))|, else NAN */
    size_t steps;            /* Integrated Gradients: steps on the path, else 0 */
    int converged;           /* Integrated Gradients: the gap is within the tolerance; 1 for other methods */
} attr_map;

attr_status attr_map_allocate(attr_map *map, size_t size, int with_standard_error);
void attr_map_free(attr_map *map);

#endif
