/* dream: pictures of what a class, a detection or a channel likes, from nothing. */
#include "commands/commands.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/memory.h"
#include "reports/dream.h"

typedef struct {
    attr_session *session;
    attr_dream_wish *wishes;
    int count;
} dreaming;

/* ---- What is said */

static void print_dream(const char *folder, const attr_dream_report *r) {
    const attr_dreamed *d = r->dreamed;
    size_t steps = (size_t)r->options->dream_steps;
    printf("%s: %s, %s %.4g after %zu steps (%.4g before)", folder, r->wish->class_name, r->wish->text,
           d->dream.points[steps].clean, steps, d->dream.points[0].clean);
    if (r->wish->class_index >= 0) {
        printf("; %s without noise", d->is_seen ? "seen" : "NOT seen");
        if (d->is_seen || !d->seen->is_detector)
            printf(", %s %.3f", d->seen->is_detector ? "score" : "probability", d->probability);
        if (!d->is_seen && d->seen->prediction_count > 0) printf(", but %s", d->seen->predictions[0].class_name);
    }
    printf(", %.3g seconds\n", d->seen->seconds);
    if (r->wish->class_index >= 0 && !d->is_seen && d->networks > 0)
        printf("  weight_sigma %g may leave too little of the network: `darknet attribute calibrate` finds one\n",
               r->options->weight_sigma);
    fflush(stdout);
}

/* ---- Dreams */

static attr_status make_dream(dreaming *d, const attr_dream_wish *wish, const char *folder) {
    attr_dreamed dreamed;
    const attr_dream_report report = {
        .session = d->session, .options = &d->session->options, .wish = wish, .dreamed = &dreamed};
    ATTR_TRY(attr_make_folders(folder)); /* before minutes of work, not behind them */
    attr_status status =
        attr_dream_of(&dreamed, d->session, wish, ATTR_DREAM_FRAMES, attr_show_progress, wish->class_name);
    attr_hide_progress();
    if (status == ATTR_OK) status = attr_write_dream(&report, folder);
    if (status == ATTR_OK) print_dream(folder, &report);
    attr_dreamed_free(&dreamed);
    return status;
}

static attr_status run(dreaming *d, char **arguments, const attr_options *flags) {
    char folder[ATTR_TEXT_SIZE + ATTR_DREAM_NAME + 16];
    ATTR_TRY(attr_session_open(&d->session, arguments[0], arguments[1], arguments[2], flags));
    const attr_options *o = &d->session->options;
    if (o->verbose) ATTR_TRY(attr_options_write(stdout, o, ATTR_WRITE_ORIGINS));
    ATTR_TRY(attr_wishes_read(&d->wishes, &d->count, d->session));
    for (int i = 0; i < d->count; ++i) {
        if (attr_was_interrupted()) return attr_fail(ATTR_INTERRUPTED, "interrupted");
        snprintf(folder, sizeof folder, "%s/dream/%s", o->results[0] ? o->results : ".", d->wishes[i].name);
        ATTR_TRY(make_dream(d, &d->wishes[i], folder));
    }
    return ATTR_OK;
}

attr_status attr_command_dream(int count, char **arguments, const attr_options *flags) {
    if (count != 3)
        return attr_fail(ATTR_BAD_INPUT, "usage: darknet attribute dream DATA CFG WEIGHTS -class a,b | -detection a,b "
                                         "| -layer L -channel C [-clones N] [-option value]");
    dreaming d = {0};
    attr_catch_interrupts();
    attr_status status = run(&d, arguments, flags);
    attr_wishes_free(d.wishes, d.count);
    attr_close(d.session);
    return status;
}
