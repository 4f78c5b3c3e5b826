/* The grid of a method's values. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "session/experiment_keys.h"

enum { most_variants = 200 };

static int count_values(const attr_setting *s) {
    int count = 1;
    if (!attr_option_takes_one(s->name)) return 1;
    for (const char *c = s->value; *c; ++c) count += *c == ',';
    return count;
}

/* Value number k of a setting. */
static attr_status add_value(attr_variant *v, const attr_experiment *e, const attr_setting *s, int k) {
    char value[ATTR_TEXT_SIZE];
    const char *from = s->value;
    int count = count_values(s);
    for (int i = 0; i < k; ++i) from = strchr(from, ',') + 1;
    size_t length = count > 1 ? strcspn(from, ",") : strlen(from);
    if (length == 0) return ATTR_REFUSE_AT(e, s->line, "%s: a value is missing", s->name);
    if (length >= sizeof value) return ATTR_REFUSE_AT(e, s->line, "%s: a value is too long", s->name);
    memcpy(value, from, length);
    value[length] = '\0';
    attr_setting one = {.name = s->name, .line = s->line, .is_swept = count > 1};
    return attr_add_setting(&v->settings, &v->setting_count, one, value);
}

static const char *setting_of(const attr_variant *v, const char *option) {
    for (int i = 0; i < v->setting_count; ++i)
        if (attr_same_name(v->settings[i].name, option)) return v->settings[i].value;
    return NULL;
}

/* "noisegrad:integrated_gradients" */
static attr_status name_by_method(attr_variant *v) {
    char name[ATTR_TEXT_SIZE];
    const char *method = setting_of(v, "method"), *base = setting_of(v, "base");
    snprintf(name, sizeof name, "%s%s%s", method ? method : "", base ? ":" : "", base ? base : "");
    return attr_copy_text(&v->method, name);
}

/* "smoothtaylor, sigma .3, roots 100" */
static attr_status name_variant(attr_variant *v, bool is_by_method) {
    char name[ATTR_TEXT_SIZE];
    int length = snprintf(name, sizeof name, "%s", v->method);
    for (int i = 0; i < v->setting_count; ++i)
        if (v->settings[i].is_swept && length < (int)sizeof name &&
            !(is_by_method &&
              (attr_same_name(v->settings[i].name, "method") || attr_same_name(v->settings[i].name, "base"))))
            length += snprintf(name + length, sizeof name - (size_t)length, ", %s %s", v->settings[i].name,
                               v->settings[i].value);
    return attr_copy_text(&v->name, name);
}

static attr_status add_variants(attr_experiment *e, const char *name, const attr_setting *settings, int count) {
    int64_t combinations = 1;
    for (int i = 0; i < count; ++i) {
        combinations *= count_values(&settings[i]);
        if (e->variant_count + combinations > most_variants)
            return ATTR_REFUSE_AT(e, settings[i].line, "more than %d methods with their settings", most_variants);
    }
    attr_variant *more = realloc(e->variants, (size_t)(e->variant_count + combinations) * sizeof *more);
    if (!more) return attr_fail(ATTR_NO_MEMORY, "out of memory for an experiment");
    e->variants = more;
    for (int64_t k = 0; k < combinations; ++k) {
        attr_variant *v = &e->variants[e->variant_count++];
        *v = (attr_variant){0};
        if (name) ATTR_TRY(attr_copy_text(&v->method, name));
        for (int64_t i = 0, rest = combinations, at = k; i < count; ++i) { /* the last setting runs fastest */
            rest /= count_values(&settings[i]);
            ATTR_TRY(add_value(v, e, &settings[i], (int)(at / rest)));
            at %= rest;
        }
        if (!name) ATTR_TRY(name_by_method(v));
        ATTR_TRY(name_variant(v, !name));
    }
    return ATTR_OK;
}

attr_status attr_read_variants(attr_experiment *e, const attr_section *s) {
    static const char *const keys[] = {"name", NULL};
    attr_setting *settings = NULL;
    int count = 0;
    const char *name = attr_experiment_value(e, s, "name");
    attr_status status = ATTR_OK;
    if (!attr_experiment_value(e, s, "method")) status = ATTR_REFUSE_AT(e, s->line, "[method] without method=");
    if (status == ATTR_OK) status = attr_read_settings(&settings, &count, e, s, keys);
    for (int i = 0; status == ATTR_OK && i < e->cfg->count; ++i) /* sweeps below it */
        if (&e->cfg->sections[i] > s && strcmp(e->cfg->sections[i].name, "sweep") == 0)
            status = attr_read_settings(&settings, &count, e, &e->cfg->sections[i], keys);
    if (status == ATTR_OK) status = add_variants(e, name, settings, count);
    attr_free_settings(settings, count);
    return status;
}

/* The later of two settings of one option holds. */
static attr_status apply(attr_options *o, attr_source source, const attr_experiment *e, const attr_setting *settings,
                         int count) {
    for (int i = 0; i < count; ++i) {
        const attr_setting *s = &settings[i];
        attr_options_forget(o, source, s->name);
        ATTR_TRY(attr_options_set(o, source, e->cfg->path, s->line, s->name, s->value));
    }
    return ATTR_OK;
}

attr_status attr_model_apply(attr_options *o, const attr_experiment *e, const attr_experiment_model *model) {
    ATTR_TRY(apply(o, ATTR_FROM_FILE, e, e->settings, e->setting_count));
    ATTR_TRY(apply(o, ATTR_FROM_EXPERIMENT, e, e->metric_settings, e->metric_setting_count));
    return apply(o, ATTR_FROM_EXPERIMENT, e, model->settings, model->setting_count);
}

attr_status attr_variant_apply(attr_options *o, const attr_experiment *e, const attr_variant *variant) {
    ATTR_TRY(apply(o, ATTR_FROM_EXPERIMENT, e, variant->settings, variant->setting_count));
    attr_options_resolve(o);
    return ATTR_OK;
}

const char *attr_variant_value(const attr_variant *variant, const char *option) {
    for (int i = 0; i < variant->setting_count; ++i)
        if (variant->settings[i].is_swept && attr_same_name(variant->settings[i].name, option))
            return variant->settings[i].value;
    return NULL;
}

bool attr_label_is_meant(const char *label, const char *name, size_t length) {
    return strncmp(label, name, length) == 0 && (label[length] == '\0' || label[length] == ',');
}
