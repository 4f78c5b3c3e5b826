#include "metrics/context_share.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* Whether the centre of a pixel lies between, in one direction. */
static bool is_between(double from, double to, int pixel) {
    return pixel + 0.5 >= from && pixel + 0.5 < to;
}

static void mark(bool *marked, bool value, int net_w, const attr_fitted_region *fitted, const attr_share_box *box) {
    for (int y = fitted->y0; y < fitted->y0 + fitted->h; ++y) {
        if (!is_between(box->top, box->bottom, y)) continue;
        for (int x = fitted->x0; x < fitted->x0 + fitted->w; ++x)
            if (is_between(box->left, box->right, x)) marked[(size_t)y * (size_t)net_w + (size_t)x] = value;
    }
}

/* False if no pixel of the picture is marked. */
static bool measure(attr_context_share *out, const double *plane, int net_w, const attr_fitted_region *fitted,
                    const bool *marked) {
    double mass = 0;
    long pixels = 0;
    for (int y = fitted->y0; y < fitted->y0 + fitted->h; ++y)
        for (int x = fitted->x0; x < fitted->x0 + fitted->w; ++x) {
            size_t i = (size_t)y * (size_t)net_w + (size_t)x;
            mass += marked[i] ? fabs(plane[i]) : 0;
            pixels += marked[i];
        }
    out->share = mass;
    out->uniform = (double)pixels / ((double)fitted->w * fitted->h);
    return pixels > 0;
}

static int next_class(int after, const int *classes, int count) {
    int next = -1;
    for (int i = 0; i < count; ++i)
        if (classes[i] > after && (next < 0 || classes[i] < next)) next = classes[i];
    return next;
}

attr_status attr_context_shares(attr_context_share **out, int *out_count, const double *plane, int net_w, int net_h,
                                const attr_fitted_region *fitted, const attr_share_box *box, const int *classes,
                                const attr_share_box *boxes, int count) {
    double all = 0;
    size_t n = (size_t)net_w * (size_t)net_h;
    bool *marked = NULL;
    *out = NULL;
    *out_count = 0;
    if (count == 0) return ATTR_OK;
    for (size_t i = 0; i < n; ++i) all += fabs(plane[i]);
    attr_status status = attr_allocate(out, (size_t)count, sizeof **out, "shares of a map");
    if (status == ATTR_OK) status = attr_allocate(&marked, n, sizeof *marked, "shares of a map");
    for (int c = next_class(-1, classes, count); status == ATTR_OK && c >= 0; c = next_class(c, classes, count)) {
        attr_context_share *one = &(*out)[*out_count];
        one->class_index = c;
        memset(marked, 0, n * sizeof *marked);
        for (int i = 0; i < count; ++i)
            if (classes[i] == c) mark(marked, true, net_w, fitted, &boxes[i]);
        mark(marked, false, net_w, fitted, box);
        if (!measure(one, plane, net_w, fitted, marked)) continue;
        one->share = all > 0 ? one->share / all : NAN;
        ++*out_count;
    }
    free(marked);
    if (*out_count > 0) return ATTR_OK;
    free(*out);
    *out = NULL;
    return status;
}
