/* One map under check: what the checks of sanity.h share. Private to the files sanity*.c. */
#ifndef ATTR_SESSION_SANITY_JOB_H
#define ATTR_SESSION_SANITY_JOB_H

#include "model/replacement.h"
#include "session/sanity.h"
#include "session/settings.h"

/* A part of the network's input plane. */
typedef struct {
    int x, y, w, h;
} attr_sanity_window;

typedef struct {
    attr_sanity *v;
    attr_explanation *ex;
    attr_settings_holder *held; /* of x */
    const attr_choice *choice;
    attr_replacement *replacement;
    attr_sanity_map *map;
    attr_sanity_window window; /* the picture without the letterbox's bars */
    double *first;             /* [net_h][net_w] map_0 */
    double *plane;             /* [net_h][net_w] room for another map */
    double *parts;             /* [2][net_h][net_w] room for windows of both */
    size_t done, all;          /* maps, for the progress */
} attr_sanity_job;

/* The map of a target at x, by the engine's parameters as they are, in job->plane. `value`: the target's; may be NULL.
 */
attr_status attr_sanity_make_map(attr_sanity_job *job, double *value, attr_target *target,
                                 const attr_method_settings *settings, const float *x);

/* A part of a plane of the network's size. */
void attr_sanity_cut(double *out, const attr_sanity_job *job, const double *plane, const attr_sanity_window *window);

/* Compares job->plane with `first` in a window. */
attr_status attr_sanity_compare(attr_agreement *out, attr_sanity_job *job, const double *first,
                                const attr_sanity_window *window);

/* Takes over a stage; *stage is empty then. */
attr_status attr_sanity_add_stage(attr_sanity_series *series, attr_sanity_stage *stage);

/* How many maps a check makes, and the check. Leaves the engine with the network's parameters. A check that cannot be
 * done (to the end) says why in its series and is no failure. */
int attr_sanity_count(const attr_sanity_job *job, int check);
attr_status attr_sanity_check(attr_sanity_job *job, int check);

/* The layers with parameters that the target depends on, ascending; *layers is released with free(). */
attr_status attr_sanity_layers(int **layers, int *count, const attr_sanity_job *job);

#endif
