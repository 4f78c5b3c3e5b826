/* triage.json. */
#include <math.h>
#include <stdlib.h>

#include "methods/method.h"
#include "reports/files.h"
#include "reports/json.h"
#include "reports/triage.h"

static const char *class_name(const attr_triage *t, int class_index, char buffer[16]) {
    return class_index >= 0 ? attr_class_name(t->survey->session, class_index, buffer) : NULL;
}

static void write_box(attr_json *j, const char *key, float x, float y, float w, float h) {
    attr_json_open(j, key, '{');
    attr_json_number(j, "x", x);
    attr_json_number(j, "y", y);
    attr_json_number(j, "width", w);
    attr_json_number(j, "height", h);
    attr_json_close(j, '}');
}

/* ---- A case */

static void write_shares(attr_json *j, const char *key, const attr_triage *t, const attr_shares *s) {
    attr_json_open(j, key, '{');
    if (t->survey->session->is_detector) {
        attr_json_number(j, "box", s->box);
        attr_json_number(j, "ring", s->ring);
        attr_json_number(j, "elsewhere", s->elsewhere);
    }
    attr_json_number(j, "padding", s->padding);
    attr_json_close(j, '}');
}

static void write_context(attr_json *j, const attr_triage *t, const attr_triage_map *m) {
    char number[16];
    attr_json_open(j, "context", '[');
    for (int i = 0; i < m->context_count; i++) {
        attr_json_open(j, NULL, '{');
        attr_json_text(j, "class", class_name(t, m->context[i].class_index, number));
        attr_json_number(j, "share", m->context[i].share);
        attr_json_number(j, "uniform", m->context[i].uniform);
        attr_json_close(j, '}');
    }
    attr_json_close(j, ']');
}

static void write_map(attr_json *j, const attr_triage *t, int one_case, int method) {
    const attr_triage_map *m = attr_triage_map_of(t, one_case, method);
    char label[ATTR_TEXT_SIZE];
    attr_json_open(j, NULL, '{');
    attr_triage_label(label, sizeof label, t, method);
    attr_json_text(j, "method", label);
    attr_json_text(j, "name", m->name);
    attr_json_text(j, "target", m->target);
    attr_json_number(j, "target_value", m->value);
    write_shares(j, "shares", t, &m->shares);
    write_shares(j, "uniform", t, &m->uniform);
    if (t->survey->session->is_detector) write_context(j, t, m);
    if (!isnan(m->relative_error)) attr_json_number(j, "relative_error", m->relative_error);
    attr_json_integer(j, "gradients", m->gradients);
    attr_json_close(j, '}');
}

/* The box that is aimed at, and what it was matched with. */
static void write_aim(attr_json *j, const attr_triage *t, const attr_survey_case *c) {
    const attr_detection *d = &c->aim.detection, *by = &c->aim.by;
    const attr_true_box *o = &c->aim.object;
    const char *failed = attr_failed_factor(&c->aim, t->options->iou);
    char number[16];
    attr_json_number(j, "objectness", d->objectness);
    attr_json_number(j, "class_probability", d->class_probability);
    write_box(j, "box", d->x, d->y, d->w, d->h);
    attr_json_open(j, "head", '{');
    attr_json_integer(j, "layer", d->layer);
    attr_json_integer(j, "anchor", d->anchor);
    attr_json_integer(j, "row", d->row);
    attr_json_integer(j, "column", d->column);
    attr_json_close(j, '}');
    if (c->aim.place == ATTR_PLACE_MISSED)
        attr_json_integer(j, "missed", c->aim.number); /* for target=score(missed N) */
    if (attr_case_is_false_negative((attr_case_kind)c->kind) && failed) attr_json_text(j, "failed", failed);
    if (c->aim.has_object) {
        attr_json_open(j, "label", '{');
        attr_json_text(j, "class", class_name(t, o->class_index, number));
        attr_json_number(j, "iou", c->aim.iou);
        write_box(j, "box", o->x, o->y, o->w, o->h);
        attr_json_close(j, '}');
    }
    if (c->aim.has_by) {
        attr_json_open(j, "by", '{');
        attr_json_text(j, "class", class_name(t, by->class_index, number));
        attr_json_number(j, "score", by->score);
        write_box(j, "box", by->x, by->y, by->w, by->h);
        attr_json_close(j, '}');
    }
}

static void write_case(attr_json *j, const attr_triage *t, int i) {
    const attr_survey_case *c = &t->survey->cases[i];
    char number[16];
    attr_json_open(j, NULL, '{');
    attr_json_text(j, "kind", attr_survey_kind_name(c->kind));
    attr_json_integer(j, "picture", c->picture);
    attr_json_integer(j, "number", c->number);
    attr_json_text(j, "class", class_name(t, c->class_index, number));
    attr_json_integer(j, "class_index", c->class_index);
    attr_json_number(j, "score", c->score);
    if (t->survey->session->is_detector) {
        write_aim(j, t, c);
    } else {
        attr_json_text(j, "label", class_name(t, c->true_class, number));
        attr_json_number(j, "margin", c->margin);
    }
    attr_json_open(j, "maps", '[');
    for (int k = 0; k < t->method_count; k++)
        if (attr_triage_map_of(t, i, k)->is_done) write_map(j, t, i, k);
    attr_json_close(j, ']');
    attr_json_close(j, '}');
}

static attr_status write_cases(attr_json *j, const attr_triage *t) {
    int *order = NULL;
    ATTR_TRY(attr_triage_order(&order, t));
    attr_json_open(j, "cases", '[');
    for (int i = 0; i < t->survey->case_count; i++) write_case(j, t, order[i]);
    attr_json_close(j, ']');
    free(order);
    return ATTR_OK;
}

/* ---- Tables */

static void write_pictures(attr_json *j, const attr_survey *v) {
    attr_json_open(j, "pictures", '[');
    for (int i = 0; i < v->picture_count; i++) {
        const attr_survey_picture *p = &v->pictures[i];
        attr_json_open(j, NULL, '{');
        attr_json_text(j, "path", p->path);
        attr_json_integer(j, "width", p->width);
        attr_json_integer(j, "height", p->height);
        attr_json_boolean(j, "labelled", p->has_labels);
        if (v->session->is_detector) attr_json_integer(j, "objects", p->object_count);
        attr_json_close(j, '}');
    }
    attr_json_close(j, ']');
}

static void write_problems(attr_json *j, const attr_survey *v) {
    attr_json_integer(j, "unlabelled", v->unlabelled);
    attr_json_open(j, "label_problems", '[');
    for (int i = 0; i < v->problems.count; i++) {
        const attr_label_problem *p = &v->problems.items[i];
        attr_json_open(j, NULL, '{');
        attr_json_text(j, "file", p->file);
        if (p->line > 0) attr_json_integer(j, "line", p->line);
        attr_json_text(j, "message", p->message);
        attr_json_close(j, '}');
    }
    attr_json_close(j, ']');
}

static void write_counts(attr_json *j, const attr_survey *v) {
    bool detector = v->session->is_detector;
    attr_json_open(j, "counts", '{');
    for (int kind = detector ? 0 : ATTR_SURVEY_RIGHT; kind < (detector ? ATTR_CASE_KINDS : ATTR_SURVEY_KINDS); kind++)
        attr_json_integer(j, attr_survey_kind_name(kind), v->counts[kind]);
    attr_json_close(j, '}');
    if (!detector) {
        attr_json_number(j, "top1", v->top1);
        attr_json_number(j, "top5", v->top5);
        return;
    }
    attr_json_number(j, "ap", v->ap);
    attr_json_number(j, "ap_overlap", v->session->options.iou);
    attr_json_text(j, "ap_definition",
                   "area under the precision-recall curve, all points, as PASCAL VOC since 2010; "
                   "scores above .005, the best 100 of a picture; mean over classes with objects");
}

static void write_class(attr_json *j, const attr_triage *t, int c) {
    const attr_survey *v = t->survey;
    char number[16];
    attr_json_open(j, NULL, '{');
    attr_json_text(j, "class", class_name(t, c, number));
    attr_json_number(j, "ap", v->class_ap[c]);
    attr_json_integer(j, "true_positives", v->class_counts[c].tp);
    attr_json_integer(j, "false_positives", v->class_counts[c].fp);
    attr_json_integer(j, "false_negatives", v->class_counts[c].fn);
    attr_json_close(j, '}');
}

static void write_classes(attr_json *j, const attr_triage *t) {
    const attr_survey *v = t->survey;
    attr_json_open(j, "classes", '[');
    for (int c = 0; c < v->session->classes; c++) {
        const attr_class_counts *n = &v->class_counts[c];
        if (n->tp + n->fp + n->fn > 0) write_class(j, t, c);
    }
    attr_json_close(j, ']');
}

/* Only what was counted. */
static void write_confusion(attr_json *j, const attr_triage *t) {
    const attr_survey *v = t->survey;
    char number[16];
    attr_json_open(j, "confusion", '{');
    if (v->session->is_detector) {
        attr_json_number(j, "overlap", v->session->options.iou);
        attr_json_text(j, "definition",
                       "YOLOv5's ConfusionMatrix, see plugin/metrics/confusion.h; null: nothing there, "
                       "or not found");
    }
    attr_json_open(j, "counts", '[');
    for (int truth = -1; truth < v->session->classes; truth++)
        for (int found = -1; found < v->session->classes; found++) {
            long count = attr_confusion_at(&v->confusion, truth, found);
            if (count == 0) continue;
            attr_json_open(j, NULL, '{');
            attr_json_text(j, "true", class_name(t, truth, number));
            attr_json_text(j, "found", class_name(t, found, number));
            attr_json_integer(j, "count", count);
            attr_json_close(j, '}');
        }
    attr_json_close(j, ']');
    attr_json_close(j, '}');
}

static attr_status write_class_shares(attr_json *j, const attr_triage *t, int method) {
    attr_class_shares *list = NULL;
    int count = 0;
    char number[16];
    ATTR_TRY(attr_triage_class_shares(&list, &count, t, method));
    attr_json_open(j, "class_shares", '[');
    for (int i = 0; i < count; i++) {
        attr_json_open(j, NULL, '{');
        attr_json_text(j, "class", class_name(t, list[i].class_index, number));
        attr_json_integer(j, "cases", list[i].cases);
        write_shares(j, "shares", t, &list[i].shares);
        write_shares(j, "uniform", t, &list[i].uniform);
        attr_json_close(j, '}');
    }
    attr_json_close(j, ']');
    free(list);
    return ATTR_OK;
}

static attr_status write_class_context(attr_json *j, const attr_triage *t, int method) {
    attr_class_context *list = NULL;
    int count = 0;
    char number[16];
    ATTR_TRY(attr_triage_context(&list, &count, t, method));
    attr_json_open(j, "class_context", '[');
    for (int i = 0; i < count; i++) {
        attr_json_open(j, NULL, '{');
        attr_json_text(j, "class", class_name(t, list[i].class_index, number));
        attr_json_text(j, "rests_on", class_name(t, list[i].other, number));
        attr_json_integer(j, "cases", list[i].cases);
        attr_json_number(j, "share", list[i].share);
        attr_json_number(j, "uniform", list[i].uniform);
        attr_json_close(j, '}');
    }
    attr_json_close(j, ']');
    free(list);
    return ATTR_OK;
}

static attr_status write_method(attr_json *j, const attr_triage *t, int method) {
    char label[ATTR_TEXT_SIZE];
    attr_json_open(j, NULL, '{');
    attr_triage_label(label, sizeof label, t, method);
    attr_json_text(j, "method", label);
    attr_status status = write_class_shares(j, t, method);
    if (status == ATTR_OK && t->survey->session->is_detector) status = write_class_context(j, t, method);
    attr_json_close(j, '}');
    return status;
}

attr_status attr_write_triage_summary(FILE *file, const attr_triage *t) {
    const attr_survey *v = t->survey;
    attr_json j;
    attr_begin_summary(&j, file, v->session);
    attr_json_text(&j, "list", t->list);
    attr_json_number(&j, "seconds", t->seconds);
    write_counts(&j, v);
    write_problems(&j, v);
    if (v->session->is_detector) write_classes(&j, t);
    write_confusion(&j, t);
    attr_json_open(&j, "methods", '[');
    for (int k = 0; k < t->method_count; k++) ATTR_TRY(write_method(&j, t, k));
    attr_json_close(&j, ']');
    write_pictures(&j, v);
    ATTR_TRY(write_cases(&j, t));
    attr_json_close(&j, '}');
    return ATTR_OK;
}
