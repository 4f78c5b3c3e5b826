/* What else in a picture a map rests on: its mass on the labelled objects of each class, outside of the box that the
 * map explains.
 *
 * A pixel counts where its centre lies: on an object of a class if it is in one of the class's boxes and not in the box
 * itself; on several classes if their boxes overlap. Pixels and boxes as in attribution_share.h. */
#ifndef ATTR_METRICS_CONTEXT_SHARE_H
#define ATTR_METRICS_CONTEXT_SHARE_H

#include "base/status.h"
#include "metrics/attribution_share.h"

typedef struct {
    int class_index;
    double share, uniform; /* of the sum of absolute values; of the picture's area inside the fitted region */
} attr_context_share;

/* classes[count], boxes[count]: the labelled objects, in network pixels. *out gets an element for each class that has a
 * pixel, in the order of the classes; NULL and 0 if none has. Shares are NAN for a map of zeros. Released with free().
 * ATTR_NO_MEMORY is the only failure. */
attr_status attr_context_shares(attr_context_share **out, int *out_count, const double *plane, int net_w, int net_h,
                                const attr_fitted_region *fitted, const attr_share_box *box, const int *classes,
                                const attr_share_box *boxes, int count);

#endif
