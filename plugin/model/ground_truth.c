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

/* ---- What is wrong with it */

attr_status attr_label_problem_add(attr_label_problems *list, const char *file, int line, const char *message) {
    if (list->count == list->room) {
        attr_label_problem *larger = NULL;
        int room = list->room ? 2 * list->room : 8;
        ATTR_TRY(attr_allocate(&larger, (size_t)room, sizeof *larger, "problems of labels"));
        if (list->count) memcpy(larger, list->items, (size_t)list->count * sizeof *larger);
        free(list->items);
        list->items = larger;
        list->room = room;
    }
    attr_label_problem *problem = &list->items[list->count];
    ATTR_TRY(attr_copy_text(&problem->file, file));
    problem->line = line;
    snprintf(problem->message, sizeof problem->message, "%s", message);
    ++list->count;
    return ATTR_OK;
}

void attr_label_problems_free(attr_label_problems *problems) {
    for (int i = 0; i < problems->count; ++i) free(problems->items[i].file);
    free(problems->items);
    *problems = (attr_label_problems){0};
}

/* ---- Its boxes */

/* What is to be thought of a line that is not blank. */
typedef enum {
    LINE_GOOD,
    LINE_BROKEN,
    LINE_SMALL,  /* Darknet leaves such a box out */
    LINE_OUTSIDE /* its centre is not in the picture */
} verdict;

static bool is_blank(const char *text) {
    return text[strspn(text, " \t\r")] == 0;
}

static bool is_between(const char *from, const char *to) {
    return from != to && (*to == 0 || strchr(" \t\r", *to));
}

/* Five numbers with blanks between, no more and no less. */
static bool read_numbers(attr_true_box *out, const char *line) {
    float *const numbers[] = {&out->x, &out->y, &out->w, &out->h};
    char *end;
    long class_index = strtol(line, &end, 10);
    if (!is_between(line, end) || class_index != (int)class_index) return false;
    out->class_index = (int)class_index;
    for (int i = 0; i < 4; ++i) {
        const char *begin = end;
        *numbers[i] = strtof(begin, &end);
        if (!is_between(begin, end) || !isfinite(*numbers[i])) return false;
    }
    return is_blank(end) && out->w >= 0 && out->h >= 0;
}

/* The beginning of a line, without blanks behind it, as a message can show it. */
static void quote(char out[61], const char *line, size_t length) {
    while (length > 0 && strchr(" \t\r", line[length - 1]) && line[length - 1]) --length;
    size_t n = length < 60 ? length : 60;
    for (size_t i = 0; i < n; ++i) out[i] = line[i] >= ' ' && line[i] <= '~' ? line[i] : '?';
    out[n] = 0;
}

/* Reads a line, length bytes and a 0; `message` gets what is wrong. */
static verdict read_line(attr_true_box *out, char message[ATTR_PROBLEM_SIZE], const char *line, size_t length,
                         int classes) {
    if (strlen(line) != length || !read_numbers(out, line)) {
        char quoted[61];
        quote(quoted, line, length);
        snprintf(message, ATTR_PROBLEM_SIZE, "'%s' (expected class, centre x, centre y, width, height)", quoted);
        return LINE_BROKEN;
    }
    if (out->class_index < 0 || out->class_index >= classes) {
        snprintf(message, ATTR_PROBLEM_SIZE, "class %d (expected 0 to %d)", out->class_index, classes - 1);
        return LINE_BROKEN;
    }
    if (out->w < smallest_side || out->h < smallest_side) {
        snprintf(message, ATTR_PROBLEM_SIZE, "width %g, height %g (Darknet leaves out what is below %g)", out->w,
                 out->h, smallest_side);
        return LINE_SMALL;
    }
    if (out->x < 0 || out->x > 1 || out->y < 0 || out->y > 1) {
        snprintf(message, ATTR_PROBLEM_SIZE, "centre %g, %g (expected 0 to 1: it is outside of the picture)", out->x,
                 out->y);
        return LINE_OUTSIDE;
    }
    return LINE_GOOD;
}

typedef struct {
    attr_true_box *boxes;
    int count;
    const char *path;
    int classes;
    attr_label_problems *problems; /* NULL: the first broken line is a failure, other problems are not looked at */
} reader;

static attr_status take_line(reader *r, const char *line, size_t length, int number) {
    char message[ATTR_PROBLEM_SIZE];
    verdict v = read_line(&r->boxes[r->count], message, line, length, r->classes);
    if (v == LINE_GOOD || (v == LINE_OUTSIDE && !r->problems)) {
        ++r->count;
        return ATTR_OK;
    }
    if (r->problems) return attr_label_problem_add(r->problems, r->path, number, message);
    return v == LINE_BROKEN ? attr_fail(ATTR_BAD_INPUT, "%s:%d: %s", r->path, number, message) : ATTR_OK;
}

/* text[size] and a 0. */
static attr_status read_lines(reader *r, char *text, size_t size) {
    char *end = text + size;
    for (int number = 1; text < end; ++number) {
        char *line = text, *line_end = memchr(text, '\n', (size_t)(end - text));
        if (!line_end) line_end = end;
        *line_end = 0;
        text = line_end + 1;
        size_t length = (size_t)(line_end - line);
        if (strlen(line) == length && is_blank(line)) continue;
        ATTR_TRY(take_line(r, line, length, number));
    }
    return ATTR_OK;
}

static size_t count_lines(const char *text, size_t size) {
    size_t count = 1;
    for (size_t i = 0; i < size; ++i) count += text[i] == '\n';
    return count;
}

/* What attr_read_file() says, without the path in front. */
static attr_status add_file_problem(reader *r) {
    const char *message = attr_error_message();
    size_t length = strlen(r->path);
    if (strncmp(message, r->path, length) == 0 && strncmp(message + length, ": ", 2) == 0) message += length + 2;
    return attr_label_problem_add(r->problems, r->path, 0, message);
}

static attr_status read_file(reader *r) {
    char *text = NULL;
    size_t size = 0;
    attr_status status = attr_read_file(&text, &size, r->path, largest_file);
    if (status != ATTR_OK && status != ATTR_NO_MEMORY && r->problems) return add_file_problem(r);
    if (status == ATTR_OK) status = attr_allocate(&r->boxes, count_lines(text, size), sizeof *r->boxes, "boxes");
    if (status == ATTR_OK) status = read_lines(r, text, size);
    free(text);
    return status;
}

/* *boxes and *count are set in any case. */
static attr_status read_labels(attr_true_box **boxes, int *count, bool *found, attr_label_problems *problems,
                               const char *picture, int classes) {
    char *name = NULL;
    *boxes = NULL;
    *count = 0;
    ATTR_TRY(attr_label_file(&name, picture));
    /* where the rule changes nothing there is no label file: Darknet would read the picture as one */
    bool has_name = strcmp(name, picture) != 0;
    reader r = {.path = attr_find_file(name), .classes = classes, .problems = problems};
    *found = has_name && access(r.path, F_OK) == 0;
    attr_status status = ATTR_OK;
    if (*found)
        status = read_file(&r);
    else if (problems)
        status = attr_label_problem_add(problems, name, 0,
                                        has_name ? "there is no such label file"
                                                 : "no name of a label file follows from this one");
    free(name);
    if (status == ATTR_OK && r.count > 0) {
        *boxes = r.boxes;
        *count = r.count;
        return ATTR_OK;
    }
    free(r.boxes);
    return status;
}

attr_status attr_true_boxes_read(attr_true_box **boxes, int *count, bool *found, const char *picture, int classes) {
    return read_labels(boxes, count, found, NULL, picture, classes);
}

attr_status attr_true_boxes_collect(attr_true_box **boxes, int *count, bool *found, attr_label_problems *problems,
                                    const char *picture, int classes) {
    return read_labels(boxes, count, found, problems, picture, classes);
}
