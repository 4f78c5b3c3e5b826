/* Which methods wrap others, and option `methods`: several methods to be compared. */
#include <string.h>

#include "options/row.h"

/* The place of a word among those of an option; -1 if it is none. *hint is the message's end. */
static int find(const char **hint, attr_option option, const char *word) {
    const attr_word *words = attr_option_rows[option].words;
    attr_nearest nearest = {.name = word};
    for (int i = 0; words[i].word; i++) {
        if (attr_same_name(words[i].word, word)) return i;
        attr_nearest_try(&nearest, words[i].word);
    }
    *hint = nearest.best;
    return -1;
}

static attr_status unknown(const char *what, const char *word, const char *hint) {
    if (hint) return attr_fail(ATTR_BAD_INPUT, "methods: there is no %s %s (did you mean %s?)", what, word, hint);
    return attr_fail(ATTR_BAD_INPUT, "methods: there is no %s \"%s\" (`darknet attribute help %s` lists them)", what,
                     word, what);
}

bool attr_method_has_clones(int method) {
    return method == ATTR_METHOD_NOISEGRAD || method == ATTR_METHOD_FUSIONGRAD;
}

bool attr_method_has_copies(int method) {
    return attr_method_takes_base(method) && method != ATTR_METHOD_NOISEGRAD;
}

bool attr_method_has_layers(int method) {
    return method >= ATTR_METHOD_GRADCAM && method <= ATTR_METHOD_GRADIENT_X_ACTIVATION;
}

bool attr_method_takes_base(int method) {
    return method >= ATTR_METHOD_SMOOTHGRAD && method <= ATTR_METHOD_FUSIONGRAD;
}

static attr_status read_method(attr_method_choice *out, char *word) {
    const char *hint = NULL;
    char *base = strchr(word, ':');
    if (base) *base++ = '\0';
    *out = (attr_method_choice){find(&hint, ATTR_OPTION_method, word), -1};
    if (out->method < 0) return unknown("method", word, hint);
    if (!base) return ATTR_OK;
    if (!attr_method_takes_base(out->method))
        return attr_fail(ATTR_BAD_INPUT, "methods: %s makes means of no other method: it takes no base", word);
    out->base = find(&hint, ATTR_OPTION_base, base);
    return out->base < 0 ? unknown("base", base, hint) : ATTR_OK;
}

/* The base that is made means of in the end. */
static int base_of(const attr_method_choice *choice, const attr_options *o) {
    if (choice->base >= 0) return choice->base;
    if (choice->method == ATTR_METHOD_SMOOTHED_IG) return ATTR_BASE_INTEGRATED_GRADIENTS;
    return attr_option_is_given(o, ATTR_OPTION_base) ? o->base : ATTR_BASE_GRADIENT;
}

static attr_status refuse_twice(const attr_method_choice *all, int count, const attr_options *o) {
    const attr_method_choice *last = &all[count - 1];
    for (int i = 0; i < count - 1; i++)
        if (all[i].method == last->method && base_of(&all[i], o) == base_of(last, o))
            return attr_fail(ATTR_BAD_INPUT, "methods: %s is there twice",
                             attr_option_rows[ATTR_OPTION_method].words[last->method].word);
    return ATTR_OK;
}

attr_status attr_read_methods(attr_method_choice *out, int *count, const attr_options *o) {
    char word[128];
    *count = 0;
    for (const char *text = o->methods;;) {
        size_t length = strcspn(text, ",");
        if (length == 0) return attr_fail(ATTR_BAD_INPUT, "methods=%.128s: a name is missing", o->methods);
        if (*count == ATTR_METHODS_AT_MOST)
            return attr_fail(ATTR_BAD_INPUT, "methods: there are more than %d", ATTR_METHODS_AT_MOST);
        snprintf(word, sizeof word, "%.*s", (int)(length < sizeof word ? length : sizeof word - 1), text);
        ATTR_TRY(read_method(&out[(*count)++], word));
        ATTR_TRY(refuse_twice(out, *count, o));
        if (!text[length]) return ATTR_OK;
        text += length + 1;
    }
}

static attr_status choose(attr_options *o, attr_option option, int word) {
    const attr_option_row *row = &attr_option_rows[option];
    attr_options_forget(o, ATTR_FROM_FLAGS, row->name);
    return attr_options_set(o, ATTR_FROM_FLAGS, NULL, 1, row->name, row->words[word].word);
}

attr_status attr_options_choose(attr_options *o, const attr_method_choice *choice) {
    ATTR_TRY(choose(o, ATTR_OPTION_method, choice->method));
    if (choice->base >= 0) ATTR_TRY(choose(o, ATTR_OPTION_base, choice->base));
    attr_options_resolve(o);
    return ATTR_OK;
}
