#include "session/scoring.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "session/fitting_engine.h"
#include "session/names.h"
#include "session/outlines.h"
#include "session/scoring_job.h"

/* ---- Rows */

int attr_scoring_controls(const attr_scoring *s) {
    if (s->without_controls) return 0;
    return s->session->is_detector ? ATTR_CONTROLS : ATTR_CONTROL_BOX; /* the box comes last */
}

int attr_scoring_rows(const attr_scoring *s) {
    return s->method_count + attr_scoring_controls(s);
}

void attr_scoring_label(char *out, size_t size, const attr_scoring *s, int row) {
    if (row >= s->method_count) {
        snprintf(out, size, "control: %s", attr_control_name((attr_control)(row - s->method_count)));
        return;
    }
    snprintf(out, size, "%s", s->methods[row].label);
}

/* ---- What metrics get */

attr_fitted_region attr_scoring_fitted(const attr_explanation *ex) {
    return (attr_fitted_region){ex->letterbox.x0, ex->letterbox.y0, ex->letterbox.new_w, ex->letterbox.new_h};
}

static attr_status make_reference(float **out, const attr_explanation *ex) {
    const attr_letterbox *l = &ex->letterbox;
    const attr_baseline_settings mean = {.kind = ATTR_BASELINE_MEAN,
                                         .region = {ex->net_c, ex->net_h, ex->net_w, l->x0, l->y0, l->new_w, l->new_h},
                                         .count = 1};
    size_t size = (size_t)ex->net_c * (size_t)ex->net_h * (size_t)ex->net_w;
    ATTR_TRY(attr_allocate(out, size, sizeof **out, "a reference"));
    return attr_baseline_make(*out, ex->input, &mean, 0, 0);
}

static bool is_placed_alike(const attr_letterbox *a, const attr_letterbox *b) {
    return a->x0 == b->x0 && a->y0 == b->y0 && a->new_w == b->new_w && a->new_h == b->new_h;
}

/* The picture of the same name in the folder of option partner. It may have other pixels, as what command attack writes
 * has those of the network, but must be seen at the same places. */
static attr_status find_partner(attr_scoring_job *p) {
    const attr_letterbox *of = &p->ex->letterbox;
    char *path = NULL;
    if (!p->scoring->given->partner[0]) return ATTR_OK;
    ATTR_TRY(attr_file_of_picture(&path, p->scoring->given->partner, p->ex->picture_path, ".png"));
    attr_status status = attr_prepare(&p->partner, p->scoring->session, path);
    if (status == ATTR_OK && !is_placed_alike(&p->partner->letterbox, of))
        status = attr_fail(ATTR_BAD_INPUT, "%s: its %d x %d pixels do not lie in the input as the picture's %d x %d do",
                           path, p->partner->letterbox.picture_w, p->partner->letterbox.picture_h, of->picture_w,
                           of->picture_h);
    if (status == ATTR_OK) status = make_reference(&p->partner_reference, p->partner);
    free(path);
    return status;
}

/* The probability behind a target, or a detection's score; NULL: there is none. */
static attr_target *probability_of(attr_engine *e, const attr_choice *choice) {
    attr_target *out = NULL;
    attr_quantity quantity = attr_target_quantity(choice->target);
    if (attr_target_is_contrast(choice->target) || quantity >= ATTR_TARGET_X) return NULL;
    attr_status status = choice->is_detection
                             ? attr_target_of_detection(&out, e, ATTR_TARGET_SCORE, &choice->detection)
                             : attr_target_of_class(&out, e, ATTR_TARGET_PROBABILITY, choice->class_index);
    return status == ATTR_OK ? out : NULL;
}

/* ---- Measuring */

/* Many inputs at once, for forwards only. */
static attr_status fit_for_forwards(attr_scoring_job *p) {
    const attr_method_settings many = {.method = ATTR_METHOD_SMOOTHGRAD, .samples = 64};
    p->scoring->session->options = *p->scoring->given;
    return attr_fit_engine(p->scoring->session, p->ex, &many);
}

/* Metric k of one map. */
static attr_status measure(attr_scoring_job *p, int row, int i, int k, attr_scored_map *m) {
    const attr_scoring *s = p->scoring;
    attr_target_scores *scores = &p->out->targets[i];
    size_t cell = (size_t)(row * s->metric_count + k);
    const attr_row_map *map = &p->maps[row * p->count + i];
    m->map = map->plane;
    m->values = map->values;
    m->value_channels = map->channels;
    m->expected_sum = map->expected_sum;
    m->method = map->values ? s->methods[row].options->method : -1;
    m->engine = s->session->engine;
    m->curve = scores->curves + cell * ATTR_METRIC_POINTS;
    if (!attr_metric_lacks(s->metrics[k], m)) ATTR_TRY(s->metrics[k]->measure(&scores->values[cell], m));
    if (p->progress && p->progress(p->context, 0, 1)) return attr_fail(ATTR_INTERRUPTED, "interrupted");
    return ATTR_OK;
}

/* Metric k of the maps of all rows. */
static attr_status measure_rows(attr_scoring_job *p, int i, int k, attr_scored_map *m) {
    const attr_scoring *s = p->scoring;
    size_t rows = (size_t)attr_scoring_rows(s);
    const double **maps = NULL;
    double *values = NULL;
    ATTR_TRY(attr_allocate(&maps, rows, sizeof *maps, "maps"));
    attr_status status = attr_allocate(&values, rows, sizeof *values, "scores");
    for (size_t row = 0; status == ATTR_OK && row < rows; ++row) {
        maps[row] = p->maps[row * (size_t)p->count + (size_t)i].plane;
        values[row] = NAN;
    }
    m->engine = s->session->engine;
    if (status == ATTR_OK && !attr_metric_lacks(s->metrics[k], m))
        status = s->metrics[k]->measure_all(values, m, maps, rows);
    for (size_t row = 0; status == ATTR_OK && row < rows; ++row)
        p->out->targets[i].values[row * (size_t)s->metric_count + (size_t)k] = values[row];
    free(maps);
    free(values);
    return status;
}

/* All that forwards alone measure. */
static attr_status measure_by_forwards(attr_scoring_job *p, int i, attr_scored_map *m) {
    const attr_scoring *s = p->scoring;
    attr_status status = ATTR_OK;
    for (int k = 0; status == ATTR_OK && k < s->metric_count; ++k) {
        if (s->metrics[k]->traits & ATTR_NEEDS_EXPLAINER) continue;
        if (s->metrics[k]->measure_all) status = measure_rows(p, i, k, m);
        for (int row = 0; status == ATTR_OK && s->metrics[k]->measure && row < attr_scoring_rows(s); ++row)
            status = measure(p, row, i, k, m);
    }
    return status;
}

/* What makes other maps. */
static attr_status measure_by_maps(attr_scoring_job *p, int i, attr_scored_map *m) {
    const attr_scoring *s = p->scoring;
    attr_scoring_again again = {.job = p, .target = i, .map = m};
    attr_score_room room = {0};
    attr_status status = ATTR_OK;
    m->explain = attr_scoring_explain_again;
    m->context = &again;
    m->room = &room;
    for (int row = 0; status == ATTR_OK && row < s->method_count; ++row) {
        again.row = row;
        attr_score_room_clear(&room);
        for (int k = 0; status == ATTR_OK && k < s->metric_count; ++k)
            if (s->metrics[k]->traits & ATTR_NEEDS_EXPLAINER) status = measure(p, row, i, k, m);
    }
    attr_score_room_clear(&room);
    return status;
}

/* What all measures of a target share, at x. */
static attr_status begin_target(attr_scored_map *m, attr_scoring_job *p, int i) {
    attr_choice *choice = &p->choices[i];
    ATTR_TRY(fit_for_forwards(p));
    m->engine = p->scoring->session->engine;
    attr_engine_set_input_f32(m->engine, 0, m->x);
    attr_engine_forward(m->engine, 1);
    m->value = attr_target_value(choice->target, m->engine, 0);
    m->probability = probability_of(m->engine, choice);
    if (choice->is_detection && m->probability) return attr_target_rematch(&m->matched, choice->target, m->engine, 0);
    return ATTR_OK;
}

static attr_status measure_target(attr_scoring_job *p, int i, const double *mask) {
    const attr_options *given = p->scoring->given;
    const attr_explanation *ex = p->ex;
    attr_scored_map m = {.target = p->choices[i].target,
                         .x = ex->input,
                         .channels = ex->net_c,
                         .net_w = ex->net_w,
                         .net_h = ex->net_h,
                         .fitted = attr_scoring_fitted(ex),
                         .reference = p->reference,
                         .partner = p->partner ? p->partner->input : NULL,
                         .partner_reference = p->partner_reference,
                         .mask = mask,
                         .box = attr_scoring_box(ex, &p->choices[i]),
                         .is_detection = p->choices[i].is_detection,
                         .has_second = p->scoring->second,
                         .seed = (uint64_t)given->seed,
                         .least_score = given->thresh,
                         .as_published = given->as_published};
    attr_status status = begin_target(&m, p, i);
    if (status == ATTR_OK) status = measure_by_forwards(p, i, &m);
    if (status == ATTR_OK) status = measure_by_maps(p, i, &m);
    attr_target_free(m.matched);
    attr_target_free(m.probability);
    return status;
}

static attr_status measure_all(attr_scoring_job *p) {
    double *mask = NULL;
    bool is_known = false;
    ATTR_TRY(attr_allocate(&mask, (size_t)p->ex->net_w * (size_t)p->ex->net_h, sizeof *mask, "a mask"));
    attr_status status = ATTR_OK;
    for (int i = 0; status == ATTR_OK && i < p->count; ++i) {
        status = attr_scoring_mask(mask, &is_known, p, i);
        if (status == ATTR_OK) status = measure_target(p, i, is_known ? mask : NULL);
    }
    free(mask);
    return status;
}

/* ---- One picture */

static attr_status name_target(char **out, const attr_scoring_job *p, int i) {
    char number[16], text[256];
    const char *name = attr_class_name(p->scoring->session, p->choices[i].class_index, number);
    snprintf(text, sizeof text, p->choices[i].is_detection ? "%.200s %d" : "%.200s", name, i + 1);
    return attr_copy_text(out, text);
}

static attr_status make_room(attr_scoring_job *p) {
    const attr_scoring *s = p->scoring;
    size_t rows = (size_t)attr_scoring_rows(s);
    ATTR_TRY(attr_allocate(&p->seconds, rows, sizeof *p->seconds, "times"));
    ATTR_TRY(attr_allocate(&p->out->targets, (size_t)p->count, sizeof *p->out->targets, "scores"));
    p->out->count = p->count;
    for (int i = 0; i < p->count; ++i) {
        attr_target_scores *t = &p->out->targets[i];
        ATTR_TRY(name_target(&t->name, p, i));
        size_t cells = rows * (size_t)s->metric_count, points = cells * ATTR_METRIC_POINTS;
        ATTR_TRY(attr_allocate(&t->values, cells, sizeof *t->values, "scores"));
        ATTR_TRY(attr_allocate(&t->curves, points, sizeof *t->curves, "curves"));
        for (size_t k = 0; k < cells; ++k) t->values[k] = NAN;
        for (size_t k = 0; k < points; ++k) t->curves[k] = NAN;
        ATTR_TRY(attr_allocate(&t->seconds, rows, sizeof *t->seconds, "times"));
    }
    return ATTR_OK;
}

static attr_status score(attr_scoring_job *p) {
    ATTR_TRY(attr_predict_prepared(p->ex, p->scoring->session));
    ATTR_TRY(attr_choose(&p->choices, &p->count, p->ex, p->scoring->session));
    if (p->count == 0) return ATTR_OK;
    ATTR_TRY(attr_scoring_find_objects(p));
    ATTR_TRY(make_room(p));
    ATTR_TRY(make_reference(&p->reference, p->ex));
    ATTR_TRY(find_partner(p));
    ATTR_TRY(attr_scoring_explain(p));
    ATTR_TRY(measure_all(p));
    for (int i = 0; i < p->count; ++i) {
        attr_target_scores *t = &p->out->targets[i];
        memcpy(t->seconds, p->seconds, (size_t)attr_scoring_rows(p->scoring) * sizeof *p->seconds);
        for (int row = 0; row < p->scoring->method_count; ++row) t->gradients += p->maps[row * p->count + i].gradients;
    }
    return ATTR_OK;
}

attr_status attr_score_picture(attr_picture_scores *out, const attr_scoring *s, const char *path,
                               attr_progress progress, void *context) {
    attr_scoring_job p = {.scoring = s, .out = out, .progress = progress, .context = context};
    uint64_t checksum;
    *out = (attr_picture_scores){0};
    s->session->options = *s->given;
    ATTR_TRY(attr_prepare(&p.ex, s->session, path));
    attr_status status = score(&p);
    if (status == ATTR_OK) status = attr_check_parameters(&checksum, s->session);
    if (status == ATTR_OK && s->second) status = attr_check_parameters(&checksum, s->second);
    attr_scoring_free_maps(&p);
    free(p.seconds);
    free(p.reference);
    free(p.partner_reference);
    attr_explanation_free(p.partner);
    attr_choices_free(p.choices, p.count);
    attr_explanation_free(p.ex);
    return status;
}

void attr_picture_scores_free(attr_picture_scores *scores) {
    for (int i = 0; i < scores->count; ++i) {
        free(scores->targets[i].name);
        free(scores->targets[i].values);
        free(scores->targets[i].curves);
        free(scores->targets[i].seconds);
    }
    free(scores->targets);
    *scores = (attr_picture_scores){0};
}
