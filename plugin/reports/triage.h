/* The files of `triage`, in <results>/triage:
 *
 *   cases.csv     a line for each case and method that has been explained, written as soon as its other files are there
 *   candidates.csv   a detector's boxes with scores above options candidates or thresh, what became of each, and by
 * which number of its picture it was suppressed triage.json   everything: every case, explained or not, tables,
 * problems with labels index.html    the gallery (gallery.h); pictures/ and maps/ are what it shows maps/
 * <picture>_<case>_<class>_<method>.npy and .png, as far as option output asks for them run.cfg       the options that
 * were given, the command, SHA-256 of cfg, weights and list
 *
 * A run whose run.cfg is the same as that of the folder goes on with what cases.csv has; else the folder's old files of
 * these names go. */
#ifndef ATTR_REPORTS_TRIAGE_H
#define ATTR_REPORTS_TRIAGE_H

#include "metrics/attribution_share.h"
#include "metrics/context_share.h"
#include "reports/reports.h"
#include "session/survey.h"

enum { ATTR_TRIAGE_NAME = 192 };

/* What explaining a case by a method has given: a line of cases.csv. */
typedef struct {
    bool is_done;
    char name[ATTR_TRIAGE_NAME];   /* of its files in maps/, without extension */
    char target[ATTR_TARGET_TEXT]; /* in words */
    double value;                  /* of the target */
    attr_shares shares, uniform;   /* of the map, and of a map that is equal everywhere; a classifier has no box */
    attr_context_share *context;   /* on labelled objects of other boxes, by class; owned */
    int context_count;
    double relative_error; /* Monte-Carlo; NAN without samples */
    int64_t gradients;
    double largest, end; /* of the page's map: the largest magnitude, and that of the palette's end; 0: not drawn */
} attr_triage_map;

/* Zeroed but for what stands first. */
typedef struct {
    const attr_survey *survey;
    const attr_options *options; /* as given, with no method chosen */
    const char *list;            /* the pictures, as named */
    const attr_method_choice *methods;
    int method_count;
    bool *is_chosen; /* [cases]: is to be explained; owned by the caller */

    char *folder;
    attr_triage_map *maps; /* [cases][methods] */
    int taken_up;          /* how many maps an earlier run has made */
    FILE *table;           /* cases.csv, open for more lines */
    double seconds;        /* set by the caller before the end */
} attr_triage;

attr_triage_map *attr_triage_map_of(const attr_triage *t, int one_case, int method);

/* Makes the folder; takes up what is there of the same run. */
attr_status attr_triage_begin(attr_triage *t);

/* The files of a picture's maps by one method: item i of the explanation is of case cases[i]. */
attr_status attr_triage_add(attr_triage *t, int method, const int *cases, const attr_explanation *e);

/* triage.json and index.html, as far as option output asks for them. */
attr_status attr_triage_finish(attr_triage *t);
void attr_triage_free(attr_triage *t);

/* --- its parts ------------------------------------------------------------------------------------------------- */

/* The order of the cases in triage.json and on the page: of a detector picture by picture; of a classifier what is
 * wrong by its margin, the largest first, then what is right by its score. *order, [cases], is released with free(). */
attr_status attr_triage_order(int **order, const attr_triage *t);

/* The mean of a class's shares over its explained cases, and what part of a uniform map would be there. */
typedef struct {
    int class_index, cases;
    attr_shares shares, uniform;
} attr_class_shares;

/* By method, of each class with an explained case; sorted by how much denser the map is inside the box than elsewhere,
 * the least first. *out is released with free(). */
attr_status attr_triage_class_shares(attr_class_shares **out, int *count, const attr_triage *t, int method);

/* What classes rest on besides their boxes: means over the cases of a class whose picture has such an object. */
typedef struct {
    int class_index, other, cases;
    double share, uniform;
} attr_class_context;

/* Likewise; sorted by share / uniform, the largest first. */
attr_status attr_triage_context(attr_class_context **out, int *count, const attr_triage *t, int method);

/* A method as in option methods: "noisegrad:integrated_gradients". */
void attr_triage_label(char *out, size_t size, const attr_triage *t, int method);

/* What the page shows: a small copy of the picture, and the map to be laid over it (images/map_layer.h), which sets
 * m->largest and m->end. */
attr_status attr_write_triage_picture(const attr_triage *t, int picture, const attr_picture *pixels);
attr_status attr_write_triage_layer(attr_triage_map *m, const attr_explanation *e, const attr_explained *item,
                                    const attr_map_figures *figures, const char *folder);

attr_status attr_write_triage_record(FILE *file, const attr_triage *t, const char *path);
attr_status attr_write_triage_summary(FILE *file, const attr_triage *t);
attr_status attr_write_triage_page(FILE *file, const attr_triage *t);

/* cases.csv: the line with the names, a line, and what an earlier run has left. */
void attr_write_triage_names(FILE *file);
void attr_write_triage_line(FILE *file, const attr_triage *t, int one_case, int method);
attr_status attr_read_triage_table(attr_triage *t, char *text);

void attr_write_triage_candidates(FILE *file, const attr_survey *survey);

#endif
