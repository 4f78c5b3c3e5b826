#include "methods/map.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

attr_status attr_map_allocate(attr_map *map, size_t size, int with_standard_error) {
    memset(map, 0, sizeof *map);
    map->size = size;
    map->relative_error = map->baseline_target = map->completeness_gap = map->target = NAN;
    map->converged = 1;
    ATTR_TRY(attr_allocate(&map->values, size, sizeof(double), "a map"));
    if (!with_standard_error) return ATTR_OK;
    attr_status status = attr_allocate(&map->standard_error, size, sizeof(double), "a map's standard error");
    if (status != ATTR_OK) attr_map_free(map);
    return status;
}

void attr_map_free(attr_map *map) {
    free(map->values);
    free(map->standard_error);
    map->values = map->standard_error = NULL;
}
