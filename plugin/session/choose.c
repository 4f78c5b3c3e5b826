/* Which classes or detections are explained. */
#include "session/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "session/target_of.h"
#include "targets/classes.h"

enum { listed_classes = 5 };

const char *attr_class_name(const attr_session *s, int class_index, char buffer[16]) {
    if (s->names && class_index >= 0 && class_index < s->classes) return s->names[class_index];
    snprintf(buffer, 16, "%d", class_index);
    return buffer;
}

void attr_choices_free(attr_choice *choices, int count) {
    for (int i = 0; choices && i < count; ++i) attr_target_free(choices[i].target);
    free(choices);
}

int attr_find_class(const attr_session *s, const char *text, size_t length, bool is_quoted) {
    for (int i = 0; s->names && i < s->classes; ++i)
        if (strlen(s->names[i]) == length && 0 == strncmp(s->names[i], text, length)) return i;
    char *end;
    if (is_quoted) return -1;
    long number = strtol(text, &end, 10);
    return length > 0 && end == text + length && number >= 0 && number < s->classes ? (int)number : -1;
}

attr_status attr_read_classes(char **wanted, const attr_session *s, const char *option, const char *classes) {
    *wanted = NULL;
    if (0 == strcmp(classes, "predicted")) return ATTR_OK;
    ATTR_TRY(attr_allocate(wanted, (size_t)s->classes, 1, "classes"));
    for (const char *text = classes, *end;; text = end + 1) {
        end = text + strcspn(text, ",");
        int class_index = attr_find_class(s, text, (size_t)(end - text), false);
        if (class_index < 0) {
            free(*wanted);
            *wanted = NULL;
            return attr_fail(ATTR_BAD_INPUT, "%s=%s: there is no class \"%.*s\" (names of the names list, or 0 to %d)",
                             option, classes, (int)(end - text), text, s->classes - 1);
        }
        (*wanted)[class_index] = 1;
        if (!*end) return ATTR_OK;
    }
}

static attr_status add_prediction(attr_explanation *ex, const attr_session *s, int class_index, double score,
                                  const double box[4]) {
    char number[16];
    attr_prediction *p = &ex->predictions[ex->prediction_count];
    ATTR_TRY(attr_copy_text(&p->class_name, attr_class_name(s, class_index, number)));
    p->class_index = class_index;
    p->score = score;
    if (box) memcpy(p->box, box, sizeof p->box);
    ++ex->prediction_count;
    return ATTR_OK;
}

/* --- classifiers ---------------------------------------------------------------------------------------------- */

typedef struct {
    double p;
    int class_index;
} ranked_class;

/* Best first; of equals the first. */
static int compare_classes(const void *a, const void *b) {
    const ranked_class *left = a, *right = b;
    if (left->p != right->p) return left->p < right->p ? 1 : -1;
    return left->class_index - right->class_index;
}

/* Probabilities of all classes, best first. */
static attr_status rank_classes(ranked_class **best, attr_session *s) {
    double *p = NULL;
    attr_status status = attr_allocate(&p, (size_t)s->classes, sizeof *p, "probabilities");
    if (status == ATTR_OK) status = attr_allocate(best, (size_t)s->classes, sizeof **best, "classes");
    if (status == ATTR_OK) {
        attr_class_probabilities(p, s->engine, 0);
        for (int i = 0; i < s->classes; ++i) (*best)[i] = (ranked_class){p[i], i};
        qsort(*best, (size_t)s->classes, sizeof **best, compare_classes);
    }
    free(p);
    return status;
}

static attr_status list_classes(attr_explanation *ex, const attr_session *s, const ranked_class *best) {
    int top = (int)(s->options.top < s->classes ? s->options.top : s->classes);
    int listed = top > listed_classes ? top : s->classes < listed_classes ? s->classes : listed_classes;
    ATTR_TRY(attr_allocate(&ex->predictions, (size_t)listed, sizeof *ex->predictions, "classes"));
    for (int i = 0; i < listed; ++i) ATTR_TRY(add_prediction(ex, s, best[i].class_index, best[i].p, NULL));
    return ATTR_OK;
}

/* In the order of the classes if they are asked for by name, else best first. */
static int compare_wanted(const void *a, const void *b) {
    return ((const ranked_class *)a)->class_index - ((const ranked_class *)b)->class_index;
}

static attr_status choose_classes(attr_choice **out, int *count, attr_explanation *ex, attr_session *s,
                                  const char *wanted, const attr_target_text *text) {
    ranked_class *best = NULL;
    attr_status status = rank_classes(&best, s);
    if (status == ATTR_OK) status = list_classes(ex, s, best);
    if (status == ATTR_OK) status = attr_allocate(out, (size_t)s->classes, sizeof **out, "targets");
    if (status == ATTR_OK && wanted) qsort(best, (size_t)s->classes, sizeof *best, compare_wanted);
    bool one = text->term[0].class_word != ATTR_CLASS_UNSAID;
    int most = one ? 1 : wanted || s->options.top > s->classes ? s->classes : (int)s->options.top;
    for (int i = 0; status == ATTR_OK && i < s->classes && *count < most; ++i) {
        if (wanted && !wanted[best[i].class_index] && !one) continue;
        attr_choice *choice = &(*out)[*count];
        *choice = (attr_choice){.class_index = best[i].class_index};
        status = attr_choose_class(choice, ex, s, text);
        if (status != ATTR_OK) break;
        for (int k = 0; k < s->classes; ++k)
            if (best[k].class_index == choice->class_index) choice->score = best[k].p;
        ++*count;
    }
    free(best);
    return status;
}

/* --- detectors ------------------------------------------------------------------------------------------------ */

/* Darknet leaves the boxes of a [detection] layer where they are in the letterboxed input: moves them into the picture,
 * as it does with those of the other heads. */
static void undo_letterbox(attr_detection *d, const attr_letterbox *box) {
    d->x = (d->x * box->net_w - box->x0) / box->new_w;
    d->y = (d->y * box->net_h - box->y0) / box->new_h;
    d->w *= (float)box->net_w / box->new_w;
    d->h *= (float)box->net_h / box->new_h;
}

static attr_status find_candidates(attr_candidate **out, int *count, attr_session *s, int sample,
                                   const attr_letterbox *box, float lowest, float thresh) {
    ATTR_TRY(attr_find_candidates(out, count, s->engine, sample, box->picture_w, box->picture_h, lowest, thresh,
                                  (float)s->options.hier, (float)s->options.nms));
    for (int i = 0; i < *count; ++i) {
        attr_detection *d = &(*out)[i].detection;
        if (attr_engine_op(s->engine, d->layer)->l->type == DETECTION) undo_letterbox(d, box);
    }
    return ATTR_OK;
}

attr_status attr_session_candidates(attr_candidate **out, int *count, attr_session *s, int sample,
                                    const attr_letterbox *box) {
    double lowest = s->options.candidates < s->options.thresh ? s->options.candidates : s->options.thresh;
    return find_candidates(out, count, s, sample, box, (float)lowest, (float)s->options.thresh);
}

attr_status attr_session_detect(attr_detection **out, int *count, attr_session *s, int sample,
                                const attr_letterbox *box, float thresh) {
    attr_candidate *all = NULL;
    int found = 0;
    *out = NULL;
    *count = 0;
    ATTR_TRY(find_candidates(&all, &found, s, sample, box, thresh, thresh));
    attr_status status = attr_allocate(out, (size_t)found, sizeof **out, "detections");
    for (int i = 0; status == ATTR_OK && i < found; ++i)
        if (all[i].fate == ATTR_FATE_KEPT) (*out)[(*count)++] = all[i].detection;
    free(all);
    return status;
}

static attr_status list_detections(attr_explanation *ex, const attr_session *s, const attr_candidate *found, int n) {
    ATTR_TRY(attr_allocate(&ex->predictions, (size_t)n, sizeof *ex->predictions, "detections"));
    for (int i = 0; i < n; ++i) {
        const attr_detection *d = &found[i].detection;
        if (found[i].fate != ATTR_FATE_KEPT) continue;
        ATTR_TRY(add_prediction(ex, s, d->class_index, d->score, (double[4]){d->x, d->y, d->w, d->h}));
    }
    return ATTR_OK;
}

static attr_status choose_aims(attr_choice **out, int *count, attr_scene *scene, const char *wanted,
                               const attr_target_text *text) {
    const attr_session *s = scene->session;
    const attr_target_term *first = &text->term[0];
    attr_aim *aims = NULL;
    int n = 0;
    ATTR_TRY(attr_find_aims(&aims, &n, scene, first));
    attr_status status = attr_allocate(out, (size_t)n, sizeof **out, "targets");
    for (int i = 0; status == ATTR_OK && i < n; ++i) {
        bool each = first->number == 0 && first->place != ATTR_PLACE_CELL;
        bool room = s->options.detections == 0 || *count < s->options.detections;
        if (each && (!room || (wanted && !wanted[aims[i].detection.class_index]))) continue;
        /* of each suppressed one those that a better one suppresses */
        if (each && text->term[1].place == ATTR_PLACE_SUPPRESSOR && !aims[i].has_by) continue;
        attr_choice *choice = &(*out)[*count];
        *choice = (attr_choice){.is_detection = true, .aim = aims[i]};
        status = attr_choose_aim(choice, scene, text);
        if (status == ATTR_OK) ++*count;
    }
    free(aims);
    return status;
}

static attr_status choose_detections(attr_choice **out, int *count, attr_explanation *ex, attr_session *s,
                                     const char *wanted, const attr_target_text *text) {
    attr_candidate *found = NULL;
    int n = 0;
    ATTR_TRY(attr_session_candidates(&found, &n, s, 0, &ex->letterbox));
    attr_scene scene = {.session = s, .explanation = ex, .found = found, .found_count = n};
    attr_status status = list_detections(ex, s, found, n);
    if (status == ATTR_OK) status = choose_aims(out, count, &scene, wanted, text);
    attr_scene_free(&scene);
    free(found);
    return status;
}

attr_status attr_choose(attr_choice **choices, int *count, attr_explanation *ex, attr_session *s) {
    char *wanted = NULL;
    attr_target_text text;
    *choices = NULL;
    *count = 0;
    ATTR_TRY(attr_read_target(&text, s->options.target));
    ATTR_TRY(attr_read_classes(&wanted, s, "class", s->options.class));
    attr_status status = s->is_detector ? choose_detections(choices, count, ex, s, wanted, &text)
                                        : choose_classes(choices, count, ex, s, wanted, &text);
    free(wanted);
    if (status != ATTR_OK) {
        attr_choices_free(*choices, *count);
        *choices = NULL;
        *count = 0;
    }
    return status;
}

attr_status attr_list_predictions(attr_explanation *ex, attr_session *s) {
    attr_candidate *found = NULL;
    ranked_class *best = NULL;
    int n = 0;
    attr_status status =
        s->is_detector ? attr_session_candidates(&found, &n, s, 0, &ex->letterbox) : rank_classes(&best, s);
    if (status == ATTR_OK) status = s->is_detector ? list_detections(ex, s, found, n) : list_classes(ex, s, best);
    free(found);
    free(best);
    return status;
}
