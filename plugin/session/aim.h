/* What the places of a target text (`help target`) are in the picture of a detector. */
#ifndef ATTR_SESSION_AIM_H
#define ATTR_SESSION_AIM_H

#include "session/session.h"

/* What the last forward's sample 0 shows: all candidates, best first, and, once somebody has asked, the labels. */
typedef struct {
    attr_session *session;
    const attr_explanation *explanation;
    const attr_candidate *found;
    int found_count;
    attr_true_box *objects; /* [object_count]; owned; see attr_scene_objects() */
    int object_count;
    bool has_objects;
} attr_scene;

/* Reads the label file of the picture. ATTR_BAD_INPUT if there is none, it is broken, or the picture is cropped. */
attr_status attr_scene_objects(attr_scene *scene);
void attr_scene_free(attr_scene *scene); /* but not what it only points to */

/* The aims of a term's place: one if it has a number or is a cell, else each (ATTR_PLACE_UNSAID: each detection).
 * *aims is released with free(). ATTR_BAD_INPUT, with the character of option target, when there is no such one. */
attr_status attr_find_aims(attr_aim **aims, int *count, attr_scene *scene, const attr_target_term *term);

/* Which factor of a score keeps an aim from being found: "box" if it is one of an object and overlaps it by less than
 * `overlap`, else the smaller of "objectness" and "class". NULL for what is detected. */
const char *attr_failed_factor(const attr_aim *aim, double overlap);

#endif
