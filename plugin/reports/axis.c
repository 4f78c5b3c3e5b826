#include "reports/axis.h"

#include <math.h>
#include <stdio.h>

attr_axis attr_axis_empty(void) {
    return (attr_axis){INFINITY, -INFINITY, 0};
}

void attr_axis_widen(attr_axis *a, double value) {
    if (!isfinite(value)) return;
    a->low = fmin(a->low, value);
    a->high = fmax(a->high, value);
}

void attr_axis_round(attr_axis *a, int steps) {
    if (!(a->low <= a->high)) *a = (attr_axis){0, 1, 0};
    if (a->low == a->high) {
        double room = a->low != 0 ? fabs(a->low) / 2 : 1;
        a->low -= room;
        a->high += room;
    }
    double rough = (a->high - a->low) / steps, power = pow(10, floor(log10(rough))), part = rough / power;
    a->step = power * (part <= 1 ? 1 : part <= 2 ? 2 : part <= 5 ? 5 : 10);
    a->low = floor(a->low / a->step + 1e-9) * a->step;
    a->high = ceil(a->high / a->step - 1e-9) * a->step;
}

int attr_axis_numbers(const attr_axis *a) {
    return (int)lround((a->high - a->low) / a->step) + 1;
}

/* What is 0 but for rounding is written as 0. */
void attr_axis_write(char out[32], const attr_axis *a, int i) {
    double value = a->low + i * a->step;
    snprintf(out, 32, "%.6g", fabs(value) < a->step * 1e-6 ? 0 : value);
}

double attr_axis_place(const attr_axis *a, double value, double from, double to) {
    return from + (to - from) * (value - a->low) / (a->high - a->low);
}
