/* The picture that is painted, as a function of free parameters: a spectrum (spectrum.h) for each of three planes of
 * decorrelated colours, the colour matrix of natural pictures, a sigmoid. Values are in (0, 1), as Darknet's inputs.
 *
 *   x = sigmoid(A v)    v: the planes at a pixel; A = [[.26, .09, .02], [.27, 0, -.05], [.27, -.09, .03]] divided by
 * the largest Euclidean norm of its columns (lucid's matrix, as in torch-dreams 2.3.1)
 *
 * With one channel A is 1. Parameters are [channels][of a spectrum]. */
#ifndef ATTR_DREAMS_CANVAS_H
#define ATTR_DREAMS_CANVAS_H

#include <stdint.h>

#include "dreams/spectrum.h"

typedef struct {
    int channels, height, width;
    size_t parameters, pixels; /* in all; of a plane */
    double colours[3][3];
    attr_spectrum *spectrum;
    double *planes; /* [channels][height][width] */
} attr_canvas;

/* `channels` is 1 or 3. Released with attr_canvas_free, also after a failure. */
attr_status attr_canvas_make(attr_canvas *out, int channels, int height, int width);
void attr_canvas_free(attr_canvas *canvas);

/* Where an optimisation starts: 0.01 x the normals of stream ATTR_STREAM_DREAM, part 0. Nearly grey. */
void attr_canvas_start(double *parameters, const attr_canvas *canvas, uint64_t seed);

/* x [channels][height][width] of parameters. */
void attr_canvas_paint(double *x, attr_canvas *canvas, const double *parameters);

/* From the derivative by x, which was painted last, to the derivative by its parameters. */
void attr_canvas_transpose(double *by_parameters, attr_canvas *canvas, const double *x, const double *by_x);

#endif
