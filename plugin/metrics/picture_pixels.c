#include "metrics/picture_pixels.h"

#include <stdlib.h>

#include "base/memory.h"
#include "metrics/rank.h"

attr_status attr_check_region(const attr_region *r, int channels, int height, int width) {
    bool inside = r->x0 >= 0 && r->y0 >= 0 && r->w > 0 && r->h > 0 && r->x0 + r->w <= width && r->y0 + r->h <= height;
    if (!inside || r->channels != channels || r->height != height || r->width != width)
        return attr_fail(ATTR_BAD_INPUT,
                         "the picture's region (%d x %d at %d, %d of %d x %d x %d) is not one of an input %d x %d x %d",
                         r->w, r->h, r->x0, r->y0, r->width, r->height, r->channels, width, height, channels);
    return ATTR_OK;
}

bool attr_map_is_constant(const double *map, const attr_region *r) {
    double first = map[attr_picture_place(r, 0)];
    for (size_t i = 1; i < attr_picture_pixels(r); ++i)
        if (map[attr_picture_place(r, i)] != first) return false;
    return true;
}

attr_status attr_order_of_picture(size_t *order, const double *map, const attr_region *r, bool rising) {
    size_t n = attr_picture_pixels(r);
    double *keys = NULL;
    ATTR_TRY(attr_allocate(&keys, n, sizeof *keys, "the order of pixels"));
    for (size_t i = 0; i < n; ++i) {
        double value = map[attr_picture_place(r, i)];
        keys[i] = rising ? -value : value;
    }
    attr_status status = attr_order_falling(order, keys, n);
    free(keys);
    for (size_t i = 0; status == ATTR_OK && i < n; ++i) order[i] = attr_picture_place(r, order[i]);
    return status;
}

attr_status attr_draw_subset(size_t *chosen, size_t count, size_t n, uint64_t seed, attr_stream stream, uint32_t part,
                             uint64_t sample) {
    attr_random random = {seed, stream, part, sample};
    uint32_t *bits = NULL;
    ATTR_TRY(attr_allocate(&bits, count, sizeof *bits, "random numbers"));
    attr_random_bits(bits, &random, 0, count);
    for (size_t i = 0; i < n; ++i) chosen[i] = i;
    for (size_t j = 0; j < count; ++j) {
        size_t taken = j + (size_t)(((uint64_t)bits[j] * (uint64_t)(n - j)) >> 32), thing = chosen[taken];
        chosen[taken] = chosen[j];
        chosen[j] = thing;
    }
    free(bits);
    return ATTR_OK;
}
