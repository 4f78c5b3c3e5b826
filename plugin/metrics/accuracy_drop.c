#include "metrics/accuracy_drop.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/memory.h"

static const double largest_sigma = 4;
static const double smallest_sigma = 1e-6;   /* a jump at 0 would be bisected for ever */
static const double interval = 0.01;         /* of sigma */
static const double part_of_the_error = 0.1; /* how near to the goal is near enough */

typedef struct {
    const attr_drop_search *search;
    attr_drop_curve *curve;
    double *accuracies; /* [clones] room for those of one sigma */
    double clean;
} drop_run;

double attr_accuracy_drop(double accuracy, double clean, double chance) {
    return 1 - (accuracy - chance) / (clean - chance);
}

/* ---- The curve */

static const attr_drop_point *find_point(const attr_drop_curve *curve, double sigma) {
    for (int i = 0; i < curve->count; ++i)
        if (curve->points[i].sigma == sigma) return &curve->points[i];
    return NULL;
}

static attr_status insert(attr_drop_curve *curve, const attr_drop_point *point) {
    attr_drop_point *points = realloc(curve->points, (size_t)(curve->count + 1) * sizeof *points);
    if (!points) return attr_fail(ATTR_NO_MEMORY, "out of memory for a curve");
    int at = curve->count;
    for (; at > 0 && points[at - 1].sigma > point->sigma; --at) points[at] = points[at - 1];
    points[at] = *point;
    curve->points = points;
    ++curve->count;
    return ATTR_OK;
}

/* The point at a sigma, from the curve or new. */
static attr_status evaluate(attr_drop_point *out, drop_run *run, double sigma) {
    const attr_drop_search *s = run->search;
    const attr_drop_point *known = find_point(run->curve, sigma);
    if (known) {
        *out = *known;
        return ATTR_OK;
    }
    *out = (attr_drop_point){.sigma = sigma};
    ATTR_TRY(s->accuracies(s->context, run->accuracies, sigma));
    attr_mean_and_error(&out->accuracy, &out->accuracy_error, run->accuracies, s->clones);
    if (sigma == 0) {
        run->clean = out->accuracy;
        if (!(run->clean > s->chance))
            return attr_fail(ATTR_NUMERIC, "the network's accuracy is %.4g, no better than chance (%.4g)", run->clean,
                             s->chance);
        /* the network itself, that many times; rounding of the mean is no error */
        out->accuracy_error = s->clones > 1 ? 0 : NAN;
    }
    out->drop = attr_accuracy_drop(out->accuracy, run->clean, s->chance);
    out->drop_error = out->accuracy_error / (run->clean - s->chance);
    ATTR_TRY(insert(run->curve, out));
    if (s->tell) s->tell(s->context, out);
    return ATTR_OK;
}

/* ---- The search */

static bool is_near(const attr_drop_point *p, double goal) {
    return fabs(p->drop - goal) <= (isnan(p->drop_error) ? 0 : part_of_the_error * p->drop_error);
}

/* An interval with the goal between its ends; false if there is none. */
static attr_status bracket(attr_drop_point *low, attr_drop_point *high, bool *found, drop_run *run) {
    ATTR_TRY(evaluate(low, run, 0));
    for (double sigma = 1; sigma <= largest_sigma; sigma *= 2) {
        ATTR_TRY(evaluate(high, run, sigma));
        *found = high->drop >= run->search->goal;
        if (*found) return ATTR_OK;
        *low = *high;
    }
    return ATTR_OK;
}

static attr_status bisect(double *sigma, drop_run *run, attr_drop_point low, attr_drop_point high) {
    double goal = run->search->goal;
    while (!is_near(&high, goal) && high.sigma - low.sigma > interval * high.sigma && high.sigma > smallest_sigma) {
        attr_drop_point middle;
        ATTR_TRY(evaluate(&middle, run, (low.sigma + high.sigma) / 2));
        if (middle.drop >= goal || is_near(&middle, goal))
            high = middle;
        else
            low = middle;
    }
    bool low_is_nearer = low.sigma > 0 && goal - low.drop < fabs(high.drop - goal);
    *sigma = low_is_nearer ? low.sigma : high.sigma;
    return ATTR_OK;
}

/* ---- How sure it is */

static double or_zero(double error) {
    return isnan(error) ? 0 : error;
}

static double error_of_sigma(const attr_drop_curve *curve, double goal) {
    const attr_drop_point *p = curve->chosen, *below = NULL, *above = NULL;
    for (int i = 0; i < curve->count; ++i) {
        const attr_drop_point *q = &curve->points[i];
        if (q->sigma < p->sigma && q->drop + or_zero(q->drop_error) < goal) below = q;
        if (!above && q->sigma > p->sigma && q->drop - or_zero(q->drop_error) > goal) above = q;
    }
    if (!above) above = p;
    if (!below || above->drop <= below->drop) return NAN;
    return p->drop_error * (above->sigma - below->sigma) / (above->drop - below->drop);
}

static attr_status find(drop_run *run) {
    const attr_drop_search *s = run->search;
    attr_drop_point low = {0}, high = {0};
    bool found = false;
    double sigma = 0;
    ATTR_TRY(bracket(&low, &high, &found, run));
    if (found) {
        ATTR_TRY(bisect(&sigma, run, low, high));
        run->curve->chosen = find_point(run->curve, sigma);
        run->curve->sigma_error = error_of_sigma(run->curve, s->goal); /* the grid must not change it */
    }
    for (int i = 0; i < s->grid_count; ++i) ATTR_TRY(evaluate(&low, run, s->grid[i]));
    run->curve->chosen = found ? find_point(run->curve, sigma) : NULL; /* points have moved */
    return ATTR_OK;
}

attr_status attr_drop_find(attr_drop_curve *out, const attr_drop_search *search) {
    drop_run run = {.search = search, .curve = out};
    *out = (attr_drop_curve){.sigma_error = NAN};
    ATTR_TRY(attr_allocate(&run.accuracies, (size_t)search->clones, sizeof *run.accuracies, "accuracies"));
    attr_status status = find(&run);
    free(run.accuracies);
    return status;
}

void attr_drop_curve_free(attr_drop_curve *curve) {
    free(curve->points);
    *curve = (attr_drop_curve){0};
}
