/* summary.json and compare.json, also as lines: what was found and how, for programs. Boxes are relative to the
 * picture: centre, width, height. What does not apply is left out, what is not known or not finite is null. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "methods/method.h"
#include "reports/files.h"
#include "reports/json.h"
#include "session/aim.h"

static void write_hash(attr_json *j, const char *hash) {
    attr_json_text(j, "sha256", hash[0] ? hash : NULL);
}

static void write_size(attr_json *j, int width, int height, int channels) {
    attr_json_integer(j, "width", width);
    attr_json_integer(j, "height", height);
    attr_json_integer(j, "channels", channels);
}

static void write_box(attr_json *j, const double box[4]) {
    static const char *const names[] = {"x", "y", "width", "height"};
    attr_json_open(j, "box", '{');
    for (int k = 0; k < 4; k++) attr_json_number(j, names[k], box[k]);
    attr_json_close(j, '}');
}

static void write_file(attr_json *j, const char *key, const char *path, const char *hash) {
    attr_json_open(j, key, '{');
    attr_json_text(j, "path", path);
    write_hash(j, hash);
    attr_json_close(j, '}');
}

static void write_picture(attr_json *j, const attr_explanation *e) {
    attr_json_open(j, "picture", '{');
    attr_json_text(j, "path", e->picture_path);
    attr_json_text(j, "name", e->picture_name);
    write_hash(j, e->picture_hash);
    attr_json_integer(j, "width", e->picture.w);
    attr_json_integer(j, "height", e->picture.h);
    attr_json_close(j, '}');
}

static void write_model(attr_json *j, const attr_explanation *e) {
    char checksum[17];
    attr_json_open(j, "model", '{');
    attr_json_text(j, "kind", e->is_detector ? "detector" : "classifier");
    write_file(j, "cfg", e->cfg_path, e->cfg_hash);
    write_file(j, "weights", e->weights_path, e->weights_hash);
    attr_json_text(j, "data", e->data_path);
    snprintf(checksum, sizeof checksum, "%016" PRIx64, e->parameters_checksum);
    attr_json_text(j, "parameters_checksum", checksum);
    attr_json_open(j, "input", '{');
    write_size(j, e->net_w, e->net_h, e->net_c);
    attr_json_number(j, "low", e->input_low);
    attr_json_number(j, "high", e->input_high);
    attr_json_close(j, '}');
    attr_json_close(j, '}');
}

void attr_json_predictions(attr_json *j, const attr_explanation *e) {
    attr_json_open(j, "predictions", '[');
    for (int i = 0; i < e->prediction_count; i++) {
        const attr_prediction *p = &e->predictions[i];
        attr_json_open(j, NULL, '{');
        attr_json_text(j, "class", p->class_name);
        attr_json_integer(j, "class_index", p->class_index);
        attr_json_number(j, "score", p->score);
        if (e->is_detector) write_box(j, p->box);
        attr_json_close(j, '}');
    }
    attr_json_close(j, ']');
}

/* ---- Options: each row of the table becomes one call */

#define WORD(name, word, help) word,
#define WORD_LIST(list, words) static const char *const list##_words[] __attribute__((unused)) = {words(WORD) NULL};
ATTR_WORD_LISTS(WORD_LIST)

static void write_integer(attr_json *j, const char *name, int64_t value, const char *word_for_0) {
    if (value == 0 && word_for_0)
        attr_json_text(j, name, word_for_0);
    else
        attr_json_integer(j, name, value);
}

static void write_set(attr_json *j, const char *name, unsigned int set, const char *const *words) {
    attr_json_open(j, name, '[');
    for (int i = 0; words[i]; i++)
        if (set & 1u << i) attr_json_text(j, NULL, words[i]);
    attr_json_close(j, ']');
}

static void write_origin(attr_json *j, const char *name, const attr_options *o, attr_option option) {
    char origin[ATTR_TEXT_SIZE];
    attr_options_origin(origin, o, option, sizeof origin);
    if (strcmp(origin, "default") != 0) attr_json_text(j, name, origin);
}

#define RECORDED(topic, call) /* flags of the command line are no part of a record */                                  \
    if (strcmp(#topic, "COMMAND") != 0) call;
#define INT(topic, name, initial, least, most, zero, ...) RECORDED(topic, write_integer(j, #name, o->name, zero))

#define REAL(topic, name, ...)   RECORDED(topic, attr_json_number(j, #name, o->name))
#define TEXT(topic, name, ...)   RECORDED(topic, attr_json_text(j, #name, o->name))
#define BOOL(topic, name, ...)   RECORDED(topic, attr_json_boolean(j, #name, o->name))
#define CHOICE(topic, name, ...) RECORDED(topic, attr_json_text(j, #name, name##_words[o->name]))
#define SET(topic, name, ...)    RECORDED(topic, write_set(j, #name, o->name, name##_words))
#define ORIGIN(topic, name, ...) RECORDED(topic, write_origin(j, #name, o, ATTR_OPTION_##name))

static void write_options(attr_json *j, const attr_options *o) {
    attr_json_open(j, "options", '{');
    ATTR_OPTIONS(INT, REAL, TEXT, BOOL, CHOICE, SET, TEXT)
    attr_json_close(j, '}');
    attr_json_open(j, "option_origins", '{'); /* of those that are not defaults */
    ATTR_OPTIONS(ORIGIN, ORIGIN, ORIGIN, ORIGIN, ORIGIN, ORIGIN, ORIGIN)
    attr_json_close(j, '}');
}

/* ---- Maps */

static void write_head(attr_json *j, const attr_detection *d) {
    attr_json_open(j, "head", '{');
    attr_json_integer(j, "layer", d->layer);
    attr_json_integer(j, "anchor", d->anchor);
    attr_json_integer(j, "row", d->row);
    attr_json_integer(j, "column", d->column);
    attr_json_number(j, "objectness", d->objectness);
    attr_json_number(j, "class_probability", d->class_probability);
    attr_json_close(j, '}');
}

/* What a box is that is no plain detection: suppressed, or nearest to a labelled object. */
static void write_aim(attr_json *j, const attr_explained *item) {
    static const char *const fates[] = {
        [ATTR_FATE_KEPT] = "kept", [ATTR_FATE_BELOW] = "below", [ATTR_FATE_SUPPRESSED] = "suppressed"};
    const attr_aim *aim = &item->aim;
    const char *failed = attr_failed_factor(aim, item->overlap);
    attr_json_text(j, "place", attr_place_name(aim->place));
    if (aim->number > 0) attr_json_integer(j, "number", aim->number);
    if (aim->place == ATTR_PLACE_DETECTION) return;
    attr_json_text(j, "fate", fates[aim->fate]);
    if (failed) attr_json_text(j, "failed", failed);
    if (aim->has_by) {
        attr_json_open(j, "suppressed_by", '{');
        attr_json_number(j, "score", aim->by.score);
        write_box(j, (double[4]){aim->by.x, aim->by.y, aim->by.w, aim->by.h});
        attr_json_close(j, '}');
    }
    if (!aim->has_object) return;
    attr_json_open(j, "object", '{');
    attr_json_integer(j, "class_index", aim->object.class_index);
    write_box(j, (double[4]){aim->object.x, aim->object.y, aim->object.w, aim->object.h});
    attr_json_number(j, "iou", aim->iou);
    attr_json_close(j, '}');
}

static void write_name(attr_json *j, const char *name, const char *extension) {
    char file[ATTR_TEXT_SIZE];
    snprintf(file, sizeof file, "%s.%s", name, extension);
    attr_json_text(j, extension, file);
}

static void write_files(attr_json *j, const attr_explanation *e, const char *name, const attr_map_figures *f) {
    attr_json_open(j, "files", '{');
    if (e->options.output & 1u << ATTR_OUTPUT_NPY) write_name(j, name, "npy");
    if (e->options.output & 1u << ATTR_OUTPUT_PNG && f->state == ATTR_MAP_DRAWN) write_name(j, name, "png");
    if (f->has_error) write_name(j, name, "error.npy");
    attr_json_close(j, '}');
}

static void write_drawing(attr_json *j, const attr_map_figures *f) {
    attr_json_text(j, "note", attr_map_note(f));
    if (f->state != ATTR_MAP_DRAWN) return;
    attr_json_open(j, "drawing", '{');
    attr_json_text(j, "palette", f->palette == ATTR_DIVERGING ? "diverging" : "sequential");
    attr_json_number(j, "scale", f->scale.positive); /* magnitudes: from here on the end's colour */
    attr_json_number(j, "negative_scale", f->scale.negative);
    attr_json_number(j, "zero", f->scale.zero); /* up to here that of 0 */
    attr_json_close(j, '}');
}

static void write_completeness(attr_json *j, const attr_explained *item) {
    attr_json_open(j, "completeness", '{');
    attr_json_number(j, "gap", item->result.completeness_gap);
    attr_json_number(j, "baseline_target", item->figures.baseline_target);
    attr_json_number(j, "expected", item->figures.expected_sum);
    attr_json_integer(j, "steps", (int64_t)item->figures.steps);
    attr_json_boolean(j, "converged", item->figures.converged);
    attr_json_close(j, '}');
}

static void write_error(attr_json *j, const attr_explained *item) {
    const attr_result *r = &item->result;
    attr_json_number(j, "relative_error", r->relative_error);
    if (isnan(r->relative_error)) return;
    attr_json_open(j, "block_errors", '{'); /* by the side of the blocks, in pixels of the network */
    for (int i = 0; i < ATTR_POOLS; i++) {
        char side[16];
        snprintf(side, sizeof side, "%d", 1 << i);
        attr_json_number(j, side, item->figures.pooled_error[i]);
    }
    attr_json_close(j, '}');
    attr_json_number(j, "split_half", r->split_half);
    attr_json_integer(j, "pool", item->pool);
    attr_json_boolean(j, "error_is_above", attr_error_is_above(item));
}

static void write_layer(attr_json *j, const attr_viewed_layer *layer) {
    attr_json_open(j, "layer", '{');
    attr_json_integer(j, "index", layer->index);
    attr_json_text(j, "kind", layer->kind);
    write_size(j, layer->width, layer->height, layer->channels);
    attr_json_close(j, '}');
}

/* Sigmas are in the units of option space. */
static void write_adaptive(attr_json *j, const attr_noise_search *search) {
    attr_json_open(j, "adaptive", '{');
    attr_json_number(j, "start_sigma", search->start);
    attr_json_number(j, "sigma", search->sigma);
    attr_json_number(j, "objective", search->objective);
    attr_json_integer(j, "evaluations", (int64_t)search->evaluations);
    attr_json_close(j, '}');
}

static void write_retrieval(attr_json *j, const attr_retrieval *r) {
    attr_json_number(j, "original", r->original);
    attr_json_number(j, "kept", r->kept);
    attr_json_number(j, "rest", r->rest);
    attr_json_integer(j, "predicted", r->predicted);
    attr_json_boolean(j, "retrieved", r->retrieved);
    attr_json_number(j, "area", r->area);
}

/* Probabilities of the picture, of what the mask keeps and of the rest; the objective before each step. */
static void write_mask(attr_json *j, const attr_explained *item) {
    const attr_mask_report *mask = item->figures.mask;
    attr_json_open(j, "mask", '{');
    write_retrieval(j, &mask->own);
    if (mask->has_control) {
        attr_json_open(j, "control", '{');
        attr_json_text(j, "class", item->control_name);
        attr_json_integer(j, "class_index", mask->control.class_index);
        write_retrieval(j, &mask->control);
        attr_json_close(j, '}');
    }
    attr_json_open(j, "objective", '[');
    for (size_t i = 0; i < mask->iterations; i++) {
        const attr_objective *o = &mask->objective[i];
        attr_json_open(j, NULL, '{');
        attr_json_number(j, "foreground", o->foreground);
        attr_json_number(j, "background", o->background);
        attr_json_number(j, "sparsity", o->sparsity);
        attr_json_number(j, "total", o->foreground + o->background + o->sparsity);
        attr_json_close(j, '}');
    }
    attr_json_close(j, ']');
    attr_json_close(j, '}');
}

static void write_map(attr_json *j, const attr_explanation *e, const attr_explained *item, const attr_map_figures *f) {
    const attr_result *r = &item->result;
    attr_json_open(j, NULL, '{');
    attr_json_text(j, "name", r->name);
    attr_json_text(j, "class", r->class_name);
    attr_json_integer(j, "class_index", r->class_index);
    attr_json_number(j, "score", r->score);
    attr_json_text(j, "target", item->target);
    attr_json_number(j, "target_value", r->target);
    if (item->is_detection) write_box(j, r->box);
    if (item->is_detection) write_head(j, &item->detection);
    if (item->is_detection) write_aim(j, item);
    if (item->figures.layer.kind) write_layer(j, &item->figures.layer);
    write_files(j, e, r->name, f);
    write_drawing(j, f);
    attr_json_text(j, "coordinates", coordinates_words[e->options.coordinates]);
    write_size(j, r->width, r->height, r->channels);
    attr_json_number(j, "sum", r->sum);
    attr_json_number(j, "positive_sum", f->positive);
    attr_json_number(j, "negative_sum", f->negative);
    attr_json_number(j, "min", f->min);
    attr_json_number(j, "max", f->max);
    attr_json_number(j, "padding_share", r->padding_share);
    attr_json_integer(j, "gradients", (int64_t)r->gradients);
    attr_json_integer(j, "samples", (int64_t)r->samples);
    if (item->figures.tried) attr_json_integer(j, "tried", (int64_t)item->figures.tried);
    write_error(j, item);
    if (!isnan(item->figures.mean_target)) attr_json_number(j, "mean_target", item->figures.mean_target);
    if (item->figures.mask) write_mask(j, item);
    if (!isnan(r->completeness_gap)) write_completeness(j, item);
    if (item->adaptive.evaluations > 0) write_adaptive(j, &item->adaptive);
    attr_json_close(j, '}');
}

/* Noise that is the same in all maps. */
static bool has_noise(const attr_explanation *e) {
    if (e->options.adaptive != ATTR_ADAPTIVE_NONE) return false;
    return attr_method_has_copies((attr_method)e->options.method) || e->options.method == ATTR_METHOD_SMOOTHTAYLOR ||
           e->options.method == ATTR_METHOD_RELEX;
}

/* ---- Documents */

/* `folder` is named where the document is not in it, else NULL. */
static void begin(attr_json *j, const attr_explanation *e, const char *folder) {
    attr_json_open(j, NULL, '{');
    attr_json_text(j, "program", "Attribution for Darknet");
    attr_json_text(j, "version", ATTR_VERSION);
    if (folder) attr_json_text(j, "folder", folder);
    write_picture(j, e);
    write_model(j, e);
    attr_json_predictions(j, e);
}

/* What one method has made. */
static void write_method(attr_json *j, const attr_explanation *e, const attr_map_figures *figures) {
    attr_json_text(j, "method", attr_method_name((attr_method)e->options.method));
    attr_json_integer(j, "seed", e->options.seed);
    if (has_noise(e)) attr_json_number(j, "sigma", e->sigma); /* in the units of option space */
    attr_json_number(j, "seconds", e->seconds);
    if (e->tuned_hash[0]) write_file(j, "tuned", e->options.tuned, e->tuned_hash);
    write_options(j, &e->options);
    attr_json_open(j, "maps", '[');
    for (int i = 0; i < e->count; i++) write_map(j, e, &e->explained[i], &figures[i]);
    attr_json_close(j, ']');
}

static void write_summary(attr_json *j, const attr_explanation *e, const attr_map_figures *figures,
                          const char *folder) {
    begin(j, e, folder);
    write_method(j, e, figures);
    attr_json_close(j, '}');
}

void attr_write_summary(FILE *file, const attr_explanation *e, const attr_map_figures *figures) {
    attr_json j;
    attr_json_begin(&j, file);
    write_summary(&j, e, figures, NULL);
}

attr_status attr_summary_line(char **line, const attr_explanation *e, const attr_map_figures *figures,
                              const char *folder) {
    attr_json_line l;
    *line = NULL;
    ATTR_TRY(attr_json_line_begin(&l));
    write_summary(&l.json, e, figures, folder);
    return attr_json_line_end(line, &l);
}

static void write_comparison(attr_json *j, const attr_comparison *c, const char *folder) {
    char label[ATTR_METHOD_LABEL];
    begin(j, c->parts[0].e, folder);
    attr_json_boolean(j, "shared_scale", c->options->shared_scale);
    attr_json_open(j, "methods", '[');
    for (int k = 0; k < c->count; k++) {
        attr_json_open(j, NULL, '{');
        attr_json_text(j, "label", attr_method_label(label, &c->parts[k].e->options));
        write_method(j, c->parts[k].e, c->parts[k].figures);
        attr_json_close(j, '}');
    }
    attr_json_close(j, ']');
    attr_json_close(j, '}');
}

void attr_write_comparison_summary(FILE *file, const attr_comparison *c) {
    attr_json j;
    attr_json_begin(&j, file);
    write_comparison(&j, c, NULL);
}

attr_status attr_comparison_line(char **line, const attr_comparison *c) {
    attr_json_line l;
    char *folder = NULL;
    *line = NULL;
    ATTR_TRY(attr_folder_of(&folder, c->parts[0].e, c->options->results));
    attr_status status = attr_json_line_begin(&l);
    if (status == ATTR_OK) {
        write_comparison(&l.json, c, folder);
        status = attr_json_line_end(line, &l);
    }
    free(folder);
    return status;
}
