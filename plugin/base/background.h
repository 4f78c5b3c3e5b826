/* One call that goes on beside the caller, on a thread of its own. */
#ifndef ATTR_BASE_BACKGROUND_H
#define ATTR_BASE_BACKGROUND_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/status.h"

/* Zeroed: nothing is going on. To be moved nowhere between start and wait. */
typedef struct {
    attr_status (*call)(void *argument);
    void *argument;
    attr_status status;
    char message[ATTR_MESSAGE_SIZE]; /* of the failure: it was left on the other thread */
    bool started, has_thread;
    atomic_bool ended;
    pthread_t thread;
} attr_background;

/* Starts call(argument). What the two share must not be touched before attr_background_wait(), which must follow. Where
 * no thread can be had the call is made at once, by the caller. Signals are left to other threads. */
void attr_background_start(attr_background *b, attr_status (*call)(void *argument), void *argument);

/* Whether a call was started and waiting for it would take no time. */
bool attr_background_ended(attr_background *b);

/* Waits for the end of the call and returns its status; a failure's message becomes one of this thread, as if the call
 * had been made here. ATTR_OK if none was started. */
attr_status attr_background_wait(attr_background *b);

#endif
