/* Maps by several methods, and controls, measured by several metrics, picture by picture. The work behind `valid`.
 *
 *   attr_scoring s = {.session = session, .given = &options, .methods = methods, .method_count = n,
 *                     .metrics = metrics, .metric_count = m};
 *   ATTR_TRY(attr_score_picture(&scores, &s, path, progress, context));
 *
 * Of a classifier the most probable class is explained, of a detector the `detections` best (default: one), with the
 * cell and anchor frozen. Masks are the box of the labelled object that the detection took, or if there is none its own
 * box; with mask=polygon that object's outline (outlines.h), or none; of a classifier what is in the folder of option
 * masks, or none. With option partner a picture has another one beside it, whose maps are of the same target. The
 * controls (metrics/controls.h) are measured like methods. */
#ifndef ATTR_SESSION_SCORING_H
#define ATTR_SESSION_SCORING_H

#include "metrics/controls.h"
#include "metrics/score.h"
#include "session/scored_methods.h"
#include "session/session.h"

typedef struct {
    attr_session *session;
    const attr_options *given; /* without any of the methods */
    const attr_scored_method *methods;
    int method_count;
    const attr_metric *const *metrics;
    int metric_count;
    bool without_controls;
    attr_session *second; /* another network of the same cfg, whose engine is never used; NULL: none */
} attr_scoring;

/* The rows of all tables: methods, then controls. */
int attr_scoring_rows(const attr_scoring *s);

/* The method's, or "control: random". */
void attr_scoring_label(char *out, size_t size, const attr_scoring *s, int row);

/* The scores of one target. */
typedef struct {
    char *name;       /* "dog_1" */
    double *values;   /* [rows][metrics]; NAN: not defined, or not to be had (a control cannot be explained again) */
    double *curves;   /* [rows][metrics][ATTR_METRIC_POINTS]; NAN likewise */
    double *seconds;  /* [rows], of the map */
    size_t gradients; /* that went into all maps of methods, without those that metrics ask for */
} attr_target_scores;

typedef struct {
    attr_target_scores *targets;
    int count;
} attr_picture_scores;

/* *out is released with attr_picture_scores_free(), also after a failure. Nothing detected: no target. */
attr_status attr_score_picture(attr_picture_scores *out, const attr_scoring *s, const char *path,
                               attr_progress progress, void *context);
void attr_picture_scores_free(attr_picture_scores *scores);

#endif
