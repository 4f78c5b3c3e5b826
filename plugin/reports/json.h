/* A writer of JSON (RFC 8259): nested objects and arrays with commas and indentation, or all on one line, strings
 * escaped, NaN and infinities as null. */
#ifndef ATTR_REPORTS_JSON_H
#define ATTR_REPORTS_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/status.h"

enum { ATTR_JSON_DEPTH = 16 }; /* the deepest nesting */

typedef struct {
    FILE *file;
    int depth;
    bool on_one_line;
    char empty[ATTR_JSON_DEPTH + 1]; /* nothing written yet at this depth */
} attr_json;

/* The value of the document is the first thing opened. `key` is NULL inside arrays and for the outermost value. */
void attr_json_begin(attr_json *j, FILE *file);
void attr_json_open(attr_json *j, const char *key, char bracket);      /* '{' or '[' */
void attr_json_close(attr_json *j, char bracket);                      /* '}' or ']' */
void attr_json_text(attr_json *j, const char *key, const char *value); /* null for NULL */
void attr_json_number(attr_json *j, const char *key, double value);    /* reads back to the same double */
void attr_json_integer(attr_json *j, const char *key, int64_t value);
void attr_json_boolean(attr_json *j, const char *key, int value);

/* A document on one line, as JSON Lines has them: the values are written to `json` between begin and end. *text, with
 * the end of the line, is released with free(); NULL after ATTR_NO_MEMORY, the only failure of end. What was begun must
 * be ended. */
typedef struct {
    attr_json json;
    char *text;
    size_t size;
} attr_json_line;

attr_status attr_json_line_begin(attr_json_line *line);
attr_status attr_json_line_end(char **text, attr_json_line *line);

/* A string with JSON's quotes and escapes; bytes that are no UTF-8 become U+FFFD. */
void attr_json_quote(FILE *file, const char *text);

#endif
