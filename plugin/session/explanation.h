/* An explanation: all that is known about one picture after a run. Made by session.c, written by the reports room. */
#ifndef ATTR_SESSION_EXPLANATION_H
#define ATTR_SESSION_EXPLANATION_H

#include <stdbool.h>

#include "attribution.h"
#include "images/letterbox.h"
#include "images/picture.h"
#include "methods/map.h"
#include "metrics/adaptive_noise.h"
#include "options/options.h"
#include "model/ground_truth.h"
#include "targets/heads.h"
#include "targets/target.h"

/* Where in a detector's output a target stands, and what is known of it. */
typedef struct {
    attr_place_word place;    /* as `help target` has them; ATTR_PLACE_DETECTION for what is simply detected */
    int number;               /* of it, from 1; 0: it has none */
    attr_detection detection; /* the box; its class is that of what is detected or labelled there */
    attr_fate fate;
    bool has_by;       /* of a suppressed one: a better box suppresses it, else the threshold */
    attr_detection by; /* that box */
    bool has_object;   /* of missed and truth */
    attr_true_box object;
    float iou; /* of box and object */
} attr_aim;

/* One target and its map. */
typedef struct {
    attr_result result; /* the public part; result.map and the names are owned by this struct */
    char *name; /* file name without extension: class, number among those of the class, method and, if it is not the
                   usual one, its base: "dog_1_smoothgrad" */
    char *class_name;
    float *map;   /* [channels][height][width], in the coordinates asked for */
    float *error; /* the standard error of each of its pixels; NULL: not asked for, or there is none */
    bool is_zero; /* the map, everywhere */

    bool is_detection;
    attr_detection detection; /* where it comes from: layer, anchor, row, column; objectness, class probability */
    attr_aim aim;             /* of a detector */
    double overlap;           /* option iou: from which on a box is that of an object */
    char *target;             /* what is explained, in words: "score", "logit(dog) - logit(cat)" */
    attr_map figures;         /* steps, baseline_target, ...; its arrays are freed (NULL), but not the mask's report */
    char *control_name;       /* of the class of the mask's control; NULL: there is none */
    /* option adaptive: how root_sigma was found, in the units of option space; else zeros */
    attr_noise_search adaptive;
    int pool;          /* side of the blocks whose pixels have their mean; 1: none */
    float *plane;      /* [picture_h][picture_w] signed sum in picture coordinates, for drawing */
    double *net_plane; /* [net_h][net_w] the same in network coordinates; NULL unless keeps_net_planes */
} attr_explained;

/* One line of what the network predicts, in Darknet's order. */
typedef struct {
    char *class_name;
    int class_index;
    double score;
    double box[4]; /* centre x, y, width, height, relative to the picture; zeros for a classifier */
} attr_prediction;

struct attr_explanation {
    char *picture_path;
    char *picture_name; /* without folders and extension: the folder of the results */
    char picture_hash[65];
    attr_picture picture;
    attr_letterbox letterbox;
    float *input; /* [net_c][net_h][net_w], what the network is given; NULL when all is explained */

    char *cfg_path, *weights_path, *data_path;           /* as given; data_path may be NULL */
    char cfg_hash[65], weights_hash[65], tuned_hash[65]; /* "" without a tuned file */
    int net_w, net_h, net_c;
    bool is_detector;
    bool keeps_net_planes; /* to be set between attr_prepare() and the maps */

    attr_options options;         /* as resolved for this run */
    double sigma;                 /* standard deviation of the noise on the input, in the units of option space; with
                                     option adaptive every map has its own */
    double input_low, input_high; /* smallest and largest value of the network's input */
    double seconds;               /* for the prediction and the maps */
    uint64_t parameters_checksum; /* after the run; equal to the one before, or the run failed */

    attr_prediction *predictions; /* a classifier's five best classes; a detector's detections */
    int prediction_count;
    attr_explained *explained;
    int count;
};

/* Whether it should not wait in memory while another one is made: more than 512 MiB. */
bool attr_explanation_is_large(const attr_explanation *explanation);

#endif
