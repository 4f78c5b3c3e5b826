#include "dreams/objective.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "targets/probability.h"

/* ---- Making */

/* Rows, columns and anchors of a detector's head; false for other layers and for heads without the class. */
static bool is_head_of(int size[3], const layer *l, int class_index) {
    if (l->type != YOLO && l->type != REGION && l->type != DETECTION) return false;
    size[0] = l->type == DETECTION ? l->side : l->h;
    size[1] = l->type == DETECTION ? l->side : l->w;
    size[2] = l->n;
    return class_index < l->classes;
}

static size_t count_places(attr_engine *e, int class_index) {
    size_t count = 0;
    int size[3];
    for (int i = 0; i < attr_engine_layers(e); ++i)
        if (is_head_of(size, attr_engine_op(e, i)->l, class_index))
            count += (size_t)size[0] * (size_t)size[1] * (size_t)size[2];
    return count;
}

static attr_status add_head(attr_dream_objective *out, attr_engine *e, attr_quantity quantity, const attr_detection *of,
                            const int size[3]) {
    attr_detection d = *of;
    for (d.row = 0; d.row < size[0]; ++d.row)
        for (d.column = 0; d.column < size[1]; ++d.column)
            for (d.anchor = 0; d.anchor < size[2]; ++d.anchor) {
                ATTR_TRY(attr_target_of_detection(&out->targets[out->count], e, quantity, &d));
                ++out->count;
            }
    return ATTR_OK;
}

attr_status attr_objective_anywhere(attr_dream_objective *out, attr_engine *e, attr_quantity quantity,
                                    int class_index) {
    size_t places = count_places(e, class_index);
    int size[3];
    *out = (attr_dream_objective){.logarithm = quantity == ATTR_TARGET_AUTO};
    if (places == 0) return attr_fail(ATTR_BAD_INPUT, "no detection layer has class %d", class_index);
    ATTR_TRY(attr_allocate(&out->targets, places, sizeof(attr_target *), "targets"));
    attr_status status = ATTR_OK;
    for (int i = 0; status == ATTR_OK && i < attr_engine_layers(e); ++i) {
        const attr_detection of = {.layer = i, .class_index = class_index};
        if (is_head_of(size, attr_engine_op(e, i)->l, class_index)) status = add_head(out, e, quantity, &of, size);
    }
    if (status != ATTR_OK) attr_objective_free(out);
    return status;
}

attr_status attr_objective_of_channel(attr_dream_objective *out, attr_engine *e, int layer_index, int channel,
                                      bool centre) {
    const attr_tensor *kept = attr_engine_kept(e, layer_index);
    *out = (attr_dream_objective){.layer = layer_index, .channel = channel, .centre = centre};
    if (!kept) return attr_fail(ATTR_BAD_INPUT, "the engine does not keep layer %d", layer_index);
    if (channel >= kept->c)
        return attr_fail(ATTR_BAD_INPUT, "layer %d [%s] has channels 0 to %d, none of number %d", layer_index,
                         attr_layer_name(attr_engine_op(e, layer_index)->l->type), kept->c - 1, channel);
    return ATTR_OK;
}

void attr_objective_free(attr_dream_objective *o) {
    for (size_t i = 0; i < o->count; ++i) attr_target_free(o->targets[i]);
    free(o->targets);
    *o = (attr_dream_objective){0};
}

/* ---- Channels */

/* The elements first .. first + count - 1 of the layer's output, of which it is the mean. */
static size_t elements_of(size_t *first, const attr_dream_objective *o, attr_engine *e) {
    const attr_tensor *kept = attr_engine_kept(e, o->layer);
    size_t places = (size_t)kept->h * (size_t)kept->w;
    *first = (size_t)o->channel * places;
    if (!o->centre) return places;
    *first += (size_t)(kept->h / 2) * (size_t)kept->w + (size_t)(kept->w / 2);
    return 1;
}

static double channel_value(const attr_dream_objective *o, attr_engine *e) {
    size_t first, count = elements_of(&first, o, e);
    double sum = 0, value;
    for (size_t i = 0; i < count; ++i) {
        attr_tensor_read(&value, attr_engine_kept(e, o->layer), 0, first + i, 1);
        sum += value;
    }
    return sum / (double)count;
}

static void differentiate_channel(const attr_dream_objective *o, attr_engine *e) {
    size_t first, count = elements_of(&first, o, e);
    attr_engine_clear_gradients(e, o->layer);
    for (size_t i = 0; i < count; ++i)
        attr_tensor_add_gradient(attr_engine_op(e, o->layer)->writes, 0, first + i, 1 / (double)count);
    attr_engine_backward(e, o->layer);
}

/* ---- Targets */

static double target_value(const attr_dream_objective *o, size_t i, attr_engine *e) {
    return o->logarithm ? attr_target_log_probability(o->targets[i], e, 0) : attr_target_value(o->targets[i], e, 0);
}

static void differentiate_target(const attr_dream_objective *o, size_t i, attr_engine *e) {
    const attr_target *t = o->targets[i];
    attr_target_clear(t, e);
    if (o->logarithm)
        attr_target_seed_log_probability(t, e, 0, 1);
    else
        attr_target_seed(t, e, 0, 1);
    attr_target_backward(t, e);
}

/* What is not a number is the largest, to be found. */
double attr_objective_value(size_t *chosen, const attr_dream_objective *o, attr_engine *e) {
    if (chosen) *chosen = 0;
    if (!o->targets) return channel_value(o, e);
    double largest = target_value(o, 0, e);
    for (size_t i = 1; i < o->count; ++i) {
        double value = target_value(o, i, e);
        if (!(value > largest) && !isnan(value)) continue;
        largest = value;
        if (chosen) *chosen = i;
    }
    return largest;
}

double attr_objective_differentiate(const attr_dream_objective *o, attr_engine *e) {
    size_t chosen;
    double value = attr_objective_value(&chosen, o, e);
    if (o->targets)
        differentiate_target(o, chosen, e);
    else
        differentiate_channel(o, e);
    return value;
}

double attr_objective_probability(const attr_dream_objective *o, attr_engine *e) {
    size_t chosen;
    if (!o->targets) return NAN;
    attr_objective_value(&chosen, o, e);
    if (attr_target_needs_probability(o->targets[chosen], e, "dream") != ATTR_OK) return NAN;
    return attr_target_probability(o->targets[chosen], e, 0);
}
