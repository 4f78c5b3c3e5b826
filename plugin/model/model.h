/* A network that is safe to compute with: cfg and weights were checked before Darknet read them. */
#ifndef ATTR_MODEL_MODEL_H
#define ATTR_MODEL_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "darknet.h"
#include "model/cfg.h"

typedef struct {
    network *net;          /* batch 1, as Darknet made it; never changed afterwards */
    uint64_t checksum;     /* of all parameters, taken after loading */
    char weights_hash[65]; /* SHA-256 of the weights file; "" without one */
} attr_model;

/* Loads the network of a checked cfg. The weights file is looked for with attr_find_file(). weights_path NULL: random
 * parameters from `seed` (random_weights.h). Darknet's own output on stderr is turned away unless `talk`; it goes
 * through the process's file descriptor, so no other thread should write there meanwhile. */
attr_status attr_model_load(attr_model **out, const attr_cfg *cfg, const char *weights_path, uint64_t seed, bool talk);
void attr_model_free(attr_model *model);

/* Called by Darknet while it makes a network (patches/09-initial-weights.patch): whether this thread will set all its
 * weights. Then none are drawn by chance, which takes longer than all else in loading. */
int attr_sets_weights(void);

#endif
