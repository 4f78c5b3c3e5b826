/* What -json prints: JSON Lines, an object for each picture, and nothing else on standard output.
 *
 * A line goes out in one write(), as far as the system takes it, so whatever ends the run leaves whole lines. */
#ifndef ATTR_COMMANDS_JSON_LINES_H
#define ATTR_COMMANDS_JSON_LINES_H

#include <stdbool.h>

#include "base/status.h"

/* Zeroed: -json was not given. */
typedef struct {
    bool open;
    int descriptor;
    int reason; /* errno of the first failure; nothing is written any more. 0: none */
} attr_lines;

/* Standard output belongs to the lines alone: what this program or Darknet prints there from now on goes to stderr. */
attr_status attr_lines_open(attr_lines *lines);

/* Writes a text that ends with its newline. Failures are for attr_lines_close() to tell. */
void attr_lines_write(attr_lines *lines, const char *line);

/* {"picture": ..., "error": ...} with the message of the last failure, which stays. Does nothing if there are no lines,
 * for ATTR_OK, and for an interrupt, which is no failure of the picture. */
void attr_lines_failure(attr_lines *lines, const char *picture, attr_status status);

/* Returns `status`, or when that is ATTR_OK the failure of writing. */
attr_status attr_lines_close(attr_lines *lines, attr_status status);

#endif
