#include "dreams/adam.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"

static const double decay_first = 0.9, decay_second = 0.999;

attr_status attr_adam_make(attr_adam *out, size_t size, double rate, double limit) {
    *out = (attr_adam){.size = size, .rate = rate, .limit = limit};
    ATTR_TRY(attr_allocate(&out->first, size, sizeof *out->first, "an optimiser"));
    return attr_allocate(&out->second, size, sizeof *out->second, "an optimiser");
}

void attr_adam_free(attr_adam *a) {
    free(a->first);
    free(a->second);
    *a = (attr_adam){0};
}

static double length_of(const double *values, size_t size) {
    double squares = 0;
    for (size_t i = 0; i < size; ++i) squares += values[i] * values[i];
    return sqrt(squares);
}

void attr_adam_step(double *parameters, attr_adam *a, const double *gradient) {
    double part = a->limit > 0 ? fmin(1, a->limit / (length_of(gradient, a->size) + 1e-6)) : 1;
    double t = (double)++a->steps;
    double correct_first = 1 - pow(decay_first, t), correct_second = 1 - pow(decay_second, t);
    for (size_t i = 0; i < a->size; ++i) {
        double g = part * gradient[i];
        a->first[i] = decay_first * a->first[i] + (1 - decay_first) * g;
        a->second[i] = decay_second * a->second[i] + (1 - decay_second) * g * g;
        parameters[i] -= a->rate * (a->first[i] / correct_first) / (sqrt(a->second[i] / correct_second) + 1e-8);
    }
}
