/* Options against each other, and texts that are more than words. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options/row.h"
#include "options/target_text.h"

bool attr_read_crop(int crop[4], const char *text) {
    int length = 0;
    return sscanf(text, "%6d,%6d,%6d,%6d%n", &crop[0], &crop[1], &crop[2], &crop[3], &length) == 4 && !text[length];
}

bool attr_read_colour(double colour[3], const char *text) {
    int length = 0;
    if (sscanf(text, "%lf,%lf,%lf%n", &colour[0], &colour[1], &colour[2], &length) != 3 || text[length]) {
        if (sscanf(text, "%lf%n", &colour[0], &length) != 1 || text[length]) return false;
        colour[1] = colour[2] = colour[0];
    }
    return isfinite(colour[0]) && isfinite(colour[1]) && isfinite(colour[2]);
}

/* "3" or "3-8"; returns what stands behind it, NULL if it is neither. */
static const char *read_range(long *first, long *last, const char *text) {
    char *end;
    if (text[0] < '0' || text[0] > '9') return NULL;
    *first = *last = strtol(text, &end, 10);
    if (*end == '-' && end[1] >= '0' && end[1] <= '9') *last = strtol(end + 1, &end, 10);
    return *end == ',' || !*end ? end : NULL;
}

attr_status attr_read_layers(bool *chosen, int layers, attr_option option, const char *text) {
    const attr_option_row *row = &attr_option_rows[option];
    bool all = 0 == strcmp(text, row->initial);
    for (int i = 0; i < layers; i++) chosen[i] = all;
    if (all) return ATTR_OK;
    for (const char *at = text;; at++) {
        long first, last;
        at = read_range(&first, &last, at);
        if (!at || first > last || last >= layers)
            return attr_fail(ATTR_BAD_INPUT, "%s=%.128s: expected %s, or numbers and ranges of layers (0 to %d): 0,3-8",
                             row->name, text, row->initial, layers - 1);
        for (long i = first; i <= last; i++) chosen[i] = true;
        if (!*at) return ATTR_OK;
    }
}

/* Fails with where the option comes from in front. */
#define REFUSE(option, ...) return refuse(o, ATTR_OPTION_##option, __VA_ARGS__)

__attribute__((format(printf, 3, 4))) static attr_status refuse(const attr_options *o, attr_option option,
                                                                const char *format, ...) {
    char origin[256], text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return attr_fail(ATTR_BAD_INPUT, "%s: %s", attr_options_origin(origin, o, option, sizeof origin), text);
}

static attr_status validate_texts(const attr_options *o) {
    int crop[4];
    double colour[3];
    if (0 != strcmp(o->crop, "whole") && !attr_read_crop(crop, o->crop))
        REFUSE(crop, "crop=%s (expected X,Y,W,H in pixels, or whole)", o->crop);
    attr_target_text target;
    if (attr_read_target(&target, o->target) != ATTR_OK) {
        char message[ATTR_MESSAGE_SIZE];
        snprintf(message, sizeof message, "%s", attr_error_message());
        REFUSE(target, "%s", message);
    }
    if (o->candidates > o->thresh && attr_option_is_given(o, ATTR_OPTION_candidates))
        REFUSE(candidates, "candidates=%g is above thresh=%g", o->candidates, o->thresh);
    if (!attr_read_colour(colour, o->mean)) REFUSE(mean, "mean=%s (expected R,G,B, or one number)", o->mean);
    if (!attr_read_colour(colour, o->std) || !(colour[0] > 0 && colour[1] > 0 && colour[2] > 0))
        REFUSE(std, "std=%s (expected R,G,B, or one number, all above 0)", o->std);
    return ATTR_OK;
}

static attr_status validate_output(const attr_options *o) {
    if (o->pool & (o->pool - 1))
        REFUSE(pool, "pool=%lld (expected 1, 2, 4, 8, 16, 32, 64 or auto)", (long long)o->pool);
    return ATTR_OK;
}

/* What a method makes maps of: itself, or the base that it wraps. */
static int base_of(const attr_options *o) {
    return attr_method_takes_base(o->method) ? o->base : o->method;
}

/* Methods whose name says an option's value. */
static attr_status validate_names(const attr_options *o) {
    if (o->method == ATTR_METHOD_SMOOTHGRAD_SQUARED && o->reduction != ATTR_REDUCTION_SQUARE)
        REFUSE(reduction, "method=smoothgrad_squared is reduction=square; method=smoothgrad takes any");
    if (o->method == ATTR_METHOD_VARGRAD && o->reduction != ATTR_REDUCTION_VARIANCE)
        REFUSE(reduction, "method=vargrad is reduction=variance; method=smoothgrad takes any");
    if (o->method == ATTR_METHOD_SMOOTHED_IG && o->base != ATTR_BASE_INTEGRATED_GRADIENTS)
        REFUSE(base, "method=smoothed_ig is base=integrated_gradients; method=smoothgrad takes any");
    return ATTR_OK;
}

static attr_status validate_pairs(const attr_options *o) {
    char b[256];
    bool automatic = o->samples == 0;
    int64_t samples = automatic ? o->max_samples : o->samples;
    if (attr_method_has_copies(o->method) && o->antithetic && samples % 2)
        REFUSE(antithetic, "antithetic=1 needs an even number of %s (%lld comes from: %s)",
               automatic ? "max_samples" : "samples", (long long)samples,
               attr_options_origin(b, o, automatic ? ATTR_OPTION_max_samples : ATTR_OPTION_samples, sizeof b));
    return ATTR_OK;
}

/* A variance is over copies, clones, both, or roots, and has no error. */
static attr_status validate_variance(const attr_options *o) {
    char b[256];
    bool clones = attr_method_has_clones(o->method), roots = o->method == ATTR_METHOD_SMOOTHTAYLOR;
    if (o->reduction != ATTR_REDUCTION_VARIANCE || (!attr_method_has_copies(o->method) && !clones && !roots))
        return ATTR_OK;
    const char *name = clones ? "clones" : roots ? "roots" : "samples";
    attr_option option = clones ? ATTR_OPTION_clones : roots ? ATTR_OPTION_roots : ATTR_OPTION_samples;
    int64_t number = clones ? o->clones : roots ? o->roots : o->samples;
    if (number == 0)
        REFUSE(reduction, "reduction=variance has no error that %s=auto could wait for (comes from: %s)", name,
               attr_options_origin(b, o, option, sizeof b));
    int64_t copies = o->samples ? o->samples : o->max_samples,
            least = attr_method_has_copies(o->method) && o->antithetic ? 4 : 2;
    int64_t all = clones && attr_method_has_copies(o->method) ? number * copies : number;
    if (all < least)
        REFUSE(reduction, "reduction=variance needs %lld %s or more (%lld comes from: %s)", (long long)least, name,
               (long long)number, attr_options_origin(b, o, option, sizeof b));
    return ATTR_OK;
}

/* Rules with both ends of a path. */
static attr_status validate_path(const attr_options *o) {
    char b[256];
    int base = base_of(o);
    bool has_rule = base == ATTR_METHOD_INTEGRATED_GRADIENTS, has_ends = base == ATTR_METHOD_IG_MAX;
    has_ends |= base == ATTR_METHOD_GGIG;
    if (has_ends && o->steps == 1)
        REFUSE(steps, "the path of %s needs steps of 2 or more, for its two ends",
               base == ATTR_METHOD_GGIG ? "ggig" : "ig_max");
    bool automatic = o->steps == 0;
    if (!has_rule || o->rule == ATTR_RULE_GAUSS || o->rule == ATTR_RULE_RIGHT) return ATTR_OK;
    if ((automatic ? o->max_steps : o->steps) < 2)
        REFUSE(rule, "rule=%s needs %s of 2 or more, for the two ends (1 comes from: %s)",
               o->rule == ATTR_RULE_EVEN ? "even" : "trapezoid", automatic ? "max_steps" : "steps",
               attr_options_origin(b, o, automatic ? ATTR_OPTION_max_steps : ATTR_OPTION_steps, sizeof b));
    return ATTR_OK;
}

/* Numbers that no error decides on. */
static attr_status validate_automatic(const attr_options *o) {
    if (o->samples == 0 && o->method == ATTR_METHOD_RELEX)
        REFUSE(samples, "method=relex needs a number of samples: its mask has no error to wait for");
    if (o->samples == 0 && o->method == ATTR_METHOD_FUSIONGRAD)
        REFUSE(samples, "method=fusiongrad needs a number of samples; clones=auto waits for the error");
    if (o->clones == 0 && o->method == ATTR_METHOD_GEG)
        REFUSE(clones, "method=geg needs a number of clones: a maximum has no error to wait for");
    return ATTR_OK;
}

/* Whether it is the method, or one of those that are given in its place. */
static bool has_method(const attr_options *o, attr_method_word method) {
    attr_method_choice choices[ATTR_METHODS_AT_MOST];
    int count;
    if (!attr_option_is_given(o, ATTR_OPTION_methods) || attr_read_methods(choices, &count, o) != ATTR_OK)
        return o->method == (int)method;
    for (int i = 0; i < count; i++)
        if (choices[i].method == (int)method) return true;
    return false;
}

static attr_status validate_adaptive(const attr_options *o) {
    if (o->adaptive != ATTR_ADAPTIVE_NONE && !has_method(o, ATTR_METHOD_SMOOTHTAYLOR))
        REFUSE(adaptive, "adaptive=%s searches the noise of method=smoothtaylor, and of no other",
               o->adaptive == ATTR_ADAPTIVE_AUPC ? "aupc" : "autvc");
    return ATTR_OK;
}

attr_status attr_options_validate(const attr_options *o) {
    ATTR_TRY(validate_texts(o));
    ATTR_TRY(validate_names(o));
    ATTR_TRY(validate_adaptive(o));
    ATTR_TRY(validate_automatic(o));
    ATTR_TRY(validate_output(o));
    ATTR_TRY(validate_path(o));
    ATTR_TRY(validate_pairs(o));
    return validate_variance(o);
}
