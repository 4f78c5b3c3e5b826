/* Keys and options of an experiment's sections. Private to the reader (experiment.h). */
#ifndef ATTR_SESSION_EXPERIMENT_KEYS_H
#define ATTR_SESSION_EXPERIMENT_KEYS_H

#include "session/experiment.h"

#define ATTR_REFUSE_AT(e, at, format, ...)                                                                             \
    attr_fail(ATTR_BAD_INPUT, "%s:%d: " format, (e)->cfg->path, at, ##__VA_ARGS__)

/* The key without "small." or "paper."; NULL when it is of the other size. */
const char *attr_key_of_size(const attr_experiment *e, const char *key);

/* Whether an option of the section says the same for this size alone. */
bool attr_key_is_replaced(const attr_experiment *e, const attr_section *s, const attr_cfg_option *option);

/* The value of a key at this size; NULL: there is none. */
const char *attr_experiment_value(const attr_experiment *e, const attr_section *s, const char *name);

/* A section that has nothing but these keys; NULL ends them. */
attr_status attr_refuse_other_keys(const attr_experiment *e, const attr_section *s, const char *const *keys);

/* Adds one with a value, of which spaces go. */
attr_status attr_add_setting(attr_setting **settings, int *count, attr_setting setting, const char *value);
void attr_free_settings(attr_setting *settings, int count);

/* Adds the options of a section that are none of `keys`. */
attr_status attr_read_settings(attr_setting **settings, int *count, const attr_experiment *e, const attr_section *s,
                               const char *const *keys);

/* Adds the variants of a [method]. */
attr_status attr_read_variants(attr_experiment *e, const attr_section *s);

#endif
