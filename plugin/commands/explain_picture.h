/* Explaining pictures from the command line: compute, write, print, as text or (-json) as JSON Lines. */
#ifndef ATTR_COMMANDS_EXPLAIN_PICTURE_H
#define ATTR_COMMANDS_EXPLAIN_PICTURE_H

#include "commands/json_lines.h"
#include "session/session.h"

typedef struct {
    attr_session *session;
    bool quiet; /* Darknet has printed the predictions already */
    attr_lines lines;
    char **names; /* folders that this run has written, so that two pictures of one name do not share one */
    int count;
} attr_run;

/* An attr_for_picture with an attr_run as context. */
attr_status attr_explain_and_write(void *run, const char *picture);

/* Its parts. Gives the explanation a folder of its own in this run: "street", "street_2", ... */
attr_status attr_claim_folder(attr_run *run, attr_explanation *explanation);
/* attr_write() into the folder of the options. With -json *line is what is to be printed, released with free(); else
 * NULL. May be called on another thread. */
attr_status attr_write_files(char **line, const attr_run *run, const attr_explanation *explanation);
/* Says what was predicted and which maps are written: the line, where there is one. */
void attr_print_explained(attr_run *run, const attr_explanation *explanation, const char *line);
/* The parts of this: a line for each prediction; one for each map, or one that says why there is none. */
void attr_print_predictions(const attr_explanation *explanation);
void attr_print_maps(const attr_explanation *explanation);

/* Does the same with all pictures of a list or a folder in less time (explain_list.c): while one is computed, the next
 * is read and the files of the one before are written. What is printed, in which order, and what is returned are as if
 * attr_for_each_picture() did one after the other. */
attr_status attr_explain_list(attr_run *run, const char *list);

/* Opens the session; with -json standard output is for JSON Lines from now on. */
attr_status attr_run_begin(attr_run *run, char **model, const attr_options *flags);
/* Closes the session and releases what the run holds, also after a failed begin. Returns `status`, or when that is
 * ATTR_OK the failure of printing JSON Lines. */
attr_status attr_run_end(attr_run *run, attr_status status);

#endif
