/* Where a map's mass lies: how much of the sum of its absolute values is in a box, in the ring around it, elsewhere in
 * the picture, and in the grey that the letterbox adds.
 *
 * Everything is in network pixels: the pixel of row r and column c is the square from (c, r) to (c + 1, r + 1). A pixel
 * that lies in a part partly counts there by the part of its area. Box and ring are cut off at the picture's edges, so
 * the four parts are disjoint and make up the whole plane.
 *
 * The ring is what a box with `factor` times the width and height about the same centre has and the box has not; with
 * the root of 2 its area is that of the box, as long as neither is cut off. */
#ifndef ATTR_METRICS_ATTRIBUTION_SHARE_H
#define ATTR_METRICS_ATTRIBUTION_SHARE_H

#define ATTR_RING_FACTOR 1.41421356237309504880

/* The part of a network's input that the picture was fitted into: x0, y0, new_w, new_h of an attr_letterbox. */
typedef struct {
    int x0, y0, w, h;
} attr_fitted_region;

/* May reach beyond the picture. Finite; empty unless left < right and top < bottom. */
typedef struct {
    double left, top, right, bottom;
} attr_share_box;

/* Each 0 to 1, together 1. */
typedef struct {
    double box, ring, elsewhere, padding;
} attr_shares;

/* The shares of a plane [net_h][net_w] of finite numbers; all four NAN if it is 0 everywhere. An empty box has no ring.
 * `fitted` lies within the plane; factor >= 1. */
void attr_shares_of_map(attr_shares *out, const double *plane, int net_w, int net_h, const attr_fitted_region *fitted,
                        const attr_share_box *box, double factor);

/* The same of a map that is equal everywhere: the parts' areas. */
void attr_shares_of_area(attr_shares *out, int net_w, int net_h, const attr_fitted_region *fitted,
                         const attr_share_box *box, double factor);

/* How many times denser the map is in a part than on the average: share / uniform share. NAN for a part without area
 * and for a share that is NAN. */
double attr_share_ratio(double share, double uniform);

#endif
