/* valid: which method's maps are better, measured on a list of pictures. */
#include "commands/commands.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/memory.h"
#include "reports/valid.h"

enum { most_metrics = 64 };

typedef struct {
    attr_session *session, *second;
    attr_options given; /* without any of the methods */
    attr_method_choice methods[ATTR_METHODS_AT_MOST];
    const attr_metric *metrics[most_metrics];
    attr_scoring scoring;
    attr_valid valid;
    attr_tally tally;
    char **paths;
    int picture_count;
} validation;

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* ---- Options */

static attr_status read_metrics(validation *v) {
    char word[128];
    const char *near;
    for (const char *text = v->given.metrics;;) {
        size_t length = strcspn(text, ",");
        snprintf(word, sizeof word, "%.*s", (int)(length < sizeof word ? length : sizeof word - 1), text);
        const attr_metric *metric = attr_metric_find(word, &near);
        if (!metric && near)
            return attr_fail(ATTR_BAD_INPUT, "metrics: there is no metric %s (did you mean %s?)", word, near);
        if (!metric)
            return attr_fail(ATTR_BAD_INPUT, "metrics: there is no metric \"%s\" (`help metrics` lists them)", word);
        for (int i = 0; i < v->scoring.metric_count; ++i)
            if (v->metrics[i] == metric) return attr_fail(ATTR_BAD_INPUT, "metrics: %s is there twice", metric->name);
        if (v->scoring.metric_count == most_metrics)
            return attr_fail(ATTR_BAD_INPUT, "metrics: there are more than %d", most_metrics);
        v->metrics[v->scoring.metric_count++] = metric;
        if (!text[length]) return ATTR_OK;
        text += length + 1;
    }
}

static attr_status check_folder(const char *option, const char *path) {
    struct stat about;
    if (stat(path, &about) == 0 && S_ISDIR(about.st_mode)) return ATTR_OK;
    return attr_fail(ATTR_BAD_INPUT, "%s=%s: there is no such folder", option, path);
}

/* Options that say where objects are. */
static attr_status check_masks(const validation *v) {
    const attr_options *o = &v->given;
    bool outlines = o->mask == ATTR_MASK_POLYGON;
    if (outlines && !v->session->is_detector)
        return attr_fail(ATTR_BAD_INPUT, "mask=polygon needs a detector; a classifier's masks are in a folder masks=");
    if (outlines != (o->polygons[0] != '\0'))
        return attr_fail(ATTR_BAD_INPUT,
                         outlines ? "mask=polygon needs polygons=FOLDER%.0s" : "polygons=%.256s needs mask=polygon",
                         o->polygons);
    if (o->masks[0] && v->session->is_detector)
        return attr_fail(ATTR_BAD_INPUT, "masks= is for classifiers; a detector's masks are mask=box or polygon");
    if (outlines) ATTR_TRY(check_folder("polygons", o->polygons));
    return o->masks[0] ? check_folder("masks", o->masks) : ATTR_OK;
}

/* The second network is loaded, and checked, like the first. */
static attr_status open_second(validation *v, char **arguments, const attr_options *flags) {
    for (int k = 0; k < v->scoring.metric_count; ++k)
        if (v->metrics[k]->traits & ATTR_NEEDS_SECOND && !v->given.second[0])
            return attr_fail(ATTR_BAD_INPUT, "metrics: %s needs second=WEIGHTS, another network of the same cfg",
                             v->metrics[k]->name);
    if (!v->given.second[0]) return ATTR_OK;
    ATTR_TRY(attr_session_open(&v->second, arguments[0], arguments[1], v->given.second, flags));
    v->scoring.second = v->second;
    return ATTR_OK;
}

/* What would be refused after minutes is refused before. */
static attr_status check_options(validation *v) {
    if (!attr_option_is_given(&v->given, ATTR_OPTION_detections)) v->given.detections = 1;
    ATTR_TRY(attr_read_methods(v->methods, &v->scoring.method_count, &v->given));
    ATTR_TRY(read_metrics(v));
    ATTR_TRY(check_masks(v));
    for (int k = 0; k < v->scoring.method_count; ++k) {
        v->session->options = v->given;
        ATTR_TRY(attr_options_choose(&v->session->options, &v->methods[k]));
        ATTR_TRY(attr_options_validate(&v->session->options));
    }
    return ATTR_OK;
}

/* ---- Pictures */

/* All of the list, or so many as option `pictures` says, evenly spaced. */
static attr_status read_paths(validation *v) {
    int all = 0, most = (int)v->given.pictures;
    attr_list list;
    ATTR_TRY(attr_list_open(&list, v->valid.list));
    for (attr_list copy = list; copy.path; attr_list_next(&copy)) ++all;
    attr_list_close(&list);
    if (most > all) most = all;
    ATTR_TRY(attr_allocate(&v->paths, (size_t)most, sizeof *v->paths, "a list"));
    ATTR_TRY(attr_list_open(&list, v->valid.list));
    attr_status status = ATTR_OK;
    for (int64_t i = 0; list.path && v->picture_count < most && status == ATTR_OK; ++i, attr_list_next(&list))
        if (i == (int64_t)v->picture_count * all / most)
            status = attr_copy_text(&v->paths[v->picture_count++], list.path);
    attr_list_close(&list);
    if (most < all) printf("%s: %d of its %d pictures, evenly spaced\n", v->valid.list, most, all);
    return status;
}

static attr_status score(validation *v, int i) {
    attr_picture_scores scores;
    char label[64];
    snprintf(label, sizeof label, "picture %d of %d", i + 1, v->picture_count);
    attr_status status = attr_score_picture(&scores, &v->scoring, v->paths[i], attr_show_progress, label);
    attr_hide_progress();
    if (status == ATTR_OK) status = attr_valid_add(&v->valid, i, v->paths[i], &scores);
    attr_picture_scores_free(&scores);
    return status;
}

static attr_status score_all(validation *v) {
    for (int i = 0; i < v->picture_count && !attr_was_interrupted(); ++i)
        if (!v->valid.is_done[i]) attr_tally_add(&v->tally, score(v, i));
    if (!attr_was_interrupted()) return ATTR_OK;
    return attr_fail(ATTR_INTERRUPTED, "%s: interrupted; the same command goes on from here", v->valid.folder);
}

/* ---- What is said */

/* How many other methods the best one is better than, and whether it is than random numbers. */
static void print_best(const attr_valid *v, int metric) {
    const attr_scoring *s = v->scoring;
    int best = attr_valid_best(v, metric), better = 0;
    char label[64];
    if (best < 0) return;
    attr_scoring_label(label, sizeof label, s, best);
    for (int row = 0; row < s->method_count; ++row)
        better += row != best && attr_valid_better(v, metric, best, row) > 0;
    printf("  best: %s", label);
    if (better == 0 && s->method_count > 1)
        printf(", not significantly better than another (Holm, 5 %%)");
    else if (s->method_count > 1)
        printf(", significantly better than %d of %d other%s (Holm, 5 %%)", better, s->method_count - 1,
               s->method_count == 2 ? "" : "s");
    double p = attr_valid_cell_of(v, best, metric)->chance_holm;
    if (!isnan(p)) printf("; p = %.2g against random", p);
    putchar('\n');
}

static void print_table(const validation *v) {
    const attr_scoring *s = &v->scoring;
    char label[64];
    for (int k = 0; k < s->metric_count; ++k) {
        const attr_metric *metric = s->metrics[k];
        printf("%s (%s)\n", metric->name,
               metric->direction > 0   ? "higher is better"
               : metric->direction < 0 ? "lower is better"
                                       : "neither is better");
        for (int row = 0; row < attr_scoring_rows(s); ++row) {
            const attr_valid_cell *cell = attr_valid_cell_of(&v->valid, row, k);
            attr_scoring_label(label, sizeof label, s, row);
            if (cell->n == 0)
                printf("  %-36s not defined\n", label);
            else
                printf("  %-36s %9.4g  [%.4g, %.4g]\n", label, cell->mean, cell->low, cell->high);
        }
        print_best(&v->valid, k);
    }
}

/* ---- All */

static attr_status run(validation *v, int count, char **arguments, const attr_options *flags) {
    double begun = seconds_now();
    ATTR_TRY(attr_session_open(&v->session, arguments[0], arguments[1], arguments[2], flags));
    v->given = v->session->options;
    v->scoring =
        (attr_scoring){.session = v->session, .given = &v->given, .methods = v->methods, .metrics = v->metrics};
    ATTR_TRY(check_options(v));
    ATTR_TRY(open_second(v, arguments, flags));
    if (v->given.verbose) ATTR_TRY(attr_options_write(stdout, &v->given, ATTR_WRITE_ORIGINS));
    v->valid = (attr_valid){.scoring = &v->scoring,
                            .list = count == 4 ? arguments[3] : v->session->valid_path,
                            .metrics = v->given.metrics};
    if (!v->valid.list)
        return attr_fail(ATTR_BAD_INPUT, "%s: valid= is missing (a list of pictures), and no other one is given",
                         arguments[0]);
    ATTR_TRY(read_paths(v));
    ATTR_TRY(attr_valid_begin(&v->valid, v->picture_count));
    ATTR_TRY(score_all(v));
    v->valid.seconds = seconds_now() - begun;
    ATTR_TRY(attr_valid_finish(&v->valid));
    print_table(v);
    printf("%s: %d targets on %d pictures, %.3g seconds\n", v->valid.folder, v->valid.count, v->picture_count,
           v->valid.seconds);
    return attr_tally_end(&v->tally, v->valid.list);
}

attr_status attr_command_valid(int count, char **arguments, const attr_options *flags) {
    if (count < 3 || count > 4)
        return attr_fail(ATTR_BAD_INPUT,
                         "usage: darknet attribute valid DATA CFG WEIGHTS [LIST|FOLDER] [-methods a,b,c] "
                         "[-metrics a,b,c] [-option value]");
    validation *v = NULL;
    ATTR_TRY(attr_allocate(&v, 1, sizeof *v, "a validation"));
    attr_catch_interrupts();
    attr_status status = run(v, count, arguments, flags);
    attr_valid_free(&v->valid);
    attr_close(v->second);
    attr_close(v->session);
    for (int i = 0; i < v->picture_count; ++i) free(v->paths[i]);
    free(v->paths);
    free(v);
    return status;
}
