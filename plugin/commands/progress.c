#include "commands/commands.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t interrupted;

/* The present run. */
static struct {
    double start;       /* when the first count came; 0: none has come yet */
    double shown;       /* when the line was last written; 0: it is not there */
    size_t first, last; /* the first count, and the last */
} counter;

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
    if (counter.shown > 0) fputs("\r\033[K", stderr);
    memset(&counter, 0, sizeof counter);
}

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Hours, minutes or seconds. */
static void write_left(double seconds) {
    if (seconds < 100)
        fprintf(stderr, ", %.0f s left", ceil(seconds));
    else if (seconds < 6000)
        fprintf(stderr, ", %.0f min left", ceil(seconds / 60));
    else
        fprintf(stderr, ", %.1f h left", seconds / 3600);
}

/* The rate is known from the second count on: when the first one's gradients were begun is not. */
static void write_counter(const char *name, size_t done, size_t all, const char *things, double now) {
    fprintf(stderr, "\r%s%s%zu of %zu %s", name ? name : "", name ? ": " : "", done, all, things);
    if (done > counter.first && now > counter.start) {
        double rate = (double)(done - counter.first) / (now - counter.start);
        fprintf(stderr, rate < 10 ? ", %.1f per second" : ", %.0f per second", rate);
        write_left((double)(all - done) / rate);
    }
    fputs("\033[K", stderr);
}

static int show(const char *name, size_t done, size_t all, const char *things) {
    const double pause = .1;
    if (interrupted || all < 2 || !isatty(STDERR_FILENO)) return interrupted;
    double now = seconds_now();
    if (counter.start == 0 || done < counter.last) { /* a new run, or other targets of this one */
        counter.start = now;
        counter.first = done;
    }
    counter.last = done;
    if (now - counter.shown < pause) return interrupted;
    counter.shown = now;
    write_counter(name, done, all < done ? done : all, things, now);
    return interrupted;
}

int attr_show_count(size_t done, size_t all, const char *things) {
    return show(NULL, done, all, things);
}

int attr_show_progress(void *context, size_t done, size_t all) {
    return show(context, done, all, "gradients");
}
