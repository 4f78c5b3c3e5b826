/* Non-maximum suppression: of boxes that cover the same thing only the best stays. */
#ifndef ATTR_TARGETS_NMS_H
#define ATTR_TARGETS_NMS_H

#include "targets/heads.h"

/* Intersection over union of two boxes; 0 when they do not meet. */
float attr_box_iou(const attr_detection *a, const attr_detection *b);

/* For each class on its own: sets to 0 the score of every box that overlaps a better one, that itself stays, by more
 * than `overlap`.
 *
 *   scores   [boxes][classes]
 *   by       [boxes][classes] gets, where a score is set to 0, the box that the better one is; NULL: is not asked for
 *   order    [slots] indexes into `boxes`, or -1 for a slot without a box. Boxes of equal score go by this order, in
 *            which Darknet's sorting leaves them (holes are filled from the end, then one stable sort a class).
 * Changed.
 */
attr_status attr_suppress(float *scores, int *by, int *order, const attr_detection *boxes, int slots, int classes,
                          float overlap);

#endif
