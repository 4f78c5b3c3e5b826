#include "attacks/attacked_retrieval.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "metrics/picture_pixels.h"
#include "metrics/total_variation.h"
#include "targets/classes.h"
#include "targets/target.h"

attr_status attr_mask_of_map(double *mask, const double *map, const attr_region *r) {
    size_t pixels = attr_picture_pixels(r);
    double *part = NULL;
    ATTR_TRY(attr_allocate(&part, pixels, sizeof *part, "a mask"));
    for (size_t i = 0; i < pixels; ++i) part[i] = map[attr_picture_place(r, i)];
    attr_status status = attr_saliency(part, part, pixels);
    if (status == ATTR_OK) {
        memset(mask, 0, (size_t)r->height * (size_t)r->width * sizeof *mask);
        for (size_t i = 0; i < pixels; ++i) mask[attr_picture_place(r, i)] = part[i];
    }
    free(part);
    return status;
}

/* Number 0 is x, the others are the rows masked. */
static void make_input(float *out, double *mask, const attr_retrieval_case *c, int number) {
    const attr_region *r = c->region;
    size_t plane = (size_t)r->height * (size_t)r->width;
    int row = number - 1;
    bool shows_attacked = row == ATTR_RETRIEVE_ATTACKED_BY_CLEAN || row == ATTR_RETRIEVE_ATTACKED;
    bool by_attacked = row == ATTR_RETRIEVE_CLEAN_BY_ATTACKED || row == ATTR_RETRIEVE_ATTACKED;
    const double *given = by_attacked ? c->attacked_mask : c->mask;
    for (size_t i = 0; i < plane; ++i) mask[i] = 1; /* of bars, and of x */
    for (size_t i = 0; number > 0 && i < attr_picture_pixels(r); ++i) {
        size_t place = attr_picture_place(r, i);
        mask[place] = given[place];
    }
    attr_masked_input(out, shows_attacked ? c->attacked : c->x, mask, c->reference, r->channels, plane);
}

attr_status attr_retrieve_attacked(attr_retrieved rates[ATTR_RETRIEVALS], attr_engine *e,
                                   const attr_retrieval_case *c) {
    enum { inputs = 1 + ATTR_RETRIEVALS };
    const attr_region *r = c->region;
    size_t plane = (size_t)r->height * (size_t)r->width;
    int classes = attr_class_count(e), batch = attr_engine_batch(e), seen[inputs];
    float *input = NULL;
    double *room = NULL;
    if (attr_is_detector(e)) return attr_fail(ATTR_BAD_INPUT, "a retrieval rate is a classifier's, not a detector's");
    ATTR_TRY(attr_check_region(r, r->channels, r->height, r->width));
    attr_status status = attr_allocate(&input, plane * (size_t)r->channels, sizeof *input, "masked inputs");
    if (status == ATTR_OK) status = attr_allocate(&room, plane + (size_t)classes, sizeof *room, "masked inputs");
    for (int first = 0; status == ATTR_OK && first < inputs; first += batch) {
        int count = inputs - first < batch ? inputs - first : batch;
        for (int k = 0; k < count; ++k) {
            make_input(input, room, c, first + k);
            attr_engine_set_input_f32(e, k, input);
        }
        attr_engine_forward(e, count);
        for (int k = 0; k < count; ++k) {
            attr_class_probabilities(room + plane, e, k);
            seen[first + k] = attr_best_class(room + plane, classes);
        }
    }
    for (int row = 0; status == ATTR_OK && row < ATTR_RETRIEVALS; ++row)
        attr_retrieval_add(&rates[row], seen[0], seen[1 + row]);
    free(input);
    free(room);
    return status;
}
