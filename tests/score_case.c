#include "score_case.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "metrics/picture_pixels.h"
#include "small_network.h"

static const attr_region part = {3, 20, 24, 1, 2, 22, 16};
static const char *const linear = "[net] height=20 width=24 channels=3 [connected] output=2 activation=linear";
static const char *const deep = "[net] height=20 width=24 channels=3 [convolutional] filters=4 size=3 stride=2 pad=1 "
                                "activation=leaky [connected] output=9 activation=tanh [connected] output=3 "
                                "activation=linear [softmax]";
static const char *const detector = "[net] height=20 width=24 channels=3 [convolutional] filters=7 size=10 stride=12 "
                                    "pad=0 activation=linear [yolo] mask=0 anchors=10,10 num=1 classes=2";

static attr_status make(void *context, double *values, attr_made_map kind, attr_target *target, const float *x) {
    score_case *s = context;
    s->calls[kind]++;
    s->made_target = target;
    if (kind == ATTR_MAKE_AT && s->remake) return s->remake(values, x, s->n.inputs);
    if (!s->made[kind]) return attr_fail(ATTR_UNSUPPORTED, "no such map");
    memcpy(values, s->made[kind], (size_t)s->m.value_channels * s->plane * sizeof *values);
    return ATTR_OK;
}

static void fill_reference(score_case *s) {
    const attr_region *r = &s->region;
    memcpy(s->reference, s->n.x, s->n.inputs * sizeof *s->reference);
    for (size_t c = 0; c < (size_t)r->channels; c++) {
        double sum = 0;
        for (size_t i = 0; i < attr_picture_pixels(r); i++) sum += s->n.x[c * s->plane + attr_picture_place(r, i)];
        for (size_t i = 0; i < attr_picture_pixels(r); i++)
            s->reference[c * s->plane + attr_picture_place(r, i)] = (float)(sum / (double)attr_picture_pixels(r));
    }
}

void score_case_look(score_case *s) {
    fill_reference(s);
    attr_engine_set_input_f32(s->m.engine, 0, s->n.x);
    attr_engine_forward(s->m.engine, 1);
    s->m.value = attr_target_value(s->target, s->m.engine, 0);
}

void score_case_renew(score_case *s) {
    bool in_double = s->m.engine == s->n.twin;
    attr_keep all = {true, test_every_layer()};
    attr_engine_free(s->n.single);
    attr_engine_free(s->n.twin);
    cr_assert_eq(attr_engine_create(&s->n.single, s->n.net, ATTR_F32, 4, all), ATTR_OK, "%s", attr_error_message());
    cr_assert_eq(attr_engine_create(&s->n.twin, s->n.net, ATTR_F64, 4, all), ATTR_OK, "%s", attr_error_message());
    s->m.engine = in_double ? s->n.twin : s->n.single;
    score_case_look(s);
}

/* All but the targets. */
static void begin(score_case *s, const char *cfg, bool in_double) {
    *s = (score_case){.region = part, .plane = (size_t)part.height * (size_t)part.width};
    engine_pair_make(&s->n, cfg, 4);
    s->reference = test_allocate(s->n.inputs, sizeof *s->reference);
    s->map = test_allocate(s->plane, sizeof *s->map);
    s->mask = test_allocate(s->plane, sizeof *s->mask);
    s->values = test_allocate(s->n.inputs, sizeof *s->values);
    attr_score_room_clear(&s->room);
    s->m = (attr_scored_map){.engine = in_double ? s->n.twin : s->n.single,
                             .x = s->n.x,
                             .channels = part.channels,
                             .net_w = part.width,
                             .net_h = part.height,
                             .fitted = {part.x0, part.y0, part.w, part.h},
                             .reference = s->reference,
                             .map = s->map,
                             .mask = s->mask,
                             .value_channels = 1,
                             .method = -1,
                             .expected_sum = NAN,
                             .room = &s->room,
                             .seed = 5,
                             .least_score = .01};
}

static void end(score_case *s) {
    s->m.target = s->target;
    s->m.matched = s->matched;
    s->m.probability = s->probability;
    score_case_look(s);
}

void linear_score_case(score_case *s) {
    begin(s, linear, true);
    s->target = test_target(s->m.engine, ATTR_TARGET_LOGIT, 1);
    end(s);
}

void deep_score_case(score_case *s) {
    begin(s, deep, false);
    s->target = test_target(s->m.engine, ATTR_TARGET_PROBABILITY, 1);
    s->probability = test_target(s->m.engine, ATTR_TARGET_PROBABILITY, 1);
    end(s);
}

void detector_score_case(score_case *s) {
    attr_target *best = NULL;
    double most = -1;
    begin(s, detector, false);
    attr_engine_set_input_f32(s->m.engine, 0, s->n.x);
    attr_engine_forward(s->m.engine, 1);
    for (int cell = 0; cell < 2; cell++) {
        const attr_detection d = {.layer = 1, .row = 0, .column = cell, .class_index = 1};
        cr_assert_eq(attr_target_of_detection(&best, s->m.engine, ATTR_TARGET_SCORE, &d), ATTR_OK, "%s",
                     attr_error_message());
        double value = attr_target_value(best, s->m.engine, 0);
        if (value > most) {
            attr_target_free(s->target);
            s->target = best;
            most = value;
        } else {
            attr_target_free(best);
        }
    }
    s->m.is_detection = true;
    cr_assert_eq(attr_target_rematch(&s->matched, s->target, s->m.engine, 0), ATTR_OK, "%s", attr_error_message());
    s->probability = s->target;
    end(s);
}

void score_case_free(score_case *s) {
    attr_score_room_clear(&s->room);
    attr_target_free(s->matched);
    if (s->probability != s->target) attr_target_free(s->probability);
    attr_target_free(s->target);
    engine_pair_free(&s->n);
    free(s->reference);
    free(s->map);
    free(s->mask);
    free(s->values);
}

void score_case_method(score_case *s, int channels) {
    s->m.values = s->values;
    s->m.value_channels = channels;
    s->m.method = ATTR_METHOD_GRADIENT;
    s->m.explain = make;
    s->m.context = s;
}

void score_case_random_map(score_case *s, double low, double high) {
    for (size_t i = 0; i < attr_picture_pixels(&s->region); i++)
        s->map[attr_picture_place(&s->region, i)] = test_uniform(low, high);
}

void score_case_box(score_case *s, int left, int top, int right, int bottom) {
    for (int i = 0; i < (int)s->plane; i++) {
        int y = i / s->region.width, x = i % s->region.width;
        s->mask[i] = x >= left && x < right && y >= top && y < bottom;
    }
    s->m.box = (attr_share_box){left, top, right, bottom};
}

double score_by(score_case *s, const attr_metric *row) {
    const double *map = s->m.map;
    double value = NAN;
    attr_scored_map m = s->m;
    if (attr_metric_lacks(row, &m)) return NAN;
    if (row->measure_all) m.map = NULL;
    attr_status status = row->measure ? row->measure(&value, &m) : row->measure_all(&value, &m, &map, 1);
    cr_assert_eq(status, ATTR_OK, "%s: %s", row->name, attr_error_message());
    return value;
}

double score_of(score_case *s, const char *row) {
    const char *near;
    const attr_metric *metric = attr_metric_find(row, &near);
    cr_assert(metric, "no row %s", row);
    return score_by(s, metric);
}

void score_expect(score_case *s, const char *row, double expected, double within) {
    double found = score_of(s, row);
    cr_expect(isnan(expected) ? isnan(found) : fabs(found - expected) <= within, "%s: %.17g, expected %.17g", row,
              found, expected);
}

void score_case_forget(score_case *s) {
    attr_score_room_clear(&s->room);
    memset(s->calls, 0, sizeof s->calls);
}
