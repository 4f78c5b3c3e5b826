#include "session/scored_methods.h"

#include <stdlib.h>

#include "base/memory.h"
#include "methods/method.h"

attr_status attr_scored_method_make(attr_scored_method *out, const char *label, const attr_options *options) {
    *out = (attr_scored_method){0};
    ATTR_TRY(attr_allocate(&out->options, 1, sizeof *out->options, "options"));
    *out->options = *options;
    attr_options_resolve(out->options);
    ATTR_TRY(attr_options_validate(out->options));
    return attr_copy_text(&out->label, label);
}

void attr_scored_method_free(attr_scored_method *method) {
    free(method->label);
    free(method->options);
    *method = (attr_scored_method){0};
}

/* The name of a method as in option methods. */
static void label_choice(char *out, size_t size, const attr_method_choice *by) {
    snprintf(out, size, "%s%s%s", attr_method_name((attr_method)by->method), by->base >= 0 ? ":" : "",
             by->base >= 0 ? attr_method_name((attr_method)by->base) : "");
}

static attr_status read_choices(attr_method_choice *choices, int *count, const attr_options *given, bool always) {
    if (always || attr_option_is_given(given, ATTR_OPTION_methods)) return attr_read_methods(choices, count, given);
    choices[0] = (attr_method_choice){given->method, -1};
    *count = 1;
    return ATTR_OK;
}

static attr_status make_all(attr_scored_method *out, attr_options *o, const attr_options *given,
                            const attr_method_choice *choices, int count) {
    char label[ATTR_TEXT_SIZE];
    for (int k = 0; k < count; ++k) {
        *o = *given;
        ATTR_TRY(attr_options_choose(o, &choices[k]));
        label_choice(label, sizeof label, &choices[k]);
        ATTR_TRY(attr_scored_method_make(&out[k], label, o));
    }
    return ATTR_OK;
}

attr_status attr_scored_methods_read(attr_scored_method **out, int *count, const attr_options *given, bool always) {
    attr_method_choice choices[ATTR_METHODS_AT_MOST];
    attr_options *o = NULL;
    int found;
    *count = 0;
    ATTR_TRY(read_choices(choices, &found, given, always));
    ATTR_TRY(attr_allocate(out, (size_t)found, sizeof **out, "methods"));
    *count = found;
    ATTR_TRY(attr_allocate(&o, 1, sizeof *o, "options"));
    attr_status status = make_all(*out, o, given, choices, found);
    free(o);
    return status;
}

void attr_scored_methods_free(attr_scored_method *methods, int count) {
    for (int i = 0; i < count; ++i) attr_scored_method_free(&methods[i]);
    free(methods);
}
