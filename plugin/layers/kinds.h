/* The rows that layer files define, one a type, each in both precisions (R() adds the suffix). */
#ifndef ATTR_LAYERS_KINDS_H
#define ATTR_LAYERS_KINDS_H

#include "layers/op.h"

#define ATTR_LAYER_KINDS(X)                                                                                            \
    X(CONVOLUTIONAL, convolutional)                                                                                    \
    X(DECONVOLUTIONAL, deconvolutional)                                                                                \
    X(CONNECTED, connected)                                                                                            \
    X(LOCAL, local)                                                                                                    \
    X(MAXPOOL, maxpool)                                                                                                \
    X(AVGPOOL, avgpool)                                                                                                \
    X(SOFTMAX, softmax)                                                                                                \
    X(DROPOUT, dropout)                                                                                                \
    X(CROP, crop)                                                                                                      \
    X(ROUTE, route)                                                                                                    \
    X(SHORTCUT, shortcut)                                                                                              \
    X(UPSAMPLE, upsample)                                                                                              \
    X(REORG, reorg)                                                                                                    \
    X(NORMALIZATION, normalization)                                                                                    \
    X(BATCHNORM, batchnorm)                                                                                            \
    X(ACTIVE, activation)                                                                                              \
    X(L2NORM, l2norm)                                                                                                  \
    X(LOGXENT, logistic)                                                                                               \
    X(COST, cost)                                                                                                      \
    X(REGION, region)                                                                                                  \
    X(YOLO, yolo)                                                                                                      \
    X(DETECTION, detection)

#define ATTR_DECLARE_KIND(type, name) extern const attr_layer_kind attr_##name##_f32, attr_##name##_f64;
ATTR_LAYER_KINDS(ATTR_DECLARE_KIND)
#undef ATTR_DECLARE_KIND

#endif
