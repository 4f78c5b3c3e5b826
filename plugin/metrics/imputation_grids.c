#include "metrics/imputation_grids.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

typedef attr_imputation_grid grid;
typedef attr_four_floats four;

static const char what[] = "a system of equations";
static const float direct = 1.f / 6, diagonal = 1.f / 12, known_part = .75f, coupling_part = .5f;

/* ---- Making */

static attr_status allocate(grid *g, size_t h, size_t w) {
    g->h = h;
    g->w = w;
    g->row = w + 2;
    g->size = g->row * (h + 2);
    ATTR_TRY(attr_allocate(&g->places, h * w, sizeof *g->places, what));
    ATTR_TRY(attr_allocate(&g->parents, h * w, sizeof *g->parents, what));
    ATTR_TRY(attr_allocate(&g->unknown, g->size, 1, what));
    ATTR_TRY(attr_allocate(&g->known, g->size, sizeof *g->known, what));
    ATTR_TRY(attr_allocate(&g->inverse, g->size, sizeof *g->inverse, what));
    ATTR_TRY(attr_allocate(&g->x, g->size, sizeof *g->x, what));
    return attr_allocate(&g->r, g->size, sizeof *g->r, what);
}

static size_t place_of(const grid *g, size_t y, size_t x) {
    return (y + 1) * g->row + x + 1;
}

/* Where the neighbour is to which later[place][k] belongs. */
static size_t later_place(const grid *g, size_t place, size_t k) {
    return k == 0 ? place + 1 : place + g->row + k - 2;
}

static float coupling(const grid *g, size_t place, size_t k) {
    if (g->later) return g->later[place][k];
    return !g->unknown[later_place(g, place, k)] ? 0 : k % 2 ? diagonal : direct;
}

static void list_unknowns(grid *g) {
    for (size_t place = 0; place < g->size; ++place)
        if (g->unknown[place]) g->places[g->count++] = (uint32_t)place;
}

static void add_couplings(float *sums, const grid *g) {
    for (size_t i = 0; i < g->count; ++i)
        for (size_t k = 0; k < 4; ++k) {
            float weight = coupling(g, g->places[i], k);
            sums[g->places[i]] += weight;
            sums[later_place(g, g->places[i], k)] += weight;
        }
}

/* inverse = 1 / (d + sum of w) */
static void invert(grid *g) {
    for (size_t i = 0; i < g->count; ++i) g->inverse[g->places[i]] = g->known[g->places[i]];
    add_couplings(g->inverse, g);
    for (size_t i = 0; i < g->count; ++i) g->inverse[g->places[i]] = 1 / g->inverse[g->places[i]];
}

/* d: what is inside the picture and not missing. */
static float couplings_to_known(const grid *g, size_t place) {
    size_t y = place / g->row, x = place % g->row;
    float sum = 0;
    for (size_t v = y > 1 ? y - 1 : 1; v <= y + 1 && v <= g->h; ++v)
        for (size_t u = x > 1 ? x - 1 : 1; u <= x + 1 && u <= g->w; ++u)
            if (!g->unknown[v * g->row + u]) sum += v != y && u != x ? diagonal : direct;
    return sum;
}

static attr_status make_finest(grid *g, const unsigned char *missing, size_t h, size_t w) {
    ATTR_TRY(allocate(g, h, w));
    for (size_t y = 0; y < h; ++y)
        for (size_t x = 0; x < w; ++x) g->unknown[place_of(g, y, x)] = missing[y * w + x] != 0;
    list_unknowns(g);
    for (size_t i = 0; i < g->count; ++i) g->known[g->places[i]] = couplings_to_known(g, g->places[i]);
    invert(g);
    return ATTR_OK;
}

static void couple(grid *g, size_t a, size_t b, float weight) {
    size_t first = a < b ? a : b, step = a < b ? b - a : a - b;
    if (step > 0) g->later[first][step == 1 ? 0 : 2 + step - g->row] += weight;
}

/* The place that a fine one becomes part of. */
static uint32_t parent_of(const grid *coarse, const grid *fine, size_t place) {
    return (uint32_t)place_of(coarse, (place / fine->row - 1) / 2, (place % fine->row - 1) / 2);
}

static void join(grid *coarse, grid *fine) {
    for (size_t i = 0; i < fine->count; ++i) {
        size_t place = fine->places[i], parent = fine->parents[i] = parent_of(coarse, fine, place);
        coarse->unknown[parent] = 1;
        coarse->known[parent] += known_part * fine->known[place];
        for (size_t k = 0; k < 4; ++k) {
            float weight = coupling(fine, place, k);
            if (weight > 0)
                couple(coarse, parent, parent_of(coarse, fine, later_place(fine, place, k)), coupling_part * weight);
        }
    }
}

static attr_status make_coarser(grid *coarse, grid *fine) {
    ATTR_TRY(allocate(coarse, (fine->h + 1) / 2, (fine->w + 1) / 2));
    ATTR_TRY(attr_allocate(&coarse->later, coarse->size, sizeof *coarse->later, what));
    join(coarse, fine);
    list_unknowns(coarse);
    invert(coarse);
    return ATTR_OK;
}

attr_status attr_imputation_grids_make(attr_imputation_grids *out, const unsigned char *missing, size_t h, size_t w) {
    memset(out, 0, sizeof *out);
    grid *g = out->grid;
    ATTR_TRY(make_finest(g, missing, h, w));
    for (; g->h > 1 || g->w > 1; ++g) {
        ++out->last;
        ATTR_TRY(make_coarser(g + 1, g));
    }
    return ATTR_OK;
}

void attr_imputation_grids_free(attr_imputation_grids *g) {
    for (int i = 0; i <= g->last; ++i) {
        grid *one = g->grid + i;
        free(one->places);
        free(one->parents);
        free(one->unknown);
        free(one->known);
        free(one->inverse);
        free(one->later);
        free(one->x);
        free(one->r);
    }
}

/* ---- A cycle. `finest`: weights are known, and those of places that are not missing do no harm, since x is 0 there.
 * What was made last is added last: the next place waits for it. */

static inline void add_above(four *sum, const grid *g, size_t p, bool finest) {
    const four *above = g->x + p - g->row;
    const float(*w)[4] = (const float(*)[4])g->later + p - g->row;
    if (finest)
        *sum += above[0] * direct + (above[-1] + above[1]) * diagonal;
    else
        *sum += w[1][1] * above[1] + w[0][2] * above[0] + w[-1][3] * above[-1];
}

static inline void add_left(four *sum, const grid *g, size_t p, bool finest) {
    *sum += (finest ? direct : g->later[p - 1][0]) * g->x[p - 1];
}

static inline void add_below(four *sum, const grid *g, size_t p, bool finest) {
    const four *below = g->x + p + g->row;
    const float *w = g->later[p];
    if (finest)
        *sum += below[0] * direct + (below[-1] + below[1]) * diagonal;
    else
        *sum += w[1] * below[-1] + w[2] * below[0] + w[3] * below[1];
}

static inline void add_right(four *sum, const grid *g, size_t p, bool finest) {
    *sum += (finest ? direct : g->later[p][0]) * g->x[p + 1];
}

/* From x = 0 on: what stands behind counts for nothing yet, whatever it is. */
static inline void smooth_down(grid *g, bool finest) {
    for (size_t i = 0; i < g->count; ++i) {
        size_t p = g->places[i];
        four sum = g->r[p];
        add_above(&sum, g, p, finest);
        add_left(&sum, g, p, finest);
        g->x[p] = sum * g->inverse[p];
    }
}

/* After smooth_down() the residual is what has changed since: the places behind. */
static inline void restrict_residual(grid *coarse, const grid *g, bool finest) {
    for (size_t i = 0; i < coarse->count; ++i) coarse->r[coarse->places[i]] = (four){0};
    for (size_t i = 0; i < g->count; ++i) {
        add_below(coarse->r + g->parents[i], g, g->places[i], finest);
        add_right(coarse->r + g->parents[i], g, g->places[i], finest);
    }
}

static void correct(grid *g, const grid *coarse) {
    for (size_t i = 0; i < g->count; ++i) g->x[g->places[i]] += coarse->x[g->parents[i]];
}

static inline void smooth_up(grid *g, bool finest) {
    for (size_t i = g->count; i-- > 0;) {
        size_t p = g->places[i];
        four sum = g->r[p];
        add_above(&sum, g, p, finest);
        add_left(&sum, g, p, finest);
        add_below(&sum, g, p, finest);
        add_right(&sum, g, p, finest);
        g->x[p] = sum * g->inverse[p];
    }
}

void attr_imputation_cycle(attr_imputation_grids *all) {
    grid *g = all->grid;
    for (int i = 0; i < all->last; ++i) {
        if (i == 0) {
            smooth_down(g, true);
            restrict_residual(g + 1, g, true);
        } else {
            smooth_down(g + i, false);
            restrict_residual(g + i + 1, g + i, false);
        }
    }
    smooth_down(g + all->last, false); /* one place: exact */
    for (int i = all->last; i-- > 0;) {
        correct(g + i, g + i + 1);
        if (i == 0)
            smooth_up(g, true);
        else
            smooth_up(g + i, false);
    }
}
