/* experiment: a study of several networks and methods, as a cfg file. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/files.h"
#include "base/memory.h"
#include "base/program.h"
#include "commands/experiment.h"
#include "commands/validating.h"
#include "reports/experiment.h"

typedef struct {
    attr_experiment experiment;
    const attr_options *flags;
    char folder[ATTR_TEXT_SIZE], command[2 * ATTR_TEXT_SIZE];
    attr_options *options;    /* [2]: those of a network, of a method */
    attr_validating *targets; /* [networks] */
    attr_check_study *checks; /* [networks] */
    attr_clone_study *clones; /* [networks] */
    attr_study_part *parts;   /* [networks] */
    double seconds;           /* of one picture of each network, with -dry */
    attr_tally tally;
} studying;

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* ---- What has to be made first */

/* The first file that is missing, in `name`. */
static bool is_missing(char *name, size_t size, const char *makes) {
    for (const char *word = makes; word && *word;) {
        size_t length = strcspn(word, " ");
        snprintf(name, size, "%.*s", (int)length, word);
        if (length > 0 && access(attr_find_file(name), F_OK) != 0) return true;
        word += length + strspn(word + length, " ");
    }
    return false;
}

static attr_status make(const attr_experiment *e) {
    enum { most_words = 64 };
    char missing[ATTR_TEXT_SIZE], *text = NULL, *rest = NULL;
    const char *words[most_words + 1];
    int count = 0;
    if (!e->run || !is_missing(missing, sizeof missing, e->makes)) return ATTR_OK;
    printf("%s is missing: %s\n", missing, e->run);
    fflush(stdout);
    ATTR_TRY(attr_copy_text(&text, e->run));
    for (char *word = strtok_r(text, " ", &rest); word && count < most_words; word = strtok_r(NULL, " ", &rest))
        words[count++] = word;
    words[count] = NULL;
    attr_status status = attr_run_program(words, NULL);
    free(text);
    ATTR_TRY(status);
    if (is_missing(missing, sizeof missing, e->makes))
        return attr_fail(ATTR_IO, "%s has ended, but %s is not there", e->run, missing);
    return ATTR_OK;
}

/* ---- The record */

static attr_status write_record(const studying *s, const char *path) {
    attr_output output;
    char *text = NULL, hash[65];
    ATTR_TRY(attr_read_file(&text, NULL, s->experiment.cfg->path, 1 << 20));
    attr_status status = attr_hash_file(hash, s->experiment.cfg->path);
    if (status == ATTR_OK) status = attr_write_begin(&output, path);
    if (status == ATTR_OK) {
        fprintf(output.file, "%s %s: an experiment\n# Repeat it:\n#   darknet attribute %s\n#   SHA-256 %s\n\n",
                ATTR_RECORD_MARK, ATTR_VERSION, s->command, hash);
        fputs(text, output.file);
        status = attr_write_commit(&output);
    }
    free(text);
    return status;
}

/* ---- A network */

static attr_status open_network(studying *s, int i) {
    const attr_experiment *e = &s->experiment;
    const attr_experiment_model *m = &e->models[i];
    attr_validating *v = &s->targets[i];
    attr_options *given = &s->options[0], *o = &s->options[1];
    *given = *s->flags;
    ATTR_TRY(attr_model_apply(given, e, m));
    ATTR_TRY(attr_validating_open(v, m->data, m->cfg, m->weights, given));
    snprintf(v->given.results, sizeof v->given.results, "%s", s->folder);
    if (!e->metrics) v->given.metrics[0] = '\0';
    v->label = v->valid.name = m->name;
    v->valid.command = s->command;
    v->valid.list = m->list;
    for (int k = 0; k < e->variant_count; ++k) {
        *o = v->given;
        ATTR_TRY(attr_variant_apply(o, e, &e->variants[k]));
        ATTR_TRY(attr_validating_add(v, e->variants[k].name, o));
    }
    return ATTR_OK;
}

/* What it leaves is what tables need. */
static attr_status measure_network(studying *s, int i) {
    const attr_experiment *e = &s->experiment;
    attr_validating *v = &s->targets[i];
    ATTR_TRY(open_network(s, i));
    s->parts[i].model = &e->models[i];
    if (e->metrics) {
        ATTR_TRY(attr_validating_begin(v));
        printf("%s: %d of %d pictures are left\n", e->models[i].name, attr_validating_left(v), v->picture_count);
        fflush(stdout);
        ATTR_TRY(attr_validating_run(v));
        s->parts[i].of[ATTR_STUDY_TARGETS] = &v->valid;
        if (v->tally.worst != ATTR_OK) s->tally = v->tally;
    }
    if (e->accuracy_clones) {
        printf("%s: %d clones\n", e->models[i].name, e->accuracy_clones);
        fflush(stdout);
        ATTR_TRY(attr_clone_study_run(&s->clones[i], v, e->accuracy_clones));
        s->parts[i].of[ATTR_STUDY_CLONES] = &s->clones[i].valid;
    }
    if (e->check_pictures) {
        printf("%s: sanity checks\n", e->models[i].name);
        fflush(stdout);
        ATTR_TRY(attr_check_study_run(&s->checks[i], v, e->check_pictures, e->shown_pictures));
        s->parts[i].of[ATTR_STUDY_CHECKS] = &s->checks[i].valid;
    }
    attr_engine_free(v->session->engine);
    v->session->engine = NULL;
    return ATTR_OK;
}

/* ---- What it would take */

/* One picture of a network, of which nothing is kept. */
static attr_status try_network(studying *s, int i) {
    const attr_experiment *e = &s->experiment;
    attr_validating *v = &s->targets[i];
    attr_picture_scores scores;
    size_t gradients = 0;
    ATTR_TRY(open_network(s, i));
    if (!e->metrics) return ATTR_OK;
    ATTR_TRY(attr_validating_prepare(v));
    double begun = seconds_now();
    char label[ATTR_TEXT_SIZE];
    snprintf(label, sizeof label, "%.128s, one picture", e->models[i].name);
    attr_status status = attr_score_picture(&scores, &v->scoring, v->paths[0], attr_show_progress, label);
    attr_hide_progress();
    for (int k = 0; status == ATTR_OK && k < scores.count; ++k) gradients += scores.targets[k].gradients;
    attr_picture_scores_free(&scores);
    ATTR_TRY(status);
    double seconds = seconds_now() - begun;
    s->seconds += seconds * v->picture_count;
    printf("%s: %d pictures, %d methods, %d metrics: %.4g gradients, %.3g minutes\n", e->models[i].name,
           v->picture_count, v->scoring.method_count, v->scoring.metric_count, (double)gradients * v->picture_count,
           seconds * v->picture_count / 60);
    return ATTR_OK;
}

static attr_status try_all(studying *s) {
    const attr_experiment *e = &s->experiment;
    char missing[ATTR_TEXT_SIZE];
    printf("%s\n", e->title);
    for (int k = 0; k < e->variant_count; ++k) printf("  %s\n", e->variants[k].name);
    bool is_ready = true;
    if (e->run && is_missing(missing, sizeof missing, e->makes)) {
        printf("%s is missing, and would be made first: %s\n", missing, e->run);
        is_ready = false;
    }
    for (int i = 0; i < e->training_count; ++i) {
        if (attr_is_trained(&e->trainings[i])) continue;
        printf("%s is missing: Darknet would train %s first\n", e->trainings[i].weights, e->trainings[i].cfg);
        is_ready = false;
    }
    if (!is_ready) {
        printf("What the rest takes is not known before.\n");
        return ATTR_OK;
    }
    for (int i = 0; i < e->model_count; ++i) ATTR_TRY(try_network(s, i));
    printf("%s: %.3g minutes, as one picture of each network took%s\n", s->folder, s->seconds / 60,
           e->accuracy_clones ? "; clones' accuracies not counted" : "");
    return ATTR_OK;
}

/* ---- All */

static const char *verdict_name(attr_claim_verdict verdict) {
    static const char *const names[] = {"held", "not decided", "did not hold", "not measured"};
    return names[verdict];
}

static attr_status print_claims(const attr_study *study) {
    const attr_experiment *e = study->experiment;
    attr_claim_result r;
    for (int i = 0; i < e->claim_count; ++i) {
        printf("%s\n", e->claims[i].text);
        for (int k = 0; k < study->count; ++k) {
            ATTR_TRY(attr_claim_judge(&r, &study->parts[k], study, &e->claims[i]));
            printf("  %s: %s", study->parts[k].model->name, verdict_name(r.verdict));
            if (r.n > 0) printf(", %.3g [%.3g, %.3g], n = %d", r.mean, r.low, r.high, r.n);
            putchar('\n');
        }
    }
    return ATTR_OK;
}

static attr_status write_results(const studying *s) {
    const attr_study study = {.experiment = &s->experiment,
                              .command = s->command,
                              .folder = s->folder,
                              .parts = s->parts,
                              .count = s->experiment.model_count};
    bool drawn;
    ATTR_TRY(attr_study_write(&drawn, &study));
    ATTR_TRY(print_claims(&study));
    if (!drawn) fprintf(stderr, "darknet attribute: no gnuplot here: figures are left as scripts, figure-1.gp, ..\n");
    return ATTR_OK;
}

static attr_status describe(studying *s, const char *path) {
    const char *results = s->flags->results[0] ? s->flags->results : ".";
    char name[128];
    snprintf(name, sizeof name, "%.127s", s->experiment.name);
    for (char *c = name; *c; ++c)
        if (!isalnum((unsigned char)*c) && !strchr("-.+_", *c)) *c = '_';
    int length = snprintf(s->folder, sizeof s->folder, "%s/experiments/%s", results, name);
    if (length >= (int)sizeof s->folder) return attr_fail(ATTR_BAD_INPUT, "results: the name is too long");
    snprintf(s->command, sizeof s->command, "experiment %s -size %s", path, s->experiment.is_small ? "small" : "paper");
    return ATTR_OK;
}

static attr_status run(studying *s, const char *path) {
    char record[sizeof s->folder + 16];
    double begun = seconds_now();
    ATTR_TRY(attr_experiment_read(&s->experiment, path, s->flags->size == ATTR_SIZE_SMALL));
    ATTR_TRY(describe(s, path));
    size_t networks = (size_t)s->experiment.model_count;
    ATTR_TRY(attr_allocate(&s->options, 2, sizeof *s->options, "options"));
    ATTR_TRY(attr_allocate(&s->targets, networks, sizeof *s->targets, "an experiment"));
    ATTR_TRY(attr_allocate(&s->clones, networks, sizeof *s->clones, "an experiment"));
    ATTR_TRY(attr_allocate(&s->checks, networks, sizeof *s->checks, "an experiment"));
    ATTR_TRY(attr_allocate(&s->parts, networks, sizeof *s->parts, "an experiment"));
    if (s->flags->dry) return try_all(s);
    ATTR_TRY(make(&s->experiment));
    for (int i = 0; i < s->experiment.training_count; ++i) ATTR_TRY(attr_train(&s->experiment.trainings[i]));
    ATTR_TRY(attr_make_folders(s->folder));
    snprintf(record, sizeof record, "%s/run.cfg", s->folder);
    ATTR_TRY(write_record(s, record));
    for (int i = 0; i < s->experiment.model_count; ++i) ATTR_TRY(measure_network(s, i));
    ATTR_TRY(write_results(s));
    printf("%s/index.html: %.3g seconds\n", s->folder, seconds_now() - begun);
    return attr_tally_end(&s->tally, path);
}

attr_status attr_command_experiment(int count, char **arguments, const attr_options *flags) {
    if (count != 1)
        return attr_fail(ATTR_BAD_INPUT, "usage: darknet attribute experiment FILE [-size small|paper] [-dry] "
                                         "[-option value]");
    studying s = {.flags = flags};
    attr_catch_interrupts();
    attr_status status = run(&s, arguments[0]);
    for (int i = 0; i < s.experiment.model_count; ++i) {
        if (s.checks) attr_check_study_free(&s.checks[i]);
        if (s.clones) attr_clone_study_free(&s.clones[i]);
        if (s.targets) attr_validating_close(&s.targets[i]);
    }
    free(s.options);
    free(s.targets);
    free(s.clones);
    free(s.checks);
    free(s.parts);
    attr_experiment_free(&s.experiment);
    return status;
}
