#include "reports/json.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "reports/text.h"

void attr_json_quote(FILE *file, const char *text) {
    putc('"', file);
    while (*text) {
        size_t length = attr_utf8_length(text);
        if (length == 0) {
            fputs("\\ufffd", file);
            length = 1;
        } else if (*text == '"' || *text == '\\') {
            fprintf(file, "\\%c", *text);
        } else if (length == 1 && *text < ' ') {
            fprintf(file, "\\u%04x", (unsigned int)*text);
        } else {
            fwrite(text, 1, length, file);
        }
        text += length;
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
    char text[32] = "null";
    start_value(j, key);
    for (int digits = 6; isfinite(value) && digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value) break;
    }
    fputs(text, j->file);
}

void attr_json_integer(attr_json *j, const char *key, int64_t value) {
    start_value(j, key);
    fprintf(j->file, "%" PRId64, value);
}

void attr_json_boolean(attr_json *j, const char *key, int value) {
    start_value(j, key);
    fputs(value ? "true" : "false", j->file);
}
