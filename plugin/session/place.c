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

/* The error of a plane, of the sum of channels if c < 0. That of a sum of absolute values is not known: the sum of the
 * channels' errors, which is no smaller, is taken. */
static void error_of_plane(double *plane, const attr_map *map, int c, int how) {
    size_t area = (size_t)map->shape.height * map->shape.width;
    if (c >= 0)
        for (size_t i = 0; i < area; ++i) plane[i] = map->standard_error[c * area + i];
    else if (how == ATTR_CHANNELS_ABS)
        attr_map_reduce(plane, map->standard_error, &map->shape, -1, ATTR_CHANNELS_SUM);
    else
        for (size_t i = 0; i < area; ++i) plane[i] = map->plane_error[i];
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
        error_of_plane(room->net, map, c, how);
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

/* Option `pool`: the side of the blocks. */
static int side_of_blocks(const attr_map *map, const attr_options *o) {
    return o->pool > 0 ? (int)o->pool : attr_map_supported_side(map, o->tolerance);
}

attr_status attr_place_map(attr_explained *item, attr_map *map, const attr_explanation *ex) {
    bool in_picture = ex->options.coordinates == ATTR_COORDINATES_PICTURE;
    attr_result *r = &item->result;
    working_planes room = {0};
    item->pool = side_of_blocks(map, &ex->options);
    r->channels = ex->options.channels == ATTR_CHANNELS_NONE ? map->shape.channels : 1;
    r->width = in_picture ? ex->picture.w : ex->net_w;
    r->height = in_picture ? ex->picture.h : ex->net_h;
    r->split_half = NAN;
    attr_status status = ATTR_OK;
    if (map->half && map->samples > 1) status = compare_halves(&r->split_half, map, ex, item->pool);
    if (item->pool > 1) attr_map_pool(map->values, &map->shape, item->pool);
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
