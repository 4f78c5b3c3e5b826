/* Files: where a data file is, reading, writing that is all or nothing, checksums.
 *
 * Nothing here changes the working folder. Paths are used as given; only attr_find_file() looks elsewhere. */
#ifndef ATTR_BASE_FILES_H
#define ATTR_BASE_FILES_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/status.h"

/* The one rule for data files, which Darknet's own readers follow too (patches/05-find-files.patch): a relative path
 * that is not in the working folder is looked for beside the program, then in ../share/darknet beside the program.
 * Returns `path` itself if it is absolute, is there, or is found nowhere (so that messages name what was asked for).
 * A result is owned by the thread and valid for its next three calls; never NULL. */
const char *attr_find_file(const char *path);

/* A file being written. It stands under a temporary name in the same folder and gets its own name on commit, so that a
 * reader sees the old file or the whole new one. A path that is no regular file (a pipe, /dev/stdout) is written
 * directly. Write through `file` without checking every call: commit finds out. */
typedef struct {
    FILE *file;
    char *path;
    char *temporary; /* NULL if written directly */
} attr_output;

/* Opens. On failure nothing is left open. ATTR_IO if the folder is missing or must not be written to. */
attr_status attr_write_begin(attr_output *output, const char *path);

/* Closes, checks that every byte was written, gives the file its name. Ends the output: on failure (ATTR_IO, with the
 * reason) the temporary file is gone and what was there before is untouched. */
attr_status attr_write_commit(attr_output *output);

/* Closes and removes the temporary file. Does nothing after a commit, an abort, or on a zeroed output; keeps the
 * message of the failure that led here. */
void attr_write_abort(attr_output *output);

/* Makes a folder and those above it; success if it is there already. */
attr_status attr_make_folders(const char *path);

/* Reads a whole file, at most `limit` bytes. *text gets a 0 behind its *size bytes (`size` may be NULL) and is released
 * with free(). ATTR_BAD_INPUT if the file cannot be opened or is larger, ATTR_IO if reading fails on the way. */
attr_status attr_read_file(char **text, size_t *size, const char *path, size_t limit);

/* FNV-1a, 64 bits, by words of eight bytes and the rest by bytes. Start with ATTR_CHECKSUM_SEED; give the last result
 * as seed to continue. Finds accidents, not forgeries: every single change. */
#define ATTR_CHECKSUM_SEED UINT64_C(0xcbf29ce484222325)
uint64_t attr_checksum(const void *data, size_t bytes, uint64_t seed);

/* SHA-256 of a file's content as 64 hexadecimal digits and a 0. ATTR_BAD_INPUT if it cannot be read. */
attr_status attr_hash_file(char hex[65], const char *path);

#endif
