/* The maps of a survey's cases. */
#include "session/survey.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "session/target_of.h"

typedef struct {
    const attr_survey *survey;
    const int *cases;
    int count;
} wanted_cases;

/* A place may only stand behind the minus. */
static attr_status read_target(attr_target_text *text, const attr_session *s) {
    ATTR_TRY(attr_read_target(text, s->options.target));
    const attr_target_term *first = &text->term[0];
    bool is_class = first->place == ATTR_PLACE_UNSAID || (!s->is_detector && first->class_word == ATTR_CLASS_TRUTH);
    if (is_class) return ATTR_OK;
    return attr_target_fail(s->options.target, first->place_at,
                            "triage explains each case at its own place: no place may be said here");
}

attr_status attr_survey_check_target(const attr_session *s) {
    attr_target_text text;
    return read_target(&text, s);
}

/* Why a classifier says this and not what is true. */
static const attr_target_text why_not_the_truth = {
    .count = 2,
    .term = {{.quantity = ATTR_TARGET_LOGIT}, {.quantity = ATTR_TARGET_LOGIT, .class_word = ATTR_CLASS_TRUTH}}};

static attr_status choose_case(attr_choice *choice, const attr_survey_case *c, attr_scene *scene,
                               const attr_target_text *text) {
    if (scene->session->is_detector) {
        *choice = (attr_choice){.is_detection = true, .aim = c->aim};
        return attr_choose_aim(choice, scene, text);
    }
    bool is_auto = 0 == strcmp(scene->session->options.target, "auto");
    *choice = (attr_choice){.class_index = c->class_index, .score = c->score};
    return attr_choose_class(choice, scene->explanation, scene->session,
                             is_auto && c->kind == ATTR_SURVEY_WRONG ? &why_not_the_truth : text);
}

static attr_status choose(attr_choice **choices, int *count, attr_explanation *ex, attr_session *s, void *context) {
    const wanted_cases *w = context;
    const attr_survey_picture *p = &w->survey->pictures[w->survey->cases[w->cases[0]].picture];
    attr_target_text text;
    attr_scene scene = {.session = s, .explanation = ex, .found = p->candidates, .found_count = p->candidate_count};
    *count = 0;
    ATTR_TRY(read_target(&text, s));
    ATTR_TRY(attr_allocate(choices, (size_t)w->count, sizeof **choices, "targets"));
    attr_status status = ATTR_OK;
    for (int i = 0; status == ATTR_OK && i < w->count; ++i) {
        status = choose_case(&(*choices)[i], &w->survey->cases[w->cases[i]], &scene, &text);
        if (status == ATTR_OK) ++*count;
    }
    attr_scene_free(&scene);
    if (status == ATTR_OK) return ATTR_OK;
    attr_choices_free(*choices, *count);
    *choices = NULL;
    *count = 0;
    return status;
}

attr_status attr_survey_explain(attr_explanation **out, const attr_survey *v, const int *cases, int count,
                                attr_progress progress, void *context) {
    attr_explanation *ex = NULL;
    wanted_cases w = {v, cases, count};
    *out = NULL;
    ATTR_TRY(attr_prepare(&ex, v->session, v->pictures[v->cases[cases[0]].picture].path));
    ex->keeps_net_planes = true;
    attr_status status = attr_explain_chosen(ex, v->session, &(attr_chooser){choose, &w}, progress, context);
    if (status == ATTR_OK && ex->count != count)
        status = attr_fail(ATTR_BAD_INPUT, "layers=%.128s: triage takes one layer", v->session->options.layers);
    if (status != ATTR_OK) {
        attr_explanation_free(ex);
        return status;
    }
    *out = ex;
    return ATTR_OK;
}
