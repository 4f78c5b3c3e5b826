/* The noise on a network's parameters that costs it a given part of its accuracy: how the sigma of NoiseGrad is chosen
 * (Bykov et al.: NoiseGrad, AAAI 2022: about 5 %).
 *
 *   AD(sigma) = 1 - (ACC(sigma) - ACC(inf)) / (ACC(0) - ACC(inf))         the relative accuracy drop
 *
 * ACC(sigma) is the mean accuracy of several clones of the network with noise of standard deviation sigma, ACC(inf)
 * that of guessing. AD is 0 without noise and 1 when nothing is left; it can be below 0.
 *
 * Clone k has the same noise direction at every sigma (common random numbers), so AD(sigma) is nearly a smooth curve,
 * and bisection finds where it reaches the goal: in [0, 1], where the drop at 1 is too small in [1, 2], at last in
 * [2, 4]. It ends when AD is nearer to the goal than a tenth of its standard error, or the interval is below 1 % of
 * sigma. */
#ifndef ATTR_METRICS_ACCURACY_DROP_H
#define ATTR_METRICS_ACCURACY_DROP_H

#include "base/status.h"
#include "metrics/interval.h"

/* One sigma: means over the clones and their standard errors (of the clones alone; the pictures are the same). */
typedef struct {
    double sigma;
    double accuracy, accuracy_error;
    double drop, drop_error;
} attr_drop_point;

typedef struct {
    int clones;         /* 1 or more; with 1 there are no standard errors (NAN) */
    double chance;      /* ACC(inf) */
    double goal;        /* the drop that is looked for, between 0 and 1 */
    const double *grid; /* [grid_count] sigmas that are on the curve, too; they change nothing else */
    int grid_count;
    /* Sets accuracies[clones] at a sigma; at sigma 0 all are those of the network itself. */
    attr_status (*accuracies)(void *context, double *accuracies, double sigma);
    /* Told of each point as soon as it is known; may be NULL. */
    void (*tell)(void *context, const attr_drop_point *point);
    void *context;
} attr_drop_search;

typedef struct {
    attr_drop_point *points; /* by sigma, from 0 on */
    int count;
    const attr_drop_point *chosen; /* where the drop is the goal; NULL: it is smaller even at sigma 4 */
    /* Of the chosen sigma: drop_error / slope of the curve, by the nearest points of the search around it that differ
     * from the goal by more than their standard errors. NAN when it cannot be told. */
    double sigma_error;
} attr_drop_curve;

double attr_accuracy_drop(double accuracy, double clean, double chance);

/* Searches. ATTR_NUMERIC when the network itself is no better than chance, and whatever `accuracies` fails with.
 * Release with attr_drop_curve_free(), after a failure too. */
attr_status attr_drop_find(attr_drop_curve *out, const attr_drop_search *search);
void attr_drop_curve_free(attr_drop_curve *curve);

#endif
