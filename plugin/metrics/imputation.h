/* Pixels made of those around them: the linear imputation of Rong, Leemann, Borisov, Kasneci, Kasneci: A consistent and
 * efficient evaluation strategy for attribution methods (ROAD), ICML 2022.
 *
 * Every missing pixel is the weighted mean of its neighbours inside the picture, missing ones too: weights 1/6 for the
 * four direct ones, 1/12 for the four diagonal ones, over the sum of the weights that are there. With z the missing
 * values, q over neighbours of p:
 *
 *   z_p (sum of w_pq) - sum over missing q of w_pq z_q = sum over known q of w_pq x_q
 *
 * a symmetric positive definite system, the same for all channels. It is solved by conjugate gradients, preconditioned
 * by multigrid (imputation_grids.h), for four channels at once in single precision; each time that this can do no more,
 * the residual is computed anew in double precision. The end is where sqrt(r M r), M being the preconditioner and the
 * root about the error in the norm of the equations (sum of w_pq (e_p - e_q)^2), is at most ATTR_IMPUTATION_TOLERANCE
 * times the range of what is known. */
#ifndef ATTR_METRICS_IMPUTATION_H
#define ATTR_METRICS_IMPUTATION_H

#include "metrics/picture_pixels.h"

#define ATTR_IMPUTATION_TOLERANCE 2e-7
enum { ATTR_IMPUTATION_STEPS = 200 };

/* Fills the missing pixels of `input` [channels][height][width]; missing[attr_picture_pixels()] != 0 for pixels of the
 * picture, in reading order. ATTR_NUMERIC when none is known, a known one is not finite, or ATTR_IMPUTATION_STEPS are
 * not enough; `input` may then have been filled in part. Uses one thread, and may be called by several. */
attr_status attr_impute_linear(float *input, const unsigned char *missing, const attr_region *r);

#endif
