/* Values that nobody has given: those of the method's preset. */
#include <string.h>

#include "options/presets.h"
#include "options/row.h"

typedef struct {
    attr_preset_word preset;
    attr_method_word method;
    attr_option option;
    const char *value;
} preset_row;

#define PRESET(preset, method, option, value) {ATTR_PRESET_##preset, ATTR_METHOD_##method, ATTR_OPTION_##option, value},
static const preset_row preset_rows[] = {ATTR_PRESETS(PRESET)};
enum { preset_count = sizeof preset_rows / sizeof *preset_rows };

bool attr_option_has_preset(attr_option option) {
    for (int i = 0; i < preset_count; i++)
        if (preset_rows[i].option == option) return true;
    return false;
}

bool attr_option_is_given(const attr_options *o, attr_option option) {
    for (int source = ATTR_FROM_PRESET + 1; source < ATTR_SOURCE_COUNT; source++)
        if (o->given[source].line[option]) return true;
    return false;
}

/* Undoes what the preset of another method has left. */
static void take_defaults(attr_options *o) {
    for (int i = 0; i < ATTR_OPTION_COUNT; i++)
        if (o->given[ATTR_FROM_PRESET].line[i] && !attr_option_is_given(o, (attr_option)i))
            attr_option_take(o, i, attr_option_rows[i].initial);
    memset(o->given[ATTR_FROM_PRESET].line, 0, sizeof o->given[ATTR_FROM_PRESET].line);
}

void attr_options_resolve(attr_options *o) {
    take_defaults(o);
    for (int i = 0; i < preset_count; i++) {
        const preset_row *row = &preset_rows[i];
        bool applies = (int)row->method == o->method && (int)row->preset <= o->preset;
        if (!applies || attr_option_is_given(o, row->option)) continue;
        attr_option_take(o, row->option, row->value);
        o->given[ATTR_FROM_PRESET].line[row->option] = 1;
    }
}
