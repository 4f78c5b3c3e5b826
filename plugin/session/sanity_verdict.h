/* What the numbers of a sanity check say, in words: for one method and check, over all pictures and targets.
 *
 * Thresholds, s being the strength of an agreement, max(|Spearman|, |Spearman of the magnitudes|):
 *
 *   cascade, bottom_up   s when all layers are random, in the mean over maps: passes up to the larger of 0.2 and what
 *                        the map has by chance (metrics/map_agreement.h), doubtful up to 0.5, fails above
 *   independent          mean s over all layers: passes up to 0.5, doubtful up to 0.8
 *   logit                mean Spearman, with signs, over the other classes: passes up to 0.5, doubtful up to 0.8
 *   perturbation         Spearman over t of p_t / p_0 with the map's agreement (Spearman of the magnitudes), in the
 *                        mean over maps: passes from 0.7 on, doubtful from 0.3 on; fails if maps still agree by more
 *                        than 0.8 where p_t is least. Cannot be told of a map whose p_t / p_0 never goes below 0.9, or
 *                        with fewer than 4 t
 *   shift                Spearman, of the values or of the magnitudes (what loses more), in the mean, against the
 *                        plain gradient's, which differs by the borders alone: passes down to 0.05 below, doubtful
 *                        down to 0.3 below
 *
 * A map that is the same everywhere (0, as those of dead layers) agrees with nothing: it is left out, and this is told;
 * under noise it is taken to agree by 0. */
#ifndef ATTR_SESSION_SANITY_VERDICT_H
#define ATTR_SESSION_SANITY_VERDICT_H

#include "session/sanity.h"

#define ATTR_VERDICT_LOW    0.2
#define ATTR_VERDICT_HIGH   0.5
#define ATTR_VERDICT_ALIKE  0.8
#define ATTR_VERDICT_STEP   0.7
#define ATTR_VERDICT_WEAK   0.3
#define ATTR_VERDICT_FALL   0.9
#define ATTR_VERDICT_BORDER 0.05

typedef enum { ATTR_VERDICT_UNKNOWN, ATTR_VERDICT_PASSES, ATTR_VERDICT_DOUBTFUL, ATTR_VERDICT_FAILS } attr_verdict_word;

/* "cannot be told", "passes", "doubtful", "fails" */
const char *attr_verdict_name(attr_verdict_word word);

typedef struct {
    attr_verdict_word word;
    int maps;             /* that went into it */
    double value, beside; /* the number that decides, and the one it is compared with; NAN */
    char text[512];       /* a sentence with these numbers */
} attr_verdict;

/* ATTR_NO_MEMORY is the only failure. */
attr_status attr_sanity_judge(attr_verdict *out, const attr_sanity *v, int method, int check);

#endif
