/* The confusion table: what was there against what was found, counted over many pictures.
 *
 * The table has classes + 1 rows and columns. Rows are true classes, columns found ones. The last row is "nothing
 * there" (a detection that is on no object), the last column "not found" (an object that no detection is on); where
 * both meet nothing is ever counted.
 *
 * For a detector the definition is that of ConfusionMatrix in YOLOv5 (Jocher et al., utils/metrics.py; there after
 * kaanakan/object_detection_confusion_matrix), which looks at boxes first and at classes only then: each detection
 * chooses the object that it overlaps most, whatever their classes, if that is more than `overlap`; of the detections
 * that chose an object the one that overlaps it most is its detection and is counted with it. The others are on no
 * object, even if they overlap a second one: nobody chooses twice. Scores do not matter, so these counts are not those
 * of matching.h: a good box of the wrong class takes an object away from a poorer box of the right one.
 *
 * Differences:
 *   - there rows are found classes and columns true ones;
 *   - there the detections of a picture in which no detection is on any object are not counted at all, nor those of a
 *     picture without objects (the caller skips it). Here they are in the last row, as in later code of its successor
 *     (ultralytics/utils/metrics.py);
 *   - of equal overlaps the first object and the better detection win; there it is left to the sorting.
 *
 * For a classifier the table counts pictures: add them one by one with attr_confusion_count(). */
#ifndef ATTR_METRICS_CONFUSION_H
#define ATTR_METRICS_CONFUSION_H

#include "base/status.h"
#include "model/ground_truth.h"
#include "targets/heads.h"

/* YOLOv5's. */
#define ATTR_CONFUSION_OVERLAP 0.45

typedef struct {
    int classes;
    long *counts; /* [classes + 1][classes + 1]: [true][found] */
} attr_confusion;

/* An empty table, released with attr_confusion_free(). classes >= 1. ATTR_NO_MEMORY is the only failure. */
attr_status attr_confusion_make(attr_confusion *out, int classes);

/* Releases the counts; does nothing on a zeroed table. */
void attr_confusion_free(attr_confusion *table);

/* Adds a detector's picture. Of found[found_count], best score first, only what is KEPT counts. ATTR_BAD_INPUT for a
 * class that the table does not have: then nothing of the picture is counted. */
attr_status attr_confusion_add_picture(attr_confusion *table, const attr_candidate *found, int found_count,
                                       const attr_true_box *truth, int truth_count, double overlap);

/* Counts one pair; -1 stands for the last row or column: a picture whose class is not known, or no answer.
 * ATTR_BAD_INPUT for a class that the table does not have, then nothing is counted. */
attr_status attr_confusion_count(attr_confusion *table, int true_class, int found_class);

/* How often that pair was counted; -1 as above. Both classes below table->classes. */
long attr_confusion_at(const attr_confusion *table, int true_class, int found_class);

#endif
