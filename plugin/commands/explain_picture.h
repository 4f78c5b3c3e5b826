/* Explaining pictures from the command line: compute, write, print. */
#ifndef ATTR_COMMANDS_EXPLAIN_PICTURE_H
#define ATTR_COMMANDS_EXPLAIN_PICTURE_H

#include "session/session.h"

typedef struct {
    attr_session *session;
    bool quiet;   /* Darknet has printed the predictions already */
    char **names; /* folders that this run has written, so that two pictures of one name do not share one */
    int count;
} attr_run;

/* An attr_for_picture with an attr_run as context. */
attr_status attr_explain_and_write(void *run, const char *picture);

/* Its parts. Gives the explanation a folder of its own in this run: "street", "street_2", ... */
attr_status attr_claim_folder(attr_run *run, attr_explanation *explanation);
/* Says what was predicted and which maps are written. */
void attr_print_explained(const attr_run *run, const attr_explanation *explanation);
/* The parts of this: a line for each prediction; one for each map, or one that says why there is none. */
void attr_print_predictions(const attr_explanation *explanation);
void attr_print_maps(const attr_explanation *explanation);

/* Does the same with all pictures of a list in less time (explain_list.c): while one is computed, the next is read and
 * the files of the one before are written. What is printed, in which order, and what is returned are as if
 * attr_for_each_picture() did one after the other. */
attr_status attr_explain_list(attr_run *run, const char *list);

/* Closes the session and releases what the run holds. */
void attr_run_end(attr_run *run);

#endif
