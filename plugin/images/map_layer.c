#include "images/map_layer.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "images/colour.h"
#include "images/png.h"
#include "images/shrink.h"

static attr_status shrink(float **out, attr_map_layer *layer, const float *map, int w, int h, int largest_side) {
    int factor = attr_shrink_factor(w, h, largest_side);
    layer->w = attr_shrunk(w, factor);
    layer->h = attr_shrunk(h, factor);
    ATTR_TRY(attr_allocate(out, (size_t)layer->w * (size_t)layer->h, sizeof **out, "a map"));
    attr_shrink_plane(*out, map, w, h, factor, false);
    return ATTR_OK;
}

/* Where it is 0 everywhere there is no scale. */
static attr_status find_scale(attr_map_layer *layer, const float *map, attr_normalisation_word normalisation) {
    size_t area = (size_t)layer->w * (size_t)layer->h;
    attr_scale scale;
    for (size_t i = 0; i < area; i++) {
        if (!isfinite(map[i])) return attr_fail(ATTR_NUMERIC, "the map has values that are not finite");
        layer->largest = fmax(layer->largest, fabs((double)map[i]));
    }
    if (layer->largest == 0) return ATTR_OK;
    ATTR_TRY(attr_scale_of(&scale, map, area, normalisation));
    layer->end = fmax(scale.positive, scale.negative);
    return ATTR_OK;
}

static void paint(unsigned char *rgba, const float *map, const attr_map_layer *layer) {
    double ends[2][3], opacity;
    attr_colour(ends[0], &opacity, ATTR_DIVERGING, -1);
    attr_colour(ends[1], &opacity, ATTR_DIVERGING, 1);
    for (size_t i = 0; i < (size_t)layer->w * (size_t)layer->h; i++) {
        for (int k = 0; k < 3; k++) *rgba++ = (unsigned char)lrint(255 * ends[map[i] > 0][k]);
        *rgba++ = layer->largest > 0 ? (unsigned char)lrint(255 * sqrt(fabs((double)map[i]) / layer->largest)) : 0;
    }
}

attr_status attr_map_layer_make(attr_map_layer *out, const float *map, int w, int h, int largest_side,
                                attr_normalisation_word normalisation) {
    float *small = NULL;
    unsigned char *rgba = NULL;
    *out = (attr_map_layer){0};
    attr_status status = shrink(&small, out, map, w, h, largest_side);
    if (status == ATTR_OK) status = find_scale(out, small, normalisation);
    if (status == ATTR_OK) status = attr_allocate(&rgba, (size_t)out->w * (size_t)out->h, 4, "a map");
    if (status == ATTR_OK) {
        paint(rgba, small, out);
        status = attr_png_encode_transparent(&out->png, &out->size, rgba, out->w, out->h);
    }
    free(small);
    free(rgba);
    return status;
}
