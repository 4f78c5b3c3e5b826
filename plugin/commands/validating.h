/* Methods measured on a list of pictures: what `valid` and `experiment` do alike.
 *
 *   attr_validating v = {0};
 *   ATTR_TRY(attr_validating_open(&v, data, cfg, weights, flags));
 *   ATTR_TRY(attr_validating_add(&v, label, options));        for each method
 *   v.valid.list = list;                                      if it is not the .data file's valid=
 *   ATTR_TRY(attr_validating_begin(&v));                      checks everything, takes up what is there
 *   ATTR_TRY(attr_validating_run(&v));                        v.valid has the numbers
 *   attr_validating_close(&v);                                also after a failure */
#ifndef ATTR_COMMANDS_VALIDATING_H
#define ATTR_COMMANDS_VALIDATING_H

#include "commands/commands.h"
#include "reports/valid.h"

enum { ATTR_METRICS_AT_MOST = 64 };

typedef struct {
    attr_session *session, *second; /* second: of option `second`, or NULL */
    attr_options given;             /* of the session, without any of the methods */
    attr_scored_method *methods;
    const attr_metric *metrics[ATTR_METRICS_AT_MOST];
    attr_scoring scoring;
    attr_valid valid;
    const char *label; /* in front of the progress; NULL: none */
    attr_tally tally;
    char **paths;
    int picture_count;
} attr_validating;

attr_status attr_validating_open(attr_validating *v, const char *data, const char *cfg, const char *weights,
                                 const attr_options *flags);

/* Adds a method; the options are the session's and more, and are resolved and checked here. */
attr_status attr_validating_add(attr_validating *v, const char *label, const attr_options *options);

/* Reads option `metrics` (unless it is "") and the list, and checks options against both. */
attr_status attr_validating_prepare(attr_validating *v);

/* The same, and opens the folder of results. */
attr_status attr_validating_begin(attr_validating *v);

/* How many pictures have not been measured yet. */
int attr_validating_left(const attr_validating *v);

/* Measures what is left, and writes all files. ATTR_INTERRUPTED when ctrl-C was pressed. A picture that fails is
 * reported, and left for attr_tally_end() to tell. */
attr_status attr_validating_run(attr_validating *v);
void attr_validating_close(attr_validating *v);

#endif
