/* Groups of one channel: every channel is a convolution of its own, so a vector holds sixteen of them. Packed weights
 * are [block][area][16]. */
#include "kernels/simd/steps.h"

/* The tap of a class for one vector of channels: its weights, and its distance in a row. */
typedef struct {
    const attr_blocked_conv *conv;
    const attr_pixel_class *class;
    const float *weights;
    const float *from, *scale; /* one sample and block; scale and positive may be NULL */
    const signed char *positive;
    float slope;
} row_source;

static inline vector sum_pixel(const row_source *s, int i, int j) {
    const attr_blocked_conv *c = s->conv;
    const attr_pixel_class *class = s->class;
    vector sum = {0};
    for (int t = 0; t < class->taps; ++t) {
        int y = i * class->advance + class->dy[t], x = j * class->advance + class->dx[t];
        if (y < 0 || y >= c->from_h || x < 0 || x >= c->from_w) continue;
        size_t at = ((size_t)y * c->from_w + x) * lanes;
        vector weight =
            __builtin_convertvector(*(const float_vector *)(s->weights + (size_t) class->tap[t] * lanes), vector);
        sum += weight * read_values(s->from + at, s->positive ? s->positive + at : NULL, s->slope, s->scale);
    }
    return sum;
}

static void run_row(float *to, signed char *positive, const row_source *s, const vector_finish *finish, int i) {
    const attr_pixel_class *class = s->class;
    size_t y = class->first_y + i * class->step;
    for (int j = 0; j < class->columns; ++j) {
        size_t x = class->first_x + j * class->step;
        size_t at = (y * s->conv->to_w + x) * lanes;
        store_sum(to + at, positive ? positive + at : NULL, sum_pixel(s, i, j), finish);
    }
}

void S(attr_depthwise_run)(float *to, const float *from, const attr_blocked_conv *c, const attr_gate *gate,
                           const attr_finish *finish, int count, int threads) {
    size_t from_plane = (size_t)c->from_h * c->from_w * lanes, to_plane = (size_t)c->to_h * c->to_w * lanes;
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int item = 0; item < count * c->to_blocks; ++item) {
        size_t block = item % c->to_blocks, channel = block * lanes;
        for (int lane = 0; lane < lanes; lane += vector_lanes) {
            vector_finish f = finish_of(finish, (int)channel + lane);
            row_source s = {.conv = c,
                            .weights = c->packed + channel * c->area + lane,
                            .from = from + item * from_plane + lane,
                            .positive = gate->positive ? gate->positive + item * from_plane + lane : NULL,
                            .scale = gate->scale ? gate->scale + channel + lane : NULL,
                            .slope = gate->slope};
            for (int k = 0; k < c->classes; ++k) {
                s.class = &c->class[k];
                for (int i = 0; i < s.class->rows; ++i)
                    run_row(to + item * to_plane + lane,
                            finish->positive ? finish->positive + item * to_plane + lane : NULL, &s, &f, i);
            }
        }
    }
}
