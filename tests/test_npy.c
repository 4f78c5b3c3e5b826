#include <criterion/criterion.h>
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "images/npy.h"
#include "fresh_folder.h"

TestSuite(npy, .init = enter_fresh_folder, .fini = leave_fresh_folder);

static size_t content(const char *path, char *bytes, size_t room) {
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file, "%s: %s", path, strerror(errno));
    size_t size = fread(bytes, 1, room, file);
    fclose(file);
    return size;
}

static void put(const char *path, const void *bytes, size_t size) {
    unlink(path); /* some file systems wait for the disk when a file is overwritten */
    FILE *file = fopen(path, "wb");
    cr_assert(file && fwrite(bytes, 1, size, file) == size && fclose(file) == 0, "%s", path);
}

Test(npy, writes_what_numpy_writes) {
    static const char expected[128 + 24] = "\x93NUMPY\x01\0\x76\0{'descr': '<f4', 'fortran_order': False, 'shape': "
                                           "(2, 3), }                                                          \n"
                                           "\0\0\x80\x3f\0\0\0\xc0\0\0\0\0\xdb\x0f\x49\x40\0\0\x80\x7f\1\0\0\0";
    const float data[] = {1, -2, 0, 3.14159274f, INFINITY, 1e-45f};
    char found[256];
    cr_assert_eq(attr_npy_write("a.npy", data, 2, (size_t[]){2, 3}), ATTR_OK, "%s", attr_error_message());
    size_t size = content("a.npy", found, sizeof found);
    cr_assert_eq(size, sizeof expected, "%zu bytes, expected %zu", size, sizeof expected);
    for (size_t i = 0; i < size; i++)
        cr_assert_eq(found[i], expected[i], "byte %zu is %d, expected %d", i, found[i], expected[i]);
}

Test(npy, reads_what_it_wrote_in_any_shape) {
    static const struct {
        int dims;
        size_t shape[ATTR_NPY_MAX_DIMS], count;
    } cases[] = {{0, {0}, 1},    {1, {5000}, 5000},      {1, {0}, 0},
                 {2, {0, 7}, 0}, {3, {3, 41, 29}, 3567}, {8, {1, 2, 1, 2, 1, 2, 1, 3}, 24}};
    float numbers[5000];
    for (int i = 0; i < 5000; i++) numbers[i] = (float)sin(i) * powf(10, (float)(i % 60 - 30));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        float *data = NULL;
        int dims = -1;
        size_t shape[ATTR_NPY_MAX_DIMS];
        char start[512];
        cr_assert_eq(attr_npy_write("a.npy", numbers, cases[i].dims, cases[i].shape), ATTR_OK, "case %zu: %s", i,
                     attr_error_message());
        cr_assert_eq(attr_npy_read(&data, &dims, shape, "a.npy"), ATTR_OK, "case %zu: %s", i, attr_error_message());
        cr_assert_eq(dims, cases[i].dims, "case %zu: %d dimensions", i, dims);
        for (int k = 0; k < dims; k++)
            cr_assert_eq(shape[k], cases[i].shape[k], "case %zu: side %d is %zu", i, k, shape[k]);
        for (size_t k = 0; k < cases[i].count; k++)
            cr_assert(memcmp(&data[k], &numbers[k], 4) == 0, "case %zu: number %zu is %g", i, k, data[k]);
        content("a.npy", start, sizeof start);
        size_t header = 10 + (unsigned char)start[8] + 256u * (unsigned char)start[9];
        cr_assert(header % 64 == 0 && start[header - 1] == '\n', "case %zu: header of %zu bytes", i, header);
        free(data);
    }
}

static void expect_refused(const char *what, const void *bytes, size_t size) {
    float *data = NULL;
    int dims;
    size_t shape[ATTR_NPY_MAX_DIMS];
    put("bad.npy", bytes, size);
    attr_status status = attr_npy_read(&data, &dims, shape, "bad.npy");
    cr_expect_eq(status, ATTR_BAD_INPUT, "%s: %s", what, attr_status_name(status));
    cr_expect(strncmp(attr_error_message(), "bad.npy: ", 9) == 0, "%s: message '%s'", what, attr_error_message());
    cr_expect_null(data, "%s", what);
}

Test(npy, refuses_every_other_header) {
    static const char *const texts[] = {
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }",
        "{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }",
        "{'descr': '<f4', 'fortran_order': True, 'shape': (1,), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1, ), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1,), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (,), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1L,), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (18446744073709551617,), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 1, 1, 1, 1, 1, 1, 1), }",
        "{'descr': '<f4', 'fortran_order': False}",
        "",
        "text"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char bytes[256] = "\x93NUMPY\x01";
        size_t length = strlen(texts[i]);
        bytes[8] = (char)(length + 1);
        memcpy(bytes + 10, texts[i], length);
        bytes[10 + length] = '\n';
        expect_refused(texts[i], bytes, 10 + length + 1 + 4);
    }
}

Test(npy, refuses_broken_files) {
    char bytes[512];
    const float data[] = {1, 2, 3};
    cr_assert_eq(attr_npy_write("a.npy", data, 1, (size_t[]){3}), ATTR_OK, "%s", attr_error_message());
    size_t size = content("a.npy", bytes, sizeof bytes);
    char what[64];
    for (size_t i = 0; i < size; i++) {
        snprintf(what, sizeof what, "first %zu bytes", i);
        expect_refused(what, bytes, i);
    }
    bytes[size] = 0;
    expect_refused("a byte too much", bytes, size + 1);
    bytes[6] = 2;
    expect_refused("version 2.0", bytes, size);
    attr_status status = attr_npy_read(&(float *){0}, &(int){0}, (size_t[ATTR_NPY_MAX_DIMS]){0}, "missing.npy");
    cr_assert_eq(status, ATTR_BAD_INPUT, "missing file: %s", attr_status_name(status));
}

Test(npy, a_full_disk_leaves_the_old_file) {
    static float data[100000];
    float *found = NULL;
    int dims;
    size_t shape[ATTR_NPY_MAX_DIMS];
    cr_assert_eq(attr_npy_write("a.npy", (float[]){7}, 1, (size_t[]){1}), ATTR_OK, "%s", attr_error_message());
    signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &(struct rlimit){65536, 65536}), 0);
    attr_status status = attr_npy_write("a.npy", data, 1, (size_t[]){100000});
    cr_assert_eq(status, ATTR_IO, "%s", attr_status_name(status));
    cr_assert_eq(attr_npy_read(&found, &dims, shape, "a.npy"), ATTR_OK, "%s", attr_error_message());
    cr_assert(dims == 1 && shape[0] == 1 && found[0] == 7, "%d dimensions, %zu, %g", dims, shape[0], found[0]);
    free(found);
}
