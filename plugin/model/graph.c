#include "model/graph.h"

int attr_layer_reads(int reads[], const layer *layers, int i, int most) {
    const layer *l = &layers[i];
    if (l->type == ROUTE) {
        for (int j = 0; j < l->n && j < most; ++j) reads[j] = l->input_layers[j];
        return l->n;
    }
    if (most > 0) reads[0] = i - 1;
    if (l->type == SHORTCUT && most > 1) reads[1] = l->index;
    return l->type == SHORTCUT ? 2 : 1;
}

/* Layers read only earlier ones, so one sweep down is enough. */
void attr_layer_dependencies(bool *depends, const layer *layers, int head) {
    for (int i = 0; i <= head; ++i) depends[i] = i == head;
    for (int i = head; i >= 0; --i) {
        const layer *l = &layers[i];
        if (!depends[i]) continue;
        for (int j = 0; l->type == ROUTE && j < l->n; ++j) depends[l->input_layers[j]] = true;
        if (l->type == ROUTE) continue;
        if (i > 0) depends[i - 1] = true;
        if (l->type == SHORTCUT) depends[l->index] = true;
    }
}

bool attr_layer_passes_on(const layer *l) {
    return l->type == DROPOUT || l->type == COST || (l->type == ROUTE && l->n == 1);
}

int attr_layer_writer(const layer *layers, int i) {
    while (i >= 0 && attr_layer_passes_on(&layers[i])) i = layers[i].type == ROUTE ? layers[i].input_layers[0] : i - 1;
    return i;
}

attr_layer_shape attr_shape_of_layer(const layer *l) {
    if ((size_t)l->out_c * (size_t)l->out_h * (size_t)l->out_w == (size_t)l->outputs)
        return (attr_layer_shape){l->out_c, l->out_h, l->out_w};
    return (attr_layer_shape){l->outputs, 1, 1};
}

int attr_output_of_layers(const layer *layers, int count) {
    int i = count - 1;
    while (i > 0 && (layers[i].type == COST || layers[i].type == DROPOUT)) --i;
    return i;
}
