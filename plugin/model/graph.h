/* What reads what: a network as a graph, from Darknet's description of its layers alone, with or without an engine.
 * `layers` are those of a network whose cfg was checked: each reads only earlier ones. */
#ifndef ATTR_MODEL_GRAPH_H
#define ATTR_MODEL_GRAPH_H

#include <stdbool.h>

#include "darknet.h"

/* The layers that layer i reads, up to `most` of them; -1 is the network's input. Returns how many there are. */
int attr_layer_reads(int reads[], const layer *layers, int i, int most);

/* depends[i], for layers 0 to `head`: whether the head depends on what layer i writes; it does on itself. */
void attr_layer_dependencies(bool *depends, const layer *layers, int head);

/* Whether a layer only passes on the one tensor that it reads: [dropout], [cost], a [route] of one layer. */
bool attr_layer_passes_on(const layer *l);

/* The layer whose output it is that layer i hands on: i itself, or what it passes on; -1: the network's input. */
int attr_layer_writer(const layer *layers, int i);

/* The shape of what a layer writes; a layer without the shape of a picture (connected, softmax) is a column of
 * channels. */
typedef struct {
    int channels, height, width;
} attr_layer_shape;
attr_layer_shape attr_shape_of_layer(const layer *l);

/* The last layer of so many that is neither [cost] nor [dropout]. */
int attr_output_of_layers(const layer *layers, int count);

#endif
