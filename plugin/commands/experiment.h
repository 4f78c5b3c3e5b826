/* The part of `experiment` that measures clones: how much accuracy networks with noise lose. */
#ifndef ATTR_COMMANDS_EXPERIMENT_H
#define ATTR_COMMANDS_EXPERIMENT_H

#include "commands/validating.h"

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

#endif
