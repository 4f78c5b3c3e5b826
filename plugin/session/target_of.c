#include "session/target_of.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "targets/probability.h"

/* What both terms of a text are made with. */
typedef struct {
    attr_session *session;
    const attr_explanation *explanation;
    const attr_target_text *text;
    attr_choice *choice;
} making;

#define FAIL(m, at, ...) attr_target_fail((m)->session->options.target, at, __VA_ARGS__)

__attribute__((format(printf, 2, 3))) static void append(char text[ATTR_TARGET_TEXT], const char *format, ...) {
    size_t used = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + used, ATTR_TARGET_TEXT - used, format, arguments);
    va_end(arguments);
}

/* A class that is said by name or number; -1 and a failure if there is none. */
static attr_status find_named(int *class_index, const making *m, const attr_target_term *term) {
    const attr_session *s = m->session;
    *class_index = attr_find_class(s, term->class_name, strlen(term->class_name), term->is_quoted);
    if (*class_index >= 0) return ATTR_OK;
    const char *near = s->names ? attr_nearest_name(term->class_name, s->names, s->classes) : NULL;
    if (near) return FAIL(m, term->class_at, "there is no class \"%s\" (did you mean %s?)", term->class_name, near);
    return FAIL(m, term->class_at, "there is no class \"%s\" (names of the names list, or 0 to %d)", term->class_name,
                s->classes - 1);
}

/* Another class than that of `t`. */
static attr_status find_runner_up(int *class_index, const making *m, const attr_target_term *term, attr_target *t) {
    attr_status status = attr_target_runner_up(class_index, t, m->session->engine, 0);
    if (status != ATTR_BAD_INPUT) return status;
    char message[ATTR_MESSAGE_SIZE];
    snprintf(message, sizeof message, "%s", attr_error_message());
    return FAIL(m, term->class_at, "%s", message);
}

/* ---- Classifiers */

static attr_status find_true_class(int *class_index, const making *m, const attr_target_term *term) {
    char *const *labels = NULL;
    ATTR_TRY(attr_session_labels(&labels, m->session));
    if (!labels) return FAIL(m, term->class_at, "the .data file has no labels=, so that the true class is not known");
    *class_index = attr_label_of_path(m->explanation->picture_path, labels, m->session->classes);
    if (*class_index >= 0) return ATTR_OK;
    return FAIL(m, term->class_at, "the path %s contains no label of %s", m->explanation->picture_path,
                m->session->labels_path);
}

/* *class_index: the class in case the term says none. */
static attr_status class_of_term(int *class_index, const making *m, const attr_target_term *term) {
    if (term->place != ATTR_PLACE_UNSAID && term->class_word != ATTR_CLASS_TRUTH)
        return FAIL(m, term->place_at, "a %s needs a detector; a classifier has classes", attr_place_name(term->place));
    if (term->class_word == ATTR_CLASS_TRUTH) return find_true_class(class_index, m, term);
    if (term->class_word == ATTR_CLASS_NAMED) return find_named(class_index, m, term);
    if (term->class_word != ATTR_CLASS_RUNNER_UP) return ATTR_OK;
    attr_target *t = NULL;
    ATTR_TRY(attr_target_of_class(&t, m->session->engine, ATTR_TARGET_LOGIT, *class_index));
    attr_status status = find_runner_up(class_index, m, term, t);
    attr_target_free(t);
    return status;
}

static void describe_class_term(char text[ATTR_TARGET_TEXT], const making *m, const attr_target_term *term,
                                const attr_target *t) {
    char number[16];
    append(text, "%s", attr_quantity_name(attr_target_quantity(t)));
    if (term->class_word != ATTR_CLASS_UNSAID)
        append(text, "(%s)", attr_class_name(m->session, attr_target_class(t), number));
}

attr_status attr_choose_class(attr_choice *choice, const attr_explanation *ex, attr_session *s,
                              const attr_target_text *text) {
    const making m = {s, ex, text, choice};
    attr_target *t = NULL, *other = NULL;
    char number[16];
    ATTR_TRY(class_of_term(&choice->class_index, &m, &text->term[0]));
    int class_index = choice->class_index;
    if (text->count == 2) ATTR_TRY(class_of_term(&class_index, &m, &text->term[1]));
    ATTR_TRY(attr_target_of_class(&t, s->engine, text->term[0].quantity, choice->class_index));
    describe_class_term(choice->text, &m, &text->term[0], t);
    choice->target = t;
    if (text->count == 1) return ATTR_OK;
    attr_status status = attr_target_of_class(&other, s->engine, text->term[1].quantity, class_index);
    if (status != ATTR_OK) {
        attr_target_free(t);
        choice->target = NULL;
        return status;
    }
    append(choice->text, " - ");
    describe_class_term(choice->text, &m, &text->term[1], other);
    append(choice->part, "-%s",
           class_index != choice->class_index ? attr_class_name(s, class_index, number)
                                              : attr_quantity_name(attr_target_quantity(other)));
    attr_target_subtract(t, other);
    return ATTR_OK;
}

/* ---- Detectors */

/* The detection of a term: that of the aim, with the class that the term says. */
static attr_status detection_of_term(attr_detection *out, const making *m, const attr_target_term *term,
                                     const attr_detection *place) {
    const attr_letterbox *box = &m->explanation->letterbox;
    attr_detection wanted = *place;
    if (term->class_word == ATTR_CLASS_NAMED) ATTR_TRY(find_named(&wanted.class_index, m, term));
    if (term->class_word == ATTR_CLASS_RUNNER_UP) {
        attr_target *t = NULL;
        ATTR_TRY(attr_target_of_detection(&t, m->session->engine, ATTR_TARGET_LOGIT, place));
        attr_status status = find_runner_up(&wanted.class_index, m, term, t);
        attr_target_free(t);
        ATTR_TRY(status);
    }
    *out = *place;
    if (wanted.class_index == place->class_index) return ATTR_OK;
    return attr_box_at(out, m->session->engine, 0, box->picture_w, box->picture_h, &wanted);
}

/* Where the second term stands: where the first does, or where it says. */
static attr_status second_place(attr_detection *out, const making *m, attr_scene *scene) {
    const attr_target_term *term = &m->text->term[1];
    const attr_aim *first = &m->choice->aim;
    *out = m->choice->detection;
    if (term->place == ATTR_PLACE_UNSAID) return ATTR_OK;
    if (term->place == ATTR_PLACE_SUPPRESSOR) {
        if (!first->has_by)
            return FAIL(m, term->place_at, "no better box suppresses it, its score is not above thresh");
        *out = first->by;
        return ATTR_OK;
    }
    attr_aim *aims = NULL;
    int count = 0;
    ATTR_TRY(attr_find_aims(&aims, &count, scene, term));
    if (count > 0) *out = aims[0].detection;
    free(aims);
    return count > 0 ? ATTR_OK : FAIL(m, term->place_at, "there is none");
}

static void describe_place(char text[ATTR_TARGET_TEXT], attr_place_word place, int number, const int cell[4]) {
    append(text, "%s", attr_place_name(place));
    if (place == ATTR_PLACE_CELL)
        append(text, " %d/%d/%d/%d", cell[0], cell[1], cell[2], cell[3]);
    else if (number > 0)
        append(text, " %d", number);
}

static void describe_term(const making *m, int k, const attr_target *t) {
    const attr_target_term *term = &m->text->term[k];
    char number[16], *text = m->choice->text;
    bool says_class = term->class_word == ATTR_CLASS_NAMED || term->class_word == ATTR_CLASS_RUNNER_UP;
    append(text, "%s%s", k ? " - " : "", attr_quantity_name(attr_target_quantity(t)));
    if (term->place == ATTR_PLACE_UNSAID && !says_class) return;
    append(text, "(");
    if (term->place != ATTR_PLACE_UNSAID)
        describe_place(text, term->place, k == 0 ? m->choice->aim.number : term->number, term->cell);
    if (says_class)
        append(text, "%s%s", term->place == ATTR_PLACE_UNSAID ? "" : ", ",
               attr_class_name(m->session, attr_target_class(t), number));
    append(text, ")");
}

/* What distinguishes its files: "missed2", "cell16.0.3.4", "-cat". */
static void name_part(const making *m, const attr_target *other) {
    const attr_target_term *first = &m->text->term[0], *second = &m->text->term[1];
    char number[16], *part = m->choice->part;
    if (first->place == ATTR_PLACE_CELL)
        append(part, "cell%d.%d.%d.%d", first->cell[0], first->cell[1], first->cell[2], first->cell[3]);
    else if (first->place > ATTR_PLACE_DETECTION)
        append(part, "%s%d", attr_place_name(first->place), m->choice->aim.number);
    if (!other) return;
    append(part, "-");
    if (second->place == ATTR_PLACE_CELL)
        append(part, "cell%d.%d.%d.%d", second->cell[0], second->cell[1], second->cell[2], second->cell[3]);
    else if (second->place != ATTR_PLACE_UNSAID)
        append(part, second->number ? "%s%d" : "%s", attr_place_name(second->place), second->number);
    else if (attr_target_class(other) != m->choice->class_index)
        append(part, "%s", attr_class_name(m->session, attr_target_class(other), number));
    else
        append(part, "%s", attr_quantity_name(attr_target_quantity(other)));
}

static attr_status make_second(attr_target **out, const making *m, attr_scene *scene) {
    attr_detection place, detection;
    ATTR_TRY(second_place(&place, m, scene));
    ATTR_TRY(detection_of_term(&detection, m, &m->text->term[1], &place));
    return attr_target_of_detection(out, m->session->engine, m->text->term[1].quantity, &detection);
}

attr_status attr_choose_aim(attr_choice *choice, attr_scene *scene, const attr_target_text *text) {
    const making m = {scene->session, scene->explanation, text, choice};
    attr_target *t = NULL, *other = NULL;
    ATTR_TRY(detection_of_term(&choice->detection, &m, &text->term[0], &choice->aim.detection));
    choice->aim.detection = choice->detection;
    choice->class_index = choice->detection.class_index;
    choice->score = choice->detection.score;
    ATTR_TRY(attr_target_of_detection(&t, m.session->engine, text->term[0].quantity, &choice->detection));
    attr_status status = text->count == 2 ? make_second(&other, &m, scene) : ATTR_OK;
    if (status != ATTR_OK) {
        attr_target_free(t);
        return status;
    }
    describe_term(&m, 0, t);
    if (other) describe_term(&m, 1, other);
    name_part(&m, other);
    choice->target = t;
    if (other) attr_target_subtract(t, other);
    return ATTR_OK;
}
