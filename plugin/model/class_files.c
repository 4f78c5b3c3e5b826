#include "model/class_files.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/memory.h"
#include "model/sections.h"

enum { max_bytes = 1 << 25, max_tree_name = 255 /* Darknet reads names into 256 bytes */ };

/* A text file, cut into lines without line ends. */
typedef struct {
    const char *path;
    char **lines; /* the pointers and the text in one piece of memory */
    int count;
} text_lines;

static attr_status cut(text_lines *out, const char *path, const char *text, size_t size) {
    size_t count = 1;
    if (strlen(text) != size) return attr_fail(ATTR_BAD_INPUT, "%s: a byte 0 (expected a text file)", path);
    if (strncmp(text, "\xef\xbb\xbf", 3) == 0) text += 3;
    for (const char *c = text; *c; c++) count += *c == '\n';
    ATTR_TRY(attr_allocate(&out->lines, 1, count * sizeof(char *) + strlen(text) + 1, path));
    char *line = (char *)(out->lines + count);
    strcpy(line, text);
    for (size_t i = 0; i < count; i++) {
        size_t length = strcspn(line, "\n");
        line[length] = '\0';
        line[strcspn(line, "\r")] = '\0';
        out->lines[i] = line;
        line += length + 1;
    }
    out->count = (int)count - !*out->lines[count - 1]; /* nothing behind the last line end is no line */
    return ATTR_OK;
}

static attr_status read_lines(text_lines *out, const char *path) {
    char *text;
    size_t size;
    *out = (text_lines){.path = attr_find_file(path)};
    ATTR_TRY(attr_read_file(&text, &size, out->path, max_bytes));
    attr_status status = cut(out, out->path, text, size);
    free(text);
    if (status == ATTR_OK && out->count == 0) {
        free(out->lines);
        status = attr_fail(ATTR_BAD_INPUT, "%s: is empty", out->path);
    }
    return status;
}

attr_status attr_names_read(char ***names, int *count, const char *path, int expected) {
    text_lines file;
    *names = NULL;
    *count = 0;
    ATTR_TRY(read_lines(&file, path));
    attr_status status = ATTR_OK;
    while (file.count > 0 && !*file.lines[file.count - 1]) file.count--;
    if (file.count == 0) {
        status = attr_fail(ATTR_BAD_INPUT, "%s: is empty (expected one name a line)", file.path);
    } else if (file.count < expected) {
        status = attr_fail(ATTR_BAD_INPUT, "%s: has %d names, but there are %d classes (expected one name a line)",
                           file.path, file.count, expected);
    }
    for (int i = 0; i < file.count && status == ATTR_OK; i++) {
        if (!*file.lines[i])
            status = attr_fail(ATTR_BAD_INPUT, "%s:%d: is empty (expected the name of a class)", file.path, i + 1);
    }
    if (status != ATTR_OK) {
        free(file.lines);
        return status;
    }
    *names = file.lines;
    *count = file.count;
    return ATTR_OK;
}

void attr_names_free(char **names) {
    free(names);
}

/* "name parent"; Darknet would take a line without number for one with -1. */
static attr_status parse_tree_line(int *parent, const text_lines *file, int i) {
    const char *line = file->lines[i];
    size_t name = strcspn(line, " \t"), blank = strspn(line + name, " \t");
    if (name == 0 || blank == 0 || !attr_parse_whole(parent, line + name + blank)) {
        return attr_fail(ATTR_BAD_INPUT, "%s:%d: '%.60s' (expected a name and the number of its parent)", file->path,
                         i + 1, line);
    }
    if (name > max_tree_name) {
        return attr_fail(ATTR_BAD_INPUT, "%s:%d: the name is too long (expected at most %d bytes)", file->path, i + 1,
                         max_tree_name);
    }
    if (*parent < -1 || *parent >= i) {
        return attr_fail(ATTR_BAD_INPUT, "%s:%d: parent %d (expected -1 or 0 to %d, the number of an earlier line)",
                         file->path, i + 1, *parent, i - 1);
    }
    return ATTR_OK;
}

/* `closed` tells of each parent, from -1 on, whether its group of children has ended. */
static attr_status check_tree_lines(const text_lines *file, bool *closed) {
    int last = -1;
    for (int i = 0; i < file->count; i++) {
        int parent = -1;
        ATTR_TRY(parse_tree_line(&parent, file, i));
        if (parent != last) closed[last + 1] = true;
        last = parent;
        if (closed[parent + 1]) {
            return attr_fail(ATTR_BAD_INPUT, "%s:%d: parent %d a second time (expected its children side by side)",
                             file->path, i + 1, parent);
        }
    }
    return ATTR_OK;
}

static attr_status check_tree(const text_lines *file, const char *cfg_path, int line, int classes) {
    if (file->count != classes) {
        return attr_fail(ATTR_BAD_INPUT, "%s:%d: the tree %s has %d classes, the layer %d", cfg_path, line, file->path,
                         file->count, classes);
    }
    bool *closed;
    ATTR_TRY(attr_allocate(&closed, (size_t)file->count + 1, sizeof *closed, "a tree"));
    attr_status status = check_tree_lines(file, closed);
    free(closed);
    return status;
}

static attr_status check_map(const text_lines *file, int classes) {
    for (int i = 0; i < file->count; i++) {
        int number = -1;
        if (!attr_parse_whole(&number, file->lines[i]) || number < 0 || number >= classes) {
            return attr_fail(ATTR_BAD_INPUT, "%s:%d: '%.60s' (expected the number of a class, 0 to %d)", file->path,
                             i + 1, file->lines[i], classes - 1);
        }
    }
    return ATTR_OK;
}

attr_status attr_tree_check(const char *path, const char *cfg_path, int line, int classes) {
    text_lines file;
    attr_status status = read_lines(&file, path);
    if (status != ATTR_OK) return attr_fail(status, "%s:%d: tree: %s", cfg_path, line, attr_error_message());
    status = check_tree(&file, cfg_path, line, classes);
    free(file.lines);
    return status;
}

attr_status attr_map_check(const char *path, const char *cfg_path, int line, int classes) {
    text_lines file;
    attr_status status = read_lines(&file, path);
    if (status != ATTR_OK) return attr_fail(status, "%s:%d: map: %s", cfg_path, line, attr_error_message());
    status = check_map(&file, classes);
    free(file.lines);
    return status;
}
