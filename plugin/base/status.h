/* How functions fail: an attr_status (public, attribution.h) and a one-line message for the calling thread.
 *
 * Nothing in the library prints or exits; the program turns a status into an exit code. */
#ifndef ATTR_BASE_STATUS_H
#define ATTR_BASE_STATUS_H

#include "attribution.h"

/* Longer messages are cut; with the 0 at the end. */
enum { ATTR_MESSAGE_SIZE = 1024 };

/* Records the message (printf style, no newline) for this thread and returns `status`, so that a failing function can
 * write `return attr_fail(ATTR_BAD_INPUT, "%s: ...", path);`. */
attr_status attr_fail(attr_status status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The name of a status without prefix ("BAD_INPUT"), and the exit code that the program answers with. */
const char *attr_status_name(attr_status status);
int attr_status_exit_code(attr_status status);

/* Evaluates a call; on failure returns its status from the calling function. */
#define ATTR_TRY(call)                                                                                                 \
    do {                                                                                                               \
        attr_status attr_try_status = (call);                                                                          \
        if (attr_try_status != ATTR_OK) return attr_try_status;                                                        \
    } while (0)

#endif
