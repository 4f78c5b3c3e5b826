#include "methods/layer_choice.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "model/graph.h"

/* Whether what layer i hands on has more than one place. */
static bool has_places(const layer *layers, int i) {
    int writer = attr_layer_writer(layers, i);
    if (writer < 0) return false;
    attr_layer_shape shape = attr_shape_of_layer(&layers[writer]);
    return (size_t)shape.width * (size_t)shape.height > 1;
}

static bool has_weights(const layer *l) {
    return l->type == CONVOLUTIONAL || l->type == DECONVOLUTIONAL || l->type == CONNECTED || l->type == LOCAL;
}

static bool is_detection_head(const layer *l) {
    return l->type == YOLO || l->type == REGION || l->type == DETECTION;
}

/* possible[i], for layers below the head. */
static attr_status find_possible(bool **possible, const layer *layers, int head) {
    ATTR_TRY(attr_allocate(possible, (size_t)head + 1, sizeof **possible, "layers"));
    attr_layer_dependencies(*possible, layers, head);
    for (int i = 0; i < head; ++i) (*possible)[i] = (*possible)[i] && has_places(layers, i);
    (*possible)[head] = false;
    return ATTR_OK;
}

/* The layer of activations; else that of the scores; -1 if no layer is possible. */
static int choose(const bool *depends, const layer *layers, int head) {
    bool weights_passed = has_weights(&layers[head]);
    int scores = -1;
    for (int i = head - 1; i >= 0; --i) {
        const layer *l = &layers[i];
        if (!depends[i] || attr_layer_passes_on(l)) continue;
        bool makes_scores =
            has_weights(l) && !weights_passed && (is_detection_head(&layers[head]) || l->activation == LINEAR);
        weights_passed |= has_weights(l);
        if (!has_places(layers, i)) continue;
        if (!makes_scores) return i;
        scores = i;
    }
    return scores;
}

attr_status attr_layer_of_head(int *out, const layer *layers, int head) {
    bool *depends = NULL;
    ATTR_TRY(attr_allocate(&depends, (size_t)head + 1, sizeof *depends, "layers"));
    attr_layer_dependencies(depends, layers, head);
    *out = choose(depends, layers, head);
    free(depends);
    if (*out >= 0) return ATTR_OK;
    return attr_fail(ATTR_BAD_INPUT,
                     "layers=auto: layer %d [%s], which the target hangs on, depends on no layer with more than one "
                     "place (width x height)",
                     head, attr_layer_name(layers[head].type));
}

/* "0-7,9"; what is too much for the text becomes "...". */
static void list_layers(char *out, size_t size, const bool *possible, int count) {
    size_t used = 0;
    out[0] = 0;
    for (int i = 0; i < count; ++i) {
        int first = i;
        if (!possible[i]) continue;
        while (i + 1 < count && possible[i + 1]) ++i;
        const char *comma = used ? "," : "";
        if (used + 32 > size) {
            snprintf(out + used, size - used, "%s...", comma);
            return;
        }
        if (first == i)
            used += (size_t)snprintf(out + used, size - used, "%s%d", comma, i);
        else
            used += (size_t)snprintf(out + used, size - used, "%s%d-%d", comma, first, i);
    }
}

static attr_status refuse(const bool *possible, const layer *layers, int head, int index) {
    char others[256];
    list_layers(others, sizeof others, possible, head);
    const char *why = index >= head               ? "is not before"
                      : has_places(layers, index) ? "does not lead to"
                                                  : "has only one place (width x height) and cannot be mapped for";
    if (!others[0]) snprintf(others, sizeof others, "none");
    return attr_fail(ATTR_BAD_INPUT, "layers: layer %d [%s] %s layer %d [%s], which the target hangs on (possible: %s)",
                     index, attr_layer_name(layers[index].type), why, head, attr_layer_name(layers[head].type), others);
}

attr_status attr_layer_check(const layer *layers, int head, int index) {
    bool *possible = NULL;
    ATTR_TRY(find_possible(&possible, layers, head));
    attr_status status = ATTR_OK;
    if (index >= head || !possible[index]) status = refuse(possible, layers, head, index);
    free(possible);
    return status;
}

/* Of a head on which nothing can be mapped there is nothing to keep: its targets are refused when they are known. */
static void keep_for_head(bool *keep, const layer *layers, int head) {
    int chosen;
    if (attr_layer_of_head(&chosen, layers, head) == ATTR_OK) keep[chosen] = true;
}

void attr_layers_to_keep(bool *keep, const layer *layers, int count, const attr_method_settings *settings) {
    for (int i = 0; i < count; ++i) keep[i] = false;
    if (!attr_method_has_layers(settings->method)) return;
    for (size_t k = 0; k < settings->layer_count; ++k) {
        int writer = attr_layer_writer(layers, settings->layers[k]);
        if (writer >= 0) keep[writer] = true;
    }
    if (settings->layer_count > 0) return;
    int output = attr_output_of_layers(layers, count);
    for (int i = 0; i < count; ++i)
        if (i == output || is_detection_head(&layers[i])) keep_for_head(keep, layers, i);
}
