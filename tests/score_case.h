/* What tests of the rows of `valid` share: a target at an input of which the picture fills a part only, as
 * session/scoring.c hands it over, and a method's place taken by a function that copies maps. */
#ifndef ATTR_TESTS_SCORE_CASE_H
#define ATTR_TESTS_SCORE_CASE_H

#include "engine_pair.h"
#include "metrics/score.h"

typedef struct {
    engine_pair n;
    attr_target *target, *matched, *probability;
    attr_region region;
    size_t plane;
    float *reference;              /* mean colour in the picture, x around it */
    double *map, *mask;            /* [plane], 0 */
    double *values;                /* [channels][plane], 0; m.values points to it for score_case_method */
    double *made[ATTR_MAKE_KINDS]; /* what the method makes; NULL: there is no such map */
    attr_target *made_target;      /* what it was asked for last */
    int calls[ATTR_MAKE_KINDS];    /* how often */
    attr_status (*remake)(double *values, const float *x, size_t inputs); /* ATTR_MAKE_AT; NULL: made[ATTR_MAKE_AT] */
    attr_score_room room;
    attr_scored_map m;
} score_case;

/* A network on 3 channels of 20 x 24 pixels, of which the picture is 16 x 22. The linear one has two classes and the
 * target logit, in double precision; the deep one three, and probability. The detector has two classes in the 4 cells
 * of one [yolo]; its target is the score of class 1 in the cell that scores most, single precision. */
void linear_score_case(score_case *out);
void deep_score_case(score_case *out);
void detector_score_case(score_case *out);
void score_case_free(score_case *s);

/* Engines anew: after a change of the network's parameters. Then looks. */
void score_case_renew(score_case *s);

/* The target's value at x, anew: after a change of x, or of the target. */
void score_case_look(score_case *s);

/* From now on the map is that of a method with so many channels, which can make others. */
void score_case_method(score_case *s, int channels);

/* map: uniform in [low, high) on the picture. mask: 1 in the box of network pixels. */
void score_case_random_map(score_case *s, double low, double high);
void score_case_box(score_case *s, int left, int top, int right, int bottom);

/* What the row of that name gives the map; NAN where what it needs is not there. Must not fail. */
double score_of(score_case *s, const char *row);
double score_by(score_case *s, const attr_metric *row);

/* The row gives a number no farther than `within` from the expected one, or NAN where that is expected. */
void score_expect(score_case *s, const char *row, double expected, double within);

/* Forgets what the method has made, and how often it was asked. */
void score_case_forget(score_case *s);

#endif
