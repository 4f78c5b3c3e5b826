/* One row of the table of options, and its values as text. Private to this room. */
#ifndef ATTR_OPTIONS_ROW_H
#define ATTR_OPTIONS_ROW_H

#include "options/options.h"

typedef enum {
    ATTR_KIND_INT,
    ATTR_KIND_REAL,
    ATTR_KIND_TEXT,
    ATTR_KIND_BOOL,
    ATTR_KIND_CHOICE,
    ATTR_KIND_SET,
    ATTR_KIND_CHOICE_OR_FILE
} attr_option_kind;

#define ATTR_TOPIC_ENUMERATOR(topic, name, title) ATTR_TOPIC_##topic,
typedef enum { ATTR_TOPICS(ATTR_TOPIC_ENUMERATOR) ATTR_TOPIC_COUNT } attr_option_topic;
#undef ATTR_TOPIC_ENUMERATOR

typedef struct {
    const char *word, *help; /* a list ends with a NULL */
} attr_word;

typedef struct {
    attr_option_kind kind;
    attr_option_topic topic;
    const char *name, *initial; /* the default, as text */
    const char *least, *most;   /* of INT and REAL */
    const char *zero;           /* an INT's word for 0 or NULL */
    const char *unit;           /* a TEXT's placeholder; "" if there is none */
    const attr_word *words;     /* NULL if there are none */
    const char *help;
    size_t offset; /* of the field in attr_options */
} attr_option_row;

extern const attr_option_row attr_option_rows[ATTR_OPTION_COUNT];

/* The value of a row by itself, of the type of its field. */
typedef union {
    int64_t integer;
    double real;
    char text[ATTR_TEXT_SIZE];
    bool yes;
    int word;
    unsigned int set;
} attr_value;

/* Bytes of the row's field. */
size_t attr_value_size(const attr_option_row *row);

/* Puts a value that is known to be right into its field. */
void attr_option_take(attr_options *o, int option, const char *text);

/* Reads a value; false if it is not what attr_value_expected() says. */
bool attr_value_parse(attr_value *out, const attr_option_row *row, const char *text);

/* The shortest text that reads back to the value of the row's field; out has ATTR_TEXT_SIZE bytes. */
void attr_value_format(char *out, const attr_option_row *row, const attr_options *o);

/* "1 to 1024, or all", for the help; empty if there is no more to say than the words of the list. Cut to `size`. */
void attr_value_range(char *out, const attr_option_row *row, size_t size);

/* "a whole number from 1 to 1024, or all", for messages; cut to `size`. */
void attr_value_expected(char *out, const attr_option_row *row, size_t size);

/* The row of that name, -1 if there is none. */
int attr_option_find(const char *name);

/* The nearest of several names: start with {.name = name}, try every candidate, then `best` is NULL if none is near. */
typedef struct {
    const char *name, *best;
    int distance;
} attr_nearest;

void attr_nearest_try(attr_nearest *nearest, const char *candidate);

#endif
