/* The parts of `experiment` that do other things than measure maps: networks to be trained, how much accuracy networks
 * with noise lose, sanity checks. */
#ifndef ATTR_COMMANDS_EXPERIMENT_H
#define ATTR_COMMANDS_EXPERIMENT_H

#include "commands/validating.h"
#include "reports/sanity.h"
#include "session/experiment.h"

/* Whether its weights are there, whatever they were made of. */
bool attr_is_trained(const attr_experiment_training *asked);

/* Trains a network unless its weights are there; says on standard output that it does. What Darknet prints is in
 * WEIGHTS.log, what the weights were made of in WEIGHTS.made. ATTR_BAD_INPUT when they were made of something else,
 * or the cfg is wrong or has no end; ATTR_IO when Darknet failed; ATTR_INTERRUPTED: nothing is left but the log. */
attr_status attr_train(const attr_experiment_training *asked);

/* The numbers as those of `valid`: a target for each clone, metrics accuracy and accuracy_drop. */
typedef struct {
    attr_options given;
    attr_scored_method *methods; /* those of the network's that have clones; they are its own */
    attr_scoring scoring;
    attr_valid valid;
    char *name;
} attr_clone_study;

/* For a network that attr_validating_open() has opened, its methods added; its engine is another one afterwards. */
attr_status attr_clone_study_run(attr_clone_study *out, attr_validating *network, int clones);
void attr_clone_study_free(attr_clone_study *c);

/* Sanity checks of targets as numbers, see experiment_checks.c. */
typedef struct {
    attr_options given;
    attr_sanity checks; /* of the pictures that are shown */
    int shown;
    const attr_metric **metrics;
    attr_scoring scoring;
    attr_valid valid;
    char *name;
} attr_check_study;

/* So many of the network's pictures, evenly spaced; the first ones also on a page with their maps. ATTR_INTERRUPTED
 * when ctrl-C was pressed. */
attr_status attr_check_study_run(attr_check_study *out, attr_validating *network, int pictures, int shown);
void attr_check_study_free(attr_check_study *c);

#endif
