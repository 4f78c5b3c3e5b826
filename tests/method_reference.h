/* Every scheduled method made again from its formula, sharing no code with the schedule: noise by attr_random_normal
 * with the documented layout, gradients by the double-precision engine, clones by parameter arrays that are perturbed
 * here, and all in the coordinates u = (x - origin) / deviation, where the formulas have no scales. */
#ifndef ATTR_TESTS_METHOD_REFERENCE_H
#define ATTR_TESTS_METHOD_REFERENCE_H

#include "engine_pair.h"

/* Of the networks that it is for; settings have so many steps and roots. */
enum { CHANNELS = 3, HEIGHT = 7, WIDTH = 5, PLANE = HEIGHT * WIDTH, SIZE = CHANNELS * PLANE };
enum { NODES = 3, ROOTS = 3, MOST_SAMPLES = 16 };

typedef struct {
    const engine_pair *n;
    const attr_target *target;
    const attr_method_settings *s;
    double u[SIZE], origin[SIZE], deviation[SIZE];
} reference_case;

typedef struct {
    int count, units, per_unit;
    double sample[MOST_SAMPLES][SIZE], unit[MOST_SAMPLES][SIZE];
} reference_samples;

/* Makes the samples, transformed as `magnitudes` and `reduction` say, and the units, which are means of so many. */
void reference_make(reference_samples *r, const reference_case *c);

bool reference_has_clones(const attr_method_settings *s);
bool reference_has_copies(const attr_method_settings *s);
attr_method reference_base(const attr_method_settings *s);
attr_reduction reference_reduction(const attr_method_settings *s);

#endif
