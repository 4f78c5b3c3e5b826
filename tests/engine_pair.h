/* What the tests of engine, targets, methods and checks share: a network on one line of text with an engine of each
 * precision, and values and gradients of targets taken without the methods. */
#ifndef ATTR_TESTS_ENGINE_PAIR_H
#define ATTR_TESTS_ENGINE_PAIR_H

#include "methods/method.h"
#include "model/engine.h"
#include "targets/target.h"

typedef struct {
    const char *cfg;
    network *net;
    attr_engine *single, *twin; /* single and double precision */
    size_t inputs;
    float *x; /* [inputs], in [0, 1) */
} engine_pair;

/* The network of such a text (see small_network.h) with random parameters, engines for `batch` samples that keep all,
 * random x. */
void engine_pair_make(engine_pair *out, const char *cfg, int batch);
void engine_pair_free(engine_pair *n);

/* For attr_keep: every layer of a network of up to 128. */
const bool *test_every_layer(void);

/* Zeroed memory, never NULL. */
void *test_allocate(size_t count, size_t size);

/* A class target that must be possible. */
attr_target *test_target(attr_engine *e, attr_quantity quantity, int class_index);

/* The target at x, and its gradient there (through the engine's backward). */
double test_value(attr_engine *e, const attr_target *t, const double *x);
void test_gradient(double *gradient, attr_engine *e, const attr_target *t, const double *x);

/* The map of one target at x by a method, which must succeed; released with attr_map_free. */
attr_map test_map(attr_engine *e, const float *x, attr_target *t, const attr_method_settings *settings);

/* Integrated Gradients from black, the picture filling the network's input. */
attr_method_settings test_path_settings(const engine_pair *n, attr_rule rule, size_t steps);

/* A layer of the double engine that squares: x^2 / 2, to be put in the place of an op's kind. */
extern const attr_layer_kind test_square_kind;

/* What malloc has given out and not taken back. */
size_t test_bytes_in_use(void);

/* FNV-1a of n bytes, continued from `hash` (0 to begin). */
uint64_t test_hash(uint64_t hash, const void *bytes, size_t n);

#endif
