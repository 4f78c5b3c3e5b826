/* A picture whose maps are measured: what the files scoring*.c share. Private to them. */
#ifndef ATTR_SESSION_SCORING_JOB_H
#define ATTR_SESSION_SCORING_JOB_H

#include "session/scoring.h"

/* The map of a row and target. */
typedef struct {
    double *plane;  /* [net_h][net_w] signed, summed over channels */
    double *values; /* [channels][net_h][net_w] as the method made it; NULL: a control's */
    int channels;
    double expected_sum; /* NAN: the method promises none */
    size_t gradients;
} attr_row_map;

typedef struct {
    const attr_scoring *scoring;
    attr_explanation *ex;
    attr_choice *choices;
    int count;
    attr_row_map *maps;  /* [rows][targets] */
    double *root_sigmas; /* [rows][targets] what option adaptive has found; NAN: it was not looked for */
    double *seconds;     /* [rows] for all targets */
    float *reference;
    attr_explanation *partner; /* the picture's, of option partner; NULL: there is none */
    float *partner_reference;
    attr_picture_scores *out;
    attr_progress progress;
    void *context;
} attr_scoring_job;

attr_fitted_region attr_scoring_fitted(const attr_explanation *ex);

/* How many rows are controls. */
int attr_scoring_controls(const attr_scoring *s);

/* ---- scoring_maps.c */

/* Fills the maps of all rows, and the seconds of methods. */
attr_status attr_scoring_explain(attr_scoring_job *job);
void attr_scoring_free_maps(attr_scoring_job *job);

/* Makes other maps of a row, for measures; sets map->engine, for it may have to be made anew. */
typedef struct {
    attr_scoring_job *job;
    int row, target; /* of the job */
    attr_scored_map *map;
} attr_scoring_again;

/* An attr_explainer; its context is an attr_scoring_again. */
attr_status attr_scoring_explain_again(void *context, double *values, attr_made_map kind, attr_target *target,
                                       const float *x);

/* ---- scoring_masks.c */

/* The label of the object that a detection took, if there are labels. */
attr_status attr_scoring_find_objects(attr_scoring_job *job);

/* Where a detection's object is: the label that it took, or else its own box. Empty for a class. */
attr_share_box attr_scoring_box(const attr_explanation *ex, const attr_choice *choice);

/* mask[net_h][net_w] of a target; *is_known false: nothing says where its object is. */
attr_status attr_scoring_mask(double *mask, bool *is_known, const attr_scoring_job *job, int target);

#endif
