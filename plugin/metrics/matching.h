/* What a detector got right in a picture and what it got wrong: its candidates matched to the labelled objects, and
 * every detection and every object sorted into one case.
 *
 * A detection is a candidate that is KEPT. "Better" is what stands earlier in the list of candidates, "overlap" is the
 * intersection over union (attr_box_iou, single precision), of equal overlaps the first in the list wins.
 *
 * Matching, of each class on its own, is that of average_precision.h: best first, a detection takes, of the objects of
 * its class that no better one has taken, the one that it overlaps most, if that is `overlap` or more.
 *
 *   true_positive   a detection that took an object
 *
 * Every other detection is a false positive. With o its largest overlap with an object of its class, taken or not, and
 * b with an object of another class, it is the first of these that holds:
 *
 *   duplicate    o >= overlap      the object has been taken by a better detection, `other`
 *   confusion    b >= overlap      there is something, of another class
 *   poor_box     o >= background   there is something of its class, but the box is poor
 *   confusion    b >= background
 *   background                     there is nothing
 *
 * Every object that no detection took is a false negative, the first of these that holds (of several candidates the
 * best, for `confused` the one that overlaps it most):
 *
 *   suppressed   a candidate of its class overlaps it by `overlap`, its score is above the threshold, but non-maximum
 *                suppression took it away in favour of the detection `other`
 *   confused     a detection of another class, `other`, overlaps it by `overlap`
 *   suppressed   a candidate of its class overlaps it by `overlap`, but its score is not above the threshold (whether
 *                or not it was also suppressed); `other` is -1
 *   missed       no candidate of its class overlaps it by `overlap`, but for detections that took another object
 *
 * So each detection is the `candidate` of exactly one case, and each object the `truth` of exactly one case that is a
 * true positive or a false negative. (The `truth` of a false positive is only what decided about it.)
 *
 * Where that comes from: the two overlaps, .5 and .1, and the kinds of false positives are those of TIDE (Bolya, Foley,
 * Hays, Hoffman: TIDE, a general toolbox for identifying object detection errors, ECCV 2020: Cls, Loc, Both, Dupe, Bkg,
 * Miss) and of Hoiem, Chodpathumwan, Dai: Diagnosing error in object detectors, ECCV 2012. Differences:
 *   - TIDE (tidecv/quantify.py) asks in another order, poor box, other class, duplicate: a detection that lies well on
 *     an object of another class is Loc there if it touches one of its own, Cls if it lies well on a taken one of its
 *     own; here it is a confusion, and a duplicate;
 *   - TIDE's Both (wrong class and a poor box) is a confusion here, as with Hoiem, who has confusions from .1 on;
 *   - Hoiem counts duplicates among the poor boxes and tells confusions with similar classes from others;
 *   - an overlap that equals `background` is not background here; for TIDE it is with an object of another class;
 *   - TIDE calls an object missed only if no Cls or Loc error could be mended to find it, and there candidates that
 * were not kept are unknown: `confused` and `suppressed` are ours. */
#ifndef ATTR_METRICS_MATCHING_H
#define ATTR_METRICS_MATCHING_H

#include <stdbool.h>

#include "base/status.h"
#include "model/ground_truth.h"
#include "targets/heads.h"

#define ATTR_MATCHING_OVERLAP    0.5
#define ATTR_MATCHING_BACKGROUND 0.1

typedef struct {
    double overlap; /* 0 < background <= overlap <= 1 */
    double background;
    float threshold; /* the `thresh` that the candidates were found with */
} attr_matching_rule;

typedef enum {
    ATTR_CASE_TRUE_POSITIVE,
    ATTR_CASE_BACKGROUND,
    ATTR_CASE_CONFUSION,
    ATTR_CASE_DUPLICATE,
    ATTR_CASE_POOR_BOX,
    ATTR_CASE_MISSED,
    ATTR_CASE_CONFUSED,
    ATTR_CASE_SUPPRESSED,
    ATTR_CASE_KINDS
} attr_case_kind;

typedef struct {
    attr_case_kind kind;
    int candidate; /* index of `found`: the detection; of a suppressed object the candidate that was not kept; else -1
                    */
    int truth;     /* index of `truth`: the object, for a false positive the one that decided; -1 for background */
    int other;     /* index of `found`: for a duplicate the detection that took the object, for a suppressed object the
                      detection that suppresses (-1: the threshold), for a confused one the detection on it; else -1 */
    double iou;    /* of candidate and truth; 0 if one of them is -1 */
} attr_case;

/* "true_positive", "background", "confusion", "duplicate", "poor_box", "missed", "confused", "suppressed". */
const char *attr_case_kind_name(attr_case_kind kind);

bool attr_case_is_false_positive(attr_case_kind kind);
bool attr_case_is_false_negative(attr_case_kind kind);

/* Sorts a picture's candidates found[found_count], best score first as attr_find_candidates() lists them, and its
 * objects truth[truth_count] into cases. *out gets *count of them: true positives, then false positives, both best
 * first, then false negatives in the order of the objects. The caller releases it with free(); NULL when there are
 * none. ATTR_NO_MEMORY is the only failure. */
attr_status attr_match(attr_case **out, int *count, const attr_candidate *found, int found_count,
                       const attr_true_box *truth, int truth_count, const attr_matching_rule *rule);

/* How often a class was right (true positives), wrongly found (false positives, by the detection's class) and not found
 * (false negatives, by the object's class). */
typedef struct {
    int tp, fp, fn;
} attr_class_counts;

/* Adds a picture's cases to counts[classes]; those of classes outside are left out. */
void attr_count_cases(attr_class_counts *counts, const attr_case *cases, int count, const attr_candidate *found,
                      const attr_true_box *truth, int classes);

/* ---- What matching is made of; average_precision.c and confusion.c share it */

/* Overlap of a detection and an object; 0 when neither has an area. */
double attr_object_iou(const attr_detection *detection, const attr_true_box *object);

/* The object that a detection takes, by the rule above: its index, or -1. taken[truth_count]: those that better ones
 * have taken; the object is marked there. */
int attr_take_object(bool *taken, const attr_detection *detection, const attr_true_box *truth, int truth_count,
                     double overlap);

#endif
