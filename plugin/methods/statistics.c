#include "methods/statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* ---- Memory */

static attr_status make_pools(attr_statistics *s) {
    for (int level = 0; level < ATTR_POOLS; ++level) {
        attr_pooled_statistics *p = &s->pooled[level];
        p->height = attr_pooled_length(s->plan.shape.height, level);
        p->width = attr_pooled_length(s->plan.shape.width, level);
        size_t area = (size_t)p->height * p->width;
        ATTR_TRY(attr_allocate(&p->sample, area, sizeof(double), "statistics"));
        ATTR_TRY(attr_allocate(&p->mean, area, sizeof(double), "statistics"));
        ATTR_TRY(attr_allocate(&p->deviations, area, sizeof(double), "statistics"));
    }
    return ATTR_OK;
}

static attr_status make_arrays(attr_statistics *s) {
    ATTR_TRY(attr_allocate(&s->sample, s->size, sizeof(double), "statistics"));
    ATTR_TRY(attr_allocate(&s->mean, s->size, sizeof(double), "statistics"));
    ATTR_TRY(attr_allocate(&s->deviations, s->size, sizeof(double), "statistics"));
    if (s->plan.samples_per_unit > 1) ATTR_TRY(attr_allocate(&s->unit, s->size, sizeof(double), "statistics"));
    if (!s->plan.errors) return ATTR_OK;
    ATTR_TRY(attr_allocate(&s->half, s->size, sizeof(double), "statistics"));
    return make_pools(s);
}

attr_status attr_statistics_make(attr_statistics *s, const attr_statistics_plan *plan) {
    *s = (attr_statistics){.plan = *plan, .size = attr_map_size(&plan->shape)};
    attr_status status = make_arrays(s);
    if (status != ATTR_OK) {
        attr_statistics_free(s);
        return status;
    }
    return ATTR_OK;
}

void attr_statistics_free(attr_statistics *s) {
    free(s->sample);
    free(s->unit);
    free(s->mean);
    free(s->deviations);
    free(s->half);
    for (int level = 0; level < ATTR_POOLS; ++level) {
        free(s->pooled[level].sample);
        free(s->pooled[level].mean);
        free(s->pooled[level].deviations);
    }
    *s = (attr_statistics){0};
}

/* ---- One sample more */

enum { block = 4096 /* numbers that stay in the first-level cache through all steps */ };

/* Turns sample[] into what the statistics are of. */
static void transform(attr_statistics *s, const float *multiplier, size_t first, size_t n) {
    double *sample = s->sample + first;
    if (multiplier)
        for (size_t i = 0; i < n; ++i) sample[i] *= multiplier[first + i];
    if (s->plan.magnitudes)
        for (size_t i = 0; i < n; ++i) sample[i] = fabs(sample[i]);
    if (s->plan.reduction == ATTR_REDUCE_SQUARE)
        for (size_t i = 0; i < n; ++i) sample[i] *= sample[i];
}

/* Welford's step for number `count` of a series. */
static void take(double *mean, double *deviations, const double *values, size_t n, double count) {
    for (size_t i = 0; i < n; ++i) {
        double delta = values[i] - mean[i];
        mean[i] += delta / count;
        deviations[i] += delta * (values[i] - mean[i]);
    }
}

static void take_mean(double *mean, const double *values, size_t n, double count) {
    for (size_t i = 0; i < n; ++i) mean[i] += (values[i] - mean[i]) / count;
}

static void sum_channels(attr_pooled_statistics *p, const double *values, int channels) {
    size_t plane = (size_t)p->height * p->width;
#pragma omp parallel for schedule(static)
    for (size_t first = 0; first < plane; first += block) {
        size_t n = plane - first < block ? plane - first : block;
        memcpy(p->sample + first, values + first, n * sizeof *values);
        for (int c = 1; c < channels; ++c)
            for (size_t i = first; i < first + n; ++i) p->sample[i] += values[c * plane + i];
    }
}

static void pool_next(attr_pooled_statistics *p, const attr_pooled_statistics *finer) {
    int w = finer->width;
#pragma omp parallel for schedule(static) if (p->height >= 16)
    for (int y = 0; y < p->height; ++y) {
        double *to = p->sample + (size_t)y * p->width;
        memset(to, 0, (size_t)p->width * sizeof *to);
        for (int line = 2 * y; line < 2 * y + 2 && line < finer->height; ++line) {
            const double *from = finer->sample + (size_t)line * w;
            for (int x = 0; x < w / 2; ++x) to[x] = to[x] + from[2 * x] + from[2 * x + 1];
            if (w % 2) to[w / 2] += from[w - 1];
        }
    }
}

/* take() with all threads. */
static void take_all(attr_pooled_statistics *p, double count) {
    size_t size = (size_t)p->height * p->width;
#pragma omp parallel for schedule(static) if (size > block)
    for (size_t first = 0; first < size; first += block)
        take(p->mean + first, p->deviations + first, p->sample + first, size - first < block ? size - first : block,
             count);
}

static void take_pools(attr_statistics *s, const double *values) {
    for (int level = 0; level < ATTR_POOLS; ++level) {
        attr_pooled_statistics *p = &s->pooled[level];
        if (level == 0)
            sum_channels(p, values, s->plan.shape.channels);
        else
            pool_next(p, p - 1);
        take_all(p, (double)s->units);
    }
}

void attr_statistics_clear(attr_statistics *s, size_t first, size_t n) {
    double start = s->plan.join == ATTR_JOIN_MAXIMUM ? -INFINITY : 0;
    for (size_t i = first; i < first + n; ++i) s->sample[i] = start;
}

attr_statistics_closing attr_statistics_count(attr_statistics *s) {
    size_t each = s->plan.samples_per_unit, of_unit = s->samples++ % each + 1;
    if (of_unit == each) ++s->units;
    return (attr_statistics_closing){of_unit, of_unit == each};
}

void attr_statistics_take(attr_statistics *s, const attr_statistics_closing *closing, const float *multiplier,
                          size_t first, size_t n) {
    double *values = s->unit ? s->unit + first : s->sample + first;
    transform(s, multiplier, first, n);
    if (s->unit) {
        if (closing->of_unit == 1) memset(values, 0, n * sizeof *values);
        take_mean(values, s->sample + first, n, (double)closing->of_unit);
    }
    if (!closing->ends) return;
    take(s->mean + first, s->deviations + first, values, n, (double)s->units);
    if (s->half && s->units % 2) take_mean(s->half + first, values, n, (double)((s->units + 1) / 2));
}

void attr_statistics_close(attr_statistics *s, const attr_statistics_closing *closing) {
    if (closing->ends && s->plan.errors) take_pools(s, s->unit ? s->unit : s->sample);
    s->begun = false;
}

/* ---- What came out */

static double norm(const double *values, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; ++i) sum += values[i] * values[i];
    return sqrt(sum);
}

/* |standard error| / |mean|; infinity where it is not known. */
static double error_of(const double *mean, const double *deviations, size_t n, size_t units) {
    double length = norm(mean, n), sum = 0, count = (double)units;
    if (units < 2 || !(length > 0)) return INFINITY;
    for (size_t i = 0; i < n; ++i) sum += deviations[i];
    return sqrt(sum / (count - 1) / count) / length;
}

double attr_statistics_error(const attr_statistics *s, int side) {
    const attr_pooled_statistics *p = &s->pooled[attr_pool_of_side(side)];
    if (side <= 1 || !s->plan.errors) return error_of(s->mean, s->deviations, s->size, s->units);
    return error_of(p->mean, p->deviations, (size_t)p->height * p->width, s->units);
}

static attr_status fill_values(attr_map *map, const attr_statistics *s) {
    double n = (double)s->units;
    for (size_t i = 0; i < s->size; ++i) {
        double variance = n > 1 ? s->deviations[i] / (n - 1) : 0;
        map->values[i] = s->plan.reduction == ATTR_REDUCE_VARIANCE ? variance : s->mean[i];
        if (map->standard_error) map->standard_error[i] = n > 1 ? sqrt(variance / n) : NAN;
        if (!isfinite(map->values[i]))
            return attr_fail(ATTR_NUMERIC, "the map is not finite (element %zu is %g)", i, map->values[i]);
    }
    return ATTR_OK;
}

static double or_unknown(double error) {
    return isfinite(error) ? error : NAN;
}

attr_status attr_statistics_finish(attr_map *map, const attr_statistics *s) {
    ATTR_TRY(fill_values(map, s));
    map->samples = s->units;
    if (!s->plan.errors) return ATTR_OK;
    memcpy(map->half, s->half, s->size * sizeof *map->half);
    double n = (double)s->units;
    map->relative_error = or_unknown(attr_statistics_error(s, 1));
    for (int level = 0; level < ATTR_POOLS; ++level) {
        const attr_pooled_statistics *p = &s->pooled[level];
        size_t blocks = (size_t)p->height * p->width;
        map->pooled_error[level] = or_unknown(error_of(p->mean, p->deviations, blocks, s->units));
        for (size_t i = 0; i < blocks; ++i)
            map->plane_error[level][i] = n > 1 ? sqrt(p->deviations[i] / (n - 1) / n) : NAN;
    }
    return ATTR_OK;
}
