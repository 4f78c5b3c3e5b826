/* The methods, one file each, over one schedule runner.
 *
 *   gradient              df/dx
 *   gradient_x_input      x (.) df/dx
 *   integrated_gradients  (x - x') (.) integral over a in [0, 1] of df/dx(x' + a (x - x')) da
 *                         (Sundararajan, Taly, Yan: Axiomatic attribution for deep networks, ICML 2017, equation 1)
 *   smoothgrad            mean of df/dx(x + noise), or of its square, or its variance
 *                         (Smilkov et al.: SmoothGrad, 2017; VarGrad: Adebayo et al., 2018) */
#ifndef ATTR_METHODS_METHOD_H
#define ATTR_METHODS_METHOD_H

#include <stdbool.h>
#include <stdint.h>

#include "methods/baseline.h"
#include "methods/map.h"
#include "methods/quadrature.h"
#include "methods/schedule.h"
#include "options/options.h"

/* ATTR_METHOD_GRADIENT, ...: the words of option method. */
typedef attr_method_word attr_method;

/* The name of a method as in method=. */
const char *attr_method_name(attr_method method);

/* All settings of all methods; each reads its own. */
typedef struct {
    attr_method method;
    uint64_t seed;

    size_t steps; /* integrated_gradients: nodes of the rule; 0 = doubled until the gap is within the tolerance */
    size_t max_steps;
    double tolerance; /* of the completeness gap, relative to |f(x) - f(x')| */
    attr_rule rule;
    attr_baseline_settings baseline;

    size_t samples; /* smoothgrad */
    double sigma;   /* in input units (the caller has multiplied by the input's range) */
    int antithetic; /* samples come in pairs with noise of opposite sign */
    attr_reduction reduction;
} attr_method_settings;

typedef struct {
    attr_engine *engine;
    const float *x; /* the network's input, `inputs` long */
    attr_target *const *targets;
    size_t target_count;
    const attr_method_settings *settings;
    attr_progress progress; /* may be NULL */
    void *context;
    bool forward_done; /* the engine's last forward was of x as its only sample: it is not made again */
} attr_job;

/* Makes one map for each target; `maps` is an array of target_count that the caller releases with attr_map_free, also
 * after a failure. */
attr_status attr_method_run(attr_map *maps, const attr_job *job);

/* One method each, as called by attr_method_run with maps allocated and their `target` set. */
attr_status attr_gradient(attr_map *maps, const attr_job *job);
attr_status attr_gradient_x_input(attr_map *maps, const attr_job *job);
attr_status attr_integrated_gradients(attr_map *maps, const attr_job *job);
attr_status attr_smoothgrad(attr_map *maps, const attr_job *job);

#endif
