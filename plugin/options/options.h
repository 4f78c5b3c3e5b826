/* Options: what the user asks for.
 *
 * table.h has a row for every option; attr_options has a field for every row, of the same name. Values come from four
 * sources; the later one in attr_source wins, in whatever order they are given. So the flags can be read first, to find
 * out which files to read. What none has given is the method's (presets.h), or else the default:
 *
 *   attr_options *o = ...;                                  84 kB: better not on a small stack
 *   attr_options_default(o);
 *   ATTR_TRY(attr_options_parse_flags(o, &argc, argv));     leaves only the positional arguments in argv
 *   ATTR_TRY(attr_options_set(o, ATTR_FROM_NETWORK, "yolo.cfg", 12, "samples", "25"));    for each line of a section
 *   attr_options_resolve(o);
 *   ATTR_TRY(attr_options_validate(o));
 *
 * Everything is strict: an unknown name, a value out of range, a name twice in one source fail with ATTR_BAD_INPUT and
 * a message that says where, what was expected, and the nearest known name.
 *
 * A source is one file. In names and words `-` and `_` are the same. Darknet's cfg grammar takes all white space out of
 * a line, so a value in a file writes a space, a tab, any control character and the percent sign as % and two
 * hexadecimal digits ("%20"). Values of flags are taken as they are. No value may be empty.
 *
 * attr_options is plain data: copied by assignment, nothing to free. Numbers are read and written in the C locale: a
 * program that calls setlocale() must leave LC_NUMERIC at "C". */
#ifndef ATTR_OPTIONS_OPTIONS_H
#define ATTR_OPTIONS_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/status.h"
#include "options/table.h"

#define ATTR_TEXT_SIZE 4096 /* of a text value, with its final zero; the longest path of Linux */

/* ATTR_METHOD_GRADIENT, ATTR_TARGET_AUTO, ...: the words of a list, from 0. */
#define ATTR_WORD_ENUMERATOR(name, word, help) ATTR_##name,
#define ATTR_WORD_ENUM(list, words)            typedef enum { words(ATTR_WORD_ENUMERATOR) } attr_##list##_word;
ATTR_WORD_LISTS(ATTR_WORD_ENUM)
#undef ATTR_WORD_ENUM
#undef ATTR_WORD_ENUMERATOR

/* ATTR_OPTION_method, ATTR_OPTION_target, ... */
#define ATTR_ROW(topic, name, ...) ATTR_OPTION_##name,
typedef enum {
    ATTR_OPTIONS(ATTR_ROW, ATTR_ROW, ATTR_ROW, ATTR_ROW, ATTR_ROW, ATTR_ROW, ATTR_ROW) ATTR_OPTION_COUNT
} attr_option;
#undef ATTR_ROW

/* Where a value was given, weakest first. */
typedef enum {
    ATTR_FROM_PRESET,     /* the chosen method's defaults: nobody has given it */
    ATTR_FROM_NETWORK,    /* the [attribution] section of the network's cfg */
    ATTR_FROM_DATA,       /* the file that `attribution=` of the .data file names */
    ATTR_FROM_FILE,       /* the file of -attribution FILE */
    ATTR_FROM_EXPERIMENT, /* a section of an experiment (session/experiment.h) */
    ATTR_FROM_FLAGS,      /* the command line */
    ATTR_SOURCE_COUNT
} attr_source;

#define ATTR_INT_FIELD(topic, name, ...)    int64_t name;
#define ATTR_REAL_FIELD(topic, name, ...)   double name;
#define ATTR_TEXT_FIELD(topic, name, ...)   char name[ATTR_TEXT_SIZE];
#define ATTR_BOOL_FIELD(topic, name, ...)   bool name;
#define ATTR_CHOICE_FIELD(topic, name, ...) int name;
#define ATTR_SET_FIELD(topic, name, ...)    unsigned int name;
typedef struct {
    ATTR_OPTIONS(ATTR_INT_FIELD, ATTR_REAL_FIELD, ATTR_TEXT_FIELD, ATTR_BOOL_FIELD, ATTR_CHOICE_FIELD, ATTR_SET_FIELD,
                 ATTR_TEXT_FIELD)
    struct {
        char path[ATTR_TEXT_SIZE];   /* "command line" for flags; for messages, so it may be cut */
        int line[ATTR_OPTION_COUNT]; /* 0: not given here */
    } given[ATTR_SOURCE_COUNT];
} attr_options;
#undef ATTR_INT_FIELD
#undef ATTR_REAL_FIELD
#undef ATTR_TEXT_FIELD
#undef ATTR_BOOL_FIELD
#undef ATTR_CHOICE_FIELD
#undef ATTR_SET_FIELD

/* Every option at its default, no source. */
void attr_options_default(attr_options *o);

/* Takes one `name=value` of a source: `path` and `line` (from 1) tell where it stands. A value that a stronger source
 * has given already is checked, but not taken. */
attr_status attr_options_set(attr_options *o, attr_source source, const char *path, int line, const char *name,
                             const char *value);

/* Takes back what a source has given for an option, so that it can be given again. */
void attr_options_forget(attr_options *o, attr_source source, const char *name);

/* Gives all options that no source has given the value of the method's preset, or their default. To be called when all
 * sources are read, and again when one has changed. */
void attr_options_resolve(attr_options *o);

/* Whether a file or a flag has given it. */
bool attr_option_is_given(const attr_options *o, attr_option option);

/* Whether an option of that name has one value, of which a comma cannot be part: a number, a word, yes or no. */
bool attr_option_takes_one(const char *name);

/* Whether some method has a default of its own for it. */
bool attr_option_has_preset(attr_option option);

/* Takes the flags out of argv[1 .. argc-1] (argc is 1 or more, as main() has it) and leaves the positional arguments in
 * their order, argv[*argc] = NULL.
 *
 * `-name value` or `-name=value`, also with two dashes, anywhere. A BOOL needs no value, and takes 0 and 1. What
 * follows a flag is its value even if it is a negative number, but not if it is a dash and a letter or two dashes; "-"
 * is a value or positional. After "--" all is positional. The flags of Darknet in table.h are taken, too. */
attr_status attr_options_parse_flags(attr_options *o, int *argc, char **argv);

/* ATTR_BAD_INPUT for a flag that is for other commands than this one (see table.h). */
attr_status attr_options_check_command(const attr_options *flags, const char *command);

/* Checks what no single row can: options against each other, as far as the chosen method uses them. */
attr_status attr_options_validate(const attr_options *o);

/* Whether a method makes means of a base map (option `base`): over noisy copies of the input, or over clones of the
 * network. */
bool attr_method_takes_base(int method);
bool attr_method_has_copies(int method);
bool attr_method_has_clones(int method);

/* Whether it looks at a layer (option `layers`) instead of the input. */
bool attr_method_has_layers(int method);

/* Reads option `crop`: x, y, width, height. False for the word "whole"; validate() has refused anything else. */
bool attr_read_crop(int crop[4], const char *text);

/* Reads options `mean` and `std`: three numbers, or one for all. */
bool attr_read_colour(double colour[3], const char *text);

/* Reads the text of an option that is numbers and ranges of layers (noise_layers, layers) for a network of so many:
 * chosen[i] says whether layer i is named. The option's default is all of them. ATTR_BAD_INPUT for anything else. */
attr_status attr_read_layers(bool *chosen, int layers, attr_option option, const char *text);

/* One word of option `methods`: a method, and the base that it names; -1: none. */
typedef struct {
    int method, base;
} attr_method_choice;
enum { ATTR_METHODS_AT_MOST = 64 };

/* Reads option `methods`, ATTR_METHODS_AT_MOST at most. ATTR_BAD_INPUT for what is no method, with the nearest name,
 * for a base of a method that has none, and for a method that is there twice with the same base, by its own word or by
 * option `base`: its maps would have the same names. */
attr_status attr_read_methods(attr_method_choice *out, int *count, const attr_options *o);

/* Makes it the method (and base) in force, as a flag would that is given instead of any other, and resolves again. */
attr_status attr_options_choose(attr_options *o, const attr_method_choice *choice);

/* Whether two names are the same if `-` is `_`. */
bool attr_same_name(const char *a, const char *b);

/* The one of names[count] that was probably meant; NULL: none is near. */
const char *attr_nearest_name(const char *name, char *const *names, int count);

/* Which word of its list the text of a CHOICE_OR_FILE is (ATTR_BASELINE_BLACK, ...); -1: the name of a file. */
int attr_option_word(attr_option option, const char *text);

/* The shortest text that reads back to an option's value. */
void attr_option_text(char out[ATTR_TEXT_SIZE], const attr_options *o, attr_option option);

/* Where the value in force comes from, "yolo.cfg:12", "command line" or "default", cut to `size`. Returns out. */
const char *attr_options_origin(char *out, const attr_options *o, attr_option option, size_t size);

enum {
    ATTR_WRITE_CHANGED = 1, /* only what differs from its default */
    /* the help of each option as comment lines; what is the method's own default is a comment itself, so that it
     * follows the method if that is changed */
    ATTR_WRITE_COMMENTS = 2,
    ATTR_WRITE_ORIGINS = 4, /* where each value comes from as a comment line */
    ATTR_WRITE_GIVEN = 8    /* only what a file or a flag has given */
};

/* Writes an [attribution] section that reads back to the same values; `how` is a sum of the above. */
attr_status attr_options_write(FILE *out, const attr_options *o, int how);

/* The help of all options (NULL), of one topic or of one option. An unknown topic fails; the message lists them. */
attr_status attr_options_help(FILE *out, const char *topic);

#endif
