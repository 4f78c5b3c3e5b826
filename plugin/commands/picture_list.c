/* Many pictures by one argument: the lines of a list, the files of a folder. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/files.h"
#include "base/memory.h"
#include "commands/commands.h"

enum { largest_list = 64 << 20 };

static bool has_extension(const char *path, const char *const *extensions) {
    const char *dot = strrchr(path, '.');
    for (; dot && *extensions; ++extensions)
        if (0 == strcasecmp(dot, *extensions)) return true;
    return false;
}

static bool is_folder(const char *path) {
    struct stat found;
    return stat(attr_find_file(path), &found) == 0 && S_ISDIR(found.st_mode);
}

bool attr_is_list(const char *argument) {
    static const char *const lists[] = {".txt", ".list", NULL};
    return has_extension(argument, lists) || is_folder(argument);
}

char *attr_trim(char *line) {
    size_t length = strlen(line);
    while (length > 0 && strchr(" \t\r\n", line[length - 1])) line[--length] = 0;
    return line + strspn(line, " \t");
}

/* ---- Folders */

static bool is_picture(const char *path) {
    static const char *const pictures[] = {".jpg", ".jpeg", ".png", ".bmp", ".gif",
                                           ".tga", ".ppm",  ".pgm", ".pnm", NULL};
    return has_extension(path, pictures);
}

/* For scandir(): what a picture in a folder may be called. */
static int is_picture_name(const struct dirent *entry) {
    return entry->d_name[0] != '.' && is_picture(entry->d_name);
}

static int by_bytes(const struct dirent **a, const struct dirent **b) {
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* Folders, pipes and the like are left out; what is not there any more will be told when it is read. */
static bool may_be_read(const char *path) {
    struct stat found;
    return stat(attr_find_file(path), &found) != 0 || S_ISREG(found.st_mode);
}

static attr_status join(char **path, const char *folder, const char *name) {
    size_t length = strlen(folder), size = length + strlen(name) + 2;
    ATTR_TRY(attr_allocate(path, size, 1, "a file name"));
    snprintf(*path, size, "%s%s%s", folder, length > 0 && folder[length - 1] == '/' ? "" : "/", name);
    return ATTR_OK;
}

static attr_status take_names(attr_list *list, const char *folder, struct dirent **names, int count) {
    ATTR_TRY(attr_allocate(&list->files, (size_t)count + 1, sizeof *list->files, "a folder's pictures"));
    char **next = list->files; /* a NULL is behind the last */
    for (int i = 0; i < count; ++i) {
        ATTR_TRY(join(next, folder, names[i]->d_name));
        if (may_be_read(*next)) {
            ++next;
        } else {
            free(*next);
            *next = NULL;
        }
    }
    return ATTR_OK;
}

static attr_status open_folder(attr_list *list, const char *path) {
    struct dirent **names = NULL;
    int count = scandir(attr_find_file(path), &names, is_picture_name, by_bytes);
    if (count < 0) return attr_fail(ATTR_BAD_INPUT, "%s: cannot open: %s", path, strerror(errno));
    attr_status status = take_names(list, path, names, count);
    for (int i = 0; i < count; ++i) free(names[i]);
    free(names);
    return status;
}

/* ---- Lists */

static attr_status open_lines(attr_list *list, const char *path) {
    ATTR_TRY(attr_read_file(&list->text, NULL, attr_find_file(path), largest_list));
    list->rest = list->text + (strncmp(list->text, "\xef\xbb\xbf", 3) ? 0 : 3); /* Windows' mark of UTF-8 */
    return ATTR_OK;
}

/* A single picture's name. */
static attr_status open_picture(attr_list *list, const char *path) {
    ATTR_TRY(attr_copy_text(&list->text, path));
    list->rest = list->text;
    return ATTR_OK;
}

attr_status attr_list_open(attr_list *list, const char *path) {
    *list = (attr_list){0};
    bool folder = is_folder(path);
    attr_status status = folder             ? open_folder(list, path)
                         : is_picture(path) ? open_picture(list, path)
                                            : open_lines(list, path);
    if (status == ATTR_OK) attr_list_next(list);
    if (list->path) return ATTR_OK;
    attr_list_close(list);
    if (status != ATTR_OK) return status;
    return attr_fail(ATTR_BAD_INPUT,
                     folder ? "%s: the folder has no picture (JPEG, PNG, BMP, PNM, GIF or TGA; not in folders below)"
                            : "%s: the list names no picture",
                     path);
}

void attr_list_next(attr_list *list) {
    if (list->files) {
        list->path = list->files[list->taken];
        list->taken += list->path != NULL;
        return;
    }
    do list->path = strsep(&list->rest, "\n");
    while (list->path && !*(list->path = attr_trim(list->path)));
}

void attr_list_close(attr_list *list) {
    for (char **file = list->files; file && *file; ++file) free(*file);
    free(list->files);
    free(list->text);
    *list = (attr_list){0};
}
