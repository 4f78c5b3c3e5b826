#include "method_reference.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "model/parameters.h"

/* ---- Noise */

static double normal(uint64_t seed, attr_stream stream, uint32_t part, uint64_t sample, uint64_t element) {
    attr_random random = {seed, stream, part, sample};
    float value;
    attr_random_normal(&value, &random, element, 1);
    return value;
}

static const float *noisy_array(const float *values, size_t n, const attr_method_settings *s, int layer, int array,
                                uint64_t clone) {
    if (!n) return NULL;
    float *out = test_allocate(n, sizeof *out);
    bool noisy = !s->weight_noise.layers || s->weight_noise.layers[layer];
    double sigma = noisy ? s->weight_noise.sigma : 0;
    for (size_t i = 0; i < n; i++) {
        double z = sigma * normal(s->seed, ATTR_STREAM_WEIGHT_NOISE, (uint32_t)(3 * layer + array), clone, i);
        bool adds = s->weight_noise.noise == ATTR_NOISE_ADDITIVE;
        out[i] = (float)(adds ? values[i] + z : values[i] * (1 + z));
    }
    return out;
}

/* Weights, biases and batch-norm scales; never the rolling statistics. */
static attr_parameters *make_clone(const network *net, const attr_method_settings *s, uint64_t clone) {
    attr_parameters *out = test_allocate((size_t)net->n, sizeof *out);
    for (int i = 0; i < net->n; i++) {
        const layer *l = &net->layers[i];
        size_t weights = 0, biases = 0;
        if (l->type == CONVOLUTIONAL) weights = (size_t)l->n * l->c * l->size * l->size, biases = (size_t)l->n;
        if (l->type == CONNECTED) weights = (size_t)l->inputs * l->outputs, biases = (size_t)l->outputs;
        out[i] = (attr_parameters){noisy_array(l->weights, weights, s, i, 0, clone),
                                   noisy_array(l->biases, biases, s, i, 1, clone),
                                   noisy_array(l->scales, l->batch_normalize ? biases : 0, s, i, 2, clone),
                                   l->rolling_mean, l->rolling_variance};
    }
    return out;
}

static void free_clone(attr_parameters *clone, int layers) {
    for (int i = 0; i < layers; i++) {
        free((void *)clone[i].weights);
        free((void *)clone[i].biases);
        free((void *)clone[i].scales);
    }
    free(clone);
}

/* ---- The base maps, in u */

static void gradient_at(double *out, const reference_case *c, const double *u) {
    double x[SIZE];
    for (int i = 0; i < SIZE; i++) x[i] = c->origin[i] + c->deviation[i] * u[i];
    test_gradient(out, c->n->twin, c->target, x);
    for (int i = 0; i < SIZE; i++) out[i] *= c->deviation[i];
}

/* Black, or noise where the picture is and the clean input elsewhere. */
static void baseline_at(double *out, const reference_case *c, int k) {
    const attr_region *r = &c->s->baseline.region;
    attr_random random = {c->s->seed, ATTR_STREAM_BASELINE, 0, (uint64_t)k};
    for (int i = 0; i < SIZE; i++) {
        int channel = i / PLANE, y = i / WIDTH % HEIGHT - r->y0, x = i % WIDTH - r->x0;
        float value = 0;
        out[i] = c->u[i];
        if (y < 0 || y >= r->h || x < 0 || x >= r->w) continue;
        if (c->s->baseline.kind == ATTR_BASELINE_NOISE)
            attr_random_uniform(&value, &random, (uint64_t)((channel * r->h + y) * r->w + x), 1);
        out[i] = (value - c->origin[i]) / c->deviation[i];
    }
}

static int baselines_of(const attr_method_settings *s) {
    return s->baseline.kind == ATTR_BASELINE_NOISE ? (int)s->baseline.count : 1;
}

static double node_of(const attr_method_settings *s, bool is_mean, int i, double *weight) {
    static const double gauss[NODES] = {0.11270166537925831, 0.5, 0.88729833462074169};
    double last = NODES - 1;
    attr_rule rule = is_mean ? s->rule : ATTR_RULE_TRAPEZOID;
    *weight = rule == ATTR_RULE_GAUSS       ? (i == 1 ? 8 : 5) / 18.
              : rule == ATTR_RULE_TRAPEZOID ? (i == 0 || i == NODES - 1 ? 0.5 : 1) / last
                                            : 1. / NODES;
    return rule == ATTR_RULE_GAUSS ? gauss[i] : rule == ATTR_RULE_RIGHT ? (i + 1.) / NODES : i / last;
}

/* The signed maximum of the gradients of an ascent from y, or their mean by the trapezoid rule. */
static void climb(double *out, const reference_case *c, const double *start, bool is_mean) {
    double y[SIZE], g[SIZE];
    int steps = (int)c->s->ascent_steps;
    memcpy(y, start, sizeof y);
    for (int j = 0; j < steps; j++) {
        double weight = (j == 0 || j == steps - 1 ? 0.5 : 1) / (steps - 1);
        gradient_at(g, c, y);
        for (int i = 0; i < SIZE; i++) {
            if (is_mean)
                out[i] = (j ? out[i] : 0) + weight * g[i];
            else
                out[i] = j && out[i] > g[i] ? out[i] : g[i];
            y[i] += c->s->ascent_rate * g[i];
        }
    }
}

static void add_path(double *map, const reference_case *c, const double *u, attr_method method, int baseline,
                     double share) {
    double from[SIZE], y[SIZE], g[SIZE], joined[SIZE];
    bool is_mean = method == ATTR_METHOD_INTEGRATED_GRADIENTS || c->s->maximum == ATTR_MAXIMUM_TRAPEZOID;
    baseline_at(from, c, baseline);
    for (int k = 0; k < NODES; k++) {
        double weight, a = node_of(c->s, method == ATTR_METHOD_INTEGRATED_GRADIENTS, k, &weight);
        for (int i = 0; i < SIZE; i++) y[i] = from[i] + a * (u[i] - from[i]);
        if (method == ATTR_METHOD_GGIG)
            climb(g, c, y, false);
        else
            gradient_at(g, c, y);
        for (int i = 0; i < SIZE; i++) {
            double value = c->s->maximum == ATTR_MAXIMUM_MAGNITUDE && !is_mean ? fabs(g[i]) : g[i];
            if (is_mean)
                joined[i] = (k ? joined[i] : 0) + weight * value;
            else
                joined[i] = k && joined[i] > value ? joined[i] : value;
        }
    }
    for (int i = 0; i < SIZE; i++) map[i] += share * joined[i] * (c->s->unscaled ? 1 : u[i] - from[i]);
}

static void add_root(double *map, const reference_case *c, const double *u, uint64_t number, double share) {
    double z[SIZE], g[SIZE];
    for (int i = 0; i < SIZE; i++)
        z[i] = u[i] + c->s->root_sigma * normal(c->s->seed, ATTR_STREAM_ROOTS, 0, number, (uint64_t)i);
    gradient_at(g, c, z);
    for (int i = 0; i < SIZE; i++) map[i] += share * (u[i] - z[i]) * g[i];
}

/* The base map at u, which is sample number `sample` of the run. */
static void base_map(double *map, const reference_case *c, const double *u, attr_method base, uint64_t sample) {
    const attr_method_settings *s = c->s;
    memset(map, 0, SIZE * sizeof *map);
    switch (base) {
    case ATTR_METHOD_GRADIENT:
    case ATTR_METHOD_GRADIENT_X_INPUT:
        gradient_at(map, c, u);
        for (int i = 0; base == ATTR_METHOD_GRADIENT_X_INPUT && i < SIZE; i++) map[i] *= u[i];
        break;
    case ATTR_METHOD_SMOOTHTAYLOR:
        for (int r = 0; r < ROOTS; r++) add_root(map, c, u, sample * ROOTS + (uint64_t)r, 1. / ROOTS);
        break;
    case ATTR_METHOD_GDA:
        climb(map, c, u, s->maximum == ATTR_MAXIMUM_TRAPEZOID);
        for (int i = 0; s->maximum == ATTR_MAXIMUM_MAGNITUDE && i < SIZE; i++) map[i] = fabs(map[i]);
        break;
    default:
        for (int k = 0; k < baselines_of(s); k++) add_path(map, c, u, base, k, 1. / baselines_of(s));
    }
}

/* ---- The samples of a run */

static bool is_fusion(const attr_method_settings *s) {
    return s->method == ATTR_METHOD_FUSIONGRAD;
}

bool reference_has_clones(const attr_method_settings *s) {
    return is_fusion(s) || s->method == ATTR_METHOD_NOISEGRAD;
}

bool reference_has_copies(const attr_method_settings *s) {
    return is_fusion(s) || (s->method >= ATTR_METHOD_SMOOTHGRAD && s->method <= ATTR_METHOD_SMOOTHED_IG);
}

attr_method reference_base(const attr_method_settings *s) {
    if (s->method == ATTR_METHOD_SMOOTHED_IG) return ATTR_METHOD_INTEGRATED_GRADIENTS;
    return reference_has_clones(s) || reference_has_copies(s) ? s->base : s->method;
}

attr_reduction reference_reduction(const attr_method_settings *s) {
    return s->method == ATTR_METHOD_SMOOTHGRAD_SQUARED ? ATTR_REDUCE_SQUARE
           : s->method == ATTR_METHOD_VARGRAD          ? ATTR_REDUCE_VARIANCE
                                                       : s->reduction;
}

static void take_sample(reference_samples *r, const double *map, const attr_method_settings *s) {
    double *out = r->sample[r->count++];
    cr_assert_leq(r->count, MOST_SAMPLES);
    for (int i = 0; i < SIZE; i++) {
        out[i] = s->magnitudes ? fabs(map[i]) : map[i];
        if (reference_reduction(s) == ATTR_REDUCE_SQUARE) out[i] *= out[i];
    }
}

/* Of smoothtaylor every root is a sample, of integrated_gradients every baseline. */
static void sample_alone(reference_samples *r, const reference_case *c) {
    double map[SIZE];
    bool taylor = c->s->method == ATTR_METHOD_SMOOTHTAYLOR, ig = c->s->method == ATTR_METHOD_INTEGRATED_GRADIENTS;
    int count = taylor ? ROOTS : ig ? baselines_of(c->s) : 1;
    for (int k = 0; k < count; k++) {
        memset(map, 0, sizeof map);
        if (taylor)
            add_root(map, c, c->u, (uint64_t)k, 1);
        else if (ig)
            add_path(map, c, c->u, c->s->method, k, 1);
        else
            base_map(map, c, c->u, c->s->method, 0);
        take_sample(r, map, c->s);
    }
}

static void sample_copies(reference_samples *r, const reference_case *c, int clone) {
    const attr_method_settings *s = c->s;
    double u[SIZE], map[SIZE];
    int copies = reference_has_copies(s) ? (int)s->samples : 1;
    for (int j = 0; j < copies; j++) {
        int number = clone * copies + j, pair = s->antithetic ? number / 2 : number;
        double sigma = !reference_has_copies(s) ? 0 : s->antithetic && j % 2 ? -s->sigma : s->sigma;
        for (int i = 0; i < SIZE; i++)
            u[i] = c->u[i] + sigma * normal(s->seed, ATTR_STREAM_INPUT_NOISE, 0, (uint64_t)pair, (uint64_t)i);
        base_map(map, c, u, reference_base(s), (uint64_t)number);
        take_sample(r, map, s);
    }
}

void reference_make(reference_samples *r, const reference_case *c) {
    const attr_method_settings *s = c->s;
    const network *net = c->n->net;
    r->count = r->units = 0;
    bool clones_are_units = reference_has_clones(s) && s->clones > 1 && reference_reduction(s) != ATTR_REDUCE_VARIANCE;
    r->per_unit = clones_are_units && is_fusion(s) ? (int)s->samples : reference_has_copies(s) && s->antithetic ? 2 : 1;
    if (!reference_has_clones(s) && !reference_has_copies(s)) sample_alone(r, c);
    if (!reference_has_clones(s) && reference_has_copies(s)) sample_copies(r, c, 0);
    for (int k = 0; reference_has_clones(s) && k < (int)s->clones; k++) {
        attr_parameters *clone = make_clone(net, s, (uint64_t)k);
        attr_engine_set_parameters(c->n->twin, clone);
        sample_copies(r, c, k);
        attr_engine_set_parameters(c->n->twin, NULL);
        free_clone(clone, net->n);
    }
    for (; r->units < r->count / r->per_unit; r->units++)
        for (int i = 0; i < SIZE; i++) {
            r->unit[r->units][i] = 0;
            for (int k = 0; k < r->per_unit; k++)
                r->unit[r->units][i] += r->sample[r->units * r->per_unit + k][i] / r->per_unit;
        }
}
