/* The layers that read several layers, and the heads. */
#include <limits.h>
#include <stdint.h>

#include "model/class_files.h"
#include "model/layer_shapes.h"

/* The layer that a number in layers= or from= means: from the start if it is not negative, else counted back. */
static attr_status find_layer(const attr_shape **out, const attr_shape_task *task, const char *key, int number) {
    int index = number < 0 ? task->index + number : number;
    if (index < 0 || index >= task->index) {
        return ATTR_REFUSE(task, ATTR_BAD_INPUT, key,
                           "%s: layer %d does not come before this one, which is layer %d "
                           "(expected %d to %d, or 0 to %d)",
                           key, number, task->index, -task->index, -1, task->index - 1);
    }
    *out = &task->layers[index];
    return ATTR_OK;
}

/* As in Darknet: pictures of one size are stacked; otherwise the output is a list, one input after the other. */
attr_status attr_shape_route(const attr_shape_task *task) {
    enum { most = 256 };
    double numbers[most];
    attr_shape *s = task->shape;
    int count = attr_cfg_list(numbers, most, task->section, "layers");
    const attr_shape *first = NULL, *next = NULL;
    size_t outputs = 0, channels = 0;
    int is_picture = 1;
    if (count == 0 || count > most || task->index == 0) {
        return ATTR_REFUSE(task, ATTR_BAD_INPUT, "layers",
                           "[route] joins %d layers (expected layers= with 1 to %d layers "
                           "before it)",
                           task->index ? count : 0, most);
    }
    for (int i = 0; i < count; i++) {
        ATTR_TRY(find_layer(&next, task, "layers", (int)numbers[i]));
        if (!first) first = next;
        outputs = attr_plus(outputs, next->outputs);
        channels += next->out_c;
        if (next->out_w != first->out_w || next->out_h != first->out_h) is_picture = 0;
    }
    ATTR_TRY(attr_give_list(task, outputs));
    s->inputs = s->outputs;
    if (is_picture && first->out_w) return attr_give_picture(task, first->out_w, first->out_h, channels);
    return ATTR_OK;
}

/* Darknet demands that both sides shrink (or grow) by the same whole factor. */
attr_status attr_shape_shortcut(const attr_shape_task *task) {
    attr_shape *s = task->shape;
    const attr_shape *from = NULL;
    if (!attr_cfg_find(task->section, "from") || task->index == 0)
        return ATTR_REFUSE(task, ATTR_BAD_INPUT, "", "[shortcut] adds nothing (expected from= with a layer before it)");
    ATTR_TRY(find_layer(&from, task, "from", attr_cfg_int(task->section, "from", 0)));
    ATTR_TRY(attr_need_picture(task));
    if (!from->out_w || !from->out_h || !from->out_c) {
        return ATTR_REFUSE(task, ATTR_BAD_INPUT, "from",
                           "[shortcut] needs a picture, but [%s] gives a list of %d numbers", from->name,
                           from->outputs);
    }
    if (from->out_w / s->w != from->out_h / s->h || s->w / from->out_w != s->h / from->out_h) {
        return ATTR_REFUSE(task, ATTR_BAD_INPUT, "from",
                           "[shortcut] cannot add %d x %d to %d x %d (expected the same "
                           "factor for both sides)",
                           from->out_w, from->out_h, s->w, s->h);
    }
    return attr_give_same(task);
}

static attr_status check_files(const attr_shape_task *task, int classes) {
    const attr_cfg_option *tree = attr_cfg_find(task->section, "tree"), *map = attr_cfg_find(task->section, "map");
    if (tree) ATTR_TRY(attr_tree_check(tree->value, task->cfg->path, tree->line, classes));
    if (map) ATTR_TRY(attr_map_check(map->value, task->cfg->path, map->line, classes));
    return ATTR_OK;
}

attr_status attr_shape_softmax(const attr_shape_task *task) {
    int groups = attr_cfg_int(task->section, "groups", 1), inputs = task->shape->inputs;
    if (inputs % groups != 0) {
        return ATTR_REFUSE(task, ATTR_BAD_INPUT, "groups", "groups=%d does not divide the %d inputs of [softmax]",
                           groups, inputs);
    }
    ATTR_TRY(check_files(task, inputs));
    return attr_give_list(task, inputs);
}

/* `boxes` blocks of `planes` planes for each place of a w x h picture. */
static attr_status need_planes(const attr_shape_task *task, int boxes, size_t planes) {
    const attr_shape *s = task->shape;
    ATTR_TRY(attr_need_picture(task));
    if (attr_times(boxes, planes) == (size_t)s->c) return ATTR_OK;
    return ATTR_REFUSE(task, ATTR_BAD_INPUT, "",
                       "[%s] needs %zu channels (%d boxes of %zu numbers), but the layer "
                       "before it gives %d",
                       task->section->kind->name, attr_times(boxes, planes), boxes, planes, s->c);
}

static attr_status need_anchors(const attr_shape_task *task, int boxes) {
    int count = attr_cfg_list(NULL, 0, task->section, "anchors");
    if (count == 2 * (int64_t)boxes) return ATTR_OK;
    return ATTR_REFUSE(task, ATTR_BAD_INPUT, "anchors",
                       "[%s] has %d numbers in anchors= (expected %lld, a width and a "
                       "height for each of num=%d)",
                       task->section->kind->name, count, 2LL * boxes, boxes);
}

attr_status attr_shape_yolo(const attr_shape_task *task) {
    enum { most = 1024 };
    double mask[most];
    const attr_section *section = task->section;
    int classes = attr_cfg_int(section, "classes", 20), total = attr_cfg_int(section, "num", 1);
    int boxes = attr_cfg_list(mask, most, section, "mask");
    for (int i = 0; i < boxes; i++) {
        if (boxes > most || mask[i] >= total) {
            return ATTR_REFUSE(task, ATTR_BAD_INPUT, "mask",
                               "mask: there is no anchor %.0f (expected 0 to %d, as num=%d)",
                               boxes > most ? boxes : mask[i], total - 1, total);
        }
    }
    if (boxes == 0) boxes = total;
    ATTR_TRY(need_planes(task, boxes, (size_t)classes + 5));
    ATTR_TRY(need_anchors(task, total));
    ATTR_TRY(check_files(task, classes));
    return attr_give_same(task);
}

attr_status attr_shape_region(const attr_shape_task *task) {
    const attr_section *section = task->section;
    int classes = attr_cfg_int(section, "classes", 20), coords = attr_cfg_int(section, "coords", 4);
    int boxes = attr_cfg_int(section, "num", 1);
    if (coords < 4)
        return ATTR_REFUSE(task, ATTR_BAD_INPUT, "coords", "coords=%d (expected 4 at least: x, y, w, h)", coords);
    ATTR_TRY(need_planes(task, boxes, (size_t)classes + coords + 1));
    ATTR_TRY(need_anchors(task, boxes));
    ATTR_TRY(check_files(task, classes));
    return attr_give_same(task);
}

attr_status attr_shape_detection(const attr_shape_task *task) {
    const attr_section *section = task->section;
    int classes = attr_cfg_int(section, "classes", 1), coords = attr_cfg_int(section, "coords", 1);
    int boxes = attr_cfg_int(section, "num", 1), side = attr_cfg_int(section, "side", 7);
    if (coords != 4) {
        return ATTR_REFUSE(task, ATTR_BAD_INPUT, "coords",
                           "coords=%d of [detection] (expected 4: Darknet reads x, y, w, "
                           "h)",
                           coords);
    }
    size_t needed = attr_times((size_t)side * side, attr_plus(attr_times(5, boxes), classes));
    if (needed != (size_t)task->shape->inputs) {
        return ATTR_REFUSE(task, ATTR_BAD_INPUT, "",
                           "[detection] needs %zu inputs (%d x %d places of %d boxes of 5 "
                           "numbers and %d classes), but the layer before it gives %d",
                           needed, side, side, boxes, classes, task->shape->inputs);
    }
    return attr_give_list(task, needed);
}
