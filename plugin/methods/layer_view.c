/* The methods that look at a layer instead of the input: gradcam, gradcam_pp, layercam, gradient_x_activation. One
 * forward of x, a backward for each target; each of a target's layers (layer_choice.h) gives a plane
 * (activation_map.h), which is brought to the size of the network's input. */
#include "methods/method.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "methods/activation_map.h"
#include "methods/layer_choice.h"

static const layer *layers_of(const attr_job *job) {
    return attr_engine_op(job->engine, 0)->l;
}

/* The layer that map k of a target looks at. */
static attr_status choose_layer(int *out, const attr_job *job, const attr_target *target, size_t k) {
    const attr_method_settings *s = job->settings;
    int head = attr_target_layer(target);
    if (s->layer_count == 0) return attr_layer_of_head(out, layers_of(job), head);
    *out = s->layers[k];
    return attr_layer_check(layers_of(job), head, *out);
}

/* Fills map->layer. */
static attr_status describe(attr_map *map, const attr_job *job, const attr_target *target, size_t k) {
    int index;
    ATTR_TRY(choose_layer(&index, job, target, k));
    const attr_tensor *kept = attr_engine_kept(job->engine, index);
    if (!kept) return attr_fail(ATTR_BAD_INPUT, "the engine does not keep layer %d", index);
    map->layer = (attr_viewed_layer){attr_layer_name(layers_of(job)[index].type), index, kept->c, kept->h, kept->w};
    return ATTR_OK;
}

static attr_status fill(attr_map *map, const attr_job *job) {
    const attr_tensor *kept = attr_engine_kept(job->engine, map->layer.index);
    size_t places = (size_t)kept->h * (size_t)kept->w;
    double *planes = NULL;
    ATTR_TRY(attr_allocate(&planes, 3 * places, sizeof *planes, "a layer's map"));
    attr_activation_map(planes, kept, 0, job->settings->method, job->settings->relu, planes + places);
    attr_enlarge_plane(map->values, map->shape.height, map->shape.width, planes, kept->h, kept->w);
    free(planes);
    map->gradients = map->samples = 1;
    for (size_t i = 0; i < map->size; ++i)
        if (!isfinite(map->values[i]))
            return attr_fail(ATTR_NUMERIC, "the map is not finite (element %zu is %g)", i, map->values[i]);
    return ATTR_OK;
}

attr_status attr_layer_view(attr_map *maps, const attr_job *job) {
    size_t each = attr_method_maps(job->settings);
    for (size_t i = 0; i < job->target_count * each; ++i)
        ATTR_TRY(describe(&maps[i], job, job->targets[i / each], i % each));
    if (!job->forward_done) {
        attr_engine_set_input_f32(job->engine, 0, job->x);
        attr_engine_forward(job->engine, 1);
    }
    for (size_t t = 0; t < job->target_count; ++t) {
        attr_target_differentiate(job->targets[t], job->engine, 1);
        for (size_t k = 0; k < each; ++k) ATTR_TRY(fill(&maps[t * each + k], job));
        if (job->progress && job->progress(job->context, t + 1, job->target_count))
            return attr_fail(ATTR_INTERRUPTED, "interrupted");
    }
    return ATTR_OK;
}
