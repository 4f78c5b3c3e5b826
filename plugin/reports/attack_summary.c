/* attack.json. */
#include "methods/method.h"
#include "reports/attack.h"
#include "reports/json.h"

static const char *const attack_words[] = {"pgd", "structured", "topk"};
static const char *const map_words[] = {"gradient", "gradient_x_input"};

static void write_series(attr_json *j, const char *key, const double *values, size_t count) {
    if (!values) return;
    attr_json_open(j, key, '[');
    for (size_t i = 0; i < count; i++) attr_json_number(j, NULL, values[i]);
    attr_json_close(j, ']');
}

static void write_box(attr_json *j, const double box[4]) {
    attr_json_open(j, "box", '[');
    for (int k = 0; k < 4; k++) attr_json_number(j, NULL, box[k]);
    attr_json_close(j, ']');
}

static void write_view(attr_json *j, const char *key, const attr_attack_report *r, const attr_attack_target *t,
                       const attr_attack_view *v) {
    attr_json_open(j, key, '{');
    attr_json_number(j, "probability", v->probability);
    if (t->towards_index >= 0) attr_json_number(j, "attack_class_probability", v->towards);
    if (t->is_detection) attr_json_number(j, "best_match", v->rematch);
    attr_json_integer(j, "predicted", v->predicted);
    attr_json_open(j, r->ex->is_detector ? "detections" : "classes", '[');
    for (int i = 0; i < v->count; i++) {
        const attr_prediction *p = &v->predictions[i];
        attr_json_open(j, NULL, '{');
        attr_json_text(j, "class", p->class_name);
        attr_json_integer(j, "class_index", p->class_index);
        attr_json_number(j, "score", p->score);
        if (r->ex->is_detector) write_box(j, p->box);
        attr_json_close(j, '}');
    }
    attr_json_close(j, ']');
    attr_json_close(j, '}');
}

static void write_distance(attr_json *j, const char *key, const attr_distance *d) {
    attr_json_open(j, key, '{');
    attr_json_number(j, "l_infinity", d->largest);
    attr_json_number(j, "l2", d->euclidean);
    attr_json_close(j, '}');
}

static void write_agreement(attr_json *j, const char *key, const attr_attack_agreement *a) {
    attr_json_open(j, key, '{');
    attr_json_number(j, "spearman", a->spearman);
    attr_json_number(j, "absolute_spearman", a->absolute);
    attr_json_number(j, "ssim", a->ssim);
    attr_json_number(j, "top_overlap", a->overlap);
    attr_json_close(j, '}');
}

static void write_target(attr_json *j, const attr_attack_report *r, const attr_attack_target *t) {
    char label[ATTR_METHOD_LABEL];
    attr_json_open(j, NULL, '{');
    attr_json_text(j, "name", t->name);
    attr_json_text(j, "class", t->class_name);
    attr_json_integer(j, "class_index", t->class_index);
    attr_json_text(j, "target", t->target);
    attr_json_text(j, "attack_class", t->towards_name);
    attr_json_boolean(j, "succeeded", t->succeeded);
    write_view(j, "before", r, t, &t->before);
    write_view(j, "exact", r, t, &t->exact);
    write_view(j, "after", r, t, &t->after);
    write_distance(j, "exact_distance", &t->exact_distance);
    write_distance(j, "distance", &t->written_distance);
    attr_json_number(j, "magnification", attr_attack_magnification(t));
    attr_json_text(j, "method", attr_method_label(label, &r->ex->options));
    write_agreement(j, "maps", &t->maps);
    write_agreement(j, "gradient_maps", &t->gradient_maps);
    if (r->wanted) {
        attr_json_number(j, "wanted_spearman_before", t->wanted_before);
        attr_json_number(j, "wanted_spearman_after", t->wanted_after);
    }
    attr_json_integer(j, "iterations", (int64_t)t->trace.iterations);
    write_series(j, "probabilities", t->trace.probabilities, t->trace.iterations + 1);
    write_series(j, "attack_class_probabilities", t->trace.towards, t->trace.iterations + 1);
    write_series(j, "losses", t->trace.losses, t->trace.iterations + 1);
    attr_json_close(j, '}');
}

void attr_write_attack_summary(FILE *file, const attr_attack_report *r) {
    const attr_explanation *e = r->ex;
    attr_json j;
    attr_json_begin(&j, file);
    attr_json_open(&j, NULL, '{');
    attr_json_text(&j, "picture", e->picture_path);
    attr_json_text(&j, "attack", attack_words[r->attack]);
    attr_json_number(&j, "epsilon", r->epsilon);
    attr_json_number(&j, "step", r->step);
    attr_json_integer(&j, "most_iterations", (int64_t)r->iterations);
    if (r->attack != ATTR_ATTACK_PGD) attr_json_number(&j, "beta", r->beta);
    attr_json_text(&j, "attacked_map", map_words[e->options.attacked_map]);
    attr_json_integer(&j, "top_pixels", (int64_t)r->top);
    attr_json_integer(&j, "width", e->letterbox.new_w);
    attr_json_integer(&j, "height", e->letterbox.new_h);
    attr_json_integer(&j, "channels", e->net_c);
    attr_json_open(&j, "targets", '[');
    for (int i = 0; i < r->count; i++) write_target(&j, r, &r->targets[i]);
    attr_json_close(&j, ']');
    attr_json_text(&j, "cfg_sha256", e->cfg_hash);
    attr_json_text(&j, "weights_sha256", e->weights_hash);
    attr_json_text(&j, "picture_sha256", e->picture_hash);
    attr_json_close(&j, '}');
}
