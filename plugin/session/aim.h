/* What the places of a target text (`help target`) are in the picture of a detector. */
#ifndef ATTR_SESSION_AIM_H
#define ATTR_SESSION_AIM_H

#include "metrics/matching.h"
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

/* What option iou and thresh make of matching. */
attr_matching_rule attr_matching_rule_of(const attr_options *o);

/* The aims of a term's place: one if it has a number or is a cell, else each (ATTR_PLACE_UNSAID: each detection).
 * *aims is released with free(). ATTR_BAD_INPUT, with the character of option target, when there is no such one. */
attr_status attr_find_aims(attr_aim **aims, int *count, attr_scene *scene, const attr_target_term *term);

/* Sets what is known of the box that came nearest to a detection of an object: the box, its fate if it is among the
 * scene's candidates (else below), the overlap. */
attr_status attr_aim_at_object(attr_aim *aim, const attr_scene *scene, const attr_true_box *object);

/* What keeps an object from being found: "box" if the box overlaps it by less than `overlap`; "taken" if it is missed
 * all the same though the box is a detection, which another object has; else the smaller factor of its score,
 * "objectness" or "class". NULL for what is detected. */
const char *attr_failed_factor(const attr_aim *aim, double overlap);

#endif
