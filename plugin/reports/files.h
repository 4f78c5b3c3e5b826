/* Files of a picture's folder. Private to this room. */
#ifndef ATTR_REPORTS_FILES_H
#define ATTR_REPORTS_FILES_H

#include "base/files.h"
#include "reports/json.h"
#include "reports/reports.h"

/* Whether option `output` asks for that kind. */
bool attr_asked_for(const attr_options *o, attr_output_word kind);

/* <folder>/<name><extension>, released with free(). */
attr_status attr_join_path(char **path, const char *folder, const char *name, const char *extension);
/* The folder of an explanation, and a file in it. */
attr_status attr_folder_of(char **folder, const attr_explanation *e, const char *results);

/* attr_write_begin() of a file in a folder; its end: commit if the status is ATTR_OK, else abort. */
attr_status attr_begin_file(attr_output *output, const char *folder, const char *name);
attr_status attr_end_file(attr_output *output, attr_status status);

/* A whole file: <folder>/<name><extension>. */
attr_status attr_write_bytes(const unsigned char *bytes, size_t size, const char *folder, const char *name,
                             const char *extension);

/* Whether a folder has a record of that name that this program has written. */
bool attr_has_record(const char *folder, const char *name);
/* Removes a file; success if there is none. */
attr_status attr_remove_file(const char *folder, const char *name, const char *extension);
/* Removes the files of the explanation's maps. */
attr_status attr_remove_maps(const char *folder, const attr_explanation *e);

/* Begins the summary of a run over pictures: an object that is left open, with the program and the network's files. */
void attr_begin_summary(attr_json *j, FILE *file, const attr_session *session);

/* The map and its error as .npy files, if they are asked for. */
attr_status attr_write_numbers(const attr_explanation *e, const attr_explained *item, const char *folder);
/* The drawing as a .png file if that is asked for, and one for a page, no larger than `page_side` if that can be;
 * page_side 0: none. A map that cannot be drawn has neither. drawing->png is released with free(). */
attr_status attr_write_drawing(attr_drawing *drawing, const attr_explanation *e, const attr_explained *item,
                               const attr_map_figures *figures, const char *folder, int page_side);

/* What a run ends with that has written everything: ATTR_NUMERIC if item `useless` is not finite (-1: none is). */
attr_status attr_end_run(const attr_explanation *e, int useless, const char *folder);

#endif
