#include "metrics/polygon_mask.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { samples = 4 }; /* along a side */

/* The first of so many samples, (i + 1/2) / 4, that is at x or right of it; `count` if none is. */
static size_t first_sample(double x, size_t count) {
    double i = ceil(x * samples - .5);
    return i <= 0 ? 0 : i >= (double)count ? count : (size_t)i;
}

/* Marks in turns[count + 1] the samples of a line at height y from which on another edge has been passed. An edge holds
 * its upper end and not its lower one. */
static void mark_turns(unsigned char *turns, size_t count, double y, const attr_corner *corners, size_t corner_count) {
    memset(turns, 0, count + 1);
    for (size_t i = 0; i < corner_count; ++i) {
        attr_corner a = corners[i], b = corners[i + 1 < corner_count ? i + 1 : 0];
        if ((a.y <= y) == (b.y <= y)) continue;
        turns[first_sample(a.x + (y - a.y) / (b.y - a.y) * (b.x - a.x), count)] ^= 1;
    }
}

/* Adds a line's samples to the pixels of its row. */
static void add_line(double *row, const unsigned char *turns, size_t count) {
    int inside = 0;
    for (size_t i = 0; i < count; ++i) {
        inside ^= turns[i];
        row[i / samples] += inside / (double)(samples * samples);
    }
}

attr_status attr_polygon_mask(double *mask, int height, int width, const attr_corner *corners, size_t count) {
    size_t along = (size_t)width * samples, down = (size_t)height * samples;
    unsigned char *turns = NULL;
    ATTR_TRY(attr_allocate(&turns, along + 1, 1, "a line of a mask"));
    memset(mask, 0, (size_t)height * (size_t)width * sizeof *mask);
    for (size_t line = 0; line < down; ++line) {
        mark_turns(turns, along, ((double)line + .5) / samples, corners, count);
        add_line(mask + line / samples * (size_t)width, turns, along);
    }
    free(turns);
    return ATTR_OK;
}
