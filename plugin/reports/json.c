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

static void break_line(const attr_json *j) {
    if (!j->on_one_line) fprintf(j->file, "\n%*s", 2 * j->depth, "");
}

/* Comma, line break and indentation, then the key. */
static void start_value(attr_json *j, const char *key) {
    if (!j->empty[j->depth]) fputs(j->on_one_line ? ", " : ",", j->file);
    if (j->depth > 0) break_line(j);
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
    if (!empty) break_line(j);
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

attr_status attr_json_line_begin(attr_json_line *line) {
    *line = (attr_json_line){0};
    FILE *file = open_memstream(&line->text, &line->size);
    if (!file) return attr_fail(ATTR_NO_MEMORY, "out of memory for a line of JSON");
    attr_json_begin(&line->json, file);
    line->json.on_one_line = true;
    return ATTR_OK;
}

attr_status attr_json_line_end(char **text, attr_json_line *line) {
    bool failed = ferror(line->json.file) != 0;
    *text = NULL;
    if (fclose(line->json.file) != 0 || failed) {
        free(line->text);
        return attr_fail(ATTR_NO_MEMORY, "out of memory for a line of JSON");
    }
    *text = line->text;
    return ATTR_OK;
}
