/* The files of `sanity`, in <results>/sanity:
 *
 *   sanity.csv    a line for each map that was compared: picture, target, method, check, stage, what it agrees with,
 *                 and what agrees with that by chance
 *   sanity.json   the same in full, and a verdict for each method and check
 *   index.html    verdicts with the rule that they follow, curves, strips of maps; nothing beside it is needed
 *   run.cfg       the options that were given, the command, SHA-256 of cfg, weights and pictures
 *
 * Each is whole or not there. */
#ifndef ATTR_REPORTS_SANITY_H
#define ATTR_REPORTS_SANITY_H

#include <stdio.h>

#include "session/sanity_verdict.h"
#include "session/scored_methods.h"

typedef struct {
    const attr_sanity *checks;
    const attr_options *options; /* as given, with no method chosen */
    const char *pictures;        /* as named; NULL: from standard input */
    const char *command;         /* an experiment's, behind "darknet attribute"; NULL: sanity's own */
    const attr_scored_method *methods;
    int method_count;
    double seconds;
    attr_verdict (*verdicts)[ATTR_SANITY_CHECKS]; /* [methods] */
} attr_sanity_report;

/* Writes all files into the folder, which is made if need be; which of sanity.json and index.html by option output. */
attr_status attr_write_sanity(const attr_sanity_report *r, const char *folder);

/* --- its parts -------------------------------------------------------------------------------------------------- */

void attr_write_sanity_table(FILE *file, const attr_sanity_report *r);
void attr_write_sanity_summary(FILE *file, const attr_sanity_report *r);
attr_status attr_write_sanity_page(FILE *file, const attr_sanity_report *r);
attr_status attr_write_sanity_record(FILE *file, const attr_sanity_report *r, const char *path);

/* A target's curves and strips: maps first .. first + count - 1 are those of one picture by one method after the other;
 * `number` is the target's. */
attr_status attr_write_sanity_target(FILE *file, const attr_sanity_report *r, int first, int count, int number);

#endif
