/* What random subsets of pixels are worth by a map, and what the score loses without them: the pairs behind
 * faithfulness correlation and sensitivity-n (faithfulness_correlation.h, sensitivity_n.h).
 *
 *   S       `size` of the picture's pixels, all subsets of that size alike (attr_draw_subset)
 *   sum     sum of the map over S
 *   drop    f(x) - f(x without S): in S, all channels, x gets its replacement
 *
 * Replacements, of which the least, mean and largest value are those over all channels of the picture in x, as in
 * Quantus, where they are called black, mean and white:
 *   reference   the caller's input
 *   lowest, mean, highest
 *   uniform     anew for every element and run, in [0, 1) */
#ifndef ATTR_METRICS_SUBSET_REMOVAL_H
#define ATTR_METRICS_SUBSET_REMOVAL_H

#include "metrics/picture_pixels.h"
#include "model/engine.h"
#include "targets/target.h"

typedef enum {
    ATTR_REPLACE_REFERENCE,
    ATTR_REPLACE_LOWEST,
    ATTR_REPLACE_MEAN,
    ATTR_REPLACE_HIGHEST,
    ATTR_REPLACE_UNIFORM
} attr_replacement;

typedef struct {
    attr_region region; /* the network's input, and where the picture lies in it */
    attr_replacement with;
    const float *reference; /* [channels][height][width]; its part inside the picture is read, for `reference` only */
    size_t size;            /* 1 or more; more than the picture has pixels: all */
    size_t runs;
    uint64_t seed; /* streams ATTR_STREAM_SUBSETS and ATTR_STREAM_REPLACEMENT: part = size, sample = run */
} attr_subset_settings;

/* sums[count][runs] of count maps [height][width], drops[runs], which know nothing of maps; x
 * [channels][height][width]. As attr_score_series(). Sums are in reading order, so they are equal if their terms are.
 */
attr_status attr_subset_removal(double *sums, double *drops, attr_engine *e, const attr_target *target, const float *x,
                                const double *const *maps, size_t count, const attr_subset_settings *settings);

#endif
