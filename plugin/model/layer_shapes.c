#include "model/layer_shapes.h"

#include <limits.h>
#include <stdint.h>

/* Darknet's division truncates; sizes here are checked first, so that nothing negative is divided. */

size_t attr_times(size_t a, size_t b) {
    size_t product;
    return __builtin_mul_overflow(a, b, &product) ? SIZE_MAX : product;
}

size_t attr_plus(size_t a, size_t b) {
    size_t sum;
    return __builtin_add_overflow(a, b, &sum) ? SIZE_MAX : sum;
}

static attr_status too_large(const attr_shape_task *task, const char *what, size_t floats) {
    return ATTR_REFUSE(task, ATTR_BAD_INPUT, "", "[%s] has %zu %s (expected at most %d)", task->section->kind->name,
                       floats, what, INT_MAX);
}

attr_status attr_give_picture(const attr_shape_task *task, int64_t w, int64_t h, int64_t c) {
    attr_shape *s = task->shape;
    if (w < 1 || h < 1 || c < 1 || w > ATTR_MAX_SIDE || h > ATTR_MAX_SIDE) {
        return ATTR_REFUSE(task, ATTR_BAD_INPUT, "",
                           "[%s] makes %lld x %lld x %lld of %d x %d x %d (expected sides of "
                           "1 to %d)",
                           task->section->kind->name, (long long)w, (long long)h, (long long)c, s->w, s->h, s->c,
                           ATTR_MAX_SIDE);
    }
    size_t outputs = attr_times((size_t)w * h, c);
    if (outputs > INT_MAX) return too_large(task, "outputs", outputs);
    s->out_w = w;
    s->out_h = h;
    s->out_c = c;
    s->outputs = outputs;
    return ATTR_OK;
}

attr_status attr_give_same(const attr_shape_task *task) {
    attr_shape *s = task->shape;
    s->out_w = s->w;
    s->out_h = s->h;
    s->out_c = s->c;
    s->outputs = s->inputs;
    return ATTR_OK;
}

attr_status attr_give_list(const attr_shape_task *task, size_t outputs) {
    if (outputs > INT_MAX) return too_large(task, "outputs", outputs);
    task->shape->outputs = outputs;
    return ATTR_OK;
}

attr_status attr_need_picture(const attr_shape_task *task) {
    const attr_shape *s = task->shape;
    if (s->w && s->h && s->c) return ATTR_OK;
    return ATTR_REFUSE(task, ATTR_BAD_INPUT, "",
                       "[%s] needs a picture (width x height x channels), but what comes "
                       "before it gives a list of %d numbers",
                       task->section->kind->name, s->inputs);
}

/* Counts what a weights file holds for `n` filters of `weights_per_filter` numbers, each with a bias, and with three
 * more numbers if there is batch norm. */
static attr_status count_parameters(const attr_shape_task *task, size_t n, size_t weights_per_filter) {
    const attr_section *section = task->section;
    attr_shape *s = task->shape;
    int scales = attr_cfg_int(section, "batch_normalize", 0) && !attr_cfg_int(section, "dontloadscales", 0);
    s->weights = attr_times(n, weights_per_filter);
    if (s->weights > INT_MAX) return too_large(task, "weights", s->weights);
    size_t loaded = n, numload = attr_cfg_int(section, "numload", 0);
    if (numload > n && s->type != CONNECTED) {
        return ATTR_REFUSE(task, ATTR_BAD_INPUT, "numload", "numload=%zu, but the layer has %zu filters", numload, n);
    }
    if (numload && s->type != CONNECTED) loaded = numload;
    s->parameters = loaded * weights_per_filter + loaded * (scales ? 4 : 1);
    return ATTR_OK;
}

static attr_status shape_convolutional(size_t *workspace, const attr_shape_task *task) {
    const attr_section *section = task->section;
    const attr_shape *s = task->shape;
    int n = attr_cfg_int(section, "filters", 1), size = attr_cfg_int(section, "size", 1);
    int stride = attr_cfg_int(section, "stride", 1), groups = attr_cfg_int(section, "groups", 1);
    int padding = attr_cfg_int(section, "pad", 0) ? size / 2 : attr_cfg_int(section, "padding", 0);
    ATTR_TRY(attr_need_picture(task));
    if (s->c % groups != 0 || n % groups != 0) {
        return ATTR_REFUSE(task, ATTR_BAD_INPUT, "groups",
                           "groups=%d does not divide both the %d channels and the %d "
                           "filters",
                           groups, s->c, n);
    }
    if (s->w + 2 * padding < size || s->h + 2 * padding < size) {
        return ATTR_REFUSE(task, ATTR_BAD_INPUT, "size", "size=%d is larger than the input, %d x %d and padding %d",
                           size, s->w, s->h, padding);
    }
    /* Darknet's indexes are ints, and so are these intermediate products. */
    if (attr_times(groups, s->c) > INT_MAX) return too_large(task, "groups x channels", attr_times(groups, s->c));
    if (attr_times((size_t)size * size, s->c) > INT_MAX)
        return too_large(task, "pixels x channels in a window", attr_times((size_t)size * size, s->c));
    if (groups > 1 && attr_cfg_int(section, "flipped", 0)) {
        return ATTR_REFUSE(task, ATTR_BAD_INPUT, "flipped",
                           "flipped=1 with groups=%d: Darknet would turn over more "
                           "weights than there are",
                           groups);
    }
    int64_t out_w = (s->w + 2 * padding - size) / stride + 1, out_h = (s->h + 2 * padding - size) / stride + 1;
    ATTR_TRY(attr_give_picture(task, out_w, out_h, n));
    size_t window = (size_t)size * size * (s->c / groups);
    *workspace = attr_times(window, (size_t)out_w * out_h);
    ATTR_TRY(count_parameters(task, n, window));
    size_t products = attr_times(groups, s->weights);
    return products > INT_MAX ? too_large(task, "groups x weights", products) : ATTR_OK;
}

static attr_status shape_deconvolutional(size_t *workspace, const attr_shape_task *task) {
    const attr_section *section = task->section;
    const attr_shape *s = task->shape;
    int64_t n = attr_cfg_int(section, "filters", 1), size = attr_cfg_int(section, "size", 1);
    int64_t stride = attr_cfg_int(section, "stride", 1);
    int64_t padding = attr_cfg_int(section, "pad", 0) ? size / 2 : attr_cfg_int(section, "padding", 0);
    ATTR_TRY(attr_need_picture(task));
    int64_t out_w = (s->w - 1) * stride + size - 2 * padding, out_h = (s->h - 1) * stride + size - 2 * padding;
    ATTR_TRY(attr_give_picture(task, out_w, out_h, n));
    *workspace = attr_times(attr_times((size_t)size * size, n), (size_t)s->w * s->h);
    return count_parameters(task, n, attr_times((size_t)size * size, s->c));
}

/* Darknet counts the places of the window by a rule of its own, one for all paddings, but unrolls the picture by that
 * of a convolution: both have to come to the same, and the padding has to be that of the rule. */
static attr_status shape_local(size_t *workspace, const attr_shape_task *task) {
    const attr_section *section = task->section;
    attr_shape *s = task->shape;
    int n = attr_cfg_int(section, "filters", 1), size = attr_cfg_int(section, "size", 1);
    int stride = attr_cfg_int(section, "stride", 1), pad = attr_cfg_int(section, "pad", 0);
    ATTR_TRY(attr_need_picture(task));
    if (s->w + 2 * pad < size || s->h + 2 * pad < size) {
        return ATTR_REFUSE(task, ATTR_BAD_INPUT, "size", "size=%d is larger than the input, %d x %d and padding %d",
                           size, s->w, s->h, pad);
    }
    int unrolled_w = (s->w + 2 * pad - size) / stride + 1, unrolled_h = (s->h + 2 * pad - size) / stride + 1;
    int out_w = (s->w - (pad ? 1 : size)) / stride + 1, out_h = (s->h - (pad ? 1 : size)) / stride + 1;
    if (out_w != unrolled_w || out_h != unrolled_h || (pad && pad != size / 2)) {
        return ATTR_REFUSE(task, ATTR_BAD_INPUT, "pad",
                           "pad=%d of [local] with size=%d and stride=%d: Darknet counts its "
                           "windows wrongly (expected pad=0, or an odd size with pad half "
                           "of it)",
                           pad, size, stride);
    }
    ATTR_TRY(attr_give_picture(task, out_w, out_h, n));
    size_t places = (size_t)out_w * out_h, window = attr_times((size_t)size * size, s->c);
    *workspace = attr_times(window, places);
    s->weights = attr_times(*workspace, n);
    if (s->weights > INT_MAX) return too_large(task, "weights", s->weights);
    s->parameters = s->weights + s->outputs;
    return ATTR_OK;
}

static attr_status shape_connected(const attr_shape_task *task) {
    attr_shape *s = task->shape;
    int outputs = attr_cfg_int(task->section, "output", 1);
    s->out_w = s->out_h = 1;
    s->out_c = s->outputs = outputs;
    return count_parameters(task, outputs, s->inputs);
}

static attr_status shape_batchnorm(const attr_shape_task *task) {
    attr_shape *s = task->shape;
    ATTR_TRY(attr_need_picture(task));
    s->parameters = 3 * (size_t)s->c; /* its biases are not in the file */
    return attr_give_same(task);
}

static attr_status shape_crop(const attr_shape_task *task) {
    const attr_shape *s = task->shape;
    int w = attr_cfg_int(task->section, "crop_width", 1), h = attr_cfg_int(task->section, "crop_height", 1);
    ATTR_TRY(attr_need_picture(task));
    if (w > s->w || h > s->h) {
        return ATTR_REFUSE(task, ATTR_BAD_INPUT, w > s->w ? "crop_width" : "crop_height",
                           "crops %d x %d out of %d x %d", w, h, s->w, s->h);
    }
    return attr_give_picture(task, w, h, s->c);
}

/* Whether every window of [maxpool] along one side holds a pixel: Darknet takes element -1 for the maximum of none. */
static int windows_hold_pixels(int side, int size, int stride, int padding) {
    int last = (side + padding - size) / stride;
    return size > padding / 2 && last * stride - padding / 2 < side;
}

static attr_status shape_maxpool(const attr_shape_task *task) {
    const attr_section *section = task->section;
    const attr_shape *s = task->shape;
    int stride = attr_cfg_int(section, "stride", 1), size = attr_cfg_int(section, "size", stride);
    int padding = attr_cfg_int(section, "padding", size - 1);
    ATTR_TRY(attr_need_picture(task));
    if (s->w + padding < size || s->h + padding < size) {
        return ATTR_REFUSE(task, ATTR_BAD_INPUT, "size", "size=%d is larger than the input, %d x %d and padding %d",
                           size, s->w, s->h, padding);
    }
    if (!windows_hold_pixels(s->w, size, stride, padding) || !windows_hold_pixels(s->h, size, stride, padding)) {
        return ATTR_REFUSE(task, ATTR_BAD_INPUT, "padding", "padding=%d: a window of size %d holds nothing but padding",
                           padding, size);
    }
    return attr_give_picture(task, (s->w + padding - size) / stride + 1, (s->h + padding - size) / stride + 1, s->c);
}

static attr_status shape_avgpool(const attr_shape_task *task) {
    ATTR_TRY(attr_need_picture(task));
    return attr_give_picture(task, 1, 1, task->shape->c);
}

/* Darknet sums squares of the first size / 2 channels whether there are as many or not. */
static attr_status shape_normalization(const attr_shape_task *task) {
    int size = attr_cfg_int(task->section, "size", 5);
    ATTR_TRY(attr_need_picture(task));
    if (size / 2 > task->shape->c) {
        return ATTR_REFUSE(task, ATTR_BAD_INPUT, "size", "size=%d is too large for %d channels (expected at most %d)",
                           size, task->shape->c, 2 * task->shape->c + 1);
    }
    return attr_give_same(task);
}

static attr_status shape_picture_to_same(const attr_shape_task *task) {
    ATTR_TRY(attr_need_picture(task));
    return attr_give_same(task);
}

static attr_status shape_dropout(const attr_shape_task *task) {
    if (task->index == 0)
        return ATTR_REFUSE(task, ATTR_BAD_INPUT, "", "[dropout] is the first layer (expected one before it)");
    return attr_give_same(task);
}

static attr_status shape_cost(const attr_shape_task *task) {
    if (task->index == 0)
        return ATTR_REFUSE(task, ATTR_BAD_INPUT, "", "[cost] is the first layer (expected one before it)");
    for (int i = task->index + 2; i < task->cfg->count; i++) { /* sections[0] is [net] */
        if (task->cfg->sections[i].kind->type != COST) {
            return ATTR_REFUSE(task, ATTR_BAD_INPUT, "",
                               "[cost] before [%s]: it hands nothing on (expected it at the "
                               "end)",
                               task->cfg->sections[i].kind->name);
        }
    }
    return attr_give_list(task, task->shape->inputs);
}

/* reorg_cpu() sees its data as c / stride^2 planes, and [reorg] without reverse makes pictures of w / stride, h /
 * stride. Where one of them does not divide, it leaves its memory. With `extra`, the output is the input and further
 * numbers, and the stride of no importance; `flatten` copies as many numbers as there are outputs, so both at once
 * cannot be. */
static attr_status shape_reorg(const attr_shape_task *task) {
    const attr_section *section = task->section;
    attr_shape *s = task->shape;
    int stride = attr_cfg_int(section, "stride", 1), area = stride * stride, extra = attr_cfg_int(section, "extra", 0);
    int reverse = attr_cfg_int(section, "reverse", 0), flatten = attr_cfg_int(section, "flatten", 0);
    ATTR_TRY(attr_need_picture(task));
    if (extra && flatten)
        return ATTR_REFUSE(task, ATTR_BAD_INPUT, "extra", "extra and flatten at once (expected one of them)");
    if (extra) return attr_give_list(task, attr_plus(s->inputs, extra));
    if (s->c % area != 0 && !(flatten && !reverse)) {
        return ATTR_REFUSE(task, ATTR_BAD_INPUT, "stride", "the square of stride=%d does not divide the %d channels",
                           stride, s->c);
    }
    if (!reverse && (s->w % stride != 0 || s->h % stride != 0)) {
        return ATTR_REFUSE(task, ATTR_BAD_INPUT, "stride", "stride=%d does not divide both sides of %d x %d", stride,
                           s->w, s->h);
    }
    if (reverse) return attr_give_picture(task, (int64_t)s->w * stride, (int64_t)s->h * stride, s->c / area);
    return attr_give_picture(task, s->w / stride, s->h / stride, (int64_t)s->c * area);
}

/* A negative stride makes the picture smaller: sums of stride x stride pixels. */
static attr_status shape_upsample(const attr_shape_task *task) {
    const attr_shape *s = task->shape;
    int stride = attr_cfg_int(task->section, "stride", 2);
    ATTR_TRY(attr_need_picture(task));
    if (stride == 0)
        return ATTR_REFUSE(task, ATTR_BAD_INPUT, "stride", "stride=0 (expected 2, or -2 to make the picture smaller)");
    if (stride > 0) return attr_give_picture(task, (int64_t)s->w * stride, (int64_t)s->h * stride, s->c);
    if (s->w % stride != 0 || s->h % stride != 0) {
        return ATTR_REFUSE(task, ATTR_BAD_INPUT, "stride", "stride=%d does not divide both sides of %d x %d", stride,
                           s->w, s->h);
    }
    return attr_give_picture(task, s->w / -stride, s->h / -stride, s->c);
}

attr_status attr_layer_shape(size_t *workspace, const attr_shape_task *task) {
    switch (task->shape->type) {
    case CONVOLUTIONAL:
        return shape_convolutional(workspace, task);
    case DECONVOLUTIONAL:
        return shape_deconvolutional(workspace, task);
    case LOCAL:
        return shape_local(workspace, task);
    case CONNECTED:
        return shape_connected(task);
    case BATCHNORM:
        return shape_batchnorm(task);
    case CROP:
        return shape_crop(task);
    case MAXPOOL:
        return shape_maxpool(task);
    case AVGPOOL:
        return shape_avgpool(task);
    case NORMALIZATION:
        return shape_normalization(task);
    case L2NORM:
        return shape_picture_to_same(task);
    case ACTIVE:
    case LOGXENT:
        return attr_give_same(task);
    case DROPOUT:
        return shape_dropout(task);
    case COST:
        return shape_cost(task);
    case REORG:
        return shape_reorg(task);
    case UPSAMPLE:
        return shape_upsample(task);
    case ROUTE:
        return attr_shape_route(task);
    case SHORTCUT:
        return attr_shape_shortcut(task);
    case SOFTMAX:
        return attr_shape_softmax(task);
    case YOLO:
        return attr_shape_yolo(task);
    case REGION:
        return attr_shape_region(task);
    case DETECTION:
        return attr_shape_detection(task);
    default:
        break;
    }
    return ATTR_REFUSE(task, ATTR_UNSUPPORTED, "", "section [%s] is no layer", task->section->kind->name);
}
