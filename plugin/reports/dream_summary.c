/* dream.json. */
#include "reports/dream.h"
#include "reports/files.h"

static void write_target(attr_json *j, const attr_dream_wish *wish) {
    attr_json_text(j, "name", wish->name);
    attr_json_text(j, "of", wish->class_name);
    attr_json_text(j, "objective", wish->text);
    if (wish->class_index >= 0) {
        attr_json_integer(j, "class_index", wish->class_index);
        return;
    }
    attr_json_integer(j, "layer", wish->objective.layer);
    attr_json_integer(j, "channel", wish->objective.channel);
    attr_json_text(j, "unit", wish->objective.centre ? "centre" : "mean");
}

static void write_noise(attr_json *j, const attr_dream_report *r) {
    const attr_options *o = r->options;
    attr_json_integer(j, "clones", r->dreamed->networks);
    if (r->dreamed->networks == 0) return;
    attr_json_boolean(j, "fresh_clones", o->fresh_clones);
    attr_json_number(j, "weight_sigma", o->weight_sigma);
    attr_json_text(j, "weight_noise", o->weight_noise == ATTR_WEIGHT_NOISE_ADDITIVE ? "additive" : "multiplicative");
    attr_json_text(j, "noise_layers", o->noise_layers);
}

static void write_settings(attr_json *j, const attr_dream_report *r) {
    const attr_options *o = r->options;
    attr_json_open(j, "settings", '{');
    attr_json_integer(j, "seed", o->seed);
    attr_json_integer(j, "steps", o->dream_steps);
    attr_json_number(j, "rate", o->dream_rate);
    attr_json_number(j, "gradient_limit", ATTR_DREAM_GRADIENT_LIMIT);
    attr_json_number(j, "rotation", o->rotation);
    attr_json_number(j, "smallest_scale", o->smallest_scale);
    attr_json_number(j, "largest_scale", o->largest_scale);
    attr_json_number(j, "jitter", o->jitter);
    write_noise(j, r);
    attr_json_close(j, '}');
}

static void write_seen(attr_json *j, const attr_dream_report *r) {
    if (r->wish->class_index >= 0) {
        attr_json_number(j, "probability", r->dreamed->probability);
        attr_json_boolean(j, "is_seen", r->dreamed->is_seen);
    }
    attr_json_predictions(j, r->dreamed->seen);
}

static void write_frames(attr_json *j, const attr_dream *d) {
    char name[32], file[40];
    attr_json_open(j, "frames", '[');
    for (int i = 0; i < d->frame_count; i++) {
        attr_dream_frame_name(name, d, i);
        snprintf(file, sizeof file, "%s.png", name);
        attr_json_open(j, NULL, '{');
        attr_json_integer(j, "step", (int64_t)d->frame_steps[i]);
        attr_json_text(j, "file", file);
        attr_json_close(j, '}');
    }
    attr_json_close(j, ']');
}

/* One number of all points. */
static void write_curve(attr_json *j, const char *key, const attr_dream *d, size_t steps,
                        double (*of)(const attr_dream_point *)) {
    attr_json_open(j, key, '[');
    for (size_t i = 0; i <= steps; i++) attr_json_number(j, NULL, of(&d->points[i]));
    attr_json_close(j, ']');
}

static double objective_of(const attr_dream_point *p) {
    return p->objective;
}

static double clean_of(const attr_dream_point *p) {
    return p->clean;
}

static double probability_of(const attr_dream_point *p) {
    return p->probability;
}

void attr_write_dream_summary(FILE *file, const attr_dream_report *r) {
    const attr_dreamed *d = r->dreamed;
    size_t steps = (size_t)r->options->dream_steps;
    attr_json j;
    attr_begin_summary(&j, file, r->session);
    write_target(&j, r->wish);
    write_settings(&j, r);
    attr_json_number(&j, "seconds", d->seen->seconds);
    write_seen(&j, r);
    write_frames(&j, &d->dream);
    attr_json_open(&j, "curves", '{');
    write_curve(&j, "objective", &d->dream, steps, objective_of);
    write_curve(&j, "clean", &d->dream, steps, clean_of);
    if (r->wish->class_index >= 0) write_curve(&j, "probability", &d->dream, steps, probability_of);
    attr_json_close(&j, '}');
    attr_json_close(&j, '}');
}
