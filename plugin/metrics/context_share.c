#include "metrics/context_share.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/memory.h"

static bool is_in(const attr_share_box *box, int x, int y) {
    return x + 0.5 >= box->left && x + 0.5 < box->right && y + 0.5 >= box->top && y + 0.5 < box->bottom;
}

static bool is_of_class(int class_index, const int *classes, const attr_share_box *boxes, int count, int x, int y) {
    for (int i = 0; i < count; ++i)
        if (classes[i] == class_index && is_in(&boxes[i], x, y)) return true;
    return false;
}

/* False if the class has no pixel. */
static bool measure(attr_context_share *out, const double *plane, int net_w, const attr_fitted_region *fitted,
                    const attr_share_box *box, const int *classes, const attr_share_box *boxes, int count) {
    double mass = 0;
    long pixels = 0;
    for (int y = fitted->y0; y < fitted->y0 + fitted->h; ++y)
        for (int x = fitted->x0; x < fitted->x0 + fitted->w; ++x) {
            if (is_in(box, x, y) || !is_of_class(out->class_index, classes, boxes, count, x, y)) continue;
            mass += fabs(plane[(size_t)y * (size_t)net_w + (size_t)x]);
            ++pixels;
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
    *out = NULL;
    *out_count = 0;
    if (count == 0) return ATTR_OK;
    for (size_t i = 0; i < (size_t)net_w * (size_t)net_h; ++i) all += fabs(plane[i]);
    ATTR_TRY(attr_allocate(out, (size_t)count, sizeof **out, "shares of a map"));
    for (int c = next_class(-1, classes, count); c >= 0; c = next_class(c, classes, count)) {
        attr_context_share *one = &(*out)[*out_count];
        one->class_index = c;
        if (!measure(one, plane, net_w, fitted, box, classes, boxes, count)) continue;
        one->share = all > 0 ? one->share / all : NAN;
        ++*out_count;
    }
    if (*out_count > 0) return ATTR_OK;
    free(*out);
    *out = NULL;
    return ATTR_OK;
}
