/* The pixels of a network's input that show the picture, and their order by a map: what metrics that take pixels away
 * may touch. Padding is in none of these lists.
 *
 * A place is where a pixel stands in a plane [height][width] of the network's input; the picture's pixels are counted
 * in reading order, from 0. */
#ifndef ATTR_METRICS_PICTURE_PIXELS_H
#define ATTR_METRICS_PICTURE_PIXELS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/random.h"
#include "methods/baseline.h"

/* How many there are, the place of number i, and the number at a place. */
static inline size_t attr_picture_pixels(const attr_region *r) {
    return (size_t)r->w * (size_t)r->h;
}
static inline size_t attr_picture_place(const attr_region *r, size_t i) {
    size_t w = (size_t)r->w;
    return ((size_t)r->y0 + i / w) * (size_t)r->width + (size_t)r->x0 + i % w;
}
static inline size_t attr_picture_number(const attr_region *r, size_t place) {
    size_t width = (size_t)r->width;
    return (place / width - (size_t)r->y0) * (size_t)r->w + place % width - (size_t)r->x0;
}

/* ATTR_BAD_INPUT unless the region lies in an input of that shape and is not empty. */
attr_status attr_check_region(const attr_region *r, int channels, int height, int width);

/* True when all of the picture's pixels have the same value in the map [height][width]. */
bool attr_map_is_constant(const double *map, const attr_region *r);

/* order[attr_picture_pixels()]: their places, largest value of the map first (`rising`: smallest first), of equal ones
 * the first in reading order. */
attr_status attr_order_of_picture(size_t *order, const double *map, const attr_region *r, bool rising);

/* chosen[0 .. count-1]: numbers of `count` different ones of `n` things, every subset as likely as any other: the
 * first steps of a Fisher-Yates shuffle in which draw j takes thing j + floor(bits * (n - j) / 2^32). `chosen` has room
 * for n and holds a permutation afterwards; seed, part, sample: of stream ATTR_STREAM_SUBSETS or ATTR_STREAM_SEEDS. */
attr_status attr_draw_subset(size_t *chosen, size_t count, size_t n, uint64_t seed, attr_stream stream, uint32_t part,
                             uint64_t sample);

#endif
