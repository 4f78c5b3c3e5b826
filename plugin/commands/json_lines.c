/* What -json prints: JSON Lines. */
#include "commands/json_lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reports/json.h"

attr_status attr_lines_open(attr_lines *lines) {
    *lines = (attr_lines){0};
    fflush(stdout);
    int own = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (own < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0) {
        attr_status status = attr_fail(ATTR_IO, "standard output: cannot be written to: %s", strerror(errno));
        if (own >= 0) close(own);
        return status;
    }
    lines->descriptor = own;
    lines->open = true;
    return ATTR_OK;
}

void attr_lines_write(attr_lines *lines, const char *line) {
    size_t left = strlen(line);
    while (left > 0 && lines->reason == 0) {
        ssize_t written = write(lines->descriptor, line, left);
        if (written < 0 && errno != EINTR) lines->reason = errno;
        if (written <= 0) continue;
        line += written;
        left -= (size_t)written;
    }
}

void attr_lines_failure(attr_lines *lines, const char *picture, attr_status status) {
    attr_json_line l;
    char *line, message[ATTR_MESSAGE_SIZE];
    if (!lines->open || status == ATTR_OK || status == ATTR_INTERRUPTED) return;
    snprintf(message, sizeof message, "%s", attr_error_message());
    attr_status written = attr_json_line_begin(&l);
    if (written == ATTR_OK) {
        attr_json_open(&l.json, NULL, '{');
        attr_json_text(&l.json, "picture", picture);
        attr_json_text(&l.json, "error", message);
        attr_json_close(&l.json, '}');
        written = attr_json_line_end(&line, &l);
    }
    if (written == ATTR_OK) {
        attr_lines_write(lines, line);
        free(line);
    } else if (lines->reason == 0) {
        lines->reason = ENOMEM;
    }
    attr_fail(status, "%s", message); /* still the last failure */
}

attr_status attr_lines_close(attr_lines *lines, attr_status status) {
    if (!lines->open) return status;
    if (close(lines->descriptor) != 0 && lines->reason == 0) lines->reason = errno;
    lines->open = false;
    if (status != ATTR_OK || lines->reason == 0) return status;
    return attr_fail(ATTR_IO, "standard output: writing failed: %s", strerror(lines->reason));
}
