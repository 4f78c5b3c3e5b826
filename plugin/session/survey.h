/* A survey: what a network gets right and wrong on a list of pictures, case by case. The work behind `triage`.
 *
 *   attr_survey v = {.session = s};
 *   ATTR_TRY(attr_survey_add(&v, path));        for each picture; a failure leaves it out, the others go on
 *   ATTR_TRY(attr_survey_finish(&v));           accuracy, AP, confusion table
 *   attr_survey_free(&v);
 *
 * Pictures are letterboxed as by `darknet attribute test`, one at a time; nothing of them is kept but what was found.
 *
 * A detector's cases are those of metrics/matching.h, with options thresh, candidates, nms, hier and iou. A true or
 * false positive aims at the detection; a suppressed object at the candidate that was suppressed; a missed or confused
 * one at the box that came nearest to a detection of it (attr_nearest_box). A classifier's case is its picture: right
 * or wrong, where the label is known (metrics and labels as in `classifier valid`). */
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
    int true_class;  /* -1: there is nothing */
    double score;    /* a detector's of the box that is aimed at, for class_index; a classifier's p(class_index) */
    double margin;   /* classifier: score - p(true_class) */
    attr_aim
        aim; /* detector. `by`: of a duplicate what took its object, of a suppressed one what suppresses it, of a
                confused one the detection of another class. `object`: what it was matched with, took or overlaps */
} attr_survey_case;

typedef struct {
    char *path;
    int width, height;
    attr_true_box *objects; /* what is labelled there */
    int object_count;
    attr_detection *found; /* with scores above .005, the best 100, best first; detectors only */
    int found_count;
} attr_survey_picture;

typedef struct {
    attr_session *session;

    attr_survey_picture *pictures;
    int picture_count;
    attr_survey_case *cases; /* picture by picture */
    int case_count;
    attr_label_problems problems; /* of label files, a classifier's paths without a label included */
    attr_confusion *confusion;    /* classes and, of a detector, nothing; see metrics/confusion.h */

    int counts[ATTR_SURVEY_KINDS];
    double ap;         /* AP50, or with option iou another overlap: metrics/average_precision.h; NAN without objects */
    double *class_ap;  /* [classes] */
    double top1, top5; /* classifier; NAN without labels */
} attr_survey;

attr_status attr_survey_add(attr_survey *v, const char *path);
attr_status attr_survey_finish(attr_survey *v);
void attr_survey_free(attr_survey *v);

#endif
