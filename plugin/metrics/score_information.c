/* What must be shown until the network knows the picture again, and whether what a map shows is enough. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "metrics/information_curve.h"
#include "metrics/retrieval.h"
#include "metrics/score_rows.h"
#include "metrics/total_variation.h"
#include "targets/classes.h"
#include "targets/probability.h"

/* Of a detection and the box found for it. */
static const double least_overlap = .5;

static bool is_recognised(void *context, attr_engine *e, int sample) {
    const attr_scored_map *m = context;
    return attr_target_is_recognised(m->matched, e, sample, least_overlap, m->least_score);
}

/* ---- Information curves */

static attr_status draw(attr_information_curve *out, const attr_scored_map *m, attr_information_variant variant) {
    attr_region region = attr_score_region(m);
    attr_information_settings settings = attr_information_settings_of(&region, variant, m->seed);
    double *sorted = NULL;
    settings.as_published = m->as_published;
    if (m->matched) {
        settings.recognised = is_recognised;
        settings.context = (void *)(uintptr_t)m;
    }
    ATTR_TRY(attr_score_magnitudes(&sorted, m));
    attr_status status = attr_information_curve_of(out, m->engine, m->probability, m->x, sorted, &settings);
    free(sorted);
    return status;
}

/* A curve and the area under it. */
static attr_status take(double *out, const attr_scored_map *m, const double *curve, double area) {
    *out = area;
    if (!isnan(area)) attr_score_curve(m, curve, ATTR_INFORMATION_POINTS, 1);
    return ATTR_OK;
}

ATTR_MEASURE(sic) {
    attr_information_curve curve;
    ATTR_TRY(draw(&curve, m, ATTR_INFORMATION_GGIG));
    return take(out, m, curve.sic, curve.sic_area);
}

ATTR_MEASURE(aic) {
    attr_information_curve curve;
    ATTR_TRY(draw(&curve, m, ATTR_INFORMATION_GGIG));
    return take(out, m, curve.aic, curve.aic_area);
}

ATTR_MEASURE(pic) {
    attr_information_curve curve;
    ATTR_TRY(draw(&curve, m, ATTR_INFORMATION_PIC));
    return take(out, m, curve.sic, curve.sic_area);
}

/* ---- Retrieval. A map is made visible as its paper does, one plane in [0, 1]; RelEx's is a mask already. */

static void divide_by_largest(double *grey, size_t n) {
    double least = grey[0], most = grey[0];
    for (size_t i = 1; i < n; ++i) {
        least = fmin(least, grey[i]);
        most = fmax(most, grey[i]);
    }
    for (size_t i = 0; i < n; ++i) grey[i] = (grey[i] - least) / (most - least);
}

/* Sums of magnitudes over channels, made visible; *shown is NULL where they are even. */
static attr_status make_visible(double **shown, const attr_scored_map *m, const double *values, int channels) {
    size_t area = attr_score_area(m);
    double *grey = NULL;
    attr_status status = ATTR_OK;
    *shown = NULL;
    ATTR_TRY(attr_allocate(&grey, area, sizeof *grey, "a map"));
    for (size_t k = 0; k < (size_t)channels * area; ++k) grey[k % area] += fabs(values[k]);
    if (attr_score_is_even(m, grey, 1)) {
        free(grey);
        return ATTR_OK;
    }
    if (m->values && attr_method_has_layers(m->method))
        divide_by_largest(grey, area);
    else
        status = attr_saliency(grey, grey, area);
    *shown = grey;
    return status;
}

/* x (.) s in sample 0 of the last forward, beside the mean colour where s is 0; *is_there: whether there is such a s.
 */
static attr_status look_at_shown(bool *is_there, const attr_scored_map *m, const double *values, int channels) {
    size_t area = attr_score_area(m), inputs = (size_t)m->channels * area;
    bool is_mask = m->values && m->method == ATTR_METHOD_RELEX && channels == m->channels;
    double *shown = NULL;
    float *input = NULL;
    *is_there = !attr_score_is_even(m, values, channels);
    if (!*is_there) return ATTR_OK;
    attr_status status = is_mask ? ATTR_OK : make_visible(&shown, m, values, channels);
    *is_there = is_mask || shown;
    if (status == ATTR_OK) status = attr_allocate(&input, inputs, sizeof *input, "an input");
    if (status == ATTR_OK && *is_there) {
        if (is_mask)
            attr_masked_input(input, m->x, values, m->reference, 1, inputs);
        else
            attr_masked_input(input, m->x, shown, m->reference, m->channels, area);
        attr_engine_set_input_f32(m->engine, 0, input);
        attr_engine_forward(m->engine, 1);
    }
    free(input);
    free(shown);
    return status;
}

/* The most probable class of sample 0 of the last forward. */
static attr_status predicted_class(int *out, attr_engine *e) {
    int classes = attr_class_count(e);
    double *probabilities = NULL;
    ATTR_TRY(attr_allocate(&probabilities, (size_t)classes, sizeof *probabilities, "probabilities"));
    attr_class_probabilities(probabilities, e, 0);
    *out = attr_best_class(probabilities, classes);
    free(probabilities);
    return ATTR_OK;
}

/* Of sample 0: whether it is a detection of `matched`, or, without, of the class. */
static attr_status judge(double *out, const attr_scored_map *m, const attr_target *matched, int class_index) {
    int predicted = -1;
    if (matched)
        *out = attr_target_is_recognised(matched, m->engine, 0, least_overlap, m->least_score);
    else {
        ATTR_TRY(predicted_class(&predicted, m->engine));
        *out = predicted >= 0 && predicted == class_index;
    }
    return ATTR_OK;
}

/* m at its partner. Explainers change m->engine: to be made after them. */
static attr_scored_map at_partner(const attr_scored_map *m, const double *values) {
    attr_scored_map shown = *m;
    shown.x = m->partner;
    shown.reference = m->partner_reference;
    shown.values = values;
    return shown;
}

/* Whether what a map shows of `shown`, which is m or its partner, is taken for what m is. */
static attr_status retrieve(double *out, const attr_scored_map *m, const attr_scored_map *shown) {
    int class_index = -1;
    bool is_there = false;
    if (m->is_detection && !m->matched) return ATTR_OK;
    if (!m->matched) {
        (void)attr_score_value_of(m, m->target);
        ATTR_TRY(predicted_class(&class_index, m->engine));
    }
    ATTR_TRY(look_at_shown(&is_there, shown, shown->values ? shown->values : shown->map,
                           shown->values ? shown->value_channels : 1));
    return is_there ? judge(out, m, m->matched, class_index) : ATTR_OK;
}

/* The class that RelEx's control draws, too. */
static attr_status draw_other(attr_target **other, attr_target **matched, const attr_scored_map *m) {
    attr_random random = {m->seed, ATTR_STREAM_CONTROL, 0, attr_target_entry(m->target)};
    float u;
    *matched = NULL;
    attr_random_uniform(&u, &random, 0, 1);
    ATTR_TRY(attr_target_of_other_class(other, m->target, m->engine, u));
    (void)attr_score_value_of(m, *other);
    return m->matched ? attr_target_rematch(matched, *other, m->engine, 0) : ATTR_OK;
}

/* Whether what the map of a random other class shows, of m or its partner, is taken for that class. */
static attr_status retrieve_other(double *out, const attr_scored_map *m, bool of_partner) {
    attr_target *other = NULL, *matched = NULL;
    double *values = NULL;
    bool is_there = false;
    attr_status status = draw_other(&other, &matched, m);
    if (status == ATTR_OK) status = attr_allocate(&values, attr_score_size(m), sizeof *values, "a map");
    if (status == ATTR_OK) status = m->explain(m->context, values, ATTR_MAKE_AT, other, of_partner ? m->partner : m->x);
    const attr_scored_map shown = of_partner ? at_partner(m, values) : *m;
    if (status == ATTR_OK) status = look_at_shown(&is_there, &shown, values, m->value_channels);
    if (status == ATTR_OK && is_there) status = judge(out, m, matched, attr_target_class(other));
    free(values);
    attr_target_free(matched);
    attr_target_free(other);
    return status == ATTR_BAD_INPUT && !other ? ATTR_OK : status; /* the only class */
}

ATTR_MEASURE(retrieval) {
    return retrieve(out, m, m);
}

ATTR_MEASURE(retrieval_random) {
    return retrieve_other(out, m, false);
}

ATTR_MEASURE(partner_retrieval) {
    const double *values = NULL;
    ATTR_TRY(attr_score_made(&values, m, ATTR_MAKE_PARTNER));
    const attr_scored_map shown = at_partner(m, values);
    return values ? retrieve(out, m, &shown) : ATTR_OK;
}

ATTR_MEASURE(partner_retrieval_random) {
    return retrieve_other(out, m, true);
}
