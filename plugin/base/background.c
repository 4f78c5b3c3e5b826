#include "base/background.h"

#include <signal.h>
#include <stdio.h>

static void *run(void *argument) {
    attr_background *b = argument;
    b->status = b->call(b->argument);
    if (b->status != ATTR_OK) snprintf(b->message, sizeof b->message, "%s", attr_error_message());
    atomic_store(&b->ended, true);
    return NULL;
}

void attr_background_start(attr_background *b, attr_status (*call)(void *argument), void *argument) {
    sigset_t all, before;
    b->call = call;
    b->argument = argument;
    b->started = true;
    atomic_store(&b->ended, false);
    /* A new thread has the mask of the one that makes it. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    b->has_thread = pthread_create(&b->thread, NULL, run, b) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!b->has_thread) run(b);
}

bool attr_background_ended(attr_background *b) {
    return b->started && atomic_load(&b->ended);
}

attr_status attr_background_wait(attr_background *b) {
    if (!b->started) return ATTR_OK;
    if (b->has_thread) pthread_join(b->thread, NULL);
    b->started = false;
    return b->status == ATTR_OK ? ATTR_OK : attr_fail(b->status, "%s", b->message);
}
