#include "session/experiment.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "session/experiment_keys.h"

/* ---- Sections */

static attr_status refuse_second(const attr_experiment *e, const attr_section *s, const void *first) {
    return first ? ATTR_REFUSE_AT(e, s->line, "a second [%s]", s->name) : ATTR_OK;
}

static attr_status read_number(int *out, const attr_experiment *e, const attr_section *s, const char *key) {
    const char *text = attr_experiment_value(e, s, key);
    if (text && attr_parse_whole(out, text) && *out >= 1) return ATTR_OK;
    return ATTR_REFUSE_AT(e, s->line, "[%s] needs %s=, a whole number from 1 up", s->name, key);
}

static attr_status read_experiment(attr_experiment *e, const attr_section *s) {
    static const char *const keys[] = {"name", "title", "text", NULL};
    ATTR_TRY(attr_refuse_other_keys(e, s, keys));
    ATTR_TRY(refuse_second(e, s, e->title));
    const char *name = attr_experiment_value(e, s, "name");
    if (name) ATTR_TRY(attr_copy_text(&e->name, name));
    e->title = attr_experiment_value(e, s, "title");
    if (!e->title) e->title = name ? name : e->cfg->path;
    e->text = attr_experiment_value(e, s, "text");
    return ATTR_OK;
}

static attr_status read_data(attr_experiment *e, const attr_section *s) {
    static const char *const keys[] = {"data", "list", NULL};
    ATTR_TRY(attr_refuse_other_keys(e, s, keys));
    e->data = attr_experiment_value(e, s, "data");
    e->list = attr_experiment_value(e, s, "list");
    return ATTR_OK;
}

static attr_status read_make(attr_experiment *e, const attr_section *s) {
    static const char *const keys[] = {"run", "makes", NULL};
    ATTR_TRY(attr_refuse_other_keys(e, s, keys));
    ATTR_TRY(refuse_second(e, s, e->run));
    e->run = attr_experiment_value(e, s, "run");
    e->makes = attr_experiment_value(e, s, "makes");
    if (!e->run || !e->makes) return ATTR_REFUSE_AT(e, s->line, "[make] needs run= and makes=");
    if (strncmp(e->run, "scripts/", 8) != 0 || strstr(e->run, ".."))
        return ATTR_REFUSE_AT(e, s->line, "run=%.128s: expected a program in scripts/", e->run);
    return ATTR_OK;
}

static attr_status read_train(attr_experiment *e, const attr_section *s) {
    static const char *const keys[] = {"cfg", "weights", "data", "seed", NULL};
    ATTR_TRY(attr_refuse_other_keys(e, s, keys));
    attr_experiment_training *t = &e->trainings[e->training_count++];
    *t = (attr_experiment_training){.cfg = attr_experiment_value(e, s, "cfg"),
                                    .weights = attr_experiment_value(e, s, "weights"),
                                    .data = attr_experiment_value(e, s, "data"),
                                    .seed = 1};
    if (!t->cfg || !t->weights) return ATTR_REFUSE_AT(e, s->line, "[train] needs cfg= and weights=");
    if (!t->data) t->data = e->data;
    if (!t->data) return ATTR_REFUSE_AT(e, s->line, "data= is missing, here or in [data] above");
    return attr_experiment_value(e, s, "seed") ? read_number(&t->seed, e, s, "seed") : ATTR_OK;
}

static attr_status read_model(attr_experiment *e, const attr_section *s) {
    static const char *const keys[] = {"name", "cfg", "weights", "data", "list", NULL};
    attr_experiment_model *m = &e->models[e->model_count++];
    *m = (attr_experiment_model){.cfg = attr_experiment_value(e, s, "cfg"),
                                 .weights = attr_experiment_value(e, s, "weights"),
                                 .data = attr_experiment_value(e, s, "data"),
                                 .list = attr_experiment_value(e, s, "list")};
    const char *name = attr_experiment_value(e, s, "name");
    if (!m->cfg || !m->weights || !name) return ATTR_REFUSE_AT(e, s->line, "[model] needs name=, cfg= and weights=");
    if (!m->data) m->data = e->data;
    if (!m->list) m->list = e->list;
    if (!m->data) return ATTR_REFUSE_AT(e, s->line, "data= is missing, here or in [data] above");
    ATTR_TRY(attr_copy_text(&m->name, name));
    for (int i = 0; i < e->model_count - 1; ++i)
        if (strcmp(e->models[i].name, m->name) == 0)
            return ATTR_REFUSE_AT(e, s->line, "a second network has the name %.128s", m->name);
    return attr_read_settings(&m->settings, &m->setting_count, e, s, keys);
}

static attr_status read_metric(attr_experiment *e, const attr_section *s) {
    static const char *const keys[] = {NULL};
    ATTR_TRY(refuse_second(e, s, e->metrics));
    e->metrics = attr_experiment_value(e, s, "metrics");
    if (!e->metrics) return ATTR_REFUSE_AT(e, s->line, "[metric] needs metrics=");
    return attr_read_settings(&e->metric_settings, &e->metric_setting_count, e, s, keys);
}

static attr_status read_accuracy(attr_experiment *e, const attr_section *s) {
    static const char *const keys[] = {"clones", NULL};
    ATTR_TRY(attr_refuse_other_keys(e, s, keys));
    return read_number(&e->accuracy_clones, e, s, "clones");
}

static attr_status read_checks(attr_experiment *e, const attr_section *s) {
    static const char *const keys[] = {"pictures", "shown", NULL};
    ATTR_TRY(read_number(&e->check_pictures, e, s, "pictures"));
    ATTR_TRY(read_number(&e->shown_pictures, e, s, "shown"));
    return attr_read_settings(&e->metric_settings, &e->metric_setting_count, e, s, keys);
}

static attr_status read_claim(attr_experiment *e, const attr_section *s) {
    static const char *const keys[] = {"text",       "metric", "less",        "than", "falls_with",
                                       "rises_with", "of",     "than_metric", NULL};
    ATTR_TRY(attr_refuse_other_keys(e, s, keys));
    attr_claim *c = &e->claims[e->claim_count++];
    *c = (attr_claim){attr_experiment_value(e, s, "text"),
                      attr_experiment_value(e, s, "metric"),
                      attr_experiment_value(e, s, "less"),
                      attr_experiment_value(e, s, "than"),
                      attr_experiment_value(e, s, "falls_with"),
                      attr_experiment_value(e, s, "rises_with"),
                      attr_experiment_value(e, s, "of"),
                      attr_experiment_value(e, s, "than_metric"),
                      s->line};
    bool has_pair = c->less && (c->than || c->than_metric);
    if (!c->text || !c->metric) return ATTR_REFUSE_AT(e, s->line, "[claim] needs text= and metric=");
    if (has_pair + (c->falls_with != NULL) + (c->rises_with != NULL) != 1)
        return ATTR_REFUSE_AT(e, s->line,
                              "[claim] needs less= with than= or than_metric=, or falls_with=, or rises_with=");
    return ATTR_OK;
}

static attr_status read_plot(attr_experiment *e, const attr_section *s) {
    static const char *const keys[] = {"metric", "x", "of", "over", "log", "title", NULL};
    ATTR_TRY(attr_refuse_other_keys(e, s, keys));
    attr_experiment_plot *p = &e->plots[e->plot_count++];
    *p = (attr_experiment_plot){.title = attr_experiment_value(e, s, "title"),
                                .metric = attr_experiment_value(e, s, "metric"),
                                .x = attr_experiment_value(e, s, "x"),
                                .of = attr_experiment_value(e, s, "of"),
                                .line = s->line};
    const char *over = attr_experiment_value(e, s, "over"), *log = attr_experiment_value(e, s, "log");
    if (!p->metric) return ATTR_REFUSE_AT(e, s->line, "[plot] needs metric=");
    if (over && strcmp(over, "models") != 0)
        return ATTR_REFUSE_AT(e, s->line, "over=%.64s: expected over=models", over);
    if (log && strcmp(log, "1") != 0 && strcmp(log, "0") != 0)
        return ATTR_REFUSE_AT(e, s->line, "log=%.64s: expected 0 or 1", log);
    p->over_models = over != NULL;
    p->is_logarithmic = log && *log == '1';
    if (!p->title) p->title = p->metric;
    return ATTR_OK;
}

static attr_status read_section(attr_experiment *e, const attr_section *s) {
    static const struct {
        const char *name;
        attr_status (*read)(attr_experiment *e, const attr_section *s);
    } sections[] = {{"experiment", read_experiment},
                    {"data", read_data},
                    {"make", read_make},
                    {"train", read_train},
                    {"model", read_model},
                    {"method", attr_read_variants},
                    {"sweep", NULL},
                    {"metric", read_metric},
                    {"accuracy", read_accuracy},
                    {"checks", read_checks},
                    {"claim", read_claim},
                    {"plot", read_plot}};
    enum { count = sizeof sections / sizeof *sections };
    const char *names[count];
    for (int i = 0; i < count; ++i) {
        if (strcmp(s->name, sections[i].name) == 0) return sections[i].read ? sections[i].read(e, s) : ATTR_OK;
        names[i] = sections[i].name;
    }
    const char *near = attr_nearest_name(s->name, (char *const *)(uintptr_t)names, count);
    return ATTR_REFUSE_AT(e, s->line, "an experiment has no section [%.64s]%s%s%s", s->name,
                          near ? " (did you mean [" : "", near ? near : "", near ? "]?)" : "");
}

/* ---- Checks of the whole */

static attr_status check_options(const attr_experiment *e, const attr_experiment_model *model, attr_options *given,
                                 attr_options *o) {
    attr_options_default(given);
    ATTR_TRY(attr_model_apply(given, e, model));
    for (int i = 0; i < e->variant_count; ++i) {
        *o = *given;
        ATTR_TRY(attr_variant_apply(o, e, &e->variants[i]));
        ATTR_TRY(attr_options_validate(o));
    }
    return ATTR_OK;
}

/* That every variant's options are right, and no two have the same name. */
static attr_status check_variants(const attr_experiment *e) {
    attr_options *o = NULL;
    ATTR_TRY(attr_allocate(&o, 2, sizeof *o, "options"));
    attr_status status = ATTR_OK;
    for (int i = 0; status == ATTR_OK && i < e->model_count; ++i)
        status = check_options(e, &e->models[i], &o[0], &o[1]);
    free(o);
    ATTR_TRY(status);
    for (int i = 0; i < e->variant_count; ++i)
        for (int k = 0; k < i; ++k)
            if (strcmp(e->variants[i].name, e->variants[k].name) == 0)
                return attr_fail(ATTR_BAD_INPUT, "%s: two methods have the name %.256s (name= tells them apart)",
                                 e->cfg->path, e->variants[i].name);
    return ATTR_OK;
}

/* That some method has several values of an option. */
static bool is_swept(const attr_experiment *e, const char *option) {
    for (int i = 0; i < e->variant_count; ++i)
        if (attr_variant_value(&e->variants[i], option)) return true;
    return false;
}

/* That some method is meant by each name of a list; so is a control, for the network decides which there are. */
static attr_status check_names(const attr_experiment *e, int line, const char *key, const char *names) {
    for (const char *name = names; name;) {
        size_t length = strcspn(name, ";");
        bool found = strncmp(name, "control: ", 9) == 0;
        for (int i = 0; i < e->variant_count && !found; ++i)
            found = attr_label_is_meant(e->variants[i].name, name, length);
        if (!found) return ATTR_REFUSE_AT(e, line, "%s=%.*s: no method has that name", key, (int)length, name);
        name = name[length] ? name + length + 1 + strspn(name + length + 1, " ") : NULL;
    }
    return ATTR_OK;
}

static attr_status check_claim(const attr_experiment *e, const attr_claim *c) {
    const char *option = c->falls_with ? c->falls_with : c->rises_with;
    if (option && !is_swept(e, option))
        return ATTR_REFUSE_AT(e, c->line, "[claim]: no method has several values of %.64s", option);
    ATTR_TRY(check_names(e, c->line, "less", c->less));
    ATTR_TRY(check_names(e, c->line, "than", c->than));
    return check_names(e, c->line, "of", c->of);
}

static attr_status check_plot(const attr_experiment *e, const attr_experiment_plot *p) {
    if (p->x && strcmp(p->x, "curve") != 0 && !is_swept(e, p->x))
        return ATTR_REFUSE_AT(e, p->line, "[plot] x=%.64s: no method has several values of it", p->x);
    return check_names(e, p->line, "of", p->of);
}

static attr_status check(const attr_experiment *e) {
    if (!e->title) return attr_fail(ATTR_BAD_INPUT, "%s: [experiment] is missing", e->cfg->path);
    if (e->model_count == 0) return attr_fail(ATTR_BAD_INPUT, "%s: [model] is missing", e->cfg->path);
    if (e->variant_count == 0) return attr_fail(ATTR_BAD_INPUT, "%s: [method] is missing", e->cfg->path);
    if (!e->metrics && !e->accuracy_clones && !e->check_pictures)
        return attr_fail(ATTR_BAD_INPUT, "%s: [metric] is missing", e->cfg->path);
    ATTR_TRY(check_variants(e));
    for (int i = 0; i < e->claim_count; ++i) ATTR_TRY(check_claim(e, &e->claims[i]));
    for (int i = 0; i < e->plot_count; ++i) ATTR_TRY(check_plot(e, &e->plots[i]));
    return ATTR_OK;
}

/* cfg/experiments/smoothtaylor.cfg: smoothtaylor */
static attr_status name_by_file(attr_experiment *e) {
    const char *slash = strrchr(e->cfg->path, '/'), *base = slash ? slash + 1 : e->cfg->path;
    ATTR_TRY(attr_copy_text(&e->name, base));
    char *dot = strrchr(e->name, '.');
    if (dot && dot != e->name) *dot = '\0';
    return ATTR_OK;
}

static attr_status read_sections(attr_experiment *e) {
    static const char *const no_keys[] = {NULL};
    const attr_section *general = &e->cfg->attribution;
    for (int i = 0; i < e->cfg->count; ++i) ATTR_TRY(read_section(e, &e->cfg->sections[i]));
    if (general->line > 0) ATTR_TRY(attr_read_settings(&e->settings, &e->setting_count, e, general, no_keys));
    return e->name ? ATTR_OK : name_by_file(e);
}

attr_status attr_experiment_read(attr_experiment *e, const char *path, bool is_small) {
    *e = (attr_experiment){.is_small = is_small};
    ATTR_TRY(attr_cfg_read(&e->cfg, path, ATTR_CFG_EXPERIMENT));
    size_t sections = (size_t)e->cfg->count + 1;
    ATTR_TRY(attr_allocate(&e->trainings, sections, sizeof *e->trainings, "an experiment"));
    ATTR_TRY(attr_allocate(&e->models, sections, sizeof *e->models, "an experiment"));
    ATTR_TRY(attr_allocate(&e->claims, sections, sizeof *e->claims, "an experiment"));
    ATTR_TRY(attr_allocate(&e->plots, sections, sizeof *e->plots, "an experiment"));
    ATTR_TRY(read_sections(e));
    return check(e);
}

void attr_experiment_free(attr_experiment *e) {
    for (int i = 0; i < e->model_count; ++i) {
        free(e->models[i].name);
        attr_free_settings(e->models[i].settings, e->models[i].setting_count);
    }
    for (int i = 0; i < e->variant_count; ++i) {
        free(e->variants[i].name);
        free(e->variants[i].method);
        attr_free_settings(e->variants[i].settings, e->variants[i].setting_count);
    }
    attr_free_settings(e->settings, e->setting_count);
    attr_free_settings(e->metric_settings, e->metric_setting_count);
    free(e->trainings);
    free(e->models);
    free(e->variants);
    free(e->claims);
    free(e->plots);
    free(e->name);
    attr_cfg_free(e->cfg);
    *e = (attr_experiment){0};
}
