/* The parts of a report. attr_write() (attribution.h, write.c) puts them into files; each can be written to any stream.
 * Whether a stream took everything is for its owner to check. */
#ifndef ATTR_REPORTS_REPORTS_H
#define ATTR_REPORTS_REPORTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "images/colour.h"
#include "session/explanation.h"

/* --- one map in numbers (figures.c) --------------------------------------------------------------------------- */

typedef enum { ATTR_MAP_DRAWN, ATTR_MAP_ZERO, ATTR_MAP_NOT_FINITE } attr_map_state;

typedef struct {
    attr_map_state state;                /* of the map and of the plane that is drawn */
    double min, max, positive, negative; /* of the map; the last two are sums. NAN if it is not finite */
    attr_palette palette;                /* sequential if no value of the plane is negative */
    double scale;                        /* of the plane, see images/overlay.h; 0 if it is not drawn */
} attr_map_figures;

/* ATTR_NO_MEMORY is the only failure. */
attr_status attr_map_measure(attr_map_figures *out, const attr_explanation *e, const attr_explained *item);

/* Why a map is not drawn, in words; NULL if it is. */
const char *attr_map_note(const attr_map_figures *figures);

/* Integrated Gradients: f(x) - f(x'), what the map should sum to; NAN for other methods. */
double attr_expected_sum(const attr_explained *item);

/* --- pictures as PNG data (drawing.c) ------------------------------------------------------------------------- */

typedef struct {
    unsigned char *png; /* released with free(); NULL: nothing drawn */
    size_t size;
    int w, h;
    double scale; /* of a map: as used */
} attr_drawing;

/* `largest_side`: a larger picture is shrunk by a whole number to fit; 0: never. A small one is enlarged as in
 * images/overlay.h. The map must be drawable (ATTR_MAP_DRAWN). */
attr_status attr_draw_picture(attr_drawing *out, const attr_picture *picture, int largest_side);
attr_status attr_draw_map(attr_drawing *out, const attr_explanation *e, const attr_explained *item,
                          attr_palette palette, int largest_side);

/* --- summary.json (summary.c) --------------------------------------------------------------------------------- */

/* Everything that is known, as one JSON object. */
attr_status attr_write_summary(FILE *file, const attr_explanation *e);

/* --- run.cfg (record.c) --------------------------------------------------------------------------------------- */

/* The first bytes of every record: by these the file of an earlier run is known. */
#define ATTR_RECORD_MARK "# Attribution for Darknet"

/* All options as a section that can be given back with -attribution, below what else is needed to repeat the run.
 * `path` is the name that the record will have. */
attr_status attr_write_record(FILE *file, const attr_explanation *e, const char *path);

/* --- index.html (page.c, page_map.c, page_mask.c) ----------------------------------------------------------------- */

/* The longest side of the pictures in a page. */
enum { ATTR_PAGE_SIDE = 1600 };

/* A page is written in one go: its beginning, the maps in their order, its end. `drawing` is not used if the map is not
 * drawn. */
attr_status attr_page_begin(FILE *file, const attr_explanation *e);
void attr_page_map(FILE *file, const attr_explanation *e, int i, const attr_map_figures *figures,
                   const attr_drawing *drawing);
attr_status attr_page_end(FILE *file, const attr_explanation *e, const char *record_path);

/* What RelEx tells of a mask: figures, and the objective as a curve. */
void attr_page_mask(FILE *file, const attr_explained *item);

/* The prediction that a map explains, -1 if it is not among those listed. */
int attr_prediction_of(const attr_explanation *e, const attr_explained *item);

#endif
