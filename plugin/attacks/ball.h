/* The inputs that an attack may come to: those of which no number is further than epsilon from the attacked one's and
 * that are pictures, all numbers being in [0, 1]. The bars of a letterbox are no part of the picture and stay. */
#ifndef ATTR_ATTACKS_BALL_H
#define ATTR_ATTACKS_BALL_H

#include "methods/baseline.h"

typedef struct {
    const float *x;     /* the middle, [channels][height][width] */
    attr_region region; /* where the picture is in it */
    double epsilon;     /* 0..1; infinite: no bound */
} attr_ball;

/* Calls body for every number of the picture: `at` is where it stands in the input. */
#define ATTR_FOR_PICTURE(region, at, body)                                                                             \
    for (int attr_c = 0; attr_c < (region)->channels; ++attr_c)                                                        \
        for (int attr_y = (region)->y0; attr_y < (region)->y0 + (region)->h; ++attr_y)                                 \
            for (int attr_i = (region)->x0; attr_i < (region)->x0 + (region)->w; ++attr_i) {                           \
                const size_t at =                                                                                      \
                    ((size_t)attr_c * (size_t)(region)->height + (size_t)attr_y) * (size_t)(region)->width +           \
                    (size_t)attr_i;                                                                                    \
                body                                                                                                   \
            }

size_t attr_ball_numbers(const attr_ball *ball); /* of the whole input */

/* The nearest input of the ball, number by number. */
void attr_ball_project(float *y, const attr_ball *ball);

/* The nearest numbers of the ball that a picture of 8 bits can have, k / 255; where it has none (it can be so with an
 * epsilon below 1 / 510), the nearest of all. A PNG of them is read back to the same numbers. */
void attr_ball_round(float *y, const attr_ball *ball);

/* How far y is from the middle. */
typedef struct {
    double largest, euclidean; /* l-infinity, l2 */
} attr_distance;
attr_distance attr_ball_distance(const float *y, const attr_ball *ball);

#endif
