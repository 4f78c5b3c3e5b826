/* `detector test` and `classifier predict` explain what they print when the network's cfg asks for it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "commands/commands.h"
#include "commands/explain_picture.h"

enum { largest_cfg = 16 << 20 };

/* Darknet's own commands take cfg files that the strict reader refuses, so it is not asked before the section is seen.
 */
static bool has_section(const char *cfg) {
    char *text = NULL, *rest;
    bool found = false;
    if (attr_read_file(&text, NULL, attr_find_file(cfg), largest_cfg) != ATTR_OK) return false;
    for (char *line = strtok_r(text, "\n", &rest); line && !found; line = strtok_r(NULL, "\n", &rest)) {
        char *end = line;
        for (const char *c = line; *c; ++c)
            if (!strchr(" \t\r", *c)) *end++ = *c;
        *end = 0;
        found = 0 == strcmp(line, "[attribution]");
    }
    free(text);
    return found;
}

static attr_status open_session(attr_run *run, const char *data, const char *cfg, const char *weights, float thresh,
                                float hier) {
    attr_options *flags = malloc(sizeof *flags);
    char number[32];
    if (!flags) return attr_fail(ATTR_NO_MEMORY, "out of memory for options");
    attr_options_default(flags);
    attr_status status = ATTR_OK;
    if (thresh > 0) {
        snprintf(number, sizeof number, "%.9g", thresh);
        status = attr_options_set(flags, ATTR_FROM_FLAGS, "command line", 1, "thresh", number);
    }
    if (status == ATTR_OK && hier > 0) {
        snprintf(number, sizeof number, "%.9g", hier);
        status = attr_options_set(flags, ATTR_FROM_FLAGS, "command line", 1, "hier", number);
    }
    if (status == ATTR_OK) status = attr_session_open(&run->session, data, cfg, weights, flags);
    free(flags);
    return status;
}

void attr_after_prediction(const char *data, const char *cfg, const char *weights, const char *picture, float thresh,
                           float hier) {
    static attr_run run = {.quiet = true};
    static bool asked_for, opened;
    attr_status status = ATTR_OK;
    if (!opened) {
        opened = true;
        asked_for = has_section(cfg);
        if (asked_for) {
            attr_catch_interrupts();
            status = open_session(&run, data, cfg, weights, thresh, hier);
        }
    }
    if (asked_for && status == ATTR_OK) status = attr_explain_and_write(&run, picture);
    if (status != ATTR_OK) exit(attr_report_failure(status));
}
