#include "model/ground_truth.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/files.h"
#include "base/memory.h"

enum { largest_file = 1 << 24 };

/* Of a box's sides; Darknet does not train on what is smaller. */
static const float smallest_side = 0.001f;

int attr_label_of_path(const char *path, char *const *labels, int count) {
    for (int i = 0; i < count; ++i)
        if (strstr(path, labels[i])) return i;
    return -1;
}

/* ---- The name of a label file */

/* Replaces the first `word` of a text that has room for it. */
static void replace_first(char *text, const char *word, const char *by) {
    char *at = strstr(text, word);
    if (!at) return;
    size_t old = strlen(word), new = strlen(by);
    memmove(at + new, at + old, strlen(at + old) + 1);
    memcpy(at, by, new);
}

attr_status attr_label_file(char **out, const char *picture) {
    static const char *const replacements[][2] = {{"images", "labels"}, {"JPEGImages", "labels"}, {"raw", "labels"},
                                                  {".jpg", ".txt"},     {".png", ".txt"},         {".JPG", ".txt"},
                                                  {".JPEG", ".txt"}};
    enum { longest_growth = 3 }; /* "raw" to "labels"; nothing else grows */
    size_t size = strlen(picture) + longest_growth + 1;
    ATTR_TRY(attr_allocate(out, size, 1, "a path"));
    snprintf(*out, size, "%s", picture);
    for (size_t i = 0; i < sizeof replacements / sizeof *replacements; ++i)
        replace_first(*out, replacements[i][0], replacements[i][1]);
    return ATTR_OK;
}

/* ---- Its boxes */

static bool is_blank(const char *text) {
    return text[strspn(text, " \t\r")] == 0;
}

static bool is_box(const attr_true_box *b) {
    return isfinite(b->x) && isfinite(b->y) && isfinite(b->w) && isfinite(b->h) && b->w >= 0 && b->h >= 0;
}

static attr_status read_line(attr_true_box *out, const char *line, const char *path, int number, int classes) {
    int length = 0;
    if (sscanf(line, "%d %f %f %f %f%n", &out->class_index, &out->x, &out->y, &out->w, &out->h, &length) != 5 ||
        !is_blank(line + length) || !is_box(out))
        return attr_fail(ATTR_BAD_INPUT, "%s:%d: '%.60s' (expected class, centre x, centre y, width, height)", path,
                         number, line);
    if (out->class_index < 0 || out->class_index >= classes)
        return attr_fail(ATTR_BAD_INPUT, "%s:%d: class %d (expected 0 to %d)", path, number, out->class_index,
                         classes - 1);
    return ATTR_OK;
}

static attr_status read_lines(attr_true_box *boxes, int *count, char *text, const char *path, int classes) {
    for (int number = 1; text; ++number) {
        const char *line = strsep(&text, "\n");
        if (is_blank(line)) continue;
        attr_true_box *box = &boxes[*count];
        ATTR_TRY(read_line(box, line, path, number, classes));
        *count += box->w >= smallest_side && box->h >= smallest_side;
    }
    return ATTR_OK;
}

static size_t count_lines(const char *text) {
    size_t count = 1;
    for (; *text; ++text) count += *text == '\n';
    return count;
}

static attr_status read_file(attr_true_box **boxes, int *count, const char *path, int classes) {
    char *text = NULL;
    ATTR_TRY(attr_read_file(&text, NULL, path, largest_file));
    attr_status status = attr_allocate(boxes, count_lines(text), sizeof **boxes, "boxes");
    if (status == ATTR_OK) status = read_lines(*boxes, count, text, path, classes);
    free(text);
    if (status == ATTR_OK && *count > 0) return ATTR_OK;
    free(*boxes);
    *boxes = NULL;
    *count = 0;
    return status;
}

attr_status attr_true_boxes_read(attr_true_box **boxes, int *count, bool *found, const char *picture, int classes) {
    char *name = NULL;
    *boxes = NULL;
    *count = 0;
    ATTR_TRY(attr_label_file(&name, picture));
    const char *path = attr_find_file(name);
    /* where the rule changes nothing there is no label file: Darknet would read the picture as one */
    *found = strcmp(name, picture) != 0 && access(path, F_OK) == 0;
    attr_status status = *found ? read_file(boxes, count, path, classes) : ATTR_OK;
    free(name);
    return status;
}
