#include "commands/commands.h"

#include <stdio.h>
#include <unistd.h>

/* ---- How pictures went */

void attr_tally_add(attr_tally *t, attr_status status) {
    ++t->all;
    t->failed += status != ATTR_OK;
    if (status == ATTR_OK || status == ATTR_INTERRUPTED) return;
    attr_hide_progress();
    attr_report_failure(status);
    if (t->worst == ATTR_OK || attr_status_exit_code(status) < attr_status_exit_code(t->worst)) t->worst = status;
}

attr_status attr_tally_end(const attr_tally *t, const char *list) {
    if (attr_was_interrupted())
        return attr_fail(ATTR_INTERRUPTED, "%s: interrupted (%d pictures are done)", list, t->all - t->failed);
    if (t->worst == ATTR_OK) return ATTR_OK;
    return attr_fail(t->worst, "%s: %d of %d pictures could not be explained", list, t->failed, t->all);
}

/* ---- One after the other */

static attr_status for_list(const char *path, attr_for_picture each, void *context) {
    attr_list list;
    attr_tally tally = {0};
    ATTR_TRY(attr_list_open(&list, path));
    for (; list.path && !attr_was_interrupted(); attr_list_next(&list))
        attr_tally_add(&tally, each(context, list.path));
    attr_list_close(&list);
    return attr_tally_end(&tally, path);
}

static attr_status for_stdin(bool prompts, attr_for_picture each, void *context) {
    char line[4096];
    attr_tally tally = {0};
    for (;;) {
        if (prompts) printf("Enter Image Path: ");
        fflush(stdout);
        if (attr_was_interrupted() || !fgets(line, sizeof line, stdin)) break;
        char *path = attr_trim(line);
        if (*path) attr_tally_add(&tally, each(context, path));
    }
    if (prompts) putchar('\n');
    return attr_tally_end(&tally, "standard input");
}

attr_status attr_for_each_picture(const char *argument, const attr_options *o, attr_for_picture each, void *context) {
    if (!argument) return for_stdin(!o->json || isatty(STDIN_FILENO), each, context);
    return attr_is_list(argument) ? for_list(argument, each, context) : each(context, argument);
}
