#include "cfg_files.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/attr-test-XXXXXX";
static char start[PATH_MAX];

void enter_folder(void) {
    cr_assert(getcwd(start, sizeof start) && mkdtemp(folder) && chdir(folder) == 0, "%s: %s", folder, strerror(errno));
}

void leave_folder(void) {
    char command[sizeof folder + 16];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    cr_assert(chdir("/") == 0 && system(command) == 0, "%s", command);
}

void put_bytes(const char *path, const void *bytes, size_t size) {
    FILE *file = fopen(path, "wb");
    cr_assert(file, "%s: %s", path, strerror(errno));
    cr_assert_eq(fwrite(bytes, 1, size, file), size, "%s", path);
    cr_assert_eq(fclose(file), 0, "%s", path);
}

void put_text(const char *path, const char *text) {
    put_bytes(path, text, strlen(text));
}

attr_shape *shapes_of(int *count, const char *path) {
    attr_cfg *cfg;
    attr_shape *shapes;
    cr_assert_eq(attr_cfg_read(&cfg, path, ATTR_CFG_NET), ATTR_OK, "%s", attr_error_message());
    cr_assert_eq(attr_cfg_shapes(&shapes, count, cfg), ATTR_OK, "%s", attr_error_message());
    attr_cfg_free(cfg);
    return shapes;
}

static attr_status check(const char *text, attr_cfg_mode mode) {
    attr_cfg *cfg;
    attr_shape *shapes = NULL;
    int count;
    put_text("net.cfg", text);
    attr_status status = attr_cfg_read(&cfg, "net.cfg", mode);
    if (status == ATTR_OK && mode == ATTR_CFG_NET) status = attr_cfg_shapes(&shapes, &count, cfg);
    free(shapes);
    attr_cfg_free(cfg);
    return status;
}

void expect_refused(const refusal *r, attr_cfg_mode mode, attr_status status) {
    attr_status found = check(r->text, mode);
    const char *message = found == ATTR_OK ? "(accepted)" : attr_error_message();
    cr_expect_str_eq(message, r->message, "\n%s\nexpected: %s\nfound:    %s", r->text, r->message, message);
    cr_expect_eq(found, status, "\n%s\n%s: %s", r->text, message, attr_status_name(found));
}

void expect_accepted(const char *text, attr_cfg_mode mode) {
    cr_expect_eq(check(text, mode), ATTR_OK, "\n%s\n%s", text, attr_error_message());
}

const char *darknet_source(void) {
    static char path[PATH_MAX];
    const char *given = getenv("DARKNET_SOURCE");
    if (!given) given = "build/darknet-src";
    if (given[0] == '/') return given;
    cr_assert((size_t)snprintf(path, sizeof path, "%s/%s", start, given) < sizeof path);
    return path;
}

streams silence(void) {
    fflush(NULL);
    streams s = {dup(1), dup(2)};
    int nowhere = open("/dev/null", O_WRONLY);
    dup2(nowhere, 1);
    dup2(nowhere, 2);
    close(nowhere);
    return s;
}

void end_silence(streams s) {
    fflush(NULL);
    dup2(s.out, 1);
    dup2(s.error, 2);
    close(s.out);
    close(s.error);
}

network *parse_quietly(const char *path) {
    streams s = silence();
    network *net = parse_network_cfg((char *)path);
    end_silence(s);
    return net;
}

/* The linker puts it in the place of the plugin's, of which Darknet asks the same (option --wrap, see Makefile). */
static bool without_weights;
int __real_attr_sets_weights(void);
int __wrap_attr_sets_weights(void);

int __wrap_attr_sets_weights(void) {
    return without_weights || __real_attr_sets_weights();
}

network *parse_without_weights(const char *path) {
    /* Else malloc, once it has freed large pieces, uses them again, and calloc has to write all the zeros. */
    mallopt(M_MMAP_THRESHOLD, 1 << 20);
    without_weights = true;
    network *net = parse_quietly(path);
    without_weights = false;
    return net;
}

void load_weights_quietly(network *net, const char *path) {
    streams s = silence();
    load_weights(net, (char *)path);
    end_silence(s);
}
