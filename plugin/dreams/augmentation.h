/* Random views of a picture, so that an optimisation cannot rely on single pixels: turned, made larger or smaller in
 * each direction, moved; the view has the picture's size.
 *
 *   out(p) = in(q)    q = c + R(-angle) ((p - shift - c) / scale)    c: the picture's centre, p, q: (y, x)
 *
 * read bilinearly; what lies outside of the picture is grey .5, as in Darknet's letterbox. First turned, then resized,
 * as torch-dreams does, but in one reading of the picture and cut or padded to its size, because a Darknet network has
 * one size. Without turn, scale and shift it is the picture itself, bit for bit. */
#ifndef ATTR_DREAMS_AUGMENTATION_H
#define ATTR_DREAMS_AUGMENTATION_H

#include <stdint.h>

/* What views are drawn from. torch-dreams 2.3.1: 15, 0.5, 1.2, 0. */
typedef struct {
    double rotation;                      /* up to so many degrees to both sides */
    double smallest_scale, largest_scale; /* for height and width each its own */
    double jitter;                        /* up to so many pixels to all sides */
} attr_augmentation_range;

typedef struct {
    double angle; /* in radians; from the x axis to the y axis, which points downwards */
    double scale_y, scale_x, shift_y, shift_x;
} attr_augmentation;

/* All evenly distributed: elements 0 to 4 of stream ATTR_STREAM_DREAM, part 1, sample `step`, in the order of the
 * struct. */
attr_augmentation attr_augmentation_draw(const attr_augmentation_range *range, uint64_t seed, uint64_t step);

/* out = view of in, both [channels][height][width]. */
void attr_augmentation_apply(double *out, const double *in, int channels, int height, int width,
                             const attr_augmentation *a);

/* From the derivative by the view to the derivative by the picture: the transpose of the map's linear part. */
void attr_augmentation_transpose(double *by_in, const double *by_out, int channels, int height, int width,
                                 const attr_augmentation *a);

#endif
