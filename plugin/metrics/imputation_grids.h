/* What solves the equations of imputation.h nearly, at once and at low cost: one V-cycle of multigrid (Brandt 1977;
 * Briggs, Henson, McCormick: A Multigrid Tutorial), the preconditioner of conjugate gradients.
 *
 *   unknowns   of a grid are places that each have couplings w to the eight around them and one, d, to what is known:
 *              (d + sum of w_pq) z_p - sum of w_pq z_q = r_p. The finest grid's are the missing pixels
 *   coarser    each grid joins 2 x 2 places of the one before, as many as are unknown, until one place is left; a
 *              correction is the same at all of them, a residual their sum. So a coarse coupling is the sum of those
 *              between both places, halved, since a slope of which places know only their means is twice as steep;
 *              d is the sum, times 3/4 (2/3 would be right beside a straight edge of the known, 1 for single pixels;
 * 3/4 takes the fewest steps over all masks tried) smoothing  Gauss-Seidel once in reading order, on the way back once
 * in the reverse one, so that a cycle is a symmetric positive definite operator
 *
 * Measured on masks of all sorts at 320 x 320 and 416 x 416: conjugate gradients come to 1e-7 in at most 15 steps; with
 * the diagonal alone as preconditioner they take up to 1100. */
#ifndef ATTR_METRICS_IMPUTATION_GRIDS_H
#define ATTR_METRICS_IMPUTATION_GRIDS_H

#include <stdint.h>

#include "base/status.h"

/* Four channels of a place side by side: they have the same equations. */
typedef float attr_four_floats __attribute__((vector_size(16)));

/* Planes have a frame of one place, [h + 2][w + 2]. What belongs to unknowns is 0 at all other places. */
typedef struct {
    size_t h, w, row, size;  /* row: elements of a plane's row; size: of a plane */
    size_t count;            /* of unknowns */
    uint32_t *places;        /* [count], in reading order */
    uint32_t *parents;       /* [count]: their places in the next grid; none in the last */
    unsigned char *unknown;  /* plane: 1 or 0 */
    float *known;            /* plane of d */
    float *inverse;          /* plane of 1 / (d + sum of w) */
    float (*later)[4];       /* plane of w: to the right, below to the left, below, below to the right; of the finest
                              * NULL */
    attr_four_floats *x, *r; /* planes */
} attr_imputation_grid;

enum { ATTR_IMPUTATION_GRIDS = 33 };

typedef struct {
    int last;
    attr_imputation_grid grid[ATTR_IMPUTATION_GRIDS]; /* the first is the finest */
} attr_imputation_grids;

/* The grids of a picture [h][w]; missing[h * w] != 0 for missing pixels, of which there must be one. Released by
 * attr_imputation_grids_free(), also after a failure. */
attr_status attr_imputation_grids_make(attr_imputation_grids *out, const unsigned char *missing, size_t h, size_t w);
void attr_imputation_grids_free(attr_imputation_grids *g);

/* Of r at the missing pixels of the finest grid makes x there. */
void attr_imputation_cycle(attr_imputation_grids *g);

#endif
