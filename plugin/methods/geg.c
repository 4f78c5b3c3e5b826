/* Geometric Ensemble Gradients: the maximum of the gradient over slightly perturbed clones of the network that predict
 * the same. Rahman, Lewis, Plis: Geometrically Guided Integrated Gradients, 2022; a comparison method of their code
 * ("WtPerturbation"). Candidate c = 0, 1, ... has the parameters of clone c (attr_weight_noise), always from the
 * network's own. A target accepts it if its probability is no lower there and the class that is predicted is the same,
 * until it has as many clones as it wants or there have been too many attempts. Targets share each candidate's forward,
 * but each accepts on its own, so that its map does not depend on what else is explained. The gradients that a target
 * accepts become, by option maximum, their largest values, largest absolute values, or mean by the trapezoid rule. */
#include "methods/method.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "targets/probability.h"

/* A target on its way. */
typedef struct {
    attr_target *target;
    attr_map *map;  /* its values are those gathered so far */
    double log_p;   /* of the network itself; p rounds to 1 long before its logarithm rounds to 0 */
    int predicted;  /* by the network itself */
    double *before; /* [size] the gradient accepted last; NULL: not needed */
    size_t accepted, tried;
} candidate_target;

typedef struct {
    const attr_job *job;
    const attr_method_settings *settings;
    size_t size, count;
    candidate_target *targets; /* [count] */
    double *gradient;          /* [size] */
} ensemble;

static bool is_mean(const ensemble *m) {
    return m->settings->maximum == ATTR_MAXIMUM_TRAPEZOID;
}

static attr_status allocate(ensemble *m, attr_map *maps) {
    ATTR_TRY(attr_allocate(&m->targets, m->count, sizeof *m->targets, "targets"));
    ATTR_TRY(attr_allocate(&m->gradient, m->size, sizeof *m->gradient, "a gradient"));
    for (size_t t = 0; t < m->count; ++t) {
        m->targets[t] = (candidate_target){.target = m->job->targets[t], .map = &maps[t]};
        if (is_mean(m)) ATTR_TRY(attr_allocate(&m->targets[t].before, m->size, sizeof(double), "a gradient"));
    }
    return ATTR_OK;
}

static void release(ensemble *m) {
    for (size_t t = 0; m->targets && t < m->count; ++t) free(m->targets[t].before);
    free(m->targets);
    free(m->gradient);
}

/* What the network itself says; the engine's last forward was of x. */
static void note_clean(ensemble *m) {
    for (size_t t = 0; t < m->count; ++t) {
        candidate_target *c = &m->targets[t];
        c->log_p = attr_target_log_probability(c->target, m->job->engine, 0);
        c->predicted = attr_target_predicted(c->target, m->job->engine, 0);
    }
}

static bool is_accepted(const candidate_target *c, attr_engine *e) {
    return attr_target_log_probability(c->target, e, 0) >= c->log_p &&
           attr_target_predicted(c->target, e, 0) == c->predicted;
}

static attr_status take_gradient(ensemble *m, const attr_target *target) {
    attr_engine *e = m->job->engine;
    const float *deviation = m->settings->deviation;
    attr_target_differentiate(target, e, 1);
    attr_tensor_read_gradient(m->gradient, attr_engine_input(e), 0, 0, m->size);
    for (size_t i = 0; i < m->size; ++i) {
        if (!isfinite(m->gradient[i]))
            return attr_fail(ATTR_NUMERIC, "the map is not finite (element %zu is %g)", i, m->gradient[i]);
        if (deviation) m->gradient[i] *= deviation[i];
    }
    return ATTR_OK;
}

static void join(const ensemble *m, candidate_target *c) {
    double *values = c->map->values;
    bool first = c->accepted == 0, magnitudes = m->settings->maximum == ATTR_MAXIMUM_MAGNITUDE;
    for (size_t i = 0; i < m->size; ++i) {
        double g = magnitudes ? fabs(m->gradient[i]) : m->gradient[i];
        if (is_mean(m)) {
            values[i] = first ? 0 : values[i] + (c->before[i] + g) / 2;
            c->before[i] = g;
        } else if (first || g > values[i]) {
            values[i] = g;
        }
    }
    ++c->accepted;
}

static bool wants_more(const ensemble *m, const candidate_target *c) {
    return c->accepted < m->settings->clones;
}

static attr_status offer(ensemble *m) {
    attr_engine_set_input_f32(m->job->engine, 0, m->job->x);
    attr_targets_forward(m->job->targets, m->job->target_count, m->job->engine, 1);
    for (size_t t = 0; t < m->count; ++t) {
        candidate_target *c = &m->targets[t];
        if (!wants_more(m, c)) continue;
        ++c->tried;
        if (!is_accepted(c, m->job->engine)) continue;
        ATTR_TRY(take_gradient(m, c->target));
        join(m, c);
    }
    return ATTR_OK;
}

/* The fewest clones that a target has; the run is over when all have enough. */
static size_t fewest(const ensemble *m) {
    size_t least = m->settings->clones;
    for (size_t t = 0; t < m->count; ++t)
        if (m->targets[t].accepted < least) least = m->targets[t].accepted;
    return least;
}

static attr_status run_candidates(ensemble *m) {
    const attr_job *job = m->job;
    const attr_method_settings *s = m->settings;
    attr_weight_noise noise = s->weight_noise;
    noise.seed = s->seed;
    for (noise.clone = 0; noise.clone < s->attempts && fewest(m) < s->clones; ++noise.clone) {
        ATTR_TRY(attr_engine_perturb(job->engine, &noise));
        ATTR_TRY(offer(m));
        if (job->progress && job->progress(job->context, fewest(m), s->clones))
            return attr_fail(ATTR_INTERRUPTED, "interrupted");
    }
    return ATTR_OK;
}

static attr_status finish(const ensemble *m, candidate_target *c) {
    attr_map *map = c->map;
    if (c->accepted == 0)
        return attr_fail(ATTR_NUMERIC,
                         "none of %zu clones keeps the probability and the prediction of class %d: "
                         "weight_sigma=%g is too large, or attempts=%zu too few",
                         c->tried, attr_target_class(c->target), (double)m->settings->weight_noise.sigma,
                         m->settings->attempts);
    map->samples = map->gradients = c->accepted;
    map->tried = c->tried;
    if (!is_mean(m)) return ATTR_OK;
    for (size_t i = 0; i < m->size; ++i)
        map->values[i] = c->accepted == 1 ? c->before[i] : map->values[i] / (double)(c->accepted - 1);
    return ATTR_OK;
}

attr_status attr_geg(attr_map *maps, const attr_job *job) {
    ensemble m = {
        .job = job, .settings = job->settings, .size = attr_engine_inputs(job->engine), .count = job->target_count};
    for (size_t t = 0; t < m.count; ++t)
        ATTR_TRY(attr_target_needs_probability(job->targets[t], job->engine, attr_method_name(m.settings->method)));
    attr_status status = allocate(&m, maps);
    if (status == ATTR_OK) {
        note_clean(&m);
        status = run_candidates(&m);
        attr_engine_set_parameters(job->engine, NULL);
    }
    for (size_t t = 0; status == ATTR_OK && t < m.count; ++t) status = finish(&m, &m.targets[t]);
    release(&m);
    return status;
}
