/* A survey: what a network gets right and wrong on a list of pictures, case by case. The work behind `triage`.
 *
 *   attr_survey v = {.session = s};
 *   ATTR_TRY(attr_survey_add(&v, path));        for each picture; a failure leaves it out, the others go on
 *   ATTR_TRY(attr_survey_finish(&v));           accuracy, AP, confusion table
 *   ATTR_TRY(attr_survey_explain(&explanation, &v, cases, count, NULL, NULL));      maps of what you choose
 *   attr_survey_free(&v);
 *
 * Pictures are letterboxed as by `darknet attribute test`, one at a time; nothing of them is kept but what was found.
 *
 * A detector's cases are those of metrics/matching.h, with options thresh, candidates, nms, hier and iou. A true or
 * false positive aims at the detection; a suppressed object at the candidate that was suppressed; a missed or confused
 * one at the box that came nearest to a detection of it (attr_nearest_box). A classifier's case is its picture: right
 * or wrong. Labels are those of model/ground_truth.h. */
#ifndef ATTR_SESSION_SURVEY_H
#define ATTR_SESSION_SURVEY_H

#include "metrics/confusion.h"
#include "metrics/matching.h"
#include "session/aim.h"

/* Kinds of a classifier's cases, beside those of attr_case_kind. */
enum { ATTR_SURVEY_RIGHT = ATTR_CASE_KINDS, ATTR_SURVEY_WRONG, ATTR_SURVEY_KINDS };

/* "true_positive", ..., "right", "wrong". */
const char *attr_survey_kind_name(int kind);

typedef struct {
    int kind;
    int picture;     /* its index */
    int number;      /* among the cases of its picture, from 0 */
    int class_index; /* detected or predicted; of a false negative labelled */
    int true_class;  /* of the object that decided, or the label; -1: there is none */
    double score;    /* of the box that is aimed at, for class_index; a classifier's p(class_index) */
    double margin;   /* classifier: score - p(true_class) */
    /* Of a detector. `by`: what took a duplicate's object, what suppresses a suppressed one, what a confused object was
     * taken for. `object`: what was taken, overlapped, or not found. */
    attr_aim aim;
} attr_survey_case;

typedef struct {
    char *path;
    int width, height;
    bool has_labels;
    attr_true_box *objects; /* detector: what is labelled */
    int object_count;
    attr_candidate *candidates; /* detector: all above the lower of options candidates and thresh, best first */
    int candidate_count;
    attr_detection *found; /* detector: what average precision is judged by (attr_detect_for_precision) */
    int found_count;
    int label, predicted, rank; /* classifier; rank of the label among the classes, from 0; -1: there is none */
} attr_survey_picture;

typedef struct {
    attr_session *session;

    attr_survey_picture *pictures;
    int picture_count;
    attr_survey_case *cases; /* picture by picture */
    int case_count;
    attr_label_problems problems; /* of label files; a classifier's paths without a label */
    int unlabelled;               /* pictures without a label or label file: left out of all that follows */
    attr_confusion confusion;     /* with the overlap of option iou */

    int counts[ATTR_SURVEY_KINDS];
    attr_class_counts *class_counts; /* [classes], detector */
    double ap;                       /* detector: metrics/average_precision.h at option iou; NAN without objects */
    double *class_ap;                /* [classes], NAN where a class does not occur */
    double top1, top5;               /* classifier; NAN without labels */
} attr_survey;

/* A picture without labels is no failure. */
attr_status attr_survey_add(attr_survey *v, const char *path);
attr_status attr_survey_finish(attr_survey *v);
void attr_survey_free(attr_survey *v);

/* The maps of some cases of one picture, cases[count] as indexes, by the session's options: item i of the explanation
 * is that of case i, with its plane in network coordinates. What is explained is what option target says of the place
 * that the case aims at (a target that names a place itself is ATTR_BAD_INPUT); `auto` for a classifier that is wrong:
 * the contrast of what it says with what is true. One layer at most may be asked for (option layers). */
attr_status attr_survey_explain(attr_explanation **out, const attr_survey *v, const int *cases, int count,
                                attr_progress progress, void *context);

/* Checks option target for that. */
attr_status attr_survey_check_target(const attr_session *session);

#endif
