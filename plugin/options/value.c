/* Values as text and back. */
#include "options/row.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(ATTR_TEXT_SIZE == 4096, "attr_value_expected() tells the size");

/* ---- Reading */

size_t attr_value_size(const attr_option_row *row) {
    switch (row->kind) {
    case ATTR_KIND_INT:
        return sizeof(int64_t);
    case ATTR_KIND_REAL:
        return sizeof(double);
    case ATTR_KIND_TEXT:
    case ATTR_KIND_CHOICE_OR_FILE:
        return ATTR_TEXT_SIZE;
    case ATTR_KIND_BOOL:
        return sizeof(bool);
    case ATTR_KIND_CHOICE:
        return sizeof(int);
    case ATTR_KIND_SET:
        return sizeof(unsigned int);
    }
    return 0;
}

static bool read_integer(int64_t *out, const char *text) {
    char *end;
    if (text[0] == '\0' || strspn(text, "-0123456789") != strlen(text)) return false;
    errno = 0;
    *out = strtoll(text, &end, 10);
    return *end == '\0' && errno == 0;
}

static bool read_real(double *out, const char *text) {
    char *end;
    if (text[0] == '\0' || strspn(text, "+-.0123456789eE") != strlen(text)) return false;
    *out = strtod(text, &end);
    return *end == '\0';
}

static int find_word(const attr_word *words, const char *text) {
    for (int i = 0; words[i].word; i++)
        if (attr_same_name(words[i].word, text)) return i;
    return -1;
}

int attr_option_word(attr_option option, const char *text) {
    return find_word(attr_option_rows[option].words, text);
}

/* Each word at most once. */
static bool read_set(unsigned int *out, const attr_word *words, const char *text) {
    char word[64];
    *out = 0;
    for (;;) {
        size_t length = strcspn(text, ",");
        if (length >= sizeof word) return false;
        memcpy(word, text, length);
        word[length] = '\0';
        int i = find_word(words, word);
        if (i < 0 || *out & 1u << i) return false;
        *out |= 1u << i;
        if (text[length] == '\0') return true;
        text += length + 1;
    }
}

static bool read_text(char *out, const char *text) {
    size_t length = strlen(text);
    if (length == 0 || length >= ATTR_TEXT_SIZE) return false;
    memcpy(out, text, length + 1);
    return true;
}

bool attr_value_parse(attr_value *out, const attr_option_row *row, const char *text) {
    int64_t least, most;
    double low, high;
    switch (row->kind) {
    case ATTR_KIND_INT:
        if (row->zero && (attr_same_name(text, row->zero) || strcmp(text, "0") == 0)) return out->integer = 0, true;
        return read_integer(&out->integer, text) && read_integer(&least, row->least) &&
               read_integer(&most, row->most) && out->integer >= least && out->integer <= most;
    case ATTR_KIND_REAL:
        return read_real(&out->real, text) && read_real(&low, row->least) && read_real(&high, row->most) &&
               out->real >= low && out->real <= high;
    case ATTR_KIND_TEXT:
        return read_text(out->text, text);
    case ATTR_KIND_BOOL:
        out->yes = strcmp(text, "1") == 0;
        return out->yes || strcmp(text, "0") == 0;
    case ATTR_KIND_CHOICE:
        out->word = find_word(row->words, text);
        return out->word >= 0;
    case ATTR_KIND_SET:
        return read_set(&out->set, row->words, text);
    case ATTR_KIND_CHOICE_OR_FILE:
        /* A mistyped word must not be taken for a file. */
        return read_text(out->text, text) && (find_word(row->words, text) >= 0 || strpbrk(text, "./"));
    }
    return false;
}

/* ---- Writing */

void attr_value_format(char *out, const attr_option_row *row, const attr_options *o) {
    const void *field = (const char *)o + row->offset;
    attr_value v;
    size_t used = 0;
    memcpy(&v, field, attr_value_size(row));
    switch (row->kind) {
    case ATTR_KIND_INT:
        if (row->zero && v.integer == 0)
            snprintf(out, ATTR_TEXT_SIZE, "%s", row->zero);
        else
            snprintf(out, ATTR_TEXT_SIZE, "%lld", (long long)v.integer);
        break;
    case ATTR_KIND_REAL:
        for (int digits = 1; digits <= 17; digits++) {
            snprintf(out, ATTR_TEXT_SIZE, "%.*g", digits, v.real);
            if (strtod(out, NULL) == v.real) break;
        }
        break;
    case ATTR_KIND_TEXT:
    case ATTR_KIND_CHOICE_OR_FILE:
        memcpy(out, v.text, sizeof v.text);
        break;
    case ATTR_KIND_BOOL:
        strcpy(out, v.yes ? "1" : "0");
        break;
    case ATTR_KIND_CHOICE:
        strcpy(out, row->words[v.word].word);
        break;
    case ATTR_KIND_SET:
        for (int i = 0; row->words[i].word; i++)
            if (v.set & 1u << i) used += (size_t)sprintf(out + used, "%s%s", used ? "," : "", row->words[i].word);
        break;
    }
}

void attr_value_range(char *out, const attr_option_row *row, size_t size) {
    out[0] = '\0';
    if (row->least)
        snprintf(out, size, "%s to %s%s%s%s%s", row->least, row->most, row->unit[0] ? " " : "", row->unit,
                 row->zero ? ", or " : "", row->zero ? row->zero : "");
    else if (row->kind == ATTR_KIND_CHOICE_OR_FILE)
        snprintf(out, size, "or a file's name, with a dot or a slash");
}

/* Adds the words: "a, b or c". */
static void list_words(char *out, const attr_word *words, const char *last, size_t size) {
    for (int i = 0; words[i].word; i++) {
        size_t used = strlen(out);
        snprintf(out + used, size - used, "%s%s", i == 0 ? "" : words[i + 1].word ? ", " : last, words[i].word);
    }
}

void attr_value_expected(char *out, const attr_option_row *row, size_t size) {
    static const char *const starts[] = {
        [ATTR_KIND_INT] = "a whole number from ",
        [ATTR_KIND_REAL] = "a number from ",
        [ATTR_KIND_TEXT] = "a text of 1 to 4095 bytes",
        [ATTR_KIND_BOOL] = "0 or 1",
        [ATTR_KIND_CHOICE] = "",
        [ATTR_KIND_SET] = "different ones of ",
        [ATTR_KIND_CHOICE_OR_FILE] = "",
    };
    char range[128];
    attr_value_range(range, row, sizeof range);
    snprintf(out, size, "%s", starts[row->kind]);
    if (row->words) list_words(out, row->words, row->kind == ATTR_KIND_CHOICE ? " or " : ", ", size);
    size_t used = strlen(out);
    snprintf(out + used, size - used, "%s%s", row->words && range[0] ? " " : "", range);
}
