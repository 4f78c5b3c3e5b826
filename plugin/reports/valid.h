/* The files of `valid`, in <results>/valid:
 *
 *   scores.csv   a line for each picture, target and method (or control): the value of each metric, written when the
 *                picture is done
 *   valid.csv    a line for each method and metric: mean, 95 % bootstrap interval, how many maps, how many undefined
 *   valid.json   the same, with what each metric means, and the significance of all differences
 *   index.html   the table, with arrows
 *   run.cfg      the options that were given, the command, SHA-256 of cfg, weights and list
 *
 * A run whose run.cfg is the same as that of the folder goes on with what scores.csv has. */
#ifndef ATTR_REPORTS_VALID_H
#define ATTR_REPORTS_VALID_H

#include "reports/reports.h"
#include "session/scoring.h"

/* One target of one picture. */
typedef struct {
    int picture;
    char *name, *path;
    double *values; /* [rows][metrics] */
} attr_valid_target;

/* Zeroed but for what stands first. */
typedef struct {
    const attr_scoring *scoring;
    const char *list;
    const char *metrics; /* as given */

    char *folder;
    attr_valid_target *targets;
    int count;
    bool *is_done; /* [pictures] */
    int picture_count;
    FILE *table;
    double seconds; /* set by the caller before the end */
} attr_valid;

/* Makes the folder for a list of so many pictures; takes up what is there of the same run. */
attr_status attr_valid_begin(attr_valid *v, int picture_count);

/* Adds a picture's scores, and writes its lines. */
attr_status attr_valid_add(attr_valid *v, int picture, const char *path, const attr_picture_scores *scores);

attr_status attr_valid_finish(attr_valid *v);
void attr_valid_free(attr_valid *v);

/* --- its parts ------------------------------------------------------------------------------------------------- */

/* A cell of the table. */
typedef struct {
    double mean, low, high; /* 95 % bootstrap interval; NAN without a value */
    int n, undefined;
    double ratio;  /* mean / that of the random control; NAN without one, or where that is 0 in the mean */
    double chance; /* p-value of the difference from the random control, by pairs; NAN likewise */
} attr_valid_cell;

attr_status attr_valid_cell_of(attr_valid_cell *out, const attr_valid *v, int row, int metric);

/* p-value of the difference of two rows by pairs (paired sign-flip test); NAN with less than two pairs. */
attr_status attr_valid_difference(double *p, const attr_valid *v, int first, int second, int metric);

attr_status attr_write_valid_record(FILE *file, const attr_valid *v, const char *path);
attr_status attr_write_valid_table(FILE *file, const attr_valid *v);
attr_status attr_write_valid_summary(FILE *file, const attr_valid *v);
attr_status attr_write_valid_page(FILE *file, const attr_valid *v);

void attr_write_valid_names(FILE *file, const attr_valid *v);
void attr_write_valid_lines(FILE *file, const attr_valid *v, const attr_valid_target *t);
void attr_write_valid_end(FILE *file, int picture);
attr_status attr_read_valid_scores(attr_valid *v, char *text);

#endif
