#include "commands/commands.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static volatile sig_atomic_t interrupted;
static int shown;

/* Some programs send a signal twice (to the process and to its group); who presses ctrl-C a third time means it. */
static void note_interrupt(int signal_number) {
    (void)signal_number;
    if (++interrupted > 2) _exit(attr_status_exit_code(ATTR_INTERRUPTED));
}

void attr_catch_interrupts(void) {
    struct sigaction action = {.sa_handler = note_interrupt};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

int attr_was_interrupted(void) {
    return interrupted;
}

void attr_hide_progress(void) {
    if (shown) fputs("\r\033[K", stderr);
    shown = 0;
}

int attr_show_count(size_t done, size_t all, const char *things) {
    if (isatty(STDERR_FILENO) && all > 1) {
        fprintf(stderr, "\r%zu of %zu %s\033[K", done, all, things);
        shown = 1;
    }
    return interrupted;
}

int attr_show_progress(void *context, size_t done, size_t all) {
    (void)context;
    return attr_show_count(done, all, "gradients");
}
