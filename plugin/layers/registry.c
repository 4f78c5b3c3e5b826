#include "layers/kinds.h"

#include <stddef.h>

const attr_layer_kind *attr_layer_kind_f32(LAYER_TYPE type) {
    switch (type) {
#define ATTR_KIND_CASE(layer_type, name)                                                                               \
    case layer_type:                                                                                                   \
        return &attr_##name##_f32;
        ATTR_LAYER_KINDS(ATTR_KIND_CASE)
#undef ATTR_KIND_CASE
    default:
        return NULL;
    }
}

const attr_layer_kind *attr_layer_kind_f64(LAYER_TYPE type) {
    switch (type) {
#define ATTR_KIND_CASE(layer_type, name)                                                                               \
    case layer_type:                                                                                                   \
        return &attr_##name##_f64;
        ATTR_LAYER_KINDS(ATTR_KIND_CASE)
#undef ATTR_KIND_CASE
    default:
        return NULL;
    }
}

const char *attr_layer_name(LAYER_TYPE type) {
    switch (type) {
#define ATTR_NAME_CASE(layer_type, name)                                                                               \
    case layer_type:                                                                                                   \
        return #name;
        ATTR_LAYER_KINDS(ATTR_NAME_CASE)
#undef ATTR_NAME_CASE
    case RNN:
        return "rnn";
    case GRU:
        return "gru";
    case LSTM:
        return "lstm";
    case CRNN:
        return "crnn";
    case ISEG:
        return "iseg";
    default:
        return "unknown";
    }
}
