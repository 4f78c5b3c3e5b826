#include "session/place.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "metrics/rank.h"

static void to_float(float *out, const double *in, size_t n) {
    for (size_t i = 0; i < n; ++i) out[i] = (float)in[i];
}

/* A network plane in the picture. The letterbox keeps sums; a mask is no density and keeps its values instead: they are
 * divided by what becomes of ones. */
static attr_status undo_letterbox(double *out, double *padding_share, const double *plane, const attr_explanation *ex) {
    size_t size = (size_t)ex->net_w * ex->net_h, area = (size_t)ex->picture.w * ex->picture.h;
    double *ones = NULL, *density = NULL;
    ATTR_TRY(attr_letterbox_undo(out, padding_share, plane, &ex->letterbox));
    if (ex->options.method != ATTR_METHOD_RELEX) return ATTR_OK;
    attr_status status = attr_allocate(&ones, size, sizeof *ones, "a mask");
    if (status == ATTR_OK) status = attr_allocate(&density, area, sizeof *density, "a mask");
    for (size_t i = 0; status == ATTR_OK && i < size; ++i) ones[i] = 1;
    if (status == ATTR_OK) status = attr_letterbox_undo(density, NULL, ones, &ex->letterbox);
    for (size_t i = 0; status == ATTR_OK && i < area; ++i) out[i] /= density[i];
    free(ones);
    free(density);
    return status;
}

/* A network plane in the coordinates asked for; room has the picture's size. */
static attr_status bring_home(float *out, double *room, const double *plane, const attr_explanation *ex) {
    if (ex->options.coordinates != ATTR_COORDINATES_PICTURE) {
        to_float(out, plane, (size_t)ex->net_w * ex->net_h);
        return ATTR_OK;
    }
    ATTR_TRY(undo_letterbox(room, NULL, plane, ex));
    to_float(out, room, (size_t)ex->picture.w * ex->picture.h);
    return ATTR_OK;
}

/* The error of the mean of each block, from that of its sum, in all its pixels. */
static void spread_error(double *plane, const attr_map *map, int side) {
    int pool = attr_pool_of_side(side), blocks = attr_pooled_length(map->shape.width, pool);
    int h = map->shape.height, w = map->shape.width;
    for (int y = 0; y < h; ++y)
        for (int x = 0; x < w; ++x) {
            int down = h - y / side * side, across = w - x / side * side; /* what there is of a block */
            int pixels = (down < side ? down : side) * (across < side ? across : side);
            plane[y * w + x] = map->plane_error[pool][y / side * blocks + x / side] / pixels;
        }
}

/* The error of a plane, of the sum of channels if c < 0. What is not known is replaced by something no smaller: for a
 * sum of absolute values the sum of the channels' errors, for blocks of one channel the mean of their pixels' errors,
 * both of which map->standard_error has when it is pooled. */
static void error_of_plane(double *plane, const attr_map *map, int c, int how, int side) {
    if (c >= 0 || how == ATTR_CHANNELS_ABS)
        attr_map_reduce(plane, map->standard_error, &map->shape, c, ATTR_CHANNELS_SUM);
    else
        spread_error(plane, map, side);
}

typedef struct {
    double *net, *picture; /* a plane of each size */
} working_planes;

/* The map, plane by plane, and its error. */
static attr_status place_planes(attr_explained *item, const attr_map *map, const attr_explanation *ex,
                                const working_planes *room) {
    attr_result *r = &item->result;
    size_t area = (size_t)r->width * r->height;
    bool with_error = ex->options.output & 1u << ATTR_OUTPUT_ERROR && map->standard_error;
    int how = ex->options.channels;
    ATTR_TRY(attr_allocate(&item->map, area * (size_t)r->channels, sizeof *item->map, "a map"));
    if (with_error) ATTR_TRY(attr_allocate(&item->error, area * (size_t)r->channels, sizeof *item->error, "an error"));
    for (int i = 0; i < r->channels; ++i) {
        int c = how == ATTR_CHANNELS_NONE ? i : -1;
        attr_map_reduce(room->net, map->values, &map->shape, c, how);
        ATTR_TRY(bring_home(item->map + i * area, room->picture, room->net, ex));
        if (!with_error) continue;
        error_of_plane(room->net, map, c, how, item->pool);
        ATTR_TRY(bring_home(item->error + i * area, room->picture, room->net, ex));
    }
    return ATTR_OK;
}

/* The plane that is drawn. */
static attr_status place_drawn(attr_explained *item, const attr_map *map, const attr_explanation *ex,
                               const working_planes *room) {
    size_t area = (size_t)ex->picture.w * ex->picture.h;
    ATTR_TRY(attr_allocate(&item->plane, area, sizeof *item->plane, "a map"));
    attr_map_reduce(room->net, map->values, &map->shape, -1, ex->options.channels);
    ATTR_TRY(undo_letterbox(room->picture, &item->result.padding_share, room->net, ex));
    to_float(item->plane, room->picture, area);
    if (!ex->keeps_net_planes) return ATTR_OK;
    size_t net_area = (size_t)ex->net_w * ex->net_h;
    ATTR_TRY(attr_allocate(&item->net_plane, net_area, sizeof *item->net_plane, "a map"));
    memcpy(item->net_plane, room->net, net_area * sizeof *item->net_plane);
    return ATTR_OK;
}

/* Rank correlation of the maps of every second sample and of the others, both pooled. */
static attr_status compare_halves(double *out, attr_map *map, const attr_explanation *ex, int side) {
    double n = (double)map->samples, first = (double)((map->samples + 1) / 2), second = n - first;
    size_t area = (size_t)map->shape.height * map->shape.width;
    double *other = NULL, *planes = NULL;
    attr_status status = attr_allocate(&other, map->size, sizeof *other, "half a map's samples");
    if (status == ATTR_OK) status = attr_allocate(&planes, 2 * area, sizeof *planes, "half a map's samples");
    if (status == ATTR_OK) {
        for (size_t i = 0; i < map->size; ++i) other[i] = (n * map->values[i] - first * map->half[i]) / second;
        attr_map_pool(map->half, &map->shape, side);
        attr_map_pool(other, &map->shape, side);
        attr_map_reduce(planes, map->half, &map->shape, -1, ex->options.channels);
        attr_map_reduce(planes + area, other, &map->shape, -1, ex->options.channels);
        status = attr_spearman(out, planes, planes + area, area);
    }
    free(other);
    free(planes);
    return status;
}

attr_status attr_place_map(attr_explained *item, attr_map *map, const attr_explanation *ex) {
    bool in_picture = ex->options.coordinates == ATTR_COORDINATES_PICTURE;
    attr_result *r = &item->result;
    working_planes room = {0};
    item->pool = attr_map_side(map, ex->options.pool, ex->options.tolerance);
    r->channels = ex->options.channels == ATTR_CHANNELS_NONE ? map->shape.channels : 1;
    r->width = in_picture ? ex->picture.w : ex->net_w;
    r->height = in_picture ? ex->picture.h : ex->net_h;
    r->split_half = NAN;
    attr_status status = ATTR_OK;
    if (map->half && map->samples > 1) status = compare_halves(&r->split_half, map, ex, item->pool);
    if (item->pool > 1) attr_map_pool(map->values, &map->shape, item->pool);
    if (item->pool > 1 && map->standard_error) attr_map_pool(map->standard_error, &map->shape, item->pool);
    if (status == ATTR_OK) status = attr_allocate(&room.net, (size_t)ex->net_w * ex->net_h, sizeof *room.net, "a map");
    if (status == ATTR_OK)
        status = attr_allocate(&room.picture, (size_t)ex->picture.w * ex->picture.h, sizeof *room.picture, "a map");
    if (status == ATTR_OK) status = place_planes(item, map, ex, &room);
    if (status == ATTR_OK) status = place_drawn(item, map, ex, &room);
    free(room.net);
    free(room.picture);
    if (status != ATTR_OK) return status;
    r->map = item->map;
    for (size_t i = 0; i < (size_t)r->width * r->height * (size_t)r->channels; ++i) r->sum += item->map[i];
    return ATTR_OK;
}
