#include <criterion/criterion.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "darknet.h"
#include "images/picture.h"
#include "fresh_folder.h"

#pragma GCC diagnostic ignored "-Wunused-function"
#define STB_IMAGE_WRITE_STATIC
#define STB_IMAGE_WRITE_IMPLEMENTATION
#include <stb/stb_image_write.h>

TestSuite(picture, .init = enter_fresh_folder, .fini = leave_fresh_folder);

/* ---- files */

typedef struct {
    unsigned char bytes[65536];
    size_t size;
} content;

static void add(content *c, const void *bytes, size_t size) {
    cr_assert(c->size + size <= sizeof c->bytes);
    memcpy(c->bytes + c->size, bytes, size);
    c->size += size;
}

static void add_from_stb(void *c, void *bytes, int size) {
    add(c, bytes, (size_t)size);
}

static void put(const char *path, const void *bytes, size_t size) {
    unlink(path); /* some file systems wait for the disk when a file is overwritten */
    FILE *file = fopen(path, "wb");
    cr_assert(file && fwrite(bytes, 1, size, file) == size && fclose(file) == 0, "%s: %s", path, strerror(errno));
}

static void add_number(content *c, unsigned int n) {
    add(c,
        (unsigned char[]){(unsigned char)(n >> 24), (unsigned char)(n >> 16), (unsigned char)(n >> 8),
                          (unsigned char)n},
        4);
}

static void add_chunk(content *c, const char *type, const void *bytes, size_t size) {
    add_number(c, (unsigned int)size);
    size_t begin = c->size;
    add(c, type, 4);
    add(c, bytes, size);
    add_number(c, stbiw__crc32(c->bytes + begin, (int)(c->size - begin)));
}

/* A PNG file of any kind; kind 0 grey, 2 colour, 3 palette, 4 grey and alpha, 6 colour and alpha. */
static void make_png(content *c, int w, int h, int bits, int kind) {
    static const int channels[] = {1, 0, 3, 1, 2, 0, 4};
    unsigned char lines[16384], palette[768];
    size_t line = ((size_t)(w * channels[kind] * bits) + 7) / 8 + 1;
    content header = {.size = 0};
    int length = 0;
    for (size_t i = 0; i < line * (size_t)h; i++) lines[i] = i % line ? (unsigned char)(i * 37 + i / 11) : 0;
    for (size_t i = 0; i < sizeof palette; i++) palette[i] = (unsigned char)(i * 151);
    add_number(&header, (unsigned int)w);
    add_number(&header, (unsigned int)h);
    add(&header, (unsigned char[]){(unsigned char)bits, (unsigned char)kind, 0, 0, 0}, 5);
    c->size = 0;
    add(c, "\x89PNG\r\n\x1a\n", 8);
    add_chunk(c, "IHDR", header.bytes, header.size);
    if (kind == 3) add_chunk(c, "PLTE", palette, 3u << bits);
    if (kind == 3) add_chunk(c, "tRNS", palette, 2);
    unsigned char *packed = stbi_zlib_compress(lines, (int)(line * (size_t)h), &length, 8);
    add_chunk(c, "IDAT", packed, (size_t)length);
    add_chunk(c, "IEND", "", 0);
    free(packed);
}

/* 21 x 14 pixels, made with libjpeg: colour at half of the columns; progressive, colour at half of both sides. */
static const char baseline[] =
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxOUlNSMj5aYVpQ"
    "YEpRUk//2wBDAQ4ODhMREyYVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT0//wAARCAAOABUD"
    "ASEAAhEBAxEB/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKB"
    "kaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZ"
    "mqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/8QAHwEAAwEBAQEBAQEBAQAAAAAAAAECAwQF"
    "BgcICQoL/8QAtREAAgECBAQDBAcFBAQAAQJ3AAECAxEEBSExBhJBUQdhcRMiMoEIFEKRobHBCSMzUvAVYnLRChYkNOEl8RcYGRomJygpKjU2Nzg5"
    "OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6goOEhYaHiImKkpOUlZaXmJmaoqOkpaanqKmqsrO0tba3uLm6wsPExcbHyMnK0tPU1dbX"
    "2Nna4uPk5ebn6Onq8vP09fb3+Pn6/9oADAMBAAIRAxEAPwDW8SannTl47VT8JamdrcVlhlU5auhrXpr2NMo+IdSzqBzxRWFH2ns0eo6SNPxHAv2A"
    "d+O9VPCVupRvTmu7DYv3auh81XxEvY0yj4htwNQOKK56OMjyLQ9R15H/2Q==";
static const char progressive[] =
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxOUlNSMj5aYVpQ"
    "YEpRUk//2wBDAQ4ODhMREyYVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT0//wgARCAAOABUD"
    "ASIAAhEBAxEB/8QAFwAAAwEAAAAAAAAAAAAAAAAAAAIDBP/EABYBAQEBAAAAAAAAAAAAAAAAAAIBBP/aAAwDAQACEAMQAAAB0RaMKEwav//EABgQ"
    "AAMBAQAAAAAAAAAAAAAAAAIEIwMA/9oACAEBAAEFAmdJqacxpRkZqDzA0//EABgRAQEAAwAAAAAAAAAAAAAAAAIAAxIT/9oACAEDAQE/AXkOhuhv"
    "/8QAGhEAAgIDAAAAAAAAAAAAAAAAAAIBEQMhMf/aAAgBAgEBPwHHC02xIWun/8QAFBABAAAAAAAAAAAAAAAAAAAAIP/aAAgBAQAGPwJf/8QAGBAA"
    "AwEBAAAAAAAAAAAAAAAAAAEhEDH/2gAIAQEAAT8hiOuJARRA/9oADAMBAAIAAwAAABB8z//EABcRAQADAAAAAAAAAAAAAAAAAAABMVH/2gAIAQMB"
    "AT8QqCcH/8QAFREBAQAAAAAAAAAAAAAAAAAAABH/2gAIAQIBAT8QRQT/xAAaEAACAgMAAAAAAAAAAAAAAAAAEQEhMUFx/9oACAEBAAE/EJcGidUJ"
    "2oQcFA4P/9k=";

static void make_from_base64(content *c, const char *text) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    unsigned int bits = 0;
    for (int i = 0; text[i] && text[i] != '='; i++) {
        bits = bits << 6 | (unsigned int)(strchr(digits, text[i]) - digits);
        if (i % 4 > 0) add(c, (unsigned char[]){(unsigned char)(bits >> (6 - i % 4 * 2))}, 1);
    }
}

static void paint(unsigned char *rgb, int w, int h, int channels) {
    for (int i = 0; i < w * h * channels; i++) {
        int x = i / channels % w, y = i / channels / w;
        rgb[i] = (unsigned char)lrint(127 + 90 * sin(x * .3 + i % channels) + 37 * cos(y * .45));
    }
}

enum { kinds = 6 };
static const char *const names[kinds] = {"a.jpg", "b.jpg", "a.png", "a.bmp", "a.tga", "a.ppm"};

/* A small file of the kind; the JPEG files have a size of their own. */
static void make_file(content *c, int kind, int w, int h, int channels) {
    unsigned char rgb[16384];
    char text[64];
    paint(rgb, w, h, channels);
    c->size = 0;
    switch (kind) {
    case 0:
        make_from_base64(c, baseline);
        break;
    case 1:
        make_from_base64(c, progressive);
        break;
    case 2:
        stbi_write_png_to_func(add_from_stb, c, w, h, channels, rgb, 0);
        break;
    case 3:
        stbi_write_bmp_to_func(add_from_stb, c, w, h, channels, rgb);
        break;
    case 4:
        stbi_write_tga_to_func(add_from_stb, c, w, h, channels, rgb);
        break;
    default:
        snprintf(text, sizeof text, "P%d %d %d 255\n", channels == 1 ? 5 : 6, w, h);
        add(c, text, strlen(text));
        add(c, rgb, (size_t)(w * h * channels));
    }
}

/* ---- the same values as Darknet */

/* Darknet's copy of stb_image shifts negative numbers in progressive JPEG files, which a sanitizer does not let pass.
 */
static bool darknet_reads(int kind) {
#ifdef __SANITIZE_ADDRESS__
    return kind != 1;
#else
    return kind < kinds;
#endif
}

static void compare_with_darknet(const char *path, int channels, const char *what) {
    attr_picture picture;
    attr_status status = attr_picture_read(&picture, path, channels);
    cr_assert_eq(status, ATTR_OK, "%s: %s", what, attr_error_message());
    image im = load_image((char *)path, 0, 0, channels);
    cr_assert(picture.w == im.w && picture.h == im.h && picture.c == im.c, "%s: %d x %d x %d, Darknet %d x %d x %d",
              what, picture.w, picture.h, picture.c, im.w, im.h, im.c);
    for (int i = 0; i < im.w * im.h * im.c; i++)
        cr_assert(memcmp(&picture.data[i], &im.data[i], sizeof *im.data) == 0,
                  "%s with %d channels: value %d is %.9g, Darknet %.9g", what, channels, i, picture.data[i],
                  im.data[i]);
    free_image(im);
    attr_picture_free(&picture);
    cr_assert_null(picture.data);
}

Test(picture, has_darknets_values_in_every_format) {
    static const int sizes[][2] = {{1, 1}, {1, 17}, {19, 1}, {8, 8}, {53, 41}};
    content c;
    for (int kind = 0; kind < kinds; kind++)
        for (size_t s = 0; darknet_reads(kind) && s < sizeof sizes / sizeof *sizes; s++)
            for (int channels = 1; channels <= 3; channels += 2) {
                char what[64];
                int w = sizes[s][0], h = sizes[s][1];
                make_file(&c, kind, w, h, channels);
                put(names[kind], c.bytes, c.size);
                snprintf(what, sizeof what, "%s of %d x %d x %d", names[kind], w, h, channels);
                compare_with_darknet(names[kind], 3, what);
                compare_with_darknet(names[kind], 1, what);
            }
}

Test(picture, has_darknets_values_for_every_kind_of_png) {
    static const int cases[][2] = {{0, 1}, {0, 2}, {0, 4}, {0, 8}, {0, 16}, {2, 8}, {2, 16}, {3, 1},
                                   {3, 2}, {3, 4}, {3, 8}, {4, 8}, {4, 16}, {6, 8}, {6, 16}};
    content c;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char what[64];
        snprintf(what, sizeof what, "PNG of kind %d with %d bits", cases[i][0], cases[i][1]);
        make_png(&c, 23, 19, cases[i][1], cases[i][0]);
        put("a.png", c.bytes, c.size);
        for (int channels = 1; channels <= 4; channels++) compare_with_darknet("a.png", channels, what);
    }
}

Test(picture, has_darknets_values_for_its_own_pictures) {
    static const char *const pictures[] = {"dog.jpg",  "eagle.jpg",  "giraffe.jpg", "horses.jpg",
                                           "kite.jpg", "person.jpg", "scream.jpg"};
    const char *build = getenv("ATTRIBUTION_BUILD");
    if (!build) cr_skip_test("ATTRIBUTION_BUILD does not say where Darknet's data are");
    for (size_t i = 0; i < sizeof pictures / sizeof *pictures; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/data/%s", build, pictures[i]);
        compare_with_darknet(path, 3, path);
    }
}

/* ---- what is refused */

static void expect_refused(const char *path, const char *reason, const char *what) {
    attr_picture picture;
    attr_status status = attr_picture_read(&picture, path, 3);
    const char *message = attr_error_message();
    cr_expect_eq(status, ATTR_BAD_INPUT, "%s: %s", what, attr_status_name(status));
    cr_expect(status == ATTR_OK || (strncmp(message, path, strlen(path)) == 0 && strstr(message, reason)),
              "%s: '%s' has no '%s'", what, message, reason);
    cr_expect(!strchr(message, '\n'), "%s: '%s' is more than a line", what, message);
    cr_expect_null(picture.data, "%s", what);
}

Test(picture, files_cut_anywhere_are_refused) {
    content c;
    for (int kind = 0; kind < kinds; kind++) {
        make_file(&c, kind, 52, 41, 3); /* no padding at the end of a BMP file */
        for (size_t size = 0; size < c.size; size += size < 200 || size + 200 > c.size ? 1 : 37) {
            char what[64];
            snprintf(what, sizeof what, "%s, %zu of %zu bytes", names[kind], size, c.size);
            put(names[kind], c.bytes, size);
            expect_refused(names[kind], size >= 200 ? "truncated" : "", what);
        }
    }
}

Test(picture, bytes_behind_the_picture_do_no_harm) {
    content c;
    for (int kind = 0; kind < kinds; kind++) {
        make_file(&c, kind, 53, 41, 3);
        add(&c, "something else", 14);
        put(names[kind], c.bytes, c.size);
        if (darknet_reads(kind)) compare_with_darknet(names[kind], 3, names[kind]);
    }
}

Test(picture, what_is_no_picture_is_refused_with_the_reason) {
    content c;
    expect_refused("missing.jpg", "No such file", "a missing file");
    cr_assert_eq(mkdir("folder.jpg", 0777), 0);
    expect_refused("folder.jpg", "directory", "a folder");
    put("empty.jpg", "", 0);
    expect_refused("empty.jpg", "empty", "an empty file");
    put("short.jpg", "a", 1);
    expect_refused("short.jpg", "cannot be read as a picture", "a short text");
    put("text.jpg", "classes=80\ntrain=coco/train.txt\nnames=data/coco.names\n", 53);
    expect_refused("text.jpg", "cannot be read as a picture", "a text");
    make_file(&c, 2, 53, 41, 3);
    memset(c.bytes + 60, 0xaa, 200);
    put("broken.png", c.bytes, c.size);
    expect_refused("broken.png", "cannot be read as a picture", "a broken file");
}

Test(picture, huge_pictures_are_refused_with_both_numbers) {
    content c;
    make_png(&c, 23, 19, 8, 2);
    memcpy(c.bytes + 16, (unsigned char[]){0, 0, 0x40, 0, 0, 0, 0x10, 1}, 8);
    put("huge.png", c.bytes, c.size);
    expect_refused("huge.png", "16384 x 4097 = 67125248 pixels", "16384 x 4097");
    expect_refused("huge.png", "67108864", "16384 x 4097");
    memcpy(c.bytes + 16, (unsigned char[]){0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff}, 8);
    put("huge.png", c.bytes, c.size);
    expect_refused("huge.png", "too large", "2147483647 x 2147483647");
}

Test(picture, only_1_to_4_channels_are_read) {
    static const int channels[] = {-1, 0, 5};
    content c;
    make_file(&c, 2, 8, 8, 3);
    put("a.png", c.bytes, c.size);
    for (int i = 0; i < 3; i++) {
        attr_picture picture;
        attr_status status = attr_picture_read(&picture, "a.png", channels[i]);
        cr_expect_eq(status, ATTR_BAD_INPUT, "%d channels: %s", channels[i], attr_status_name(status));
    }
}
