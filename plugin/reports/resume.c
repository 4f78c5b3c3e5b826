#include "reports/resume.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"

static const char *const record_name = "run.cfg";
enum { largest_table = 1 << 30, largest_record = 1 << 20 };

/* The record as it would be written. */
static attr_status make_record(char **text, attr_record_writer write, const void *run, const char *path) {
    size_t size = 0;
    FILE *memory = open_memstream(text, &size);
    if (!memory) return attr_fail(ATTR_NO_MEMORY, "out of memory for a record");
    attr_status status = write(memory, run, path);
    if (fclose(memory) != 0 && status == ATTR_OK) status = attr_fail(ATTR_NO_MEMORY, "out of memory for a record");
    if (status == ATTR_OK) return ATTR_OK;
    free(*text);
    *text = NULL;
    return status;
}

static bool is_there(const char *path, const char *record) {
    char *there = NULL;
    bool same = attr_read_file(&there, NULL, path, largest_record) == ATTR_OK && 0 == strcmp(there, record);
    free(there);
    return same;
}

static attr_status begin_anew(const char *folder, const char *path, const char *record, const char *const *old_files) {
    attr_output output;
    if (attr_has_record(folder, record_name))
        for (; *old_files; old_files++) ATTR_TRY(attr_remove_file(folder, *old_files, ""));
    ATTR_TRY(attr_write_begin(&output, path));
    fputs(record, output.file);
    return attr_write_commit(&output);
}

attr_status attr_open_run(char **folder, bool *same, const char *results, const char *name, attr_record_writer write,
                          const void *run, const char *const *old_files) {
    char *path = NULL, *record = NULL;
    ATTR_TRY(attr_join_path(folder, results[0] ? results : ".", name, ""));
    attr_status status = attr_join_path(&path, *folder, record_name, "");
    if (status == ATTR_OK) status = make_record(&record, write, run, path);
    if (status == ATTR_OK) status = attr_make_folders(*folder);
    *same = status == ATTR_OK && is_there(path, record);
    if (status == ATTR_OK && !*same) status = begin_anew(*folder, path, record, old_files);
    free(path);
    free(record);
    return status;
}

attr_status attr_read_table(char **text, const char *folder, const char *name) {
    char *path = NULL;
    ATTR_TRY(attr_join_path(&path, folder, name, ""));
    attr_status status = access(path, F_OK) == 0 ? attr_read_file(text, NULL, path, largest_table)
                                                 : attr_allocate(text, 1, 1, "a table");
    free(path);
    return status;
}

attr_status attr_append_to_table(FILE **file, const char *folder, const char *name) {
    char *path = NULL;
    ATTR_TRY(attr_join_path(&path, folder, name, ""));
    *file = fopen(path, "ab");
    attr_status status = *file ? ATTR_OK : attr_fail(ATTR_IO, "%s: %s", path, strerror(errno));
    free(path);
    return status;
}

attr_status attr_write_run_file(const char *folder, const char *name, attr_file_writer write, const void *run) {
    attr_output output;
    ATTR_TRY(attr_begin_file(&output, folder, name));
    return attr_end_file(&output, write(output.file, run));
}
