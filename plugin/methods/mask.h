/* What RelEx tells beside its mask (relex.c): how the optimisation went, and whether the mask keeps the prediction.
 *
 * The class is handed to the optimiser, and a mask can draw what is not there: one that is made for some other class,
 * chosen at random, says how much of a good figure is the mask's own doing (`control`). */
#ifndef ATTR_METHODS_MASK_H
#define ATTR_METHODS_MASK_H

#include <stdbool.h>
#include <stddef.h>

/* The terms of the objective before a step, means over the noisy copies; it is their sum that is minimised. */
typedef struct {
    double foreground; /* -log p of what the mask keeps */
    double background; /* -lambda2 log(1 - p + 1e-7) of the rest; 0 when lambda2 is */
    double sparsity;   /* lambda1 |m|_1 */
} attr_objective;

/* What a finished mask does to the picture, without noise. */
typedef struct {
    int class_index; /* whose probability the mask was made for */
    double original; /* p of the picture */
    double kept;     /* p of what the mask keeps of it: x' + m (x - x') */
    double rest;     /* p of what it leaves: x' + (1 - m) (x - x') */
    int predicted;   /* the class that the network predicts for what is kept (attr_target_predicted) */
    bool retrieved;  /* that is class_index */
    double area;     /* mean of the mask over the picture, 0 to 1 */
} attr_retrieval;

typedef struct {
    size_t iterations;
    attr_objective *objective; /* [iterations] */
    attr_retrieval own;
    bool has_control;
    attr_retrieval control;
} attr_mask_report;

/* Frees also NULL. */
void attr_mask_report_free(attr_mask_report *report);

#endif
