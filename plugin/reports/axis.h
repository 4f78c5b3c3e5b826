/* Axes of drawings: a range that ends at round numbers. Private to this room. */
#ifndef ATTR_REPORTS_AXIS_H
#define ATTR_REPORTS_AXIS_H

typedef struct {
    double low, high, step; /* step: between the numbers at it */
} attr_axis;

/* One that has seen nothing yet. */
attr_axis attr_axis_empty(void);

/* Takes a value in; what is not finite is left out. */
void attr_axis_widen(attr_axis *a, double value);

/* When all has been seen: steps of 1, 2 or 5 times a power of ten, about `steps` of them; the ends go out to whole
 * ones. From 0 to 1 if nothing was seen. */
void attr_axis_round(attr_axis *a, int steps);

/* How many numbers there are; the text of number i. */
int attr_axis_numbers(const attr_axis *a);
void attr_axis_write(char out[32], const attr_axis *a, int i);

/* Where a value lies between two ends, in whatever unit they are. */
double attr_axis_place(const attr_axis *a, double value, double from, double to);

#endif
