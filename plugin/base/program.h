/* Other programs. */
#ifndef ATTR_BASE_PROGRAM_H
#define ATTR_BASE_PROGRAM_H

#include "base/status.h"

/* Runs a program, looked for as a shell would, and waits for its end; words[] ends with NULL. It shares standard input
 * and error; what it prints goes to the file `output`, or to standard error if that is NULL. A signal that this process
 * catches meanwhile is handed on. ATTR_UNSUPPORTED if there is no such program, ATTR_INTERRUPTED if ctrl-C ended it,
 * ATTR_IO if it failed. */
attr_status attr_run_program(const char *const *words, const char *output);

#endif
