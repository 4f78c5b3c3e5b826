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

/* ---- Lists */

bool attr_is_list(const char *argument) {
    return has_extension(argument, ".txt") || has_extension(argument, ".list");
}

attr_status attr_list_open(attr_list *list, const char *path) {
    *list = (attr_list){0};
    ATTR_TRY(attr_read_file(&list->text, NULL, attr_find_file(path), largest_list));
    list->rest = list->text + (strncmp(list->text, "\xef\xbb\xbf", 3) ? 0 : 3); /* Windows' mark of UTF-8 */
    attr_list_next(list);
    if (list->path) return ATTR_OK;
    attr_list_close(list);
    return attr_fail(ATTR_BAD_INPUT, "%s: the list names no picture", path);
}

void attr_list_next(attr_list *list) {
    do list->path = strsep(&list->rest, "\n");
    while (list->path && !*(list->path = trim(list->path)));
}

void attr_list_close(attr_list *list) {
    free(list->text);
    *list = (attr_list){0};
}

static attr_status for_list(const char *path, attr_for_picture each, void *context) {
    attr_list list;
    attr_tally tally = {0};
    ATTR_TRY(attr_list_open(&list, path));
    for (; list.path && !attr_was_interrupted(); attr_list_next(&list))
        attr_tally_add(&tally, each(context, list.path));
    attr_list_close(&list);
    return attr_tally_end(&tally, path);
}

/* ---- All */

static attr_status for_stdin(attr_for_picture each, void *context) {
    char line[4096];
    attr_tally tally = {0};
    for (;;) {
        printf("Enter Image Path: ");
        fflush(stdout);
        if (attr_was_interrupted() || !fgets(line, sizeof line, stdin)) break;
        char *path = trim(line);
        if (*path) attr_tally_add(&tally, each(context, path));
    }
    putchar('\n');
    return attr_tally_end(&tally, "standard input");
}

attr_status attr_for_each_picture(const char *argument, attr_for_picture each, void *context) {
    if (!argument) return for_stdin(each, context);
    return attr_is_list(argument) ? for_list(argument, each, context) : each(context, argument);
}
