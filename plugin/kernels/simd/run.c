/* A run: blocks of units and parts of the result channels are shared among the threads; each goes through read, weigh,
 * multiply and write with panels of its own. */
#include <omp.h>

#include "kernels/simd/steps.h"

typedef struct {
    real *values, *weights, *sums;
} panels;

static panels panels_of(char *scratch, const attr_blocked_conv *c, int taps) {
    size_t rows = attr_panel_rows(c);
    panels p = {.values = (real *)scratch};
    p.weights = p.values + rows * rows * attr_values_stride(c, taps);
    p.sums = p.weights + attr_panel_weights(c) * attr_weights_stride(c, taps, tile_columns);
    return p;
}

/* One chunk of channels into the sums of one row of points and one range of columns. */
static void multiply_chunk(real *sums, const panels *p, const attr_unit_block *u, int column, int blocks, int row,
                           int fresh) {
    const attr_blocked_conv *c = u->conv;
    int taps = u->class->taps, parts = attr_parts(u->count, tile_rows), points = attr_panel_rows(c);
    int vectors = attr_vectors_of(c, column);
    size_t values_block = (size_t)c->most_units * lanes;
    for (int i = 0; i < points; ++i) {
        size_t point = (size_t)row * points + i;
        const real *values = p->values + point * attr_values_stride(c, taps);
        int last_weights = attr_panel_weights(c) - 1, weights_of = i < last_weights ? i : last_weights;
        const real *weights = p->weights + weights_of * attr_weights_stride(c, taps, tile_columns);
        for (int part = 0; part < parts; ++part) {
            int first = u->count * part / parts, last = u->count * (part + 1) / parts;
            S(attr_multiply)
            (sums + (point * c->most_units + first) * tile_columns, values + first * lanes, weights, blocks * taps,
             c->depth_lanes, values_block, last - first, vectors, fresh);
        }
    }
}

/* The columns column .. end-1 of a block of units. For a chunk of channels and a row of points the values of all units
 * and the weights of one range of columns are in the second-level cache; the sums of all columns wait in a larger one.
 */
static void run_block(float *to, const float *from, const panels *p, const attr_unit_block *u, const attr_steps *steps,
                      const attr_gate *gate, const attr_finish *finish, int column, int end) {
    const attr_blocked_conv *c = u->conv;
    int rows = attr_panel_rows(c);
    size_t sums_size = (size_t)rows * rows * c->most_units * tile_columns;
    int chunks = attr_parts(c->from_blocks, c->chunk_blocks);
    for (int chunk = 0; chunk < chunks; ++chunk) {
        int block = chunk * c->chunk_blocks, left = c->from_blocks - block;
        int blocks = left < c->chunk_blocks ? left : c->chunk_blocks;
        steps->read(p->values, from, u, gate, block, blocks);
        for (int row = 0; row < rows; ++row) {
            int last = chunk == chunks - 1 && row == rows - 1;
            for (int k = column; k < end; k += tile_columns) {
                real *sums = p->sums + (size_t)(k - column) / tile_columns * sums_size;
                steps->weigh(p->weights, u, k, block, blocks, row);
                if (chunks == 1 && steps->multiply_and_write) {
                    steps->multiply_and_write(to, p->values, p->weights, u, finish, k);
                    continue;
                }
                multiply_chunk(sums, p, u, k, blocks, row, chunk == 0);
                if (last) steps->write(to, sums, u, finish, k);
            }
        }
    }
}

/* Those of a class that are wanted, of all samples. Whole rows of pixels in one long row are one row. */
static attr_unit_block wanted_units(const attr_blocked_conv *c, const attr_pixel_class *class, attr_area wanted) {
    attr_unit_block u = {.conv = c, .class = class};
    attr_area area = attr_class_area(c, class, wanted);
    u.first_row = area.rows.first;
    u.first_column = area.columns.first;
    u.columns = area.columns.end - area.columns.first;
    u.units_of_sample = attr_has_pixels(area) ? (area.rows.end - area.rows.first) * u.columns : 0;
    if (c->row && u.columns == c->row) u.columns = u.units_of_sample;
    u.from_sample = (size_t)c->groups * c->from_blocks * lanes * c->from_h * c->from_w;
    u.to_sample = (size_t)c->groups * c->to_blocks * lanes * c->to_h * c->to_w;
    return u;
}

static void run(float *to, const float *from, const attr_blocked_conv *c, const attr_gate *gate,
                const attr_finish *finish, int count, void *scratch, size_t scratch_each, int threads) {
    const attr_steps *steps =
        c->kind == ATTR_CONV_WINOGRAD ? &S(attr_winograd_steps)[c->winograd] : &S(attr_gather_steps);
    int columns = (c->to_blocks * lanes + tile_columns - 1) / tile_columns;
    switch (c->kind) {
    case ATTR_CONV_DEPTHWISE:
        S(attr_depthwise_run)(to, from, c, gate, finish, count, scratch, scratch_each, threads);
        return;
    case ATTR_CONV_THIN_FROM:
        S(attr_thin_from_run)(to, from, c, gate, finish, count, scratch, scratch_each, threads);
        return;
    case ATTR_CONV_THIN_TO:
        S(attr_thin_to_run)(to, from, c, gate, finish, count, scratch, scratch_each, threads);
        return;
    default:
        break;
    }
#pragma omp parallel num_threads(threads)
    for (int k = 0; k < c->classes; ++k) {
        const attr_pixel_class *class = &c->class[k];
        attr_unit_block whole = wanted_units(c, class, finish->wanted);
        if (whole.units_of_sample == 0) continue;
        attr_cut t = attr_cut_of(c, count * whole.units_of_sample, c->most_units, threads);
#pragma omp for schedule(dynamic) nowait
        for (int item = 0; item < c->groups * t.blocks * t.parts; ++item) {
            panels p = panels_of((char *)scratch + omp_get_thread_num() * scratch_each, c, class->taps);
            attr_unit_block u = whole;
            int block = item / t.parts % t.blocks, part = item % t.parts;
            u.group = item / t.parts / t.blocks;
            u.first = (int)((long)t.units * block / t.blocks);
            u.count = (int)((long)t.units * (block + 1) / t.blocks) - u.first;
            if (u.count > 0)
                run_block(to, from, &p, &u, steps, gate, finish, columns * part / t.parts * tile_columns,
                          columns * (part + 1) / t.parts * tile_columns);
        }
    }
}

const attr_simd S(attr_simd) = {sizeof(real), tile_columns, run, S(attr_pack), S(attr_pack_sixteen)};
