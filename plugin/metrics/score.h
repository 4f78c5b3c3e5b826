/* The measures of `valid` by name: what is a map worth? One table, as that of options: a row is the word of -metrics,
 * the column of the table, the direction of its arrow.
 *
 * Every measure looks at maps of one target at one input, gives each map what it would give it alone, is a function of
 * its arguments alone (whatever threads and batch), and is NAN where it is not defined (a constant map, no mask, a
 * target of 0): such a map is left out of means and counted. Formulas and constants are in the headers named in
 * score.c. */
#ifndef ATTR_METRICS_SCORE_H
#define ATTR_METRICS_SCORE_H

#include <stdbool.h>
#include <stdint.h>

#include "metrics/attribution_share.h"
#include "metrics/robustness.h"
#include "model/engine.h"
#include "targets/target.h"

/* Makes the map [net_h][net_w] of the same method and target at another input. */
typedef attr_status (*attr_explainer)(void *context, double *map, const float *x);

typedef struct {
    attr_engine *engine;           /* of any batch; has the network's own parameters */
    attr_target *target, *matched; /* matched: looked for anew (attr_target_rematch); NULL for a classifier */
    double value;                  /* of the target at x */
    const float *x;                /* [channels][net_h][net_w] */
    int channels, net_w, net_h;
    attr_fitted_region fitted;
    const float
        *reference;     /* what stands for "removed": the picture's mean colour inside the fitted region, x outside */
    const double *map;  /* signed, summed over channels */
    const double *mask; /* [net_h][net_w], 0 to 1: where the object is; NULL: not known */
    attr_share_box box; /* of the mask */
    attr_explainer explain; /* NULL for a control */
    void *context;
    attr_robustness *robustness; /* of this map, for measures that share it; max_sensitivity -1: not measured yet */
    double *curve;               /* [ATTR_METRIC_POINTS], set by measures that have one; may be NULL */
    uint64_t seed;
} attr_scored_map;

/* Curves are taken at x = 0, 1/30, .. 1. */
enum { ATTR_METRIC_POINTS = 31 };

typedef enum {
    ATTR_NEEDS_MASK = 1,
    ATTR_NEEDS_EXPLAINER = 2,
    ATTR_NEEDS_DETECTOR = 4,
    ATTR_AROUND_ZERO = 8 /* a map of no use has 0 in the mean: a ratio to that would say nothing */
} attr_metric_trait;

typedef struct {
    const char *name, *group, *help;
    int direction;   /* 1: higher is better, -1: lower, 0: neither */
    unsigned traits; /* a sum of attr_metric_trait */
    /* Of one map, or NULL and of all maps of a target in common: out[count], maps[count]; m->map is not set. */
    attr_status (*measure)(double *out, const attr_scored_map *m);
    attr_status (*measure_all)(double *out, const attr_scored_map *m, const double *const *maps, size_t count);
    const char *curve; /* what its curve has for x; NULL: it has none */
} attr_metric;

/* The table; its end is a row without a name. */
extern const attr_metric attr_metrics[];

/* The row of that name, with - for _; NULL if there is none, then *near is the nearest name or NULL. */
const attr_metric *attr_metric_find(const char *name, const char **near);

#endif
