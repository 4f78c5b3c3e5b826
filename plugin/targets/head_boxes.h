/* What the files of this room read of detection heads: raw outputs and boxes. Private to it. */
#ifndef ATTR_TARGETS_HEAD_BOXES_H
#define ATTR_TARGETS_HEAD_BOXES_H

#include "targets/heads.h"

/* A head's output for one sample: all three kinds are read alike, by anchor and cell. */
typedef struct {
    const attr_op *op;
    const layer *l;
    int cells_w, cells_h;
    float *values;
} attr_head;

/* All heads of the network for one sample of the last forward. ATTR_BAD_INPUT when there is none. Released with
 * attr_heads_free(), also after a failure. */
attr_status attr_heads_read(attr_head **heads, int *count, attr_engine *e, int sample);
void attr_heads_free(attr_head *heads, int count);

float attr_head_objectness(const attr_head *h, int anchor, int cell);
/* With a tree, given the parent. */
float attr_head_class(const attr_head *h, int anchor, int cell, int class_index);

/* The box without a class, relative to a picture of this size; that of a [detection] head to the network's input. */
attr_detection attr_head_box(const attr_head *h, int picture_w, int picture_h, int anchor, int cell);

/* From the network's input into the picture that is letterboxed there. */
void attr_head_undo_letterbox(attr_detection *d, const attr_op *op, int picture_w, int picture_h);

#endif
