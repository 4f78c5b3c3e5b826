/* Which noise suits a picture? A search for the standard deviation that makes an objective smallest.
 *
 * Goh, Lapuschkin, Weber, Samek, Binder: Understanding Integrated Gradients with SmoothTaylor for deep neural network
 * attribution, ICPR 2020, algorithm 1, as in the authors' code:
 *
 *   A = F(sigma), best = (sigma, A), fails = 0
 *   repeat `steps` times:
 *     B = F(|sigma + rate|)
 *     if B > A:  sigma = |sigma - rate|, B = F(sigma)
 *     else:      sigma = |sigma + rate|
 *     if B > A:  if fails < patience: rate = decay rate, fails = fails + 1      (the paper: fails <= patience)
 *                else: end
 *     else:      fails = 0; if B < best: best = (sigma, B)
 *     A = B
 *
 * The position moves to |sigma - rate| even when that is worse, and the next step is compared with the worse value: so
 * it leaves shallow valleys. An objective with noise of its own makes the best one look better than it is: it is the
 * luckiest of all that were tried. */
#ifndef ATTR_METRICS_ADAPTIVE_NOISE_H
#define ATTR_METRICS_ADAPTIVE_NOISE_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* Writes F(sigma) to out. Evaluations are numbered from 0 on, for objectives that draw new noise each time. Infinity
 * stands for a sigma that is never the best; NAN ends the search with ATTR_NUMERIC, a failure with that failure. */
typedef attr_status (*attr_noise_objective)(void *context, double sigma, uint64_t evaluation, double *out);

typedef struct {
    double rate;  /* alpha, 0.1 in the paper's normalised space; in the unit of sigma */
    double decay; /* gamma, 0.9 */
    size_t steps; /* i_max, 20 */
    int patience; /* s_max, 3 */
} attr_noise_search_settings;

/* The paper's decay and patience. */
#define ATTR_NOISE_DECAY    0.9
#define ATTR_NOISE_PATIENCE 3

typedef struct {
    double start;            /* the sigma of the first evaluation */
    double sigma, objective; /* the best of all */
    size_t evaluations;
} attr_noise_search;

typedef struct {
    double sigma, objective;
} attr_noise_evaluation;

/* How many evaluations a search makes at most. */
size_t attr_noise_evaluations(const attr_noise_search_settings *settings);

/* Searches from `start` on. `trace` gets all evaluations in their order, `out->evaluations` of them; it has room for
 * attr_noise_evaluations(), or is NULL. */
attr_status attr_noise_search_run(attr_noise_search *out, attr_noise_evaluation *trace, double start,
                                  const attr_noise_search_settings *settings, attr_noise_objective objective,
                                  void *context);

#endif
