#include "methods/map.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

size_t attr_map_size(const attr_shape_of_map *shape) {
    return (size_t)shape->channels * shape->height * shape->width;
}

attr_status attr_map_allocate(attr_map *map, const attr_shape_of_map *shape, int with_samples) {
    memset(map, 0, sizeof *map);
    map->shape = *shape;
    map->size = attr_map_size(shape);
    map->mean_target = map->expected_sum = NAN;
    map->relative_error = map->baseline_target = map->completeness_gap = map->target = NAN;
    for (int i = 0; i < ATTR_POOLS; ++i) map->pooled_error[i] = NAN;
    map->converged = 1;
    attr_status status = attr_allocate(&map->values, map->size, sizeof(double), "a map");
    if (with_samples && status == ATTR_OK)
        status = attr_allocate(&map->standard_error, map->size, sizeof(double), "a map's standard error");
    if (with_samples && status == ATTR_OK)
        status = attr_allocate(&map->half, map->size, sizeof(double), "half a map's samples");
    for (int i = 0; with_samples && i < ATTR_POOLS && status == ATTR_OK; ++i) {
        size_t blocks = (size_t)attr_pooled_length(shape->height, i) * attr_pooled_length(shape->width, i);
        status = attr_allocate(&map->plane_error[i], blocks, sizeof(double), "an error");
    }
    if (status != ATTR_OK) attr_map_free(map);
    return status;
}

void attr_map_forget(attr_map *map) {
    map->values = map->standard_error = map->half = NULL;
    memset(map->plane_error, 0, sizeof map->plane_error);
    map->mask = NULL;
}

void attr_map_free(attr_map *map) {
    free(map->values);
    free(map->standard_error);
    free(map->half);
    for (int i = 0; i < ATTR_POOLS; ++i) free(map->plane_error[i]);
    attr_mask_report_free(map->mask);
    attr_map_forget(map);
}

void attr_map_judge(attr_map *map, double tolerance) {
    double sum = 0;
    for (size_t i = 0; i < map->size; ++i) sum += map->values[i];
    map->completeness_gap = fabs(sum - map->expected_sum);
    map->converged = map->completeness_gap <= tolerance * fabs(map->expected_sum);
}

static int least(int a, int b) {
    return a < b ? a : b;
}

void attr_map_reduce(double *plane, const double *values, const attr_shape_of_map *shape, int c,
                     attr_channels_word how) {
    size_t area = (size_t)shape->height * shape->width;
    int first = c < 0 ? 0 : c, end = c < 0 ? shape->channels : c + 1;
    for (size_t i = 0; i < area; ++i) {
        double sum = 0;
        for (int k = first; k < end; ++k)
            sum += how == ATTR_CHANNELS_ABS ? fabs(values[k * area + i]) : values[k * area + i];
        plane[i] = how == ATTR_CHANNELS_MAGNITUDE ? fabs(sum) : sum;
    }
}

void attr_map_pool(double *values, const attr_shape_of_map *shape, int side) {
    for (int c = 0; c < shape->channels; ++c)
        for (int y0 = 0; y0 < shape->height; y0 += side)
            for (int x0 = 0; x0 < shape->width; x0 += side) {
                int h = least(side, shape->height - y0), w = least(side, shape->width - x0);
                double *corner = values + ((size_t)c * shape->height + y0) * shape->width + x0, sum = 0;
                for (int i = 0; i < h * w; ++i) sum += corner[(size_t)(i / w) * shape->width + i % w];
                for (int i = 0; i < h * w; ++i) corner[(size_t)(i / w) * shape->width + i % w] = sum / (h * w);
            }
}

double attr_map_error(const attr_map *map, int side) {
    return side > 1 ? map->pooled_error[attr_pool_of_side(side)] : map->relative_error;
}

int attr_map_side(const attr_map *map, int64_t pool, double tolerance) {
    double best = map->relative_error;
    int side = 1;
    if (pool > 0) return (int)pool;
    if (isnan(best)) return 1;
    for (int i = 0; i < ATTR_POOLS && best > tolerance; ++i) {
        if (!(map->pooled_error[i] < best)) continue;
        best = map->pooled_error[i];
        side = 1 << i;
    }
    return side;
}
