/* Any size and stride: values are gathered as they are, one point, a unit is a pixel. */
#include "kernels/simd/steps.h"

typedef struct {
    int sample, i, j; /* row and column in the class */
} unit_place;

static inline unit_place place_of(const attr_unit_block *u, int unit) {
    unit += u->first;
    int in_sample = unit % u->units_of_sample;
    return (unit_place){unit / u->units_of_sample, in_sample / u->class->columns, in_sample % u->class->columns};
}

static void read(real *values, const float *from, const attr_unit_block *u, const attr_gate *gate, int block,
                 int blocks) {
    const attr_blocked_conv *c = u->conv;
    const attr_pixel_class *class = u->class;
    size_t plane = (size_t)c->from_h * c->from_w * lanes;
    unit_place place[attr_most_units];
    for (int i = 0; i < u->count; ++i) place[i] = place_of(u, i);
    for (int j = 0; j < blocks; ++j) {
        size_t channel_block = (size_t)u->group * c->from_blocks + block + j;
        const float *scale = gate->scale ? gate->scale + channel_block * lanes : NULL;
        for (int t = 0; t < class->taps; ++t) {
            real *to = values + ((size_t)j * class->taps + t) * c->most_units * lanes;
            for (int i = 0; i < u->count; ++i, to += lanes) {
                int y = place[i].i * class->advance + class->dy[t], x = place[i].j * class->advance + class->dx[t];
                if (y < 0 || y >= c->from_h || x < 0 || x >= c->from_w) {
                    memset(to, 0, lanes * sizeof *to);
                    continue;
                }
                size_t at =
                    place[i].sample * u->from_sample + channel_block * plane + ((size_t)y * c->from_w + x) * lanes;
                for (int lane = 0; lane < lanes; lane += vector_lanes)
                    *(vector *)(to + lane) =
                        read_values(from + at + lane, gate->outputs ? gate->outputs + at + lane : NULL, gate->slope,
                                    scale ? scale + lane : NULL);
            }
        }
    }
}

static void weigh(real *weights, const attr_unit_block *u, int column, int block, int blocks) {
    const attr_blocked_conv *c = u->conv;
    const attr_pixel_class *class = u->class;
    for (int part = 0; part < tile_columns && column + part < c->to_blocks * lanes; part += lanes) {
        size_t to_block = (size_t)u->group * c->to_blocks + (column + part) / lanes;
        real *out = weights + part;
        for (int j = 0; j < blocks; ++j) {
            const float *packed = c->packed + (to_block * c->from_blocks + block + j) * c->area * lanes * lanes;
            for (int t = 0; t < class->taps; ++t) {
                const float *line = packed + (size_t) class->tap[t] * lanes * lanes;
                for (int d = 0; d < c->depth_lanes; ++d, line += lanes, out += tile_columns)
                    for (int lane = 0; lane < lanes; lane += vector_lanes)
                        *(vector *)(out + lane) = __builtin_convertvector(*(const float_vector *)(line + lane), vector);
            }
        }
    }
}

static void write(float *to, const real *sums, const attr_unit_block *u, const attr_finish *finish, int column) {
    const attr_blocked_conv *c = u->conv;
    const attr_pixel_class *class = u->class;
    size_t plane = (size_t)c->to_h * c->to_w * lanes;
    for (int part = 0; part < tile_columns && column + part < c->to_blocks * lanes; part += lanes) {
        int channel = u->group * c->to_blocks * lanes + column + part;
        vector_finish f[lanes / vector_lanes];
        for (int v = 0; v < lanes / vector_lanes; ++v) f[v] = finish_of(finish, channel + v * vector_lanes);
        for (int i = 0; i < u->count; ++i) {
            unit_place place = place_of(u, i);
            size_t y = class->first_y + place.i * class->step, x = class->first_x + place.j * class->step;
            float *at = to + place.sample * u->to_sample + channel / lanes * plane + (y * c->to_w + x) * lanes;
            const real *sum = sums + (size_t)i * tile_columns + part;
            for (int v = 0; v < lanes / vector_lanes; ++v)
                store_sum(at + v * vector_lanes, *(const vector *)(sum + v * vector_lanes), &f[v]);
        }
    }
}

const attr_steps S(attr_gather_steps) = {1, read, weigh, write};
