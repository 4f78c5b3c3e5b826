/* A map in numbers. */
#include <math.h>

#include "reports/reports.h"
#include "session/aim.h"
#include "session/place.h"

typedef struct {
    double min, max, positive, negative;
    size_t broken; /* values that are not finite */
} extremes;

static extremes measure(const float *values, size_t count) {
    extremes e = {.min = INFINITY, .max = -INFINITY};
    for (size_t i = 0; i < count; i++) {
        double v = values[i];
        e.broken += !isfinite(v);
        e.min = v < e.min ? v : e.min;
        e.max = v > e.max ? v : e.max;
        e.negative += v < 0 ? v : 0;
        e.positive += v > 0 ? v : 0;
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
    out->has_error = item->error != NULL;
    out->palette = plane.min < 0 ? ATTR_DIVERGING : ATTR_SEQUENTIAL;
    if (map.broken || plane.broken)
        out->state = ATTR_MAP_NOT_FINITE;
    else if (plane.min == 0 && plane.max == 0)
        out->state = ATTR_MAP_ZERO;
    else
        return attr_scale_of(&out->scale, item->plane, drawn, (attr_normalisation_word)e->options.normalisation);
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

bool attr_error_is_above(const attr_explained *item) {
    bool gap_is_above = isfinite(item->result.completeness_gap) && !item->figures.converged;
    return !item->result.converged && !gap_is_above;
}

/* With many pixels most of a map can be chance; larger blocks of them are more certain. */
static void describe_error(FILE *file, const attr_explained *item) {
    const attr_result *r = &item->result;
    double of_eight = attr_map_error(&item->figures, 8);
    fprintf(file, ", error %.0f%% of the map", 100 * r->relative_error);
    if (item->pool > 1)
        fprintf(file, " in blocks of %d pixels", item->pool);
    else if (of_eight < r->relative_error)
        fprintf(file, " (%.0f%% in blocks of 8 pixels)", 100 * of_eight);
    if (attr_error_is_above(item)) fputs(" (above the tolerance)", file);
    if (r->split_half < ATTR_NOISE_CORRELATION)
        fprintf(file, ", NOISE: two halves of the samples do not agree (rank correlation %.2f)", r->split_half);
}

/* What the mask keeps of the class, and what one for another class can force. */
static void describe_mask(FILE *file, const attr_explained *item) {
    const attr_mask_report *mask = item->figures.mask;
    fprintf(file, ", keeps %.2f of %s (%.2f on the picture, %.2f on the rest)%s", mask->own.kept, item->class_name,
            mask->own.original, mask->own.rest, mask->own.retrieved ? ", retrieved" : ", NOT retrieved");
    if (mask->has_control)
        fprintf(file, "; control: %.2f of %s%s", mask->control.kept, item->control_name,
                mask->control.retrieved ? ", retrieved" : "");
}

bool attr_noise_ruins(const attr_explained *item) {
    return fabs(item->figures.mean_target) < 0.5 * fabs(item->result.target);
}

/* What attr_failed_factor() says, in words. */
static const char *words_of(const char *failed) {
    switch (failed[0]) {
    case 't':
        return "another object has this box";
    case 'b':
        return "no box fits";
    case 'o':
        return "the objectness failed";
    default:
        return "the class failed";
    }
}

/* What became of a box that is no detection, and what it lacks. */
static void describe_aim(FILE *file, const attr_aim *aim, double overlap) {
    const char *failed = attr_failed_factor(aim, overlap);
    const attr_detection *d = &aim->detection;
    if (aim->place == ATTR_PLACE_DETECTION) return;
    fprintf(file, " = objectness %.3g x class %.3g", (double)d->objectness, (double)d->class_probability);
    if (aim->has_object) fprintf(file, ", the nearest box overlaps by %.2f", (double)aim->iou);
    if (aim->fate == ATTR_FATE_SUPPRESSED)
        fprintf(file, ", suppressed by a box with %.2f", (double)aim->by.score);
    else if (failed)
        fprintf(file, ", %s", words_of(failed));
}

static void describe_layer(FILE *file, const attr_viewed_layer *layer) {
    fprintf(file, ", layer %d [%s], %d x %d x %d", layer->index, layer->kind, layer->width, layer->height,
            layer->channels);
}

void attr_describe_map(FILE *file, const attr_explained *item) {
    const attr_result *r = &item->result;
    fprintf(file, "%s %.4g", item->target, r->target);
    if (item->is_detection) describe_aim(file, &item->aim, item->overlap);
    fprintf(file, ", %zu gradient%s", r->gradients, r->gradients == 1 ? "" : "s");
    if (item->is_zero) fputs(", ZERO everywhere: nothing to draw", file);
    if (item->figures.layer.kind) describe_layer(file, &item->figures.layer);
    if (item->adaptive.evaluations > 0) fprintf(file, ", root sigma %.2g (adaptive)", item->adaptive.sigma);
    if (attr_noise_ruins(item)) fprintf(file, ", under noise only %.2g", item->figures.mean_target);
    if (isfinite(r->relative_error)) describe_error(file, item);
    if (isfinite(r->completeness_gap))
        fprintf(file, ", gap %.2g of %.4g%s", r->completeness_gap, fabs(item->figures.expected_sum),
                item->figures.converged ? "" : " (above the tolerance)");
    if (item->figures.tried) fprintf(file, ", %zu clones of %zu tried", r->samples, item->figures.tried);
    if (item->figures.mask) describe_mask(file, item);
}
