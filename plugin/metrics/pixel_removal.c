#include "metrics/pixel_removal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "metrics/pixel_walk.h"

size_t attr_removal_steps(const attr_removal_settings *settings) {
    return (attr_picture_pixels(&settings->region) + settings->pixels_per_step - 1) / settings->pixels_per_step;
}

static void set_ends(size_t *ends, const attr_removal_settings *settings) {
    size_t pixels = attr_picture_pixels(&settings->region), steps = attr_removal_steps(settings);
    for (size_t l = 0; l < steps; ++l) {
        size_t end = (l + 1) * settings->pixels_per_step;
        ends[l] = end < pixels ? end : pixels;
    }
}

/* What is there without the whole picture: the reference inside it, x around it. */
static void put_reference(float *out, const float *x, const float *reference, const attr_region *r) {
    size_t plane = (size_t)r->height * (size_t)r->width;
    memcpy(out, x, (size_t)r->channels * plane * sizeof *x);
    for (size_t c = 0; c < (size_t)r->channels; ++c)
        for (size_t i = 0; i < attr_picture_pixels(r); ++i) {
            size_t at = c * plane + attr_picture_place(r, i);
            out[at] = reference[at];
        }
}

static void measure(attr_removal_area *out, const double *scores, const attr_removal_settings *settings) {
    size_t steps = attr_removal_steps(settings);
    bool insertion = settings->order == ATTR_INSERTION;
    double whole = scores[insertion ? steps : 0], none = scores[insertion ? 0 : steps];
    out->area = attr_walk_area(scores, steps);
    if (whole != none) out->normalised = (out->area - none) / (whole - none);
}

attr_status attr_pixel_removal(double *scores, attr_removal_area *out, attr_engine *e, const attr_target *target,
                               const float *x, const float *reference, const double *map,
                               const attr_removal_settings *settings) {
    const attr_tensor *input = attr_engine_input(e);
    const attr_region *r = &settings->region;
    size_t steps = attr_removal_steps(settings), *order = NULL, *ends = NULL;
    float *without = NULL;
    *out = (attr_removal_area){NAN, NAN};
    ATTR_TRY(attr_check_region(r, input->c, input->h, input->w));
    for (size_t l = 0; l <= steps; ++l) scores[l] = NAN;
    if (attr_map_is_constant(map, r)) return ATTR_OK;
    attr_status status = attr_allocate(&order, attr_picture_pixels(r), sizeof *order, "the order of pixels");
    if (status == ATTR_OK) status = attr_allocate(&ends, steps, sizeof *ends, "the order of pixels");
    if (status == ATTR_OK) status = attr_allocate(&without, input->size, sizeof *without, "an input");
    if (status == ATTR_OK) status = attr_order_of_picture(order, map, r, settings->order == ATTR_PRESERVATION);
    if (status == ATTR_OK) {
        set_ends(ends, settings);
        put_reference(without, x, reference, r);
        bool insertion = settings->order == ATTR_INSERTION;
        attr_pixel_walk walk = {.from = insertion ? without : x,
                                .to = insertion ? x : without,
                                .order = order,
                                .ends = ends,
                                .steps = steps};
        status = attr_walk_scores(scores, e, target, &walk);
    }
    free(order);
    free(ends);
    free(without);
    if (status == ATTR_OK) measure(out, scores, settings);
    return status;
}
