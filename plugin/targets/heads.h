/* From a detector's output to its detections, in Darknet's way, but each one keeps where it came from.
 *
 * Numbers are computed in float in Darknet's order, so that a single precision engine gives the scores, boxes and
 * choices of `darknet detector test` (with its -thresh, -hier and its NMS of .45). Differences, where Darknet is wrong:
 *   - a tree of classes (YOLO9000) on a CPU: the probabilities are those of layers/region.c;
 *   - with `background` and a tree, the classes are read behind the objectness, not from it on;
 *   - heads with different numbers of classes: each has its own (Darknet takes the last layer's for all);
 *   - [detection] (YOLOv1): `detector test` multiplies the boxes by the picture's size twice and draws them outside the
 *     picture. Here they are relative, as `darknet yolo test` draws them: no letterbox is undone for this head. */
#ifndef ATTR_TARGETS_HEADS_H
#define ATTR_TARGETS_HEADS_H

#include "model/engine.h"
#include "model/ground_truth.h"

typedef struct {
    int layer, anchor, row, column; /* anchor: which of the layer's own anchors, before `mask` */
    int class_index;
    float objectness;        /* 1 for a [region] with `background` */
    float class_probability; /* with a tree: of the class itself, the product along its path */
    float score;             /* what Darknet prints: objectness x class_probability; with a tree the objectness alone */
    float x, y, w, h; /* centre and size relative to the picture, letterbox undone; may reach beyond the picture */
} attr_detection;

/* What became of a pair of a box and a class. */
typedef enum {
    ATTR_FATE_KEPT,
    ATTR_FATE_BELOW,     /* its score is not above the threshold, but it would have stayed */
    ATTR_FATE_SUPPRESSED /* a better box of its class overlaps it */
} attr_fate;

typedef struct {
    attr_detection detection;
    attr_fate fate;
    int by; /* the candidate that suppresses it, an index of the list; else -1 */
} attr_candidate;

/* The candidates of all [yolo], [region] and [detection] layers of `e` for one sample of the last forward.
 *
 *   lowest   0 <= lowest: a candidate needs score > lowest (and for [yolo], [region] objectness > lowest)
 *   thresh   lowest <= thresh: what is kept needs score > thresh
 *   hier     with a tree: how probable a class must be to be preferred to its parent
 *   nms      of two boxes of a class that overlap by more (intersection over union) only the better stays; 0: all stay
 *
 * Sets *out to *count pairs of a box and a class (a box can stand with several classes), best score first; the caller
 * releases it with free(), NULL when there are none. ATTR_BAD_INPUT when the network has no such layer. */
attr_status attr_find_candidates(attr_candidate **out, int *count, attr_engine *e, int sample, int picture_w,
                                 int picture_h, float lowest, float thresh, float hier, float nms);

/* Those that are kept, without looking at others: lowest = thresh. */
attr_status attr_detect(attr_detection **out, int *count, attr_engine *e, int sample, int picture_w, int picture_h,
                        float thresh, float hier, float nms);

/* The box that came nearest to a detection of an object: of all cells and anchors of all heads, whatever their scores,
 * of which the box overlaps the object by `overlap` or more that with the highest score of the object's class; if there
 * is none, the one that overlaps it most. In a tree of classes the score is objectness x the class's own probability.
 * *iou is its overlap. Boxes of a [detection] head are moved into the picture, too (see above). ATTR_BAD_INPUT when no
 * head has the class. */
attr_status attr_nearest_box(attr_detection *out, float *iou, attr_engine *e, int sample, int picture_w, int picture_h,
                             const attr_true_box *object, float overlap);

/* The box at `place` (its layer, anchor, row, column), and the score of place->class_index there; -1: of the most
 * probable class. Moved into the picture as by attr_nearest_box(). ATTR_BAD_INPUT when there is no such place. */
attr_status attr_box_at(attr_detection *out, attr_engine *e, int sample, int picture_w, int picture_h,
                        const attr_detection *place);

#endif
