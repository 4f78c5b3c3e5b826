/* The methods, one file each, over one schedule runner (schedule.h). f is the target, x the network's input.
 *
 *   gradient              df/dx
 *   gradient_x_input      x (.) df/dx
 *   integrated_gradients  (x - x') (.) integral over a in [0, 1] of df/dx(x' + a (x - x')) da
 *                         Sundararajan, Taly, Yan: Axiomatic attribution for deep networks, ICML 2017, equation 1
 *   smoothtaylor          mean over roots z = x + noise of (x - z) (.) df/dx(z)
 *                         Goh et al.: Understanding Integrated Gradients with SmoothTaylor, ICPR 2020
 *   ig_max                signed maximum of the gradients along the path of integrated_gradients
 *   ggig                  the same, with a gradient ascent from every point of the path
 *                         Rahman, Lewis, Plis: Geometrically Guided Integrated Gradients, 2022
 *   gda                   the ascent from x alone
 *   smoothgrad            mean of the base map (option base: the gradient) over noisy copies of x
 *                         Smilkov et al.: SmoothGrad, 2017
 *   smoothgrad_squared    mean of its squares
 *   vargrad               its variance; Adebayo et al., 2018
 *   smoothed_ig           smoothgrad of integrated_gradients; Ye, Farnia, 2025
 *   noisegrad             mean of the base map over clones of the network with noise on their parameters
 *   fusiongrad            the same over clones and noisy copies of x
 *                         Bykov et al.: NoiseGrad, AAAI 2022
 *   geg                   maximum over slightly perturbed clones that predict the same (geg.c)
 *   relex                 a mask that keeps the prediction, optimised (relex.c)
 *                         Lim, Lee, Kim: Building reliable explanations ..., CVPR 2021
 *   gradcam, gradcam_pp, layercam, gradient_x_activation
 *                         what a layer's activations and the gradient by them make of each place of the layer
 *                         (activation_map.h), brought to the input's size; which layer: layer_choice.h */
#ifndef ATTR_METHODS_METHOD_H
#define ATTR_METHODS_METHOD_H

#include <stdbool.h>
#include <stdint.h>

#include "methods/baseline.h"
#include "methods/map.h"
#include "methods/quadrature.h"
#include "methods/schedule.h"
#include "options/options.h"

/* ATTR_METHOD_GRADIENT, ...: the words of option method. The first of them are those of option base. */
typedef attr_method_word attr_method;

/* The name of a method as in method=. */
const char *attr_method_name(attr_method method);

/* Its name with the base that it makes means of, if that is not the usual one: "noisegrad:integrated_gradients". */
enum { ATTR_METHOD_LABEL = 64 };
const char *attr_method_label(char label[ATTR_METHOD_LABEL], const attr_options *options);

/* All settings of all methods; each reads its own. */
typedef struct {
    attr_method method;
    attr_method base; /* of the methods with noise */
    uint64_t seed;

    /* The space of noise, gradients, ascents and multipliers: element i of the input is origin[i] + deviation[i] times
     * the one there. NULL: the input's own space. */
    const float *origin, *deviation;

    /* paths */
    size_t steps; /* nodes of the rule; 0: doubled until the gap is within the tolerance, and where no gap is known as
                     many as in the papers (attr_path_steps) */
    size_t max_steps;
    double tolerance; /* of the completeness gap, relative to |f(x) - f(x')| */
    attr_rule rule;
    attr_baseline_settings baseline;
    bool unscaled; /* without the multiplier x - x' */

    /* noise on the input */
    size_t samples;
    double sigma;    /* in units of the space above (the caller has multiplied by the input's range) */
    bool antithetic; /* samples come in pairs with noise of opposite sign */
    attr_reduction reduction;
    bool magnitudes;        /* absolute values of each sample's map */
    double error_tolerance; /* no more samples, roots or clones when the map's relative error is no larger; 0: never */
    int error_side;         /* that of the map in blocks of such a side; 0, 1: of its pixels */

    /* noise on the parameters */
    size_t clones;
    attr_weight_noise weight_noise;
    size_t attempts; /* geg: at most so many clones, of which `clones` are accepted */

    /* smoothtaylor */
    size_t roots;
    double root_sigma;

    /* maxima and ascents */
    attr_maximum_word maximum;
    size_t ascent_steps;
    double ascent_rate;

    /* relex */
    size_t iterations;
    double mask_rate, momentum, sparsity, background;
    bool control; /* also a mask for another class */

    /* methods that look at a layer */
    const int *layers; /* [layer_count] numbers, the same for all targets; none: each target's own (auto) */
    size_t layer_count;
    bool relu; /* what is below 0 becomes 0 */
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

/* How many maps a target has: one, but for methods that look at several layers. */
size_t attr_method_maps(const attr_method_settings *settings);

/* Makes the maps: those of target t are maps[t * each] and on, each = attr_method_maps(). `maps` is an array of
 * target_count * each that the caller releases with attr_map_free, also after a failure. The engine has the network's
 * own parameters then. An engine for methods that look at layers keeps them (layer_choice.h). */
attr_status attr_method_run(attr_map *maps, const attr_job *job);

/* What a method makes maps of: itself, or the base that it wraps. */
attr_method attr_method_base(const attr_method_settings *settings);

/* Whether a method, or what it wraps, uses baselines. */
bool attr_method_has_baseline(const attr_method_settings *settings);

/* How many points it has to compute before it stops or goes over to another clone: a larger batch is of no use. */
size_t attr_method_points(const attr_method_settings *settings);

/* Whether a method's only point is x: then the target's value needs no forward of its own. */
bool attr_method_is_at_input(attr_method method);

/* --- the methods, as called by attr_method_run with maps allocated and their `target` set ---------------------- */

attr_status attr_integrated_gradients(attr_map *maps, const attr_job *job);
attr_status attr_geg(attr_map *maps, const attr_job *job);
attr_status attr_relex(attr_map *maps, const attr_job *job);
attr_status attr_layer_view(attr_map *maps, const attr_job *job);
/* All that are a schedule of a base map. */
attr_status attr_scheduled(attr_map *maps, const attr_job *job);

/* How many noisy copies relex takes in an iteration: option samples; 1 without noise. */
size_t attr_relex_copies(const attr_method_settings *settings);

/* --- base maps -------------------------------------------------------------------------------------------------- */

/* The path of a job: baselines and nodes. */
typedef struct {
    const attr_job *job;
    float *baselines; /* [count][size] */
    bool *is_bar;     /* [size], of the letterbox; NULL: there are none */
    size_t count, steps;
    double *nodes, *weights; /* [steps] */
    bool baseline_is_sample; /* a baseline is a sample of its own; else they are averaged within one */
} attr_path;

/* For up to `most` steps. Released also after a failure. */
attr_status attr_path_make(attr_path *out, const attr_job *job, size_t most);
attr_status attr_path_set_steps(attr_path *path, size_t steps, attr_rule rule);
/* How many gradients are taken along the path of a base map: option steps; 50 for a mean, 51 for a maximum. */
size_t attr_path_steps(const attr_method_settings *settings, attr_method base);
void attr_path_free(attr_path *path);

/* Each fills the base, which uses the job, and the path, as long as it lives. */
void attr_base_of_gradient(attr_base *out, const attr_job *job, bool times_input);
void attr_base_of_path(attr_base *out, const attr_path *path);
void attr_base_of_roots(attr_base *out, const attr_job *job, bool root_is_sample);

#endif
