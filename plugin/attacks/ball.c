#include "attacks/ball.h"

#include <math.h>
#include <string.h>

size_t attr_ball_numbers(const attr_ball *ball) {
    const attr_region *r = &ball->region;
    return (size_t)r->channels * (size_t)r->height * (size_t)r->width;
}

static double low(const attr_ball *ball, size_t at) {
    return fmax(0, ball->x[at] - ball->epsilon);
}

static double high(const attr_ball *ball, size_t at) {
    return fmin(1, ball->x[at] + ball->epsilon);
}

/* Puts back what is not of the picture. */
static void restore_bars(float *y, const attr_ball *ball) {
    const attr_region *r = &ball->region;
    for (int line = 0; line < r->channels * r->height; ++line) {
        int row = line % r->height;
        size_t first = (size_t)line * (size_t)r->width, left = (size_t)r->x0, end = (size_t)(r->x0 + r->w);
        if (row < r->y0 || row >= r->y0 + r->h) left = end = (size_t)r->width;
        memcpy(y + first, ball->x + first, left * sizeof *y);
        memcpy(y + first + end, ball->x + first + end, ((size_t)r->width - end) * sizeof *y);
    }
}

void attr_ball_project(float *y, const attr_ball *ball) {
    restore_bars(y, ball);
    ATTR_FOR_PICTURE(&ball->region, at, { y[at] = (float)fmin(fmax(y[at], low(ball, at)), high(ball, at)); })
}

/* So little more than a step of 8 bits makes up for the rounding of x + epsilon. */
static const double slack = 1e-5;

void attr_ball_round(float *y, const attr_ball *ball) {
    restore_bars(y, ball);
    ATTR_FOR_PICTURE(&ball->region, at, {
        double least = ceil(255 * low(ball, at) - slack);
        double most = floor(255 * high(ball, at) + slack);
        double step = rint(255 * (double)y[at]);
        if (least <= most) step = fmin(fmax(step, least), most);
        y[at] = (float)(fmin(fmax(step, 0), 255) / 255.);
    })
}

attr_distance attr_ball_distance(const float *y, const attr_ball *ball) {
    attr_distance d = {0, 0};
    size_t n = attr_ball_numbers(ball);
    for (size_t i = 0; i < n; ++i) {
        double difference = fabs((double)y[i] - (double)ball->x[i]);
        d.largest = fmax(d.largest, difference);
        d.euclidean += difference * difference;
    }
    d.euclidean = sqrt(d.euclidean);
    return d;
}
