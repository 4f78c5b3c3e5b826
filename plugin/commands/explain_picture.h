/* Explaining one picture from the command line: compute, print, write. */
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

/* Closes the session and releases what the run holds. */
void attr_run_end(attr_run *run);

#endif
