#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "metrics/information_curve.h"
#include "metrics/pixel_walk.h"

enum { POINTS = ATTR_INFORMATION_POINTS };

typedef struct {
    double at, value;
} point;

static int compare_points(const void *a, const void *b) {
    const point *left = a, *right = b;
    if (left->at != right->at) return left->at < right->at ? -1 : 1;
    return (left->value > right->value) - (left->value < right->value); /* sums do not depend on the order given */
}

typedef struct {
    bool extrapolate; /* beyond the ends along the last line */
    bool largest;     /* points with the same abscissa become the largest of them instead of their mean */
    bool rising;      /* then each point gets the largest value up to it */
} rules;

/* Points in order with one value each; returns how many are left. */
static size_t merge(point *points, size_t count, bool largest) {
    size_t merged = 0;
    qsort(points, count, sizeof *points, compare_points);
    for (size_t first = 0, end; first < count; first = end) {
        double sum = 0;
        for (end = first; end < count && points[end].at == points[first].at; ++end) sum += points[end].value;
        double value = largest ? points[end - 1].value : sum / (double)(end - first);
        points[merged++] = (point){points[first].at, value};
    }
    return merged;
}

static double interpolate(const point *points, size_t count, double at, bool extrapolate) {
    size_t next = 1; /* the end of the interval */
    if (count == 1) return points[0].value;
    if (!extrapolate && at <= points[0].at) return points[0].value;
    if (!extrapolate && at >= points[count - 1].at) return points[count - 1].value;
    while (next + 1 < count && points[next].at < at) ++next;
    const point *a = &points[next - 1], *b = &points[next];
    if (at == b->at) return b->value;
    return a->value + (b->value - a->value) * (at - a->at) / (b->at - a->at);
}

static attr_status fit(double *curve, const double *at, const double *value, size_t count, rules how) {
    point *points = NULL;
    ATTR_TRY(attr_allocate(&points, count, sizeof *points, "points of a curve"));
    for (size_t i = 0; i < count; ++i) points[i] = (point){at[i], value[i]};
    count = merge(points, count, how.largest);
    for (size_t i = 1; how.rising && i < count; ++i) points[i].value = fmax(points[i].value, points[i - 1].value);
    for (int i = 0; i < POINTS; ++i) curve[i] = interpolate(points, count, (double)i / (POINTS - 1), how.extrapolate);
    free(points);
    return ATTR_OK;
}

attr_status attr_curve_through(double *curve, const double *at, const double *value, size_t count, bool extrapolate) {
    return fit(curve, at, value, count, (rules){.extrapolate = extrapolate});
}

attr_status attr_information_fit(double *curve, const attr_information_curve *of, const double *value) {
    if (of->variant == ATTR_INFORMATION_GGIG)
        return attr_curve_through(curve, of->information, value, of->points, of->as_published);
    double at[POINTS + 1], values[POINTS + 1];
    at[0] = values[0] = 0;
    for (size_t i = 1; i < of->points; ++i) {
        at[i] = of->information[i];
        values[i] = of->as_published ? fmax(value[i], values[i - 1]) : value[i];
    }
    at[of->points] = values[of->points] = 1;
    return fit(curve, at, values, of->points + 1, (rules){.largest = true, .rising = !of->as_published});
}

/* ---- Several pictures */

static bool has_curve(const attr_information_curve *c) {
    return !isnan(c->sic_area);
}

static int compare_numbers(const void *a, const void *b) {
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static double median(double *values, size_t n) {
    qsort(values, n, sizeof *values, compare_numbers);
    return (values[(n - 1) / 2] + values[n / 2]) / 2;
}

static void take_medians(attr_information_summary *out, double *room, const attr_information_curve *curves,
                         size_t count) {
    for (int i = 0; i < POINTS; ++i) {
        size_t n = 0;
        for (size_t k = 0; k < count; ++k)
            if (has_curve(&curves[k])) room[n++] = curves[k].sic[i];
        out->sic[i] = median(room, n);
    }
    out->sic_area = attr_walk_area(out->sic, POINTS - 1);
}

/* The mean over pictures of number i of the array that begins `offset` bytes into a curve. */
static double mean_of(const attr_information_curve *curves, size_t count, size_t offset, size_t i) {
    double sum = 0;
    size_t n = 0;
    for (size_t k = 0; k < count; ++k) {
        if (!has_curve(&curves[k])) continue;
        sum += ((const double *)((const char *)&curves[k] + offset))[i];
        ++n;
    }
    return sum / (double)n;
}

static attr_status take_means(attr_information_summary *out, const attr_information_curve *curves, size_t count) {
    double information[POINTS], recognised[POINTS];
    if (curves[0].variant == ATTR_INFORMATION_GGIG) {
        for (size_t i = 0; i < curves[0].points; ++i) {
            information[i] = mean_of(curves, count, offsetof(attr_information_curve, information), i);
            recognised[i] = mean_of(curves, count, offsetof(attr_information_curve, recognised), i);
        }
        ATTR_TRY(attr_curve_through(out->aic, information, recognised, curves[0].points, curves[0].as_published));
    } else {
        for (size_t i = 0; i < POINTS; ++i)
            out->aic[i] = mean_of(curves, count, offsetof(attr_information_curve, aic), i);
    }
    out->aic_area = attr_walk_area(out->aic, POINTS - 1);
    return ATTR_OK;
}

attr_status attr_information_summarise(attr_information_summary *out, const attr_information_curve *curves,
                                       size_t count) {
    double *room = NULL;
    *out = (attr_information_summary){.sic_area = NAN, .aic_area = NAN};
    for (int i = 0; i < POINTS; ++i) out->sic[i] = out->aic[i] = NAN;
    for (size_t k = 0; k < count; ++k) out->pictures += has_curve(&curves[k]);
    if (out->pictures == 0) return ATTR_OK;
    ATTR_TRY(attr_allocate(&room, out->pictures, sizeof *room, "curves"));
    take_medians(out, room, curves, count);
    free(room);
    return take_means(out, curves, count);
}
