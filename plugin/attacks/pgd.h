/* Projected gradient descent (PGD) in the l-infinity ball: a picture that looks the same and is seen as something else.
 * Madry et al.: Towards deep learning models resistant to adversarial attacks, ICLR 2018, as CleverHans has it and Lim,
 * Lee, Kim (RelEx, CVPR 2021) use it. From x_0 = x + U(-epsilon, epsilon), in the ball,
 *
 *   x_(i+1) = project(x_i + step sign(d/dx))    of  -log p(target)   untargeted: away from it
 *                                                or  log p(towards)  targeted: to that one
 *
 * where p is the probability behind a target (targets/probability.h): of a classifier the class's, of a detection
 * objectness x class at its cell, so -log p of a class is the cross entropy. sign(0) = 0. The published settings are in
 * the papers' normalised space, a unit of which is about .225 here: epsilon .07, .1, .3, 1, ..; step .01, 40 steps. (40
 * steps of .01 go .4 at most: from epsilon 1 on little more than the random start is left. RelEx cuts all colours at
 * the same two numbers, so some leave what a picture can show; here every x_i is a picture.)
 *
 * A detection whose cell is attacked may be found by a neighbour. `matches_anew` takes in every step the cell whose box
 * is the best for it then (attr_target_rematch()).
 *
 * What a victim becomes depends neither on the others nor on batch and threads. */
#ifndef ATTR_ATTACKS_PGD_H
#define ATTR_ATTACKS_PGD_H

#include <stdbool.h>
#include <stdint.h>

#include "attacks/ball.h"
#include "methods/schedule.h"
#include "targets/target.h"

/* A picture that is attacked. */
typedef struct {
    const float *x; /* [channels][height][width], the network's input, values in [0, 1] */
    attr_region region;
    attr_target *target;  /* what it is seen as; has a probability (attr_target_needs_probability) */
    attr_target *towards; /* what it is to be seen as, likewise; NULL: anything else */
    uint64_t number;      /* of the random numbers of its start */
} attr_victim;

/* What became of it. */
typedef struct {
    float *x;              /* the last iterate, of the input's shape */
    double *probabilities; /* [iterations + 1] of what it is seen as, from x_0 on */
    double *towards;       /* [iterations + 1] likewise; NULL without */
    double *losses;        /* [iterations + 1] what a map attack lowers; NULL for PGD */
    size_t iterations;     /* done */
} attr_attacked;

typedef struct {
    double epsilon, step;
    size_t iterations;
    bool random_start;
    bool matches_anew;
    uint64_t seed;
} attr_pgd_settings;

/* Attacks `count` victims, as many at once as the engine's batch; out[i] is released with attr_attacked_free(), also
 * after a failure. Progress counts gradients. ATTR_BAD_INPUT for a target without a probability; ATTR_NUMERIC when a
 * gradient is not finite. */
attr_status attr_pgd(attr_attacked *out, attr_engine *e, const attr_victim *victims, size_t count,
                     const attr_pgd_settings *settings, attr_progress progress, void *context);

/* Room for the result of so many iterations. */
attr_status attr_attacked_allocate(attr_attacked *out, const attr_victim *victim, size_t iterations, bool has_losses);
void attr_attacked_free(attr_attacked *attacked);

#endif
