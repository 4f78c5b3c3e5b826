#include "session/outlines.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/files.h"
#include "base/memory.h"
#include "targets/nms.h"

enum { largest_file = 1 << 24 };

attr_status attr_file_of_picture(char **out, const char *folder, const char *picture, const char *extension) {
    const char *name = strrchr(picture, '/') ? strrchr(picture, '/') + 1 : picture, *dot = strrchr(name, '.');
    int length = dot && dot > name ? (int)(dot - name) : (int)strlen(name);
    size_t size = strlen(folder) + (size_t)length + strlen(extension) + 2;
    ATTR_TRY(attr_allocate(out, size, 1, "a path"));
    snprintf(*out, size, "%s/%.*s%s", folder, length, name, extension);
    return ATTR_OK;
}

/* ---- A line */

typedef struct {
    attr_corner *corners; /* room for all of the file */
    size_t count;
} outline;

static attr_status refuse(const char *path, int line, const char *why) {
    return attr_fail(ATTR_BAD_INPUT, "%s:%d: %s", path, line, why);
}

/* Reads the next number of a line, which it ends; false: there is none. */
static bool next_number(double *out, char **text) {
    char *end;
    *out = strtod(*text, &end);
    bool found = end != *text;
    *text = end;
    return found;
}

static attr_status read_line(outline *out, char *text, const char *path, int line) {
    double number, x, y;
    out->count = 0;
    if (!next_number(&number, &text)) return refuse(path, line, "it does not begin with a number");
    while (next_number(&x, &text)) {
        if (!next_number(&y, &text)) return refuse(path, line, "a corner has no y");
        if (!isfinite(x) || !isfinite(y)) return refuse(path, line, "a number is not finite");
        out->corners[out->count++] = (attr_corner){x, y};
    }
    if (text[strspn(text, " \t\r")]) return refuse(path, line, "what is there is no number");
    return out->count < 3 ? refuse(path, line, "an outline has three corners or more") : ATTR_OK;
}

static double overlap_with(const attr_true_box *object, const outline *o) {
    double left = INFINITY, right = -INFINITY, top = INFINITY, bottom = -INFINITY;
    for (size_t i = 0; i < o->count; ++i) {
        left = fmin(left, o->corners[i].x);
        right = fmax(right, o->corners[i].x);
        top = fmin(top, o->corners[i].y);
        bottom = fmax(bottom, o->corners[i].y);
    }
    attr_detection a = {.x = object->x, .y = object->y, .w = object->w, .h = object->h};
    attr_detection b = {.x = (float)((left + right) / 2),
                        .y = (float)((top + bottom) / 2),
                        .w = (float)(right - left),
                        .h = (float)(bottom - top)};
    return (double)attr_box_iou(&a, &b);
}

/* ---- A file */

/* `best` gets the outline that is most like the object; `room` is for that of a line. */
static attr_status choose(outline *best, outline *room, char *text, const char *path, const attr_true_box *object) {
    double most = 0;
    int line = 0;
    for (char *next; text && *text; text = next) {
        next = strchr(text, '\n');
        if (next) *next++ = '\0';
        ++line;
        if (!text[strspn(text, " \t\r")]) continue;
        ATTR_TRY(read_line(room, text, path, line));
        double overlap = overlap_with(object, room);
        if (overlap < ATTR_OUTLINE_OVERLAP || overlap <= most) continue;
        most = overlap;
        best->count = room->count;
        memcpy(best->corners, room->corners, room->count * sizeof *room->corners);
    }
    return ATTR_OK;
}

static attr_status choose_of_file(outline *best, const char *path, const attr_true_box *object) {
    char *text = NULL;
    size_t size = 0;
    outline room = {0};
    ATTR_TRY(attr_read_file(&text, &size, path, largest_file));
    size_t most = size / 2 + 1; /* a number has two characters or more */
    attr_status status = attr_allocate(&best->corners, most, sizeof *best->corners, "an outline");
    if (status == ATTR_OK) status = attr_allocate(&room.corners, most, sizeof *room.corners, "an outline");
    if (status == ATTR_OK) status = choose(best, &room, text, path, object);
    free(room.corners);
    free(text);
    return status;
}

attr_status attr_outline_find(attr_corner **corners, size_t *count, const char *folder, const char *picture,
                              const attr_true_box *object) {
    char *path = NULL;
    outline best = {0};
    *corners = NULL;
    *count = 0;
    ATTR_TRY(attr_file_of_picture(&path, folder, picture, ".txt"));
    attr_status status = access(path, F_OK) == 0 ? choose_of_file(&best, path, object) : ATTR_OK;
    free(path);
    if (status == ATTR_OK && best.count > 0) {
        *corners = best.corners;
        *count = best.count;
    } else {
        free(best.corners);
    }
    return status;
}
