/* sanity: can a map be believed? Maps of random, noisy and shifted networks and of other classes beside the real ones.
 */
#include "commands/commands.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/files.h"
#include "base/memory.h"
#include "reports/sanity.h"
#include "session/settings.h"

typedef struct {
    attr_session *session;
    attr_options given; /* without any of the methods */
    attr_scored_method *methods;
    int method_count;
    attr_sanity checks;
    attr_sanity_report report;
    char folder[ATTR_TEXT_SIZE + 16];
} checking;

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* ---- Options */

static attr_status check_layers(const attr_session *s, const attr_options *o) {
    int *layers;
    size_t count;
    if (!attr_method_has_layers(o->method)) return ATTR_OK;
    attr_status status = attr_layers_of(&layers, &count, o, s->model->net->n);
    free(layers);
    if (status != ATTR_OK || count <= 1) return status;
    return attr_fail(ATTR_BAD_INPUT, "layers=%.128s: sanity takes one layer for all (test takes several)", o->layers);
}

/* What would be refused after minutes is refused before. */
static attr_status check_options(checking *c) {
    if (c->given.checks == 0) return attr_fail(ATTR_BAD_INPUT, "checks: sanity needs one or more");
    ATTR_TRY(attr_scored_methods_read(&c->methods, &c->method_count, &c->given, false));
    for (int k = 0; k < c->method_count; ++k) ATTR_TRY(check_layers(c->session, c->methods[k].options));
    return ATTR_OK;
}

/* ---- What is said */

static void print_stage(const attr_sanity_map *m, int check) {
    const attr_sanity_series *s = &m->series[check];
    const attr_sanity_stage *last = s->count > 0 ? &s->stages[s->count - 1] : NULL;
    if (check == ATTR_CHECK_SHIFT && s->count > 0) last = &s->stages[0];
    printf("  %-12s ", attr_check_name(check));
    if (last)
        printf("%3d maps, the last agrees by %.3f (magnitudes %.3f, top tenth %.3f)", s->count,
               last->agreement.spearman, last->agreement.absolute, last->agreement.overlap);
    if (last && check == ATTR_CHECK_PERTURBATION) printf(", p %.3g of what it was", last->ratio);
    if (s->problem) printf("%s%s", last ? "; " : "", s->problem);
    putchar('\n');
}

/* The maps from number `first` on. */
static void print_maps(const checking *c, const char *path, int first) {
    for (int i = first; i < c->checks.map_count; ++i) {
        const attr_sanity_map *m = &c->checks.maps[i];
        printf("%s: %s, %s = %.4g by %s; by chance %.3f to %.3f (magnitudes %.3f to %.3f)\n", path, m->class_name,
               m->target, m->value, c->methods[m->method].label, m->chance.low.spearman, m->chance.high.spearman,
               m->chance.low.absolute, m->chance.high.absolute);
        for (int k = 0; k < ATTR_SANITY_CHECKS; ++k)
            if (c->given.checks & 1u << k) print_stage(m, k);
    }
    fflush(stdout);
}

static void print_verdicts(const checking *c) {
    for (int m = 0; m < c->method_count; ++m) {
        for (int k = 0; k < ATTR_SANITY_CHECKS; ++k) {
            const attr_verdict *v = &c->report.verdicts[m][k];
            if (c->given.checks & 1u << k)
                printf("%s %s: %s: %s\n", c->methods[m].label, attr_check_name(k), attr_verdict_name(v->word), v->text);
        }
    }
    printf("%s: %d maps checked, %.3g seconds\n", c->folder, c->checks.map_count, c->report.seconds);
}

/* ---- Pictures */

static int show_maps(void *context, size_t done, size_t all) {
    (void)context;
    return attr_show_count(done, all, "maps");
}

/* An attr_for_picture with a checking as context. */
static attr_status check_picture(void *context, const char *path) {
    checking *c = context;
    int all = c->checks.map_count;
    for (int k = 0; k < c->method_count; ++k) {
        int first = c->checks.map_count;
        if (attr_was_interrupted()) return attr_fail(ATTR_INTERRUPTED, "interrupted");
        c->session->options = *c->methods[k].options;
        attr_status status = attr_sanity_add(&c->checks, path, k);
        attr_hide_progress();
        ATTR_TRY(status);
        if (c->checks.map_count > 0) ATTR_TRY(attr_make_folders(c->folder)); /* before hours of work, not behind them */
        print_maps(c, path, first);
    }
    if (c->checks.map_count == all)
        printf("%s: nothing to explain: no detection above -thresh %g\n", path, c->given.thresh);
    return ATTR_OK;
}

/* ---- All */

static attr_status judge_and_write(checking *c) {
    attr_sanity_report *r = &c->report;
    ATTR_TRY(attr_allocate(&r->verdicts, (size_t)c->method_count, sizeof *r->verdicts, "verdicts"));
    for (int m = 0; m < c->method_count; ++m)
        for (int k = 0; k < ATTR_SANITY_CHECKS; ++k) ATTR_TRY(attr_sanity_judge(&r->verdicts[m][k], &c->checks, m, k));
    ATTR_TRY(attr_write_sanity(r, c->folder));
    print_verdicts(c);
    return ATTR_OK;
}

static attr_status run(checking *c, int count, char **arguments, const attr_options *flags) {
    double begun = seconds_now();
    ATTR_TRY(attr_session_open(&c->session, arguments[0], arguments[1], arguments[2], flags));
    c->given = c->session->options;
    ATTR_TRY(check_options(c));
    if (c->given.verbose) ATTR_TRY(attr_options_write(stdout, &c->given, ATTR_WRITE_ORIGINS));
    snprintf(c->folder, sizeof c->folder, "%s/sanity", c->given.results[0] ? c->given.results : ".");
    c->checks = (attr_sanity){.session = c->session, .progress = show_maps};
    c->report = (attr_sanity_report){.checks = &c->checks,
                                     .options = &c->given,
                                     .pictures = count == 4 ? arguments[3] : NULL,
                                     .methods = c->methods,
                                     .method_count = c->method_count};
    attr_status status = attr_for_each_picture(arguments[3], flags, check_picture, c);
    if (status == ATTR_INTERRUPTED || c->checks.picture_count == 0) return status;
    c->report.seconds = seconds_now() - begun;
    char message[ATTR_MESSAGE_SIZE];
    snprintf(message, sizeof message, "%s", attr_error_message());
    ATTR_TRY(judge_and_write(c));
    return status == ATTR_OK ? ATTR_OK : attr_fail(status, "%s", message);
}

attr_status attr_command_sanity(int count, char **arguments, const attr_options *flags) {
    if (count < 3 || count > 4)
        return attr_fail(ATTR_BAD_INPUT, "usage: darknet attribute sanity DATA CFG WEIGHTS [PICTURE|LIST|FOLDER] "
                                         "[-methods a,b,c] [-checks a,b,c] [-option value]");
    checking *c = NULL;
    ATTR_TRY(attr_allocate(&c, 1, sizeof *c, "checks"));
    attr_catch_interrupts();
    attr_status status = run(c, count, arguments, flags); /* arguments[count] is NULL */
    attr_sanity_free(&c->checks);
    free(c->report.verdicts);
    attr_scored_methods_free(c->methods, c->method_count);
    attr_close(c->session);
    free(c);
    return status;
}
