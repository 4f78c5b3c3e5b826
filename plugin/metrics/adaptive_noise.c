#include "metrics/adaptive_noise.h"

#include <math.h>

typedef struct {
    attr_noise_search *out;
    attr_noise_evaluation *trace;
    attr_noise_objective objective;
    void *context;
} search;

static attr_status evaluate(double *value, search *s, double sigma) {
    size_t number = s->out->evaluations;
    ATTR_TRY(s->objective(s->context, sigma, number, value));
    if (isnan(*value)) return attr_fail(ATTR_NUMERIC, "the objective of the noise %g is not a number", sigma);
    if (s->trace) s->trace[number] = (attr_noise_evaluation){sigma, *value};
    ++s->out->evaluations;
    return ATTR_OK;
}

/* Moves up, or, where that is worse, down; `after` is the objective there. */
static attr_status move(double *sigma, double *after, search *s, double rate, double before) {
    double up = fabs(*sigma + rate), down = fabs(*sigma - rate);
    *sigma = up;
    ATTR_TRY(evaluate(after, s, up));
    if (*after <= before) return ATTR_OK;
    *sigma = down;
    return evaluate(after, s, down);
}

size_t attr_noise_evaluations(const attr_noise_search_settings *settings) {
    return 1 + 2 * settings->steps;
}

attr_status attr_noise_search_run(attr_noise_search *out, attr_noise_evaluation *trace, double start,
                                  const attr_noise_search_settings *settings, attr_noise_objective objective,
                                  void *context) {
    search s = {out, trace, objective, context};
    double sigma = start, rate = settings->rate, before, after;
    int fails = 0;
    *out = (attr_noise_search){.start = start, .sigma = start};
    ATTR_TRY(evaluate(&before, &s, sigma));
    out->objective = before;
    for (size_t step = 0; step < settings->steps; ++step) {
        ATTR_TRY(move(&sigma, &after, &s, rate, before));
        if (after > before) {
            if (fails >= settings->patience) break;
            rate *= settings->decay;
            ++fails;
        } else {
            fails = 0;
            if (after < out->objective) {
                out->sigma = sigma;
                out->objective = after;
            }
        }
        before = after;
    }
    return ATTR_OK;
}
