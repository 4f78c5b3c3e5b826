/* Any size and stride: values are gathered as they are, one point, a unit is a pixel. */
#include "kernels/simd/steps.h"
#include "kernels/simd/transpose.h"

/* n pixels, `step` pixels apart where they are read, side by side where they are written. */
ALWAYS_INLINE void read_pixels(real *to, const float *from, const attr_signs *positive, const float *scale, float slope,
                               int n, int step) {
    for (int i = 0; i < n; ++i, to += lanes, from += step * lanes) {
        for (int lane = 0; lane < lanes; lane += vector_lanes)
            *(vector *)(to + lane) = read_values(from + lane, positive, lane, slope, scale ? scale + lane : NULL);
        if (positive) positive += step;
    }
}

/* The same with what is the same for all pixels known to the compiler. */
static void read_run(real *to, const float *from, const attr_signs *positive, const float *scale, float slope, int n,
                     int step) {
    if (!positive && !scale)
        read_pixels(to, from, NULL, NULL, 1, n, step);
    else if (!positive)
        read_pixels(to, from, NULL, scale, 1, n, step);
    else if (!scale)
        read_pixels(to, from, positive, NULL, slope, n, step);
    else
        read_pixels(to, from, positive, scale, slope, n, step);
}

/* A run of units that are wanted in one row of one sample, and where it begins in the panel. */
typedef struct {
    attr_unit_place place;
    int first, length;
} unit_run;

static int find_runs(unit_run runs[], const attr_unit_block *u) {
    int count = 0;
    for (int i = 0; i < u->count; ++count) {
        int left = u->columns - (u->first + i) % u->units_of_sample % u->columns, length = smaller(left, u->count - i);
        runs[count] = (unit_run){attr_place_of(u, i), i, length};
        i += length;
    }
    return count;
}

/* What a run reads for one tap: zeros, pixels, zeros. */
static void read_tap(real *to, const float *plane, const attr_signs *positive, const float *scale, float slope,
                     const attr_unit_block *u, const unit_run *run, int tap) {
    const attr_blocked_conv *c = u->conv;
    const attr_pixel_class *class = u->class;
    int y = run->place.i * class->advance + class->dy[tap], x = run->place.j * class->advance + class->dx[tap];
    int step = class->advance, before = 0, end = 0; /* units before .. end-1 read the picture */
    if (y >= 0 && y < c->from_h) {
        before = x < 0 ? (-x + step - 1) / step : 0;
        end = x < c->from_w ? (c->from_w - x + step - 1) / step : 0;
    }
    if (before > run->length) before = run->length;
    if (end > run->length) end = run->length;
    if (end < before) end = before;
    ptrdiff_t at = ((ptrdiff_t)y * c->from_w + x + (ptrdiff_t)before * step) * lanes;
    memset(to, 0, (size_t)before * lanes * sizeof *to);
    if (end > before)
        read_run(to + before * lanes, plane + at, SIGNS_AT(positive, at), scale, slope, end - before, step);
    memset(to + end * lanes, 0, (size_t)(run->length - end) * lanes * sizeof *to);
}

static void read(real *values, const float *from, const attr_unit_block *u, const attr_gate *gate, int block,
                 int blocks) {
    const attr_blocked_conv *c = u->conv;
    size_t plane = (size_t)c->from_h * c->from_w * lanes;
    unit_run runs[attr_most_units];
    int count = find_runs(runs, u);
    for (int j = 0; j < blocks; ++j) {
        size_t channel_block = (size_t)u->group * c->from_blocks + block + j;
        const float *scale = gate->scale ? gate->scale + channel_block * lanes : NULL;
        for (int tap = 0; tap < u->class->taps; ++tap) {
            real *to = values + ((size_t)j * u->class->taps + tap) * c->most_units * lanes;
            for (int r = 0; r < count; ++r) {
                size_t offset = runs[r].place.sample * u->from_sample + channel_block * plane;
                read_tap(to + runs[r].first * lanes, from + offset, SIGNS_AT(gate->positive, offset), scale,
                         gate->slope, u, &runs[r], tap);
            }
        }
    }
}

/* [depth_lanes][tile_columns] of a square of packed weights [from][to] or, `exchanged`, [to][from]. */
ALWAYS_INLINE void weigh_square(real *out, const float *square, int depth_lanes, int exchanged) {
    if (!exchanged) {
        for (int d = 0; d < depth_lanes; ++d)
            for (int lane = 0; lane < lanes; lane += vector_lanes)
                *(vector *)(out + d * tile_columns + lane) = read_floats(square + d * lanes + lane);
        return;
    }
    for (int d = 0; d < depth_lanes; d += vector_lanes)
        for (int lane = 0; lane < lanes; lane += vector_lanes) {
            vector part[vector_lanes];
            UNROLL for (int i = 0; i < vector_lanes; ++i) part[i] = read_floats(square + (lane + i) * lanes + d);
            transpose(part);
            UNROLL for (int i = 0; i < vector_lanes; ++i) if (d + i < depth_lanes) *
                (vector *)(out + (d + i) * tile_columns + lane) = part[i];
        }
}

static void weigh(real *weights, const attr_unit_block *u, int column, int block, int blocks, int row) {
    (void)row;
    const attr_blocked_conv *c = u->conv;
    const attr_pixel_class *class = u->class;
    for (int part = 0; part < tile_columns && column + part < c->to_blocks * lanes; part += lanes) {
        real *out = weights + part;
        for (int j = 0; j < blocks; ++j) {
            for (int t = 0; t < class->taps; ++t, out += c->depth_lanes * tile_columns) {
                const float *square =
                    attr_packed_square(c, u->group, block + j, (column + part) / lanes, class->tap[t]);
                if (c->transposed)
                    weigh_square(out, square, c->depth_lanes, 1);
                else
                    weigh_square(out, square, c->depth_lanes, 0);
            }
        }
    }
}

static void write(float *to, const real *sums, const attr_unit_block *u, const attr_finish *finish, int column) {
    const attr_blocked_conv *c = u->conv;
    const attr_pixel_class *class = u->class;
    size_t plane = (size_t)c->to_h * c->to_w * lanes;
    unit_run runs[attr_most_units];
    int count = find_runs(runs, u);
    for (int part = 0; part < tile_columns && column + part < c->to_blocks * lanes; part += vector_lanes) {
        int channel = u->group * c->to_blocks * lanes + column + part;
        vector_finish f = finish_of(finish, channel);
        for (int r = 0; r < count; ++r) {
            size_t y = class->first_y + runs[r].place.i * class->step;
            size_t x = class->first_x + runs[r].place.j * class->step;
            float *at = to + runs[r].place.sample * u->to_sample + channel / lanes * plane + channel % lanes +
                        (y * c->to_w + x) * lanes;
            const real *sum = sums + (size_t)runs[r].first * tile_columns + part;
            attr_signs *positive = SIGNS_AT(finish->positive, at - to);
            for (int i = 0; i < runs[r].length; ++i, sum += tile_columns) {
                size_t pixel = (size_t)i * class->step;
                store_sum(at + pixel * lanes, positive ? positive + pixel : NULL, *(const vector *)sum, &f);
            }
        }
    }
}

/* Where the vectors of the columns from `column` on go for the first unit of a run. */
static void find_stored(attr_stored to[tile_vectors], float *results, const attr_unit_block *u, const unit_run *run,
                        const attr_finish *finish, int column) {
    const attr_blocked_conv *c = u->conv;
    const attr_pixel_class *class = u->class;
    size_t plane = (size_t)c->to_h * c->to_w * lanes;
    size_t y = class->first_y + run->place.i * class->step, x = class->first_x + run->place.j * class->step;
    for (int v = 0; v < attr_vectors_of(c, column); ++v) {
        int channel = u->group * c->to_blocks * lanes + column + v * vector_lanes;
        size_t at =
            run->place.sample * u->to_sample + channel / lanes * plane + channel % lanes + (y * c->to_w + x) * lanes;
        to[v] = (attr_stored){results + at, SIGNS_AT(finish->positive, at), class->step, finish_of(finish, channel)};
    }
}

/* As even parts of a run as there are rows of registers for. */
static void multiply_and_write(float *results, const real *values, const real *weights, const attr_unit_block *u,
                               const attr_finish *finish, int column) {
    const attr_blocked_conv *c = u->conv;
    unit_run runs[attr_most_units];
    attr_stored to[tile_vectors];
    int count = find_runs(runs, u), vectors = attr_vectors_of(c, column);
    for (int k = 0; k < count; ++k) {
        int parts = (runs[k].length + tile_rows - 1) / tile_rows, first = 0;
        find_stored(to, results, u, &runs[k], finish, column);
        for (int part = 1; part <= parts; ++part) {
            int end = runs[k].length * part / parts;
            S(attr_multiply_and_store)
            (to, values + (size_t)(runs[k].first + first) * lanes, weights, c->from_blocks * u->class->taps,
             c->depth_lanes, (size_t)c->most_units * lanes, end - first, vectors);
            for (int v = 0; v < vectors; ++v) {
                size_t pixels = (size_t)(end - first) * to[v].step;
                to[v].first += pixels * lanes;
                if (to[v].positive) to[v].positive += pixels;
            }
            first = end;
        }
    }
}

const attr_steps S(attr_gather_steps) = {read, weigh, write, multiply_and_write};
