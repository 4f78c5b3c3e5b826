/* Pieces of pages, all of them for any stream. Private to this room. */
#ifndef ATTR_REPORTS_PAGE_H
#define ATTR_REPORTS_PAGE_H

#include "reports/reports.h"

/* --- around the maps (page_parts.c) ---------------------------------------------------------------------------- */

/* What all pages have in common, for their <style>. */
void attr_page_style(FILE *file);

/* From the first line to <main>. `subtitle`: the method or methods. The foot closes what the head has opened. */
void attr_page_head(FILE *file, const attr_explanation *e, const char *subtitle);
void attr_page_foot(FILE *file);

/* The picture, the boxes on it, and the table of predictions; those explained are links to #map-1, #map-2, ... */
attr_status attr_page_predictions(FILE *file, const attr_explanation *e);

/* Picture, boxes and table alone, of an explanation without maps. */
attr_status attr_page_seen(FILE *file, const attr_explanation *e);

/* The prediction that a map explains, -1 if it is not among those listed. */
int attr_prediction_of(const attr_explanation *e, const attr_explained *item);

/* For a list of terms: what the method's maps mean and its noise; the picture and the network. */
void attr_page_method(FILE *file, const attr_explanation *e);
void attr_page_circumstances(FILE *file, const attr_explanation *e);

/* The text of a record, which `write` writes, and the link to its file. */
attr_status attr_page_record(FILE *file, const char *name, attr_status (*write)(FILE *, const void *, const char *),
                             const void *run, const char *path);

/* --- one map (page_map.c) -------------------------------------------------------------------------------------- */

/* A heading's content: the number of the prediction, the class, the score. */
void attr_page_heading(FILE *file, const attr_explanation *e, const attr_explained *item);
/* The drawing, its bar and what colours mean, or why there is none. */
void attr_page_drawing(FILE *file, const attr_explanation *e, const attr_explained *item,
                       const attr_map_figures *figures, const attr_drawing *drawing);
/* List items: what is to be known of its certainty, and links to its files. */
void attr_page_certainty(FILE *file, const attr_explanation *e, const attr_explained *item);
void attr_page_files(FILE *file, const attr_explanation *e, const attr_explained *item,
                     const attr_map_figures *figures);

#endif
