#include "session/settings.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/memory.h"

/* The smallest and the largest value of the input, as it is or in the normalised space. */
static void measure_range(double *low, double *high, const float *x, size_t size, const float *origin,
                          const float *deviation) {
    *low = INFINITY;
    *high = -INFINITY;
    for (size_t i = 0; i < size; ++i) {
        double value = origin ? (x[i] - origin[i]) / deviation[i] : x[i];
        *low = fmin(*low, value);
        *high = fmax(*high, value);
    }
}

static attr_status make_space(attr_settings_holder *out, const attr_explanation *ex) {
    size_t plane = (size_t)ex->net_w * ex->net_h, size = plane * ex->net_c;
    double mean[3], std[3];
    if (ex->options.space != ATTR_SPACE_NORMALISED) return ATTR_OK;
    attr_read_colour(mean, ex->options.mean);
    attr_read_colour(std, ex->options.std);
    ATTR_TRY(attr_allocate(&out->origin, size, sizeof *out->origin, "a space"));
    ATTR_TRY(attr_allocate(&out->deviation, size, sizeof *out->deviation, "a space"));
    for (size_t i = 0; i < size; ++i) {
        out->origin[i] = (float)attr_colour_channel(mean, (int)(i / plane), ex->net_c);
        out->deviation[i] = (float)attr_colour_channel(std, (int)(i / plane), ex->net_c);
    }
    return ATTR_OK;
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

/* How many samples, roots or clones; those of option max_samples where the number is left to the tolerance. */
static size_t count_of(int64_t option, const attr_options *o) {
    return (size_t)(option ? option : o->max_samples);
}

/* Whether what the method's error falls with is left to the tolerance. */
static bool is_automatic(const attr_options *o) {
    if (o->method == ATTR_METHOD_NOISEGRAD || o->method == ATTR_METHOD_FUSIONGRAD) return o->clones == 0;
    return o->method == ATTR_METHOD_SMOOTHTAYLOR ? o->roots == 0 : o->samples == 0;
}

static attr_status make_baseline(attr_settings_holder *out, const attr_explanation *ex) {
    const attr_options *o = &ex->options;
    const attr_letterbox *box = &ex->letterbox;
    attr_baseline_settings *b = &out->settings.baseline;
    *b = (attr_baseline_settings){.kind = attr_option_word(ATTR_OPTION_baseline, o->baseline),
                                  .region = {ex->net_c, ex->net_h, ex->net_w, box->x0, box->y0, box->new_w, box->new_h},
                                  .count = (size_t)o->baselines,
                                  .blur = o->blur};
    attr_read_colour(b->colour, o->mean);
    if (b->kind != ATTR_BASELINE_PICTURE || !attr_method_has_baseline(&out->settings)) return ATTR_OK;
    ATTR_TRY(read_baseline(&out->picture, ex, o->baseline));
    b->picture = out->picture;
    return ATTR_OK;
}

attr_status attr_weight_noise_of(attr_weight_noise *out, bool **layers, const attr_options *o, int count) {
    ATTR_TRY(attr_allocate(layers, (size_t)count, sizeof **layers, "layers"));
    *out = (attr_weight_noise){.seed = (uint64_t)o->seed,
                               .sigma = (float)o->weight_sigma,
                               .noise = o->weight_noise == ATTR_WEIGHT_NOISE_ADDITIVE ? ATTR_NOISE_ADDITIVE
                                                                                      : ATTR_NOISE_MULTIPLICATIVE,
                               .layers = *layers};
    return attr_read_layers(*layers, count, ATTR_OPTION_noise_layers, o->noise_layers);
}

attr_status attr_layers_of(int **layers, size_t *count, const attr_options *o, int most) {
    bool *chosen = NULL;
    *layers = NULL;
    *count = 0;
    if (0 == strcmp(o->layers, "auto")) return ATTR_OK;
    ATTR_TRY(attr_allocate(&chosen, (size_t)most, sizeof *chosen, "layers"));
    attr_status status = attr_read_layers(chosen, most, ATTR_OPTION_layers, o->layers);
    if (status == ATTR_OK) status = attr_allocate(layers, (size_t)most, sizeof **layers, "layers");
    for (int i = 0; status == ATTR_OK && i < most; ++i)
        if (chosen[i]) (*layers)[(*count)++] = i;
    free(chosen);
    return status;
}

/* Methods that look at no layer do not care what the option says. */
static attr_status make_layers(attr_settings_holder *out, const attr_options *o, int layers) {
    if (!attr_method_has_layers(o->method)) return ATTR_OK;
    ATTR_TRY(attr_layers_of(&out->layers, &out->settings.layer_count, o, layers));
    out->settings.layers = out->layers;
    return ATTR_OK;
}

attr_status attr_settings_make(attr_settings_holder *out, attr_explanation *ex, const float *x, int layers) {
    const attr_options *o = &ex->options;
    size_t size = (size_t)ex->net_w * ex->net_h * ex->net_c;
    double low, high;
    ATTR_TRY(make_space(out, ex));
    measure_range(&ex->input_low, &ex->input_high, x, size, NULL, NULL);
    measure_range(&low, &high, x, size, out->origin, out->deviation);
    double unit = o->sigma_unit == ATTR_SIGMA_UNIT_RANGE ? high - low : 1;
    out->settings = (attr_method_settings){
        .method = (attr_method)o->method,
        .base = (attr_method)o->base,
        .seed = (uint64_t)o->seed,
        .origin = out->origin,
        .deviation = out->deviation,
        .steps = (size_t)o->steps,
        .max_steps = (size_t)o->max_steps,
        .tolerance = o->tolerance,
        .rule = (attr_rule)o->rule,
        .unscaled = !o->multiply,
        .samples = count_of(o->samples, o),
        .sigma = o->sigma * unit,
        .antithetic = o->antithetic,
        .reduction = reduction_of(o->reduction),
        .magnitudes = o->abs_before_mean,
        .error_tolerance = is_automatic(o) ? o->tolerance : 0,
        .error_side = (int)o->pool,
        .clones = count_of(o->clones, o),
        .attempts = (size_t)o->attempts,
        .roots = count_of(o->roots, o),
        .root_sigma = o->root_sigma * unit,
        .maximum = (attr_maximum_word)o->maximum,
        .ascent_steps = (size_t)o->ascent_steps,
        .ascent_rate = o->ascent_rate,
        .iterations = (size_t)o->iterations,
        .mask_rate = o->mask_rate,
        .momentum = o->momentum,
        .sparsity = o->sparsity,
        .background = o->background,
        .control = o->control,
        .relu = o->relu,
    };
    ex->sigma = o->method == ATTR_METHOD_SMOOTHTAYLOR ? out->settings.root_sigma : out->settings.sigma;
    out->adaptive = (attr_adaptive_settings){
        .objective = o->method == ATTR_METHOD_SMOOTHTAYLOR ? (attr_adaptive_word)o->adaptive : ATTR_ADAPTIVE_NONE,
        .search = {o->adaptive_rate * unit, ATTR_NOISE_DECAY, (size_t)o->adaptive_steps, ATTR_NOISE_PATIENCE},
        .redraw = o->adaptive_redraw,
    };
    ATTR_TRY(attr_weight_noise_of(&out->settings.weight_noise, &out->noise_layers, o, layers));
    ATTR_TRY(make_layers(out, o, layers));
    return make_baseline(out, ex);
}

void attr_settings_release(attr_settings_holder *held) {
    free(held->picture);
    free(held->origin);
    free(held->deviation);
    free(held->noise_layers);
    free(held->layers);
    *held = (attr_settings_holder){0};
}
