#include "session/session.h"

#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/memory.h"
#include "model/class_files.h"
#include "model/parameters.h"
#include "session/kernel_choice.h"

static attr_status take_section(attr_options *o, attr_source source, const attr_cfg *cfg) {
    for (int i = 0; i < cfg->attribution.count; ++i) {
        const attr_cfg_option *option = &cfg->attribution.options[i];
        ATTR_TRY(attr_options_set(o, source, cfg->path, option->line, option->key, option->value));
    }
    return ATTR_OK;
}

static attr_status take_file(attr_options *o, attr_source source, const char *path) {
    attr_cfg *file = NULL;
    ATTR_TRY(attr_cfg_read(&file, path, ATTR_CFG_ATTRIBUTION));
    attr_status status = take_section(o, source, file);
    attr_cfg_free(file);
    return status;
}

attr_status attr_read_options(attr_options *o, const attr_cfg *cfg, const attr_cfg *data) {
    ATTR_TRY(take_section(o, ATTR_FROM_NETWORK, cfg));
    const attr_cfg_option *file = data ? attr_cfg_find(&data->sections[0], "attribution") : NULL;
    if (file) ATTR_TRY(take_file(o, ATTR_FROM_DATA, file->value));
    if (o->attribution[0]) ATTR_TRY(take_file(o, ATTR_FROM_FILE, o->attribution));
    attr_options_resolve(o);
    return attr_options_validate(o);
}

/* How many classes the names list must name. */
static int count_classes(const network *net, bool *is_detector) {
    int classes = 0;
    *is_detector = false;
    for (int i = 0; i < net->n; ++i) {
        const layer *l = &net->layers[i];
        if (l->type != YOLO && l->type != REGION && l->type != DETECTION) continue;
        *is_detector = true;
        if (l->classes > classes) classes = l->classes;
    }
    return *is_detector ? classes : net->outputs;
}

/* `names=` or else `labels=`, as `classifier predict` does; without them classes are numbers. */
static attr_status read_names(attr_session *s, const attr_cfg *data) {
    if (!data) return ATTR_OK;
    const attr_cfg_option *list = attr_cfg_find(&data->sections[0], "names");
    if (!list) list = attr_cfg_find(&data->sections[0], "labels");
    int count;
    return list ? attr_names_read(&s->names, &count, list->value, s->classes) : ATTR_OK;
}

static attr_status copy_value(char **out, const attr_cfg *data, const char *key) {
    const attr_cfg_option *option = data ? attr_cfg_find(&data->sections[0], key) : NULL;
    return option ? attr_copy_text(out, option->value) : ATTR_OK;
}

attr_status attr_session_labels(char *const **labels, attr_session *s) {
    int count;
    if (!s->labels && s->labels_path && !s->is_detector)
        ATTR_TRY(attr_names_read(&s->labels, &count, s->labels_path, s->classes));
    *labels = s->labels;
    return ATTR_OK;
}

static attr_status open_files(attr_session *s, const char *data_path, const char *cfg_path, const char *weights_path) {
    attr_cfg *cfg = NULL, *data = NULL;
    attr_status status = attr_cfg_read(&cfg, cfg_path, ATTR_CFG_NET);
    if (status == ATTR_OK && data_path) status = attr_cfg_read(&data, data_path, ATTR_CFG_DATA);
    if (status == ATTR_OK) status = attr_read_options(&s->options, cfg, data);
    if (status == ATTR_OK) status = attr_check_precision(&s->options);
    if (status == ATTR_OK) status = attr_model_load(&s->model, cfg, weights_path, 0, s->options.verbose);
    if (status == ATTR_OK) s->classes = count_classes(s->model->net, &s->is_detector);
    if (status == ATTR_OK) status = read_names(s, data);
    if (status == ATTR_OK) status = copy_value(&s->valid_path, data, "valid");
    if (status == ATTR_OK) status = copy_value(&s->labels_path, data, "labels");
    if (status == ATTR_OK) status = attr_hash_file(s->cfg_hash, attr_find_file(cfg_path));
    attr_cfg_free(data);
    attr_cfg_free(cfg);
    return status;
}

/* Pictures are what maps are laid over; a network on plain numbers has none. */
static attr_status check_input(const network *net, const char *cfg_path) {
    if (net->w <= 0 || net->h <= 0 || (net->c != 1 && net->c != 3))
        return attr_fail(ATTR_UNSUPPORTED,
                         "%s: its input is %d x %d x %d (width, height and 1 or 3 channels are needed)", cfg_path,
                         net->w, net->h, net->c);
    return ATTR_OK;
}

attr_status attr_session_open(attr_session **out, const char *data, const char *cfg, const char *weights,
                              const attr_options *flags) {
    attr_session *s = NULL;
    *out = NULL;
    if (!cfg || !weights) return attr_fail(ATTR_BAD_INPUT, "a cfg file and a weights file are needed");
    ATTR_TRY(attr_allocate(&s, 1, sizeof *s, "a session"));
    if (flags)
        s->options = *flags;
    else
        attr_options_default(&s->options);
    attr_status status = attr_copy_text(&s->cfg_path, cfg);
    if (status == ATTR_OK) status = attr_copy_text(&s->weights_path, weights);
    if (status == ATTR_OK && data) status = attr_copy_text(&s->data_path, data);
    if (status == ATTR_OK) status = open_files(s, data, cfg, weights);
    if (status == ATTR_OK) status = check_input(s->model->net, cfg);
    char hash[65]; /* a wrong file of option `tuned` is told at once, not picture by picture */
    if (status == ATTR_OK) status = attr_choose_kernels(&s->choices, hash, s->model->net, &s->options);
    if (status != ATTR_OK) {
        attr_close(s);
        return status;
    }
    *out = s;
    return ATTR_OK;
}

attr_status attr_check_parameters(uint64_t *checksum, const attr_session *s) {
    *checksum = attr_parameters_checksum(s->model->net);
    if (*checksum == s->model->checksum) return ATTR_OK;
    return attr_fail(ATTR_NUMERIC, "%s: the parameters in memory have changed during the run", s->weights_path);
}

attr_status attr_open(attr_session **out, const char *data, const char *cfg, const char *weights) {
    return attr_session_open(out, data, cfg, weights, NULL);
}

void attr_close(attr_session *s) {
    if (!s) return;
    attr_engine_free(s->engine);
    free(s->choices);
    attr_model_free(s->model);
    attr_names_free(s->names);
    attr_names_free(s->labels);
    free(s->valid_path);
    free(s->labels_path);
    free(s->data_path);
    free(s->cfg_path);
    free(s->weights_path);
    free(s);
}

attr_status attr_set(attr_session *s, const char *option, const char *value) {
    /* a program may change its mind: what it gave before is no duplicate, and stays if the new value is refused */
    attr_options *before = NULL;
    ATTR_TRY(attr_allocate(&before, 1, sizeof *before, "options"));
    *before = s->options;
    attr_options_forget(&s->options, ATTR_FROM_FLAGS, option);
    attr_status status = attr_options_set(&s->options, ATTR_FROM_FLAGS, "attr_set", 1, option, value);
    if (status == ATTR_OK)
        attr_options_resolve(&s->options);
    else
        s->options = *before;
    free(before);
    return status;
}
