/* Convolutions towards a picture on matrix units (picture_to.c), with sums as those of ATTR_SUM_F32. Those of a picture
 * are made in double precision: they decide the signs of most activations that a network has, and from what a picture
 * is these are the right ones. */
#ifndef ATTR_KERNELS_AMX_PICTURE_H
#define ATTR_KERNELS_AMX_PICTURE_H

#include "kernels/amx/amx.h"

void attr_amx_picture_to_run(float *to, const float *from, const attr_blocked_conv *c, const attr_gate *gate,
                             const attr_finish *finish, int count, void *scratch, size_t scratch_each, int threads);

/* Bytes of working memory of a thread. */
size_t attr_amx_picture_to_scratch(const attr_blocked_conv *c);

/* ---- Bands of rows */

enum {
    attr_amx_group = attr_lanes / attr_thin,        /* pixels of a row of a tile */
    attr_amx_strip = attr_amx_group * attr_amx_rows /* of a tile */
};

typedef struct {
    int rows;           /* of results of a class */
    int first, last;    /* rows that they read, from that of the first */
    int margin, length; /* pixels of a line before the first, and all */
    size_t part, row;   /* numbers of a part of a line, and of a row */
} attr_amx_band;
attr_amx_band attr_amx_band_of(const attr_blocked_conv *c);

/* Numbers of the lines of a band: [row][pair of blocks][part][length][16]. */
size_t attr_amx_band_lines(const attr_amx_band *b);

/* Fills those that rows first .. last-1 of the results of a sample's classes read. */
void attr_amx_read_band(uint32_t *lines, const attr_amx_band *b, const float *from, const attr_blocked_conv *c,
                        const attr_gate *gate, int sample, int first, int last);

/* What the results of a class read, from dy and dx on. A step has 32 channels of a pixel or, if there are no more than
 * 16, those of a pixel and the next; steps go from pixel to pixel, row by row, pair of blocks by pair of blocks. */
typedef struct {
    int dy, rows, dx, columns;
    int pairs, pixels, advance; /* of a row: so many steps, so many pixels from one to the next */
} attr_amx_reach;
attr_amx_reach attr_amx_reach_of(const attr_blocked_conv *c, const attr_pixel_class *class);

/* Numbers of weights of a class. */
size_t attr_amx_reach_weights(const attr_amx_reach *r, int parts);

#endif
