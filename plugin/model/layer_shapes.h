/* The rules of shapes.h, one a layer type: layer_shapes.c, and head_shapes.c for layers that join others and for heads.
 */
#ifndef ATTR_MODEL_LAYER_SHAPES_H
#define ATTR_MODEL_LAYER_SHAPES_H

#include <stdint.h>

#include "model/shapes.h"

/* A layer whose shape is being worked out. */
typedef struct {
    const attr_cfg *cfg;
    const attr_section *section;
    const attr_shape *layers; /* those before, 0 .. index - 1 */
    int index;
    attr_shape *shape; /* name, type, line, w, h, c, inputs are there; the rule sets the rest */
} attr_shape_task;

/* Works out one layer. Sets `*workspace` to the floats that it unrolls its input into. */
attr_status attr_layer_shape(size_t *workspace, const attr_shape_task *task);

attr_status attr_shape_route(const attr_shape_task *task);
attr_status attr_shape_shortcut(const attr_shape_task *task);
attr_status attr_shape_softmax(const attr_shape_task *task);
attr_status attr_shape_yolo(const attr_shape_task *task);
attr_status attr_shape_region(const attr_shape_task *task);
attr_status attr_shape_detection(const attr_shape_task *task);

/* For the rules: the output is a picture, a list of numbers, or has the input's shape. */
attr_status attr_give_picture(const attr_shape_task *task, int64_t w, int64_t h, int64_t c);
attr_status attr_give_list(const attr_shape_task *task, size_t outputs);
attr_status attr_give_same(const attr_shape_task *task);

/* Refuses an input that is a list. */
attr_status attr_need_picture(const attr_shape_task *task);

/* a x b and a + b, SIZE_MAX if that is too large. */
size_t attr_times(size_t a, size_t b);
size_t attr_plus(size_t a, size_t b);

/* Fails with the line of a key, or of the section if the key is not set or "". */
#define ATTR_REFUSE(task, status, key, format, ...)                                                                    \
    attr_fail(status, "%s:%d: " format, (task)->cfg->path, attr_cfg_line((task)->section, key), ##__VA_ARGS__)

#endif
