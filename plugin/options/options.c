/* The rows of the table, defaults, and one value after the other. */
#include "options/options.h"

#include <string.h>

#include "options/row.h"

#define WORD(name, word, help) {word, help},
#define WORD_LIST(list, words) static const attr_word list##_words[] = {words(WORD){NULL, NULL}};
ATTR_WORD_LISTS(WORD_LIST)

#define AT(name) offsetof(attr_options, name)
#define INT(topic, name, initial, least, most, zero, unit, help)                                                       \
    {ATTR_KIND_INT, ATTR_TOPIC_##topic, #name, initial, least, most, zero, unit, NULL, help, AT(name)},
#define REAL(topic, name, initial, least, most, unit, help)                                                            \
    {ATTR_KIND_REAL, ATTR_TOPIC_##topic, #name, initial, least, most, NULL, unit, NULL, help, AT(name)},
#define TEXT(topic, name, initial, placeholder, help)                                                                  \
    {ATTR_KIND_TEXT, ATTR_TOPIC_##topic, #name, initial, NULL, NULL, NULL, placeholder, NULL, help, AT(name)},
#define BOOL(topic, name, initial, help)                                                                               \
    {ATTR_KIND_BOOL, ATTR_TOPIC_##topic, #name, initial, NULL, NULL, NULL, "", NULL, help, AT(name)},
#define WITH_WORDS(kind, topic, name, initial, help)                                                                   \
    {kind, ATTR_TOPIC_##topic, #name, initial, NULL, NULL, NULL, "", name##_words, help, AT(name)},
#define CHOICE(...)         WITH_WORDS(ATTR_KIND_CHOICE, __VA_ARGS__)
#define SET(...)            WITH_WORDS(ATTR_KIND_SET, __VA_ARGS__)
#define CHOICE_OR_FILE(...) WITH_WORDS(ATTR_KIND_CHOICE_OR_FILE, __VA_ARGS__)

const attr_option_row attr_option_rows[ATTR_OPTION_COUNT] = {
    ATTR_OPTIONS(INT, REAL, TEXT, BOOL, CHOICE, SET, CHOICE_OR_FILE)};

void attr_option_take(attr_options *o, int option, const char *text) {
    const attr_option_row *row = &attr_option_rows[option];
    attr_value value;
    memset(&value, 0, sizeof value);
    attr_value_parse(&value, row, text); /* an empty text stays empty */
    memcpy((char *)o + row->offset, &value, attr_value_size(row));
}

void attr_options_default(attr_options *o) {
    memset(o, 0, sizeof *o);
    for (int i = 0; i < ATTR_OPTION_COUNT; i++) attr_option_take(o, i, attr_option_rows[i].initial);
}

void attr_options_forget(attr_options *o, attr_source source, const char *name) {
    int i = attr_option_find(name);
    if (i >= 0) o->given[source].line[i] = 0;
}

/* ---- One value */

static int hexadecimal(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/* Takes the percent signs out of a value of a file; false if one is not followed by the number of a character, or if
 * the result has no room. */
static bool unescape(char out[ATTR_TEXT_SIZE], const char *text) {
    size_t n = 0;
    for (; *text; text++) {
        char c = *text;
        if (n + 1 >= ATTR_TEXT_SIZE) return false;
        if (c == '%') {
            int high = hexadecimal(text[1]), low = high < 0 ? -1 : hexadecimal(text[2]);
            if (low < 0 || high + low == 0) return false;
            c = (char)(16 * high + low);
            text += 2;
        }
        out[n++] = c;
    }
    out[n] = '\0';
    return true;
}

/* "yolo.cfg:12" or "command line". */
static void describe(char *out, attr_source source, const char *path, int line, size_t size) {
    if (source == ATTR_FROM_FLAGS)
        snprintf(out, size, "command line");
    else if (source == ATTR_FROM_PRESET)
        snprintf(out, size, "preset of the method");
    else
        snprintf(out, size, "%s:%d", path, line);
}

static attr_status unknown_name(const char *where, const char *name) {
    attr_nearest nearest = {.name = name};
    for (int i = 0; i < ATTR_OPTION_COUNT; i++) attr_nearest_try(&nearest, attr_option_rows[i].name);
    if (nearest.best)
        return attr_fail(ATTR_BAD_INPUT, "%s: unknown option %.64s (did you mean %s?)", where, name, nearest.best);
    return attr_fail(ATTR_BAD_INPUT, "%s: unknown option %.64s (`darknet attribute help` lists them)", where, name);
}

static attr_status bad_value(const char *where, const attr_option_row *row, const char *text) {
    char expected[512];
    attr_nearest nearest = {.name = text};
    attr_value_expected(expected, row, sizeof expected);
    for (int i = 0; row->words && row->words[i].word; i++) attr_nearest_try(&nearest, row->words[i].word);
    return attr_fail(ATTR_BAD_INPUT, "%s: %s=%.128s: expected %s%s%s%s", where, row->name, text, expected,
                     nearest.best ? " (did you mean " : "", nearest.best ? nearest.best : "", nearest.best ? "?)" : "");
}

attr_status attr_options_set(attr_options *o, attr_source source, const char *path, int line, const char *name,
                             const char *text) {
    char where[256], plain[ATTR_TEXT_SIZE];
    attr_value value;
    describe(where, source, path, line, sizeof where);
    int i = attr_option_find(name);
    if (i < 0) return unknown_name(where, name);
    const attr_option_row *row = &attr_option_rows[i];
    if (row->topic == ATTR_TOPIC_COMMAND && source < ATTR_FROM_EXPERIMENT)
        return attr_fail(ATTR_BAD_INPUT, "%s: %s is for the command line only", where, row->name);
    int before = o->given[source].line[i];
    if (before && source == ATTR_FROM_FLAGS)
        return attr_fail(ATTR_BAD_INPUT, "%s: %s is given twice", where, row->name);
    if (before) return attr_fail(ATTR_BAD_INPUT, "%s: %s is given twice (first in line %d)", where, row->name, before);
    if (source != ATTR_FROM_FLAGS) {
        if (!unescape(plain, text))
            return attr_fail(ATTR_BAD_INPUT, "%s: %s=%.128s: expected %% with two hexadecimal digits (%%25 for itself)",
                             where, row->name, text);
        text = plain;
    }
    memset(&value, 0, sizeof value);
    if (!attr_value_parse(&value, row, text)) return bad_value(where, row, text);
    o->given[source].line[i] = line;
    snprintf(o->given[source].path, ATTR_TEXT_SIZE, "%s", path ? path : "");
    for (int stronger = source + 1; stronger < ATTR_SOURCE_COUNT; stronger++)
        if (o->given[stronger].line[i]) return ATTR_OK;
    memcpy((char *)o + row->offset, &value, attr_value_size(row));
    return ATTR_OK;
}

const char *attr_options_origin(char *out, const attr_options *o, attr_option option, size_t size) {
    snprintf(out, size, "default");
    for (int source = ATTR_SOURCE_COUNT - 1; source >= 0; source--) {
        int line = o->given[source].line[option];
        if (!line) continue;
        describe(out, (attr_source)source, o->given[source].path, line, size);
        break;
    }
    return out;
}

bool attr_option_takes_one(const char *name) {
    int i = attr_option_find(name);
    attr_option_kind kind = i >= 0 ? attr_option_rows[i].kind : ATTR_KIND_TEXT;
    return kind != ATTR_KIND_TEXT && kind != ATTR_KIND_SET;
}
