#include "base/files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"

/* The folder of the running program, without a slash at its end; false if it is not known. */
static bool program_folder(char folder[PATH_MAX]) {
    ssize_t length = readlink("/proc/self/exe", folder, PATH_MAX - 1);
    if (length <= 0) return false;
    folder[length] = '\0';
    *strrchr(folder, '/') = '\0';
    return true;
}

const char *attr_find_file(const char *path) {
    static const char *const places[] = {"", "/../share/darknet"};
    static _Thread_local char results[4][PATH_MAX]; /* Darknet holds a path or two while it asks for another */
    static _Thread_local unsigned int calls;
    char folder[PATH_MAX];
    if (path[0] == '/' || path[0] == '\0' || access(path, F_OK) == 0 || !program_folder(folder)) return path;
    char *result = results[calls++ % (sizeof results / sizeof *results)];
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        int length = snprintf(result, PATH_MAX, "%s%s/%s", folder, places[i], path);
        if (length < PATH_MAX && access(result, F_OK) == 0) return result;
    }
    return path;
}

static void end_output(attr_output *output) {
    free(output->path);
    free(output->temporary);
    memset(output, 0, sizeof *output);
}

/* The hidden name beside the file, free of those of other processes and threads. With O_EXCL instead of mkstemp() the
 * file gets the rights that the user's umask asks for. */
static attr_status open_temporary(int *descriptor, attr_output *output) {
    const char *slash = strrchr(output->path, '/');
    int folder = slash ? (int)(slash - output->path) + 1 : 0;
    size_t size = strlen(output->path) + 32;
    ATTR_TRY(attr_allocate(&output->temporary, size, 1, "a file name"));
    for (unsigned int attempt = 0; attempt < 1000; attempt++) {
        snprintf(output->temporary, size, "%.*s.%s.%ld-%u", folder, output->path, output->path + folder, (long)getpid(),
                 attempt);
        *descriptor = open(output->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (*descriptor >= 0 || errno != EEXIST) break;
    }
    if (*descriptor < 0) return attr_fail(ATTR_IO, "%s: cannot write: %s", output->path, strerror(errno));
    return ATTR_OK;
}

static attr_status open_output(attr_output *output) {
    struct stat found;
    int descriptor = -1;
    if (stat(output->path, &found) == 0 && !S_ISREG(found.st_mode)) {
        descriptor = open(output->path, O_WRONLY | O_CLOEXEC);
        if (descriptor < 0) return attr_fail(ATTR_IO, "%s: cannot write: %s", output->path, strerror(errno));
    } else {
        ATTR_TRY(open_temporary(&descriptor, output));
    }
    output->file = fdopen(descriptor, "w");
    if (output->file) return ATTR_OK;
    attr_status status = attr_fail(ATTR_NO_MEMORY, "%s: cannot write: %s", output->path, strerror(errno));
    close(descriptor);
    return status;
}

attr_status attr_write_begin(attr_output *output, const char *path) {
    memset(output, 0, sizeof *output);
    attr_status status = attr_copy_text(&output->path, path);
    if (status == ATTR_OK) status = open_output(output);
    if (status != ATTR_OK) end_output(output);
    return status;
}

/* 0 or the reason why not every byte was written. If an earlier call failed, its errno is lost: one more byte is
 * tried, only to be told again. */
static int flush_error(FILE *file) {
    bool failed_before = ferror(file) != 0;
    if (fflush(file) != 0) return errno;
    if (!failed_before) return 0;
    return write(fileno(file), "", 1) < 0 ? errno : EIO;
}

attr_status attr_write_commit(attr_output *output) {
    int reason = flush_error(output->file);
    if (fclose(output->file) != 0 && reason == 0) reason = errno;
    output->file = NULL;
    if (reason == 0 && output->temporary && rename(output->temporary, output->path) != 0) reason = errno;
    if (reason == 0) {
        end_output(output);
        return ATTR_OK;
    }
    attr_status status = attr_fail(ATTR_IO, "%s: cannot write: %s", output->path, strerror(reason));
    attr_write_abort(output);
    return status;
}

void attr_write_abort(attr_output *output) {
    if (output->file) fclose(output->file);
    if (output->temporary) unlink(output->temporary);
    end_output(output);
}

static attr_status make_folder(const char *path) {
    struct stat found;
    if (mkdir(path, 0777) == 0) return ATTR_OK;
    int reason = errno;
    if (stat(path, &found) == 0) {
        if (S_ISDIR(found.st_mode)) return ATTR_OK;
        reason = ENOTDIR;
    }
    return attr_fail(ATTR_IO, "%s: cannot make the folder: %s", path, strerror(reason));
}

attr_status attr_make_folders(const char *path) {
    char *part = NULL;
    attr_status status = attr_copy_text(&part, path);
    for (size_t i = 1; status == ATTR_OK && path[0] && path[i]; i++) {
        if (path[i] != '/') continue;
        part[i] = '\0';
        status = make_folder(part);
        part[i] = '/';
    }
    if (status == ATTR_OK) status = make_folder(path);
    free(part);
    return status;
}

/* Reads to the end without trusting a size told beforehand: the file may be a pipe, or grow. */
static attr_status read_all(char **text, size_t *size, FILE *file, const char *path, size_t limit) {
    size_t room = 0;
    for (;;) {
        if (*size == room) {
            if (room > limit) return attr_fail(ATTR_BAD_INPUT, "%s: larger than %zu bytes", path, limit);
            room = room < 4096 ? 8192 : 2 * room;
            if (room > limit) room = limit + 1; /* one more than allowed, to notice */
            char *larger = realloc(*text, room + 1);
            if (!larger) return attr_fail(ATTR_NO_MEMORY, "out of memory: %zu bytes for %s", room + 1, path);
            *text = larger;
        }
        size_t bytes = fread(*text + *size, 1, room - *size, file);
        *size += bytes;
        if (bytes > 0) continue;
        if (ferror(file)) return attr_fail(ATTR_IO, "%s: cannot read: %s", path, strerror(errno));
        (*text)[*size] = '\0';
        return ATTR_OK;
    }
}

attr_status attr_read_file(char **text, size_t *size, const char *path, size_t limit) {
    size_t bytes = 0;
    struct stat found;
    *text = NULL;
    FILE *file = fopen(path, "rb");
    if (!file) return attr_fail(ATTR_BAD_INPUT, "%s: cannot open: %s", path, strerror(errno));
    attr_status status = ATTR_OK;
    if (fstat(fileno(file), &found) == 0 && S_ISDIR(found.st_mode))
        status = attr_fail(ATTR_BAD_INPUT, "%s: cannot open: %s", path, strerror(EISDIR));
    if (status == ATTR_OK) status = read_all(text, &bytes, file, path, limit);
    fclose(file);
    if (status != ATTR_OK) {
        free(*text);
        *text = NULL;
        return status;
    }
    if (size) *size = bytes;
    return ATTR_OK;
}

uint64_t attr_checksum(const void *data, size_t bytes, uint64_t seed) {
    const uint64_t prime = UINT64_C(0x100000001b3);
    const unsigned char *byte = data;
    uint64_t sum = seed, word;
    for (; bytes >= sizeof word; bytes -= sizeof word, byte += sizeof word) {
        memcpy(&word, byte, sizeof word);
        sum = (sum ^ word) * prime;
    }
    for (size_t i = 0; i < bytes; i++) sum = (sum ^ byte[i]) * prime;
    return sum;
}

static attr_status hash_all(unsigned char digest[32], FILE *file, const char *path) {
    unsigned char part[1 << 16];
    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    bool done = hash && EVP_DigestInit_ex(hash, EVP_sha256(), NULL);
    for (size_t bytes; done && (bytes = fread(part, 1, sizeof part, file)) > 0;)
        done = EVP_DigestUpdate(hash, part, bytes);
    int reason = ferror(file) ? errno : 0;
    done = done && EVP_DigestFinal_ex(hash, digest, NULL);
    EVP_MD_CTX_free(hash);
    if (reason) return attr_fail(ATTR_BAD_INPUT, "%s: cannot read: %s", path, strerror(reason));
    return done ? ATTR_OK : attr_fail(ATTR_NO_MEMORY, "out of memory: the SHA-256 of %s", path);
}

attr_status attr_hash_file(char hex[65], const char *path) {
    unsigned char digest[32];
    FILE *file = fopen(path, "rb");
    if (!file) return attr_fail(ATTR_BAD_INPUT, "%s: cannot read: %s", path, strerror(errno));
    attr_status status = hash_all(digest, file, path);
    fclose(file);
    for (int i = 0; status == ATTR_OK && i < 32; ++i) snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    return status;
}
