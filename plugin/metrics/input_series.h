/* The scores of a series of inputs, each made when it is needed, through an engine in batches. */
#ifndef ATTR_METRICS_INPUT_SERIES_H
#define ATTR_METRICS_INPUT_SERIES_H

#include "model/engine.h"
#include "targets/target.h"

typedef struct {
    /* Makes input number i of the one before, which is still in `input` (before the first: what the series begins
     * with). Called for 0, 1, .. in this order. */
    attr_status (*make)(void *context, size_t i, float *input);
    /* May be NULL: looks at sample `sample` of a forward, which was of input i. In the same order. */
    void (*look)(void *context, size_t i, attr_engine *e, int sample);
    void *context;
} attr_input_series;

/* scores[count], the target's values. `first` [channels][height][width] is what the series begins with. Forwards only,
 * as many at once as the engine's batch. ATTR_NUMERIC when a score is not finite. */
attr_status attr_score_series(double *scores, attr_engine *e, const attr_target *target, const float *first,
                              size_t count, const attr_input_series *series);

#endif
