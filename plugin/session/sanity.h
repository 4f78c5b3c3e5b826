/* Sanity checks of maps: the work behind `darknet attribute sanity`. Each picture, target and method has a map of the
 * network as it is, map_0, and further ones that it is compared with (metrics/map_agreement.h):
 *
 *   cascade, bottom_up, independent
 *                 the layers that the target depends on get random parameters (model/replacement.h): one after the
 *                 other from the top, from the bottom, or one at a time. Adebayo et al., NeurIPS 2018
 *   logit         the same number of other classes, drawn at random; of a detection at its own cell and anchor.
 *                 Sixt, Granz, Landgraf, ICML 2020
 *   perturbation  all parameters get noise of t percent of their arrays' standard deviations, the same for all
 *                 methods: does the map go as the probability goes? Rahman, Lewis, Plis 2022
 *   shift         the input plus a constant, and a first layer whose bias takes it away again: the network computes
 *                 the same (but at the borders, where the layer pads with 0), so should the map be. Kindermans et al.
 *                 2019
 *
 * Maps are compared in the network's pixels, without the letterbox's bars, as one plane by options channels and pool.
 * What is drawn at random depends on option seed alone, not on method, picture or target. */
#ifndef ATTR_SESSION_SANITY_H
#define ATTR_SESSION_SANITY_H

#include "images/thumbnail.h"
#include "metrics/map_agreement.h"
#include "session/session.h"

enum { ATTR_SANITY_CHECKS = ATTR_CHECK_SHIFT + 1, ATTR_SANITY_SIDE = 96 };

/* One map beside map_0. */
typedef struct {
    int number;   /* layers replaced so far; t; the place among the other classes; 0 for map_0 and the shift */
    int layer;    /* randomisation: the layer that was replaced last (independent: alone); else -1 */
    char *name;   /* of that layer's kind, or of the other class; shift: whose map. NULL: there is none */
    double value; /* of the target */
    double ratio; /* perturbation: clip(p_t / p_0, 0, 1); else NAN */
    attr_agreement agreement;
    attr_thumbnail drawing; /* the map; of check perturbation the picture's top tenth */
} attr_sanity_stage;

/* A check of one map. Stage 0 of the randomisations and of the perturbation is map_0 itself. Those of shift are the
 * method's, and the plain gradient's, which differs by the borders alone. */
typedef struct {
    attr_sanity_stage *stages;
    int count;
    char *problem; /* why there are no (more) stages; NULL: all is well */
} attr_sanity_series;

typedef struct {
    int picture, method; /* indexes */
    int number;          /* of the target in its picture, from 0 */
    char *class_name, *target;
    double score, value, probability; /* probability: NAN where a target has none */
    int width, height;                /* of what is compared */
    attr_chance chance;
    attr_thumbnail drawing;
    attr_sanity_series series[ATTR_SANITY_CHECKS];
} attr_sanity_map;

typedef struct {
    char *path;
    char hash[65];
    attr_thumbnail drawing;
} attr_sanity_picture;

/* Zeroed but for what stands first. */
typedef struct {
    attr_session *session;
    /* Told how many of a target's maps are made, again and again. Non-zero stops with ATTR_INTERRUPTED. May be NULL. */
    int (*progress)(void *context, size_t done, size_t all);
    void *context;

    attr_sanity_picture *pictures;
    int picture_count;
    attr_sanity_map *maps;
    int map_count;
} attr_sanity;

/* Does all checks of a picture by the session's options; `method` is only noted. Maps of other methods of the same
 * picture follow each other. Afterwards the engine has the network's parameters, which are unchanged (ATTR_NUMERIC if
 * they are not). A detector that detects nothing adds no map. A method that makes several maps of a target (option
 * layers) is ATTR_BAD_INPUT. */
attr_status attr_sanity_add(attr_sanity *v, const char *path, int method);
/* Forgets all but the first so many maps and pictures. */
void attr_sanity_keep(attr_sanity *v, int maps, int pictures);
void attr_sanity_free(attr_sanity *v);

/* The words of the checks: "cascade", ... */
const char *attr_check_name(int check);

#endif
