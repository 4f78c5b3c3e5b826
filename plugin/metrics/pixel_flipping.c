#include "metrics/pixel_flipping.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "metrics/pixel_walk.h"
#include "metrics/rank.h"

attr_flipping_settings attr_flipping_settings_of(const attr_region *region) {
    int shorter = region->height < region->width ? region->height : region->width;
    int window = (int)lround((double)ATTR_FLIPPING_WINDOW * shorter / ATTR_FLIPPING_SIDE);
    return (attr_flipping_settings){
        .region = *region, .window = window < 1 ? 1 : window, .regions = ATTR_FLIPPING_REGIONS};
}

/* The grid of a picture. */
typedef struct {
    const attr_region *region;
    int window, rows, columns;
} grid;

static grid grid_of(const attr_flipping_settings *settings) {
    const attr_region *r = &settings->region;
    int k = settings->window;
    return (grid){r, k, (r->h + k - 1) / k, (r->w + k - 1) / k};
}

static int smaller(int a, int b) {
    return a < b ? a : b;
}

/* Writes the places of a cell's pixels; returns how many there are. */
static size_t list_cell(size_t *places, const grid *g, size_t cell) {
    const attr_region *r = g->region;
    int y0 = (int)(cell / (size_t)g->columns) * g->window, x0 = (int)(cell % (size_t)g->columns) * g->window;
    size_t count = 0;
    for (int y = y0; y < smaller(y0 + g->window, r->h); ++y)
        for (int x = x0; x < smaller(x0 + g->window, r->w); ++x)
            places[count++] = (size_t)(r->y0 + y) * (size_t)r->width + (size_t)(r->x0 + x);
    return count;
}

typedef struct {
    grid grid;
    size_t cells, steps;
    double *means;         /* [cells] */
    size_t *ranked;        /* [cells] */
    size_t *places, *ends; /* [pixels], [cells]: of an attr_pixel_walk */
    double *scores;        /* [steps + 1] */
} flipper;

static attr_status allocate(flipper *f) {
    ATTR_TRY(attr_allocate(&f->means, f->cells, sizeof *f->means, "regions"));
    ATTR_TRY(attr_allocate(&f->ranked, f->cells, sizeof *f->ranked, "regions"));
    ATTR_TRY(attr_allocate(&f->places, attr_picture_pixels(f->grid.region), sizeof *f->places, "regions"));
    ATTR_TRY(attr_allocate(&f->ends, f->cells, sizeof *f->ends, "regions"));
    return attr_allocate(&f->scores, f->steps + 1, sizeof *f->scores, "scores");
}

static void release(flipper *f) {
    free(f->means);
    free(f->ranked);
    free(f->places);
    free(f->ends);
    free(f->scores);
}

static void take_means(flipper *f, const double *map, double sign) {
    for (size_t cell = 0; cell < f->cells; ++cell) {
        size_t count = list_cell(f->places, &f->grid, cell);
        double sum = 0;
        for (size_t i = 0; i < count; ++i) sum += map[f->places[i]];
        f->means[cell] = sign * sum / (double)count;
    }
}

/* AOPC of an order: sign 1 for the most relevant first, -1 for the least; its scores stay in f->scores. */
static attr_status flip(double *aopc, flipper *f, attr_engine *e, const attr_target *target, const float *x,
                        const float *reference, const double *map, double sign) {
    take_means(f, map, sign);
    ATTR_TRY(attr_order_falling(f->ranked, f->means, f->cells));
    size_t done = 0;
    for (size_t l = 0; l < f->steps; ++l) {
        done += list_cell(f->places + done, &f->grid, f->ranked[l]);
        f->ends[l] = done;
    }
    attr_pixel_walk walk = {.from = x, .to = reference, .order = f->places, .ends = f->ends, .steps = f->steps};
    ATTR_TRY(attr_walk_scores(f->scores, e, target, &walk));
    *aopc = 0;
    for (size_t l = 0; l <= f->steps; ++l) *aopc += f->scores[0] - f->scores[l];
    *aopc /= (double)(f->steps + 1);
    return ATTR_OK;
}

static void copy(double *scores, const flipper *f) {
    for (size_t l = 0; scores && l <= f->steps; ++l) scores[l] = f->scores[l];
}

static attr_status flip_both(attr_flipping *out, double *most, double *least, flipper *f, attr_engine *e,
                             const attr_target *target, const float *x, const float *reference, const double *map) {
    ATTR_TRY(flip(&out->most, f, e, target, x, reference, map, 1));
    copy(most, f);
    out->area = -(f->scores[1] + f->scores[f->steps]) / 2;
    for (size_t l = 1; l <= f->steps; ++l) out->area += f->scores[l];
    ATTR_TRY(flip(&out->least, f, e, target, x, reference, map, -1));
    copy(least, f);
    out->difference = out->most - out->least;
    return ATTR_OK;
}

attr_status attr_pixel_flipping(attr_flipping *out, double *most, double *least, attr_engine *e,
                                const attr_target *target, const float *x, const float *reference, const double *map,
                                const attr_flipping_settings *settings) {
    const attr_tensor *input = attr_engine_input(e);
    *out = (attr_flipping){0, NAN, NAN, NAN, NAN};
    ATTR_TRY(attr_check_region(&settings->region, input->c, input->h, input->w));
    flipper f = {.grid = grid_of(settings)};
    f.cells = (size_t)f.grid.rows * (size_t)f.grid.columns;
    f.steps = out->regions = f.cells < settings->regions ? f.cells : settings->regions;
    for (size_t l = 0; l <= settings->regions; ++l) {
        if (most) most[l] = NAN;
        if (least) least[l] = NAN;
    }
    if (attr_map_is_constant(map, &settings->region)) return ATTR_OK;
    attr_status status = allocate(&f);
    if (status == ATTR_OK) status = flip_both(out, most, least, &f, e, target, x, reference, map);
    release(&f);
    return status;
}
