/* A map in numbers. */
#include <math.h>

#include "images/overlay.h"
#include "reports/reports.h"

typedef struct {
    double min, max, positive, negative;
    size_t broken; /* values that are not finite */
} extremes;

static extremes measure(const float *values, size_t count) {
    extremes e = {.min = INFINITY, .max = -INFINITY};
    for (size_t i = 0; i < count; i++) {
        double v = values[i];
        if (!isfinite(v)) e.broken++;
        e.min = fmin(e.min, v);
        e.max = fmax(e.max, v);
        *(v < 0 ? &e.negative : &e.positive) += v;
    }
    if (e.broken) e.min = e.max = e.positive = e.negative = NAN;
    return e;
}

attr_status attr_map_measure(attr_map_figures *out, const attr_explanation *e, const attr_explained *item) {
    const attr_result *r = &item->result;
    size_t drawn = (size_t)e->picture.w * (size_t)e->picture.h;
    extremes map = measure(r->map, (size_t)r->width * (size_t)r->height * (size_t)r->channels);
    extremes plane = measure(item->plane, drawn);
    *out = (attr_map_figures){.min = map.min, .max = map.max, .positive = map.positive, .negative = map.negative};
    out->palette = plane.min < 0 ? ATTR_DIVERGING : ATTR_SEQUENTIAL;
    if (map.broken || plane.broken)
        out->state = ATTR_MAP_NOT_FINITE;
    else if (plane.min == 0 && plane.max == 0)
        out->state = ATTR_MAP_ZERO;
    else
        return attr_overlay_scale(&out->scale, item->plane, drawn);
    return ATTR_OK;
}

const char *attr_map_note(const attr_map_figures *figures) {
    switch (figures->state) {
    case ATTR_MAP_DRAWN:
        return NULL;
    case ATTR_MAP_ZERO:
        return "the map is zero everywhere: nothing to draw";
    case ATTR_MAP_NOT_FINITE:
        return "the map has values that are not finite: not drawn, and not to be used";
    }
    return NULL;
}

double attr_expected_sum(const attr_explained *item) {
    return item->result.target - item->figures.baseline_target;
}
