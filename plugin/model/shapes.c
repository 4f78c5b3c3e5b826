#include "model/shapes.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/memory.h"
#include "model/layer_shapes.h"

/* What the first layer gets. */
static attr_status net_shape(attr_shape *input, const attr_cfg *cfg) {
    const attr_section *net = &cfg->sections[0];
    static const char *const sides[] = {"width", "height", "channels"};
    int found[3], set = 0;
    for (int i = 0; i < 3; i++) {
        found[i] = attr_cfg_int(net, sides[i], 0);
        set += found[i] > 0;
    }
    int inputs = attr_cfg_int(net, "inputs", 0);
    size_t pixels = attr_times(attr_times(found[0], found[1]), found[2]);
    if (set != 0 && set != 3) {
        return attr_fail(ATTR_BAD_INPUT, "%s:%d: [net] is %d x %d x %d (expected all three of width, height, channels)",
                         cfg->path, net->line, found[0], found[1], found[2]);
    }
    if (set == 0 && inputs == 0) {
        return attr_fail(ATTR_BAD_INPUT,
                         "%s:%d: [net] does not tell the size of its input (expected width, height, "
                         "channels)",
                         cfg->path, net->line);
    }
    if (pixels > INT_MAX) {
        return attr_fail(ATTR_BAD_INPUT, "%s:%d: [net] has %zu inputs (expected at most %d)", cfg->path, net->line,
                         pixels, INT_MAX);
    }
    if (set && inputs && (size_t)inputs != pixels) {
        return attr_fail(ATTR_BAD_INPUT, "%s:%d: inputs=%d, but width x height x channels are %zu", cfg->path,
                         attr_cfg_line(net, "inputs"), inputs, pixels);
    }
    input->out_w = found[0];
    input->out_h = found[1];
    input->out_c = found[2];
    input->outputs = set ? (int)pixels : inputs;
    return ATTR_OK;
}

static attr_status layer_shape(attr_shape *shapes, const attr_cfg *cfg, int index, const attr_shape *before) {
    const attr_section *section = &cfg->sections[index + 1];
    attr_shape *shape = &shapes[index];
    attr_shape_task task = {cfg, section, shapes, index, shape};
    size_t workspace = 0;
    *shape = (attr_shape){.type = section->kind->type,
                          .name = section->kind->name,
                          .line = section->line,
                          .w = before->out_w,
                          .h = before->out_h,
                          .c = before->out_c,
                          .inputs = before->outputs};
    ATTR_TRY(attr_layer_shape(&workspace, &task));
    if (workspace > INT_MAX) {
        return attr_fail(ATTR_BAD_INPUT, "%s:%d: [%s] unrolls its input into %zu numbers (expected at most %d)",
                         cfg->path, section->line, shape->name, workspace, INT_MAX);
    }
    if (attr_cfg_int(section, "dontload", 0)) shape->parameters = 0;
    return ATTR_OK;
}

/* Darknet does not notice when it gets no memory. */
static attr_status check_memory(const attr_cfg *cfg, const attr_shape *shapes, int count) {
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    size_t floats = 0;
    for (int i = 0; i < count; i++) floats += shapes[i].weights + shapes[i].outputs;
    double needed = (double)floats * sizeof(float), there = (double)pages * page;
    if (pages < 1 || page < 1 || needed <= there) return ATTR_OK;
    return attr_fail(ATTR_NO_MEMORY, "%s: the network needs more than %.1f GB of memory, this computer has %.1f GB",
                     cfg->path, needed / 1e9, there / 1e9);
}

attr_status attr_cfg_shapes(attr_shape **out, int *count, const attr_cfg *cfg) {
    attr_shape input = {0};
    int layers = cfg->count - 1;
    *out = NULL;
    *count = 0;
    ATTR_TRY(net_shape(&input, cfg));
    attr_shape *shapes;
    ATTR_TRY(attr_allocate(&shapes, layers, sizeof *shapes, "the sizes of layers"));
    attr_status status = ATTR_OK;
    for (int i = 0; i < layers && status == ATTR_OK; i++)
        status = layer_shape(shapes, cfg, i, i == 0 ? &input : &shapes[i - 1]);
    if (status == ATTR_OK) status = check_memory(cfg, shapes, layers);
    if (status != ATTR_OK) {
        free(shapes);
        return status;
    }
    *out = shapes;
    *count = layers;
    return ATTR_OK;
}
