/* A run on matrix units: panels, products, results. Compiled for AVX-512 with AMX. */
#include "kernels/amx/amx.h"

#include <omp.h>
#include <string.h>

#include "kernels/amx/picture.h"
#include "kernels/simd/simd.h"

/* Where things are. */
typedef struct {
    uint32_t *values, *weights;
    char *sums;
} panels;

/* ---- Products */

static void multiply(void *sums, const panels *p, const attr_unit_block *u, const attr_amx_lines *l, int blocks,
                     int tiles, int fresh) {
    const attr_blocked_conv *c = u->conv;
    const attr_pixel_class *class = u->class;
    int strips = attr_parts(u->count, attr_amx_rows), times = attr_amx_times(c, class);
    int count = (blocks + 1) / 2 * times;
    size_t part = (size_t)attr_amx_line(l, u->count) * lanes, plane = c->parts * part;
    size_t weights = (size_t)c->simd->columns / lanes * c->parts * attr_amx_tile;
    if (count == 0 && fresh) memset(sums, 0, (size_t)strips * attr_amx_rows * c->simd->columns * c->simd->element);
    int most = c->parts == 1 ? attr_amx_steps_of_one_part : attr_amx_steps;
    for (int first = 0; first < count; first += most) {
        attr_amx_step steps[attr_amx_steps_of_one_part];
        int many = count - first < most ? count - first : most;
        for (int i = 0; i < many; ++i) {
            int pair = (first + i) / times;
            attr_amx_tap tap = attr_amx_tap_of(l, class, attr_amx_taps_of(c, (first + i) % times).first);
            steps[i].values =
                p->values + (pair * l->planes + tap.plane) * plane + (size_t)(tap.offset - l->first) * lanes;
            steps[i].weights = p->weights + (first + i) * weights;
        }
        if (!attr_amx_is_single(c))
            attr_amx_multiply_f64(sums, steps, many, strips, part, tiles, fresh && first == 0);
        else
            attr_amx_multiply_f32(sums, steps, many, strips, part, c->parts, tiles, fresh && first == 0);
    }
}

/* ---- A block of units, a run */

/* All products of a chunk of channels: a few blocks at a time, so that their weights stay in the cache. */
static void multiply_chunk(void *sums, const panels *p, const attr_unit_block *u, const attr_amx_lines *l, int column,
                           int block, int blocks, int tiles) {
    const attr_blocked_conv *c = u->conv;
    size_t pair = (size_t)l->planes * c->parts * attr_amx_line(l, u->count) * lanes;
    int some = 2 * attr_amx_panel_pairs(u->class->taps);
    for (int first = 0; first < blocks; first += some) {
        int many = blocks - first < some ? blocks - first : some;
        panels here = {p->values + first / 2 * pair, p->weights, p->sums};
        attr_amx_weigh(p->weights, u, column, block + first, many);
        multiply(sums, &here, u, l, many, tiles, block + first == 0);
    }
}

/* Values are read once for all classes. */
static void run_block(float *to, const float *from, const panels *p, attr_unit_block *u, const attr_amx_lines *l,
                      const attr_gate *gate, const attr_finish *finish, int column, int end, int samples) {
    const attr_blocked_conv *c = u->conv;
    size_t columns = (size_t)c->simd->columns, panel = columns * c->most_units * c->simd->element;
    for (int block = 0; block < c->from_blocks; block += c->chunk_blocks) {
        int left = c->from_blocks - block, blocks = left < c->chunk_blocks ? left : c->chunk_blocks;
        attr_amx_read(p->values, from, u, gate, l, block, blocks);
        for (int item = 0; item < (end - column) / c->simd->columns * c->classes; ++item) {
            int k = column + item / c->classes * c->simd->columns, tiles = c->to_blocks - k / lanes;
            char *sums = p->sums + (blocks < c->from_blocks ? item * panel : 0);
            if (tiles > c->simd->columns / lanes) tiles = c->simd->columns / lanes;
            u->class = &c->class[item % c->classes];
            multiply_chunk(sums, p, u, l, k, block, blocks, tiles);
            for (int tile = 0; left == blocks && tile < tiles; ++tile)
                attr_amx_write(to, sums, tile, u, l, finish, k / lanes + tile, samples);
        }
    }
}

static panels panels_of(char *scratch, const attr_blocked_conv *c) {
    size_t steps = attr_amx_panel_steps, tiles = (size_t)c->simd->columns / lanes;
    for (int k = 0; k < c->classes; ++k)
        if (steps < (size_t)c->class[k].taps) steps = (size_t)c->class[k].taps;
    panels p = {.sums = scratch};
    p.weights = (uint32_t *)(p.sums + attr_amx_sums(c));
    p.values = p.weights + steps * tiles * c->parts * attr_amx_tile;
    return p;
}

/* How a run is cut into blocks of units. */
typedef struct {
    attr_amx_lines lines; /* of all samples, one after the other */
    int across;           /* samples side by side; 0: none */
    int first, wanted;    /* units of a sample whose results are wanted: the first, how many */
    int step;             /* units of a sample that stay together: a row, those of a row of maxima, a pixel */
    int pieces;           /* of a sample, if blocks of units are parts of one; 0: they are cut anywhere */
    attr_cut cut;
} division;

/* The rows of the class with most that are wanted; of maxima both that they have. Columns are all computed. */
static attr_span rows_of(const attr_blocked_conv *c, const attr_finish *finish) {
    attr_area wanted = finish->wanted;
    if (finish->pooling && !attr_has_pixels(wanted)) wanted.rows = (attr_span){0, finish->pooling->h};
    if (finish->pooling) wanted = (attr_area){{2 * wanted.rows.first, 2 * wanted.rows.end}, {0, c->to_w}};
    return attr_class_area(c, c->class, wanted).rows;
}

/* Blocks that are parts of a sample leave out what is not wanted of it, and do not begin within a row of maxima. */
static division division_of(const attr_blocked_conv *c, const attr_finish *finish, int count, int threads) {
    division d = {.lines = attr_amx_lines_of(c, 0, count, 1), .across = attr_amx_across(c)};
    attr_span rows = rows_of(c, finish);
    int row = c->row ? c->row : d.lines.pitch, units = count * d.lines.rows * d.lines.pitch, most = c->most_units;
    d.first = rows.first * row;
    d.wanted = (rows.end - rows.first) * row;
    d.step = c->row ? 1 : finish->pooling ? 2 * row : row;
    if (d.across) {
        units = count;
        most = d.across;
    } else if (finish->pooling || (attr_has_pixels(finish->wanted) && d.step <= most)) {
        d.pieces = attr_parts(attr_parts(d.wanted, d.step), most / d.step);
        units = count * d.pieces;
        most = 1;
    }
    d.cut = attr_cut_of(c, units, most, threads);
    return d;
}

/* The units of block number n, and the lines they are of; none: it has none. */
static attr_amx_lines units_of(attr_unit_block *u, const division *d, int n) {
    const attr_cut *t = &d->cut;
    attr_amx_lines l = d->lines;
    u->first = (int)((long)t->units * n / t->blocks);
    u->count = (int)((long)t->units * (n + 1) / t->blocks) - u->first;
    if (u->count > 0 && d->across) {
        l = attr_amx_lines_of(u->conv, u->first, u->first + u->count, u->count);
        u->first = d->first * l.across;
        u->count = d->wanted * l.across;
    } else if (u->count > 0 && d->pieces) {
        int sample = u->first / d->pieces, piece = u->first % d->pieces, steps = attr_parts(d->wanted, d->step);
        int first = steps * piece / d->pieces * d->step;
        u->count = smaller(steps * (piece + 1) / d->pieces * d->step, d->wanted) - first;
        u->first = sample * l.rows * l.pitch + d->first + first;
    }
    return l;
}

static void run(float *to, const float *from, const attr_blocked_conv *c, const attr_gate *gate,
                const attr_finish *finish, int count, void *scratch, size_t scratch_each, int threads) {
    int columns = (c->to_blocks * lanes + c->simd->columns - 1) / c->simd->columns;
    if (c->kind == ATTR_CONV_AMX_TO) {
        attr_amx_picture_to_run(to, from, c, gate, finish, count, scratch, scratch_each, threads);
        return;
    }
    const division d = division_of(c, finish, count, threads);
    const int parts = d.cut.parts;
#pragma omp parallel num_threads(threads)
    {
        panels p = panels_of((char *)scratch + omp_get_thread_num() * scratch_each, c);
        attr_amx_begin();
#pragma omp for schedule(dynamic) nowait
        for (int item = 0; item < d.cut.blocks * parts; ++item) {
            attr_unit_block u = {.conv = c,
                                 .class = c->class,
                                 .from_sample = (size_t)c->from_blocks * lanes * c->from_h * c->from_w,
                                 .to_sample = (size_t)c->to_blocks * lanes * c->to_h * c->to_w};
            attr_amx_lines l = units_of(&u, &d, item / parts);
            int part = item % parts, first = columns * part / parts, end = columns * (part + 1) / parts;
            if (u.count > 0)
                run_block(to, from, &p, &u, &l, gate, finish, first * c->simd->columns, end * c->simd->columns, count);
        }
        attr_amx_end();
    }
}

const attr_simd attr_simd_amx_f64 = {sizeof(double), 2 * lanes, run, NULL, NULL};
const attr_simd attr_simd_amx_f32 = {sizeof(float), 4 * lanes, run, NULL, NULL};
