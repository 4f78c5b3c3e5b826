/* Option adaptive: the noise of SmoothTaylor's roots that suits a picture and a target, by the search of
 * metrics/adaptive_noise.h. The objective of a sigma is made of the map with this sigma, summed over the channels with
 * its signs, before option pool:
 *
 *   aupc    AUPC (metrics/perturbation_curve.h) with the paper's numbers, its window scaled with the network's input
 *   autvc   AUTVC (metrics/total_variation.h) over six scales, the pyramid of the authors' code
 *
 * A map that is 0 everywhere, as without noise, is never the best. The search starts from the mean of |x| in option
 * space. Cost: up to 1 + 2 x steps maps; for aupc each with 1500 more forwards. */
#ifndef ATTR_SESSION_ADAPTIVE_H
#define ATTR_SESSION_ADAPTIVE_H

#include <stdbool.h>

#include "methods/method.h"
#include "metrics/adaptive_noise.h"

typedef struct {
    attr_adaptive_word objective;
    attr_noise_search_settings search; /* in the units of option space */
    /* New random numbers for every evaluation, roots and patches alike, as in the paper's code: evaluation n of seed s
     * has the seed s + n x 0x9e3779b97f4a7c15 mod 2^64. Otherwise all have those of the seed, so that the objective is
     * a function of sigma and the best one's is that of the map that is written. */
    bool redraw;
} attr_adaptive_settings;

/* Searches for the one target of a job of method smoothtaylor; the root_sigma of its settings is not read. Its
 * progress is out of the gradients of the longest possible search. Fails as attr_method_run() and
 * attr_perturbation_curve_make() do. */
attr_status attr_adaptive_search(attr_noise_search *out, const attr_job *job, const attr_adaptive_settings *settings);

#endif
