#include "reports/json.h"

#include <math.h>

/* Length of the UTF-8 sequence at `s`, 0 if it is none. Overlong forms and surrogates are not looked for. */
static int sequence_length(const unsigned char *s) {
    int length = s[0] < 0x80             ? 1
                 : (s[0] & 0xe0) == 0xc0 ? 2
                 : (s[0] & 0xf0) == 0xe0 ? 3
                 : (s[0] & 0xf8) == 0xf0 ? 4
                                         : 0;
    for (int i = 1; i < length; ++i)
        if ((s[i] & 0xc0) != 0x80) return 0;
    return length;
}

void attr_json_quote(FILE *file, const char *text) {
    putc('"', file);
    for (const unsigned char *s = (const unsigned char *)text; *s;) {
        int length = sequence_length(s);
        if (length == 0) {
            fputs("\\ufffd", file);
            length = 1;
        } else if (*s == '"' || *s == '\\') {
            fprintf(file, "\\%c", *s);
        } else if (*s < 0x20) {
            fprintf(file, "\\u%04x", *s);
        } else {
            fwrite(s, 1, (size_t)length, file);
        }
        s += length;
    }
    putc('"', file);
}

void attr_json_begin(attr_json *j, FILE *file) {
    *j = (attr_json){.file = file, .empty = {1}};
}

/* Comma, line break and indentation, then the key. */
static void start_value(attr_json *j, const char *key) {
    if (!j->empty[j->depth]) putc(',', j->file);
    if (j->depth > 0) fprintf(j->file, "\n%*s", 2 * j->depth, "");
    j->empty[j->depth] = 0;
    if (!key) return;
    attr_json_quote(j->file, key);
    fputs(": ", j->file);
}

void attr_json_open(attr_json *j, const char *key, char bracket) {
    start_value(j, key);
    putc(bracket, j->file);
    j->empty[++j->depth] = 1;
}

void attr_json_close(attr_json *j, char bracket) {
    int empty = j->empty[j->depth--];
    if (!empty) fprintf(j->file, "\n%*s", 2 * j->depth, "");
    putc(bracket, j->file);
    if (j->depth == 0) putc('\n', j->file);
}

void attr_json_text(attr_json *j, const char *key, const char *value) {
    start_value(j, key);
    if (value)
        attr_json_quote(j->file, value);
    else
        fputs("null", j->file);
}

void attr_json_number(attr_json *j, const char *key, double value) {
    start_value(j, key);
    if (isfinite(value))
        fprintf(j->file, "%.9g", value);
    else
        fputs("null", j->file);
}

void attr_json_boolean(attr_json *j, const char *key, int value) {
    start_value(j, key);
    fputs(value ? "true" : "false", j->file);
}
