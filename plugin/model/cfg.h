/* Reads cfg files: a stricter reader of Darknet's grammar.
 *
 *   file     = lines; blanks, tabs and carriage returns inside a line do not count
 *   line     = nothing | "#" comment | ";" comment | "[" section "]" | key "=" value
 *
 * Darknet's own parser aborts, reads past the end of its memory or silently goes on when a file is wrong. So files are
 * read and checked here first, and Darknet gets to see only what attr_cfg_write_for_darknet() writes.
 *
 *   attr_cfg *cfg;  attr_shape *shapes;  int layers;
 *   ATTR_TRY(attr_cfg_read(&cfg, path, ATTR_CFG_NET));       grammar, sections, keys, values
 *   ATTR_TRY(attr_cfg_shapes(&shapes, &layers, cfg));        sizes (shapes.h)
 *   ATTR_TRY(attr_cfg_write_for_darknet(cfg, file));
 *   attr_cfg_free(cfg);
 *
 * Every message begins with FILE:LINE. */
#ifndef ATTR_MODEL_CFG_H
#define ATTR_MODEL_CFG_H

#include <stdio.h>

#include "base/status.h"
#include "model/sections.h"

typedef enum {
    ATTR_CFG_NET,         /* a network: [net] first, then layers; [attribution] anywhere */
    ATTR_CFG_DATA,        /* key = value without sections, e.g. a .data file: any key */
    ATTR_CFG_ATTRIBUTION, /* nothing but [attribution] */
    ATTR_CFG_EXPERIMENT   /* sections of any name, with any key; [attribution] anywhere */
} attr_cfg_mode;

typedef struct {
    const char *key, *value; /* without white space, never empty */
    int line;
} attr_cfg_option;

typedef struct {
    const attr_section_kind *kind; /* of a network's; else NULL */
    const char *name;              /* of an experiment's, without brackets; else NULL */
    int line;                      /* of the section's name */
    attr_cfg_option *options;
    int count;
} attr_section;

typedef struct {
    char *path;
    attr_section *sections; /* net: [net], then the layers. data: one section with all options. attribution: none.
                               experiment: as they stand */
    int count;
    /* The keys of all [attribution] sections, unchecked; no key occurs twice. line is 0 if there is no such section. */
    attr_section attribution;

    char *text; /* what all the pointers above point into */
    attr_cfg_option *options, *attribution_options;
} attr_cfg;

/* Reads a file, which is looked for with attr_find_file(). ATTR_BAD_INPUT with file and line for whatever is wrong with
 * it, ATTR_UNSUPPORTED for what another Darknet fork understands and this one does not, and for what has no exact
 * gradient. A training key given twice counts once, as it does in Darknet's own files. */
attr_status attr_cfg_read(attr_cfg **out, const char *path, attr_cfg_mode mode);
void attr_cfg_free(attr_cfg *cfg);

/* The option of that name, or NULL. */
const attr_cfg_option *attr_cfg_find(const attr_section *section, const char *key);

/* The value of a key that the table in sections.c has as INT, FLOAT, TEXT; `fallback` if the section does not set it.
 */
int attr_cfg_int(const attr_section *section, const char *key, int fallback);
double attr_cfg_float(const attr_section *section, const char *key, double fallback);
const char *attr_cfg_text(const attr_section *section, const char *key, const char *fallback);

/* The numbers of an INTS or FLOATS key. At most `limit` are stored; the result is how many the list has, 0 if it is not
 * set. `out` may be NULL if limit is 0. */
int attr_cfg_list(double *out, int limit, const attr_section *section, const char *key);

/* The line to blame for a key: its own, or that of its section if the key is not set. */
int attr_cfg_line(const attr_section *section, const char *key);

/* Writes a net (mode ATTR_CFG_NET) in plain grammar for Darknet's own parser: batch 1, without [attribution], without
 * keys of training, with the names of tree= and map= files as attr_find_file() finds them. */
attr_status attr_cfg_write_for_darknet(const attr_cfg *cfg, FILE *file);

#endif
