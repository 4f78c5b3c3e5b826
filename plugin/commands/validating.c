#include "commands/validating.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/memory.h"

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* ---- Options */

attr_status attr_validating_open(attr_validating *v, const char *data, const char *cfg, const char *weights,
                                 const attr_options *flags) {
    ATTR_TRY(attr_session_open(&v->session, data, cfg, weights, flags));
    v->given = v->session->options;
    if (!attr_option_is_given(&v->given, ATTR_OPTION_detections)) v->given.detections = 1;
    v->scoring = (attr_scoring){.session = v->session, .given = &v->given, .metrics = v->metrics};
    v->valid.scoring = &v->scoring;
    return ATTR_OK;
}

attr_status attr_validating_add(attr_validating *v, const char *label, const attr_options *options) {
    int count = v->scoring.method_count;
    attr_scored_method *more = realloc(v->methods, (size_t)(count + 1) * sizeof *more);
    if (!more) return attr_fail(ATTR_NO_MEMORY, "out of memory for methods");
    v->scoring.methods = v->methods = more;
    ++v->scoring.method_count;
    return attr_scored_method_make(&more[count], label, options);
}

static attr_status read_metrics(attr_validating *v) {
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
        if (v->scoring.metric_count == ATTR_METRICS_AT_MOST)
            return attr_fail(ATTR_BAD_INPUT, "metrics: there are more than %d", ATTR_METRICS_AT_MOST);
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
static attr_status check_masks(const attr_validating *v) {
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

/* Metrics that need something which an option gives. */
static attr_status check_needs(const attr_validating *v, unsigned trait, const char *given, const char *what) {
    for (int k = 0; k < v->scoring.metric_count; ++k)
        if (v->metrics[k]->traits & trait && !given[0])
            return attr_fail(ATTR_BAD_INPUT, "metrics: %s needs %s", v->metrics[k]->name, what);
    return ATTR_OK;
}

/* The second network is loaded, and checked, like the first. */
static attr_status open_second(attr_validating *v) {
    const attr_session *s = v->session;
    ATTR_TRY(check_needs(v, ATTR_NEEDS_SECOND, v->given.second, "second=WEIGHTS, another network of the same cfg"));
    if (!v->given.second[0]) return ATTR_OK;
    ATTR_TRY(attr_session_open(&v->second, s->data_path, s->cfg_path, v->given.second, &v->given));
    v->scoring.second = v->second;
    return ATTR_OK;
}

/* ---- Pictures */

/* All of the list, or so many as option `pictures` says, evenly spaced. */
static attr_status read_paths(attr_validating *v) {
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

attr_status attr_validating_prepare(attr_validating *v) {
    if (v->given.metrics[0]) ATTR_TRY(read_metrics(v));
    ATTR_TRY(check_masks(v));
    ATTR_TRY(check_needs(v, ATTR_NEEDS_PARTNER, v->given.partner, "partner=FOLDER, other pictures of the same names"));
    if (v->given.partner[0]) ATTR_TRY(check_folder("partner", v->given.partner));
    ATTR_TRY(open_second(v));
    v->valid.metrics = v->given.metrics;
    if (!v->valid.list) v->valid.list = v->session->valid_path;
    if (!v->valid.list)
        return attr_fail(ATTR_BAD_INPUT, "%s: valid= is missing (a list of pictures), and no other one is given",
                         v->session->data_path);
    return read_paths(v);
}

attr_status attr_validating_begin(attr_validating *v) {
    ATTR_TRY(attr_validating_prepare(v));
    return attr_valid_begin(&v->valid, v->picture_count);
}

int attr_validating_left(const attr_validating *v) {
    int left = 0;
    for (int i = 0; i < v->picture_count; ++i) left += !v->valid.is_done[i];
    return left;
}

static attr_status score(attr_validating *v, int i) {
    attr_picture_scores scores;
    char label[192];
    snprintf(label, sizeof label, "%.96s%spicture %d of %d", v->label ? v->label : "", v->label ? ", " : "", i + 1,
             v->picture_count);
    attr_status status = attr_score_picture(&scores, &v->scoring, v->paths[i], attr_show_progress, label);
    attr_hide_progress();
    if (status == ATTR_OK) status = attr_valid_add(&v->valid, i, v->paths[i], &scores);
    attr_picture_scores_free(&scores);
    return status;
}

attr_status attr_validating_run(attr_validating *v) {
    double begun = seconds_now();
    for (int i = 0; i < v->picture_count && !attr_was_interrupted(); ++i)
        if (!v->valid.is_done[i]) attr_tally_add(&v->tally, score(v, i));
    if (attr_was_interrupted())
        return attr_fail(ATTR_INTERRUPTED, "%s: interrupted; the same command goes on from here", v->valid.folder);
    v->valid.seconds = seconds_now() - begun;
    return attr_valid_finish(&v->valid);
}

void attr_validating_close(attr_validating *v) {
    attr_valid_free(&v->valid);
    attr_close(v->second);
    attr_close(v->session);
    attr_scored_methods_free(v->methods, v->scoring.method_count);
    for (int i = 0; i < v->picture_count; ++i) free(v->paths[i]);
    free(v->paths);
    *v = (attr_validating){0};
}
