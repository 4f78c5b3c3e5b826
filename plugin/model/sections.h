/* The table of the cfg sections and keys that Darknet knows, and of those that other forks of Darknet added.
 *
 * A key is one of four things, and so is treated in one of four ways:
 *   NETWORK   Darknet reads it and the answer of the network depends on it: checked, handed on to Darknet
 *   TRAINING  of training only, here or in a fork: accepted, handed on to nobody
 *   FORK      of a fork, and would change the network: refused, unless it has the one value that changes nothing
 *   INEXACT   Darknet knows it, but what it asks for has no exact gradient here: refused likewise
 * Everything else is a mistake in writing and is answered with the nearest name. */
#ifndef ATTR_MODEL_SECTIONS_H
#define ATTR_MODEL_SECTIONS_H

#include <stdbool.h>

#include "base/status.h"
#include "darknet.h"

/* Longest side of a picture or of a layer's output, most filters of a layer. */
enum { ATTR_MAX_SIDE = 16384, ATTR_MAX_FILTERS = 1 << 20 };

typedef enum {
    ATTR_KEY_INT,        /* one whole number */
    ATTR_KEY_FLOAT,      /* one number */
    ATTR_KEY_INTS,       /* whole numbers, separated by commas */
    ATTR_KEY_FLOATS,     /* numbers, separated by commas */
    ATTR_KEY_ACTIVATION, /* the name of one of Darknet's 14 activation functions */
    ATTR_KEY_TEXT        /* anything */
} attr_key_type;

typedef enum { ATTR_KEY_NETWORK, ATTR_KEY_TRAINING, ATTR_KEY_FORK, ATTR_KEY_INEXACT } attr_key_role;

typedef struct {
    const char *name;
    attr_key_role role;
    attr_key_type type;
    double smallest, largest; /* of a number, or of every number of a list */
    const char *harmless;     /* of FORK and INEXACT: the value that changes nothing; NULL if there is none */
} attr_key;

typedef struct {
    const char *name, *alias; /* "convolutional", "conv"; without brackets */
    LAYER_TYPE type;          /* NETWORK for [net] */
    const attr_key *keys;
    int key_count;
} attr_section_kind;

/* The kind of section [name]. ATTR_BAD_INPUT for a name that nobody knows, ATTR_UNSUPPORTED for a section of another
 * fork and for one without exact gradient ([rnn]). `path` and `line` are for the message. */
attr_status attr_section_kind_find(const attr_section_kind **out, const char *path, int line, const char *name);

/* The row of a key that is allowed in such a section, its value checked against the row. */
attr_status attr_key_check(const attr_key **out, const attr_section_kind *kind, const char *path, int line,
                           const char *key, const char *value);

/* Reads one number in decimal form, the whole text; false if it is none or too large for a double. */
bool attr_parse_number(double *out, const char *text);

/* Reads one whole number in decimal form; false if it is none or too large for an int. */
bool attr_parse_whole(int *out, const char *text);

#endif
