#include "commands/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/files.h"

enum { largest_list = 64 << 20 };

static int has_extension(const char *path, const char *extension) {
    const char *dot = strrchr(path, '.');
    return dot && 0 == strcasecmp(dot, extension);
}

/* Cuts white space at both ends off, in place. */
static char *trim(char *line) {
    size_t length = strlen(line);
    while (length > 0 && strchr(" \t\r\n", line[length - 1])) line[--length] = 0;
    return line + strspn(line, " \t");
}

/* A list goes on behind a picture that fails; `worst` remembers. An interrupt ends it, see conclude(). */
static void note_failure(attr_status *worst, attr_status status) {
    if (status == ATTR_OK || status == ATTR_INTERRUPTED) return;
    attr_hide_progress();
    attr_report_failure(status);
    if (*worst == ATTR_OK || attr_status_exit_code(status) < attr_status_exit_code(*worst)) *worst = status;
}

static attr_status conclude(attr_status worst, const char *list, int failed, int all) {
    if (attr_was_interrupted())
        return attr_fail(ATTR_INTERRUPTED, "%s: interrupted (%d pictures are done)", list, all - failed);
    if (worst == ATTR_OK) return ATTR_OK;
    return attr_fail(worst, "%s: %d of %d pictures could not be explained", list, failed, all);
}

static attr_status for_list(const char *path, attr_for_picture each, void *context) {
    char *text = NULL, *rest;
    attr_status worst = ATTR_OK;
    int all = 0, failed = 0;
    ATTR_TRY(attr_read_file(&text, NULL, attr_find_file(path), largest_list));
    char *start = text + (strncmp(text, "\xef\xbb\xbf", 3) ? 0 : 3); /* Windows' mark of UTF-8 */
    for (char *line = strtok_r(start, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        line = trim(line);
        if (!*line) continue;
        attr_status status = each(context, line);
        ++all;
        failed += status != ATTR_OK;
        note_failure(&worst, status);
        if (status == ATTR_INTERRUPTED) break;
    }
    free(text);
    if (all == 0) return attr_fail(ATTR_BAD_INPUT, "%s: the list names no picture", path);
    return conclude(worst, path, failed, all);
}

static attr_status for_stdin(attr_for_picture each, void *context) {
    char line[4096];
    attr_status worst = ATTR_OK;
    int all = 0, failed = 0;
    for (;;) {
        printf("Enter Image Path: ");
        fflush(stdout);
        if (attr_was_interrupted() || !fgets(line, sizeof line, stdin)) break;
        char *path = trim(line);
        if (!*path) continue;
        attr_status status = each(context, path);
        ++all;
        failed += status != ATTR_OK;
        note_failure(&worst, status);
    }
    putchar('\n');
    return conclude(worst, "standard input", failed, all);
}

attr_status attr_for_each_picture(const char *argument, attr_for_picture each, void *context) {
    if (!argument) return for_stdin(each, context);
    if (has_extension(argument, ".txt") || has_extension(argument, ".list")) return for_list(argument, each, context);
    return each(context, argument);
}
