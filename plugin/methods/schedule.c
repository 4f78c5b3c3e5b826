#include "methods/schedule.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* Running statistics of one target: the mean, the sum of squared deviations from it (Welford), the sample being made.
 */
typedef struct {
    double *mean, *deviations, *sample;
    size_t samples;
} statistics;

static void free_statistics(statistics *s, size_t count) {
    for (size_t t = 0; s && t < count; ++t) {
        free(s[t].mean);
        free(s[t].deviations);
        free(s[t].sample);
    }
    free(s);
}

static attr_status allocate_statistics(statistics **out, size_t count, size_t size) {
    statistics *s = NULL;
    ATTR_TRY(attr_allocate(&s, count, sizeof *s, "statistics"));
    attr_status status = ATTR_OK;
    for (size_t t = 0; t < count && status == ATTR_OK; ++t) {
        status = attr_allocate(&s[t].mean, size, sizeof(double), "statistics");
        if (status == ATTR_OK) status = attr_allocate(&s[t].deviations, size, sizeof(double), "statistics");
        if (status == ATTR_OK) status = attr_allocate(&s[t].sample, size, sizeof(double), "statistics");
    }
    if (status != ATTR_OK) {
        free_statistics(s, count);
        return status;
    }
    *out = s;
    return ATTR_OK;
}

/* Takes the finished sample into the statistics and clears it. */
static void close_sample(statistics *s, attr_reduction reduction, size_t points_per_sample, size_t size) {
    double n = (double)++s->samples, share = 1.0 / (double)points_per_sample;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < size; ++i) {
        double value = s->sample[i] * share;
        if (reduction == ATTR_REDUCE_SQUARE) value *= value;
        double delta = value - s->mean[i];
        s->mean[i] += delta / n;
        s->deviations[i] += delta * (value - s->mean[i]);
        s->sample[i] = 0;
    }
}

/* sum += weight x multiplier x gradient. */
static void accumulate(double *sum, const attr_tensor *x, int sample, size_t size, double weight, const float *m) {
    enum { block = 4096 };
#pragma omp parallel for schedule(static)
    for (size_t start = 0; start < size; start += block) {
        double values[block];
        size_t n = size - start < block ? size - start : block;
        attr_tensor_read_gradient(values, x, sample, start, n);
        for (size_t i = 0; i < n; ++i) sum[start + i] += weight * (m ? m[start + i] : 1) * values[i];
    }
}

static double norm(const double *values, size_t size) {
    double sum = 0;
    for (size_t i = 0; i < size; ++i) sum += values[i] * values[i];
    return sqrt(sum);
}

static attr_status finish(attr_map *map, const statistics *s, const attr_schedule *schedule) {
    double n = (double)s->samples;
    for (size_t i = 0; i < map->size; ++i) {
        double variance = n > 1 ? s->deviations[i] / (n - 1) : 0;
        map->values[i] = schedule->reduction == ATTR_REDUCE_SUM        ? s->sample[i]
                         : schedule->reduction == ATTR_REDUCE_VARIANCE ? variance
                                                                       : s->mean[i];
        if (map->standard_error) map->standard_error[i] = n > 1 ? sqrt(variance / n) : NAN;
        if (!isfinite(map->values[i]))
            return attr_fail(ATTR_NUMERIC, "the map is not finite (element %zu is %g)", i, map->values[i]);
    }
    map->gradients = schedule->points;
    if (map->standard_error && n > 1 && norm(map->values, map->size) > 0)
        map->relative_error = norm(map->standard_error, map->size) / norm(map->values, map->size);
    return ATTR_OK;
}

/* One batch of points: a forward, then a backward for each target. */
static void run_batch(statistics *s, attr_engine *e, attr_target *const *targets, size_t target_count,
                      const attr_schedule *schedule, size_t first, int count, float *z, float *multipliers,
                      double *weights) {
    size_t size = attr_engine_inputs(e);
    for (int b = 0; b < count; ++b) {
        weights[b] = schedule->point(schedule, first + b, z, multipliers ? multipliers + b * size : NULL);
        attr_engine_set_input_f32(e, b, z);
    }
    if (first > 0 || !schedule->forward_done) attr_engine_forward(e, count);
    for (size_t t = 0; t < target_count; ++t) {
        int layer = attr_target_layer(targets[t]);
        attr_engine_clear_gradients(e, layer);
        for (int b = 0; b < count; ++b) attr_target_seed(targets[t], e, b, 1);
        attr_engine_backward(e, layer);
        for (int b = 0; b < count; ++b) {
            accumulate(s[t].sample, attr_engine_input(e), b, size, weights[b],
                       multipliers ? multipliers + b * size : NULL);
            if (schedule->reduction != ATTR_REDUCE_SUM && (first + b + 1) % schedule->points_per_sample == 0)
                close_sample(&s[t], schedule->reduction, schedule->points_per_sample, size);
        }
    }
}

attr_status attr_schedule_run(attr_map *maps, attr_engine *e, attr_target *const *targets, size_t target_count,
                              const attr_schedule *schedule, attr_progress progress, void *context) {
    size_t size = attr_engine_inputs(e), batch = (size_t)attr_engine_batch(e);
    statistics *s = NULL;
    float *z = NULL, *multipliers = NULL;
    double *weights = NULL;
    attr_status status = allocate_statistics(&s, target_count, size);
    if (status == ATTR_OK) status = attr_allocate(&z, size, sizeof *z, "a point");
    if (status == ATTR_OK) status = attr_allocate(&weights, batch, sizeof *weights, "weights");
    if (status == ATTR_OK && schedule->has_multiplier)
        status = attr_allocate(&multipliers, batch * size, sizeof *multipliers, "multipliers");
    for (size_t k = 0; status == ATTR_OK && k < schedule->points; k += batch) {
        size_t left = schedule->points - k;
        int count = (int)(left < batch ? left : batch);
        run_batch(s, e, targets, target_count, schedule, k, count, z, multipliers, weights);
        if (progress && progress(context, k + (size_t)count, schedule->points))
            status = attr_fail(ATTR_INTERRUPTED, "interrupted");
    }
    for (size_t t = 0; status == ATTR_OK && t < target_count; ++t) status = finish(&maps[t], &s[t], schedule);
    free_statistics(s, target_count);
    free(z);
    free(multipliers);
    free(weights);
    return status;
}

attr_status attr_target_values(double *values, attr_engine *e, attr_target *const *targets, size_t target_count,
                               const float *x) {
    if (x) {
        attr_engine_set_input_f32(e, 0, x);
        attr_engine_forward(e, 1);
    }
    for (size_t t = 0; t < target_count; ++t) {
        values[t] = attr_target_value(targets[t], e, 0);
        if (!isfinite(values[t])) return attr_fail(ATTR_NUMERIC, "the target is not finite (%g)", values[t]);
    }
    return ATTR_OK;
}
