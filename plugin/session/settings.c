#include "session/settings.h"

#include <stdlib.h>

#include "base/files.h"
#include "base/memory.h"

static void measure_range(attr_explanation *ex, const float *x) {
    size_t size = (size_t)ex->net_w * ex->net_h * ex->net_c;
    ex->input_low = ex->input_high = x[0];
    for (size_t i = 1; i < size; ++i) {
        if (x[i] < ex->input_low) ex->input_low = x[i];
        if (x[i] > ex->input_high) ex->input_high = x[i];
    }
}

/* Another picture as baseline: stretched to where the explained one is. */
static attr_status read_baseline(float **out, const attr_explanation *ex, const char *path) {
    attr_picture other = {0};
    attr_letterbox box = ex->letterbox;
    ATTR_TRY(attr_picture_read(&other, attr_find_file(path), ex->net_c));
    box.picture_w = other.w;
    box.picture_h = other.h;
    attr_status status = attr_allocate(out, (size_t)ex->net_w * ex->net_h * ex->net_c, sizeof **out, "a baseline");
    if (status == ATTR_OK) attr_letterbox_apply(*out, &box, &other);
    attr_picture_free(&other);
    return status;
}

static attr_reduction reduction_of(int word) {
    return word == ATTR_REDUCTION_SQUARE     ? ATTR_REDUCE_SQUARE
           : word == ATTR_REDUCTION_VARIANCE ? ATTR_REDUCE_VARIANCE
                                             : ATTR_REDUCE_MEAN;
}

attr_status attr_settings_make(attr_settings_holder *out, attr_explanation *ex, const float *x) {
    const attr_options *o = &ex->options;
    const attr_letterbox *box = &ex->letterbox;
    measure_range(ex, x);
    double range = ex->input_high - ex->input_low;
    ex->sigma = o->sigma_unit == ATTR_SIGMA_UNIT_RANGE ? o->sigma * range : o->sigma;
    out->settings = (attr_method_settings){
        .method = (attr_method)o->method,
        .seed = (uint64_t)o->seed,
        .steps = (size_t)o->steps,
        .max_steps = (size_t)o->max_steps,
        .tolerance = o->tolerance,
        .rule = (attr_rule)o->rule,
        .baseline = {.kind = attr_option_word(ATTR_OPTION_baseline, o->baseline),
                     .region = {ex->net_c, ex->net_h, ex->net_w, box->x0, box->y0, box->new_w, box->new_h},
                     .count = (size_t)o->baselines,
                     .blur = o->blur},
        .samples = (size_t)o->samples,
        .sigma = ex->sigma,
        .antithetic = o->antithetic,
        .reduction = reduction_of(o->reduction),
    };
    if (o->method != ATTR_METHOD_INTEGRATED_GRADIENTS || out->settings.baseline.kind != ATTR_BASELINE_PICTURE)
        return ATTR_OK;
    ATTR_TRY(read_baseline(&out->picture, ex, o->baseline));
    out->settings.baseline.picture = out->picture;
    return ATTR_OK;
}

void attr_settings_release(attr_settings_holder *held) {
    free(held->picture);
    held->picture = NULL;
}
