#include "images/scale.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* The bits of numbers that are not negative are in the order of the numbers; so two rounds of counting, by upper and by
 * lower half of the bits, find ranks and sums of a map's magnitudes without sorting or copying it. */
enum { bins = 65536 };

static uint32_t magnitude_bits(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits & 0x7fffffff;
}

static double magnitude_of(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void count_upper(uint32_t *counts, const float *map, size_t count) {
    memset(counts, 0, bins * sizeof *counts);
    for (size_t i = 0; i < count; i++) counts[magnitude_bits(map[i]) >> 16]++;
}

static void count_lower(uint32_t *counts, const float *map, size_t count, uint32_t upper) {
    memset(counts, 0, bins * sizeof *counts);
    for (size_t i = 0; i < count; i++) {
        uint32_t bits = magnitude_bits(map[i]);
        if (bits >> 16 == upper) counts[bits & 65535]++;
    }
}

/* The rank-th smallest magnitude, counted from 0; *equals: how many of the next ranks have the same. */
static double nth_magnitude(size_t *equals, uint32_t *counts, const float *map, size_t count, size_t rank) {
    uint32_t upper = 0, lower = 0;
    count_upper(counts, map, count);
    for (; rank >= counts[upper]; upper++) rank -= counts[upper];
    count_lower(counts, map, count, upper);
    for (; rank >= counts[lower]; lower++) rank -= counts[lower];
    *equals = counts[lower] - rank - 1;
    return magnitude_of(upper << 16 | lower);
}

static double next_magnitude(const float *map, size_t count, double after) {
    double next = INFINITY;
    for (size_t i = 0; i < count; i++) {
        double magnitude = fabs((double)map[i]);
        if (magnitude > after && magnitude < next) next = magnitude;
    }
    return next;
}

static double percentile(uint32_t *counts, const float *map, size_t count) {
    double position = .99 * (double)(count - 1), part = position - floor(position);
    size_t equals;
    double value = nth_magnitude(&equals, counts, map, count, (size_t)position);
    if (part == 0 || equals > 0) return value;
    return (1 - part) * value + part * next_magnitude(map, count, value);
}

/* The smallest magnitude up to which magnitudes make `part` of their sum; `largest` if rounding leaves none. */
static attr_status magnitude_of_part(double *out, uint32_t *counts, const float *map, size_t count, double part,
                                     double largest) {
    double *sums = NULL, total = 0, below = 0;
    ATTR_TRY(attr_allocate(&sums, bins, sizeof *sums, "a histogram"));
    for (size_t i = 0; i < count; i++) sums[magnitude_bits(map[i]) >> 16] += fabs((double)map[i]);
    for (int i = 0; i < bins; i++) total += sums[i];
    uint32_t upper = 0, lower = 0;
    for (; upper + 1 < bins && below + sums[upper] < part * total; upper++) below += sums[upper];
    count_lower(counts, map, count, upper);
    free(sums);
    *out = largest;
    for (; lower < bins; lower++) {
        double value = magnitude_of(upper << 16 | lower);
        below += counts[lower] * value;
        if (counts[lower] == 0 || below < part * total) continue;
        *out = value;
        break;
    }
    return ATTR_OK;
}

typedef struct {
    float low, high;    /* of the values */
    double least, most; /* of their magnitudes */
} extremes;

static attr_status measure(extremes *out, const float *map, size_t count) {
    size_t broken = 0;
    float low = 0, high = 0, least = INFINITY;
    for (size_t i = 0; i < count; i++) {
        float value = map[i], magnitude = fabsf(value);
        broken += !isfinite(value);
        low = value < low ? value : low;
        high = value > high ? value : high;
        least = magnitude < least ? magnitude : least;
    }
    *out = (extremes){low, high, least, high > -low ? high : -low};
    if (broken > 0)
        return attr_fail(ATTR_NUMERIC, "%zu of the map's %zu values are not finite: not drawn", broken, count);
    if (out->most == 0) return attr_fail(ATTR_NUMERIC, "the map is zero everywhere: not drawn");
    return ATTR_OK;
}

static attr_status find_end(attr_scale *out, uint32_t *counts, const float *map, size_t count, const extremes *e,
                            attr_normalisation_word normalisation) {
    double end = e->most;
    *out = (attr_scale){0};
    if (normalisation == ATTR_NORMALISATION_PERCENTILE) {
        double value = percentile(counts, map, count);
        if (value > 0) end = value;
        if (e->least < end) out->zero = e->least;
    }
    if (normalisation == ATTR_NORMALISATION_OUTLIER)
        ATTR_TRY(magnitude_of_part(&end, counts, map, count, .98, e->most));
    out->positive = out->negative = end;
    if (normalisation == ATTR_NORMALISATION_SIGNS) {
        if (e->high > 0) out->positive = e->high;
        if (e->low < 0) out->negative = -e->low;
    }
    return ATTR_OK;
}

attr_status attr_scale_of(attr_scale *out, const float *map, size_t count, attr_normalisation_word normalisation) {
    extremes e;
    uint32_t *counts = NULL;
    ATTR_TRY(measure(&e, map, count));
    ATTR_TRY(attr_allocate(&counts, bins, sizeof *counts, "a histogram"));
    attr_status status = find_end(out, counts, map, count, &e, normalisation);
    free(counts);
    return status;
}

void attr_scale_widen(attr_scale *scale, const attr_scale *other) {
    if (scale->positive == 0) {
        *scale = *other;
        return;
    }
    scale->zero = fmin(scale->zero, other->zero);
    scale->positive = fmax(scale->positive, other->positive);
    scale->negative = fmax(scale->negative, other->negative);
}
