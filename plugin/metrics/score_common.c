/* What measures share. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "metrics/picture_pixels.h"
#include "metrics/score_rows.h"

size_t attr_score_area(const attr_scored_map *m) {
    return (size_t)m->net_w * (size_t)m->net_h;
}

size_t attr_score_size(const attr_scored_map *m) {
    return (size_t)m->value_channels * attr_score_area(m);
}

attr_region attr_score_region(const attr_scored_map *m) {
    return (attr_region){m->channels, m->net_h, m->net_w, m->fitted.x0, m->fitted.y0, m->fitted.w, m->fitted.h};
}

bool attr_is_level(const double *values, size_t n) {
    for (size_t i = 1; i < n; ++i)
        if (values[i] != values[0]) return false;
    return true;
}

bool attr_score_is_even(const attr_scored_map *m, const double *values, int channels) {
    attr_region picture = attr_score_region(m);
    for (int c = 0; c < channels; ++c)
        if (!attr_map_is_constant(values + (size_t)c * attr_score_area(m), &picture)) return false;
    return true;
}

void attr_score_crop(double *out, const attr_scored_map *m, const double *plane) {
    attr_region picture = attr_score_region(m);
    for (size_t i = 0; i < attr_picture_pixels(&picture); ++i) out[i] = plane[attr_picture_place(&picture, i)];
}

void attr_score_grey(double *grey, const attr_scored_map *m, const double *values) {
    size_t area = attr_score_area(m);
    for (size_t i = 0; i < area; ++i) {
        grey[i] = 0;
        for (size_t c = 0; c < (size_t)m->value_channels; ++c) grey[i] += fabs(values[c * area + i]);
    }
}

attr_status attr_score_magnitudes(double **out, const attr_scored_map *m) {
    ATTR_TRY(attr_allocate(out, attr_score_area(m), sizeof **out, "a map"));
    for (size_t i = 0; i < attr_score_area(m); ++i) (*out)[i] = fabs(m->map[i]);
    return ATTR_OK;
}

void attr_score_curve(const attr_scored_map *m, const double *scores, size_t count, double value) {
    for (size_t i = 0; m->curve && i < ATTR_METRIC_POINTS; ++i) {
        double at = (double)(i * (count - 1)) / (ATTR_METRIC_POINTS - 1), whole = floor(at);
        size_t k = (size_t)whole < count - 1 ? (size_t)whole : count - 2;
        m->curve[i] = (scores[k] + (at - (double)k) * (scores[k + 1] - scores[k])) / value;
    }
}

double attr_score_value_of(const attr_scored_map *m, const attr_target *target) {
    attr_engine_set_input_f32(m->engine, 0, m->x);
    attr_engine_forward(m->engine, 1);
    return attr_target_value(target, m->engine, 0);
}

attr_status attr_score_made(const double **values, const attr_scored_map *m, attr_made_map kind) {
    attr_score_room *room = m->room;
    attr_status status = ATTR_OK;
    if (!room->values[kind] && !room->is_missing[kind]) {
        ATTR_TRY(attr_allocate(&room->values[kind], attr_score_size(m), sizeof *room->values[kind], "a map"));
        status = m->explain(m->context, room->values[kind], kind, NULL, NULL);
        if (status != ATTR_OK) {
            free(room->values[kind]);
            room->values[kind] = NULL;
            room->is_missing[kind] = status == ATTR_UNSUPPORTED;
        }
    }
    *values = room->values[kind];
    return room->is_missing[kind] ? ATTR_OK : status;
}

void attr_score_room_clear(attr_score_room *room) {
    for (int k = 0; k < ATTR_MAKE_KINDS; ++k) {
        free(room->values[k]);
        room->values[k] = NULL;
        room->is_missing[k] = false;
    }
    room->robustness.max_sensitivity = -1;
}
