/* triage: what a network gets right and wrong on a list of pictures, and why. */
#include "commands/commands.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/background.h"
#include "base/memory.h"
#include "reports/triage.h"

/* Maps whose files are written while others are computed. */
typedef struct {
    attr_background writer;
    int method, *cases;
    attr_explanation *explanation;
} maps_behind;

typedef struct {
    attr_session *session;
    attr_options given; /* without any of the methods */
    attr_method_choice methods[ATTR_METHODS_AT_MOST];
    int method_count;
    attr_survey survey;
    attr_triage triage;
    maps_behind behind;
    attr_tally tally;
    bool *is_chosen;
} triaging;

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* ---- Options */

/* What is not given is so that a long list stays small: no drawings in the picture's size. */
static void apply_defaults(attr_options *o) {
    if (!attr_option_is_given(o, ATTR_OPTION_coordinates)) o->coordinates = ATTR_COORDINATES_NETWORK;
    if (!attr_option_is_given(o, ATTR_OPTION_output))
        o->output = 1u << ATTR_OUTPUT_NPY | 1u << ATTR_OUTPUT_JSON | 1u << ATTR_OUTPUT_HTML;
}

/* The session's options become those of method k. */
static attr_status choose_method(const triaging *t, int k) {
    attr_options *o = &t->session->options;
    *o = t->given;
    ATTR_TRY(attr_options_choose(o, &t->methods[k]));
    apply_defaults(o);
    return ATTR_OK;
}

/* What would be refused after minutes is refused before. */
static attr_status check_options(triaging *t) {
    apply_defaults(&t->given);
    if (0 != strcmp(t->given.crop, "whole"))
        return attr_fail(ATTR_BAD_INPUT, "crop=%.128s: triage looks at whole pictures, as their labels do",
                         t->given.crop);
    if (attr_option_is_given(&t->given, ATTR_OPTION_methods)) {
        ATTR_TRY(attr_read_methods(t->methods, &t->method_count, &t->given));
    } else {
        t->methods[0] = (attr_method_choice){t->given.method, -1};
        t->method_count = 1;
    }
    for (int k = 0; k < t->method_count; ++k) {
        ATTR_TRY(choose_method(t, k));
        ATTR_TRY(attr_options_validate(&t->session->options));
        ATTR_TRY(attr_survey_check_target(t->session));
    }
    return ATTR_OK;
}

static attr_status check_labels(const attr_session *s) {
    if (s->is_detector || s->labels_path) return ATTR_OK;
    return attr_fail(ATTR_BAD_INPUT, "%s: labels= is missing: what is right is not known", s->data_path);
}

/* ---- The survey */

static int count_pictures(attr_list list) {
    int all = 0;
    for (; list.path; attr_list_next(&list)) ++all;
    return all;
}

static attr_status survey(triaging *t) {
    attr_list list;
    ATTR_TRY(attr_list_open(&list, t->triage.list));
    int all = count_pictures(list);
    attr_list_close(&list);
    ATTR_TRY(attr_list_open(&list, t->triage.list));
    for (int done = 0; list.path && !attr_was_interrupted(); attr_list_next(&list)) {
        attr_tally_add(&t->tally, attr_survey_add(&t->survey, list.path));
        attr_show_count((size_t)++done, (size_t)all, "pictures");
    }
    attr_hide_progress();
    attr_list_close(&list);
    if (attr_was_interrupted()) return attr_fail(ATTR_INTERRUPTED, "%s: interrupted", t->triage.list);
    return attr_survey_finish(&t->survey);
}

static void tell_problems(const attr_survey *v) {
    for (int i = 0; i < v->problems.count; ++i) {
        const attr_label_problem *p = &v->problems.items[i];
        if (p->line > 0)
            fprintf(stderr, "darknet attribute: %s:%d: %s\n", p->file, p->line, p->message);
        else
            fprintf(stderr, "darknet attribute: %s: %s\n", p->file, p->message);
    }
}

/* ---- Which cases are explained */

/* How telling a case is among those of its kind: a missed object is the more so the larger it is, a picture that was
 * taken for something else the surer the network was, all else the higher the score. */
static double weight_of(const attr_survey_case *c) {
    if (c->kind == ATTR_CASE_MISSED) return (double)c->aim.object.w * (double)c->aim.object.h;
    return c->kind == ATTR_SURVEY_WRONG ? c->margin : c->score;
}

/* How many of its kind are more telling. */
static int place_of(const attr_survey *v, int i) {
    int place = 0;
    double own = weight_of(&v->cases[i]);
    for (int k = 0; k < v->case_count; ++k) {
        if (v->cases[k].kind != v->cases[i].kind) continue;
        double other = weight_of(&v->cases[k]);
        place += other > own || (other == own && k < i);
    }
    return place;
}

static attr_status choose_cases(triaging *t) {
    const attr_survey *v = &t->survey;
    bool all = !attr_option_is_given(&t->given, ATTR_OPTION_top);
    ATTR_TRY(attr_allocate(&t->is_chosen, (size_t)v->case_count, sizeof *t->is_chosen, "cases"));
    for (int i = 0; i < v->case_count; ++i) t->is_chosen[i] = all || place_of(v, i) < t->given.top;
    t->triage.is_chosen = t->is_chosen;
    return ATTR_OK;
}

/* ---- Maps */

/* Cases first .. of one picture that are to be explained by method k and are not yet. Returns how many. */
static int open_cases(int *out, const triaging *t, int first, int end, int k) {
    int count = 0;
    for (int i = first; i < end; ++i)
        if (t->is_chosen[i] && !attr_triage_map_of(&t->triage, i, k)->is_done) out[count++] = i;
    return count;
}

static attr_status write_behind(void *context) {
    triaging *t = context;
    return attr_triage_add(&t->triage, t->behind.method, t->behind.cases, t->behind.explanation);
}

static attr_status settle(triaging *t) {
    attr_status status = attr_background_wait(&t->behind.writer);
    attr_explanation_free(t->behind.explanation);
    free(t->behind.cases);
    t->behind = (maps_behind){0};
    return status;
}

/* Takes over `cases` and the explanation. */
static attr_status start_writing(triaging *t, int k, int *cases, attr_explanation *ex) {
    attr_status status = settle(t);
    t->behind = (maps_behind){.method = k, .cases = cases, .explanation = ex};
    ATTR_TRY(status);
    attr_background_start(&t->behind.writer, write_behind, t);
    return attr_explanation_is_large(ex) ? settle(t) : ATTR_OK;
}

static attr_status explain(triaging *t, const int *cases, int count, int k) {
    attr_explanation *ex = NULL;
    char label[64];
    int *own;
    snprintf(label, sizeof label, "picture %d of %d", t->survey.cases[cases[0]].picture + 1, t->survey.picture_count);
    ATTR_TRY(choose_method(t, k));
    attr_status status = attr_survey_explain(&ex, &t->survey, cases, count, attr_show_progress, label);
    attr_hide_progress();
    if (status == ATTR_OK) status = attr_allocate(&own, (size_t)count, sizeof *own, "cases");
    if (status != ATTR_OK) {
        attr_explanation_free(ex);
        return status;
    }
    memcpy(own, cases, (size_t)count * sizeof *own);
    return start_writing(t, k, own, ex);
}

static attr_status explain_all(triaging *t) {
    const attr_survey *v = &t->survey;
    int *cases = NULL;
    ATTR_TRY(attr_allocate(&cases, (size_t)v->case_count, sizeof *cases, "cases"));
    attr_status status = ATTR_OK;
    for (int first = 0, end; first < v->case_count && status == ATTR_OK; first = end) {
        for (end = first; end < v->case_count && v->cases[end].picture == v->cases[first].picture;) ++end;
        for (int k = 0; k < t->method_count && status == ATTR_OK; ++k) {
            int count = open_cases(cases, t, first, end, k);
            if (attr_was_interrupted()) status = attr_fail(ATTR_INTERRUPTED, "interrupted");
            if (status == ATTR_OK && count > 0) status = explain(t, cases, count, k);
        }
    }
    free(cases);
    if (status == ATTR_OK) status = settle(t);
    if (status != ATTR_INTERRUPTED) return status;
    return attr_fail(ATTR_INTERRUPTED, "%s: interrupted; the same command goes on from here", t->triage.folder);
}

/* ---- What is said */

static void print_detector(const attr_survey *v) {
    const int *n = v->counts;
    int fp = n[ATTR_CASE_BACKGROUND] + n[ATTR_CASE_CONFUSION] + n[ATTR_CASE_DUPLICATE] + n[ATTR_CASE_POOR_BOX];
    int fn = n[ATTR_CASE_MISSED] + n[ATTR_CASE_CONFUSED] + n[ATTR_CASE_SUPPRESSED];
    printf("true positives  %5d\n", n[ATTR_CASE_TRUE_POSITIVE]);
    printf("false positives %5d: background %d, confusion %d, duplicate %d, poor box %d\n", fp, n[ATTR_CASE_BACKGROUND],
           n[ATTR_CASE_CONFUSION], n[ATTR_CASE_DUPLICATE], n[ATTR_CASE_POOR_BOX]);
    printf("false negatives %5d: missed %d, confused %d, suppressed %d\n", fn, n[ATTR_CASE_MISSED],
           n[ATTR_CASE_CONFUSED], n[ATTR_CASE_SUPPRESSED]);
    if (!isnan(v->ap)) printf("AP%.0f %.3f\n", 100 * v->session->options.iou, v->ap);
}

static void print_classifier(const attr_survey *v) {
    printf("right %d, wrong %d\n", v->counts[ATTR_SURVEY_RIGHT], v->counts[ATTR_SURVEY_WRONG]);
    if (!isnan(v->top1)) printf("accuracy: top 1 %.3f, top 5 %.3f\n", v->top1, v->top5);
}

static void print_survey(const triaging *t) {
    const attr_survey *v = &t->survey;
    printf("%s: %d pictures, %d without labels, %d problems with labels\n", t->triage.list, v->picture_count,
           v->unlabelled, v->problems.count);
    if (v->session->is_detector)
        print_detector(v);
    else
        print_classifier(v);
    fflush(stdout);
}

static void print_maps(const triaging *t) {
    int maps = 0;
    for (int i = 0; i < t->survey.case_count; ++i) maps += t->is_chosen[i] ? t->method_count : 0;
    printf("%s: %d maps of %d cases", t->triage.folder, maps, t->survey.case_count);
    if (t->triage.taken_up > 0) printf(", %d of them from an earlier run", t->triage.taken_up);
    printf(", %.3g seconds\n", t->triage.seconds);
}

/* ---- All */

static attr_status run(triaging *t, int count, char **arguments, const attr_options *flags) {
    double begun = seconds_now();
    ATTR_TRY(attr_session_open(&t->session, arguments[0], arguments[1], arguments[2], flags));
    t->given = t->session->options;
    ATTR_TRY(check_options(t));
    ATTR_TRY(check_labels(t->session));
    if (t->given.verbose) ATTR_TRY(attr_options_write(stdout, &t->given, ATTR_WRITE_ORIGINS));
    t->survey.session = t->session;
    t->triage = (attr_triage){.survey = &t->survey,
                              .options = &t->given,
                              .list = count == 4 ? arguments[3] : t->session->valid_path,
                              .methods = t->methods,
                              .method_count = t->method_count};
    if (!t->triage.list)
        return attr_fail(ATTR_BAD_INPUT, "%s: valid= is missing (a list of pictures), and no other one is given",
                         arguments[0]);
    ATTR_TRY(survey(t));
    tell_problems(&t->survey);
    print_survey(t);
    ATTR_TRY(choose_cases(t));
    ATTR_TRY(attr_triage_begin(&t->triage));
    ATTR_TRY(explain_all(t));
    t->triage.seconds = seconds_now() - begun;
    ATTR_TRY(attr_triage_finish(&t->triage));
    print_maps(t);
    return attr_tally_end(&t->tally, t->triage.list);
}

attr_status attr_command_triage(int count, char **arguments, const attr_options *flags) {
    if (count < 3 || count > 4)
        return attr_fail(ATTR_BAD_INPUT, "usage: darknet attribute triage DATA CFG WEIGHTS [LIST|FOLDER] [-top N] "
                                         "[-methods a,b,c] [-option value]");
    triaging *t = NULL;
    ATTR_TRY(attr_allocate(&t, 1, sizeof *t, "a triage"));
    attr_catch_interrupts();
    attr_status status = run(t, count, arguments, flags);
    settle(t); /* after a failure, whose message stays unless this fails, too */
    attr_triage_free(&t->triage);
    attr_survey_free(&t->survey);
    attr_close(t->session);
    free(t->is_chosen);
    free(t);
    return status;
}
