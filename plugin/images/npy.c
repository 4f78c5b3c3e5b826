#include "images/npy.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/memory.h"

/* The file: magic, version 1.0, length of the text (2 bytes, little endian), text, numbers. */
static const char magic[8] = "\x93NUMPY\x01"; /* the last 0 is the minor version */
static const char text_begin[] = "{'descr': '<f4', 'fortran_order': False, 'shape': (";
static const char text_end[] = "), }";
enum { prefix = 10, alignment = 64, max_header = 512 };

/* Writes the header's text as NumPy does, a tuple of one number with a comma, and returns its length. */
static size_t make_text(char text[max_header], int dims, const size_t *shape) {
    size_t length = (size_t)snprintf(text, max_header, "%s", text_begin);
    for (int i = 0; i < dims; i++) {
        const char *between = i + 1 < dims ? ", " : dims == 1 ? "," : "";
        length += (size_t)snprintf(text + length, max_header - length, "%zu%s", shape[i], between);
    }
    return length + (size_t)snprintf(text + length, max_header - length, "%s", text_end);
}

/* Fills `header` and returns its length, a multiple of 64. */
static size_t make_header(char header[prefix + max_header], int dims, const size_t *shape) {
    size_t length = prefix + make_text(header + prefix, dims, shape);
    size_t size = (length + alignment) / alignment * alignment; /* room for the end of line at least */
    memset(header + length, ' ', size - length);
    header[size - 1] = '\n';
    memcpy(header, magic, sizeof magic);
    header[8] = (char)((size - prefix) & 255);
    header[9] = (char)((size - prefix) >> 8);
    return size;
}

static void put_numbers(FILE *file, const float *data, size_t count) {
    unsigned char block[4096];
    for (size_t i = 0; i < count;) {
        size_t bytes = 0;
        for (; i < count && bytes < sizeof block; i++) {
            uint32_t bits;
            memcpy(&bits, &data[i], sizeof bits);
            for (int shift = 0; shift < 32; shift += 8) block[bytes++] = (unsigned char)(bits >> shift);
        }
        fwrite(block, 1, bytes, file);
    }
}

attr_status attr_npy_write(const char *path, const float *data, int dims, const size_t *shape) {
    attr_output output;
    char header[prefix + max_header];
    size_t count = 1;
    if (dims < 0 || dims > ATTR_NPY_MAX_DIMS)
        return attr_fail(ATTR_BAD_INPUT, "%s: an array of %d dimensions (0 to %d expected)", path, dims,
                         ATTR_NPY_MAX_DIMS);
    for (int i = 0; i < dims; i++) count *= shape[i];
    ATTR_TRY(attr_write_begin(&output, path));
    fwrite(header, 1, make_header(header, dims, shape), output.file);
    put_numbers(output.file, data, count);
    return attr_write_commit(&output);
}

/* Takes the numbers out of the text; whether it was the text that NumPy writes is seen by writing it again. */
static bool read_text(int *dims, size_t *shape, const char *text, size_t length) {
    char copy[max_header], again[max_header];
    if (length >= sizeof copy || length < sizeof text_begin) return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    char *next = copy + sizeof text_begin - 1;
    for (*dims = 0; *next >= '0' && *next <= '9'; next += strspn(next, ", ")) {
        if (*dims == ATTR_NPY_MAX_DIMS) return false;
        shape[(*dims)++] = (size_t)strtoull(next, &next, 10);
    }
    return make_text(again, *dims, shape) == length && memcmp(again, copy, length) == 0;
}

static attr_status read_header(size_t *header, int *dims, size_t *shape, const char *path, const char *bytes,
                               size_t size) {
    if (size < prefix || memcmp(bytes, magic, sizeof magic) != 0)
        return attr_fail(ATTR_BAD_INPUT, "%s: not a NumPy file of version 1.0", path);
    *header = prefix + (size_t)(unsigned char)bytes[8] + ((size_t)(unsigned char)bytes[9] << 8);
    if (*header > size) return attr_fail(ATTR_BAD_INPUT, "%s: the header is truncated", path);
    size_t length = *header - prefix;
    if (length == 0 || bytes[*header - 1] != '\n')
        return attr_fail(ATTR_BAD_INPUT, "%s: the header has no end of line", path);
    do length--;
    while (length > 0 && bytes[prefix + length - 1] == ' ');
    if (read_text(dims, shape, bytes + prefix, length)) return ATTR_OK;
    return attr_fail(ATTR_BAD_INPUT, "%s: expected an array of '<f4' in C order with at most %d dimensions", path,
                     ATTR_NPY_MAX_DIMS);
}

static bool count_numbers(size_t *count, int dims, const size_t *shape) {
    *count = 1;
    for (int i = 0; i < dims; i++)
        if (__builtin_mul_overflow(*count, shape[i], count)) return false;
    return true;
}

static void get_numbers(float *data, const char *bytes, size_t count) {
    const unsigned char *from = (const unsigned char *)bytes;
    for (size_t i = 0; i < count; i++, from += 4) {
        uint32_t bits = from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24;
        memcpy(&data[i], &bits, sizeof bits);
    }
}

static attr_status parse(float **data, int *dims, size_t *shape, const char *path, const char *bytes, size_t size) {
    size_t header = 0, count = 0;
    ATTR_TRY(read_header(&header, dims, shape, path, bytes, size));
    size_t found = size - header;
    if (!count_numbers(&count, *dims, shape) || found % 4 != 0 || count != found / 4)
        return attr_fail(ATTR_BAD_INPUT, "%s: %zu bytes behind the header do not fit its shape", path, found);
    ATTR_TRY(attr_allocate(data, count, sizeof **data, path));
    get_numbers(*data, bytes + header, count);
    return ATTR_OK;
}

attr_status attr_npy_read(float **data, int *dims, size_t shape[ATTR_NPY_MAX_DIMS], const char *path) {
    char *bytes = NULL;
    size_t size = 0;
    *data = NULL;
    ATTR_TRY(attr_read_file(&bytes, &size, path, SIZE_MAX / 4));
    attr_status status = parse(data, dims, shape, path, bytes, size);
    free(bytes);
    return status;
}
