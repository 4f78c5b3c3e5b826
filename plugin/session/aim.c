#include "session/aim.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "metrics/matching.h"

void attr_scene_free(attr_scene *scene) {
    free(scene->objects);
    scene->objects = NULL;
}

attr_status attr_scene_objects(attr_scene *scene) {
    const attr_explanation *ex = scene->explanation;
    if (scene->has_objects) return ATTR_OK;
    if (0 != strcmp(ex->options.crop, "whole"))
        return attr_fail(ATTR_BAD_INPUT, "%s: labels are those of the whole picture: not with crop=%s",
                         ex->picture_path, ex->options.crop);
    bool found = false;
    ATTR_TRY(
        attr_true_boxes_read(&scene->objects, &scene->object_count, &found, ex->picture_path, scene->session->classes));
    if (!found) {
        char *file = NULL;
        ATTR_TRY(attr_label_file(&file, ex->picture_path));
        attr_status status = attr_fail(ATTR_BAD_INPUT, "%s: there is no label file %s", ex->picture_path, file);
        free(file);
        return status;
    }
    scene->has_objects = true;
    return ATTR_OK;
}

attr_matching_rule attr_matching_rule_of(const attr_options *o) {
    double background = o->iou < ATTR_MATCHING_BACKGROUND ? o->iou : ATTR_MATCHING_BACKGROUND;
    return (attr_matching_rule){.overlap = o->iou, .background = background, .threshold = (float)o->thresh};
}

/* ---- Lists of aims */

typedef struct {
    attr_aim *aims;
    int count, number; /* number: of all so far; only the one asked for is taken, or each */
    const attr_target_term *term;
} taker;

static attr_aim *take(taker *t) {
    ++t->number;
    if (t->term->number != 0 && t->term->number != t->number) return NULL;
    attr_aim *aim = &t->aims[t->count++];
    *aim = (attr_aim){.place = t->term->place ? t->term->place : ATTR_PLACE_DETECTION, .number = t->number};
    return aim;
}

static void take_candidates(taker *t, const attr_scene *scene, bool kept) {
    for (int i = 0; i < scene->found_count; ++i) {
        const attr_candidate *c = &scene->found[i];
        if ((c->fate == ATTR_FATE_KEPT) != kept) continue;
        attr_aim *aim = take(t);
        if (!aim) continue;
        aim->detection = c->detection;
        aim->fate = c->fate;
        aim->has_by = c->by >= 0;
        if (aim->has_by) aim->by = scene->found[c->by].detection;
    }
}

attr_status attr_aim_at_object(attr_aim *aim, const attr_scene *scene, const attr_true_box *object) {
    const attr_letterbox *box = &scene->explanation->letterbox;
    attr_session *s = scene->session;
    aim->has_object = true;
    aim->object = *object;
    ATTR_TRY(attr_nearest_box(&aim->detection, &aim->iou, s->engine, 0, box->picture_w, box->picture_h, object,
                              (float)s->options.iou));
    aim->fate = ATTR_FATE_BELOW;
    for (int i = 0; i < scene->found_count; ++i) {
        const attr_detection *d = &scene->found[i].detection, *n = &aim->detection;
        if (d->layer != n->layer || d->anchor != n->anchor || d->row != n->row || d->column != n->column ||
            d->class_index != n->class_index)
            continue;
        aim->fate = scene->found[i].fate;
        aim->has_by = scene->found[i].by >= 0;
        if (aim->has_by) aim->by = scene->found[scene->found[i].by].detection;
    }
    return ATTR_OK;
}

static attr_status find_missed(bool **missed, const attr_scene *scene) {
    attr_case *cases = NULL;
    int count = 0;
    const attr_matching_rule rule = attr_matching_rule_of(&scene->session->options);
    ATTR_TRY(attr_allocate(missed, (size_t)scene->object_count, sizeof **missed, "labels"));
    ATTR_TRY(attr_match(&cases, &count, scene->found, scene->found_count, scene->objects, scene->object_count, &rule));
    for (int i = 0; i < count; ++i)
        if (attr_case_is_false_negative(cases[i].kind)) (*missed)[cases[i].truth] = true;
    free(cases);
    return ATTR_OK;
}

static attr_status take_objects(taker *t, attr_scene *scene) {
    bool *missed = NULL;
    attr_status status = attr_scene_objects(scene);
    if (status == ATTR_OK && t->term->place == ATTR_PLACE_MISSED) status = find_missed(&missed, scene);
    for (int i = 0; status == ATTR_OK && i < scene->object_count; ++i) {
        if (missed && !missed[i]) continue;
        attr_aim *aim = take(t);
        if (aim) status = attr_aim_at_object(aim, scene, &scene->objects[i]);
    }
    free(missed);
    return status;
}

static attr_status take_cell(taker *t, const attr_scene *scene) {
    const int *at = t->term->cell;
    const attr_letterbox *box = &scene->explanation->letterbox;
    attr_detection place = {.layer = at[0], .anchor = at[1], .row = at[2], .column = at[3], .class_index = -1};
    attr_aim *aim = take(t);
    aim->number = 0;
    attr_status status =
        attr_box_at(&aim->detection, scene->session->engine, 0, box->picture_w, box->picture_h, &place);
    if (status != ATTR_BAD_INPUT) return status;
    char message[ATTR_MESSAGE_SIZE];
    snprintf(message, sizeof message, "%s", attr_error_message());
    return attr_target_fail(scene->session->options.target, t->term->place_at, "%s", message);
}

static attr_status take_places(taker *t, attr_scene *scene) {
    switch (t->term->place) {
    case ATTR_PLACE_CELL:
        return take_cell(t, scene);
    case ATTR_PLACE_MISSED:
    case ATTR_PLACE_TRUTH:
        return take_objects(t, scene);
    default:
        take_candidates(t, scene, t->term->place != ATTR_PLACE_SUPPRESSED);
        return ATTR_OK;
    }
}

attr_status attr_find_aims(attr_aim **aims, int *count, attr_scene *scene, const attr_target_term *term) {
    taker t = {.term = term};
    bool of_objects = term->place == ATTR_PLACE_MISSED || term->place == ATTR_PLACE_TRUTH;
    *aims = NULL;
    *count = 0;
    if (of_objects) ATTR_TRY(attr_scene_objects(scene));
    size_t most = (size_t)(of_objects ? scene->object_count : scene->found_count) + 1;
    ATTR_TRY(attr_allocate(&t.aims, most, sizeof *t.aims, "targets"));
    attr_status status = take_places(&t, scene);
    if (status == ATTR_OK && t.count == 0 && term->number != 0)
        status =
            attr_target_fail(scene->session->options.target, term->place_at, "%s has no %s %d, but %d of them",
                             scene->explanation->picture_path, attr_place_name(term->place), term->number, t.number);
    if (status != ATTR_OK) {
        free(t.aims);
        return status;
    }
    *aims = t.aims;
    *count = t.count;
    return ATTR_OK;
}

const char *attr_failed_factor(const attr_aim *aim, double overlap) {
    if (aim->has_object && aim->iou < overlap) return "box";
    if (aim->fate == ATTR_FATE_KEPT) return aim->place == ATTR_PLACE_MISSED ? "taken" : NULL;
    return aim->detection.objectness < aim->detection.class_probability ? "objectness" : "class";
}
