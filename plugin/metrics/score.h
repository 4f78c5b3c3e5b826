/* The measures of `valid` by name: what is a map worth? One table, as that of options: a row is the word of -metrics,
 * the column of the table, the direction of its arrow.
 *
 * Every measure looks at maps of one target at one input, gives each map what it would give it alone, is a function of
 * its arguments alone (whatever threads and batch), and is NAN where it is not defined (a constant map, no mask, a
 * target of 0): such a map is left out of means and counted. Formulas and constants are in the headers that the files
 * score_*.c include. */
#ifndef ATTR_METRICS_SCORE_H
#define ATTR_METRICS_SCORE_H

#include <stdbool.h>
#include <stdint.h>

#include "methods/baseline.h"
#include "metrics/attribution_share.h"
#include "metrics/robustness.h"
#include "model/engine.h"
#include "targets/target.h"

/* Which map is made besides the one that is measured. */
typedef enum {
    ATTR_MAKE_AT,      /* of another input */
    ATTR_MAKE_PLAIN,   /* of the method without its noise: its base, or the gradient */
    ATTR_MAKE_AGAIN,   /* with other random numbers */
    ATTR_MAKE_SECOND,  /* of the second network, with the same other random numbers */
    ATTR_MAKE_SHIFTED, /* of x plus a constant, by a network whose first layer takes it away again (replacement.h) */
    ATTR_MAKE_PARTNER, /* of the partner */
    ATTR_MAKE_KINDS
} attr_made_map;

/* Makes a map [value_channels][net_h][net_w] of the same method. x: the input of ATTR_MAKE_AT. target NULL: the same,
 * else of that one. ATTR_UNSUPPORTED where there is no such map. The engine of the attr_scored_map may be another one
 * afterwards, and its outputs are. */
typedef attr_status (*attr_explainer)(void *context, double *values, attr_made_map kind, attr_target *target,
                                      const float *x);

/* What measures of one map share: made by the first that needs it, released by the caller. */
typedef struct {
    attr_robustness robustness;      /* max_sensitivity -1: not measured yet */
    double *values[ATTR_MAKE_KINDS]; /* NULL: not made yet; of ATTR_MAKE_AT never */
    bool is_missing[ATTR_MAKE_KINDS];
} attr_score_room;

typedef struct {
    attr_engine *engine;           /* of any batch; has the network's own parameters */
    attr_target *target, *matched; /* matched: looked for anew (attr_target_rematch); NULL for a classifier */
    attr_target *probability;      /* the probability behind the target, or a detection's score; NULL: there is none */
    bool is_detection;             /* not a class */
    double value;                  /* of the target at x */
    const float *x;                /* [channels][net_h][net_w] */
    int channels, net_w, net_h;
    attr_fitted_region fitted;
    /* What stands for "removed": the picture's mean colour inside the fitted region, x outside. */
    const float *reference;
    const float *partner, *partner_reference; /* of another picture, e.g. x attacked; NULL: there is none */

    const double *map;  /* signed, summed over channels */
    const double *mask; /* [net_h][net_w], 0 to 1: where the object is; NULL: not known */
    attr_share_box box; /* around the object; empty: not known */

    /* Of maps that a method made, not of controls. */
    const double *values; /* [value_channels][net_h][net_w] as it made them, signed; NULL: a control */
    int value_channels;   /* those of x, or 1 */
    int method;           /* ATTR_METHOD_GRADIENT, ... */
    double expected_sum;  /* what the map promises to sum to; NAN: nothing */

    attr_explainer explain; /* NULL for a control */
    void *context;
    bool has_second; /* whether there is a second network */
    attr_score_room *room;
    double *curve; /* [ATTR_METRIC_POINTS], set by measures that have one; may be NULL */
    uint64_t seed;
    double least_score; /* of a detection */
    bool as_published;  /* with what papers and their code have by mistake, see README.md */
} attr_scored_map;

/* Curves are taken at x = 0, 1/30, .. 1. */
enum { ATTR_METRIC_POINTS = 31 };

typedef enum {
    ATTR_NEEDS_MASK = 1,
    ATTR_NEEDS_EXPLAINER = 2, /* makes maps of its own */
    ATTR_NEEDS_DETECTOR = 4,
    ATTR_AROUND_ZERO = 8,   /* a map of no use has 0 in the mean: a ratio to that would say nothing */
    ATTR_MEDIAN_CURVE = 16, /* of several pictures the paper has the area under the median curve */
    ATTR_NEEDS_SECOND = 32, /* a second network */
    ATTR_NEEDS_PROBABILITY = 64,
    ATTR_CURVE_OF_MAPS = 128, /* its curve is how like a map is, not how a score goes */
    ATTR_NEEDS_PARTNER = 256
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

/* Whether what a measure needs is not there: it is not to be called then, its value is NAN. */
bool attr_metric_lacks(const attr_metric *metric, const attr_scored_map *m);

/* Releases what a room holds, and empties it: nothing is measured yet. */
void attr_score_room_clear(attr_score_room *room);

#endif
