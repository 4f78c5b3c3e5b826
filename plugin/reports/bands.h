/* Several curves with bands of uncertainty, for a page: the drawing has the page's colours, light or dark, and is small
 * enough to be read on a telephone. Legends are the page's text. (Drawings that are files of their own: curve.h.)
 *
 * Each curve has a look: a number of 0 or more, each with a colour and dashes of its own, or below 0 for those that
 * only stand beside, grey with dashes of their own. */
#ifndef ATTR_REPORTS_BANDS_H
#define ATTR_REPORTS_BANDS_H

#include <stdio.h>

typedef struct {
    const char *name; /* shown when it is pointed at */
    int look;
    const double *y, *low, *high; /* [count]; NAN: not known */
} attr_band_curve;

typedef struct {
    const char *name; /* what the drawing shows, for those who cannot see it */
    const char *x_name, *y_name;
    const double *x; /* [count], rising */
    int count;
    const attr_band_curve *curves; /* the first one lies on top */
    int curve_count;
} attr_band_drawing;

/* Looks, for the page's <style>. */
void attr_bands_style(FILE *file);

/* An <svg> element. What is not known leaves a gap. */
void attr_bands_write_svg(FILE *file, const attr_band_drawing *drawing);

/* A short piece of a line, for a legend. */
void attr_bands_write_key(FILE *file, int look);

#endif
