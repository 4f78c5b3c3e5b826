/* From options to the settings of the methods, which need numbers that depend on the picture. */
#ifndef ATTR_SESSION_SETTINGS_H
#define ATTR_SESSION_SETTINGS_H

#include "methods/method.h"
#include "session/adaptive.h"
#include "session/explanation.h"

typedef struct {
    attr_method_settings settings;
    attr_adaptive_settings adaptive;
    float *picture;            /* the baseline's, when it is a file */
    float *origin, *deviation; /* of space=normalised */
    bool *noise_layers;
    int *layers;
} attr_settings_holder;

/* For the network input x, and a network of so many layers, of an explanation whose options, picture and letterbox are
 * set; also sets its `sigma` and the input's range. Reads the picture of baseline=FILE. */
attr_status attr_settings_make(attr_settings_holder *out, attr_explanation *explanation, const float *x, int layers);
void attr_settings_release(attr_settings_holder *held);

/* The noise on parameters that the options ask for, in a network of `count` layers; it points to *layers, which the
 * caller frees, also after a failure. */
attr_status attr_weight_noise_of(attr_weight_noise *out, bool **layers, const attr_options *o, int count);

/* Option `layers` for a network of `most` layers: their numbers, ascending, to be freed; NULL and 0 for `auto`. */
attr_status attr_layers_of(int **layers, size_t *count, const attr_options *o, int most);

#endif
