#include "metrics/attribution_share.h"

#include <math.h>
#include <stddef.h>

/* The parts of the plane, each within the next: the box is `inner`, the ring `outer` without it, the picture `fitted`.
 */
typedef struct {
    attr_share_box inner, outer, fitted;
} parts;

static double positive(double x) {
    return x > 0 ? x : 0;
}

static double area(const attr_share_box *b) {
    return positive(b->right - b->left) * positive(b->bottom - b->top);
}

/* How much of a pixel's length lies between, in one direction; of its area that is in a box it is the product of both.
 */
static double covered(double from, double to, int pixel) {
    double begin = from > pixel ? from : pixel, end = to < pixel + 1. ? to : pixel + 1.;
    return positive(end - begin);
}

static attr_share_box cut_off(attr_share_box b, const attr_share_box *at) {
    return (attr_share_box){fmax(b.left, at->left), fmax(b.top, at->top), fmin(b.right, at->right),
                            fmin(b.bottom, at->bottom)};
}

/* About the same centre; no smaller, however it is rounded. */
static attr_share_box enlarged(const attr_share_box *b, double factor) {
    double dx = (factor - 1) * (b->right - b->left) / 2, dy = (factor - 1) * (b->bottom - b->top) / 2;
    return (attr_share_box){b->left - dx, b->top - dy, b->right + dx, b->bottom + dy};
}

static parts make_parts(const attr_fitted_region *fitted, const attr_share_box *box, double factor) {
    parts p = {.fitted = {fitted->x0, fitted->y0, fitted->x0 + fitted->w, fitted->y0 + fitted->h}};
    if (!(box->left < box->right && box->top < box->bottom)) return p;
    p.inner = cut_off(*box, &p.fitted);
    p.outer = cut_off(enlarged(box, factor), &p.fitted);
    return p;
}

void attr_shares_of_map(attr_shares *out, const double *plane, int net_w, int net_h, const attr_fitted_region *fitted,
                        const attr_share_box *box, double factor) {
    const parts p = make_parts(fitted, box, factor);
    attr_shares sums = {0};
    for (int row = 0; row < net_h; ++row) {
        double inner_part = covered(p.inner.top, p.inner.bottom, row);
        double outer_part = covered(p.outer.top, p.outer.bottom, row);
        double fitted_part = covered(p.fitted.top, p.fitted.bottom, row);
        for (int column = 0; column < net_w; ++column) {
            double value = fabs(plane[(size_t)row * net_w + column]);
            double inner = covered(p.inner.left, p.inner.right, column) * inner_part;
            double outer = covered(p.outer.left, p.outer.right, column) * outer_part;
            double in_picture = covered(p.fitted.left, p.fitted.right, column) * fitted_part;
            sums.box += value * inner;
            sums.ring += value * (outer - inner);
            sums.elsewhere += value * (in_picture - outer);
            sums.padding += value * (1 - in_picture);
        }
    }
    double whole = sums.box + sums.ring + sums.elsewhere + sums.padding;
    *out = whole > 0 ? (attr_shares){sums.box / whole, sums.ring / whole, sums.elsewhere / whole, sums.padding / whole}
                     : (attr_shares){NAN, NAN, NAN, NAN};
}

void attr_shares_of_area(attr_shares *out, int net_w, int net_h, const attr_fitted_region *fitted,
                         const attr_share_box *box, double factor) {
    const parts p = make_parts(fitted, box, factor);
    double inner = area(&p.inner), outer = area(&p.outer), fitted_area = area(&p.fitted), whole = (double)net_w * net_h;
    *out = (attr_shares){inner / whole, (outer - inner) / whole, (fitted_area - outer) / whole,
                         (whole - fitted_area) / whole};
}

double attr_share_ratio(double share, double uniform) {
    return uniform > 0 ? share / uniform : NAN;
}
