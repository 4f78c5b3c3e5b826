/* Measured curves: as a table (CSV) and as a drawing (SVG). Written to any stream; whether it took everything is for
 * its owner to check.
 *
 * The SVG needs nothing beside it, has a white ground and can be looked at with any browser. Points are joined in the
 * order of x; each has a bar from y - error to y + error, and a dot, but not in a curve of more than 100. What is not
 * finite is left out. */
#ifndef ATTR_REPORTS_CURVE_H
#define ATTR_REPORTS_CURVE_H

#include <stdio.h>

typedef struct {
    double x, y, error; /* error: of y, standard error or the like; 0 or NAN: no bar */
} attr_curve_point;

typedef struct {
    const char *name;               /* for the legend, which is drawn when there are several curves */
    const attr_curve_point *points; /* by x */
    int count;
} attr_curve;

/* A line across the drawing, with its name; `value` NAN: none. With an error it is a band of that width to both sides.
 */
typedef struct {
    const char *name;
    double value, error;
} attr_curve_mark;

typedef struct {
    const char *title, *x_name, *y_name;
    const attr_curve *curves;
    int count;
    attr_curve_mark level, place; /* at a y, at an x */
} attr_curve_drawing;

void attr_curve_write_svg(FILE *file, const attr_curve_drawing *drawing);

/* A head line with the names (without commas), then a line for each row: values[rows][columns], up to 9 digits, "nan"
 * for what is not known. */
void attr_table_write_csv(FILE *file, const char *const *names, const double *values, int columns, int rows);

#endif
