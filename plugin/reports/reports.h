/* The parts of a report. attr_write() (attribution.h, write.c) puts them into files; each can be written to any stream.
 * Whether a stream took everything is for its owner to check. */
#ifndef ATTR_REPORTS_REPORTS_H
#define ATTR_REPORTS_REPORTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "images/colour.h"
#include "images/scale.h"
#include "reports/json.h"
#include "session/explanation.h"

/* --- one map in numbers (figures.c) --------------------------------------------------------------------------- */

typedef enum { ATTR_MAP_DRAWN, ATTR_MAP_ZERO, ATTR_MAP_NOT_FINITE } attr_map_state;

typedef struct {
    attr_map_state state;                /* of the map and of the plane that is drawn */
    double min, max, positive, negative; /* of the map; the last two are sums. NAN if it is not finite */
    attr_palette palette;                /* sequential if no value of the plane is negative */
    attr_scale scale;                    /* of the plane, by option normalisation; zeros if it is not drawn */
    bool shares_scale;                   /* `scale` is that of several maps: drawings keep to it, shrunk ones, too */
    bool has_error;                      /* there is a map of the standard error, too */
} attr_map_figures;

/* ATTR_NO_MEMORY is the only failure. */
attr_status attr_map_measure(attr_map_figures *out, const attr_explanation *e, const attr_explained *item);

/* Why a map is not drawn, in words; NULL if it is. */
const char *attr_map_note(const attr_map_figures *figures);

/* Writes what a map is worth, for a line of text: target and its value, gradients, and its error or its gap, where it
 * has one, and what else its method tells: "score 0.606, 50 gradients, error 64% of the map". */
void attr_describe_map(FILE *file, const attr_explained *item);

/* Whether noise takes away more than half of the target: then a map is hardly one of the network that was given. */
bool attr_noise_ruins(const attr_explained *item);

/* Whether the map's error was to be within the tolerance (samples or pool are auto) and is not. */
bool attr_error_is_above(const attr_explained *item);

/* --- pictures as PNG data (drawing.c) ------------------------------------------------------------------------- */

typedef struct {
    unsigned char *png; /* released with free(); NULL: nothing drawn */
    size_t size;
    int w, h;
    attr_scale scale; /* of a map: as used */
} attr_drawing;

/* `largest_side`: a larger picture is shrunk by a whole number to fit; 0: never. A small one is enlarged as in
 * images/overlay.h. The map must be drawable (ATTR_MAP_DRAWN). Its data have a text "Comment": the class, the method
 * and what attr_describe_map() says, with the split-half correlation where there is one. */
attr_status attr_small_picture(unsigned char **rgb, int *w, int *h, const attr_picture *picture, int largest_side);
attr_status attr_draw_picture(attr_drawing *out, const attr_picture *picture, int largest_side);
attr_status attr_draw_map(attr_drawing *out, const attr_explanation *e, const attr_explained *item,
                          const attr_map_figures *figures, int largest_side);

/* --- summary.json (summary.c) --------------------------------------------------------------------------------- */

/* The array "predictions" of what follows. */
void attr_json_predictions(attr_json *j, const attr_explanation *e);

/* Everything that is known, as one JSON object. `figures` are those of the maps. */
void attr_write_summary(FILE *file, const attr_explanation *e, const attr_map_figures *figures);

/* The same on one line, and the folder of the results: released with free(). ATTR_NO_MEMORY is the only failure. */
attr_status attr_summary_line(char **line, const attr_explanation *e, const attr_map_figures *figures,
                              const char *folder);

/* attr_write(), and that line of what was written, whatever `output` asks for; NULL after a failure. */
attr_status attr_write_with_line(char **line, const attr_explanation *e, const char *results);

/* --- run.cfg (record.c) --------------------------------------------------------------------------------------- */

/* The first bytes of every record: by these the file of an earlier run is known. */
#define ATTR_RECORD_MARK "# Attribution for Darknet"

/* All options as a section that can be given back with -attribution, below what else is needed to repeat the run.
 * `path` is the name that the record will have. */
attr_status attr_write_record(FILE *file, const attr_explanation *e, const char *path);

/* --- index.html (page.c, page_map.c, page_mask.c) ----------------------------------------------------------------- */

/* The longest side of the pictures in a page, and of those side by side. */
enum { ATTR_PAGE_SIDE = 1600, ATTR_COMPARE_SIDE = 800 };

/* A page is written in one go: its beginning, the maps in their order, its end. `drawing` is not used if the map is not
 * drawn. */
attr_status attr_page_begin(FILE *file, const attr_explanation *e);
void attr_page_map(FILE *file, const attr_explanation *e, int i, const attr_map_figures *figures,
                   const attr_drawing *drawing);
attr_status attr_page_end(FILE *file, const attr_explanation *e, const char *record_path);

/* What RelEx tells of a mask: figures, and the objective as a curve. */
void attr_page_mask(FILE *file, const attr_explained *item);

/* --- comparisons: compare.cfg, maps, compare.json, compare.html (comparison.c, compare_page.c) ----------------- */

/* One method's part. */
typedef struct {
    attr_explanation *e;       /* owned; without what the page does not need */
    attr_map_figures *figures; /* [e->count] */
    attr_drawing *drawings;    /* [e->count], for the page */
} attr_compared;

/* Explanations of one picture and the same targets by several methods. Zeroed but for `options`: nothing yet. */
typedef struct {
    const attr_options *options; /* as they were given: with `methods` and `shared_scale`, before one was chosen */
    attr_compared parts[ATTR_METHODS_AT_MOST];
    int count;
} attr_comparison;

/* Takes over an explanation, writes its maps into the folder of the options and lets go of them. With the first comes
 * compare.cfg, and the page of an earlier comparison goes. The drawings of a shared scale wait for the end, and so do
 * the planes that they are made of. */
attr_status attr_comparison_add(attr_comparison *c, attr_explanation *e);

/* When all methods are there: the drawings of a shared scale, compare.json and compare.html. ATTR_NUMERIC when a map is
 * not finite, after all is written. */
attr_status attr_comparison_finish(attr_comparison *c);
void attr_comparison_free(attr_comparison *c);

/* Its files as streams. */
attr_status attr_write_comparison_record(FILE *file, const attr_comparison *c, const char *path);
void attr_write_comparison_summary(FILE *file, const attr_comparison *c);

/* compare.json on one line, and the folder: as attr_summary_line(). Needs at least one method. */
attr_status attr_comparison_line(char **line, const attr_comparison *c);
attr_status attr_write_comparison_page(FILE *file, const attr_comparison *c, const char *record_path);

#endif
