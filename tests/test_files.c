#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"
#include "fresh_folder.h"

TestSuite(files, .init = enter_fresh_folder, .fini = leave_fresh_folder);

static void put(const char *path, const char *text) {
    attr_output output;
    cr_assert_eq(attr_write_begin(&output, path), ATTR_OK, "%s", attr_error_message());
    fputs(text, output.file);
    cr_assert_eq(attr_write_commit(&output), ATTR_OK, "%s", attr_error_message());
}

static void expect_content(const char *path, const char *expected) {
    char *text = NULL;
    cr_assert_eq(attr_read_file(&text, NULL, path, 1 << 20), ATTR_OK, "%s", attr_error_message());
    cr_assert_str_eq(text, expected, "%s", path);
    free(text);
}

static size_t entries_here(void) {
    FILE *listing = popen("ls -A | wc -l", "r");
    size_t count = 0;
    cr_assert(listing && fscanf(listing, "%zu", &count) == 1);
    pclose(listing);
    return count;
}

static void expect_message(const char *part) {
    cr_assert(strstr(attr_error_message(), part), "expected \"%s\" in \"%s\"", part, attr_error_message());
}

/* Beside the program of the tests, the Makefile has put data/ and cfg/. */
Test(files, a_path_is_found_beside_the_program_if_not_in_the_working_folder) {
    const char *found = attr_find_file("data/coco.names");
    cr_assert_eq(found[0], '/', "%s", found);
    cr_assert_eq(access(found, R_OK), 0, "%s", found);
    cr_assert_eq(attr_make_folders("data"), ATTR_OK);
    put("data/coco.names", "mine");
    cr_assert_str_eq(attr_find_file("data/coco.names"), "data/coco.names");
}

Test(files, a_path_that_is_absolute_or_nowhere_stays_as_it_is) {
    const char *const paths[] = {"", "nowhere/at-all", "/nowhere", "/data/coco.names"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        cr_assert_eq(attr_find_file(paths[i]), paths[i], "%s", paths[i]);
    char too_long[2 * PATH_MAX];
    memset(too_long, 'x', sizeof too_long - 1);
    too_long[sizeof too_long - 1] = '\0';
    cr_assert_eq(attr_find_file(too_long), too_long);
}

Test(files, a_found_path_outlives_three_more_searches) {
    const char *first = attr_find_file("data/dog.jpg");
    for (int i = 0; i < 3; i++) attr_find_file("data/eagle.jpg");
    cr_assert(strstr(first, "/data/dog.jpg"), "%s", first);
}

Test(files, a_file_appears_whole_on_commit_and_not_before) {
    attr_output output;
    put("out.txt", "old");
    cr_assert_eq(attr_write_begin(&output, "out.txt"), ATTR_OK, "%s", attr_error_message());
    fputs("new", output.file);
    fflush(output.file);
    expect_content("out.txt", "old");
    cr_assert_eq(attr_write_commit(&output), ATTR_OK, "%s", attr_error_message());
    expect_content("out.txt", "new");
    cr_assert_eq(entries_here(), 1);
    attr_write_abort(&output); /* nothing left to abort */
    expect_content("out.txt", "new");
}

Test(files, a_new_file_has_the_rights_of_the_umask) {
    struct stat found;
    umask(027);
    put("out.txt", "");
    cr_assert_eq(stat("out.txt", &found), 0);
    cr_assert_eq(found.st_mode & 0777, 0640, "%o", found.st_mode & 0777);
}

Test(files, an_abort_leaves_the_old_file_and_nothing_else) {
    attr_output output;
    put("out.txt", "old");
    cr_assert_eq(attr_write_begin(&output, "out.txt"), ATTR_OK);
    fputs("new", output.file);
    attr_write_abort(&output);
    expect_content("out.txt", "old");
    cr_assert_eq(entries_here(), 1);
}

Test(files, two_writers_of_one_file_do_not_mix) {
    attr_output first, second;
    cr_assert_eq(attr_write_begin(&first, "out.txt"), ATTR_OK);
    cr_assert_eq(attr_write_begin(&second, "out.txt"), ATTR_OK);
    fputs("first, longer", first.file);
    fputs("second", second.file);
    cr_assert_eq(attr_write_commit(&first), ATTR_OK);
    expect_content("out.txt", "first, longer");
    cr_assert_eq(attr_write_commit(&second), ATTR_OK);
    expect_content("out.txt", "second");
    cr_assert_eq(entries_here(), 1);
}

/* In pieces, so that the buffer is still full on commit, and at once, so that only an earlier call has failed. */
static void write_too_much(FILE *file, size_t bytes, bool at_once) {
    static const char text[100000];
    if (at_once)
        cr_assert_neq(fwrite(text, 1, bytes, file), bytes);
    else
        for (size_t i = 0; i < bytes; i++) fputc('x', file);
}

static const struct {
    size_t bytes;
    bool at_once;
} too_much[] = {{5000, false}, {100000, false}, {100000, true}};

Test(files, a_write_that_does_not_fit_is_reported_and_leaves_the_old_file) {
    put("out.txt", "old");
    signal(SIGXFSZ, SIG_IGN);
    for (size_t i = 0; i < sizeof too_much / sizeof *too_much; i++) {
        attr_output output;
        setrlimit(RLIMIT_FSIZE, &(struct rlimit){4096, RLIM_INFINITY});
        cr_assert_eq(attr_write_begin(&output, "out.txt"), ATTR_OK);
        write_too_much(output.file, too_much[i].bytes, too_much[i].at_once);
        errno = 0;
        attr_status status = attr_write_commit(&output);
        setrlimit(RLIMIT_FSIZE, &(struct rlimit){RLIM_INFINITY, RLIM_INFINITY});
        cr_assert_eq(status, ATTR_IO, "%zu bytes, at once: %d", too_much[i].bytes, too_much[i].at_once);
        expect_message("out.txt");
        expect_message(strerror(EFBIG));
        expect_content("out.txt", "old");
        cr_assert_eq(entries_here(), 1);
    }
}

/* Through a link of our own: should the file be replaced after all, the system's device is not what is lost. */
Test(files, a_full_device_is_reported) {
    cr_assert_eq(symlink("/dev/full", "full"), 0);
    for (size_t i = 0; i < sizeof too_much / sizeof *too_much; i++) {
        attr_output output;
        cr_assert_eq(attr_write_begin(&output, "full"), ATTR_OK, "%s", attr_error_message());
        write_too_much(output.file, too_much[i].bytes, too_much[i].at_once);
        cr_assert_eq(attr_write_commit(&output), ATTR_IO, "%zu bytes, at once: %d", too_much[i].bytes,
                     too_much[i].at_once);
        expect_message("full: ");
        expect_message(strerror(ENOSPC));
    }
}

Test(files, a_pipe_is_written_to_and_not_replaced) {
    struct stat found;
    char text[8] = "";
    cr_assert_eq(mkfifo("pipe", 0600), 0);
    int reader = open("pipe", O_RDONLY | O_NONBLOCK);
    put("pipe", "text");
    cr_assert(stat("pipe", &found) == 0 && S_ISFIFO(found.st_mode));
    cr_assert_eq(read(reader, text, sizeof text - 1), 4);
    cr_assert_str_eq(text, "text");
    close(reader);
}

Test(files, a_folder_that_is_missing_or_a_file_is_refused) {
    attr_output output;
    cr_assert_eq(attr_write_begin(&output, "missing/out.txt"), ATTR_IO);
    expect_message("missing/out.txt");
    expect_message(strerror(ENOENT));
    cr_assert_eq(attr_write_begin(&output, "/proc/out.txt"), ATTR_IO);
    expect_message("/proc/out.txt");
    cr_assert_eq(attr_write_begin(&output, "."), ATTR_IO);
    expect_message(strerror(EISDIR));
    put("file", "");
    const char *const blocked[] = {"file", "file/below"};
    for (size_t i = 0; i < 2; i++) {
        cr_assert_eq(attr_make_folders(blocked[i]), ATTR_IO, "%s", blocked[i]);
        expect_message("file");
        expect_message(strerror(ENOTDIR));
    }
    cr_assert_eq(attr_make_folders(""), ATTR_IO);
}

Test(files, folders_are_made_with_those_above_them) {
    const char *const paths[] = {"a/b/c", "a/b/c", "a//d/", "./a/./e"};
    struct stat found;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        cr_assert_eq(attr_make_folders(paths[i]), ATTR_OK, "%s: %s", paths[i], attr_error_message());
        cr_assert(stat(paths[i], &found) == 0 && S_ISDIR(found.st_mode), "%s", paths[i]);
    }
}

Test(files, a_file_is_read_whole_up_to_the_limit) {
    const size_t sizes[] = {0, 1, 8191, 8192, 8193, 100000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        attr_output output;
        char *text = NULL;
        size_t size = 0;
        cr_assert_eq(attr_write_begin(&output, "in"), ATTR_OK);
        for (size_t k = 0; k < sizes[i]; k++) fputc((int)(k % 251), output.file);
        cr_assert_eq(attr_write_commit(&output), ATTR_OK);
        cr_assert_eq(attr_read_file(&text, &size, "in", sizes[i]), ATTR_OK, "%s", attr_error_message());
        cr_assert_eq(size, sizes[i]);
        for (size_t k = 0; k < size; k++) cr_assert_eq((unsigned char)text[k], k % 251, "byte %zu of %zu", k, size);
        cr_assert_eq(text[size], '\0');
        free(text);
        if (sizes[i] == 0) continue;
        cr_assert_eq(attr_read_file(&text, &size, "in", sizes[i] - 1), ATTR_BAD_INPUT, "%zu bytes", sizes[i]);
        expect_message("in: larger than");
        cr_assert_null(text);
    }
}

Test(files, what_cannot_be_read_is_named) {
    const char *const paths[] = {"missing", "/tmp"};
    const int reasons[] = {ENOENT, EISDIR};
    char *text = NULL;
    char hex[65];
    for (size_t i = 0; i < 2; i++) {
        cr_assert_eq(attr_read_file(&text, NULL, paths[i], 100), ATTR_BAD_INPUT);
        expect_message(paths[i]);
        expect_message(strerror(reasons[i]));
        cr_assert_eq(attr_hash_file(hex, paths[i]), ATTR_BAD_INPUT);
        expect_message(paths[i]);
        expect_message(strerror(reasons[i]));
    }
}

/* Known answers: the FNV authors' test vectors; FIPS 180-2. */
Test(files, checksums_are_the_published_ones) {
    cr_assert_eq(attr_checksum("", 0, ATTR_CHECKSUM_SEED), UINT64_C(0xcbf29ce484222325));
    cr_assert_eq(attr_checksum("foobar", 6, ATTR_CHECKSUM_SEED), UINT64_C(0x85944171f73967e8));
    uint64_t begun = attr_checksum("foo", 3, ATTR_CHECKSUM_SEED);
    cr_assert_eq(attr_checksum("bar", 3, begun), UINT64_C(0x85944171f73967e8));
    char hex[65];
    put("in", "abc");
    cr_assert_eq(attr_hash_file(hex, "in"), ATTR_OK, "%s", attr_error_message());
    cr_assert_str_eq(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    char text[23] = "twenty-two characters!";
    uint64_t whole = attr_checksum(text, 22, ATTR_CHECKSUM_SEED);
    for (int bit = 0; bit < 8 * 22; bit++) {
        text[bit / 8] ^= (char)(1 << bit % 8);
        cr_expect_neq(attr_checksum(text, 22, ATTR_CHECKSUM_SEED), whole, "bit %d is not seen", bit);
        text[bit / 8] ^= (char)(1 << bit % 8);
    }
}
