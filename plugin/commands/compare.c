/* compare: explains pictures by several methods, side by side on one page. */
#include "commands/commands.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "commands/explain_picture.h"
#include "methods/method.h"
#include "reports/reports.h"
#include "session/settings.h"

typedef struct {
    attr_run run;
    attr_options given; /* without any of the methods */
    attr_method_choice methods[ATTR_METHODS_AT_MOST];
    int count;
} comparing;

/* The session's options become those of method k. */
static attr_status choose(const comparing *c, int k) {
    attr_options *o = &c->run.session->options;
    *o = c->given;
    return attr_options_choose(o, &c->methods[k]);
}

/* A row of the page is a target, a column a method: there is no place for several layers. */
static attr_status check_layers(const attr_session *s) {
    char origin[256];
    int *layers;
    size_t count;
    if (!attr_method_has_layers(s->options.method)) return ATTR_OK;
    attr_status status = attr_layers_of(&layers, &count, &s->options, s->model->net->n);
    free(layers);
    if (status != ATTR_OK || count <= 1) return status;
    return attr_fail(ATTR_BAD_INPUT, "%s: compare takes one layer for all, not layers=%.128s (test takes several)",
                     attr_options_origin(origin, &s->options, ATTR_OPTION_layers, sizeof origin), s->options.layers);
}

/* What would be refused after minutes is refused before. */
static attr_status check_methods(comparing *c) {
    ATTR_TRY(attr_read_methods(c->methods, &c->count, &c->given));
    for (int k = 0; k < c->count; ++k) {
        ATTR_TRY(choose(c, k));
        ATTR_TRY(attr_options_validate(&c->run.session->options));
        ATTR_TRY(check_layers(c->run.session));
    }
    return ATTR_OK;
}

/* The folder of the first method's maps is that of all. */
static attr_status name_folder(comparing *c, attr_explanation *ex, const attr_comparison *comparison) {
    if (comparison->count == 0) return attr_claim_folder(&c->run, ex);
    free(ex->picture_name);
    ex->picture_name = NULL;
    return attr_copy_text(&ex->picture_name, comparison->parts[0].e->picture_name);
}

static attr_status explain(attr_explanation **out, const comparing *c, int k, const char *picture) {
    char label[ATTR_METHOD_LABEL];
    *out = NULL;
    if (attr_was_interrupted()) return attr_fail(ATTR_INTERRUPTED, "interrupted");
    ATTR_TRY(choose(c, k));
    attr_method_label(label, &c->run.session->options);
    attr_status status = attr_explain_picture(out, c->run.session, picture, attr_show_progress, label);
    attr_hide_progress();
    return status;
}

static attr_status compare_by_one(attr_comparison *comparison, comparing *c, int k, const char *picture) {
    attr_explanation *ex;
    ATTR_TRY(explain(&ex, c, k, picture));
    attr_status status = name_folder(c, ex, comparison);
    if (status != ATTR_OK) {
        attr_explanation_free(ex);
        return status;
    }
    ATTR_TRY(attr_comparison_add(comparison, ex));
    if (c->given.json) return ATTR_OK;
    if (k == 0) {
        printf("%s: Predicted and explained by %d method%s:\n", picture, c->count, c->count == 1 ? "" : "s");
        attr_print_predictions(ex);
    }
    attr_print_maps(ex);
    return ATTR_OK;
}

static attr_status print_line(comparing *c, const attr_comparison *comparison) {
    char *line;
    ATTR_TRY(attr_comparison_line(&line, comparison));
    attr_lines_write(&c->run.lines, line);
    free(line);
    return ATTR_OK;
}

static void print_end(const attr_comparison *comparison) {
    char label[ATTR_METHOD_LABEL];
    double all = 0;
    printf("seconds:");
    for (int k = 0; k < comparison->count; ++k) {
        const attr_explanation *ex = comparison->parts[k].e;
        printf(" %s %.3g,", attr_method_label(label, &ex->options), ex->seconds);
        all += ex->seconds;
    }
    printf(" in all %.3g\n", all);
    fflush(stdout);
}

static attr_status compare_by_all(comparing *c, const char *picture) {
    attr_comparison *comparison = NULL;
    ATTR_TRY(attr_allocate(&comparison, 1, sizeof *comparison, "a comparison"));
    comparison->options = &c->given;
    attr_status status = ATTR_OK;
    bool nothing = false; /* no detection: the other methods would find the same */
    for (int k = 0; status == ATTR_OK && k < c->count && !nothing; ++k) {
        status = compare_by_one(comparison, c, k, picture);
        nothing = status == ATTR_OK && comparison->parts[0].e->count == 0;
    }
    if (status == ATTR_OK) status = attr_comparison_finish(comparison);
    if (status == ATTR_OK && c->given.json)
        status = print_line(c, comparison);
    else if (status == ATTR_OK && !nothing)
        print_end(comparison);
    attr_comparison_free(comparison);
    free(comparison);
    return status;
}

/* An attr_for_picture with a comparing as context. */
static attr_status compare_picture(void *context, const char *picture) {
    comparing *c = context;
    attr_status status = compare_by_all(c, picture);
    attr_lines_failure(&c->run.lines, picture, status);
    return status;
}

static attr_status run(comparing *c, char **arguments, const attr_options *flags) {
    ATTR_TRY(attr_run_begin(&c->run, arguments, flags));
    c->given = c->run.session->options;
    ATTR_TRY(check_methods(c));
    if (c->given.verbose) ATTR_TRY(attr_options_write(stdout, &c->given, ATTR_WRITE_ORIGINS));
    return attr_for_each_picture(arguments[3], flags, compare_picture, c);
}

attr_status attr_command_compare(int count, char **arguments, const attr_options *flags) {
    if (count < 3 || count > 4)
        return attr_fail(ATTR_BAD_INPUT,
                         "usage: darknet attribute compare DATA CFG WEIGHTS [PICTURE|LIST|FOLDER] -methods a,b,c "
                         "[-shared_scale] [-json] [-option value]");
    comparing *c = NULL;
    ATTR_TRY(attr_allocate(&c, 1, sizeof *c, "a comparison"));
    attr_catch_interrupts();
    attr_status status = run(c, arguments, flags); /* arguments[count] is NULL */
    status = attr_run_end(&c->run, status);
    free(c);
    return status;
}
