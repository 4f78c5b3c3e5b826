/* Average precision of a detector: how well its scores tell right boxes from wrong ones. 0 to 1, higher is better.
 *
 * For each class the detections of all pictures are taken best score first. One is right if its intersection over union
 * with an object of its class in its picture, that no better one has taken, is `overlap` or more; it takes the one that
 * it overlaps most, and each object is taken once (attr_take_object() in matching.h). After each detection
 *
 *   precision = right ones so far / detections so far      recall = right ones so far / objects
 *
 * and the class's average precision is the area under the curve of the best precision that is reached at a recall or
 * beyond it (all points, as PASCAL VOC since 2010). The mean is over the classes that occur among the objects;
 * detections of other classes do not count. AP50 is that with an overlap of .5. */
#ifndef ATTR_METRICS_AVERAGE_PRECISION_H
#define ATTR_METRICS_AVERAGE_PRECISION_H

#include "base/status.h"
#include "model/ground_truth.h"
#include "targets/heads.h"

#define ATTR_AP50_OVERLAP 0.5

/* What was found in a picture, and what there is. Of a detection only class, score and box count. */
typedef struct {
    const attr_detection *found;
    int found_count;
    const attr_true_box *truth;
    int truth_count;
} attr_judged_picture;

/* Detections of equal score go in the order of the pictures, within one in the order given. `by_class` may be NULL;
 * by_class[classes] gets NAN where a class does not occur. Without any object *mean is NAN. ATTR_NO_MEMORY is the only
 * failure. */
attr_status attr_average_precision(double *mean, double *by_class, const attr_judged_picture *pictures, int count,
                                   int classes, double overlap);

#endif
