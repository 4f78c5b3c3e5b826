#include "session/experiment_keys.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

const char *attr_key_of_size(const attr_experiment *e, const char *key) {
    const char *sizes[] = {"small.", "paper."};
    for (int i = 0; i < 2; ++i)
        if (strncmp(key, sizes[i], 6) == 0) return (i == 0) == e->is_small ? key + 6 : NULL;
    return key;
}

/* Whether an option of the section says the same for this size alone. */
bool attr_key_is_replaced(const attr_experiment *e, const attr_section *s, const attr_cfg_option *option) {
    if (strchr(option->key, '.')) return false;
    for (int i = 0; i < s->count; ++i) {
        const char *key = attr_key_of_size(e, s->options[i].key);
        if (key && key != s->options[i].key && strcmp(key, option->key) == 0) return true;
    }
    return false;
}

const char *attr_experiment_value(const attr_experiment *e, const attr_section *s, const char *name) {
    for (int i = 0; i < s->count; ++i) {
        const char *key = attr_key_of_size(e, s->options[i].key);
        if (key && strcmp(key, name) == 0 && !attr_key_is_replaced(e, s, &s->options[i])) return s->options[i].value;
    }
    return NULL;
}

static bool is_one_of(const char *key, const char *const *keys) {
    for (; *keys; ++keys)
        if (strcmp(key, *keys) == 0) return true;
    return false;
}

/* ---- Settings */

attr_status attr_add_setting(attr_setting **settings, int *count, attr_setting setting, const char *value) {
    attr_setting *more = realloc(*settings, (size_t)(*count + 1) * sizeof *more);
    if (!more) return attr_fail(ATTR_NO_MEMORY, "out of memory for an experiment");
    *settings = more;
    more[*count] = setting;
    more[*count].value = NULL;
    ATTR_TRY(attr_copy_text(&more[*count].value, value));
    char *to = more[(*count)++].value;
    for (const char *from = to; *from; ++from)
        if (*from != ' ') *to++ = *from;
    *to = '\0';
    return ATTR_OK;
}

void attr_free_settings(attr_setting *settings, int count) {
    for (int i = 0; i < count; ++i) free(settings[i].value);
    free(settings);
}

/* The options of a section that are none of `keys`. */
attr_status attr_read_settings(attr_setting **settings, int *count, const attr_experiment *e, const attr_section *s,
                               const char *const *keys) {
    for (int i = 0; i < s->count; ++i) {
        const attr_cfg_option *o = &s->options[i];
        const char *key = attr_key_of_size(e, o->key);
        if (!key || attr_key_is_replaced(e, s, o) || is_one_of(key, keys)) continue;
        ATTR_TRY(attr_add_setting(settings, count, (attr_setting){.name = key, .line = o->line}, o->value));
    }
    return ATTR_OK;
}

/* A section that has nothing but these keys. */
attr_status attr_refuse_other_keys(const attr_experiment *e, const attr_section *s, const char *const *keys) {
    int count = 0;
    while (keys[count]) ++count;
    for (int i = 0; i < s->count; ++i) {
        const char *key = s->options[i].key,
                   *plain = strncmp(key, "small.", 6) && strncmp(key, "paper.", 6) ? key : key + 6;
        if (is_one_of(plain, keys)) continue;
        const char *near = attr_nearest_name(plain, (char *const *)(uintptr_t)keys, count);
        return ATTR_REFUSE_AT(e, s->options[i].line, "[%s] has no key %.64s%s%s%s", s->name, key,
                              near ? " (did you mean " : "", near ? near : "", near ? "?)" : "");
    }
    return ATTR_OK;
}
