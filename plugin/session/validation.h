/* The accuracy of a session's network, and of clones of it with noise on their parameters, on a list of pictures.
 *
 *   attr_validation v = {.session = s, .clones = 8};
 *   ATTR_TRY(attr_truth_find(&truth, s, labels, path));       for each picture, which may have no label
 *   ATTR_TRY(attr_validation_add(&v, path, &truth));          for each picture that is to take part
 *   ATTR_TRY(attr_validation_begin(&v));
 *   ATTR_TRY(attr_validation_accuracies(accuracies, &v, sigma));      as often as you like
 *   attr_validation_free(&v);
 *
 * Accuracy is top-1 accuracy for a classifier (metrics/accuracy.h), AP50 for a detector (metrics/average_precision.h;
 * of each picture the best 100 detections with a score above .005 count, as COCO has it). What is right is either in
 * label files or (`agreement`) what the network itself says without noise: then the accuracy without noise is 1.
 *
 * Pictures are prepared as `darknet attribute test` does (letterbox) and kept as network inputs: 4 bytes x width x
 * height x channels of the network each. The engine takes them in batches; neither batch nor threads change a bit. */
#ifndef ATTR_SESSION_VALIDATION_H
#define ATTR_SESSION_VALIDATION_H

#include "methods/schedule.h"
#include "model/ground_truth.h"
#include "session/session.h"

/* The detections by which a detector's average precision is judged: those of a picture with a score above .005, the
 * best 100, best first, whatever option thresh says. *found is released with free(). */
attr_status attr_detect_for_precision(attr_detection **found, int *count, attr_session *session, int sample,
                                      const attr_letterbox *letterbox);

/* What is right in a picture. Released with attr_truth_free(), or given away to attr_validation_add(). */
typedef struct {
    bool known;           /* there is a label, or a label file */
    int class_index;      /* classifier; -1 if it is not known */
    attr_true_box *boxes; /* detector: [count] */
    int count;
} attr_truth;

typedef struct {
    attr_truth truth;
    float *input;
    attr_letterbox letterbox;
    int found_class;       /* of the last clone; -1: its output was not finite */
    attr_detection *found; /* of the last clone, best first */
    int found_count;
} attr_valid_picture;

/* To be zeroed, then the first four set. */
typedef struct {
    attr_session *session; /* options seed, weight_noise, noise_layers, nms, hier, thresh, threads, batch, memory */
    int clones;
    bool agreement;         /* thresh: from which score on the network's own detections are taken for right */
    attr_progress progress; /* in forwards of one sigma; may be NULL */
    void *context;

    attr_valid_picture *pictures;
    int count;
    attr_weight_noise noise;
    bool *noise_layers; /* of it */
} attr_validation;

/* Looks for the labels of a picture: by its path among labels[classes of the session] (NULL: there are none), or in its
 * label file. ATTR_BAD_INPUT for a label file that is broken. */
attr_status attr_truth_find(attr_truth *out, const attr_session *session, char *const *labels, const char *path);
void attr_truth_free(attr_truth *truth);

/* Reads and keeps a picture. *truth is taken over (and zeroed) if that succeeds. */
attr_status attr_validation_add(attr_validation *v, const char *path, attr_truth *truth);

/* When all pictures are there: makes the engine and, for `agreement`, takes what the network says for right.
 * ATTR_BAD_INPUT if there is no picture or, for a detector, no object in any. */
attr_status attr_validation_begin(attr_validation *v);

/* accuracies[clones] for noise of this standard deviation; all the same for 0. Afterwards the engine has the network's
 * own parameters again. ATTR_INTERRUPTED when `progress` says so. */
attr_status attr_validation_accuracies(double *accuracies, attr_validation *v, double sigma);

/* ACC(inf): what guessing gives. */
double attr_validation_chance(const attr_validation *v);

/* How many objects there are in all pictures of a detector. */
int attr_validation_objects(const attr_validation *v);

void attr_validation_free(attr_validation *v);

#endif
