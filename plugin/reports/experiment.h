/* The files of `experiment`, in <results>/experiments/<name>:
 *
 *   <network>/          the files of `valid` (valid.h) for each network; <network>/accuracy/ those of [accuracy],
 *                       <network>/checks/ those of [checks] and <network>/sanity/ their maps (sanity.h)
 *   measurements.csv    a line for every single measurement: network, picture (or clone), target, method, metric, value
 *   table.csv, table.md a line for each network and method: means, 95 % intervals, how many
 *   figure-1.svg, ..    drawn by gnuplot by figure-1.gp, .. where it is installed
 *   index.html          claims, tables, figures; nothing beside it is needed
 *   run.cfg             the experiment itself, with the command and what it read
 *
 * Each is whole or not there, and depends on the measurements alone. */
#ifndef ATTR_REPORTS_EXPERIMENT_H
#define ATTR_REPORTS_EXPERIMENT_H

#include "reports/valid.h"
#include "session/experiment.h"

enum { ATTR_STUDY_TARGETS, ATTR_STUDY_CLONES, ATTR_STUDY_CHECKS, ATTR_STUDY_UNITS };

/* The folders of their files in that of the network, "" or with a slash behind. */
extern const char *const attr_study_folders[ATTR_STUDY_UNITS];

/* A network, and what was measured: maps of targets; clones of it; sanity checks of targets. NULL: nothing of that
 * kind. */
typedef struct {
    const attr_experiment_model *model;
    const attr_valid *of[ATTR_STUDY_UNITS];
} attr_study_part;

typedef struct {
    const attr_experiment *experiment;
    const char *command; /* behind "darknet attribute" */
    const char *folder;
    const attr_study_part *parts;
    int count;
} attr_study;

/* Writes all files; *drawn: whether there was a gnuplot, if there is anything to be drawn. */
attr_status attr_study_write(bool *drawn, const attr_study *study);

/* --- numbers (experiment_numbers.c) ------------------------------------------------------------------------------ */

/* Where a metric's numbers are; false: this network has none. */
bool attr_study_find(const attr_valid **valid, int *metric, const attr_study_part *part, const char *name);

/* The variant that a row is; NULL: a control. */
const attr_variant *attr_study_variant(const attr_study *study, const attr_valid *valid, int row);

typedef enum { ATTR_CLAIM_HELD, ATTR_CLAIM_OPEN, ATTR_CLAIM_FAILED, ATTR_CLAIM_UNKNOWN } attr_claim_verdict;

/* A claim on one network. Of less=: the mean over targets of the difference between both methods (of each the mean over
 * its settings). Of falls_with= and rises_with=: the mean over targets of Spearman's correlation of the metric (mean
 * over whatever else is swept) with the option. It holds if the 95 % bootstrap interval lies on its side of 0, and has
 * failed if it lies on the other. */
typedef struct {
    attr_claim_verdict verdict;
    double mean, low, high;
    int n;
} attr_claim_result;
attr_status attr_claim_judge(attr_claim_result *out, const attr_study_part *part, const attr_study *study,
                             const attr_claim *claim);

/* Mean and Student's 95 % interval of n values; NAN for the interval if n < 2. */
void attr_student_interval(double *mean, double *low, double *high, const double *values, int n);

/* --- parts ------------------------------------------------------------------------------------------------------- */

/* Writes figure-<number>.gp, and .svg if there is a gnuplot. */
attr_status attr_study_draw(bool *drawn, const attr_study *study, int number);
attr_status attr_write_study_page(FILE *file, const attr_study *study);

#endif
