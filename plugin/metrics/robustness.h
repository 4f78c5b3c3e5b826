/* Does a map stay as it is when the input changes by what nobody sees? The map E(x) against maps E(x') of noisy inputs,
 * of the same target at the same place. Any method can be looked at: it is a function that makes a map.
 *
 *   measure          better   range     formula, over n copies x'
 *   max sensitivity  lower    0 up      max ||E(x') - E(x)||_2 / ||E(x)||_2          x' = x + U(-r, r)
 *   mean sensitivity lower    0 up      mean of the same
 *   top overlap      higher   0 to 1    mean part of the k largest grey values that E(x') and E(x) have in common
 *   spearman         higher   -1 to 1   mean of Spearman's correlation of grey values, equal ones having a mean rank
 *   Lipschitz        lower    0 up      max ||E'(x') - E'(x)||_2 / (||x' - x||_2 + 1e-10)   x' = x + N(0, s^2)
 *
 * E' is E / max |E|. Grey values are |E| summed over the channels of a map. x' is not brought back to [0, 1], for then
 * noise would depend on the picture; the letterbox's bars have noise like the picture. ||x' - x|| is that of the floats
 * that the method gets. A method of no use can be steady (a constant map has 0): look at the controls, too.
 *
 * NAN: both sensitivities if E(x) is 0; Spearman if the grey values of one of the maps are all equal; Lipschitz if one
 * of the maps is 0.
 *
 * Sources: Yeh et al.: On the (in)fidelity and sensitivity of explanations, NeurIPS 2019;
 * Bhatt et al., IJCAI 2020, for the mean; both without the divisor, which is that of Captum and of the authors' code.
 * Some versions of Quantus divide by ||x||_2. Alvarez-Melis, Jaakkola: On the robustness of interpretability methods,
 * 2018, for Lipschitz, in the form of Quantus (n = 200, s = .1). Overlap and Spearman as Lim, Lee, Kim 2021 took them
 * under attacks, with k = 1000; here under noise, and with mean ranks where theirs are by the sorting. */
#ifndef ATTR_METRICS_ROBUSTNESS_H
#define ATTR_METRICS_ROBUSTNESS_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* A method: fills map[map_channels][map_size] for x[inputs]. A function of x alone. */
typedef struct {
    attr_status (*explain)(void *context, double *map, const float *x);
    void *context;
    size_t inputs, map_channels, map_size; /* map_size: height x width */
} attr_map_maker;

/* The sources' settings. Each copy costs a map: Quantus' authors make do with 10 where time is short. */
enum { ATTR_ROBUSTNESS_COPIES = 200, ATTR_ROBUSTNESS_TOP = 1000 };
#define ATTR_ROBUSTNESS_RADIUS   .2
#define ATTR_LIPSCHITZ_DEVIATION .1

typedef struct {
    size_t copies;    /* n, 1 or more */
    double radius;    /* r, of [0, 1] */
    double deviation; /* s, of [0, 1] */
    size_t top;       /* k; of a map with fewer pixels all, and the overlap 1 */
    uint64_t seed;    /* stream ATTR_STREAM_ROBUSTNESS: part 0 uniform, 1 normal; sample = copy, element = c, y, x */
} attr_robustness_settings;

attr_robustness_settings attr_robustness_defaults(uint64_t seed);

typedef struct {
    double max_sensitivity, mean_sensitivity, top_overlap, spearman;
} attr_robustness;

/* Explains x and n uniform copies. Fails as `explain` does, with ATTR_NO_MEMORY, or with ATTR_NUMERIC for a map that is
 * not finite. */
attr_status attr_robustness_measure(attr_robustness *out, const attr_map_maker *e, const float *x,
                                    const attr_robustness_settings *settings);

/* Explains x and n normal copies; fails likewise. */
attr_status attr_lipschitz_estimate(double *out, const attr_map_maker *e, const float *x,
                                    const attr_robustness_settings *settings);

#endif
