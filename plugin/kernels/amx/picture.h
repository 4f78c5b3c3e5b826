/* Convolutions of a picture and towards one on matrix units: picture_from.c, with sums as those of ATTR_SUM_F64, and
 * picture_to.c, with those of ATTR_SUM_F32. */
#ifndef ATTR_KERNELS_AMX_PICTURE_H
#define ATTR_KERNELS_AMX_PICTURE_H

#include "kernels/amx/amx.h"

void attr_amx_picture_from_run(float *to, const float *from, const attr_blocked_conv *c, const attr_gate *gate,
                               const attr_finish *finish, int count, void *scratch, size_t scratch_each, int threads);
void attr_amx_picture_to_run(float *to, const float *from, const attr_blocked_conv *c, const attr_gate *gate,
                             const attr_finish *finish, int count, void *scratch, size_t scratch_each, int threads);

/* Bytes of working memory of a thread. */
size_t attr_amx_picture_from_scratch(const attr_blocked_conv *c);
size_t attr_amx_picture_to_scratch(const attr_blocked_conv *c);

/* Whether the sums of a window in single precision are as exact as other ones: of few enough products. */
int attr_amx_picture_from_can(const attr_conv_shape *s);

/* ---- From a picture: windows (see picture_from.c) */

/* Numbers (of two bf16) of a column, steps of 16 numbers of a window, numbers of the line of a row of results. */
typedef struct {
    int pairs, steps, length;
} attr_amx_windows;
attr_amx_windows attr_amx_windows_of(const attr_blocked_conv *c);

/* Numbers of weights of two blocks of results. */
size_t attr_amx_window_weights(const attr_amx_windows *w);

/* ---- Towards a picture: bands of rows (see picture_to.c) */

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

/* Numbers of the lines of a band. */
size_t attr_amx_band_lines(const attr_amx_band *b);

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
