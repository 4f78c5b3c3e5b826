#include "session/survey.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "metrics/average_precision.h"
#include "session/validation.h"
#include "targets/classes.h"

const char *attr_survey_kind_name(int kind) {
    if (kind == ATTR_SURVEY_RIGHT) return "right";
    return kind == ATTR_SURVEY_WRONG ? "wrong" : attr_case_kind_name((attr_case_kind)kind);
}

/* ---- Growing lists */

static attr_status new_picture(attr_survey_picture **out, attr_survey *v, const attr_explanation *ex) {
    attr_survey_picture *pictures = realloc(v->pictures, (size_t)(v->picture_count + 1) * sizeof *pictures);
    if (!pictures) return attr_fail(ATTR_NO_MEMORY, "out of memory for pictures");
    v->pictures = pictures;
    *out = &pictures[v->picture_count];
    **out = (attr_survey_picture){
        .width = ex->picture.w, .height = ex->picture.h, .label = -1, .predicted = -1, .rank = -1};
    ATTR_TRY(attr_copy_text(&(*out)->path, ex->picture_path));
    ++v->picture_count;
    return ATTR_OK;
}

static attr_status new_cases(attr_survey_case **out, attr_survey *v, int count) {
    size_t all = (size_t)(v->case_count + count);
    attr_survey_case *cases = realloc(v->cases, (all + 1) * sizeof *cases);
    if (!cases) return attr_fail(ATTR_NO_MEMORY, "out of memory for cases");
    v->cases = cases;
    *out = cases + v->case_count;
    for (int i = 0; i < count; ++i)
        (*out)[i] = (attr_survey_case){.picture = v->picture_count - 1, .number = i, .true_class = -1};
    v->case_count = (int)all;
    return ATTR_OK;
}

/* ---- Detectors */

static attr_aim aim_of_candidate(const attr_survey_picture *p, int i) {
    return (attr_aim){
        .place = ATTR_PLACE_DETECTION, .detection = p->candidates[i].detection, .fate = p->candidates[i].fate};
}

/* What a case aims at. */
static attr_status aim_of(attr_aim *aim, const attr_case *c, const attr_survey_picture *p, attr_scene *scene) {
    if (c->candidate >= 0) {
        *aim = aim_of_candidate(p, c->candidate);
        aim->iou = (float)c->iou;
    } else {
        ATTR_TRY(attr_aim_at_object(aim, scene, &p->objects[c->truth]));
    }
    if (c->truth >= 0) {
        aim->has_object = true;
        aim->object = p->objects[c->truth];
    }
    if (attr_case_is_false_negative(c->kind)) aim->place = ATTR_PLACE_MISSED;
    aim->has_by = c->other >= 0;
    if (aim->has_by) aim->by = p->candidates[c->other].detection;
    return ATTR_OK;
}

static attr_status fill_case(attr_survey_case *out, const attr_case *c, const attr_survey_picture *p,
                             attr_scene *scene) {
    out->kind = (int)c->kind;
    ATTR_TRY(aim_of(&out->aim, c, p, scene));
    out->class_index = out->aim.detection.class_index;
    out->score = out->aim.detection.score;
    if (c->truth >= 0) out->true_class = p->objects[c->truth].class_index;
    return ATTR_OK;
}

static attr_status sort_detections(attr_survey *v, attr_survey_picture *p, attr_explanation *ex) {
    attr_session *s = v->session;
    attr_matching_rule rule = attr_matching_rule_of(&s->options);
    attr_scene scene = {.session = s, .explanation = ex, .found = p->candidates, .found_count = p->candidate_count};
    attr_case *cases = NULL;
    attr_survey_case *out = NULL;
    int count = 0;
    ATTR_TRY(attr_match(&cases, &count, p->candidates, p->candidate_count, p->objects, p->object_count, &rule));
    attr_count_cases(v->class_counts, cases, count, p->candidates, p->objects, s->classes);
    attr_status status = new_cases(&out, v, count);
    for (int i = 0, missed = 0; status == ATTR_OK && i < count; ++i) {
        status = fill_case(&out[i], &cases[i], p, &scene);
        if (out[i].aim.place == ATTR_PLACE_MISSED) out[i].aim.number = ++missed;
    }
    free(cases);
    return status;
}

static attr_status survey_detections(attr_survey *v, attr_survey_picture *p, attr_explanation *ex) {
    attr_session *s = v->session;
    ATTR_TRY(attr_session_candidates(&p->candidates, &p->candidate_count, s, 0, &ex->letterbox));
    ATTR_TRY(attr_true_boxes_collect(&p->objects, &p->object_count, &p->has_labels, &v->problems, p->path, s->classes));
    if (!p->has_labels) return ATTR_OK;
    ATTR_TRY(attr_detect_for_precision(&p->found, &p->found_count, s, 0, &ex->letterbox));
    ATTR_TRY(attr_confusion_add_picture(&v->confusion, p->candidates, p->candidate_count, p->objects, p->object_count,
                                        s->options.iou));
    return sort_detections(v, p, ex);
}

/* ---- Classifiers */

static attr_status find_label(attr_survey *v, attr_survey_picture *p) {
    char *const *labels = NULL;
    ATTR_TRY(attr_session_labels(&labels, v->session));
    if (labels) p->label = attr_label_of_path(p->path, labels, v->session->classes);
    p->has_labels = p->label >= 0;
    return p->has_labels ? ATTR_OK : attr_label_problem_add(&v->problems, p->path, 0, "the path contains no label");
}

static attr_status survey_class(attr_survey *v, attr_survey_picture *p) {
    int classes = v->session->classes;
    double *probabilities = NULL;
    attr_survey_case *c = NULL;
    ATTR_TRY(find_label(v, p));
    if (!p->has_labels) return ATTR_OK;
    ATTR_TRY(attr_allocate(&probabilities, (size_t)classes, sizeof *probabilities, "probabilities"));
    attr_class_probabilities(probabilities, v->session->engine, 0);
    p->predicted = attr_best_class(probabilities, classes);
    p->rank = 0;
    for (int k = 0; k < classes; ++k) p->rank += probabilities[k] > probabilities[p->label];
    attr_status status = new_cases(&c, v, 1);
    if (status == ATTR_OK) {
        c->kind = p->predicted == p->label ? ATTR_SURVEY_RIGHT : ATTR_SURVEY_WRONG;
        c->class_index = p->predicted;
        c->true_class = p->label;
        c->score = probabilities[p->predicted];
        c->margin = probabilities[p->predicted] - probabilities[p->label];
        status = attr_confusion_count(&v->confusion, p->label, p->predicted);
    }
    free(probabilities);
    return status;
}

/* ---- All */

static attr_status begin(attr_survey *v) {
    size_t classes = (size_t)v->session->classes;
    if (v->confusion.counts) return ATTR_OK;
    ATTR_TRY(attr_allocate(&v->class_counts, classes, sizeof *v->class_counts, "counts"));
    return attr_confusion_make(&v->confusion, v->session->classes);
}

attr_status attr_survey_add(attr_survey *v, const char *path) {
    attr_explanation *ex = NULL;
    attr_survey_picture *p = NULL;
    ATTR_TRY(begin(v));
    ATTR_TRY(attr_prepare(&ex, v->session, path));
    attr_status status = attr_predict_prepared(ex, v->session);
    if (status == ATTR_OK) status = new_picture(&p, v, ex);
    if (status == ATTR_OK) status = v->session->is_detector ? survey_detections(v, p, ex) : survey_class(v, p);
    if (status == ATTR_OK) v->unlabelled += !p->has_labels;
    attr_explanation_free(ex);
    return status;
}

static attr_status measure_precision(attr_survey *v) {
    attr_judged_picture *judged = NULL;
    int count = 0;
    ATTR_TRY(attr_allocate(&v->class_ap, (size_t)v->session->classes, sizeof *v->class_ap, "precisions"));
    ATTR_TRY(attr_allocate(&judged, (size_t)v->picture_count, sizeof *judged, "pictures"));
    for (int i = 0; i < v->picture_count; ++i) {
        const attr_survey_picture *p = &v->pictures[i];
        if (p->has_labels)
            judged[count++] = (attr_judged_picture){p->found, p->found_count, p->objects, p->object_count};
    }
    attr_status status =
        attr_average_precision(&v->ap, v->class_ap, judged, count, v->session->classes, v->session->options.iou);
    free(judged);
    return status;
}

static void measure_accuracy(attr_survey *v) {
    int labelled = v->picture_count - v->unlabelled, first = 0, fifth = 0;
    for (int i = 0; i < v->picture_count; ++i) {
        const attr_survey_picture *p = &v->pictures[i];
        first += p->has_labels && p->predicted == p->label;
        fifth += p->has_labels && p->rank < 5;
    }
    v->top1 = labelled ? (double)first / labelled : NAN;
    v->top5 = labelled ? (double)fifth / labelled : NAN;
}

attr_status attr_survey_finish(attr_survey *v) {
    memset(v->counts, 0, sizeof v->counts);
    for (int i = 0; i < v->case_count; ++i) ++v->counts[v->cases[i].kind];
    v->ap = v->top1 = v->top5 = NAN;
    if (v->session->is_detector) return measure_precision(v);
    measure_accuracy(v);
    return ATTR_OK;
}

void attr_survey_free(attr_survey *v) {
    for (int i = 0; i < v->picture_count; ++i) {
        free(v->pictures[i].path);
        free(v->pictures[i].objects);
        free(v->pictures[i].candidates);
        free(v->pictures[i].found);
    }
    free(v->pictures);
    free(v->cases);
    free(v->class_counts);
    free(v->class_ap);
    attr_label_problems_free(&v->problems);
    attr_confusion_free(&v->confusion);
    *v = (attr_survey){.session = v->session};
}
