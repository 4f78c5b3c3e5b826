/* The scale of a map: which values have which colours (option `normalisation`).
 *
 * A value v has the place t = sign(v) clip((|v| - zero) / (end - zero), 0, 1) in the palette, end being that of its
 * sign. With n values, v' their magnitudes in ascending order:
 *
 *   percentile  end = the 99th percentile of the magnitudes (rank .99 (n - 1), interpolated linearly), zero = v'[0].
 *               If both are the same, zero = 0, so that a constant map has the end's colour; if the percentile is 0,
 *               since nearly all values are, end = v'[n - 1]
 *   outlier     end = the first v'[i] with v'[0] + ... + v'[i] >= 98 % of the sum of all, zero = 0
 *   signs       positive = the largest value, negative = the magnitude of the smallest, zero = 0; a sign that does not
 *               occur has the end of the other
 *   maximum     end = v'[n - 1], zero = 0 */
#ifndef ATTR_IMAGES_SCALE_H
#define ATTR_IMAGES_SCALE_H

#include <stddef.h>

#include "base/status.h"
#include "options/options.h"

/* All magnitudes: up to `zero` the colour is that of 0, from the end of a value's sign on that of the palette's end. */
typedef struct {
    double zero, positive, negative; /* 0 <= zero < both ends */
} attr_scale;

/* The scale of `count` values, 1 or more. ATTR_NUMERIC if all are 0 or one is not finite. */
attr_status attr_scale_of(attr_scale *out, const float *map, size_t count, attr_normalisation_word normalisation);

/* Makes *scale one for the values of the other, too: the larger ends and the smaller zero. A zeroed one becomes it. */
void attr_scale_widen(attr_scale *scale, const attr_scale *other);

/* The place of a value in the palette, -1 to 1. */
static inline double attr_scale_place(const attr_scale *scale, double value) {
    double t = value < 0 ? (value + scale->zero) / (scale->negative - scale->zero)
                         : (value - scale->zero) / (scale->positive - scale->zero);
    double limit = value < 0 ? -1 : 1;
    return t * limit < 0 ? 0 : t * limit > 1 ? limit : t;
}

#endif
