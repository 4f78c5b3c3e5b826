/* The files of `valid`, in <results>/valid, and those of a network of an experiment, in a folder of its name:
 *
 *   scores.csv       a line for each picture, target and method (or control): the value of each metric, written when
 *                    the picture is done
 *   curves.csv       a line for each of those and each metric with a curve: the score, over that of the picture, at
 *                    x = 0, 1/30, .. 1
 *   valid.csv        a line for each method and metric: mean, 95 % bootstrap interval, how many maps, how many
 *                    undefined; what it is to each control
 *   differences.csv  a line for each metric and pair of methods: the mean difference, and whether chance makes such
 *   valid.json       the last two, with what each metric means
 *   index.html       the table, with arrows; which differences there are; curves; each target
 *   run.cfg          the options that were given, the command, SHA-256 of cfg, weights and list
 *
 * A run whose run.cfg is the same as that of the folder goes on with what scores.csv and curves.csv have: pictures are
 * done if both have all of them. Tables do not depend on how often a run was interrupted. */
#ifndef ATTR_REPORTS_VALID_H
#define ATTR_REPORTS_VALID_H

#include "reports/reports.h"
#include "session/scoring.h"

/* One target of one picture. */
typedef struct {
    int picture;
    char *name, *path;
    double *values; /* [rows][metrics]; NAN: not defined */
    double *curves; /* [rows][metrics][ATTR_METRIC_POINTS]; NAN likewise */
} attr_valid_target;

/* A cell of the table. */
typedef struct {
    double mean, low, high; /* 95 % bootstrap interval; NAN without a value, the interval also with one */
    int n, undefined;
    double ratio[ATTR_CONTROLS]; /* mean / a control's, over the targets that both have; NAN without one, or where
                                    a control's mean is 0 anyway */
    double from_random;          /* mean difference from the random control by pairs; NAN likewise */
    double chance;               /* its p */
    double chance_holm;          /* the same after Holm's correction over all methods; NAN for a control */
} attr_valid_cell;

/* Two methods by one metric. */
typedef struct {
    int first, second;            /* first < second */
    double difference, low, high; /* mean of first - second over targets that have both; 95 % bootstrap interval */
    int n;
    double p, p_holm; /* paired sign flips; after Holm's correction over the pairs of the metric. NAN: no target */
} attr_valid_pair;

/* Zeroed but for what stands first. */
typedef struct {
    const attr_scoring *scoring;
    const char *list;
    const char *metrics; /* as given */
    const char *name;    /* of the folder; NULL: "valid" */
    const char *command; /* an experiment's, behind "darknet attribute"; NULL: valid's own */

    char *folder;
    attr_valid_target *targets; /* by picture */
    int count;
    bool *is_done; /* [pictures] */
    int picture_count;
    FILE *scores, *curves;
    double seconds; /* set by the caller before the end */

    attr_valid_cell *cells; /* [rows][metrics], of attr_valid_compare() */
    attr_valid_pair *pairs; /* [metrics][attr_valid_pairs()], likewise */
} attr_valid;

/* Makes the folder for a list of so many pictures; takes up what is there of the same run. */
attr_status attr_valid_begin(attr_valid *v, int picture_count);

/* Adds a picture's scores and curves, and writes its lines. */
attr_status attr_valid_add(attr_valid *v, int picture, const char *path, const attr_picture_scores *scores);

/* Compares, and writes all other files. */
attr_status attr_valid_finish(attr_valid *v);
void attr_valid_free(attr_valid *v);

/* --- what the targets say together (valid_compare.c) ------------------------------------------------------------- */

/* Below this p a difference counts as one. */
#define ATTR_VALID_LEVEL 0.05

/* Fills cells and pairs. */
attr_status attr_valid_compare(attr_valid *v);

const attr_valid_cell *attr_valid_cell_of(const attr_valid *v, int row, int metric);

/* How many pairs of methods there are: (0, 1), (0, 2), .. (1, 2), ..; of two different methods, in whatever order. Of
 * more than ATTR_VALID_PAIRED methods, as sweeps have them, none is tested: 0. */
enum { ATTR_VALID_PAIRED = 20 };
int attr_valid_pairs(const attr_valid *v);
const attr_valid_pair *attr_valid_pair_of(const attr_valid *v, int metric, int a, int b);

/* 1 if method a is better than b after Holm's correction, -1 if b is better, 0 if there is no such difference. For a
 * metric of which neither direction is better, "better" is higher. */
int attr_valid_better(const attr_valid *v, int metric, int a, int b);

/* The method with the best mean; -1: none, or neither direction is better. */
int attr_valid_best(const attr_valid *v, int metric);

/* The mean (for some metrics the median) curve of a row over the targets that have one, and its 95 % bootstrap
 * interval at each point, [ATTR_METRIC_POINTS] each: NAN where no target has a number, the interval also where only one
 * has. *n: how many targets have a curve. */
attr_status attr_valid_curve_of(double *points, double *low, double *high, int *n, const attr_valid *v, int row,
                                int metric);
bool attr_valid_is_median(const attr_metric *metric);

/* --- its parts --------------------------------------------------------------------------------------------------- */

typedef enum { ATTR_VALID_SCORES, ATTR_VALID_CURVES } attr_valid_file;

/* The head line; the lines of a picture that is done. */
void attr_write_valid_names(FILE *file, const attr_valid *v, attr_valid_file kind);
void attr_write_valid_picture(FILE *file, const attr_valid *v, attr_valid_file kind, int picture);
/* Takes up the pictures that both tables, which it changes, have. */
attr_status attr_read_valid_pictures(attr_valid *v, char *scores, char *curves);

/* A new one behind those of the picture; without names. */
attr_status attr_new_valid_target(attr_valid_target **out, attr_valid *v, int picture);
double *attr_valid_target_curve(const attr_valid *v, const attr_valid_target *t, int row, int metric);

attr_status attr_write_valid_record(FILE *file, const attr_valid *v, const char *path);
attr_status attr_write_valid_table(FILE *file, const attr_valid *v);
attr_status attr_write_valid_differences(FILE *file, const attr_valid *v);
attr_status attr_write_valid_summary(FILE *file, const attr_valid *v);
attr_status attr_write_valid_page(FILE *file, const attr_valid *v);

/* Of the page: the table; which methods differ, in words and as a table; drawings (nothing if no metric has a curve).
 */
void attr_write_valid_scores(FILE *file, const attr_valid *v);
void attr_write_valid_verdicts(FILE *file, const attr_valid *v);
attr_status attr_write_valid_curves(FILE *file, const attr_valid *v);
/* What the curve of a metric has for y. */
const char *attr_valid_y_name(const attr_metric *metric);
/* "&uarr;" where higher is better, "&darr;", or "". */
const char *attr_valid_arrow(const attr_metric *metric);

#endif
