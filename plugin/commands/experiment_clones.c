#include "commands/experiment.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "metrics/accuracy_drop.h"
#include "session/validation.h"

enum { ACCURACY, DROP, METRICS };
static const attr_metric accuracy_metric = {.name = "accuracy",
                                            .group = "network",
                                            .help = "top-1 accuracy (detectors: AP50) of a clone with noise on its "
                                                    "parameters",
                                            .direction = 0},
                         drop_metric = {.name = "accuracy_drop",
                                        .group = "network",
                                        .help = "part of the accuracy above chance that the clone has lost",
                                        .direction = 0,
                                        .traits = ATTR_AROUND_ZERO};
static const attr_metric *const metrics[METRICS] = {&accuracy_metric, &drop_metric};

typedef struct {
    attr_clone_study *study;
    attr_validating *network;
    int clones;
    double *accuracies; /* [methods][clones] */
    double clean, chance;
} measuring;

static int show_forwards(void *context, size_t done, size_t all) {
    (void)context;
    return attr_show_count(done, all, "forwards");
}

/* ---- Pictures */

/* With labels where there are any; without, the network without noise is right. */
static attr_status add_pictures(attr_validation *v, const attr_validating *network) {
    char *const *labels = NULL;
    ATTR_TRY(attr_session_labels(&labels, network->session));
    attr_truth *truths = NULL;
    ATTR_TRY(attr_allocate(&truths, (size_t)network->picture_count, sizeof *truths, "labels"));
    attr_status status = ATTR_OK;
    bool known = false;
    for (int i = 0; status == ATTR_OK && i < network->picture_count; ++i) {
        status = attr_truth_find(&truths[i], network->session, labels, network->paths[i]);
        known |= truths[i].known;
    }
    v->agreement = !known;
    for (int i = 0; status == ATTR_OK && i < network->picture_count; ++i)
        if (truths[i].known || !known) status = attr_validation_add(v, network->paths[i], &truths[i]);
    for (int i = 0; i < network->picture_count; ++i) attr_truth_free(&truths[i]);
    free(truths);
    return status;
}

/* ---- Methods */

/* Each method's noise on the same pictures: they are prepared once. */
static attr_status measure_method(measuring *m, attr_validation *v, int row) {
    attr_session *s = m->network->session;
    s->options = *m->study->methods[row].options;
    ATTR_TRY(attr_validation_begin(v));
    attr_status status = attr_validation_accuracies(m->accuracies + (size_t)row * (size_t)m->clones, v,
                                                    m->study->methods[row].options->weight_sigma);
    attr_hide_progress();
    return status;
}

static attr_status measure_all(measuring *m, attr_validation *v) {
    double *clean = NULL;
    attr_session *s = m->network->session;
    ATTR_TRY(add_pictures(v, m->network));
    ATTR_TRY(attr_allocate(&clean, (size_t)m->clones, sizeof *clean, "accuracies"));
    s->options = m->network->given;
    attr_status status = attr_validation_begin(v);
    if (status == ATTR_OK) status = attr_validation_accuracies(clean, v, 0);
    m->clean = clean[0];
    m->chance = attr_validation_chance(v);
    free(clean);
    for (int row = 0; status == ATTR_OK && row < m->study->scoring.method_count; ++row)
        status = measure_method(m, v, row);
    if (status != ATTR_OK) return status;
    uint64_t checksum;
    return attr_check_parameters(&checksum, s);
}

/* ---- As a table */

static attr_status add_clone(measuring *m, int clone) {
    attr_scoring *s = &m->study->scoring;
    char name[32];
    size_t cells = (size_t)s->method_count * METRICS;
    attr_target_scores target = {0};
    attr_picture_scores scores = {&target, 1};
    snprintf(name, sizeof name, "clone %d", clone + 1);
    target.name = name;
    attr_status status = attr_allocate(&target.values, cells, sizeof(double), "scores");
    if (status == ATTR_OK) status = attr_allocate(&target.curves, cells * ATTR_METRIC_POINTS, sizeof(double), "curves");
    for (int row = 0; status == ATTR_OK && row < s->method_count; ++row) {
        double accuracy = m->accuracies[row * m->clones + clone];
        target.values[row * METRICS + ACCURACY] = accuracy;
        target.values[row * METRICS + DROP] = attr_accuracy_drop(accuracy, m->clean, m->chance);
    }
    if (status == ATTR_OK) status = attr_valid_add(&m->study->valid, clone, "", &scores);
    free(target.values);
    free(target.curves);
    return status;
}

static attr_status begin(attr_clone_study *c, attr_validating *network, int clones) {
    const attr_scoring *s = &network->scoring;
    c->given = network->given;
    ATTR_TRY(attr_allocate(&c->name, 1, ATTR_TEXT_SIZE, "a name"));
    snprintf(c->name, ATTR_TEXT_SIZE, "%s/accuracy", network->valid.name);
    ATTR_TRY(attr_allocate(&c->methods, (size_t)s->method_count, sizeof *c->methods, "methods"));
    c->scoring = (attr_scoring){.session = network->session,
                                .given = &c->given,
                                .methods = c->methods,
                                .metrics = metrics,
                                .metric_count = METRICS,
                                .without_controls = true};
    for (int i = 0; i < s->method_count; ++i)
        if (attr_method_has_clones(network->methods[i].options->method))
            c->methods[c->scoring.method_count++] = network->methods[i];
    if (c->scoring.method_count == 0)
        return attr_fail(ATTR_BAD_INPUT, "[accuracy]: no method has clones (noisegrad, fusiongrad)");
    c->valid = (attr_valid){.scoring = &c->scoring,
                            .list = network->valid.list ? network->valid.list : network->session->valid_path,
                            .metrics = "accuracy,accuracy_drop",
                            .name = c->name,
                            .command = network->valid.command};
    return attr_valid_begin(&c->valid, clones);
}

attr_status attr_clone_study_run(attr_clone_study *out, attr_validating *network, int clones) {
    measuring m = {.study = out, .network = network, .clones = clones};
    attr_validation v = {.session = network->session, .clones = clones, .progress = show_forwards};
    if (!network->paths) ATTR_TRY(attr_validating_prepare(network));
    ATTR_TRY(begin(out, network, clones));
    int left = 0;
    for (int i = 0; i < clones; ++i) left += !out->valid.is_done[i];
    attr_status status = ATTR_OK;
    if (left > 0) {
        status = attr_allocate(&m.accuracies, (size_t)out->scoring.method_count * (size_t)clones, sizeof(double),
                               "accuracies");
        if (status == ATTR_OK) status = measure_all(&m, &v);
        for (int i = 0; status == ATTR_OK && i < clones; ++i)
            if (!out->valid.is_done[i]) status = add_clone(&m, i);
        attr_validation_free(&v);
        free(m.accuracies);
    }
    return status == ATTR_OK ? attr_valid_finish(&out->valid) : status;
}

void attr_clone_study_free(attr_clone_study *c) {
    attr_valid_free(&c->valid);
    free(c->methods);
    free(c->name);
    *c = (attr_clone_study){0};
}
