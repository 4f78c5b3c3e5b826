/* Which classes or detections are explained. */
#include "session/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
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

/* The class that `length` characters of text name, by name or number; -1 if none does. */
static int find_class(const attr_session *s, const char *text, size_t length) {
    for (int i = 0; s->names && i < s->classes; ++i)
        if (strlen(s->names[i]) == length && 0 == strncmp(s->names[i], text, length)) return i;
    char *end;
    long number = strtol(text, &end, 10);
    return length > 0 && end == text + length && number >= 0 && number < s->classes ? (int)number : -1;
}

/* Reads option `class`: *wanted[i] says whether class i is asked for; NULL for "predicted". */
static attr_status read_classes(char **wanted, const attr_session *s) {
    const char *text = s->options.class;
    *wanted = NULL;
    if (0 == strcmp(text, "predicted")) return ATTR_OK;
    ATTR_TRY(attr_allocate(wanted, (size_t)s->classes, 1, "classes"));
    for (const char *end;; text = end + 1) {
        end = text + strcspn(text, ",");
        int class_index = find_class(s, text, (size_t)(end - text));
        if (class_index < 0) {
            free(*wanted);
            *wanted = NULL;
            return attr_fail(ATTR_BAD_INPUT,
                             "class=%s: there is no class \"%.*s\" (names of the names list, or 0 to %d)",
                             s->options.class, (int)(end - text), text, s->classes - 1);
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

static attr_status choose_classes(attr_choice **out, int *count, attr_explanation *ex, attr_session *s,
                                  const char *wanted) {
    int top = (int)(s->options.top < s->classes ? s->options.top : s->classes);
    int listed = top > listed_classes ? top : s->classes < listed_classes ? s->classes : listed_classes;
    int most = wanted ? s->classes : top;
    double *p = NULL;
    ranked_class *best = NULL;
    attr_status status = attr_allocate(&p, (size_t)s->classes, sizeof *p, "probabilities");
    if (status == ATTR_OK) status = attr_allocate(&best, (size_t)s->classes, sizeof *best, "classes");
    if (status == ATTR_OK) status = attr_allocate(&ex->predictions, (size_t)listed, sizeof *ex->predictions, "classes");
    if (status == ATTR_OK) status = attr_allocate(out, (size_t)most, sizeof **out, "targets");
    if (status == ATTR_OK) {
        attr_class_probabilities(p, s->engine, 0);
        for (int i = 0; i < s->classes; ++i) best[i] = (ranked_class){p[i], i};
        qsort(best, (size_t)s->classes, sizeof *best, compare_classes);
    }
    for (int i = 0; status == ATTR_OK && i < listed; ++i)
        status = add_prediction(ex, s, best[i].class_index, best[i].p, NULL);
    for (int i = 0; status == ATTR_OK && i < most; ++i) {
        int class_index = wanted ? i : best[i].class_index;
        if (wanted && !wanted[i]) continue;
        attr_choice *choice = &(*out)[*count];
        *choice = (attr_choice){.class_index = class_index, .score = p[class_index]};
        status = attr_target_of_class(&choice->target, s->engine, (attr_quantity)s->options.target, class_index);
        if (status == ATTR_OK) ++*count;
    }
    free(p);
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

attr_status attr_session_detect(attr_detection **out, int *count, attr_session *s, int sample,
                                const attr_letterbox *box, float thresh) {
    ATTR_TRY(attr_detect(out, count, s->engine, sample, box->picture_w, box->picture_h, thresh, (float)s->options.hier,
                         (float)s->options.nms));
    for (int i = 0; i < *count; ++i)
        if (attr_engine_op(s->engine, (*out)[i].layer)->l->type == DETECTION) undo_letterbox(&(*out)[i], box);
    return ATTR_OK;
}

static attr_status choose_detections(attr_choice **out, int *count, attr_explanation *ex, attr_session *s,
                                     const char *wanted) {
    attr_detection *found = NULL;
    int n = 0;
    ATTR_TRY(attr_session_detect(&found, &n, s, 0, &ex->letterbox, (float)s->options.thresh));
    attr_status status = attr_allocate(&ex->predictions, (size_t)n, sizeof *ex->predictions, "detections");
    if (status == ATTR_OK) status = attr_allocate(out, (size_t)n, sizeof **out, "targets");
    for (int i = 0; status == ATTR_OK && i < n; ++i) {
        attr_detection *d = &found[i];
        status = add_prediction(ex, s, d->class_index, d->score, (double[4]){d->x, d->y, d->w, d->h});
        bool room = s->options.detections == 0 || *count < s->options.detections;
        if (status != ATTR_OK || !room || (wanted && !wanted[d->class_index])) continue;
        attr_choice *choice = &(*out)[*count];
        *choice =
            (attr_choice){.class_index = d->class_index, .score = d->score, .is_detection = true, .detection = *d};
        status = attr_target_of_detection(&choice->target, s->engine, (attr_quantity)s->options.target, d);
        if (status == ATTR_OK) ++*count;
    }
    free(found);
    return status;
}

attr_status attr_choose(attr_choice **choices, int *count, attr_explanation *ex, attr_session *s) {
    char *wanted = NULL;
    *choices = NULL;
    *count = 0;
    ATTR_TRY(read_classes(&wanted, s));
    attr_status status = s->is_detector ? choose_detections(choices, count, ex, s, wanted)
                                        : choose_classes(choices, count, ex, s, wanted);
    free(wanted);
    if (status != ATTR_OK) {
        attr_choices_free(*choices, *count);
        *choices = NULL;
        *count = 0;
    }
    return status;
}
