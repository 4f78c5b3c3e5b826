#include "metrics/axioms.h"

#include <math.h>

#include "layers/batchnorm.h"

/* ---- Completeness */

attr_completeness attr_completeness_of(const double *map, size_t n, double value, double baseline_value) {
    attr_completeness c = {.expected = value - baseline_value};
    for (size_t i = 0; i < n; ++i) c.sum += map[i];
    c.gap = fabs(c.sum - c.expected);
    c.relative = c.expected != 0 ? c.gap / fabs(c.expected) : NAN;
    return c;
}

/* ---- Input invariance */

typedef struct {
    double difference, map; /* sums of squares */
} squares;

static void add_squares(squares *s, const double *map, const double *shifted, size_t n) {
    for (size_t i = 0; i < n; ++i) {
        s->difference += (shifted[i] - map[i]) * (shifted[i] - map[i]);
        s->map += map[i] * map[i];
    }
}

static double relative_distance(const squares *s) {
    return s->map > 0 ? sqrt(s->difference) / sqrt(s->map) : NAN;
}

double attr_invariance_error(const double *map, const double *shifted, size_t n) {
    squares s = {0};
    add_squares(&s, map, shifted, n);
    return relative_distance(&s);
}

double attr_invariance_error_inside(const double *map, const double *shifted, int channels, int height, int width,
                                    int border) {
    squares s = {0};
    for (int c = 0; c < channels; ++c)
        for (int y = border; y < height - border && width > 2 * border; ++y) {
            size_t first = ((size_t)c * (size_t)height + (size_t)y) * (size_t)width + (size_t)border;
            add_squares(&s, map + first, shifted + first, (size_t)(width - 2 * border));
        }
    return relative_distance(&s);
}

/* What a filter makes of the shift alone, before batch norm. */
static double response(const layer *l, int filter, const float *shift) {
    int channels = l->c / l->groups, area = l->size * l->size;
    const float *weights = l->weights + (size_t)filter * (size_t)channels * (size_t)area;
    const float *of_group = shift + filter / (l->n / l->groups) * channels;
    double sum = 0;
    for (int c = 0; c < channels; ++c)
        for (int i = 0; i < area; ++i) sum += (double)weights[c * area + i] * of_group[c];
    return sum;
}

attr_status attr_compensated_biases(float *biases, const layer *l, const float *shift) {
    const attr_parameters p = {l->weights, l->biases, l->scales, l->rolling_mean, l->rolling_variance};
    if (l->type != CONVOLUTIONAL || l->binary || l->xnor)
        return attr_fail(ATTR_UNSUPPORTED, "only the bias of a [convolutional] layer can take a shift back");
    for (int i = 0; i < l->n; ++i) {
        double factor = l->batch_normalize ? attr_batchnorm_factor(&p, i) : 1;
        biases[i] = (float)(l->biases[i] - factor * response(l, i, shift));
    }
    return ATTR_OK;
}

int attr_padded_border(const layer *l) {
    return (l->pad + l->stride - 1) / l->stride;
}
