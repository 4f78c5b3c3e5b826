/* Activation maximisation: the picture of which a network, or the mean of many noisy copies of it (NoiseGrad), has the
 * largest of a number. A global explanation: it belongs to no picture.
 * Bykov, Hedstroem, Nakajima, Hoehne: NoiseGrad, AAAI 2022 (global explanations), with torch-dreams 2.3.1.
 *
 *   picture = canvas(parameters)                                     canvas.h
 *   each step:  view = random view of the picture                    augmentation.h
 *               loss = -(1 / N) sum_i f(view; W_i)                   objective.h; W_i: clone i, W if N = 0
 *               a step of Adam, gradient no longer than 1            adam.h
 *
 * All settings but these are those of the paper's notebook and of torch-dreams: 224 x 224, 200 steps, N = 100 copies of
 * sigma 0.2. Where this differs:
 *
 *   - a view has the picture's size (augmentation.h): Darknet's networks have one, torch-dreams' views have any;
 *   - there is no normalisation behind the sigmoid: Darknet's networks take values from 0 to 1;
 *   - clones are made from their seeds whenever they are needed and never stored: memory does not grow with N;
 *   - a detector's class has no logit of its own, it may be anywhere: the largest log score of all cells and anchors.
 *     The notebook knows classifiers only;
 *   - sigma 0.2 leaves nothing of some networks (Tiny Darknet), and their dreams show nothing then: one that
 *     `calibrate` finds, or a few times it.
 *
 * The same N clones serve all steps, as in the notebook; with `fresh` clone i of step t is number t N + i. Random
 * numbers: stream ATTR_STREAM_DREAM for start and views, ATTR_STREAM_WEIGHT_NOISE for clones. The result is the same
 * whatever the number of threads. */
#ifndef ATTR_DREAMS_DREAM_H
#define ATTR_DREAMS_DREAM_H

#include "dreams/augmentation.h"
#include "dreams/objective.h"
#include "methods/schedule.h"

#define ATTR_DREAM_GRADIENT_LIMIT 1.0

typedef struct {
    int channels, height, width; /* of the network's input; 1 or 3 channels */
    uint64_t seed;
    size_t steps;
    double rate, limit; /* of Adam: 0.009 and ATTR_DREAM_GRADIENT_LIMIT */
    attr_augmentation_range views;
    size_t clones; /* 0: the network as it is */
    bool fresh;
    attr_weight_noise weight_noise; /* `clone` is set here */
    int frames;                     /* pictures to be kept, evenly spaced, 2 or more: first the start, last the end */
} attr_dream_settings;

typedef struct {
    double objective;   /* that step's -loss; NAN behind the last step */
    double clean;       /* f(picture; W): no view, no noise */
    double probability; /* behind that; NAN: there is none */
} attr_dream_point;

typedef struct {
    float *x;                 /* the picture [channels][height][width] */
    attr_dream_point *points; /* [steps + 1]: before each step, and at the end */
    float **frames;           /* [frame_count] pictures like x */
    size_t *frame_steps;      /* how many steps they have behind them; ascending */
    int frame_count;
} attr_dream;

/* The engine must keep the layer of a channel; afterwards it has its own parameters, and x is sample 0 of its last
 * forward. Released with attr_dream_free, also after a failure. progress is told passes through the network, N or 1 a
 * step. ATTR_NUMERIC when the number or its gradient is not finite. */
attr_status attr_dream_run(attr_dream *out, attr_engine *e, const attr_dream_objective *objective,
                           const attr_dream_settings *settings, attr_progress progress, void *context);
void attr_dream_free(attr_dream *d);

#endif
